"""What the fonts of a page say of its characters: size, width, and whether they are bold."""

from __future__ import annotations

import ctypes
import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLAT = 0.3  # of the height of most characters
_OVERHANG = 0.05  # of the height of a character
_FONT_NAME = 128  # bytes of it that are looked at
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|\bsfbx", re.IGNORECASE)

Array = NDArray[np.float64]


def is_flat(seen: NDArray[np.bool_], boxes: Array) -> NDArray[np.bool_]:
    """Which of the characters that are seen have a box much less high than most."""
    height = boxes[:, 3] - boxes[:, 1]
    return seen & (height < _FLAT * np.median(height[seen])) if seen.any() else seen


def type_size(text_page: Any, index: int) -> float:  # noqa: ANN401
    """The size of the type that a character is set in, in points."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    known = raw.FPDFText_GetMatrix(text_page.raw, index, matrix)
    return float(raw.FPDFText_GetFontSize(text_page.raw, index) * math.hypot(matrix.a, matrix.b)) if known else 0.0


def leans(seen: NDArray[np.bool_], boxes: Array, origins: Array) -> NDArray[np.bool_]:
    """Whether each character is drawn beyond where it begins, is no ligature, and another follows at once."""
    same = np.append(False, (np.diff(boxes, axis=0) == 0).all(axis=1)) if len(boxes) else seen
    followed = np.append((seen & ~same)[1:], False)[: len(seen)]
    beyond = origins[:, 0] - boxes[:, 0] > _OVERHANG * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(seen & ~same & followed & beyond, dtype=np.bool_)


def advances(text_page: Any, codes: list[int], where: NDArray[np.int64]) -> dict[int, float]:  # noqa: ANN401
    """How far after the beginning of some characters the next one belongs, by their fonts, where these say so."""
    from pypdfium2 import raw

    found = {}
    width = ctypes.c_float()
    for index in where.tolist():
        shown = raw.FPDFText_GetTextObject(text_page.raw, index)
        font = raw.FPDFTextObj_GetFont(shown) if shown else None
        if font and raw.FPDFFont_GetGlyphWidth(font, codes[index], 1, width) and width.value > 0:
            found[index] = width.value * type_size(text_page, index)
    return found


def line_ends(text: list[str], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first and last character that is seen on each line of PDFium's."""
    where = np.flatnonzero(seen)
    line = np.cumsum([character == "\n" for character in text])[where] if len(where) else where
    breaks = np.flatnonzero(np.diff(line)) if len(where) else where
    return np.unique(where[np.concatenate([[0], breaks, breaks + 1, [len(where) - 1]])]) if len(where) else where


def is_bold(text_page: Any, index: int) -> bool:  # noqa: ANN401
    """Whether the name of a character's font says that it is bold."""
    from pypdfium2 import raw

    name, flags = ctypes.create_string_buffer(_FONT_NAME), ctypes.c_int()
    raw.FPDFText_GetFontInfo(text_page.raw, index, name, _FONT_NAME, flags)
    return _BOLD.search(name.value) is not None
