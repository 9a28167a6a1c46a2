"""Canonical text and its locators: what every reader hands its blocks to."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.records import Locator, LocatorKind, Metadata, Source

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028]")
# Control characters, the soft hyphen, the byte order mark (a zero-width space inside text) and two noncharacters.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile("\n{3,}")
_ORDER = {LocatorKind.SECTION: 0, LocatorKind.PAGE: 1, LocatorKind.PARAGRAPH: 2}


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1) or other text (`level` 0); `page` is the label of the page that begins with it."""

    text: str
    level: int = 0
    page: str | None = None


def canonical(text: str) -> str:
    r"""Text as it is quoted: NFC, `\n` line ends, one blank line between paragraphs, nothing unseen.

    >>> canonical("Cafe\u0301  \r\n\r\n\r\nco\u00adoperate")
    'Café\n\ncooperate'
    """
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    text = _SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))
    # Normalised after the deletions, which can bring a letter and its accent together.
    lines = unicodedata.normalize("NFC", text).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def one_line(text: str) -> str:
    """Canonical text on one line, each run of white space a single space: for headings and metadata."""
    return " ".join(canonical(text).split())


def unwrap(text: str) -> str:
    r"""Lines joined as a reader joins them: with a space, but with nothing between Chinese or Japanese characters.

    >>> unwrap("six-party\ntalks"), unwrap("六方\n会谈")
    ('six-party talks', '六方会谈')
    """
    first, *rest = text.split("\n")
    parts = [first.rstrip()]
    for line in rest:
        line = line.strip()
        if parts[-1] and line:
            parts.append("" if _unspaced(parts[-1][-1]) and _unspaced(line[0]) else " ")
        if line:
            parts.append(line)
    return "".join(parts)


def _unspaced(character: str) -> bool:
    """Whether this is a letter or mark of a wide script that is written without spaces (so not Hangul, nor emoji)."""
    wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character)[0] in "LP"
    return wide and not unicodedata.name(character, "").startswith("HANGUL")


def assemble(blocks: Iterable[Block]) -> tuple[str, tuple[Locator, ...]]:
    """Join blocks to one text and locate its sections, pages and paragraphs.

    Blocks are separated by a blank line. Paragraphs are numbered from 1 after each heading; headings are not counted.
    A page without text has no locator.
    """
    pieces: list[str] = []
    locators: list[Locator] = []
    start = number = 0
    page: str | None = None
    for block in blocks:
        page = page if block.page is None else block.page
        text = one_line(block.text) if block.level else canonical(block.text)
        for piece in text.split("\n\n") if text.strip() else ():
            if page is not None:
                locators.append(Locator(start, LocatorKind.PAGE, page))
                page = None
            if block.level:
                locators.append(Locator(start, LocatorKind.SECTION, piece, block.level))
                number = 0
            else:
                number += 1
                locators.append(Locator(start, LocatorKind.PARAGRAPH, str(number)))
            pieces.append(piece)
            start += len(piece) + 2
    locators.sort(key=lambda locator: (locator.start, _ORDER[locator.kind]))
    return "\n\n".join(pieces), tuple(locators)


def make_source(data: bytes, source_id: str, blocks: Iterable[Block], metadata: Metadata) -> Source:
    """The source that a file's bytes and the blocks read from them make."""
    text, locators = assemble(blocks)
    return Source(source_id, text, metadata, digest(data), locators)


def digest(data: bytes) -> str:
    """The BLAKE2b hex digest (16 bytes) of a file's bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
