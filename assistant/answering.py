"""From excerpts to an answer: the one to three sentences that answer best, verbatim, or "not in your sources"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from assistant.analysis import find_phrase, words
from assistant.bibliography import cite_slice
from assistant.conversation import is_greeting, overview_topic, resolve
from assistant.demands import Demands
from assistant.disagreement import differing, figures
from assistant.filters import QUOTED
from assistant.index.generation import Generation
from assistant.notes import DIFFER_BETWEEN, DIFFER_WITHIN, NOT_MENTIONED
from assistant.records import NO_FILTERS, NOT_FOUND, Answer, AnswerKind, Filters, Query, Statement, Turn
from assistant.reranking import Reranker
from assistant.retrieval import Retrieval, parse, retrieve
from assistant.sentences import Sentence
from assistant.settings import (
    CALIBRATION,
    EXCERPT_WEIGHT,
    FOUND_AT,
    MARGIN_WEIGHT,
    MAX_STATEMENTS,
    OVERVIEW_AT,
    STATEMENT_SHARE,
    WITHOUT_NAME,
)

_NEAR = 0.6
"""A sentence may disagree with the first if it scores this much of it."""


def answer(
    question: str, index: Generation, turns: Sequence[Turn] = (), filters: Filters = NO_FILTERS, k: int = 5,
    reranker: Reranker | None = None,
) -> Answer:  # fmt: skip
    """The answer to a question, with the conversation before it taken into account.

    Raises:
        UsageError: the question is empty or too long, or a filter fits no source.
        ModelUnusable: the reranker cannot be loaded.
    """
    query = parse(question, filters)
    if is_greeting(query.text):
        return _greeting(query, index)
    topic = overview_topic(query.text)
    if topic is not None:
        return _overview(query, topic, index, turns, k, reranker)
    query = resolve(query, turns, index)
    found = retrieve(query, index, k, reranker)
    confidence = confidence_of(found)
    if holding := _asked_for_words_alone(query, found):
        found, confidence = replace(found, sentences=holding), 1.0
    chosen = choose(found) if confidence >= FOUND_AT else []
    if chosen:
        unmet = [*found.unmet_numbers, *found.unmet_names]
        notes = [NOT_MENTIONED.format(words=_listed(unmet))] if unmet else []
        differing_ = disagreeing(chosen[0], query.text, found, index)
        if differing_:
            chosen = list(dict.fromkeys([chosen[0], *differing_]))[:MAX_STATEMENTS]
            notes.append(_differ(differing_, found))
        found = replace(found, notes=(*found.notes, *notes))
        made = _make(query, AnswerKind.ANSWER, "", chosen, found, confidence, index)
        return replace(made, differing=tuple(at for at, each in enumerate(chosen, 1) if each in differing_))
    message = (
        NOT_FOUND
        + (f" None of these passages mentions {_listed(found.missing)}." if found.missing else "")
        + _unseen(found.unseen_words, query)
        + (" The closest passages are below." if found.excerpts else "")
    )
    return _make(query, AnswerKind.NOT_FOUND, message, [], found, confidence, index)


def _asked_for_words_alone(query: Query, found: Retrieval) -> tuple[Sentence, ...]:
    """The sentences with every quoted phrase, best first, if the question is nothing else: they answer it surely."""
    if not query.phrases or query.carried or next(words(QUOTED.sub(" ", query.text)), None):
        return ()
    return tuple(each for each in found.sentences if _holds(_text(each, found), query.phrases))


def _holds(text: str, phrases: Sequence[str]) -> bool:
    return all(next(find_phrase(text, phrase), None) for phrase in phrases)


def confidence_of(found: Retrieval) -> float:
    """The probability that the excerpts answer the question, in [0, 1]: 0 if there are none.

    It rests on the score of the best sentence and on how far the best passage stands out, calibrated by a logistic
    curve (Platt 1999). It is less than what counts as found if no excerpt holds a number that the question names, or if
    no source has any of its own words (a follow-up could otherwise live on those that it takes over).
    """
    if not found.sentences:
        return 0.0
    slope, middle = CALIBRATION
    chance = 1 / (1 + math.exp(-slope * (evidence(found) - middle)))
    return chance * FOUND_AT if found.unmet_numbers or found.unheard else chance


def evidence(found: Retrieval) -> float:
    """What the confidence is computed from: the best sentence's score, a part of the margin, and missing names."""
    return found.sentences[0].score + MARGIN_WEIGHT * found.margin - (WITHOUT_NAME if found.unmet_names else 0.0)


def choose(found: Retrieval, most: int = MAX_STATEMENTS) -> list[Sentence]:
    """The sentences that answer best, best first: by their own score and their excerpt's; near-equal words once."""
    ranked = sorted(found.sentences, key=lambda s: (-_value(s, found), s.excerpt, s.start))
    chosen: list[Sentence] = []
    seen: list[set[str]] = []
    for sentence in ranked:
        if len(chosen) == most or _value(sentence, found) < STATEMENT_SHARE * _value(ranked[0], found):
            break
        mine = {word.folded for word in words(_text(sentence, found))}
        if all(len(mine & other) < 0.7 * min(len(mine), len(other)) for other in seen):
            chosen.append(sentence)
            seen.append(mine)
    return chosen


