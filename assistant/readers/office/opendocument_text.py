"""The text of OpenDocument files: paragraphs, lists, tables, notes, comments and what is drawn between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.readers import working
from assistant.readers.office.formulas import MATHML, mathml
from assistant.readers.office.package import integer
from assistant.readers.office.symbols import raised
from assistant.readers.office.writer import Writer, note, tidy
from assistant.readers.text import Block

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, DRAW, STYLE, PRESENTATION = (
    f"{{{_OASIS}{name}:1.0}}" for name in ("office", "text", "table", "drawing", "style", "presentation")
)
_SVG = f"{{{_OASIS}svg-compatible:1.0}}"
_HREF = "{http://www.w3.org/1999/xlink}href"

_SIGNS = {TEXT + "s": " ", TEXT + "tab": " ", TEXT + "line-break": "\n"}
_UNSEEN = frozenset(
    {
        *(TEXT + f"{name}-index" for name in ("illustration", "table", "object")),
        *(TEXT + name for name in ("table-of-content", "tracked-changes", "hidden-text", "ruby-text", "number")),
        *(_SVG + "title", _SVG + "desc", OFFICE + "forms", OFFICE + "event-listeners"),
        *(DRAW + "image", PRESENTATION + "notes", TABLE + "shapes"),
    }
)
COPIES = 20_000_000
"""Characters, at most, that a file has by saying that cells or rows repeat."""
_AT_ONCE = 500


@dataclass
class Line:
    """The text of a paragraph as it is gathered, and the blocks that follow it."""

    parts: list[str] = field(default_factory=list)
    cited: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, as it is shown."""
        return tidy("".join(self.parts))


class Styles:
    """The styles of a file: what each is based on, and what it hides."""

    def __init__(self, *roots: _Element | None) -> None:
        found = [style for root in roots if root is not None for style in root.iter(STYLE + "style")]
        self._known = {(style.get(STYLE + "family", ""), style.get(STYLE + "name", "")): style for style in found}

    def chain(self, family: str, name: str | None) -> Iterator[_Element]:
        """A style and those that it is based on."""
        for _ in range(20):  # they can be based on each other in a circle
            style = self._known.get((family, name or ""))
            if style is None:
                return
            yield style
            name = style.get(STYLE + "parent-style-name")

    def says(self, family: str, name: str | None, attribute: str) -> str | None:
        """What a style has for an attribute of its properties."""
        for style in self.chain(family, name):
            for properties in style:
                if attribute in properties.attrib:
                    return str(properties.get(attribute))
        return None


