"""What a question is about before it is searched: small talk, a request for an overview, or a follow-up.

A follow-up is searched with words carried over from the turns before it; a new topic carries nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.analysis import words
from assistant.index.generation import Generation
from assistant.records import Query, Turn
from assistant.settings import LEANING, LITTLE

_GREETING = re.compile(
    r"(hi|hello|hey|greetings|good (morning|afternoon|evening|day)|thanks?( you)?( very much| a lot)?|bye|goodbye"
    r"|help( me)?|(who|what) are you|what can you do)"
    r"( there| all| everyone| assistant)?[\s!.,?]*(how are you[\s!.?]*)?",
    re.IGNORECASE,
)
_HOLDER = r"(you|your (sources|documents|library|files)|(the|this|these|my) (library|sources|documents|files))"
_OVERVIEW = re.compile(
    r"\s*((please )?(can|could|would) you )?(please )?("
    rf"what( (sources|documents|files|material|information))? (do|does|can|is there in|is in) {_HOLDER}"
    r"( (have|hold|contain|cover|say|know|offer|tell( me| us)?))?( (on|about|of|regarding|concerning))?"
    r"|summari[sz]e|sum up|give (me )?(an? )?(overview|summary) of|(an? )?(overview|summary) of"
    r"|tell (me|us)( more| something)? about"
    r")\b(?P<topic>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CONTENTS = re.compile(
    rf"\s*(what('s| is) (in )?(here|{_HOLDER})|what are {_HOLDER}|what can i ask( you)?( about)?)[\s?!.]*",
    re.IGNORECASE,
)
_JOINING = re.compile(r"\s*(and|but|so|then|also|what about|how about|what else)\b", re.IGNORECASE)
_POINTING = frozenset(
    [
        "it",
        "its",
        "they",
        "them",
        "their",
        "theirs",
        "that",
        "this",
        "those",
        "these",
        "he",
        "him",
        "his",
        "she",
        "her",
        "hers",
        "there",
        "then",
        "same",
        "such",
        "former",
        "latter",
        "one",
        "ones",
        "both",
    ]
)
_PERSON = frozenset(["he", "him", "his", "she", "her", "hers", "they", "them", "their", "who"])
_WHO = re.compile(r"\s*(and |but )?(who|whom|whose|which \w+)\b(?! (is|are|was|were) )", re.IGNORECASE)
"""A question whose answer is a person, whom the next question may call "he" or "she"."""
_CARRIED = 6
_NAMES = 3
_FEW = 4
"""A question with more content words of its own stands alone, even if it says "that" or "and"."""
_ASKING = frozenset({"happen", "happened", "say", "said", "says", "tell", "told", "mean", "means", "many", "much"})
"""Words that ask rather than name, and are not carried over."""


def is_greeting(question: str) -> bool:
    """Whether the question is only a greeting or thanks."""
    return bool(_GREETING.fullmatch(question.strip()))


def overview_topic(question: str) -> str | None:
    """What an overview is asked of ("" for the whole library); None if the question asks for none."""
    if _CONTENTS.fullmatch(question):
        return ""
    match = _OVERVIEW.fullmatch(question)
    return match["topic"].strip(" ?!.,:;") if match else None


def resolve(query: Query, turns: Sequence[Turn], index: Generation) -> Query:
    """The query with what it needs from earlier turns: the question before it, and the first one.

    A question leans on them fully if it has no content word ("Why?"), or few and points back ("that", "they") or
    opens like one ("And in Hanoi?"); then the words that it cannot do without are named. Any other leans on them a
    little, since in a conversation the topic mostly stays.
    """
    if not turns:
        return query
    before = resolve(Query(turns[-1].question), turns[:-1], index)
    context = tuple(dict.fromkeys((before.full_text, turns[0].question)))
    lean = _lean(query.text, index)
    if lean < 1:
        return replace(query, context=context, lean=lean)
    carried = _rarest(before.full_text, index, _CARRIED)
    if _PERSON & {word.folded for word in words(query.text)} and _WHO.match(turns[-1].question):
        carried += [name for name in _names(turns[-1].answer_text, index) if name not in carried][:_NAMES]
    own = index.analyser.content(query.text)
    new = [word for word in carried if not own.keys() & index.analyser.content(word).keys()]
    return replace(query, carried=tuple(new), context=context, lean=lean)


def _lean(text: str, index: Generation) -> float:
    """How much a question needs the ones before it: the more, the less it says itself."""
    own = len(index.analyser.content(text))
    points = bool(_POINTING & {word.folded for word in words(text)}) or bool(_JOINING.match(text))
    if own > _FEW or (own and not points):
        return LITTLE
    return LEANING[min(own, len(LEANING) - 1)]


def _rarest(text: str, index: Generation, count: int) -> list[str]:
    """The rarest content words of a text that some source has, in their order in the text."""
    content = {
        term: word
        for term, word in index.analyser.content(text).items()
        if index.terms.frequency(term) and word.casefold() not in _ASKING
    }
    chosen = sorted(content, key=lambda term: -index.terms.idf(term))[:count]
    return [word for term, word in content.items() if term in chosen]


def _names(answer: str, index: Generation) -> list[str]:
    """Words of an answer's first statement that have a capital inside the sentence, rarest first."""
    inside = re.findall(r"(?<=[a-z,] )[A-Z]\w+", answer.partition("” [")[0])
    named = [word for word in dict.fromkeys(inside) if index.analyser.content(word)]
    return sorted(named, key=lambda word: -_rarity(word, index))


def _rarity(word: str, index: Generation) -> float:
    return sum(index.terms.idf(term) for term in index.analyser.content(word))
