"""What an RTF file says of paragraphs, cells and rows, to blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.readers.office.rows import grid
from assistant.readers.office.rtf_tokens import whole
from assistant.readers.office.writer import Writer
from assistant.readers.text import Block


@dataclass
class Story:
    """The body, a note, a comment or a text box as it is written. `row` and `nested` are cells of an open row."""

    kind: str
    writer: Writer = field(default_factory=Writer)
    parts: list[str] = field(default_factory=list)
    cited: list[Block] = field(default_factory=list)
    rows: list[list[Writer]] = field(default_factory=list)
    row: list[Writer] = field(default_factory=list)
    cell: Writer = field(default_factory=lambda: Writer(in_cell=True))
    nested: list[str] = field(default_factory=list)
    level: int = 0
    item: bool = False
    in_table: bool = False

    def end_paragraph(self) -> None:
        """End a paragraph, in a cell or outside."""
        text, cited = whole("".join(self.parts)), self.cited
        self.parts, self.cited = [], []
        if self.in_table:
            self.cell.paragraph(text, self.level, cited)
            return
        self.end_table()
        if self.item and not self.level:
            self.writer.item(text, cited)
        else:
            self.writer.paragraph(text, self.level, cited)

    def end_cell(self) -> None:
        """End a cell."""
        self.in_table = True
        self.end_paragraph()
        if self.nested:
            self.end_nested_row()
        self.row.append(self.cell)
        self.cell = Writer(in_cell=True)

    def end_nested_cell(self) -> None:
        """End a cell of a table in a cell."""
        self.nested.append(whole("".join(self.parts)))
        self.parts = []

    def end_row(self) -> None:
        """End a row."""
        if self.cell.blocks:  # one that was not ended
            self.end_cell()
        if self.row:
            self.rows.append(self.row)
        self.row = []

    def end_nested_row(self) -> None:
        """End a row of a table in a cell."""
        self.cell.inner.append(self.nested)
        self.nested = []

    def end_table(self) -> None:
        """End a table; one of a single column is a frame around text, and written as that."""
        self.end_row()
        if max(map(len, self.rows), default=0) > 1:
            self.writer.table(self.rows)
        else:
            for (cell,) in self.rows:
                self.writer.end()
                self.writer.blocks += cell.end()
                self.writer.paragraph(grid(cell.inner))
        self.rows = []

    def end(self) -> list[Block]:
        """All blocks."""
        self.end_paragraph()
        self.in_table = False
        self.end_paragraph()
        return self.writer.end()
