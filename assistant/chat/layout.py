"""How a source is laid out to be read: its blocks, its sections, and a window of blocks as escaped HTML.

The text between the tags is the source's own, character for character; page and paragraph labels are attributes that
the style sheet shows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import NamedTuple

from assistant.chat.texts import Texts
from assistant.records import Locator, LocatorKind, Source, Span

WINDOW_BLOCKS = 40
"""How many blocks are sent at once: a few screens."""
BEFORE_BLOCKS = 12
"""How many of them stand before the place that is asked for."""
BLOCK_CHARACTERS = 1200
"""A paragraph longer than this (a table, a text without blank lines) is cut into several blocks."""
PLACES = {
    LocatorKind.PAGE: "reader.page",
    LocatorKind.SLIDE: "reader.slide",
    LocatorKind.CHAPTER: "reader.chapter",
    LocatorKind.TIME: "reader.time",
    LocatorKind.ROW: "reader.row",
}
_DIVISIONS = (LocatorKind.CHAPTER, LocatorKind.SECTION)
_NUMBERED = (LocatorKind.PAGE, LocatorKind.SLIDE)
_BLANK = re.compile(r"\n\s*\n")


class Mark(NamedTuple):
    """Words that are marked: those that are shown now, or others that the same answer cites."""

    start: int
    end: int
    is_cited: bool


class Entry(NamedTuple):
    """A line of the table of contents: `depth` is 1 at the top, and each is at most one deeper than the line before."""

    start: int
    depth: int
    label: str


@lru_cache(maxsize=8)
def blocks(text: str) -> tuple[Span, ...]:
    """The paragraphs of a text (runs between blank lines) as offset pairs, long ones cut into several."""
    ends = [match.span() for match in _BLANK.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    pairs = zip(starts, stops, strict=True)
    return tuple(piece for a, b in pairs if text[a:b].strip() for piece in _pieces(text, a, b))


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """A paragraph cut at line ends, or else at spaces, so that no piece is too long."""
    while end - start > BLOCK_CHARACTERS:
        limit = start + BLOCK_CHARACTERS
        cut = max(text.rfind("\n", start, limit), -1) + 1 or text.rfind(" ", start, limit) + 1 or limit
        yield start, cut
        start = cut
    yield start, end


def block_at(text: str, start: int) -> int:
    """The number of the block in which an offset stands."""
    return max(0, bisect_right(blocks(text), start, key=lambda block: block[0]) - 1)


def around(text: str, start: int) -> range:
    """The blocks of the window around an offset."""
    count = len(blocks(text))
    first = max(0, min(block_at(text, start) - BEFORE_BLOCKS, count - WINDOW_BLOCKS))
    return range(first, min(count, first + WINDOW_BLOCKS))


def outline(source: Source, say: Texts) -> list[Entry]:
    """The table of contents: chapters and sections, or pages or slides where there are none."""
    if divisions := _of_kinds(source, _DIVISIONS):
        return _nested(divisions)
    numbered = _of_kinds(source, _NUMBERED)
    return [Entry(place.start, 1, say(PLACES[place.kind], label=place.label)) for place in numbered]


def has_outline(source: Source) -> bool:
    """Whether there is more than one place to go to."""
    return len(_of_kinds(source, _DIVISIONS) or _of_kinds(source, _NUMBERED)) > 1


def _of_kinds(source: Source, kinds: Sequence[LocatorKind]) -> list[Locator]:
    found = [place for kind in kinds for place in source.places(kind, 0, len(source.text))]
    return sorted(found, key=lambda place: place.start)


def _nested(places: Iterable[Locator]) -> list[Entry]:
    """Headings with their depth: however their levels jump, each is at most one deeper than the one before.

    A chapter begins anew, and a section that has its name is not named again.
    """
    above: list[int] = []
    found: list[Entry] = []
    for place in places:
        if found and place.label == found[-1].label and place.kind is LocatorKind.SECTION and above[-1] == 0:
            continue
        while above and above[-1] >= place.level:
            above.pop()
        above.append(place.level)
        found.append(Entry(place.start, len(above), place.label))
    return found


def window_html(source: Source, shown: range, marks: Sequence[Mark], say: Texts) -> str:
    """A window of blocks; before them, hidden from sight, the headings of the sections that they continue."""
    spans = blocks(source.text)[shown.start : shown.stop]
    headings = _nested(_of_kinds(source, (LocatorKind.SECTION,)))
    body = "".join(_block(source, block, marks, headings, say) for block in spans)
    begin, end = (spans[0][0], spans[-1][1]) if spans else (0, 0)
    return (
        f'<div class="window" data-first="{shown.start}" data-last="{shown.stop}" data-from="{begin}" data-to="{end}" '
        f'data-digest="{escape(source.digest)}">{_path(source, begin, headings, say)}{body}</div>'
    )


def _path(source: Source, start: int, headings: Sequence[Entry], say: Texts) -> str:
    """The page and the sections that go on at an offset."""
    above: list[Entry] = []
    for entry in headings[: bisect_right(headings, start - 1, key=lambda entry: entry.start)]:
        above = [*(other for other in above if other.depth < entry.depth), entry]
    begins = next((entry for entry in headings if entry.start == start), None)
    if begins:
        above = [entry for entry in above if entry.depth < begins.depth]
    html = "".join(
        f'<h{_rank(entry.depth)} class="unseen-heading">{escape(entry.label)}</h{_rank(entry.depth)}>'
        for entry in above
    )
    holding = [place for kind in PLACES for place in source.places(kind, start, start + 1)]
    at = max(holding, key=lambda place: place.start, default=None)
    label = f'<p class="place" data-label="{_label(at, say)}"></p>' if at and at.start < start else ""
    return f'<div class="path">{html}{label}</div>' if html or label else ""


def _rank(depth: int) -> int:
    """The rank of a heading, below the reader's own."""
    return min(6, depth + 2)


