"""Questions to start with, taken from the library itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from assistant.answering import answer
from assistant.index.generation import Generation
from assistant.names import frequent_names
from assistant.records import NO_FILTERS, Filters, LocatorKind, Source

_SUBTITLE = re.compile(r"\s*[:(–—].*|,\s*\d.*$")
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|sv|tr)\s*:", re.IGNORECASE)
"""How the subject of a mail begins that answers another or passes it on."""
_NO_TOPIC = re.compile(r"[_\\/?\"“”„«]|\.\w{1,5}$|^(?=\S*[\d-])\S+$")
"""A file name; and quotation marks, which would make what they hold a phrase that must occur."""
_ARTICLE = re.compile(r"^(The|A|An)\b")
_LONGEST = 70
_SAFEST = "What do the sources say about {}?"
_TITLE_FORMS = (_SAFEST, "What is said about {}?")
_NAME_FORMS = ("How do the sources describe {}?", "Where do the sources mention {}?")
"""Forms that read well whatever a name stands for: a person, a place, a body, one or several."""
_AS_IT_IS = ("{}",)
_NAMES = 6
"""How many names of a source are tried at most."""
_READ = 20_000
"""Characters of a source in which names are looked for."""
_TRIES = 3
"""Questions that are tried for each one wanted; each costs a retrieval."""
_LOOKED = 4
"""Sources that are looked at for each one wanted."""

_Offer = tuple[str, tuple[str, ...]]
"""What can be asked about, and the forms of a question that suit it."""


def suggest(index: Generation, count: int, filters: Filters = NO_FILTERS) -> list[str]:
    """At most `count` questions on sources spread over those that pass `filters`, each answered under these.

    They are headings that are questions, and questions about what a title or a frequent name of a source names. The
    number of questions that are tried is bounded, so there may be fewer, or none.

    Raises:
        UsageError: a filter fits no source.
    """
    chosen, _ = index.choose(filters)
    numbers = [int(number) for number in chosen.nonzero()[0]]
    step = max(1, len(numbers) // max(1, count))
    order = [number for first in range(step) for number in numbers[first::step]][: _LOOKED * count]
    tries = _TRIES * count
    found: list[str] = []
    seen: set[str] = set()
    for topic, forms in _in_turn([_offers(index, number, turn) for turn, number in enumerate(order)]):
        if len(found) == count or tries <= 0:
            break
        if topic in seen:
            continue
        seen.add(topic)
        form = forms[len(found) // 2 % len(forms)]  # a title and a name often alternate
        for each in (form,) if forms is _AS_IT_IS or form is _SAFEST else (form, _SAFEST):
            question = each.format(topic)
            reply = answer(question, index, filters=filters)
            tries -= 1
            if reply.found and not reply.missing and reply.question == question:  # no word of it was an operator
                found.append(question)
                break
    return found


def _in_turn(offers: list[Iterator[_Offer]]) -> Iterator[_Offer]:
    """One of each, then another of each, as long as there are any; nothing is made before it is asked for."""
    while offers:
        left = []
        for each in offers:
            offer = next(each, None)
            if offer:
                left.append(each)
                yield offer
        offers = left


def _offers(index: Generation, number: int, turn: int) -> Iterator[_Offer]:
    """What one source offers: a heading that is a question, its title, its names; every second source a name first."""
    source = index.source(number)
    headings = [locator.label for locator in source.locators if locator.kind is LocatorKind.SECTION]
    questions = [label for label in headings if label.endswith("?") and label != source.metadata.title]
    topic = _topic(source.metadata.title or "")
    titles = [(topic, _TITLE_FORMS)] if topic else []
    names = _names(index, source)
    yield from ((question, _AS_IT_IS) for question in questions[:1])
    if turn % 2:
        yield from ((name, _NAME_FORMS) for name in islice(names, 1))
    yield from titles
    yield from ((name, _NAME_FORMS) for name in names)
    yield from ((question, _AS_IT_IS) for question in questions[1:])


def _topic(title: str) -> str | None:
    """What a title names, as it reads within a question; None for one that does not read as a topic.

    >>> _topic("The Agreed Framework, 1994"), _topic("Re: Comments on a draft"), _topic("scan_0012.pdf")
    ('the Agreed Framework', None, None)
    """
    if _REPLY.match(title) or _NO_TOPIC.search(title):
        return None
    topic = _SUBTITLE.sub("", title).strip(" .")
    signs = [sign for sign in topic if sign.isalnum()]
    if not signs or len(topic) > _LONGEST or 2 * sum(map(str.isdigit, signs)) > len(signs):
        return None
    return _ARTICLE.sub(lambda match: match[0].lower(), topic, count=1)


def _names(index: Generation, source: Source) -> Iterator[str]:
    """The most frequent names at the beginning of a source, those of most sources last, with the article they have."""
    text = source.text[:_READ]
    terms = index.terms

    def is_everywhere(name: str) -> bool:
        return 2 * min(map(terms.source_frequency, index.analyser.terms(name))) > terms.sources

    names = [each.name for each in frequent_names([text], index.analyser, _NAMES)]
    for name in sorted(names, key=is_everywhere):
        yield f"the {name}" if 2 * text.count(f"the {name}") > text.count(name) else name
