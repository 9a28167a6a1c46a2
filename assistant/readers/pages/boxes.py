"""Where the words of a quotation stand on the pages of a PDF."""

from __future__ import annotations

import unicodedata
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from assistant.readers.pages.characters import Letters
from assistant.readers.pages.document import opened, read_page
from assistant.readers.pages.layout import Line, ordered
from assistant.readers.text import digest
from assistant.records import LocatorKind, Source

_Edges = tuple[float, float, float, float]
_KEY = 8  # letters by which a line is looked up
_TRIES = 20_000  # steps back that the search for lines takes at most


@dataclass(frozen=True, slots=True)
class Box:
    """A box on a page, counted from 0, in points from the lower left corner of the page as it is shown.

    "As it is shown" is cut to its crop box and turned as the file says, so that `left` and `right` lie between 0 and
    the width that a viewer gives the page, and `bottom` and `top` between 0 and its height.
    """

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a line as it is looked for: its letters, each with the number of its character (recognised: -1)."""

    letters: str
    characters: list[int]
    line: Line


def boxes(data: bytes, source: Source, start: int, end: int) -> list[Box]:
    """The boxes of the words from `start` to `end` of the text of a source: one for each line, or cell, of them.

    Only the pages that they stand on are read. Recognised words have the box of their whole line. There is none for
    words that are not found again.

    Raises:
        ValueError: these are no offsets into the text, or `data` is not the file that the source was read from.
        UnreadableFile: the file cannot be opened.
    """
    source.cut(start, end)
    if digest(data) != source.digest:
        raise ValueError(f"{source.id}: not the file that was read")
    places = [locator for locator in source.locators if locator.kind is LocatorKind.PAGE]
    finishes = [*(place.start for place in places[1:]), len(source.text)]
    found: list[Box] = []
    with opened(data) as document:
        for place, finish in zip(places, finishes, strict=True):
            if place.start < end and finish > start and place.number:
                before, until = (
                    len(_letters(source.text[place.start : max(place.start, offset)]))
                    for offset in (start, min(end, finish))
                )
                text = _letters(source.text[place.start : finish])
                found += _on_page(document, place.number - 1, text, before, until)
    return found


def _on_page(document: Any, index: int, text: str, start: int, end: int) -> list[Box]:  # noqa: ANN401
    """The boxes of some of the letters of a page, of which `text` are all that were read."""
    page, characters = read_page(document, index)
    if characters is None or page.turned is None:
        return []
    found = []
    pieces = [_piece(line, characters) for direction in page.lines for line in ordered(direction)]
    for number, begin in _placed(text, [piece.letters for piece in pieces]):
        piece = pieces[number]
        first, last = max(start - begin, 0), min(end - begin, len(piece.letters))
        if first < last:
            edges = _edges(piece, first, last, characters)
            found.append(Box(index, *_turned_back(edges, page.turned, characters.width, characters.height)))
    return found


def _piece(line: Line, characters: Letters) -> _Piece:
    """A piece of a line by its letters."""
    if not line.letters:
        return _Piece(_letters(line.text), [], line)
    spelled = [(letter, each) for each in line.letters for letter in _letters(characters.text[each])]
    return _Piece("".join(letter for letter, _ in spelled), [each for _, each in spelled], line)


def _edges(piece: _Piece, first: int, last: int, characters: Letters) -> _Edges:
    """Left, bottom, right and top of some letters of a piece."""
    if not piece.characters:
        return piece.line.left, piece.line.bottom, piece.line.right, piece.line.top
    corners = characters.boxes[piece.characters[first:last]]
    left, bottom = np.maximum(corners[:, :2].min(axis=0), 0).tolist()
    right, top = np.minimum(corners[:, 2:].max(axis=0), (characters.width, characters.height)).tolist()
    return left, bottom, right, top


def _turned_back(edges: _Edges, quarters: int, width: float, height: float) -> _Edges:
    """Edges on a page that was turned to the left to be read, measured from `height`, as they are on it unturned."""
    left, bottom, right, top = edges
    if quarters == 1:
        return width - height + bottom, height - right, width - height + top, height - left
    if quarters == 2:
        return width - right, height - top, width - left, height - bottom
    if quarters == 3:
        return height - top, left, height - bottom, right
    return edges


def _placed(text: str, pieces: Sequence[str]) -> list[tuple[int, int]]:
    """The pieces that a text consists of, and where each begins in it; empty if it does not consist of pieces.

    Any may be left out, as headers are, and their order may be another, as that of notes is; but where there is a
    choice, the next in their order is taken.
    """
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        numbers[piece].append(number)
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for piece in filter(None, numbers):
        keys[piece[:_KEY]].append(piece)

    def fitting(position: int, last: int) -> Iterator[int]:
        near = (piece for size in range(1, _KEY + 1) for piece in keys.get(text[position : position + size], ()))
        same = (numbers[piece] for piece in dict.fromkeys(near) if text.startswith(piece, position))
        tried = (_next_unused(each, last, used) for each in same)  # of pieces that say the same, one is enough
        return iter(sorted(filter(lambda number: number >= 0, tried), key=lambda number: (number <= last, number)))

    used: set[int] = set()
    placed: list[tuple[int, int]] = []
    position, choices = 0, [fitting(0, -1)]
    for _ in range(_TRIES + len(pieces)):
        if position == len(text):
            return placed
        number = next(choices[-1], -1)
        if number >= 0:
            placed.append((number, position))
            used.add(number)
            position += len(pieces[number])
            choices.append(fitting(position, number))
        elif placed:
            choices.pop()
            number, position = placed.pop()
            used.discard(number)
        else:
            break
    return []


def _next_unused(numbers: list[int], last: int, used: set[int]) -> int:
    """The first number after the last that is not used, else the first of all, else -1."""
    following = bisect(numbers, last)
    return next((each for each in chain(numbers[following:], numbers[:following]) if each not in used), -1)


def _letters(text: str) -> str:
    """The letters and digits of a text, without accents: what is the same however words were mended and composed."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text)))
