"""The characters of a PDF page with their boxes, and the pieces of lines that they make."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter, deque
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.readers.pages import fonts
from assistant.readers.pages.layout import Line

HYPHENS = "\x02\ufffe\u00ad"
"""What PDFium gives for the hyphen of a word that goes on in the next line."""
_WIDE_GAP = 0.8  # of the height of a line: wider than the space between words, mostly, and narrower than a gutter
_LEVEL = 0.05  # what base lines of one line differ by
_WORD_GAP = 0.15  # between words, where the file has no space and PDFium sees none
_NARROW_GAP = 0.1  # between words, in a line whose letters stand close
_MARK = 0.8  # of the height of the text: smaller is the mark of a note
_OTHER_LINE = 0.6  # of the height: a base line that is farther off than that of a raised or lowered mark
_SYMBOLS = {"\uf0b7": "\u2022", "\uf0a7": "\u25aa"}  # the bullets of the fonts Symbol and Wingdings
_UNSET = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private use, surrogate
_SAMPLE = 5  # one character in so many is looked at for whether it has a Unicode value
_VERTICAL = 20  # characters at least on a page that is written downwards

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Letters:
    """The characters of a page in the order of the file.

    `seen` are those on the page that are no white space. `boxes` are left, bottom, right, top in points from the lower
    left corner of the page as it is shown: cut to its crop box and turned as the file says. `origins` are where the
    base line of each begins, `turns` by how many quarter turns each leans to the left. `garbled` is the share of those
    that are seen but have no Unicode value, `vertical` whether most follow each other downwards. `bold` says of the
    first and last of each line of PDFium's whether it is. `advances` are the widths of letters that lean out of their
    place, as an italic f does, `sizes` the type sizes of those whose boxes are flat, as of letters joined to one shape.
    """

    text: list[str]
    seen: NDArray[np.bool_]
    boxes: Array
    origins: Array
    turns: NDArray[np.int64]
    garbled: float
    vertical: bool
    bold: dict[int, bool]
    advances: dict[int, float]
    sizes: dict[int, float]
    width: float
    height: float


def letters(page: Any, text_page: Any) -> Letters:  # noqa: ANN401
    """The characters of a page."""
    from pypdfium2 import raw

    count = text_page.count_chars()
    codes = list(map(raw.FPDFText_GetUnicode, repeat(text_page.raw), range(count)))
    text = list(map(_character, codes))
    kinds = Counter(text)
    blank = {character for character in kinds if character.isspace() or character == "\x00"}
    edges = np.zeros((count, 4), dtype=np.float32)  # left, top, right, bottom
    _fill(raw.FPDFText_GetLooseCharBox, text_page, edges, 1)
    starts = np.zeros((count, 2), dtype=np.float64)
    _fill(raw.FPDFText_GetCharOrigin, text_page, starts, 2)
    corners = np.concatenate([_shown(page, edges[:, [0, 3]]), _shown(page, edges[:, [2, 1]])], axis=1)
    lower, upper = np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])
    boxes, origins = np.concatenate([lower, upper], axis=1), _shown(page, starts)
    inside = _inside(boxes, page.get_size())
    text = text if inside.all() else [each if within else "\x00" for each, within in zip(text, inside, strict=True)]
    seen = np.array([character not in blank for character in text], dtype=bool) & inside
    turns = _turns(text_page, text, boxes, origins, page.get_rotation())
    unset = sum(number for character, number in kinds.items() if _is_unset(character))
    sample = range(0, count, _SAMPLE)
    wrong = _SAMPLE * sum(raw.FPDFText_HasUnicodeMapError(text_page.raw, index) == 1 for index in sample)
    garbled = max(unset, wrong) / max(int(seen.sum()), 1)
    vertical = _is_vertical(seen, boxes, origins, turns)
    bold = {int(each): fonts.is_bold(text_page, int(each)) for each in fonts.line_ends(text, seen)}
    advances = fonts.advances(text_page, codes, np.flatnonzero(fonts.leans(seen, boxes, origins) & (turns == 0)))
    sizes = {int(each): fonts.type_size(text_page, int(each)) for each in np.flatnonzero(fonts.is_flat(seen, boxes))}
    return Letters(text, seen, boxes, origins, turns, garbled, vertical, bold, advances, sizes, *page.get_size())


def _inside(boxes: Array, size: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether each box lies on the page, at least in part."""
    return np.asarray(((boxes[:, 2:] >= 0) & (boxes[:, :2] <= size)).all(axis=1), dtype=np.bool_)


