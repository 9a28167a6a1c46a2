"""The text that the elements of a web page show: headings, paragraphs, lists and tables, in their order.

Used for web pages, and for what else is written in HTML: books and mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile
from assistant.readers.encoding import decode
from assistant.readers.office.symbols import raised
from assistant.readers.text import Block, Place

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|header|hgroup|hr|legend|main|ol|p|pre|section|summary|table|td|text|th|tr|ul"
)
_UNSEEN = re.compile(
    "audio|canvas|defs|desc|embed|epub:case|head|iframe|input|math|metadata|nav|noscript|object|option|rp|rt|script|select"
    "|style|template|textarea|title|video"
)
_BESIDE = frozenset({"aside", "footer"})
_CONTENT = frozenset({"main", "article"})
_MOSTLY = 0.8
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOT_IN_ROWS = frozenset({"table", "blockquote", "pre", *_HEADINGS})  # such a table makes the layout
_LINE, _CELL = "\u2028", "\u2029"  # where a line and a cell end, told from the white space of the file
_MARK = "\0"  # where a place begins; no page has this character
_SPACE = re.compile(r"[ \t\r\n\f]+")


def decode_page(data: bytes, charset: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The characters of a web page, and problems; `charset` is as for `read_page`.

    Raises:
        UnreadableFile: this is not text.
    """
    declared = _CHARSET.search(data[:2048])
    return decode(data, charset or (declared[1].decode("ascii", "replace") if declared else None))


def parse_page(text: str) -> tuple[HtmlElement, bool]:
    """The elements of a page, and whether all of it could be read.

    Raises:
        UnreadableFile: nothing is in it.
    """
    from lxml import etree, html  # with trafilatura a fifth of a second to import, and only for web pages

    # Bytes, because lxml refuses characters that come with a declaration of their encoding.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.document_fromstring(text.replace(_MARK, "").encode("utf-8"), parser=parser)
    except etree.ParserError as error:
        raise UnreadableFile("no readable text in it") from error
    return tree, not parser.error_log.filter_from_fatals()


def page_blocks(tree: HtmlElement, places: Mapping[HtmlElement, tuple[Place, ...]] | None = None) -> list[Block]:
    """The blocks of a page in its order: headings, paragraphs, lists (a line an item), tables (a line a row).

    `places` begin at these elements, which may stand within a paragraph.
    """
    return walk(tree, places or {}).blocks


def walk(tree: HtmlElement, places: Mapping[HtmlElement, tuple[Place, ...]]) -> Walk:
    """What a page shows, in its order."""
    from lxml import etree

    page = Walk(places)
    # Not recursive: pages nest deeper than Python's calls do.
    steps = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in steps:
        seen = event in ("start", "end") and isinstance(element.tag, str) and not _is_hidden(element)
        if seen and event == "start":
            page.start(element)
        elif event == "start":
            page.mark(element)
            steps.skip_subtree()
        elif seen:
            page.end(element)
        if event != "start":
            page.parts.append(element.tail or "")
    page.flush()
    return page


def formulas_in(tree: HtmlElement) -> int:
    """How many formulas there are in a page; they are not read."""
    return sum(1 for _ in tree.iter("math"))


def without_formulas(formulas: int) -> tuple[str, ...]:
    """A line that says so, where there are any."""
    return (f"formulas left out: {formulas}",) if formulas else ()


