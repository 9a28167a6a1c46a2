"""Layout of a page: pieces of lines with their boxes to paragraphs in reading order.

Readers that know where the words stand (PDF, text recognition) hand their lines to `paragraphs`.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.readers.pages.columns import regions

_CELL_GAP = 1.2  # heights of a line between the cells of a row
_BULLET = re.compile(r"[•●▪■◦‣⁃∙➢➤✓❖]")
_LEADER = re.compile(r"(?:[.…·]\s?){4,}\s*[\w-]{1,8}$")
_ITEM = re.compile(r"(?:[-–—*]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,5})[.)]|\[\d{1,3}\])\s")
_NOTE_MARK = re.compile(r"[\d*†‡§¶\[(]")
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟][\"'”’»)\]\d]*$")
_WORD_GOES_ON = re.compile(r"[^\W\d_][-\u2010\u00ad\x02\ufffe]$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a piece of one between wide gaps.

    Lengths are points (or any one unit, such as pixels), measured upwards and to the right from the lower left corner
    of the page as it is shown. `base` is the base line, `size` the height of the font (not of these letters);
    `first_size` and `last_size` that of its first and last character where they differ, as where bold letters lead in
    (else 0); `bold` whether these are both bold, if that is known. Recognised lines, for which none of these is known,
    have their bottom and their height there. `letters` are the positions, among the page's characters, of those of the
    text, white space left out; empty for recognised lines.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    base: float
    size: float
    first_size: float = 0.0
    last_size: float = 0.0
    bold: bool | None = None
    letters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as lines from top to bottom; of a table (`rows`), each line is a row, with its cells in order.

    `small`: in smaller type than most of the page, as captions are; `note`: besides, at the foot of a column.
    """

    lines: tuple[Line, ...]
    rows: bool = False
    small: bool = False
    note: bool = False

    @property
    def text(self) -> str:
        """Its lines, with the line ends of the page still in them."""
        return "\n".join(line.text for line in self.lines)


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """The paragraphs of one page, in reading order, columns one after the other, notes at the foot last.

    `lines` are in the order of the file (of the recogniser), which is kept where the geometry does not decide.
    A paragraph that goes on in the next column is one paragraph.
    """
    columns = [_rows([lines[number] for number in region]) for region in regions(lines)]
    usual = _usual_step([row for rows in columns for row in rows])
    body = body_size(lines)
    found: list[Paragraph] = []
    for rows in columns:
        column = [replace(each, small=_is_small(each, body)) for each in _column(rows, usual)]
        end = len(column) - _notes(column, body)
        main, notes = column[:end], [replace(paragraph, note=True) for paragraph in column[end:]]
        before, after = main_at_end(found), main_at_start(main)
        if before is not None and after is not None and goes_on(found[before], main[after]):
            found[before] = replace(found[before], lines=found[before].lines + main.pop(after).lines)
        found += [*main, *notes]
    return sorted(found, key=lambda paragraph: paragraph.note)


def _is_small(paragraph: Paragraph, body: float) -> bool:
    """Whether a paragraph is set in smaller type than most of the page."""
    return max(line.size for line in paragraph.lines) < 0.95 * body


def main_at_end(found: Sequence[Paragraph]) -> int | None:
    """The number of the last paragraph before the captions, labels of figures and notes that end a column or page."""
    return next((number for number in reversed(range(len(found))) if not found[number].small), None)


def main_at_start(found: Sequence[Paragraph]) -> int | None:
    """The number of the first paragraph after the captions and labels of figures that begin a column or page."""
    return next((number for number in range(len(found)) if not found[number].small), None)


def _notes(column: list[Paragraph], body: float) -> int:
    """How many paragraphs at the foot of a column are notes: in smaller type, with a mark or of one size throughout."""
    notes = 0
    for count, paragraph in enumerate(reversed(column), 1):
        sizes = [line.size for line in paragraph.lines]
        if max(sizes) > 0.9 * body:
            break
        if _NOTE_MARK.match(paragraph.lines[0].text) or (len(sizes) > 1 and max(sizes) < 1.03 * min(sizes)):
            notes = count
    return notes if notes < len(column) else 0


def ordered(lines: Sequence[Line]) -> list[Line]:
    """The pieces of lines of one page in reading order."""
    return [piece for region in regions(lines) for row in _rows([lines[number] for number in region]) for piece in row]


