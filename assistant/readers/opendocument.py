"""OpenDocument: texts, presentations and spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile
from assistant.readers import Reading, working
from assistant.readers.archive import DAMAGED, open_container, part
from assistant.readers.office.cells import number, percentage
from assistant.readers.office.opendocument_text import (
    DRAW,
    OFFICE,
    PRESENTATION,
    TABLE,
    TEXT,
    Story,
    Styles,
    cells_of,
    repeated,
    within,
)
from assistant.readers.office.package import DUBLIN_CORE, declared, read_xml
from assistant.readers.office.rows import Row, sheet_blocks
from assistant.readers.text import Block, Place, make_source
from assistant.records import LocatorKind, Metadata

if TYPE_CHECKING:
    from zipfile import ZipFile

    from lxml.etree import _Element

SUFFIXES = (".odt", ".odp", ".ods")
VERSION = 2

_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_FURNITURE = ("header", "footer", "date-time", "page-number")
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)?")
_UNITS = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6, "px": 2.54 / 96}
_MOVED = re.compile(r"translate\s*\(\s*(\S+)\s+([^\s)]+)")
_BAND = 0.75
"""Centimetres: shapes of a slide that begin within one band are read from left to right."""
_EXPANDED = 1000
"""Rows, at most, that are written out where one element stands for many that are not empty."""
_WIDEST = 16_384
"""Columns of a sheet, beyond which no cell is repeated."""


def read(data: bytes, source_id: str) -> Reading:
    """Read an OpenDocument file. What stands on every page or slide, and tables of contents, are left out.

    Raises:
        UnreadableFile: it is damaged or encrypted.
    """
    document = _Document(open_container(data))
    blocks = list(document.blocks())
    source = make_source(data, source_id, blocks, document.metadata())
    return Reading((source,), tuple(dict.fromkeys(document.problems)))


class _Document:
    """A file that is read; `problems` are what in it cannot be, a line each."""

    def __init__(self, container: ZipFile) -> None:
        self._container = container
        self.problems: list[str] = []
        manifest = self._bytes("META-INF/manifest.xml") or b""
        if b"encryption-data" in manifest:
            raise UnreadableFile("encrypted; save a copy without a password")
        content = read_xml(container, "content.xml")
        body = content.find(OFFICE + "body") if content is not None else None
        if content is None or body is None:
            raise UnreadableFile(DAMAGED)
        self._body = body
        self._styles = Styles(self._part("styles.xml"), content)
        self._story = Story(self._styles, self._part)

    def blocks(self) -> Iterator[Block]:
        """The blocks of the text, of the slides or of the sheets."""
        if any(len(changes) for changes in self._body.iter(TEXT + "tracked-changes", TABLE + "tracked-changes")):
            self.problems.append("it has tracked changes: read as if all were accepted")
        for body in self._body:
            if body.tag == OFFICE + "presentation":
                yield from self._slides(body)
            elif body.tag == OFFICE + "spreadsheet":
                yield from self._sheets(body)
            else:
                yield from self._story.blocks(body)
        if self._story.copies_left < 0:
            self.problems.append("cells or rows that repeat the one before were left out: they are too many")

    def metadata(self) -> Metadata:
        """What the file declares."""
        root = self._part("meta.xml")
        meta = root.find(OFFICE + "meta") if root is not None else None
        if meta is None:
            return Metadata()
        # `creator` is who changed it last.
        names = (DUBLIN_CORE + "title", _META + "initial-creator", DUBLIN_CORE + "language")
        title, creator, language = (meta.findtext(name) or "" for name in names)
        return declared(title, creator.split(";"), language)

    def _bytes(self, name: str) -> bytes | None:
        try:
            return part(self._container, name)
        except UnreadableFile:
            self.problems.append(f"a damaged part was left out: {name}")
            return None

    def _part(self, name: str) -> _Element | None:
        try:
            return read_xml(self._container, name)
        except UnreadableFile:
            self.problems.append(f"a damaged part was left out: {name}")
            return None

    def _slides(self, body: _Element) -> Iterator[Block]:
        """The slides: title, text, comments and notes of each."""
        hidden = []
        for number_, page in enumerate(body.iterfind(DRAW + "page"), 1):
            places: tuple[Place, ...] = ((LocatorKind.SLIDE, str(number_)),)
            for block in self._slide(page):
                if block.text:
                    yield Block(block.text, block.level, places, block.label)
                    places = ()
            visibility = self._styles.says("drawing-page", page.get(DRAW + "style-name"), PRESENTATION + "visibility")
            hidden += [str(number_)] if visibility == "hidden" else []
            working()
        if hidden:
            self.problems.append(f"hidden slides, read like the others: {', '.join(hidden)}")

    def _slide(self, page: _Element) -> Iterator[Block]:
        shapes = [shape for shape in _shapes(page) if shape.get(PRESENTATION + "class") not in _FURNITURE]
        shapes = [shape for shape in shapes if shape.get(PRESENTATION + "placeholder") != "true"]
        titles = [shape for shape in shapes if shape.get(PRESENTATION + "class") == "title"]
        for shape in titles:
            yield Block(" ".join(block.text for block in self._story.drawn(shape)), 1)
        for shape in shapes:
            if shape not in titles:
                yield from self._said(shape)
        for annotation in page.iterfind(OFFICE + "annotation"):
            yield from self._story.comment(annotation)
        for notes in page.iterfind(PRESENTATION + "notes"):
            shown = [shape for shape in _shapes(notes) if shape.get(PRESENTATION + "class") not in _FURNITURE]
            said = [block.text for shape in shown for block in self._story.drawn(shape)]
            yield Block("\n".join(said), label="speaker notes")

    def _said(self, shape: _Element) -> Iterator[Block]:
        """The text of a shape as one block, a line for each paragraph."""
        blocks = self._story.drawn(shape)
        yield Block("\n".join(block.text for block in blocks if not block.label))
        yield from (block for block in blocks if block.label)

    def _sheets(self, body: _Element) -> Iterator[Block]:
        """The sheets, a block for a row."""
        hidden = []
        for table in body.iterfind(TABLE + "table"):
            name = table.get(TABLE + "name", "")
            extras: list[tuple[int, Block]] = []
            shapes = table.find(TABLE + "shapes")
            for shape in shapes if shapes is not None else ():
                extras += [(1, block) for block in self._boxes(self._story.drawn(shape))]
            rows = list(self._rows(table, extras))
            yield from sheet_blocks(name, rows, extras)
            if self._styles.says("table", table.get(TABLE + "style-name"), TABLE + "display") == "false":
                hidden.append(name)
        if hidden:
            self.problems.append(f"hidden sheets, read like the others: {', '.join(hidden)}")

    def _rows(self, table: _Element, extras: list[tuple[int, Block]]) -> Iterator[Row]:
        """The rows of a sheet that have something in them; what stands beside their cells goes to `extras`."""
        index, widest = 1, 0
        for row in within(table, TABLE + "table-row"):
            cells, own = self._cells(row, index, extras)
            times = repeated(row, "rows")
            if cells:
                size = sum(map(len, cells.values())) + 3 * len(cells)
                widest = max(widest, size)
                # Each copy of a cell can come with the name of its column, and the names are one of the rows.
                cost = size + widest
                given = min(times, _EXPANDED, 1 + max(self._story.copies_left, 0) // cost)
                self._story.copies_left -= cost * (min(times, _EXPANDED) - (len(cells) == own))
                yield from ((index + more, cells) for more in range(given))
                if times > given == _EXPANDED:
                    self.problems.append(f"rows that repeat one row were left out: {index + given}–{index + times - 1}")
            index += times

    def _cells(self, row: _Element, index: int, extras: list[tuple[int, Block]]) -> tuple[dict[int, str], int]:
        """What is in the cells of a row by their columns, and how many cells it has without those that repeat one."""
        cells: dict[int, str] = {}
        column, own = 1, 0
        for cell, columns in cells_of(row):
            value = self._value(cell, index, extras) if len(cell) or cell.attrib else ""
            if value:
                own += 1
                copies = min(columns, max(_WIDEST - column, 1)) if self._story.copies_left > 0 else 1
                self._story.copies_left -= columns - copies if column <= _WIDEST else 0
                cells.update(dict.fromkeys(range(column, column + copies), value))
            column += columns
        return cells, own

    def _value(self, cell: _Element, row: int, extras: list[tuple[int, Block]]) -> str:
        """What a cell holds, in words."""
        lines = [self._story.line(each) for each in cell.iterfind(TEXT + "p")]
        extras += [(row, block) for line in lines for block in self._boxes(line.cited)]
        for child in cell:
            if child.tag == OFFICE + "annotation":
                extras += [(row, block) for block in self._story.comment(child)]
            elif child.tag.startswith(DRAW):
                extras += [(row, block) for block in self._boxes(self._story.drawn(child))]
        shown = " ".join(line.text for line in lines)
        kind, value = cell.get(OFFICE + "value-type"), cell.get(OFFICE + "value", "")
        try:
            if kind == "float":
                return number(float(value))
            if kind == "percentage":
                return shown or percentage(float(value))
        except ValueError:
            return shown
        if kind == "date":
            return re.sub(r":00$", "", cell.get(OFFICE + "date-value", "").replace("T", " ")) or shown
        if kind == "boolean":
            return str(cell.get(OFFICE + "boolean-value", shown)).upper()
        return shown or value

    def _boxes(self, blocks: list[Block]) -> list[Block]:
        return [Block(block.text, label=block.label or "text box") for block in blocks]


def _shapes(parent: _Element) -> list[_Element]:
    """The shapes of a slide, from top to bottom and from left to right; a group is read as one."""
    found: list[_Element] = []
    for shape in sorted((each for each in parent if each.tag.startswith(DRAW)), key=_position):
        found += _shapes(shape) if shape.tag == DRAW + "g" else [shape]
    return found


def _position(shape: _Element) -> tuple[int, float]:
    """Band and left edge of a shape; a group stands where its uppermost shape does."""
    if shape.tag == DRAW + "g":
        return min((_position(inner) for inner in shape if inner.tag.startswith(DRAW)), default=(0, 0.0))
    moved = _MOVED.search(shape.get(DRAW + "transform", ""))
    x, y = moved.groups() if moved else (shape.get(_SVG + "x", ""), shape.get(_SVG + "y", ""))
    return int(_centimetres(y) // _BAND), _centimetres(x)


def _centimetres(length: str) -> float:
    match = _LENGTH.match(length)
    return float(match[1]) * _UNITS[match[2] or "cm"] if match else 0.0
