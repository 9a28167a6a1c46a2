"""Canonical text and its locators: what every reader hands its blocks to."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.records import Locator, LocatorKind, Metadata, Source

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028]")
# Control characters, the soft hyphen, the byte order mark (a zero-width space inside text) and two noncharacters.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile("\n{3,}")
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_LIGATURE = re.compile(f"[{''.join(_LIGATURES)}]")
_ORDER = {LocatorKind.CHAPTER: 0, LocatorKind.SECTION: 1, LocatorKind.PARAGRAPH: 3}

Place = tuple[LocatorKind, str]
"""A kind of place, such as a page, and its label."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1) or other text (`level` 0).

    `places` begin with it: pages, slides, chapters, times, rows; `number` is that of the page, where it has one besides
    its label. `label` names it where it is no numbered paragraph, such as "footnote 3". A block with `join` goes on the
    paragraph before it, after this string; there must be one, and neither is a heading or has a label.
    """

    text: str
    level: int = 0
    places: tuple[Place, ...] = ()
    label: str | None = None
    join: str | None = None
    number: int = 0


def canonical(text: str) -> str:
    r"""Text as it is quoted: NFC, `\n` line ends, one blank line between paragraphs, no ligatures, nothing unseen.

    >>> canonical("Cafe\u0301  \r\n\r\n\r\no\ufb03\u00adcer")
    'Café\n\nofficer'
    """
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    text = _LIGATURE.sub(lambda match: _LIGATURES[match[0]], text)
    text = _SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))
    # Normalised after the deletions, which can bring a letter and its accent together.
    lines = unicodedata.normalize("NFC", text).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def one_line(text: str) -> str:
    """Canonical text on one line, each run of white space a single space: for headings and metadata."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # nothing in it is to be composed or taken out
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
    """Join blocks to one text and locate its places and paragraphs.

    Blocks are separated by a blank line. Paragraphs are numbered from 1 after each heading and in each chapter;
    headings and blocks with a label are not counted. A page (a slide, a row) without text has no locator.
    """
    pieces: list[str] = []
    locators: list[Locator] = []
    end = number = 0
    places: dict[LocatorKind, Locator] = {}
    open_paragraph = False
    for block in blocks:
        places |= {kind: Locator(0, kind, label, number=block.number) for kind, label in block.places}
        text = one_line(block.text) if block.level else canonical(block.text)
        for part, piece in enumerate(text.split("\n\n") if text.strip() else ()):
            own = bool(block.level or block.label)
            goes_on = part == 0 and block.join is not None and open_paragraph and not own
            if goes_on:
                pieces.append(_joint(pieces[-1], block.join or "", piece))
            elif pieces:
                pieces.append("\n\n")
            end += len(pieces[-1]) if pieces else 0
            locators += [replace(place, start=end) for place in places.values()]
            number = 0 if LocatorKind.CHAPTER in places else number
            places.clear()
            if block.level:
                locators.append(Locator(end, LocatorKind.SECTION, piece, block.level))
                number = 0
            elif block.label:
                locators.append(Locator(end, LocatorKind.PARAGRAPH, block.label))
            elif not goes_on:
                number += 1
                locators.append(Locator(end, LocatorKind.PARAGRAPH, str(number)))
            open_paragraph = not own
            pieces.append(piece)
            end += len(piece)
    locators.sort(key=lambda locator: (locator.start, _ORDER.get(locator.kind, 2)))
    return "".join(pieces), tuple(locators)


def _joint(before: str, join: str, after: str) -> str:
    """What comes between two parts of a paragraph: `join`, or a space where the text would not be normal without."""
    near = before[-1:] + join + after[:1]
    return join if unicodedata.is_normalized("NFC", near) else " "


def make_source(data: bytes, source_id: str, blocks: Iterable[Block], metadata: Metadata) -> Source:
    """The source that a file's bytes and the blocks read from them make."""
    text, locators = assemble(blocks)
    return Source(source_id, text, metadata, digest(data), locators)


def digest(data: bytes) -> str:
    """The BLAKE2b hex digest (16 bytes) of a file's bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