def _label(place: Locator, say: Texts) -> str:
    return escape(say(PLACES[place.kind], label=place.label))


def _block(source: Source, block: Span, marks: Sequence[Mark], headings: Sequence[Entry], say: Texts) -> str:
    """One block: a heading where a section begins with its own words, else a paragraph with its labels."""
    start, end = block
    low = bisect_right(source.locators, start - 1, key=lambda locator: locator.start)
    high = bisect_right(source.locators, end - 1, key=lambda locator: locator.start)
    here = source.locators[low:high]
    places = {locator.start: _label(locator, say) for locator in here if locator.kind in PLACES}
    number = next((x.label for x in here if x.start == start and x.kind is LocatorKind.PARAGRAPH), None)
    if number and not number.isdigit():
        places.setdefault(start, escape(number.capitalize()))  # a footnote has a name, too long for the margin
        number = None
    label = f'<p class="place" data-label="{places.pop(start)}"></p>' if start in places else ""
    words = _inline(source, block, marks, places)
    for locator in here:
        if locator.kind is LocatorKind.SECTION and locator.label.split() == source.text[start:end].split():
            at = bisect_right(headings, locator.start, key=lambda entry: entry.start) - 1
            rank = _rank(headings[at].depth)
            return f'{label}<h{rank} data-start="{start}" dir="auto">{words}</h{rank}>'
    shown = f' data-number="{escape(number)}"' if number else ""
    goes_on = ' class="goes-on"' if start and source.text[start - 2 : start].strip() else ""
    return f'{label}<p{goes_on}{shown} data-start="{start}" dir="auto">{words}</p>'


def _inline(source: Source, block: Span, marks: Sequence[Mark], places: dict[int, str]) -> str:
    """The words of a block, escaped, with marks, and a label where a page begins among them."""
    start, end = block
    here = [mark for mark in marks if mark.start < end and start < mark.end]
    edges = [edge for mark in here for edge in mark[:2] if start < edge < end]
    html = []
    for a, b in pairwise(sorted({start, end, *edges, *places})):
        words = escape(source.text[a:b])
        if a in places:
            html.append(f'<span class="place" data-label="{places[a]}"></span>')
        mark = next((mark for mark in here if mark.start <= a and b <= mark.end), None)
        if mark and mark.is_cited:
            name = ' id="cited" tabindex="-1"' if a == mark.start else ""
            words = f"<mark{name}>{words}</mark>"
        elif mark:
            words = f'<mark class="other">{words}</mark>'
        html.append(words)
    return "".join(html)
