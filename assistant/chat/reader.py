"""The reader: a window of a source as escaped HTML, with the cited words marked where they stand.

The text between the tags is the source's own, character for character; page and paragraph labels are attributes that
the style sheet shows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from assistant.anchoring import find_words
from assistant.bibliography import cite_slice
from assistant.chat.render import button, details_line, icon, notice_html, references_html
from assistant.chat.texts import Texts, texts
from assistant.errors import UsageError
from assistant.links import deep_link, reader_link, source_link
from assistant.records import CitationState, LocatorKind, Source, Span

if TYPE_CHECKING:
    from assistant.library import Library

WINDOW_BLOCKS = 200
BLOCK_CHARACTERS = 2000
"""A paragraph longer than this (a table, a text without blank lines) is cut into several blocks."""
PLACES = {
    LocatorKind.PAGE: "Page {}",
    LocatorKind.SLIDE: "Slide {}",
    LocatorKind.CHAPTER: "Chapter {}",
    LocatorKind.TIME: "{}",
    LocatorKind.ROW: "Row {}",
}
WORDS_GONE = "The cited words are no longer in this source, so nothing is marked. It was changed after the answer."
WORDS_MOVED = "This source was changed after the answer. The cited words still stand in it, word for word."
FILE_STATES = {
    CitationState.CHANGED: "The file has been changed since it was indexed. What you see is the text as it was then: "
    "rebuild to read the file as it is now.",
    CitationState.MISSING: "The file is no longer in the sources folder. What you see is the text as it was then.",
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """The words that a page asks to see: where they stood in one generation of the index, and what they were."""

    source_id: str
    start: int
    end: int
    quote: str
    prefix: str
    index_id: str
    suffix: str = ""

    @classmethod
    def of(cls, request: dict[str, Any]) -> Anchor:
        """The anchor in a request from the page, which is not trusted: what is no number counts as absent."""
        return cls(
            source_id=str(request.get("source") or ""),
            start=_whole(request.get("start")),
            end=_whole(request.get("end")),
            quote=str(request.get("quote") or ""),
            prefix=str(request.get("prefix") or ""),
            index_id=str(request.get("index") or ""),
        )


def source_html(library: Library, request: dict[str, Any]) -> str:
    """The reader's content for a request: `source`, and where words are cited the rest of an anchor.

    `first` asks for the window that begins at that block, instead of the one around the cited words. Where the file has
    pages that can be shown, there are both they and the text; cited words are shown on their page at first.
    """
    anchor = Anchor.of(request)
    try:
        source = library.source(anchor.source_id)
    except UsageError:
        return gone_html(anchor.source_id)
    place = find_words(source.text, anchor)
    span = (place.start, place.end) if place else None
    notices = []
    if anchor.quote and span is None:
        notices.append(WORDS_GONE)
    elif span is not None and span != (anchor.start, anchor.end):
        notices.append(WORDS_MOVED)
    state = library.state(source.id)
    if state in FILE_STATES:
        notices.append(FILE_STATES[state])
    numbers = page_numbers(source) if state is CitationState.VERIFIED else []
    on_page = bool(numbers and span and "first" not in request)
    views = _views(on_page) if numbers else ""
    head = _head(source, span, notices, views, library.index_id, texts(request.get("language")))
    page = _page_view(source, cite_slice(source, *span).page if span else numbers[0], on_page) if numbers else ""
    return head + page + _window(source, span, _whole(request.get("first")), hidden=on_page)


def page_numbers(source: Source) -> list[int]:
    """The numbers of those pages of a PDF that have text; none where the source is no PDF."""
    return [place.number for place in source.locators if place.kind is LocatorKind.PAGE and place.number]


def gone_html(source_id: str) -> str:
    """What the reader shows for a source that the index no longer holds."""
    gone = f"{source_id} is not in the index any more: its file was removed, or could not be read at the last rebuild."
    return (
        f'{_bar()}<div class="reader-head"><h2 id="reader-title" tabindex="-1">No longer in the library</h2>'
        f"{notice_html(gone)}</div>"
    )


def _bar() -> str:
    return (
        f'<div class="panel-bar">{button("text-button", "library", icon("back") + "All sources")}'
        f"{button('icon-button close', 'close', icon('close'), title='Close')}</div>"
    )


def _head(source: Source, span: Span | None, notices: list[str], views: str, index_id: str, say: Texts) -> str:
    warnings = "".join(notice_html(notice) for notice in notices)
    jump = button("text-button", "jump", "Go to the cited words") if span else ""
    citation = cite_slice(source, *span) if span else None
    url = deep_link(citation) if citation else source.metadata.url
    link = reader_link(citation, index_id) if citation else source_link(source.id)
    copy = button("text-button", "link", icon("link") + "Copy link", {"link": link})
    return (
        f'{_bar()}<header class="reader-head"><h2 id="reader-title" tabindex="-1">{escape(source.title)}</h2>'
        f"{details_line(source.metadata, source.id, say, url)}{warnings}{references_html(source.metadata, say)}"
        f'<div class="reader-tools">{views}{jump}{copy}</div></header>'
    )


def _views(on_page: bool) -> str:
    """The choice between the pages and the text."""
    choices = "".join(
        f'<button type="button" data-do="view" data-view="{view}" aria-pressed="{str(on).lower()}">{label}</button>'
        for view, label, on in (("page", "Page", on_page), ("text", "Text", not on_page))
    )
    return f'<div class="views" role="group" aria-label="Show the source as">{choices}</div>'


def _page_view(source: Source, number: int, shown: bool) -> str:
    """Where the script shows a page's picture, at first that of the page `number`, with the cited words marked."""
    return (
        f'<section class="page-view" aria-label="Pages" data-page="{number}"{"" if shown else " hidden"}>'
        f'<div class="page-bar">{button("page-button", "before", icon("before"), title="Previous page")}'
        f'<p class="page-label" role="status"></p>'
        f"{button('page-button', 'after', icon('after'), title='Next page')}"
        f'<button type="button" class="page-button" data-do="enlarge" aria-pressed="false" title="Enlarge">'
        f"{icon('enlarge')}</button></div>"
        f'<p class="notice page-problem" role="alert" hidden></p>'
        f'<div class="page-scroll" tabindex="0" role="group" aria-label="Page"><div class="sheet">'
        f'<img alt="" data-title="{escape(source.title)}"><div class="page-marks"></div></div></div></section>'
    )


