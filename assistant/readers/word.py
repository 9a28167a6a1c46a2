"""Word: the text of a document as Word shows it in its final form, with notes and comments after what cites them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.readers import Reading, working
from assistant.readers.office.drawings import embedded, graphics
from assistant.readers.office.formulas import OFFICE_MATH, office_math
from assistant.readers.office.package import ALTERNATE, Package, chosen, integer
from assistant.readers.office.symbols import raised, shown
from assistant.readers.office.word_numbers import Numbers
from assistant.readers.office.word_styles import VAL, Style, Styles, W
from assistant.readers.office.writer import Writer, note, tidy
from assistant.readers.text import Block, make_source

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".docx", ".docm", ".dotx")
VERSION = 2

_P, _TABLE, _ROW, _CELL, _RUN = W + "p", W + "tbl", W + "tr", W + "tc", W + "r"
_SIMPLE_FIELD, _FIELD, _KIND, _CODE = W + "fldSimple", W + "fldChar", W + "fldCharType", W + "instrText"
_TEXT, _BOX = W + "t", W + "txbxContent"
_GRAPHIC = "{http://schemas.openxmlformats.org/drawingml/2006/main}graphicData"
_INSERTED, _DELETED = (W + "ins", W + "moveTo"), (W + "del", W + "moveFrom")
_SIGNS = {W + "tab": " ", W + "ptab": " ", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_NOTES = {W + "footnoteReference": "footnote", W + "endnoteReference": "endnote", W + "commentReference": "comment"}
_UNSEEN = frozenset(
    {*_DELETED, *(W + name for name in ("pPr", "rPr", "sdtPr", "sdtEndPr", "sectPr", "tblPr", "trPr", "tcPr", "rt"))}
)
_CONTENTS = re.compile(r"\s*TOC\b")
_BREAK = re.compile("[\t\r\n]")
_ON = ("1", "true", "on")
_AT_ONCE = 500


def read(data: bytes, source_id: str) -> Reading:
    """Read a Word file. Headers and footers of its pages, and tables of contents, are left out.

    Raises:
        UnreadableFile: it is damaged or encrypted.
    """
    package = Package(data)
    document = _Document(package, package.main())
    blocks = document.blocks()
    metadata = package.metadata()
    return Reading((make_source(data, source_id, blocks, metadata),), document.problems())


@dataclass
class _Line:
    """The text of a paragraph as it is gathered, and the blocks that follow it."""

    style: Style
    font: str = ""
    raised: str | None = None
    parts: list[str] = field(default_factory=list)
    cited: list[Block] = field(default_factory=list)


@dataclass
class _Field:
    """A field that has begun. Its code is hidden; a table of contents is to its end."""

    code: str = ""
    hidden: bool = True


class _Document:
    """A document, gone through once, from its beginning to its end."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._root = package.root(main)
        self._related = package.related(main)
        self._numbers = Numbers(self._part("numbering"))
        self._styles = Styles(self._part("styles"), self._numbers.linked)
        self._set_up = [root for root in (self._root, self._part("settings")) if root is not None]
        self._notes = {kind: self._notes_of(kind) for kind in _NOTES.values()}
        self._counts = {kind: self._first(kind) - 1 for kind in _NOTES.values()}
        self._given: set[tuple[str, str]] = set()
        self._fields: list[_Field] = []
        # A field without an end would hide the rest of the document.
        marks = [mark.get(_KIND) for mark in self._root.iter(_FIELD)]
        self._fields_end = marks.count("begin") == marks.count("end")

    def blocks(self) -> list[Block]:
        """The blocks of the body."""
        body = self._root.find(W + "body")
        return self._story(body) if body is not None else []

    def problems(self) -> tuple[str, ...]:
        """What could not be used, and what a reader of the text should know."""
        changed = next(self._root.iter(*_INSERTED, *_DELETED), None) is not None
        told = ["it has tracked changes: read as if all were accepted"] if changed else []
        if self._numbers_anew() and any(kind != "comment" for kind, _ in self._given):
            told.append("its notes are numbered anew on each page or section: citations count them all through")
        return (*self._package.problems, *told, *embedded(self._related))

    def _numbers_anew(self) -> bool:
        """Whether the document counts its notes by pages, which are not known here, or by several sections."""
        counted = {each.get(VAL) for root in self._set_up for each in root.iter(W + "numRestart")}
        sections = sum(1 for _ in self._root.iter(W + "sectPr"))
        return "eachPage" in counted or ("eachSect" in counted and sections > 1)

    def _first(self, kind: str) -> int:
        """The number of the first note: what the first section says, else what holds for the document."""
        said = (next(self._root.iter(W + "sectPr"), None), *self._set_up[1:])
        starts = (each.find(f"{W}{kind}Pr/{W}numStart") for each in said if each is not None)
        start = next((start for start in starts if start is not None), None)
        return integer(start.get(VAL), 1) if start is not None else 1

    def _part(self, kind: str) -> _Element | None:
        target = next((related.target for related in self._related if related.kind == kind), None)
        return self._package.xml(target) if target else None

    def _notes_of(self, kind: str) -> dict[str, _Element]:
        root = self._part(f"{kind}s")
        return {element.get(W + "id", ""): element for element in root} if root is not None else {}

    def _story(self, container: _Element) -> list[Block]:
        """The blocks of the body, a note, a comment or a text box."""
        writer = Writer()
        self._write(writer, container)
        return writer.end()

    def _write(self, writer: Writer, container: _Element) -> None:
        """Write paragraphs and tables."""
        carried: list[str] = []  # what the next paragraph goes on
        for number, element in enumerate(_within(container, _P, _TABLE)):
            if number % _AT_ONCE == 0:
                working()
            if element.tag == _TABLE:
                self._table(writer, element)
                continue
            line = self._line(element)
            text, carried = "".join([*carried, *line.parts]), []
            if line.style.item:
                mark = self._numbers.next(line.style.list_id or "", line.style.list_level or 0)
                text = mark + text if text.strip() else text
            if _goes_into_next(element):
                carried = [text]
                writer.paragraph("", cited=line.cited)
            elif line.style.item and not line.style.level:
                writer.item(text, line.cited)
            else:
                writer.paragraph(text, line.style.level or 0, line.cited)
        writer.paragraph("".join(carried))

    def _table(self, writer: Writer, table: _Element) -> None:
        """Write a table; one of a single column is a frame around text, and written as that."""
        rows = [row for row in _within(table, _ROW) if not _has(row, "trPr", "del")]
        cells = [[cell for cell in _within(row, _CELL) if not _has(cell, "tcPr", "cellDel")] for row in rows]
        if max(map(len, cells), default=0) == 1:
            for cell in (row[0] for row in cells if row):
                self._write(writer, cell)
            return
        written: list[list[Writer]] = []
        for row in cells:
            written.append([Writer(in_cell=True) for _ in row])
            for cell, into in zip(row, written[-1], strict=True):
                if not _goes_on(cell):
                    self._write(into, cell)
        writer.table(written)

    def _line(self, paragraph: _Element) -> _Line:
        """The text of a paragraph; none if it is a line of a table of contents."""
        line = _Line(self._styles.paragraph(paragraph.find(W + "pPr")))
        self._gather(paragraph, line)
        return _Line(line.style) if line.style.contents else line

    def _gather(self, parent: _Element, line: _Line) -> None:
        """Add what is in an element to a line."""
        for element in parent:
            if element.tag == _FIELD and self._fields_end:
                self._field(element.get(_KIND, ""))
            elif element.tag == _CODE and self._fields:
                self._fields[-1].code += element.text or ""
            elif any(open_field.hidden for open_field in self._fields):
                self._gather(element, line)  # further fields begin and end in it
            elif element.tag not in _UNSEEN:
                self._add(element, line)

    def _add(self, element: _Element, line: _Line) -> None:
        """Add an element that is shown to a line."""
        tag = element.tag
        if tag == _TEXT:
            line.parts.append(raised(shown(_BREAK.sub(" ", element.text or ""), line.font), line.raised))
        elif tag == _RUN:
            style = self._styles.run(element.find(W + "rPr"), line.style)
            fonts = element.find(f"{W}rPr/{W}rFonts")
            line.font = fonts.get(W + "ascii", "") if fonts is not None else ""
            line.raised = style.raised
            self._gather(element, _Line(line.style) if style.hidden else line)
        elif tag in _SIGNS:
            line.parts.append(_SIGNS[tag])
        elif tag == W + "sym":
            line.parts.append(_symbol(element))
        elif tag in _NOTES:
            line.cited += self._note(_NOTES[tag], element)
        elif tag == _BOX:
            line.cited += self._story(element)
        elif tag == _GRAPHIC:
            self._gather(element, line)
            line.cited += map(Block, graphics(self._package, self._related, element))
        elif tag in (OFFICE_MATH + "oMath", OFFICE_MATH + "oMathPara"):
            before = element.getprevious()
            beside = before is not None and before.tag == tag
            line.parts.append((" " if beside else "") + office_math(element))
        elif not (tag == _SIMPLE_FIELD and _CONTENTS.match(element.get(W + "instr", ""))):
            self._gather(chosen(element) if tag == ALTERNATE else element, line)

    def _field(self, kind: str) -> None:
        """Begin or end a field, or go on from its code to its result."""
        if kind == "begin":
            self._fields.append(_Field())
        elif kind == "separate" and self._fields:
            self._fields[-1].hidden = bool(_CONTENTS.match(self._fields[-1].code))
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _note(self, kind: str, reference: _Element) -> list[Block]:
        """The note or comment that is cited here."""
        key = reference.get(W + "id", "")
        element = self._notes[kind].get(key)
        if element is None:
            return []
        mark = ""
        if reference.get(W + "customMarkFollows") in _ON:
            mark = tidy("".join(text.text or "" for text in reference.getparent().iter(_TEXT)))
        self._counts[kind] += not mark
        label = f"{kind} {mark or self._counts[kind]}"
        if (kind, key) in self._given:
            return []  # notes can cite each other, and in a circle
        self._given.add((kind, key))
        outer, self._fields = self._fields, []
        blocks = note(label, self._story(element))
        self._fields = outer
        return blocks


