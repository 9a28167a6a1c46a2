"""Paragraphs, list items and tables of a text document to blocks, with what they cite after them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from assistant.readers.office.rows import grid
from assistant.readers.text import Block

LONG = 300
"""Characters. What is longer is a paragraph, whatever its style says: contracts number theirs as items or headings."""

_SPACES = re.compile("[ \t\r\f]+")


def tidy(text: str) -> str:
    """Lines without white space around them or empty ones between them, each run of spaces a single one."""
    return "\n".join(filter(None, (_SPACES.sub(" ", line).strip() for line in text.split("\n"))))


@dataclass
class Writer:
    """Gathers blocks; what is cited (notes, comments, text boxes) follows the block that cites it.

    `inner` are the rows of the tables in a cell.
    """

    blocks: list[Block] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    of_items: list[Block] = field(default_factory=list)
    in_cell: bool = False
    inner: list[list[str]] = field(default_factory=list)

    def paragraph(self, text: str, level: int = 0, cited: Iterable[Block] = ()) -> None:
        """Add a paragraph, or a heading of this level."""
        text = tidy(text)
        if text:
            self.end()
            self.blocks.append(Block(text, level if len(text) <= LONG else 0))
        # An empty paragraph does not end a list.
        (self.of_items if self.items else self.blocks).extend(cited)

    def item(self, text: str, cited: Iterable[Block] = ()) -> None:
        """Add an item of a list."""
        text = tidy(text).replace("\n", " ")
        if text and len(text) <= LONG:
            self.items.append(text)
            self.of_items.extend(cited)
        else:
            self.paragraph(text, cited=cited)

    def table(self, rows: list[list[Writer]]) -> None:
        """Add a table, each cell of which was written by itself. A table in a cell follows the row of that cell."""
        lines: list[list[str]] = []
        cited: list[Block] = []
        for row in rows:
            blocks = [cell.end() for cell in row]
            lines.append([" ".join(block.text for block in cell if not block.label) for cell in blocks])
            lines += [line for cell in row for line in cell.inner]
            cited += [block for cell in blocks for block in cell if block.label]
        self.end()
        if self.in_cell:
            self.inner += lines
        elif text := grid(lines):
            self.blocks.append(Block(text))
        self.blocks += cited

    def end(self) -> list[Block]:
        """End a list; give all blocks so far."""
        if self.items:
            self.blocks.append(Block("\n".join(self.items)))
            self.blocks += self.of_items
            self.items, self.of_items = [], []
        return self.blocks


def note(label: str, blocks: list[Block]) -> list[Block]:
    """A note as one block of this label, and after it what it cites itself."""
    text = "\n".join(block.text for block in blocks if not block.label)
    return [Block(text, label=label), *(block for block in blocks if block.label)]
