"""Questions to start with, taken from the library itself."""

from __future__ import annotations

from assistant.answering import answer
from assistant.index.generation import Generation
from assistant.records import LocatorKind


def suggest(index: Generation, count: int) -> list[str]:
    """At most `count` questions, from headings of different sources spread over the library, that it answers."""
    found: list[str] = []
    step = max(1, len(index.ids) // max(1, count))
    order = [number for first in range(step) for number in range(first, len(index.ids), step)]
    for number in order:
        if len(found) == count:
            break
        source = index.source(number)
        headings = [locator.label for locator in source.locators if locator.kind is LocatorKind.SECTION]
        topics = [f"{source.title}: {heading}" for heading in headings if heading != source.title] or [source.title]
        question = f"What do the sources say about {topics[0]}?"
        if answer(question, index).found:
            found.append(question)
    return found
