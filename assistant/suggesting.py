"""Questions to start with, taken from the library itself."""

from __future__ import annotations

import re

from assistant.answering import answer
from assistant.index.generation import Generation
from assistant.records import LocatorKind

_SUBTITLE = re.compile(r"\s*[:(–—].*|,\s*\d.*$")
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)  # before the subject of a mail
_ARTICLE = re.compile(r"(The|A|An)\b")
_LONGEST = 70


def suggest(index: Generation, count: int) -> list[str]:
    """At most `count` questions on sources spread over the library, each answered by it.

    Headings that are questions come first; then what a source's title names.
    """
    step = max(1, len(index.ids) // max(1, count))
    order = [number for first in range(step) for number in range(first, len(index.ids), step)]
    found: list[str] = []
    for number in order:
        if len(found) == count:
            break
        question = _question(index, number)
        if question and question not in found and answer(question, index).found:
            found.append(question)
    return found


def _question(index: Generation, number: int) -> str | None:
    source = index.source(number)
    headings = (locator.label for locator in source.locators if locator.kind is LocatorKind.SECTION)
    asked = next((label for label in headings if label.endswith("?") and label != source.metadata.title), None)
    if asked:
        return asked
    title = _REPLY.sub("", source.metadata.title or "", count=1)
    topic = _SUBTITLE.sub("", title).strip(" ?.")
    if not topic or len(topic) > _LONGEST:
        return None
    lowered = _ARTICLE.sub(lambda match: match[0].lower(), topic, count=1)
    return f"What do the sources say about {lowered}?"