def disagreeing(first: Sentence, question: str, found: Retrieval, index: Generation) -> list[Sentence]:
    """Sentences that give different figures for what is asked, best first; none if all agree.

    They are compared with `first` or, if that gives no figure, with the sentences of its excerpt that do.
    """
    demands = Demands(question, index.analyser.language)
    if not demands.figure:
        return []
    near = [s for s in found.sentences if s.score >= _NEAR * first.score]
    ranked = sorted(near, key=lambda s: (s is not first, -_value(s, found), s.excerpt, s.start))
    with_figures = [s for s in ranked if figures(_text(s, found), index.analyser)]
    for at, anchor in enumerate(with_figures):
        if anchor.excerpt != first.excerpt or (at and with_figures[0] is first):
            break
        compared = with_figures[at:]
        texts, held = [_text(sentence, found) for sentence in compared], [sentence.held for sentence in compared]
        places = differing(texts, held, demands, index.analyser)
        if places:
            return [compared[place] for place in (0, *places)]
    return []


def _differ(sentences: Sequence[Sentence], found: Retrieval) -> str:
    """Says that the figures differ, and whose they are."""
    numbers = list(dict.fromkeys(sentence.excerpt for sentence in sentences))
    titles = list(dict.fromkeys(found.excerpts[number].citation.title for number in numbers))
    if len(titles) == 1:
        return DIFFER_WITHIN.format(title=titles[0])
    return DIFFER_BETWEEN.format(titles="; ".join(f"“{title}”" for title in titles))


def _value(sentence: Sentence, found: Retrieval) -> float:
    return sentence.score + EXCERPT_WEIGHT * found.excerpts[sentence.excerpt].score


def _text(sentence: Sentence, found: Retrieval) -> str:
    excerpt = found.excerpts[sentence.excerpt]
    return excerpt.text[sentence.start - excerpt.citation.start : sentence.end - excerpt.citation.start]


def _make(
    query: Query, kind: AnswerKind, message: str, chosen: Sequence[Sentence], found: Retrieval, confidence: float,
    index: Generation,
) -> Answer:  # fmt: skip
    statements = []
    for sentence in chosen:
        source = index.source(index.find(found.excerpts[sentence.excerpt].citation.source_id))
        citation = cite_slice(source, sentence.start, sentence.end)
        statements.append(Statement(citation.quote, (sentence.excerpt + 1,), citation))
    return Answer(
        question=query.text,
        query=query,
        kind=kind,
        found=bool(statements),
        message=message,
        statements=tuple(statements),
        excerpts=found.excerpts,
        unseen_words=found.unseen_words,
        confidence=confidence,
        index_id=index.id,
        searched=found.searched,
        notes=found.notes,
        model=index.manifest["model"]["digest"],
        missing=found.missing,
    )


def _listed(words_: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words_)


def _unseen(unseen: Sequence[str], query: Query) -> str:
    parts = []
    if unseen:
        parts.append(f" No source has the word{'s' if len(unseen) > 1 else ''} {_listed(unseen)}.")
    if query.phrases:
        parts.append(f" A passage must hold {' and '.join(f'“{phrase}”' for phrase in query.phrases)} word for word.")
    return "".join(parts)


def _greeting(query: Query, index: Generation) -> Answer:
    nothing = Retrieval(searched=index.count)
    message = f"Ask a question, and I answer in the exact words of your sources, with citations. {_holdings(index)}"
    return _make(query, AnswerKind.GREETING, message, [], nothing, 0.0, index)


def _holdings(index: Generation) -> str:
    titles = [known.title or source_id for known, source_id in zip(index.metadata, index.ids, strict=True)]
    named = "; ".join(titles[:5]) + (f"; and {len(titles) - 5} more" if len(titles) > 5 else "")
    count = "one document" if len(titles) == 1 else f"{len(titles)} documents"
    return f"The library holds {count}: {named}."


def _overview(
    query: Query, topic: str, index: Generation, turns: Sequence[Turn], k: int, reranker: Reranker | None
) -> Answer:
    """What the library has on a topic: the closest passages, with a word on which documents they are from."""
    asked = resolve(parse(topic, query.filters), turns, index) if next(words(topic), None) else None
    if asked is None or not index.analyser.content(asked.full_text):
        nothing = Retrieval(searched=index.count)
        return _make(query, AnswerKind.OVERVIEW, _holdings(index), [], nothing, 0.0, index)
    found = retrieve(asked, index, k, reranker)
    confidence = confidence_of(found)
    if confidence < OVERVIEW_AT:
        message = NOT_FOUND + _unseen(found.unseen_words, asked) + f" {_holdings(index)}"
        return _make(query, AnswerKind.NOT_FOUND, message, [], found, confidence, index)
    titles = dict.fromkeys(excerpt.citation.title for excerpt in found.excerpts)
    message = f"I quote rather than summarise. On “{topic}” the closest passages are from: {'; '.join(titles)}."
    return _make(query, AnswerKind.OVERVIEW, message, choose(found), found, confidence, index)
