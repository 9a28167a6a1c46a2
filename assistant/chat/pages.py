"""Pages of PDF sources for the reader: their pictures at `/pages`, and where the cited words stand on them.

A file is only drawn while it is, byte for byte, the one that was indexed; and by child processes, so that what crashes
or hangs the drawing costs one page.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response

from assistant.anchoring import find_words
from assistant.chat.reader import Anchor, page_numbers
from assistant.chat.texts import texts
from assistant.errors import AssistantError, UnreadableFile, UsageError
from assistant.readers.folder import load
from assistant.readers.isolated import Isolated
from assistant.readers.pages.picture import Mark, Picture
from assistant.readers.text import digest
from assistant.records import CitationState, Source, Span
from assistant.settings import PAGE_SECONDS

if TYPE_CHECKING:
    from assistant.library import Library

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
WIDTHS = range(100, 2401)
"""Pixels that a picture may be wide."""
_KEPT = 16  # pictures, and marks of quotations
_CHANGED = "its file is no longer the one that was indexed; rebuild"


class Pages:
    """Draws the pages of one library's PDF sources, one at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._drawer = Isolated(seconds=PAGE_SECONDS, total=PAGE_SECONDS)
        self._finder = Isolated()  # as long as a reader: it may have to recognise the text of the page anew
        self._drawing, self._finding = threading.Lock(), threading.Lock()
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._found: OrderedDict[tuple[str, Span], list[Mark]] = OrderedDict()

    def close(self) -> None:
        """End the processes that draw and find."""
        self._drawer.close()
        self._finder.close()

    def picture(self, request: Request, source: str, page: int, width: int) -> Response:
        """A page of a source as a PNG file; or the reason why there is none, in a line of text."""
        if width not in WIDTHS:
            return _refused(f"a picture is from {WIDTHS[0]} to {WIDTHS[-1]} pixels wide", HTTPStatus.BAD_REQUEST)
        try:
            held = self._source(source)
            tag = f'"{held.digest}-{page}-{width}"'
            headers = {"Cache-Control": "private, no-cache", "ETag": tag}
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            drawn = self._drawn(held, page, width, tag)
        except UsageError as error:
            return _refused(str(error), HTTPStatus.NOT_FOUND)
        except AssistantError as error:
            return _refused(str(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        headers |= {"X-Page-Label": quote(drawn.label), "X-Page-Count": str(drawn.count)}
        return Response(drawn.png, media_type="image/png", headers=headers)

    def marks(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Where the words of an anchor stand: for each page their boxes (left, top, width, height), or a `problem`."""
        say, anchor = texts(request.get("language")), Anchor.of(request)
        pages: dict[str, list[list[float]]] = {}
        try:
            source = self._source(anchor.source_id)
            place = find_words(source.text, anchor)
            found = self._marked(source, (place.start, place.end)) if place else []
        except AssistantError as error:
            return {"pages": pages, "problem": say("reader.not_marked", reason=error)}
        for mark in found:
            pages.setdefault(str(mark.page), []).append([mark.left, mark.top, mark.width, mark.height])
        return {"pages": pages, "problem": "" if pages else say("reader.not_on_page")}

    def _source(self, source_id: str) -> Source:
        """A source of the index that has pages, and whose file is unchanged.

        Raises:
            UsageError: there is no such source.
            UnreadableFile: its file was changed or removed.
        """
        source = self._library.source(source_id)
        if not page_numbers(source):
            raise UsageError("it has no pages that could be shown")
        if self._library.state(source_id) is not CitationState.VERIFIED:
            raise UnreadableFile(_CHANGED)
        return source

    def _data(self, source: Source) -> bytes:
        """The bytes from which a source was read, and never any others."""
        index = self._library.generation()
        data = load(self._library.sources / index.stamps[index.find(source.id)].file)
        if digest(data) != source.digest:
            raise UnreadableFile(_CHANGED)
        return data

    def _drawn(self, source: Source, page: int, width: int, tag: str) -> Picture:
        with self._drawing:
            return _remembered(self._kept, tag, lambda: self._drawer.draw(self._data(source), page, width))

    def _marked(self, source: Source, span: Span) -> list[Mark]:
        with self._finding:
            known = (source.digest, span)
            return _remembered(self._found, known, lambda: self._finder.marks(self._data(source), source, *span))


def _remembered(known: OrderedDict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """What is known under a key, made if it is not; only the last few are kept."""
    if key not in known:
        known[key] = make()
    known.move_to_end(key)
    if len(known) > _KEPT:
        known.popitem(last=False)
    return known[key]


def _refused(reason: str, status: HTTPStatus) -> Response:
    return PlainTextResponse(reason, status_code=status)
