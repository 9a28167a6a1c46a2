"""Finds the words of an anchor again in a text that may have changed since: verbatim, or in another spacing.

An anchor is a quotation with a little text before and after it, and where it stood (a `Citation`, or what a page
sends). Which of several places is meant, and whether a short quotation is meant at all, the text around it decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import NamedTuple, Protocol

from assistant.records import CONTEXT_CHARACTERS, Span

SURE = 32
"""Bytes of UTF-8, of a quotation and of the text around it that is the same, that are no accident.

Bytes, because a character of a script without spaces says more than a letter does.
"""
MOST_PLACES = 20_000
"""Places that are compared; a quotation that stands in more of them, such as one letter, means none of them."""
_BROKEN = re.compile(r"-\s")
_RESOLVED = re.compile(r"<(?:compat|wide|narrow|noBreak|font|small|initial|medial|final|isolated)> (.+)")
_UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")
_TOKEN = re.compile(r"[^\W_]+|\S")


class Anchor(Protocol):
    """What is looked for; the fields are those of `Citation`."""

    @property
    def start(self) -> int:
        """Where the words stood."""

    @property
    def quote(self) -> str:
        """The words."""

    @property
    def prefix(self) -> str:
        """Some text before them."""

    @property
    def suffix(self) -> str:
        """Some text after them."""


class Place(NamedTuple):
    """Where an anchor's words stand, and how many bytes of the text around them are as they were."""

    start: int
    end: int
    fit: int


def find_words(text: str, anchor: Anchor) -> Place | None:
    """Where the anchor's words stand verbatim: where the text around them fits best, of such places the nearest."""
    return _best(text, anchor, _occurrences(text, anchor.quote)) if anchor.quote else None


def is_sure(place: Place, anchor: Anchor) -> bool:
    """Whether these are the words that are meant, and not the same ones by accident."""
    around = sum(len(_squeezed(part).encode()) for part in (anchor.prefix, anchor.suffix))
    return place.fit == around or len(anchor.quote.encode()) + place.fit >= SURE


def _occurrences(text: str, quote: str) -> Iterator[Span]:
    start = text.find(quote)
    while start >= 0:
        yield start, start + len(quote)
        start = text.find(quote, start + 1)


def _best(text: str, anchor: Anchor, spans: Iterable[Span]) -> Place | None:
    places = (Place(start, end, _fit(text, start, end, anchor)) for start, end in islice(spans, MOST_PLACES))
    return max(places, key=lambda place: (place.fit, -abs(place.start - anchor.start)), default=None)


def _fit(text: str, start: int, end: int, anchor: Anchor) -> int:
    """How many bytes before and after a place are those before and after the anchor's words; spaces are no matter."""
    before, after = text[max(0, start - 2 * CONTEXT_CHARACTERS) : start], text[end : end + 2 * CONTEXT_CHARACTERS]
    same = _common(_squeezed(before)[::-1], _squeezed(anchor.prefix)[::-1])
    return len(same.encode()) + len(_common(_squeezed(after), _squeezed(anchor.suffix)).encode())


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _common(one: str, other: str) -> str:
    """What both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))]


class Plain:
    """A text in which anchors are looked for whatever its white space, line breaks, hyphenation and ligatures.

    Raised and lowered characters and fractions stay what they are: 10² is not 102.
    """

    def __init__(self, text: str) -> None:
        """Takes the text and resolves its compatibility forms."""
        self._text = text
        self._plain = _resolve(text)
        self._places: Sequence[int] = range(len(text))
        if self._plain != text:
            self._places = [at for at, character in enumerate(text) for _ in _form(character)]
        self._is_broken = bool(_BROKEN.search(self._plain))

    def find(self, anchor: Anchor) -> Place | None:
        """Where the same words and marks stand, one after another; of several places, as in `find_words`."""
        found = _pattern(_resolve(anchor.quote), self._is_broken).finditer(self._plain)
        spans = ((self._places[match.start()], self._places[match.end() - 1] + 1) for match in found)
        return _best(self._text, anchor, spans)


def _resolve(text: str) -> str:
    return text if text.isascii() else "".join(map(_form, text))


@cache
def _form(character: str) -> str:
    """What a character is a typographic form of, or nothing for one that is not seen; else itself."""
    form = _RESOLVED.fullmatch(unicodedata.decomposition(character))
    if form is None:
        return "" if character in _UNSEEN else character
    return "".join(_form(chr(int(code, 16))) for code in form[1].split())


def _pattern(quote: str, is_broken: bool) -> re.Pattern[str]:
    """The words and marks of a quotation; `is_broken` tells that the text may have words broken over two lines.

    White space may come and go beside a mark and between characters that are written without spaces, never between
    letters or digits: "12 3" is not "1 23".
    """
    tokens = list(_TOKEN.finditer(quote))
    parts = [_word(tokens[0][0], is_broken)] if tokens else [r"(?!)"]
    for number, (token, following) in enumerate(pairwise(tokens)):
        gap = quote[token.end() : following.start()]
        is_break = token[0] == "-" and gap.isspace() and quote[: token.start()][-1:].isalpha()
        if number and is_break and following[0][0].isalpha():
            parts[-2:] = [r"(?:\s*-\s*)?"]  # a word broken in the quotation may be whole in the text
        else:
            both = token[0][-1].isalnum() and following[0][0].isalnum()
            parts.append(r"\s+" if both and not _unspaced(token[0][-1], following[0][0]) else r"\s*")
        parts.append(_word(following[0], is_broken))
    return re.compile("".join(parts))


def _word(word: str, is_broken: bool) -> str:
    """A word, which may be broken over two lines, or spaced where its characters are written without spaces."""
    parts = [re.escape(word[0])]
    for before, letter in pairwise(word):
        if _unspaced(before, letter):
            parts.append(r"\s*")
        elif is_broken and before.isalpha() and letter.isalpha():
            parts.append(r"(?:-\s+)?")  # a line end may have become a space
        parts.append(re.escape(letter))
    return "".join(parts)


def _unspaced(before: str, after: str) -> bool:
    """Whether both are characters of a wide script without spaces (so not Hangul)."""
    return all(
        unicodedata.east_asian_width(each) in "WF" and not unicodedata.name(each, "").startswith("HANGUL")
        for each in (before, after)
    )
