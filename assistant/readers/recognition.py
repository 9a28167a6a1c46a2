"""Text recognition (OCR) on the picture of a page, with models that come in a package. It never uses the network.

An optional extra: `available` says whether it is installed.
"""

from __future__ import annotations

import math
import os
import statistics
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.readers.pages.layout import Line

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, red, green and blue."""

THREADS = min(4, os.cpu_count() or 1)
LONGEST_SIDE = 2400
"""Pixels; a larger picture is made smaller. It is that of A4 at 200 dpi; twice as many make it slower, not better."""
SURE = 0.6
"""The score from which on a line is taken: what is below is mostly no text."""
POOR = 0.9
"""A page whose mean score is below may be lying on its side or upside down: upright text scores about 0.99."""
_SAME_SIZE = 0.3  # how much boxes around lines of one size of type differ in height
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """A line of text in a picture, or a piece of one between wide gaps, and how sure the model is of it (0 to 1).

    Lengths are pixels, to the right and downwards, of the picture turned upright; a skewed page is put straight.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float


@dataclass(frozen=True, slots=True)
class _Raw:
    """A line as the models find it: its text, and its corners, clockwise from where the text begins."""

    text: str
    corners: npt.NDArray[np.float64]
    score: float


def available() -> bool:
    """Whether text recognition is installed, and can be loaded."""
    try:
        import rapidocr  # noqa: F401
    except ImportError:
        return False
    return True


def recognise(picture: Picture) -> list[RecognisedLine]:
    """The lines of text in a picture, from top to bottom; empty where there is none."""
    with _LOCK:  # the models use several threads themselves
        lines = _upright(picture)
    return [_straight(line, angle) for angle in [_skew(lines)] for line in lines if line.score >= SURE]


def laid_out(lines: Sequence[RecognisedLine]) -> list[Line]:
    """Recognised lines as those of a page's layout, measured upwards (below zero).

    A box is as high as the letters that happen to be in it, so nearly equal heights are taken for one size of type.
    """
    usual = statistics.median([line.bottom - line.top for line in lines] or [0.0])
    found = []
    for line in lines:
        height = line.bottom - line.top
        size = usual if abs(height - usual) <= _SAME_SIZE * usual else height
        found.append(Line(line.text, line.left, -line.bottom, line.right, -line.top, -line.bottom, size))
    return found


def _upright(picture: Picture) -> list[_Raw]:
    """The lines of a picture, turned if it lies on its side or upside down; only what looks so is tried."""
    best = _lines(picture)
    # On the side, lines are higher than wide (and so are vertical ones, which are not better turned).
    on_side = _stands_on_side(best)
    if _mean_score(best) >= POOR and not on_side:
        return best
    for quarters in (1, 3) if on_side else (2,):
        turned = _lines(np.rot90(picture, quarters))
        if _mean_score(turned) >= POOR:
            return turned
        best = max(best, turned, key=_mean_score)
    return best


def _lines(picture: Picture) -> list[_Raw]:
    """What the models find in a picture as it lies."""
    found = _engine()(np.ascontiguousarray(picture[:, :, ::-1]))  # they take blue first
    if not found.txts:
        return []
    return [
        _Raw(" ".join(text.split()), np.asarray(corners, dtype=np.float64), float(score))
        for text, corners, score in zip(found.txts, found.boxes, found.scores, strict=True)
    ]


@cache
def _engine() -> Any:  # noqa: ANN401
    """The models, loaded once.

    Their files are named outright: left to itself, the library would fetch those that it does not find.
    """
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    models = {f"{task}.model_path": str(next(folder.glob(f"*_{task.lower()}_*.onnx"))) for task in ("Det", "Rec")}
    return rapidocr.RapidOCR(
        params={
            **models,
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.max_side_len": LONGEST_SIDE,
            "Global.text_score": 0.0,  # how well a page is read shows in the lines that are not
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        }
    )


def _mean_score(lines: Sequence[_Raw]) -> float:
    """The mean score of the characters of a page; 1 where there are none, because turning it brings none."""
    characters = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / characters if characters else 1.0


def _stands_on_side(lines: Sequence[_Raw]) -> bool:
    sizes = [np.ptp(line.corners, axis=0) for line in lines if len(line.text) > 1]
    return sum(1 if height > width else -1 for width, height in sizes) > 0


def _skew(lines: Sequence[_Raw]) -> float:
    """The angle (radians) by which the lines of a page fall to the right."""
    edges = [line.corners[1] - line.corners[0] for line in lines]
    return statistics.median([math.atan2(down, right) for right, down in edges if right > 0] or [0.0])


def _straight(line: _Raw, angle: float) -> RecognisedLine:
    """A line with its box, on a page turned back by an angle."""
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    corners = line.corners @ turn
    # Means, because a box that is not quite straight would reach into the lines beside it.
    left, right = corners[[0, 3], 0].mean(), corners[[1, 2], 0].mean()
    top, bottom = corners[[0, 1], 1].mean(), corners[[2, 3], 1].mean()
    return RecognisedLine(line.text, float(left), float(top), float(right), float(bottom), line.score)
