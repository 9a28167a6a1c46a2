"""Running headers and footers, page numbers and line numbers: what is printed on pages beside their text."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from assistant.readers.pages.layout import Line, body_size

_MARGIN = 0.2  # of the height of a page, at its top and foot, where headers and footers stand
_ROWS = 4  # that a header or footer has at most
_PAGES = 3  # on which a running header stands at least
_GAP = 1.4  # heights of a line between a header and the text
_FAR = 2.2  # heights of a line between parts of one header at most
_TITLE = 1.2  # of the height of the text: larger is a title, as on slides
_DENSITY = 0.4  # of the pages from its first to its last: every other page, with a gap
_STEP = 4.0  # points by which its height differs between pages
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_BARE = re.compile(
    r"\W*(?:p\.?|pp\.?|page|seite|pagina|página)?\W*(\d{1,5}|[ivxlc]{1,8})(?:\s*(?:/|of|von|de)\s*\d{1,5})?\W*"
)
_ADDRESS = re.compile(r"(?:https?|file)://|about:")
_MOMENT = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\D{1,3}\d{1,2}[:.]\d{2}(?!\d)")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_NUMBERED_LINES = 20

Page = Sequence[Line]


Margins = tuple[list[list[int]], list[list[int]]]
"""The rows at the top of a page and those at its foot, each from the edge inwards, as numbers of its lines."""


def furniture(pages: Sequence[Page], heights: Sequence[float], labels: Sequence[str]) -> list[set[int]]:
    """For each page, the numbers of its lines that are no part of its text.

    A line counts if it stands at the same height on several pages, the same but for numbers that go with the pages;
    or if it is a page number, alone at the top or foot. What stands nearer to the edge than a line of the text must
    itself be such a line, and a gap must be between.
    """
    ends = [_margins(page, height) for page, height in zip(pages, heights, strict=True)]
    margins = [(top[:-1], foot[:-1]) for top, foot in ends]
    found = _repeated(pages, margins)
    numbers = _page_numbers(pages, margins, labels)
    for index, page in enumerate(pages):
        alone = numbers[index] | _by_browser(page, margins[index], f"{index + 1}/{len(pages)}")
        marked = found[index] | alone
        kept = {number for rows in ends[index] for number in _outer(page, rows, marked, alone)}
        # Where nothing would be left, the page is its header: perhaps no header at all.
        found[index] = kept | _line_numbers(page) if len(kept) < len(page) else numbers[index] & kept
    return _but_titles(pages, found)


def _but_titles(pages: Sequence[Page], found: list[set[int]]) -> list[set[int]]:
    """What is found without those in larger type than the text, where they first say what they say: they are titles."""
    body = body_size([line for page in pages for line in page])
    said: set[str] = set()
    for page, numbers in zip(pages, found, strict=True):
        large = {number for number in numbers if page[number].size > _TITLE * body and _says(page[number].text)}
        first = {number for number in large if page[number].text not in said}
        said.update(page[number].text for number in first)
        numbers -= first
    return found


def _says(text: str) -> bool:
    """Whether a text is more than a page number."""
    return bool(re.search(r"[^\W\d_]", text)) and not _BARE.fullmatch(text.casefold())


def _by_browser(page: Page, margins: Margins, number: str) -> set[int]:
    """What browsers print around a page: address and page number at its foot, the moment and the title at its top."""
    top, foot = (rows[0] if rows else [] for rows in margins)
    at_top, at_foot = (
        " ".join(page[line].text for line in sorted(row, key=lambda line: page[line].left)) for row in (top, foot)
    )
    if not (_ADDRESS.match(at_foot) and at_foot.endswith(f" {number}")):
        return set()
    return {*foot, *(top if _MOMENT.match(at_top) else ())}


def _outer(page: Page, rows: list[list[int]], marked: set[int], numbers: set[int]) -> set[int]:
    """The marked lines from the edge of a page to a gap; a page number alone in its row needs none."""
    kept: set[int] = set()
    pending: set[int] = set()
    for row, inner in zip(rows, [*rows[1:], []], strict=True):
        here = marked & set(row)
        if not here:
            break
        pending |= here
        size = max(page[number].size for number in row + inner)
        step = min((abs(page[one].base - page[two].base) for one in row for two in inner), default=size * _GAP)
        if step >= size * _GAP or set(row) <= numbers:
            kept |= pending
            pending = set()
        if step >= size * _FAR and not kept <= numbers:
            break  # a heading of the text may repeat below the header, on pages made from one pattern
    return kept


def _margins(page: Page, height: float) -> Margins:
    """The rows at both ends of a page, and one more each."""
    by_base = sorted(range(len(page)), key=lambda number: -page[number].base)
    top = _grouped(page, by_base)
    foot = _grouped(page, by_base[::-1])
    above = sum(page[row[0]].base > (1 - _MARGIN) * height for row in top[:_ROWS])
    below = sum(page[row[0]].base < _MARGIN * height for row in foot[:_ROWS])
    return [*top[: above + 1], *([[]] if above == len(top) else [])], [
        *foot[: below + 1],
        *([[]] if below == len(foot) else []),
    ]


def _grouped(page: Page, numbers: list[int]) -> list[list[int]]:
    """Lines by rows of one height, as many as a header can have and one more."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and abs(page[rows[-1][0]].base - page[number].base) < 0.5 * page[number].size:
            rows[-1].append(number)
        elif len(rows) > _ROWS:
            break
        else:
            rows.append([number])
    return rows


