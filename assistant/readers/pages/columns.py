"""Reading order: the regions of a page, such as columns and what spans them, one after the other.

A recursive cut (Nagy and Seth 1984) along the gutters of white space between columns (Breuel 2002). A gutter need not
run down the whole page: where lines cross it, what is above, beside and below it is ordered by itself. A gutter is
taken for one between columns, and not between the cells of a table, by what stands beside it and by the file's order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from assistant.readers.pages.layout import Line

_MANY = 5000  # pieces on a page: no page for people, which is read in the file's order
_CANDIDATES = 16
_EDGE = 2.0  # points by which the edges of lines of one column differ
_LINES = 3  # that a column has at least
_PROSE = 18  # characters on a line at least, in prose

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Page:
    """Features of all pieces of a page, by number, which is their place in the file; `row` is that of their height."""

    left: Floats
    right: Floats
    row: list[int]
    characters: list[int]
    alphabetic: list[int]


def regions(lines: Sequence[Line]) -> list[list[int]]:
    """The regions of a page in reading order, each the numbers of its lines, from top to bottom."""
    if len(lines) > _MANY:
        return [list(range(len(lines)))]
    everything = sorted(range(len(lines)), key=lambda number: -lines[number].base)
    page = _Page(
        np.array([line.left for line in lines]),
        np.array([line.right for line in lines]),
        _row_numbers(lines, everything),
        [len(line.text) for line in lines],
        [sum(map(str.isalpha, line.text)) for line in lines],
    )
    return list(_ordered(page, everything))


def _row_numbers(lines: Sequence[Line], downwards: list[int]) -> list[int]:
    """On which row of the page each line stands, from the top."""
    rows = [0] * len(lines)
    row = 0
    for before, after in pairwise(downwards):
        row += lines[before].base - lines[after].base > 0.4 * min(lines[before].size, lines[after].size)
        rows[after] = row
    return rows


def _ordered(page: _Page, pieces: list[int]) -> Iterator[list[int]]:
    """Pieces, given from top to bottom, in regions."""
    found = _columns(page, pieces)
    if found is None:
        if pieces:
            yield pieces
        return
    start, end, parts = found
    yield from _ordered(page, pieces[:start])
    for part in parts:
        yield from _ordered(page, part)
    yield from _ordered(page, pieces[end:])


def _columns(page: _Page, pieces: list[int]) -> tuple[int, int, list[list[int]]] | None:
    """The tallest columns: where they begin and end among the pieces, and their parts in reading order."""
    left, right = page.left[pieces], page.right[pieces]
    best: tuple[int, int, list[list[int]]] | None = None
    most = 0
    for gutter in _gutters(left, right):
        before, after = right <= gutter, left >= gutter
        crossing = np.flatnonzero(~(before | after))
        for start, end in pairwise([-1, *crossing.tolist(), len(pieces)]):
            if end - start - 1 <= 2 * most:
                continue
            sides = before[start + 1 : end].tolist()
            below = _below(page, pieces[start + 1 : end], sides)
            end, sides = end - below, sides[: len(sides) - below]
            if min(sides.count(True), sides.count(False)) > most:
                parts = _parts(page, pieces[start + 1 : end], sides)
                if parts:
                    best, most = (start + 1, end, parts), min(sides.count(True), sides.count(False))
    return best


def _below(page: _Page, pieces: list[int], before: list[bool]) -> int:
    """How many pieces stand below both columns of prose: under the first only, and in the file after the second."""
    two = [piece for piece, side in zip(pieces, before, strict=True) if not side]
    if not two:
        return 0
    last, lowest = max(two), max(page.row[piece] for piece in two)
    count = 0  # `two` is not empty, so that this ends
    while before[-1 - count] and pieces[-1 - count] > last and page.row[pieces[-1 - count]] > lowest:
        count += 1
    one = [piece for piece, side in zip(pieces[: len(pieces) - count], before, strict=False) if side]
    settled = max(one, default=-1) < min(two) and _is_prose(page, one) and _is_prose(page, two)
    return count if settled else 0


def _gutters(left: Floats, right: Floats) -> list[float]:
    """Where gutters may be: beside the edges that several lines have, with lines on both sides."""
    found: dict[float, int] = {}
    for edges, outwards in ((left, -0.5), (right, 0.5)):
        groups: defaultdict[int, list[float]] = defaultdict(list)
        for edge in edges.tolist():
            groups[round(edge / _EDGE)].append(edge)
        for group in groups.values():
            if len(group) >= _LINES:
                found[(min(group) if outwards < 0 else max(group)) + outwards] = len(group)
    if not found:
        return []
    starts, ends = np.sort(left), np.sort(right)
    useful = [
        x
        for x in found
        if np.searchsorted(ends, x, "right") >= _LINES and len(starts) - np.searchsorted(starts, x) >= _LINES
    ]
    return sorted(useful, key=lambda x: -found[x])[:_CANDIDATES]


def _parts(page: _Page, pieces: list[int], before: list[bool]) -> list[list[int]] | None:
    """The parts, in reading order, that a gutter makes of the pieces on both its sides; `None` if they are rows."""
    one = [piece for piece, side in zip(pieces, before, strict=True) if side]
    two = [piece for piece, side in zip(pieces, before, strict=True) if not side]
    rows = min(_rows(page, one), _rows(page, two))
    turns = _turns(pieces, before)
    if len(turns) > 3 and _are_cells(page, turns):
        return [sorted(turn, key=lambda number: page.row[number]) for turn in turns]
    if _is_prose(page, one) and _is_prose(page, two):
        settled = len(turns) <= max(3, 0.3 * rows) or (_is_full(page, one) and _is_full(page, two))
        return [one, two] if settled and rows >= _LINES else None
    if len(turns) == 2 and rows > 1 and not (rows > _LINES and _is_aligned(page, one, two)):
        return [one, two]
    return None


def _turns(pieces: list[int], before: list[bool]) -> list[list[int]]:
    """The pieces in the order of the file, in runs that stay on one side of the gutter."""
    runs: list[list[int]] = []
    last: bool | None = None
    for number, side in sorted(zip(pieces, before, strict=True)):
        if side is not last:
            runs.append([])
        runs[-1].append(number)
        last = side
    return runs


def _are_cells(page: _Page, turns: list[list[int]]) -> bool:
    """Whether the runs are cells of some lines, side by side and row under row."""
    tops = [min(page.row[number] for number in turn) for turn in turns]
    bottoms = [max(page.row[number] for number in turn) for turn in turns]
    if sum(map(int.__lt__, tops, bottoms)) < 0.3 * len(turns):
        return False
    middles = list(map(int.__add__, tops, bottoms))
    beside = sum(tops[i] == tops[i + 1] or middles[i] == middles[i + 1] for i in range(0, len(turns) - 1, 2))
    below = all(max(bottoms[i : i + 2]) < min(tops[i + 2 : i + 4]) for i in range(0, len(turns) - 2, 2))
    return below and beside >= 0.8 * (len(turns) // 2)


def _rows(page: _Page, pieces: list[int]) -> int:
    """How many lines the pieces stand on."""
    return len({page.row[number] for number in pieces})


def _is_prose(page: _Page, pieces: list[int]) -> bool:
    """Whether lines are long and mostly letters."""
    characters = sum(page.characters[number] for number in pieces)
    letters = sum(page.alphabetic[number] for number in pieces)
    return characters >= _PROSE * _rows(page, pieces) and letters >= 0.6 * characters


def _is_full(page: _Page, pieces: list[int]) -> bool:
    """Whether most lines reach from edge to edge, or, where these are columns again, most pieces from edge to edge."""
    edges: dict[int, tuple[float, float]] = {}
    for number in pieces:
        left, right = edges.get(page.row[number], (math.inf, -math.inf))
        edges[page.row[number]] = min(left, page.left[number]), max(right, page.right[number])
    width = max(right for _, right in edges.values()) - min(left for left, _ in edges.values())
    full = sum(right - left > 0.7 * width for left, right in edges.values())
    if len(edges) < 2 * _LINES:
        return False
    widths = sorted(page.right[pieces] - page.left[pieces])
    column = widths[int(0.9 * len(widths))]
    within = column < 0.6 * width and sum(each > 0.7 * column for each in widths) > 0.5 * len(widths)
    return full > 0.5 * len(edges) or within


def _is_aligned(page: _Page, one: list[int], two: list[int]) -> bool:
    """Whether the lines on one side have partners at their height on the other, as in the rows of a table."""
    left, right = {page.row[number] for number in one}, {page.row[number] for number in two}
    return len(left & right) > 0.7 * min(len(left), len(right))