def _within(container: _Element, *wanted: str) -> Iterator[_Element]:
    """The elements of these kinds in a container, or in what is put around them there."""
    for element in container:
        if element.tag in wanted:
            yield element
        elif element.tag == ALTERNATE:
            yield from _within(chosen(element), *wanted)
        elif element.tag not in _UNSEEN and not _is_contents(element):
            yield from _within(element, *wanted)


def _is_contents(control: _Element) -> bool:
    """Whether this is the control that Word puts around a table of contents."""
    gallery = control.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(VAL) == "Table of Contents"


def _has(element: _Element, path: str, *names: str) -> bool:
    """Whether the properties at this path have one of these."""
    properties = element.find("/".join(W + step for step in path.split("/")))
    return properties is not None and any(properties.find(W + name) is not None for name in names)


def _goes_into_next(paragraph: _Element) -> bool:
    """Whether the next paragraph goes on from this one: its mark is deleted, or it is a large first letter."""
    frame = paragraph.find(f"{W}pPr/{W}framePr")
    drop_cap = frame is not None and frame.get(W + "dropCap", "none") != "none"
    return drop_cap or _has(paragraph, "pPr/rPr", "del", "moveFrom")


def _goes_on(cell: _Element) -> bool:
    """Whether a cell is merged with the one above or before it, which has the text."""
    merged = (cell.find(f"{W}tcPr/{W}{name}") for name in ("vMerge", "hMerge"))
    return any(merge is not None and merge.get(VAL) != "restart" for merge in merged)


def _symbol(element: _Element) -> str:
    """A character that is named by its font and its code in it."""
    code = element.get(W + "char", "")
    if not re.fullmatch("[0-9A-Fa-f]{1,4}", code):
        return "\ufffd"
    number = int(code, 16)
    return shown(chr(number if number > 0xFF else 0xF000 + number), element.get(W + "font", ""))