def _repeated(pages: Sequence[Page], margins: Sequence[Margins]) -> list[set[int]]:
    """The lines of each page that several pages have at the same height."""
    groups: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, (top, foot) in enumerate(margins):
        for number in (number for row in top + foot for number in row):
            key = _NUMBER.sub("#", pages[index][number].text)
            if re.search(r"[^\W\d_]", key):
                groups[key].append((index, number))
    found: list[set[int]] = [set() for _ in pages]
    for members in groups.values():
        often = Counter(index for index, _ in members)
        members = [member for member in members if often[member[0]] == 1]  # else the heads of columns in a table
        if len(members) >= _PAGES:
            for index, number in _running(pages, members):
                found[index].add(number)
    return found


def _running(pages: Sequence[Page], members: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those lines of a group with one text that make a running header: at one height, their numbers in step."""
    heights = Counter(round(pages[index][number].base / _STEP) for index, number in members)
    usual, _ = heights.most_common(1)[0]
    size = statistics.median(pages[index][number].size for index, number in members)
    members = [
        (index, number)
        for index, number in members
        if abs(round(pages[index][number].base / _STEP) - usual) <= 1
        and abs(pages[index][number].size - size) < 0.15 * size
    ]
    numbers = [_numbers(pages[index][number].text) for index, number in members]
    for slot in range(len(numbers[0])):
        values = Counter(each[slot] for each in numbers)
        offsets = Counter(each[slot] - index for each, (index, _) in zip(numbers, members, strict=True))
        (value, same), (offset, steady) = values.most_common(1)[0], offsets.most_common(1)[0]
        keep = [
            each[slot] == value if same >= steady else each[slot] - index == offset
            for each, (index, _) in zip(numbers, members, strict=True)
        ]
        members = [member for member, kept in zip(members, keep, strict=True) if kept]
        numbers = [each for each, kept in zip(numbers, keep, strict=True) if kept]
    on = sorted({index for index, _ in members})
    if len(on) < _PAGES or len(on) < _DENSITY * (on[-1] - on[0] + 1):
        return []
    return members


def _numbers(text: str) -> list[int]:
    """The numbers in a text, Arabic and Roman."""
    return [_value(match[0]) for match in _NUMBER.finditer(text)]


def _value(numeral: str) -> int:
    """The value of an Arabic or a lower-case Roman numeral."""
    if numeral.isdigit():
        return int(numeral)
    values = [_ROMAN.get(letter, 0) for letter in numeral]
    return sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))


def _page_numbers(pages: Sequence[Page], margins: Sequence[Margins], labels: Sequence[str]) -> list[set[int]]:
    """The page numbers of each page, and what shares the outermost line with one where most pages have it so."""
    candidates: list[list[tuple[int, int, list[int]]]] = []
    offsets: Counter[int] = Counter()
    for index, ends in enumerate(margins):
        here = []
        for row in (row for rows in ends for row in rows[:2]):
            for number in row:
                match = _BARE.fullmatch(pages[index][number].text.casefold())
                if match and _value(match[1]):
                    here.append((number, _value(match[1]), row))
        offsets.update({value - index for _, value, _ in here})
        candidates.append(here)
    common = {offset for offset, count in offsets.items() if count >= _PAGES and count >= 0.25 * len(pages)}
    found: list[set[int]] = [set() for _ in pages]
    shared = 0
    for index, here in enumerate(candidates):
        for number, value, row in here:
            labelled = len(row) == 1 and _value_of_label(labels[index]) == value
            if value - index in common or labelled:
                found[index].add(number)
                shared += len(row) > 1
    if shared >= max(_PAGES + 1, 0.3 * len(pages)):
        for index, here in enumerate(candidates):
            for number, _, row in here:
                if number in found[index] and row in (margins[index][0][:1] + margins[index][1][:1]):
                    found[index] |= set(row)
    return found


def _value_of_label(label: str) -> int:
    """The number that a page label is, or 0."""
    label = label.casefold()
    return _value(label) if label.isdecimal() or re.fullmatch("[ivxlc]+", label) else 0


def _line_numbers(page: Page) -> set[int]:
    """The line numbers in the margin of a transcript: from 1 at the top, evenly down the page, beside its lines."""
    bare = [number for number, line in enumerate(page) if line.text.isdecimal() and len(line.text) <= 2]
    edges = Counter(round(page[number].right / _STEP) for number in bare)
    bare = [number for number in bare if round(page[number].right / _STEP) == edges.most_common(1)[0][0]]
    bare.sort(key=lambda number: -page[number].base)
    values = [int(page[number].text) for number in bare]
    if len(values) < _NUMBERED_LINES or values != list(range(1, len(values) + 1)):
        return set()
    steps = [page[one].base - page[two].base for one, two in pairwise(bare)]
    right = max(page[number].right for number in bare)
    others = [line for number, line in enumerate(page) if number not in set(bare)]
    within = [line for line in others if page[bare[-1]].base - 1 < line.base < page[bare[0]].base + 1]
    if max(steps) > 1.2 * min(steps) or any(line.left < right for line in within):
        return set()
    return set(bare)