def _fill(function: Any, text_page: Any, rows: NDArray[Any], values: int) -> None:  # noqa: ANN401
    """Have PDFium write what it knows of each character into a row, in as many values."""
    # With plain addresses, a call for each of some million characters takes half the time.
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * values)
    call = kind(ctypes.cast(function, ctypes.c_void_p).value or 0)
    step, handle = rows.itemsize * rows.shape[1], ctypes.cast(text_page.raw, ctypes.c_void_p).value
    addresses = [
        range(rows.ctypes.data + offset, rows.ctypes.data + offset + step * len(rows), step)
        for offset in range(0, step, step // values)
    ]
    deque(map(call, repeat(handle), range(len(rows)), *addresses), maxlen=0)


@cache
def _character(code: int) -> str:
    """The text of a character code: Arabic letters in their plain form, and something that says if there is none."""
    if not code < 0x110000:
        return "\ufffd"
    character = chr(code)
    if 0xFB50 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFE:
        return unicodedata.normalize("NFKC", character)
    return _SYMBOLS.get(character, character)


@cache
def _is_unset(character: str) -> bool:
    """Whether a character stands for nothing that can be read."""
    if character in "\t\n\r" + HYPHENS or character == "\x00":
        return False
    return character == "\ufffd" or unicodedata.category(character[0]) in _UNSET


def _shown(page: Any, points: Array) -> Array:  # noqa: ANN401
    """Points of a page's own space on the page as it is shown."""
    left, bottom, right, top = page.get_bbox()
    x, y = points[:, 0], points[:, 1]
    turned = {
        0: (x - left, y - bottom),
        90: (y - bottom, right - x),
        180: (right - x, top - y),
        270: (top - y, x - left),
    }
    return np.stack(turned[page.get_rotation()], axis=1)


def _turns(
    text_page: Any,  # noqa: ANN401
    text: list[str],
    boxes: Array,
    origins: Array,
    rotation: int,
) -> NDArray[np.int64]:
    """By how many quarter turns each character leans to the left on the page as it is shown."""
    from pypdfium2 import raw

    def turns(index: int) -> int:
        angle = raw.FPDFText_GetCharAngle(text_page.raw, index)  # clockwise
        return round(-angle / (math.pi / 2) - rotation / 90) % 4 if angle >= 0 else -rotation // 90 % 4

    begins = [0, *(index + 1 for index, character in enumerate(text[:-1]) if character == "\n")] if text else []
    first = [turns(index) for index in begins]
    # PDFium does not always break the line before text on its side.
    steps = np.abs(np.diff(origins[:, 1])) > _LEVEL * (boxes[1:, 3] - boxes[1:, 1])
    if len({*first, *map(turns, (np.flatnonzero(steps) + 1).tolist())}) <= 1:
        return np.full(len(text), first[0] if first else 0, dtype=np.int64)
    return np.array([turns(index) for index in range(len(text))], dtype=np.int64)


def _is_vertical(visible: NDArray[np.bool_], boxes: Array, origins: Array, turns: NDArray[np.int64]) -> bool:
    """Whether most characters of a page stand one below the other though they are upright."""
    seen = np.flatnonzero(visible)
    if len(seen) < _VERTICAL or turns[seen].any():
        return False
    step, size = np.diff(origins[seen], axis=0), (boxes[seen, 3] - boxes[seen, 1])[:-1]
    down = (np.abs(step[:, 0]) < 0.3 * size) & (step[:, 1] < -0.3 * size) & (step[:, 1] > -2 * size)
    return bool(np.mean(down) > 0.5)


def lines(letters: Letters) -> list[tuple[list[Line], float]]:
    """The pieces of lines of a page in the order of the file, for each direction of writing, that of most text first.

    Each list has the coordinates of the page turned so that the lines are upright, and the height that it has then.
    """
    seen = letters.seen
    directions = [(int(np.count_nonzero(seen & (letters.turns == turn))), turn) for turn in range(4)]
    return [
        (
            _pieces(letters, np.flatnonzero(seen & (letters.turns == turn)), turn),
            (letters.height, letters.width)[turn % 2],
        )
        for count, turn in sorted(directions, key=lambda direction: (-direction[0], direction[1]))
        if count
    ]


def _upright(letters: Letters, points: Array, turn: int) -> Array:
    """Points after as many quarter turns of the page to the right."""
    x, y, width, height = points[..., 0], points[..., 1], letters.width, letters.height
    return np.stack(((x, y), (y, width - x), (width - x, height - y), (height - y, x))[turn], axis=-1)


def _pieces(letters: Letters, seen: NDArray[np.int64], turn: int) -> list[Line]:
    """The pieces that the characters at the positions `seen` make."""
    corners = _upright(letters, letters.boxes[seen].reshape(-1, 2, 2), turn)
    low, high = corners.min(axis=1), corners.max(axis=1)
    base = _upright(letters, letters.origins[seen], turn)[:, 1]
    size = np.maximum(high[:, 1] - low[:, 1], [letters.sizes.get(index, 0.1) for index in seen.tolist()])
    ends = np.cumsum([character == "\n" for character in letters.text])[seen]
    step, rise = np.maximum(size[1:], size[:-1]), np.abs(np.diff(base))
    # Where the file goes from column to column, lines are half a line apart, and the next is far to the side.
    away = np.maximum(low[1:, 0] - high[:-1, 0], low[:-1, 0] - high[1:, 0]) > _WIDE_GAP * step
    other = (rise > _OTHER_LINE * step) | (away & (rise > _LEVEL * step))
    breaks = (np.diff(ends) > 0) | (other & (not letters.vertical))
    begin, finish = _places(letters, seen, turn, low[:, 0], high[:, 0])
    gaps, smaller = begin[1:] - finish[:-1], np.minimum(size[1:], size[:-1])
    bounds = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(seen)]
    near = gaps < (_WORD_GAP - _NARROW_GAP) * smaller
    wide = (gaps > _WORD_GAP * smaller) | ((gaps > _NARROW_GAP * step) & _mostly(near, breaks))
    apart = wide & (np.diff(seen) == 1)
    spaced = {int(seen[each + 1]) for each in np.flatnonzero(apart) if _spaces(letters.text, int(seen[each]))}
    spaced |= {int(seen[each]) for start in bounds[:-1] if (each := _marked(letters, seen, size, base, start))}
    found = []
    for start, end in pairwise(bounds):
        for part in _split(low[start:end, 0], high[start:end, 0], size[start:end]):
            where = part + start
            first, middle, last = where[0], where[len(where) // 2], where[-1]
            text, positions = _spelled(letters, seen[where].tolist(), spaced)
            bold, bold_end = (letters.bold.get(int(seen[each])) for each in (first, last))
            (left, bottom), (right, top) = low[where].min(axis=0).tolist(), high[where].max(axis=0).tolist()
            sizes = (float(size[middle]), float(size[first]), float(size[last]))
            weight = bold if bold == bold_end else None
            found.append(Line(text, left, bottom, right, top, float(base[middle]), *sizes, weight, positions))
    return found


def _places(letters: Letters, seen: NDArray[np.int64], turn: int, left: Array, right: Array) -> tuple[Array, Array]:
    """Where the place of each character in its line begins and ends: some are drawn beyond it or within it."""
    begin = _upright(letters, letters.origins[seen], turn)[:, 0]
    end = [letters.advances.get(index, math.inf) for index in seen.tolist()]
    return begin, np.minimum(begin + end, right)


def _marked(letters: Letters, seen: NDArray[np.int64], size: Array, base: Array, start: int) -> int:
    """Where the first word after the raised mark of a note begins that a line begins with; 0 if none does."""
    near = range(start, min(start + 4, len(seen)))
    end = next((each for each in near if not letters.text[seen[each]].isdecimal()), start)
    word = letters.text[seen[end] : seen[end] + 2] if end > start else []
    if len(word) < 2 or not all(map(str.isalpha, word)):
        return 0
    raised = base[end - 1] - base[end] > _LEVEL * size[end] and size[end - 1] < _MARK * size[end]
    return end if raised else 0


def _mostly(near: NDArray[np.bool_], breaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each gap, whether most gaps of its line are near ones: then its letters are not spaced out."""
    line = np.cumsum(breaks)
    often = np.bincount(line, near & ~breaks) > np.bincount(line, ~breaks) / 2
    return np.asarray(often[line], dtype=np.bool_)


def _split(left: Array, right: Array, size: Array) -> list[NDArray[np.int64]]:
    """The characters of a line in parts between wide gaps, each in the order of the file."""
    order = np.argsort(left, kind="stable")
    reach = np.maximum.accumulate(right[order])
    gaps = left[order][1:] - reach[:-1] > _WIDE_GAP * np.minimum(size[order][1:], size[order][:-1])
    if not gaps.any():
        return [np.arange(len(left))]
    part = np.empty(len(left), dtype=np.int64)
    part[order] = np.concatenate([[0], np.cumsum(gaps)])
    parts = [np.flatnonzero(part == number) for number in range(int(part.max()) + 1)]
    return sorted(parts, key=lambda positions: int(positions[0]))


def _spaces(text: list[str], position: int) -> bool:
    """Whether a gap after this character would be a space: not in scripts without spaces, nor from right to left."""
    pair = text[position : position + 2]
    return not any(_leftward(each) or unicodedata.east_asian_width(each[0]) in "WF" for each in pair)


def _spelled(letters: Letters, positions: list[int], spaced: set[int]) -> tuple[str, tuple[int, ...]]:
    """The text of characters, with a space where white space parts them, and their positions in its order."""
    text, first, last = letters.text, positions[0], positions[-1]
    if any(map(_leftward, text[first : last + 1])):
        positions = _mirrored(letters, positions)
    elif spaced.isdisjoint(positions) and int(np.count_nonzero(letters.seen[first : last + 1])) == len(positions):
        return " ".join("".join(text[first : last + 1]).replace("\x00", "").split()), tuple(positions)
    spelled = [text[positions[0]]]
    for before, after in pairwise(positions):
        between = text[min(before, after) + 1 : max(before, after)]
        space = after in spaced or any(map(str.isspace, between))
        spelled.append((" " if space else "") + text[after])
    return "".join(spelled), tuple(positions)


@cache
def _leftward(character: str) -> bool:
    """Whether a character is of a script that is written from right to left."""
    return unicodedata.bidirectional(character[0]) in ("R", "AL")


def _mirrored(letters: Letters, positions: list[int]) -> list[int]:
    """Positions with those of each leftward ligature and word put right.

    PDFium gives the letters of such a ligature in the wrong order, and those of some words from left to right.
    """
    words: list[list[list[int]]] = []
    for before, position in pairwise([-2, *positions]):
        pair = letters.text[before : position + 1] if position == before + 1 else ()
        if any(map(_leftward, pair)) and np.array_equal(*letters.boxes[[before, position]]):
            words[-1][-1].append(position)
        elif pair and all(_leftward(each) or unicodedata.combining(each[0]) for each in pair):
            words[-1].append([position])
        else:
            words.append([[position]])
    return [position for word in words for position in _from_the_right(letters, word)]


def _from_the_right(letters: Letters, word: list[list[int]]) -> list[int]:
    """The positions of a word, given as those of each ligature in it."""
    steps = np.sign(np.diff(letters.boxes[[ligature[0] for ligature in word], 2]))
    if steps.sum() > 0:
        return [position for ligature in reversed(word) for position in ligature]
    return [position for ligature in word for position in reversed(ligature)]