def _window(source: Source, span: Span | None, first: int, hidden: bool) -> str:
    """The blocks around the cited words, or from block `first` where that is not negative."""
    spans = blocks(source.text)
    if first < 0:
        cited = bisect_right(spans, span[0], key=lambda block: block[0]) - 1 if span else 0
        first = cited - WINDOW_BLOCKS // 2
    first = max(0, min(first, len(spans) - WINDOW_BLOCKS))
    last = min(len(spans), first + WINDOW_BLOCKS)
    earlier = _more("Earlier text", max(0, first - WINDOW_BLOCKS)) if first else ""
    later = _more("Later text", last) if last < len(spans) else ""
    body = "".join(_block(source, block, span, number == 0) for number, block in enumerate(spans[first:last]))
    state = " hidden" if hidden else ""
    return (
        f'<article class="reader-text" tabindex="0" aria-labelledby="reader-title"{state}>{earlier}'
        f"{body or '<p>This source has no text.</p>'}{later}</article>"
    )


def _more(label: str, first: int) -> str:
    return button("text-button more", "window", label, {"first": first})


def blocks(text: str) -> list[Span]:
    """The paragraphs of a text (runs between blank lines) as offset pairs, long ones cut into several."""
    ends = [(match.start(), match.end()) for match in re.finditer(r"\n\s*\n", text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    return [piece for a, b in zip(starts, stops, strict=True) if text[a:b].strip() for piece in _pieces(text, a, b)]


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """A paragraph cut at line ends, or else at spaces, so that no piece is too long."""
    while end - start > BLOCK_CHARACTERS:
        limit = start + BLOCK_CHARACTERS
        cut = max(text.rfind("\n", start, limit), -1) + 1 or text.rfind(" ", start, limit) + 1 or limit
        yield start, cut
        start = cut
    yield start, end


def _block(source: Source, block: Span, span: Span | None, is_first: bool) -> str:
    """One block: a heading where a section begins with its own words, else a paragraph with its labels."""
    start, end = block
    low = bisect_right(source.locators, start - 1, key=lambda locator: locator.start)
    high = bisect_right(source.locators, end - 1, key=lambda locator: locator.start)
    here = source.locators[low:high]
    places = {locator.start: PLACES[locator.kind].format(locator.label) for locator in here if locator.kind in PLACES}
    if is_first and start not in places:
        before = [locator for locator in source.locators[:low] if locator.kind in PLACES]
        places |= {start: PLACES[before[-1].kind].format(before[-1].label)} if before else {}
    number = next((x.label for x in here if x.start == start and x.kind is LocatorKind.PARAGRAPH), None)
    if number and not number.isdigit():
        places.setdefault(start, number.capitalize())  # a footnote has a name, too long for the margin
        number = None
    label = f'<p class="place" data-label="{escape(places.pop(start))}"></p>' if start in places else ""
    words = _inline(source, block, span, places)
    for locator in here:
        if locator.kind is LocatorKind.SECTION and locator.label.split() == source.text[start:end].split():
            level = min(6, 2 + max(1, locator.level))
            return f"{label}<h{level}>{words}</h{level}>"
    shown = f' data-number="{escape(number)}"' if number else ""
    goes_on = ' class="goes-on"' if start and source.text[start - 2 : start].strip() else ""
    return f"{label}<p{goes_on}{shown}>{words}</p>"


def _inline(source: Source, block: Span, span: Span | None, places: dict[int, str]) -> str:
    """The words of a block, escaped, with the cited ones marked and a label where a page begins among them."""
    start, end = block
    edges = [edge for edge in span or () if start < edge < end]
    html = []
    for a, b in pairwise(sorted({start, end, *edges, *places})):
        words = escape(source.text[a:b])
        if a in places:
            html.append(f'<span class="place" data-label="{escape(places[a])}"></span>')
        if span and span[0] <= a and b <= span[1]:
            name = ' id="cited" tabindex="-1"' if a == span[0] else ""
            words = f"<mark{name}>{words}</mark>"
        html.append(words)
    return "".join(html)


def _whole(value: object) -> int:
    """A number from the page, or -1."""
    try:
        return int(str(value))
    except ValueError:
        return -1