class Walk:
    """Goes through a page in its order and gathers its blocks."""

    def __init__(self, places: Mapping[HtmlElement, tuple[Place, ...]]) -> None:
        self.places = places
        self.marked: list[tuple[Place, ...]] = []  # for each mark in `parts`
        self.begun: list[Place] = []  # what the next block begins with
        self.blocks: list[Block] = []
        self.beside: set[int] = set()  # the numbers of the blocks that stand beside the text, or are lists of links
        self.depths = {"beside": 0, "content": 0}
        self.links: list[int] = []  # where in `parts` links begin, and how much of a block is in them
        self.linked = 0
        self.parts: list[str] = []
        self.row: HtmlElement | None = None  # the row of a table that is being gathered, and where it begins
        self.row_start = 0
        self.raised: list[int] = []  # where in `parts` raised and lowered text begins
        self.lists = 0
        self.pre = 0

    def start(self, element: HtmlElement) -> None:
        """Begin an element."""
        tag = element.tag
        if tag == "br":
            self.parts.append(_LINE)
        elif tag == "tspan":
            before = element.getprevious()  # a text in a drawing has its lines in these
            self.parts.append(" " if before is not None and before.get("y") != element.get("y") else "")
        elif self.row is not None:
            self.parts.append(_CELL if tag in ("td", "th") else " " if tag == "li" or _BLOCK.fullmatch(tag) else "")
        elif tag == "tr" and not _holds(element, _NOT_IN_ROWS):
            self.row, self.row_start = element, len(self.parts)
        elif tag == "li" or (tag in ("ul", "ol") and self.lists):
            self.parts.append(_LINE)
        elif _BLOCK.fullmatch(tag):
            self.flush()
        self.lists += tag in ("ul", "ol")
        self.pre += tag == "pre"
        self.depths["beside"] += tag in _BESIDE
        self.depths["content"] += tag in _CONTENT
        self.mark(element)
        if tag == "a":
            self.links.append(len(self.parts))
        if tag == "q":
            self.parts.append("“")
        if _raised(element):
            self.raised.append(len(self.parts))
        self.parts.append(element.text or "")

    def mark(self, element: HtmlElement) -> None:
        """Begin the places that begin at an element."""
        if element in self.places:
            self.marked.append(self.places[element])
            self.parts.append(_MARK)

    def end(self, element: HtmlElement) -> None:
        """End an element."""
        tag = element.tag
        if tag == "q":
            self.parts.append("”")
        if tag == "a":
            self.linked += len("".join(self.parts[self.links.pop() :]).strip())
        self.lists -= tag in ("ul", "ol")
        if element is self.row:
            row = "".join(self.parts[self.row_start :])
            cells = [" ".join(cell.replace(_LINE, " ").split()) for cell in row.replace(_MARK, "").split(_CELL)]
            self.parts[self.row_start :] = [_MARK * row.count(_MARK), " | ".join(filter(None, cells)), _LINE]
            self.row = None
        elif self.row is not None:
            self.parts.append(" " if tag == "li" or _BLOCK.fullmatch(tag) else "")
        elif tag == "li" or (tag in ("ul", "ol") and self.lists):
            self.parts.append(_LINE)
        elif _BLOCK.fullmatch(tag):
            self.flush(_HEADINGS.get(tag, 0))
        self.pre -= tag == "pre"
        self.depths["beside"] -= tag in _BESIDE
        self.depths["content"] -= tag in _CONTENT
        if how := _raised(element):
            start = self.raised.pop()
            self.parts[start:] = [raised("".join(self.parts[start:]), how)]

    def flush(self, level: int = 0) -> None:
        """End a block; a place that begins within a paragraph begins a block that goes on with it."""
        text = "".join(self.parts)
        first, menu = len(self.blocks), self.linked > _MOSTLY * len(text.strip()) and not self.depths["content"]
        self.parts.clear()
        self.links = [0] * len(self.links)  # a link may go on in the next block
        self.linked = 0
        if not self.pre:
            lines = (_SPACE.sub(" ", line).strip() for line in text.split(_LINE))
            text = "\n".join(line for line in lines if line)
        if level:  # nothing begins within a heading
            text = _MARK * text.count(_MARK) + text.replace(_MARK, "")
        gap: str | None = None
        for number, piece in enumerate(text.split(_MARK)):
            if number:
                self.begun += self.marked.pop(0)
            words = piece.strip()
            if words:
                before, after = piece.split(words)
                join = None if gap is None else _joint(gap + before)
                self.blocks.append(Block(words if number else piece, level, tuple(self.begun), join=join))
                self.begun.clear()
                gap = after
            elif gap is not None:
                gap += piece
        if menu or self.depths["beside"]:
            self.beside.update(range(first, len(self.blocks)))


def _joint(gap: str) -> str:
    """What a gap between two parts of a paragraph is: a line end, a space, or nothing."""
    return "\n" if "\n" in gap else gap[:1] and " "


def _raised(element: HtmlElement) -> str | None:
    """Whether an element is raised or lowered (`sup`, `sub`), as references to notes are too."""
    kinds = (element.get("role", ""), element.get("epub:type", ""), element.get("class", ""))
    note = element.tag == "a" and any("noteref" in kind or "footnote" in kind for kind in kinds)
    return "sup" if note else element.tag if element.tag in ("sup", "sub") else None


def _is_hidden(element: HtmlElement) -> bool:
    """Whether an element is not shown, or is for finding one's way and no text."""
    if element.tag in ("html", "body"):
        return False  # some pages show themselves by a script
    declared = "hidden" in element.attrib or element.get("role") in ("navigation", "doc-backlink")
    return declared or bool(_UNSEEN.fullmatch(element.tag) or _HIDDEN.search(element.get("style", "")))


def _holds(element: HtmlElement, tags: frozenset[str]) -> bool:
    return next(element.iter(*tags), None) is not None
