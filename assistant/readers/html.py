"""Web pages: the words as the page has them, of the parts that trafilatura takes for its main text.

trafilatura only chooses. Its own output leaves words out within sentences and guesses authors and dates, so the text is
taken from the page itself, and metadata only from what the page declares.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.page_metadata import declared_metadata
from assistant.readers.text import Block, canonical, make_source

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES = (".html", ".htm")
VERSION = 2

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = {"iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|header|hgroup|hr|legend|main|ol|p|pre|section|summary|table|td|th|tr|ul"
)
_UNSEEN = re.compile(
    "audio|canvas|embed|head|iframe|input|math|nav|noscript|object|option|script|select|style|svg|template|textarea"
    "|video"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOT_IN_ROWS = frozenset({"table", "blockquote", "pre", *_HEADINGS})  # such a table makes the layout
_LINE, _CELL = "\u2028", "\u2029"  # where a line and a cell end, told from the white space of the file
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ALIKE = 0.5
"""Share of a block's word triples that must be in the extracted text for the block to be main text."""


def read(data: bytes, source_id: str) -> Reading:
    """Read a web page. Nothing is fetched.

    Raises:
        UnreadableFile: this is not text.
    """
    from lxml import etree, html  # with trafilatura a fifth of a second to import, and only for web pages

    declared = _CHARSET.search(data[:2048])
    charset = declared[1].decode("ascii", "replace").lower() if declared else None
    # Browsers read what is declared Latin-1 as Windows-1252, and so do the authors who declare it.
    text, problems = decode(data, "cp1252" if charset in _WESTERN else charset)
    # Bytes, because lxml refuses characters that come with a declaration of their encoding.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.document_fromstring(text.replace("\0", "").encode("utf-8"), parser=parser)
    except etree.ParserError as error:
        raise UnreadableFile("no readable text in it") from error
    if parser.error_log.filter_from_fatals():
        problems += ("nested too deeply or damaged: only its beginning was read",)
    blocks = _blocks(tree)
    main = _main_words(tree)
    chosen = [block for block in blocks if _is_main(block, *main)]
    if not any(block.level == 0 for block in chosen):
        chosen = blocks
        problems += ("no main text was found in it: the whole page was read",)
    return Reading((make_source(data, source_id, chosen, declared_metadata(tree)),), problems)


def _main_words(tree: HtmlElement) -> tuple[set[str], set[tuple[str, ...]]]:
    """The lines of the main text as trafilatura extracts it, and its word triples; both empty if it finds none."""
    import trafilatura

    # Its own messages say what it tried; what matters to a person is told in the problems.
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        document = trafilatura.bare_extraction(tree, include_comments=False, include_tables=True)
    except (RecursionError, ValueError, TypeError, AttributeError):
        document = None  # broken pages break it; the caller then reads the whole page, and says so
    if document is None or document.body is None:
        return set(), set()
    parts = [
        "".join(element.itertext()) for element in document.body.iter("p", "head", "item", "cell", "code", "quote")
    ]
    return {" ".join(canonical(part).split()) for part in parts}, _triples(_words(document.body))


def _words(body: HtmlElement) -> list[str]:
    """The words of the extracted text; elements other than inline ones part words."""
    return canonical(" ".join(body.itertext())).split()


def _is_main(block: Block, lines: set[str], triples: set[tuple[str, ...]]) -> bool:
    """Whether a block of the page is part of its main text."""
    words = [word for word in canonical(block.text).split() if word != "|"]
    if len(words) < 3:
        return " ".join(words) in lines
    own = _triples(words)
    return len(own & triples) >= _ALIKE * len(own)


def _triples(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(words, words[1:], words[2:], strict=False))


class _Walk:
    """Goes through a page in its order and gathers its blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.row: HtmlElement | None = None  # the row of a table that is being gathered, and where it begins
        self.row_start = 0
        self.lists = 0
        self.pre = 0

    def start(self, element: HtmlElement) -> None:
        """Begin an element."""
        tag = element.tag
        if tag == "br":
            self.parts.append(_LINE)
        elif self.row is not None:
            self.parts.append(_CELL if tag in ("td", "th") else " " if _BLOCK.fullmatch(tag) else "")
        elif tag == "tr" and not _holds(element, _NOT_IN_ROWS):
            self.row, self.row_start = element, len(self.parts)
        elif tag == "li" or (tag in ("ul", "ol") and self.lists):
            self.parts.append(_LINE)
        elif _BLOCK.fullmatch(tag):
            self.flush()
        self.lists += tag in ("ul", "ol")
        self.pre += tag == "pre"
        self.parts.append(element.text or "")

    def end(self, element: HtmlElement) -> None:
        """End an element."""
        tag = element.tag
        self.lists -= tag in ("ul", "ol")
        if element is self.row:
            cells = ("".join(self.parts[self.row_start :])).split(_CELL)
            cells = [" ".join(cell.replace(_LINE, " ").split()) for cell in cells]
            self.parts[self.row_start :] = [" | ".join(filter(None, cells)), _LINE]
            self.row = None
        elif self.row is not None:
            self.parts.append(" " if _BLOCK.fullmatch(tag) else "")
        elif tag == "li" or (tag in ("ul", "ol") and self.lists):
            self.parts.append(_LINE)
        elif _BLOCK.fullmatch(tag):
            self.flush(_HEADINGS.get(tag, 0))
        self.pre -= tag == "pre"

    def flush(self, level: int = 0) -> None:
        """End a block."""
        text = "".join(self.parts)
        self.parts.clear()
        if not self.pre:
            lines = (_SPACE.sub(" ", line).strip() for line in text.split(_LINE))
            text = "\n".join(line for line in lines if line)
        if text.strip():
            self.blocks.append(Block(text, level))


def _blocks(tree: HtmlElement) -> list[Block]:
    """The blocks of a page in its order: headings, paragraphs, lists (a line an item), tables (a line a row)."""
    from lxml import etree

    page = _Walk()
    # Not recursive: pages nest deeper than Python's calls do.
    walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        seen = event in ("start", "end") and isinstance(element.tag, str) and not _is_hidden(element)
        if seen and event == "start":
            page.start(element)
        elif event == "start":
            walk.skip_subtree()
        elif seen:
            page.end(element)
        if event != "start":
            page.parts.append(element.tail or "")
    page.flush()
    return page.blocks


def _is_hidden(element: HtmlElement) -> bool:
    """Whether an element is not shown, or is for finding one's way and no text."""
    declared = "hidden" in element.attrib or element.get("role") == "navigation"
    return declared or bool(_UNSEEN.fullmatch(element.tag) or _HIDDEN.search(element.get("style", "")))


def _holds(element: HtmlElement, tags: frozenset[str]) -> bool:
    return next(element.iter(*tags), None) is not None
