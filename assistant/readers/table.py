"""Tables as text (CSV, TSV): a block for a row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.office.rows import Row, row_blocks
from assistant.readers.text import make_source
from assistant.records import Metadata

SUFFIXES = (".csv", ".tsv")
VERSION = 1

_DELIMITERS = ",;\t|"
_LONGEST = (1 << 31) - 1
_SAMPLE = 100
"""Records by which the delimiter is told."""


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
    if len(declared) == 5 and declared.lower().startswith("sep="):  # how Excel is told the delimiter
        delimiter, skipped, text = declared[4], 1, rest
    else:
        delimiter, skipped = _delimiter(text), 0
    rows = _rows(text, delimiter, skipped)
    try:
        source = make_source(data, source_id, row_blocks(rows), Metadata())
    except csv.Error as error:
        raise UnreadableFile(f"no table: {error}; give it the suffix of its kind") from error
    return Reading((source,), problems)


def _rows(text: str, delimiter: str, skipped: int = 0) -> Iterator[Row]:
    """The records, each with its number."""
    return enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True), skipped + 1)


def _delimiter(text: str) -> str:
    """The delimiter by which the most records have the same number of fields, more than one."""
    scores = {}
    for order, delimiter in enumerate(_DELIMITERS):
        rows = _rows(text, delimiter)
        try:
            widths = Counter(len(cells) for _, (_, cells) in zip(range(_SAMPLE), rows, strict=False) if cells)
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        scores[delimiter] = (width > 1, count, width, -order)
    return max(scores, key=lambda delimiter: scores[delimiter], default=",")
