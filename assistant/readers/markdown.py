"""Markdown: front matter to metadata, and the body to the text that a reader of the rendered page sees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import TYPE_CHECKING

from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.metadata import parse
from assistant.readers.text import Block, make_source, one_line, unwrap
from assistant.records import Metadata

if TYPE_CHECKING:
    from markdown_it.token import Token

SUFFIXES = (".md", ".markdown")
VERSION = 4

_NESTING = 100  # of lists, quotes and emphasis: the parser drops what lies deeper
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
# The first line that says something names a field; otherwise the dashes are a rule, and what follows is text.
# Each character before it can be matched in one way only and is not given back: otherwise this takes for ever.
_FIELD = re.compile(r"(?:\s|#[^\n]*\n)*+[\"']?[\w-]+[\"']?[ \t]*:(?:\s|\Z)")
_SPACES = re.compile("[ \t]+")
_HARD_BREAK = "\u2028"  # told from a line break of the file, and a line end once the text is canonical
_UNSEEN_ELEMENT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_LINE_TAG = re.compile(r"<(?:br|/?(?:p|div|li|tr|h[1-6]|dt|dd|blockquote|summary))\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!?a-z][^<>]*>", re.IGNORECASE)


def read(data: bytes, source_id: str) -> Reading:
    """Read a Markdown file. Front matter that is broken is a problem, not an error: the body is read without it.

    Raises:
        UnreadableFile: this is not text.
    """
    text, problems = decode(data)
    metadata, body, more = _front_matter(text)
    blocks = list(_blocks(body))
    heading = next((block for block in blocks if block.level), None)
    if metadata.title is None and heading is not None and heading.level == 1:
        metadata = replace(metadata, title=one_line(heading.text) or None)
    return Reading((make_source(data, source_id, blocks, metadata),), problems + more)


def _front_matter(text: str) -> tuple[Metadata, str, tuple[str, ...]]:
    """Metadata, the body after it, and problems."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT_MATTER.match(text)
    if match is None or not (_FIELD.match(match[1]) or not match[1].strip()):
        return Metadata(), text, ()
    body = text[match.end() :]
    if not match[1].strip():
        return Metadata(), body, ()
    try:
        metadata, problems = parse(match[1])
    except ValueError as error:
        return Metadata(), body, (f"its front matter is broken and was left out: {error}",)
    return metadata, body, problems


@dataclass
class _Writer:
    """Gathers lines to blocks; `numbers` are the markers of ordered items whose first words are still to come."""

    blocks: list[Block] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    lists: int = 0

    def line(self, text: str) -> None:
        """Add a line to the block that is being written."""
        text = " ".join([*self.numbers, text])
        self.numbers.clear()
        if text.strip():
            self.lines.append(text)

    def end(self, level: int = 0) -> None:
        """End the block that is being written."""
        if self.lines:
            self.blocks.append(Block("\n".join(self.lines), level))
            self.lines.clear()

    def block(self, text: str, level: int = 0) -> None:
        """Add a whole block."""
        self.end()
        self.line(text)
        self.end(level)


def _blocks(body: str) -> list[Block]:
    """The blocks of a Markdown text: each tight list and each table is one block, with a line for an item or a row."""
    from markdown_it import MarkdownIt  # not needed to import the readers

    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])
    # An address in angle brackets stays as it was written: the parser would decode its host and percent signs.
    parser.normalizeLinkText = str  # type: ignore[assignment, method-assign]
    tokens = parser.parse(body)
    writer = _Writer()
    cells: list[str] = []
    for token, inside in zip(tokens, [*tokens[1:], *tokens[-1:]], strict=True):
        kind = token.type
        if kind == "heading_open":
            writer.block(_inline(inside.children), int(token.tag[1]))
        elif kind == "paragraph_open":
            # The paragraphs of a tight list are hidden: they have no space between them.
            (writer.line if token.hidden else writer.block)(_inline(inside.children))
        elif kind in ("th_open", "td_open"):
            cells.append(_inline(inside.children).replace(_HARD_BREAK, " "))
        elif kind == "tr_close":
            writer.line(" | ".join(cells).strip())
            cells.clear()
        elif kind in ("fence", "code_block"):
            writer.block(token.content)
        elif kind == "html_block":
            writer.block(_seen(token.content))
        else:
            _nesting(writer, token)
    writer.end()
    return writer.blocks


def _nesting(writer: _Writer, token: Token) -> None:
    """Keep count of lists, and end a block where a list, a table or a block quote does."""
    if token.type == "list_item_open" and token.info:
        writer.numbers.append(token.info + token.markup)
    elif token.type == "list_item_close":
        if writer.numbers:
            writer.line("")
    elif token.type.endswith("_list_open"):
        writer.lists += 1
    elif token.type.endswith("_list_close"):
        writer.lists -= 1
        if not writer.lists:
            writer.end()
    elif token.type in ("table_open", "table_close", "blockquote_open", "blockquote_close"):
        writer.end()


def _inline(tokens: Sequence[Token] | None) -> str:
    """The text of a run of inline tokens, without its markup."""
    parts: list[str] = []
    unseen = ""  # the element that is being left out
    for token in tokens or ():
        if token.type == "html_inline":
            tag = token.content.strip("<>").split()[0].rstrip("/").lower() if token.content.strip("<>/ ") else ""
            if unseen:
                unseen = "" if tag == f"/{unseen}" else unseen
            elif tag in ("script", "style"):
                unseen = tag
            elif tag == "br":
                parts.append(_HARD_BREAK)
        elif unseen:
            continue
        elif token.type == "image":
            parts.append(_inline(token.children))
        elif token.type == "code_inline":
            parts.append(token.content)
        else:
            parts.append(
                {"softbreak": "\n", "hardbreak": _HARD_BREAK}.get(token.type) or _SPACES.sub(" ", token.content)
            )
    return unwrap("".join(parts))


def _seen(html: str) -> str:
    """The text of a block of HTML: without tags, comments, scripts and styles."""
    html = _LINE_TAG.sub("\n", _UNSEEN_ELEMENT.sub("", html))
    lines = (one_line(unescape(line)) for line in _TAG.sub("", html).split("\n"))
    return "\n".join(line for line in lines if line)
