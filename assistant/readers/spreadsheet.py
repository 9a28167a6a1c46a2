"""Excel: each sheet with a block for a row; formulas by the values that were saved with them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.office.cells import formatted
from assistant.readers.office.drawings import embedded, graphics, paragraphs
from assistant.readers.office.package import RELATIONSHIP, Package, Relationship, integer
from assistant.readers.office.rows import Row, sheet_blocks
from assistant.readers.office.symbols import raised
from assistant.readers.text import Block, make_source

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".xlsx", ".xlsm")
VERSION = 2

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_THREADED = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ON = ("1", "true")
_RAISED = {"superscript": "sup", "subscript": "sub"}
_MOST = 1 << 27
"""Characters that the cells hold by reference to shared strings, each of which can be referred to without end."""


def read(data: bytes, source_id: str) -> Reading:
    """Read an Excel file.

    Raises:
        UnreadableFile: it is damaged or encrypted.
    """
    package = Package(data)
    blocks = list(_Workbook(package).blocks())
    source = make_source(data, source_id, blocks, package.metadata())
    return Reading((source,), tuple(dict.fromkeys(package.problems)))


class _Workbook:
    """A workbook: what its sheets share."""

    def __init__(self, package: Package) -> None:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

        self._package = package
        name = package.main()
        self._root = package.root(name)
        self._related = package.related(name)
        properties = self._root.find(_S + "workbookPr")
        counts_from_1904 = properties is not None and properties.get("date1904") in _ON
        self._epoch = CALENDAR_MAC_1904 if counts_from_1904 else CALENDAR_WINDOWS_1900
        self._strings = [_text(item) for item in self._elements(self._part("sharedStrings"), "si")]
        self._formats = self._number_formats()
        self._referred = 0  # characters
        self._unsaved = 0  # formulas of a sheet whose value was not saved

    def blocks(self) -> Iterator[Block]:
        """The blocks of all sheets in their order."""
        targets = {related.id: related.target for related in self._related}
        hidden, unsaved = [], []
        for sheet in self._root.iter(_S + "sheet"):
            name, part = sheet.get("name", ""), targets.get(sheet.get(RELATIONSHIP + "id", ""), "")
            self._unsaved = 0
            related = self._package.related(part)
            yield from sheet_blocks(name, self._rows(part), self._extras(related))
            self._package.problems += [f"sheet “{name}”: {told}" for told in embedded(related)]
            hidden += [name] if sheet.get("state", "visible") != "visible" else []
            unsaved += [f"{name} ({self._unsaved})"] if self._unsaved else []
        if hidden:
            self._package.problems.append(f"hidden sheets, read like the others: {', '.join(hidden)}")
        if unsaved:
            told = f"formulas without a saved value: {', '.join(unsaved)}; open and save it in Excel or LibreOffice"
            self._package.problems.append(told)

    def _part(self, kind: str) -> str:
        return next((related.target for related in self._related if related.kind == kind), "")

    def _elements(self, name: str, tag: str) -> Iterator[_Element]:
        """The elements of this name in a part, one after the other; none is kept, so that a part may be long."""
        from lxml import etree

        data = self._package.data(name) if name else None
        if data is None:
            return
        done = 0
        parser = etree.iterparse(
            io.BytesIO(data), tag=_S + tag, resolve_entities=False, no_network=True, load_dtd=False
        )
        try:
            for _, element in parser:
                yield element
                done += 1
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError:
            self._package.problems.append(f"a damaged part was read to its element {done} only: {name}")

    def _number_formats(self) -> list[str]:
        """The number format of each style of a cell."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        root = self._package.xml(self._part("styles"))
        if root is None:
            return []
        own = {each.get("numFmtId", ""): each.get("formatCode", "") for each in root.iter(_S + "numFmt")}
        known = {str(number): code for number, code in BUILTIN_FORMATS.items()} | own
        return [known.get(each.get("numFmtId", ""), "") for each in root.iterfind(f"{_S}cellXfs/{_S}xf")]

    def _rows(self, part: str) -> Iterator[Row]:
        """The rows of a sheet."""
        number = 0
        for row in self._elements(part, "row"):
            number = integer(row.get("r"), number + 1)
            cells: dict[int, str] = {}
            column = 0
            for cell in row:
                reference = cell.get("r")
                if reference is None:
                    column += 1
                if not len(cell):
                    continue  # it has a format only
                column = column if reference is None else _column(reference)
                value = self._value(cell)
                if value:
                    cells[column] = value
            yield number, cells

    def _value(self, cell: _Element) -> str:
        """What a cell holds, in words."""
        kind, value = cell.get("t", "n"), cell.findtext(_S + "v") or ""
        if kind == "inlineStr":
            inline = cell.find(_S + "is")
            return _text(inline) if inline is not None else ""
        if kind == "s":
            return self._shared(integer(value, -1))
        if kind == "b" and value:
            return "TRUE" if value in _ON else "FALSE"
        if kind != "n":
            return _unescaped(value)
        self._unsaved += not value and cell.find(_S + "f") is not None
        try:
            style = integer(cell.get("s"))
            pattern = self._formats[style] if 0 <= style < len(self._formats) else ""
            return formatted(float(value), pattern, self._epoch)
        except (ValueError, OverflowError):
            return value

    def _shared(self, index: int) -> str:
        """The shared string of this index."""
        text = self._strings[index] if 0 <= index < len(self._strings) else ""
        self._referred += len(text)
        if self._referred > _MOST:
            raise UnreadableFile(f"a ZIP bomb or no document: more than {_MOST >> 20} million characters in cells")
        return text

    def _extras(self, related: list[Relationship]) -> Iterator[tuple[int, Block]]:
        """Comments, text boxes and charts of a sheet, each with the row that it stands at."""
        parts = {each.kind: self._package.xml(each.target) for each in related if each.kind in _EXTRAS}
        threaded = parts.get("threadedComment")
        comments = threaded.iter(_THREADED + "threadedComment") if threaded is not None else ()
        answered = set()
        for comment in comments:
            answered.add(comment.get("ref"))
            yield _comment(comment.get("ref", ""), comment.findtext(_THREADED + "text") or "")
        notes = parts.get("comments")
        for comment in notes.iter(_S + "comment") if notes is not None else ():
            text = comment.find(_S + "text")
            if text is not None and comment.get("ref") not in answered:
                yield _comment(comment.get("ref", ""), _text(text))
        drawing = next((each.target for each in related if each.kind == "drawing"), "")
        root = parts.get("drawing")
        for anchor in root if root is not None else ():
            row = integer(anchor.findtext(f"{_DRAWING}from/{_DRAWING}row")) + 1
            for body in anchor.iter(_DRAWING + "txBody"):
                yield row, Block(paragraphs(body), label="text box")
            for text in graphics(self._package, self._package.related(drawing), anchor):
                yield row, Block(text, label="chart")


_EXTRAS = ("threadedComment", "comments", "drawing")


def _comment(reference: str, text: str) -> tuple[int, Block]:
    match = _REFERENCE.fullmatch(reference)
    return int(match[2]) if match else 1, Block(text, label=f"comment on {reference}")


def _column(reference: str) -> int:
    """The number of the column that a cell is in."""
    match = _REFERENCE.fullmatch(reference)
    number = 0
    for letter in match[1] if match else "A":
        number = 26 * number + ord(letter) - 64
    return number


def _text(item: _Element) -> str:
    """A string with its runs put together; how it is pronounced is left out."""
    parts = [item.findtext(_S + "t") or ""]
    for run in item.iterfind(_S + "r"):
        align = run.find(f"{_S}rPr/{_S}vertAlign")
        how = _RAISED.get(align.get("val", "")) if align is not None else None
        parts.append(raised(run.findtext(_S + "t") or "", how))
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """A string with the characters that XML cannot hold."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