def goes_on(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph at the foot of a column or page goes on in the one at the head of the next."""
    if before.rows or after.rows or before.note or after.note:
        return False
    one, two = before.lines[-1], after.lines[0]
    if _differ(one, two) or not two.text[:1].islower():
        return False
    return bool(_WORD_GOES_ON.search(one.text)) or not _SENTENCE_END.search(one.text)


def body_size(lines: Sequence[Line]) -> float:
    """The height of the type that most of a page is set in."""
    counts: dict[float, int] = {}
    for line in lines:
        counts[round(line.size, 1)] = counts.get(round(line.size, 1), 0) + len(line.text)
    return max(counts, key=lambda size: (counts[size], size), default=0.0)


def _rows(pieces: Sequence[Line]) -> list[list[Line]]:
    """The pieces of one region, from top to bottom, as lines: each a list of its pieces from left to right."""
    rows: list[list[Line]] = []
    for piece in pieces:
        near = bool(rows) and _on_one_line(rows[-1], piece)
        if near:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_in_order(row) for row in rows]


def _on_one_line(row: list[Line], piece: Line) -> bool:
    """Whether a piece stands beside those of a row, raised or lowered by less than a line."""
    first = max(row, key=lambda each: each.size)
    if abs(first.base - piece.base) > 0.5 * max(first.size, piece.size):
        return False
    return all(min(each.right, piece.right) - max(each.left, piece.left) < 0.3 * piece.size for each in row)


def _in_order(row: list[Line]) -> list[Line]:
    """The pieces of a line in the direction in which it is read."""
    leftward = sum(unicodedata.bidirectional(piece.text[0]) in ("R", "AL") for piece in row)
    if 2 * leftward >= len(row) and leftward:
        return sorted(row, key=lambda piece: -piece.right)
    return sorted(row, key=lambda piece: piece.left)


def _whole(row: list[Line]) -> Line:
    """A row as one line."""
    if len(row) == 1:
        return row[0]
    main = max(row, key=lambda piece: len(piece.text))
    return Line(
        " ".join(piece.text for piece in row),
        min(piece.left for piece in row),
        min(piece.bottom for piece in row),
        max(piece.right for piece in row),
        max(piece.top for piece in row),
        main.base,
        main.size,
        row[0].first_size,
        row[-1].last_size,
        row[0].bold if row[0].bold == row[-1].bold else None,
        tuple(position for piece in row for position in piece.letters),
    )


def _is_row(row: list[Line]) -> bool:
    """Whether a line looks like the row of a table: wide gaps between cells, or a leader to a page number."""
    ordered = sorted(row, key=lambda piece: piece.left)
    gaps = [two.left - one.right > _CELL_GAP * min(one.size, two.size) for one, two in pairwise(ordered)]
    return any(gaps) or bool(_LEADER.search(row[-1].text))


def _ranged(one: list[Line], two: list[Line]) -> bool:
    """Whether two rows have cells below each other, or both a leader."""
    if len(one) == 1 or len(two) == 1:
        return len(one) == len(two)
    near = 0.5 * max(one[0].size, two[0].size)
    later = [(above, below) for above in one[1:] for below in two[1:]]
    return any(abs(above.left - below.left) < near or abs(above.right - below.right) < near for above, below in later)


def _usual_step(rows: list[list[Line]]) -> float:
    """The page's step from line to line, in heights of a line."""
    lines = [_whole(row) for row in rows]
    steps = [(one.base - two.base) / (two.size or 1.0) for one, two in pairwise(lines)]
    return statistics.median_low([step for step in steps if 0.6 < step < 3] or [1.0])


def _column(rows: list[list[Line]], usual: float) -> list[Paragraph]:
    """The lines of one column put together to paragraphs and tables."""
    tabular = [_is_row(row) and not _BULLET.match(row[0].text) for row in rows]
    ranged = [
        tabular[number] and tabular[number + 1] and _ranged(*rows[number : number + 2])
        for number in range(len(rows) - 1)
    ]
    lines = [_whole(row) for row in rows]
    found: list[list[Line]] = []
    tables: list[bool] = []
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else None
        after = lines[number + 1] if number + 1 < len(lines) else None
        table = any(ranged[max(number - 1, 0) : number + 1]) or bool(_LEADER.search(line.text))
        gap = before is not None and before.base - line.base > 2.2 * usual * line.size
        if before is None or (
            gap if table and tables[-1] else table != tables[-1] or _begins(before, line, after, usual)
        ):
            found.append([])
            tables.append(table)
        found[-1].append(line)
    return [Paragraph(tuple(each), rows=table) for each, table in zip(found, tables, strict=True)]


def _begins(before: Line, line: Line, after: Line | None, usual: float) -> bool:
    """Whether a line begins a paragraph: a gap, a step up, other letters, an item, or a first line set in.

    `usual` is the page's step from line to line, in heights of a line.
    """
    step, most = before.base - line.base, 1.25 * usual * line.size
    if step < 0 or step > most or _BULLET.match(line.text):
        return True
    if _differ(before, line) or (None not in (before.bold, line.bold) and before.bold != line.bold):
        return True
    if _ITEM.match(line.text) and (_ITEM.match(before.text) or _SENTENCE_END.search(before.text)):
        return True
    indent = 0.8 * line.size
    if after is None or line.left - before.left <= indent or line.left - after.left <= indent:
        return False
    # The second line of an item is set in too, when another item or a gap follows.
    return not (_is_item(before) and (_is_item(after) or line.base - after.base > most))


def _is_item(line: Line) -> bool:
    return bool(_ITEM.match(line.text) or _BULLET.match(line.text))


def _differ(before: Line, after: Line) -> bool:
    """Whether two lines are set in type of other sizes where they would meet."""
    one, two = before.last_size or before.size, after.first_size or after.size
    return abs(one - two) > 0.15 * max(one, two)
