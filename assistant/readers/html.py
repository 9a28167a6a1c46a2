"""Web pages: the words as the page has them, of the parts that trafilatura takes for its main text.

trafilatura only chooses. Its own output leaves words out within sentences and guesses authors and dates, so the text is
taken from the page itself, and metadata only from what the page declares.
"""

from __future__ import annotations

import logging
import unicodedata
from typing import TYPE_CHECKING

from assistant.readers import Reading
from assistant.readers.elements import Walk, decode_page, formulas_in, parse_page, walk, without_formulas
from assistant.readers.page_metadata import declared_metadata
from assistant.readers.text import Block, canonical, make_source
from assistant.records import Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES = (".html", ".htm", ".xhtml")
VERSION = 4

_ALIKE = 0.5
"""Share of a block's word triples that must be in the extracted text for the block to be main text."""


def read(data: bytes, source_id: str) -> Reading:
    """Read a web page. Nothing is fetched.

    Raises:
        UnreadableFile: this is not text.
    """
    blocks, metadata, problems = read_page(data)
    return Reading((make_source(data, source_id, blocks, metadata),), problems)


def read_page(data: bytes, charset: str | None = None) -> tuple[list[Block], Metadata, tuple[str, ...]]:
    """The main text of a web page, what it declares about itself, and problems.

    `charset` is what came with the page, and counts for more than what it says itself.

    Raises:
        UnreadableFile: this is not text, or nothing is in it.
    """
    text, problems = decode_page(data, charset)
    tree, whole = parse_page(text)
    if not whole:
        problems += ("nested too deeply or damaged: only its beginning was read",)
    problems += without_formulas(formulas_in(tree))
    page = walk(tree, {})
    main = _main_words(tree)
    chosen = _chosen(page, [_is_main(block, *main) for block in page.blocks])
    if not any(block.level == 0 for block in chosen):
        chosen = page.blocks
        problems += ("no main text was found in it: the whole page was read",)
    return chosen, declared_metadata(tree), problems


def _chosen(page: Walk, main: list[bool]) -> list[Block]:
    """The blocks of the main text; between its first and its last one, all that does not stand beside the text.

    Whole lists and tables are often overlooked there. And headings right before a block that is chosen.
    """
    if not any(main):
        return []
    first, last = main.index(True), len(main) - main[::-1].index(True)
    chosen = [main[number] or (number > first and number not in page.beside) for number in range(last)]
    for number in reversed(range(last - 1)):
        chosen[number] |= bool(page.blocks[number].level) and chosen[number + 1]
    return [block for block, keep in zip(page.blocks[:last], chosen, strict=True) if keep]


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
    # In the extracted text, elements other than inline ones part words.
    return {" ".join(_words(part)) for part in parts}, _triples(_words(" ".join(document.body.itertext())))


def _words(text: str) -> list[str]:
    """The words of a text, raised figures like any others."""
    return [word for word in unicodedata.normalize("NFKC", canonical(text)).split() if word != "|"]


def _is_main(block: Block, lines: set[str], triples: set[tuple[str, ...]]) -> bool:
    """Whether a block of the page is part of its main text."""
    words = _words(block.text)
    if len(words) < 3:
        return " ".join(words) in lines
    own = _triples(words)
    return len(own & triples) >= _ALIKE * len(own)


def _triples(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(words, words[1:], words[2:], strict=False))