class Story:
    """Goes through the text of a file. `part` gives the root of another part, `None` if there is none."""

    def __init__(self, styles: Styles, part: Callable[[str], _Element | None]) -> None:
        self._styles, self._part = styles, part
        self._comments = 0
        self._drawn: set[str] = set()  # the embedded objects that were gone through
        self.copies_left = COPIES

    def blocks(self, container: _Element) -> list[Block]:
        """The blocks of a body, a note, a comment or a text box."""
        writer = Writer()
        self._write(writer, container)
        return writer.end()

    def line(self, paragraph: _Element) -> Line:
        """The text of a paragraph."""
        line = Line()
        if not self._is_hidden("paragraph", paragraph):
            self._gather(paragraph, line)
        return line

    def comment(self, annotation: _Element) -> list[Block]:
        """A comment."""
        self._comments += 1
        return note(f"comment {self._comments}", self.blocks(annotation))

    def _write(self, writer: Writer, container: _Element, *, in_list: bool = False) -> None:
        """Write what is in a container."""
        for number, element in enumerate(container):
            tag = element.tag
            if number % _AT_ONCE == 0:
                working()
            if tag in (TEXT + "p", TEXT + "h"):
                line, level = self.line(element), self._level(element)
                if in_list and not level:
                    writer.item(line.text, line.cited)
                else:
                    writer.paragraph(line.text, level, line.cited)
            elif tag == TABLE + "table":
                self._table(writer, element)
            elif tag == OFFICE + "annotation":
                writer.paragraph("", cited=self.comment(element))
            elif tag.startswith(DRAW):
                writer.paragraph("", cited=self.drawn(element))
            elif tag not in _UNSEEN and element.get(TEXT + "display") != "none":
                self._write(writer, element, in_list=in_list or tag in (TEXT + "list", TEXT + "numbered-paragraph"))

    def _level(self, element: _Element) -> int:
        """The level of a heading, 0 for another paragraph."""
        if element.tag == TEXT + "h":
            return max(integer(element.get(TEXT + "outline-level"), 1), 1)
        name = element.get(TEXT + "style-name")
        bases = (style.get(STYLE + "name") for style in self._styles.chain("paragraph", name))
        return int("Title" in (name, *bases))

    def _table(self, writer: Writer, table: _Element) -> None:
        """Write a table; one of a single column is a frame around text, and written as that."""
        rows = [list(cells_of(row)) for row in within(table, TABLE + "table-row")]
        if max(map(len, rows), default=0) == 1:
            for (cell, _), *_ in filter(None, rows):
                self._write(writer, cell)
            return
        written: list[list[Writer]] = []
        for row in rows:
            written.append([])
            for cell, columns in row:
                for _ in range(1 + self._copies(cell, columns - 1)):
                    into = Writer(in_cell=True)
                    if cell.tag == TABLE + "table-cell":  # what a covered one holds is not shown
                        self._write(into, cell)
                    written[-1].append(into)
        writer.table(written)

    def _copies(self, cell: _Element, wanted: int) -> int:
        """How many copies of a cell to write."""
        if not wanted:
            return 0
        size = sum(map(len, cell.itertext())) + 200
        copies = min(wanted, max(self.copies_left, 0) // size)
        self.copies_left -= size * wanted
        return copies

    def _gather(self, parent: _Element, line: Line) -> None:
        """Add what is in an element to a line."""
        line.parts.append((parent.text or "").replace("\n", " "))
        for element in parent:
            if element.tag not in _UNSEEN:
                self._add(element, line)
            line.parts.append((element.tail or "").replace("\n", " "))

    def _add(self, element: _Element, line: Line) -> None:
        """Add an element to a line."""
        tag = element.tag
        if tag in _SIGNS:
            line.parts.append(_SIGNS[tag])
        elif tag == TEXT + "note":
            label = f"{element.get(TEXT + 'note-class', 'footnote')} {element.findtext(TEXT + 'note-citation') or ''}"
            body = element.find(TEXT + "note-body")
            line.cited += note(label.strip(), self.blocks(body)) if body is not None else []
        elif tag == OFFICE + "annotation":
            line.cited += self.comment(element)
        elif tag.startswith(DRAW) and tag != DRAW + "a":
            formula = self._formula(element)
            line.parts.append(formula)
            line.cited += [] if formula else self.drawn(element)
        elif not self._is_hidden("text", element):
            start = len(line.parts)
            self._gather(element, line)
            if how := self._raised(element):
                line.parts[start:] = [raised("".join(line.parts[start:]), how)]

    def drawn(self, element: _Element) -> list[Block]:
        """The text in something that is drawn: in its shapes, or in the chart that it shows."""
        blocks = self.blocks(element)
        for embedded in element.iter(DRAW + "object"):
            name = embedded.get(_HREF, "")
            if name in self._drawn:
                continue  # objects can hold each other, and in a circle
            self._drawn |= {name} if name else set()
            root = self._embedded(embedded)
            body = root.find(OFFICE + "body") if root is not None else None
            blocks += self.blocks(body) if body is not None else []
        return blocks

    def _formula(self, frame: _Element) -> str:
        """The formula in a frame."""
        embedded = frame.find(DRAW + "object")
        root = self._embedded(embedded) if embedded is not None else None
        return mathml(root) if root is not None and root.tag == MATHML + "math" else ""

    def _embedded(self, embedded: _Element) -> _Element | None:
        """The root of the content of an embedded object."""
        if len(embedded):
            return embedded[0]
        name = re.sub(r"^\./", "", embedded.get(_HREF, "")).strip("/")
        return self._part(f"{name}/content.xml") if name else None

    def _raised(self, element: _Element) -> str | None:
        """Whether a style raises or lowers the text of an element: `super 58%`, `-33% 58%`."""
        name = element.get(TEXT + "style-name")
        said = self._styles.says("text", name, STYLE + "text-position") if name is not None else None
        offset = said.split()[0] if said and said.strip() else ""
        return "sub" if offset.startswith(("sub", "-")) else "sup" if offset.strip("0%") else None

    def _is_hidden(self, family: str, element: _Element) -> bool:
        name = element.get(TEXT + "style-name")
        return name is not None and self._styles.says(family, name, TEXT + "display") == "none"


def within(container: _Element, wanted: str) -> Iterator[_Element]:
    """The elements of a kind in a container, or in what groups them there."""
    for element in container:
        if element.tag == wanted:
            yield element
        elif element.tag.startswith(TABLE) and element.tag != TABLE + "table-cell":
            yield from within(element, wanted)


def cells_of(row: _Element) -> Iterator[tuple[_Element, int]]:
    """The cells of a row, each with the number of columns that it stands for."""
    for cell in row:
        if cell.tag in (TABLE + "table-cell", TABLE + "covered-table-cell"):
            yield cell, repeated(cell, "columns")


def repeated(element: _Element, what: str) -> int:
    """How many rows or columns an element stands for."""
    return max(integer(element.get(f"{TABLE}number-{what}-repeated"), 1), 1)
