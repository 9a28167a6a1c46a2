"""Tables as text (CSV, TSV): a block for a row."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.office.rows import row_blocks
from assistant.readers.text import make_source
from assistant.records import Metadata

SUFFIXES = (".csv", ".tsv")
VERSION = 2

_DELIMITERS = ";\t|,"
_LONGEST = (1 << 31) - 1
_END = "\ufffe"  # no character: a last line that is a record stands in no quotation
_SAMPLE = 100
"""Records by which the delimiter is told."""
_DECIMAL = re.compile(r"\d,\d")
_UNCLOSED = "a quotation mark opens a cell and none closes it: quotation marks were read as part of the text"


def read(data: bytes, source_id: str) -> Reading:
    """Read a table. Rows are numbered as a spreadsheet numbers them, with the first, often the header, as 1.

    Raises:
        UnreadableFile: this is not text, or no table.
    """
    text, problems = decode(data)
    text = text.replace("\0", "")
    csv.field_size_limit(_LONGEST)  # of the module: a field may be a long text
    first, _, rest = text.partition("\n")
    declared = first.strip().strip('"')
    try:
        if len(declared) == 5 and declared.lower().startswith("sep="):  # how Excel is told the delimiter
            delimiter, skipped, text = declared[4], 1, rest
        elif source_id.lower().endswith(".tsv") and "\t" in text:
            delimiter, skipped = "\t", 0
        else:
            delimiter, skipped = _delimiter(text), 0
        quoted = _quotes(text, delimiter)
        records = enumerate(_rows(text, delimiter, quoted=quoted), skipped + 1)
        rows = ((number, dict(enumerate(cells, 1))) for number, cells in records)
        source = make_source(data, source_id, row_blocks(rows), Metadata())
    except csv.Error as error:
        raise UnreadableFile(f"no table: {error}; give it the suffix of its kind") from error
    unclosed = (_UNCLOSED,) if not quoted and delimiter != "\t" else ()
    return Reading((source,), (*problems, *unclosed))


def _reader(lines: Iterable[str], delimiter: str, *, quoted: bool, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
        strict=strict,
    )


def _records(text: str, delimiter: str, *, quoted: bool) -> Iterator[tuple[list[str], list[str]]]:
    """The lines of each record, and its cells."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for cells in _reader(lines(), delimiter, quoted=quoted):
        yield list(taken), cells
        taken.clear()


def _rows(text: str, delimiter: str, *, quoted: bool) -> Iterator[list[str]]:
    """The records; one with quotation marks that quote words and not a cell (`"Aye" he said`) has them."""
    for lines, cells in _records(text, delimiter, quoted=quoted):
        if quoted and len(lines) == 1 and not _is_strict(lines, delimiter):
            plain = next(_reader(lines, delimiter, quoted=False), cells)
            yield plain if len(plain) == len(cells) else cells
        else:
            yield cells


def _is_strict(lines: list[str], delimiter: str) -> bool:
    """Whether each quotation mark in a record begins or ends a cell, or is doubled."""
    if not any('"' in line for line in lines):
        return True
    try:
        return any(_reader(lines, delimiter, quoted=True, strict=True))
    except csv.Error:
        return False


def _quotes(text: str, delimiter: str) -> bool:
    """Whether quotation marks quote cells. They do not if one is never closed, or only somewhere in a later row."""
    if '"' not in text:
        return True
    cells: list[str] = []
    for lines, cells in _records(f"{text}\n{_END}", delimiter, quoted=True):  # noqa: B007
        # With tabs, cells are rarely quoted, and words in them often are.
        if (len(lines) > 1 or delimiter == "\t") and not _is_strict(lines, delimiter):
            return False
    return cells == [_END]


def _delimiter(text: str) -> str:
    """The delimiter by which the most records have the same number of fields, more than one."""
    lines = list(itertools.islice(io.StringIO(text), _SAMPLE))
    decimal = all(line.count(",") == len(_DECIMAL.findall(line)) for line in lines)
    scores = {}
    for order, delimiter in enumerate(_DELIMITERS):
        if delimiter not in text:
            continue
        try:
            rows = _rows(text, delimiter, quoted=_quotes(text, delimiter))
            widths = Counter(len(cells) for cells in itertools.islice(rows, _SAMPLE) if cells)
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        # Where commas stand between digits only, they may be decimal points.
        scores[delimiter] = (width > 1, count, delimiter != "," or not decimal, width, -order)
    return max(scores, key=lambda delimiter: scores[delimiter], default=",")
