"""Tables as text: the rows of a table in a document, and the rows of a spreadsheet, each with its columns' names."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.readers import working
from assistant.readers.text import Block, Place
from assistant.records import LocatorKind

Row = tuple[int, dict[int, str]]
"""A row's number as the spreadsheet shows it, and what is in its cells by the numbers of their columns."""

_LOOKED_AT = 50  # rows in which the header is searched
_NAME_LENGTH = 100  # a longer cell is a text and names no column
_NUMBER = re.compile(r"[-+−(]?[\s$€£¥]*[\d.,'\s]*\d[\d.,'\s]*(?:e[-+]?\d+)?\)?\s*[%$€£¥]?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_YEAR = re.compile(r"[12]\d{3}")
_NUMBER_LENGTH = 60  # what is longer is no number; it would take the expression above long to tell
_GAP = 10
"""Empty cells, at most, that keep those after them in their columns."""
_AT_ONCE = 1000


def grid(rows: list[list[str]]) -> str:
    """A table in a document: a line for a row, `cell | cell`; rows and columns that are empty are left out."""
    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    width = max(map(len, rows), default=0)
    used = [column for column in range(width) if any(row[column] for row in rows if column < len(row))]
    lines = ([row[column] if column < len(row) else "" for column in used] for row in rows)
    return "\n".join(filter(None, map(joined, lines)))


def joined(cells: list[str]) -> str:
    """Cells as one line; empty ones keep the others in their columns, unless there is but one other."""
    filled = [number for number, cell in enumerate(cells) if cell]
    if len(filled) < 2:
        return "".join(cells)
    return " | ".join(cells[: filled[-1] + 1]).strip()


def sheet_blocks(name: str, rows: Iterable[Row], extras: Iterable[tuple[int, Block]]) -> Iterator[Block]:
    """A sheet: its name as a heading, its rows, and what stands at a row beside its cells (comments, text boxes)."""
    of_rows = ((int(block.places[0][1]), block) for block in row_blocks(rows))
    before = None
    for number, block in heapq.merge(of_rows, sorted(extras, key=_row), key=_row):
        if before is None:
            # The heading is in the row that follows it, not in the last one of the sheet before.
            yield Block(name, 1, _place(number))
            before = number
        yield replace(block, places=() if number == before else _place(number))
        before = number


def _row(numbered: tuple[int, Block]) -> int:
    return numbered[0]


def row_blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """A block for each row that has something in it; from the header on, with the names of the columns."""
    filled = _filled(rows)
    first = list(itertools.islice(filled, _LOOKED_AT))
    header = _header([cells for _, cells in first])
    names = first[header][1] if header is not None else {}
    for index, (number, cells) in enumerate(itertools.chain(first, filled)):
        if header is None:
            text = _in_columns(cells)
        elif index > header and not _repeats(names, cells):
            text = "; ".join(f"{names[column]}: {cell}" if column in names else cell for column, cell in cells.items())
        else:
            text = " | ".join(cells.values())
        yield Block(text, places=_place(number))


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that have something in them: these cells only, in the order of their columns, each on one line."""
    for count, (number, cells) in enumerate(rows):
        if count % _AT_ONCE == 0:
            working()
        lines = ((column, " ".join(cells[column].split())) for column in sorted(cells))
        filled = {column: line for column, line in lines if line}
        if filled:
            yield number, filled


def _in_columns(cells: dict[int, str]) -> str:
    """The cells of a row without the names of its columns."""
    line: list[str] = []
    before = 0
    for column, cell in cells.items():
        line += [""] * min(column - before - 1, _GAP)
        line.append(cell)
        before = column
    return joined(line)


def _place(number: int) -> tuple[Place, ...]:
    return ((LocatorKind.ROW, str(number)),)


def _repeats(names: dict[int, str], cells: dict[int, str]) -> bool:
    """Whether a row is the header once more."""
    return all(cell == names.get(column) for column, cell in cells.items())


def _header(rows: list[dict[int, str]]) -> int | None:
    """Which row names the columns: the first in which most are filled, if its cells can be names; else none does."""
    widths = [len(cells) for cells in rows]
    width = max(widths, default=0)
    index = next((number for number, filled in enumerate(widths) if filled > width / 2), None)
    if index is None or width < 2 or index + 1 == len(rows):
        return None
    names, below = rows[index], rows[index + 1 :]
    given = list(names.values())
    words = sum(_kind(name) == "words" for name in given)
    if len(set(given)) < len(given) or max(map(len, given)) > _NAME_LENGTH or not words:
        return None
    kinds = [_usual_kind(cells[column] for cells in below if column in cells) for column in names]
    for name, kind in zip(given, kinds, strict=True):
        # A number names a column only if what stands below is of another kind: years above amounts.
        if _kind(name) != "words" and (_kind(name) == kind or width == 2):
            return None
    # Two columns of words may be pairs of a name and a value, without a header.
    return index if width > 2 or any(kind not in ("words", "") for kind in kinds) else None


def _usual_kind(cells: Iterable[str]) -> str:
    kinds = [_kind(cell) for cell in cells]
    return max(sorted(set(kinds)), key=kinds.count, default="")


def _kind(cell: str) -> str:
    """Whether a cell holds a year, a date, another number, or words."""
    if _YEAR.fullmatch(cell):
        return "year"
    if _DATE.fullmatch(cell):
        return "date"
    return "number" if len(cell) <= _NUMBER_LENGTH and _NUMBER.fullmatch(cell) else "words"
