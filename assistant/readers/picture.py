"""Pictures: the text that is recognised in them, of a TIFF file page by page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import UnreadableFile
from assistant.readers import Reading, working
from assistant.readers.pages.blocks import blocks
from assistant.readers.pages.layout import Paragraph, paragraphs
from assistant.readers.recognition import LONGEST_SIDE, Picture, available, laid_out, recognise
from assistant.readers.text import make_source
from assistant.records import Metadata

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
VERSION = 1
RECOGNISES = True
"""What is read here depends on whether text recognition is installed."""

LARGEST = 178_000_000
"""Pixels of a page; A0 at 300 dpi has 140 million, and Pillow opens none that is much larger."""
_TOO_LARGE = f"too large: more than {LARGEST // 10**6} million pixels; save it smaller"


def read(data: bytes, source_id: str) -> Reading:
    """Read the text in a picture.

    Raises:
        UnreadableFile: it is damaged or too large, has no text, or text recognition is not installed.
    """
    from PIL import Image, UnidentifiedImageError

    if not available():
        raise UnreadableFile("a picture; to have its text read, pip install 'assistant[ocr]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, and of pictures that are large, which is checked here
        try:
            picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF"))
        except Image.DecompressionBombError as error:
            raise UnreadableFile(_TOO_LARGE) from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise UnreadableFile("damaged: the picture cannot be opened; get or save it again") from error
        damaged: list[str] = []
        pages = list(_pages(picture, damaged))
    if not pages and damaged:
        raise UnreadableFile("damaged: the picture cannot be read; get or save it again")
    problems = ["text recognised in a picture: check quotations against it"]
    if damaged:
        problems.append(f"damaged pages left out: {', '.join(damaged)}")
    empty = [label for label, found in pages if not found]
    if len(empty) == len(pages):
        raise UnreadableFile("no text was recognised in the picture")
    if empty:
        problems.append(f"pages on which no text was recognised: {', '.join(empty)}")
    found = list(blocks([(label, 0, lines) for label, lines in pages], ()))
    if len(pages) + len(damaged) == 1:
        found = [replace(block, places=()) for block in found]
    return Reading((make_source(data, source_id, found, Metadata()),), tuple(problems))


def _pages(picture: Image, damaged: list[str]) -> Iterator[tuple[str, list[Paragraph]]]:
    """The number of each page, and the paragraphs recognised on it; those that are damaged are put into `damaged`."""
    # Other formats have only one that is meant to be seen; what else a JPEG file of some cameras has is previews.
    count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    for number in range(count):
        try:
            picture.seek(number)
            if picture.width * picture.height > LARGEST:
                raise UnreadableFile(_TOO_LARGE)
            pixels = _pixels(picture)
        except (OSError, ValueError, SyntaxError, EOFError):
            damaged.append(str(number + 1))
            continue
        yield str(number + 1), paragraphs(laid_out(recognise(pixels)))
        working()


def _pixels(picture: Image) -> Picture:
    """The picture as it is shown: turned as its metadata say, on white where it is transparent."""
    from PIL import Image, ImageOps

    shown = ImageOps.exif_transpose(picture)
    if shown.mode.startswith("I") or shown.mode == "F":  # more than 8 bits, which Pillow would cut off
        grey = np.asarray(shown, dtype=np.float64)
        shown = Image.fromarray((grey * (255 / max(grey.max(), 1))).astype(np.uint8))
    if shown.has_transparency_data:
        seen = shown.convert("RGBA")
        shown = Image.new("RGBA", seen.size, "white")
        shown.alpha_composite(seen)
    shown = shown.convert("RGB")
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # here, where it takes less memory
    return np.asarray(shown)
