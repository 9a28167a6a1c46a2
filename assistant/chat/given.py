"""What the page asks for on an answer that was given: the text around an excerpt, and to note what is thought of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.chat.citing import Citing, excerpt_of
from assistant.chat.layout import blocks
from assistant.chat.texts import texts
from assistant.errors import AssistantError, IndexUnusable, UsageError
from assistant.records import Answer, Citation, CitationState, Excerpt, LocatorKind, Source, Span

if TYPE_CHECKING:
    from assistant.library import Library

MOST_AROUND = 20
"""Paragraphs on either side of an excerpt."""


class Given:
    """The answers that are held, with the library that they are from."""

    def __init__(self, library: Library, citing: Citing) -> None:
        self._library = library
        self._citing = citing

    def answer(self, name: str) -> Answer:
        """The answer of that id, its excerpts with the state that their files are in now, as far as that is known.

        Raises:
            UsageError: it is not held.
        """
        answer = self._citing.answer(name)
        try:
            return replace(answer, excerpts=tuple(self._now(excerpt) for excerpt in answer.excerpts))
        except IndexUnusable:  # a conversation can be read all the same
            return answer

    def titles(self) -> list[str]:
        """The titles of all sources; none where there is no index that can be used."""
        try:
            index = self._library.generation()
        except IndexUnusable:
            return []
        return [known.title or source_id for known, source_id in zip(index.metadata, index.ids, strict=True)]

    def _now(self, excerpt: Excerpt) -> Excerpt:
        return replace(excerpt, citation=replace(excerpt.citation, state=self._state(excerpt.citation)))

    def _state(self, citation: Citation) -> CitationState:
        """Whether the file is still the one that was quoted, which a rebuild may have replaced since.

        The words must stand there too: the record of an answer comes from a browser, or from another program version.
        """
        try:
            state = self._library.state(citation.source_id)
            source = self._library.source(citation.source_id)
        except UsageError:
            return CitationState.MISSING
        same = source.digest == citation.digest and source.text[citation.start : citation.end] == citation.quote
        return CitationState.CHANGED if state is CitationState.VERIFIED and not same else state

    def around(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """For the script: the text `before` and `after` an excerpt of an `answer`, that many paragraphs of each.

        With it, whether there is more (`earlier`, `later`); or the `reason` why there is none.
        """
        say = texts(request.get("language"))
        try:
            citation = excerpt_of(self._citing.answer(str(request.get("answer"))), request.get("excerpt")).citation
            if self._state(citation) is not CitationState.VERIFIED:
                return {"reason": say("answer.around_changed")}
            source = self._library.source(citation.source_id)
        except AssistantError as error:
            return {"reason": str(error)}
        return neighbours(source, citation, _count(request.get("before")), _count(request.get("after")))

    def feedback(self, request: Mapping[str, Any]) -> dict[str, str]:
        """For the script: note whether an `answer` is `good` (null takes back what was said), and the `reason`.

        Returns the name of the `file`, or the `failure`.
        """
        good = request.get("good")
        try:
            answer = self._citing.answer(str(request.get("answer")))
            reason = str(request.get("reason") or "")
            file = self._library.give_feedback(answer, good if isinstance(good, bool) else None, reason)
        except AssistantError as error:
            return {"failure": str(error)}
        return {"file": str(file.resolve())}


def neighbours(source: Source, citation: Citation, before: int, after: int) -> dict[str, Any]:
    """The text before and after cited words, verbatim, to the start or end of so many paragraphs.

    The paragraph that the words stand in counts as one where it goes on beyond them; a heading is none by itself.
    """
    paragraphs = blocks(source.text)
    headings = _headings(source, paragraphs)
    starts = [start for start, end in paragraphs if start < citation.start and (start, end) not in headings]
    ends = [end for start, end in paragraphs if end > citation.end and (start, end) not in headings]
    earlier = _steps(starts[::-1], min(paragraphs[0][0], citation.start))
    later = _steps(ends, max(paragraphs[-1][1], citation.end))
    start = [citation.start, *earlier][min(before, len(earlier))]
    end = [citation.end, *later][min(after, len(later))]
    return {
        "before": source.text[start : citation.start],
        "after": source.text[citation.end : end],
        "earlier": before < MOST_AROUND and start > paragraphs[0][0],
        "later": after < MOST_AROUND and end < paragraphs[-1][1],
    }


def _steps(places: list[int], last: int) -> list[int]:
    """How far each step goes; the last one goes all the way, over a heading at the edge of the text."""
    return [*places[:-1], last]


def _headings(source: Source, paragraphs: Sequence[Span]) -> set[Span]:
    """Where headings stand as blocks of their own."""
    sections = {place.start: place.label for place in source.locators if place.kind is LocatorKind.SECTION}
    return {
        (start, end)
        for start, end in paragraphs
        if start in sections and sections[start].split() == source.text[start:end].split()
    }


def _count(number: object) -> int:
    """How many paragraphs the page asks for; none where it is no number."""
    wanted = str(number)
    return min(int(wanted), MOST_AROUND) if wanted.isascii() and wanted.isdecimal() else 0
