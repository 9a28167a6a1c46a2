"""The reader: a source as escaped HTML, of its text a window at a time, with the cited words marked where they stand.

Each function takes what the page sends, which is not trusted: `source`, and where words are cited the rest of an
anchor. `also` are the anchors of the other places that the same answer cites in this source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from assistant.anchoring import find_words
from assistant.bibliography import cite_slice
from assistant.chat.layout import WINDOW_BLOCKS, Mark, around, blocks, has_outline, outline, window_html
from assistant.chat.render import button, details_line, icon, notice_html, references_html
from assistant.chat.texts import Texts, texts
from assistant.chat.within import folded
from assistant.errors import UsageError
from assistant.links import deep_link, reader_link, source_link
from assistant.records import Citation, CitationState, LocatorKind, Source, Span

if TYPE_CHECKING:
    from assistant.library import Library

MOST_ALSO = 50
MOST_HITS = 1000
MOST_ENTRIES = 2000
MOST_COPIED = 20_000
"""Characters of a selection that is copied with its citation."""


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
    def of(cls, request: Mapping[str, Any]) -> Anchor:
        """The anchor in a request from the page, which is not trusted: what is no number counts as absent."""
        return cls(
            source_id=str(request.get("source") or ""),
            start=_whole(request.get("start")),
            end=_whole(request.get("end")),
            quote=str(request.get("quote") or ""),
            prefix=str(request.get("prefix") or ""),
            index_id=str(request.get("index") or ""),
        )


def source_html(library: Library, request: Mapping[str, Any]) -> str:
    """The reader's content, with the window of the text around the cited words.

    Where the file has pages that can be shown, there are both they and the text; cited words are shown on their page at
    first, unless the `view` that is asked for is the text.
    """
    say, anchor = texts(request.get("language")), Anchor.of(request)
    try:
        source = library.source(anchor.source_id)
    except UsageError:
        return gone_html(anchor.source_id, say)
    span = _span(source, anchor)
    state = library.state(source.id)
    notices = []
    if anchor.quote and span is None:
        notices.append(say("reader.words_gone"))
    elif span is not None and anchor.start >= 0 and span != (anchor.start, anchor.end):
        notices.append(say("reader.words_moved"))
    if state is not CitationState.VERIFIED:
        notices.append(say(f"reader.file_{state.value}"))
    numbers = page_numbers(source) if state is CitationState.VERIFIED else []
    on_page = bool(numbers and span and request.get("view") != "text")
    views = _views(on_page, say) if numbers else ""
    page = ""
    if numbers:
        page = _page_view(source, cite_slice(source, *span).page if span else numbers[0], on_page, say)
    head = _bar(say, _link(source, span, library.index_id)) + _head(source, span, notices, views, say)
    return head + page + _article(source, span, _marks(source, span, request), on_page, say)


def read_more(library: Library, request: Mapping[str, Any]) -> str:
    """Another window of the text: the blocks from `first`, those before `last`, or those around the offset `at`.

    It is empty where the source is gone; `data-digest` tells whether it is still the same.
    """
    say, anchor = texts(request.get("language")), Anchor.of(request)
    try:
        source = library.source(anchor.source_id)
    except UsageError:
        return ""
    first, last, at = (_whole(request.get(name)) for name in ("first", "last", "at"))
    count = len(blocks(source.text))
    if first >= 0:
        shown = range(min(first, count), min(first + WINDOW_BLOCKS, count))
    elif last >= 0:
        shown = range(max(0, min(last, count) - WINDOW_BLOCKS), min(last, count))
    else:
        shown = around(source.text, max(at, 0))
    return window_html(source, shown, _marks(source, _span(source, anchor), request), say)


def find_in(library: Library, request: Mapping[str, Any]) -> dict[str, Any]:
    """The places in a source where `words` stand: their `count`, and of the first ones the start, end, page and words.

    The `digest` tells whether the source is still the same; it is empty where the source is gone.
    """
    try:
        source = library.source(Anchor.of(request).source_id)
    except UsageError:
        return {"count": 0, "hits": [], "digest": ""}
    places = folded(source.text).places(str(request.get("words") or ""))
    hits = [[start, end, page_at(source, start), source.text[start:end]] for start, end in places[:MOST_HITS]]
    return {"count": len(places), "hits": hits, "digest": source.digest}


def contents(library: Library, request: Mapping[str, Any]) -> str:
    """The table of contents; empty where the source is gone."""
    say = texts(request.get("language"))
    try:
        source = library.source(Anchor.of(request).source_id)
    except UsageError:
        return ""
    entries = outline(source, say)
    items = []
    for entry in entries[:MOST_ENTRIES]:
        where = {"start": entry.start, "page": page_at(source, entry.start)}
        line = button("entry", "goto", f'<span dir="auto">{escape(entry.label)}</span>', where)
        items.append(f'<li data-depth="{min(entry.depth, 6)}">{line}</li>')
    cut = f"<p>{escape(say('reader.contents_cut', n=say.number(MOST_ENTRIES)))}</p>" if entries[MOST_ENTRIES:] else ""
    return f"<ul>{''.join(items)}</ul>{cut}"


def selected(library: Library, request: Mapping[str, Any]) -> Citation:
    """The citation of the `words` that were selected from `start` to `end`, if they are the source's.

    Raises:
        UsageError: they are not, or there is no such source.
    """
    say, anchor = texts(request.get("language")), Anchor.of(request)
    source = library.source(anchor.source_id)
    whole = source.text[max(anchor.start, 0) : max(anchor.end, 0)]
    words = whole.strip()
    if not words or "".join(words.split()) != "".join(str(request.get("words") or "").split()):
        raise UsageError(say("reader.not_there"))
    if len(words) > MOST_COPIED:
        raise UsageError(say("reader.too_long", n=say.number(MOST_COPIED)))
    start = max(anchor.start, 0) + len(whole) - len(whole.lstrip())
    return cite_slice(source, start, start + len(words), library.state(source.id))


def page_numbers(source: Source) -> list[int]:
    """The numbers of those pages of a PDF that have text; none where the source is no PDF."""
    return [place.number for place in source.places(LocatorKind.PAGE, 0, len(source.text)) if place.number]


def page_at(source: Source, start: int) -> int:
    """The number of the page of a PDF on which an offset stands; 0 in other sources."""
    return next((place.number for place in source.places(LocatorKind.PAGE, start, start + 1)), 0)


def gone_html(source_id: str, say: Texts) -> str:
    """What the reader shows for a source that the index no longer holds."""
    return (
        f'{_bar(say)}<div class="reader-head"><h2 id="reader-title" tabindex="-1">{escape(say("reader.gone_title"))}'
        f"</h2>{notice_html(say('reader.gone', name=source_id))}</div>"
    )


def _span(source: Source, anchor: Anchor) -> Span | None:
    place = find_words(source.text, anchor)
    return (place.start, place.end) if place else None


def _marks(source: Source, span: Span | None, request: Mapping[str, Any]) -> list[Mark]:
    """The cited words, and where they do not overlap the other cited places."""
    marks = [Mark(*span, is_cited=True)] if span else []
    sent = request.get("also")
    for other in sent[:MOST_ALSO] if isinstance(sent, list) else ():
        place = find_words(source.text, Anchor.of(other)) if isinstance(other, dict) else None
        if place and not any(place.start < mark.end and mark.start < place.end for mark in marks):
            marks.append(Mark(place.start, place.end, is_cited=False))
    return marks


def _bar(say: Texts, link: str = "") -> str:
    """What stands above a source: the ways out, and the size of the text."""
    copy = button("bar-tool", "link", icon("link"), {"link": link}, title=say("reader.link")) if link else ""
    sizes = "".join(
        button(f"bar-tool {name}", "size", '<span aria-hidden="true">A</span>', {"step": step}, title=say(key))
        for name, step, key in (("smaller", -1, "reader.smaller"), ("larger", 1, "reader.larger"))
    )
    return (
        f'<div class="panel-bar">{button("text-button", "library", icon("back") + escape(say("reader.back")))}'
        f'<div class="bar-tools">{sizes if link else ""}{copy}'
        f"{button('icon-button close', 'close', icon('close'), title=say('page.close'))}</div></div>"
    )


def _link(source: Source, span: Span | None, index_id: str) -> str:
    return reader_link(cite_slice(source, *span), index_id) if span else source_link(source.id)


def _head(source: Source, span: Span | None, notices: list[str], views: str, say: Texts) -> str:
    warnings = "".join(notice_html(notice) for notice in notices)
    url = deep_link(cite_slice(source, *span)) if span else source.metadata.url
    jump = button("text-button", "jump", escape(say("reader.jump"))) if span else ""
    return (
        f'<header class="reader-head"><h2 id="reader-title" tabindex="-1" dir="auto">{escape(source.title)}</h2>'
        f'<details class="about" open><summary>{escape(say("reader.about"))}</summary>'
        f"{details_line(source.metadata, source.id, say, url)}"
        f"{references_html(source.metadata, say)}</details>{warnings}"
        f'<div class="reader-tools">{_steps(say)}{jump}</div>'
        f'<div class="reader-tools">{views}{_contents(source, say)}{_search(say)}</div></header>'
    )


def _steps(say: Texts) -> str:
    """The way from one cited place to the next; the script shows it where there are several."""
    return (
        f'<div class="steps cited-places" role="group" aria-label="{escape(say("reader.places"))}" hidden>'
        f"{button('step', 'place', icon('before'), {'step': -1}, say('reader.place_before'))}"
        f'<span class="steps-label"></span>'
        f"{button('step', 'place', icon('after'), {'step': 1}, say('reader.place_after'))}</div>"
    )


def _contents(source: Source, say: Texts) -> str:
    if not has_outline(source):
        return ""
    name = escape(say("reader.contents"))
    return f'<details class="contents"><summary>{name}</summary><nav aria-label="{name}"></nav></details>'


def _search(say: Texts) -> str:
    label = escape(say("reader.search"))
    return (
        f'<div class="within" role="search"><input id="within" type="search" autocomplete="off" maxlength="200" '
        f'aria-label="{label}" aria-describedby="hits" placeholder="{label}" aria-keyshortcuts="/">'
        f'<div class="steps hit-steps" hidden>'
        f"{button('step', 'hit', icon('before'), {'step': -1}, say('reader.hit_before'))}"
        f"{button('step', 'hit', icon('after'), {'step': 1}, say('reader.hit_after'))}</div>"
        f'<span id="hits" role="status"></span></div>'
    )


def _views(on_page: bool, say: Texts) -> str:
    """The choice between the pages and the text."""
    choices = "".join(
        f'<button type="button" data-do="view" data-view="{view}" aria-pressed="{str(on).lower()}">'
        f"{escape(say(f'reader.view_{view}'))}</button>"
        for view, on in (("page", on_page), ("text", not on_page))
    )
    return f'<div class="views" role="group" aria-label="{escape(say("reader.views"))}">{choices}</div>'


def _page_view(source: Source, number: int, shown: bool, say: Texts) -> str:
    """Where the script shows a page's picture, at first that of the page `number`, with the cited words marked."""
    enlarge = escape(say("reader.enlarge"))
    return (
        f'<section class="page-view" aria-label="{escape(say("reader.pages"))}" data-page="{number}"'
        f"{'' if shown else ' hidden'}>"
        f'<div class="page-bar">{button("page-button", "before", icon("before"), title=say("reader.page_before"))}'
        f'<p class="page-label" role="status"></p>'
        f"{button('page-button', 'after', icon('after'), title=say('reader.page_after'))}"
        f'<button type="button" class="page-button" data-do="enlarge" aria-pressed="false" title="{enlarge}">'
        f"{icon('enlarge')}</button></div>"
        f'<p class="notice page-problem" role="alert" hidden></p>'
        f'<div class="page-scroll" tabindex="0" role="group" aria-label="{escape(say("reader.view_page"))}">'
        f'<div class="sheet"><img alt="" data-title="{escape(source.title)}"><div class="page-marks"></div></div></div>'
        f"</section>"
    )


def _article(source: Source, span: Span | None, marks: list[Mark], hidden: bool, say: Texts) -> str:
    """The text, of which there is a window at first."""
    at = span[0] if span else 0
    shown = around(source.text, at)
    body = window_html(source, shown, marks, say) if shown else f"<p>{escape(say('reader.empty'))}</p>"
    earlier, later = (
        button("text-button more", "more", escape(say(f"reader.{way}")), {"way": way}) for way in ("earlier", "later")
    )
    known = f'data-total="{len(blocks(source.text))}" data-digest="{escape(source.digest)}" data-cited="{at}"'
    return (
        f'<article class="reader-text" tabindex="0" aria-labelledby="reader-title" {known}'
        f"{' hidden' if hidden else ''}>{earlier}{body}{later}</article>"
        f"{button('quote-button', 'quote', icon('copy') + escape(say('reader.quote')))}"
    )


def _whole(value: object) -> int:
    """A number from the page, or -1."""
    try:
        return int(str(value))
    except ValueError:
        return -1
