"""A page of a PDF as it is shown: its picture, and where on it the words of a quotation stand."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass

from assistant.errors import UnreadableFile, UsageError
from assistant.readers.pages.boxes import boxes
from assistant.readers.pages.document import opened, page_label
from assistant.records import Source

MOST_PIXELS = 8_000_000
"""Of a picture: a page that is much higher than wide is drawn smaller than it was asked for."""
_FAST = 1  # of zlib's levels: the picture goes no farther than this computer


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a PNG file, its printed label (else its number), and how many pages the document has."""

    png: bytes
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a page, counted from 1; lengths are shares of the page's width and height, from its top left corner."""

    page: int
    left: float
    top: float
    width: float
    height: float


def draw(data: bytes, number: int, width: int) -> Picture:
    """Draws a page, counted from 1, `width` pixels wide: cut to its crop box and turned as the file says.

    Raises:
        UsageError: there is no such page.
        UnreadableFile: the file cannot be opened, or the page is damaged.
    """
    import pypdfium2 as pdfium

    with opened(data) as document:
        if not 1 <= number <= len(document):
            raise UsageError(f"there is no page {number}: it has {len(document)}")
        try:
            with closing(document[number - 1]) as page:
                across, up = (max(each, 1.0) for each in page.get_size())
                scale = min(width / across, (MOST_PIXELS / (across * up)) ** 0.5)
                picture = page.render(scale=scale, rev_byteorder=True).to_pil()
        except pdfium.PdfiumError as error:
            raise UnreadableFile("the page is damaged; get or save the file again") from error
        found = io.BytesIO()
        picture.save(found, "PNG", compress_level=_FAST)
        return Picture(found.getvalue(), page_label(document, number - 1), len(document))


def marks(data: bytes, source: Source, start: int, end: int) -> list[Mark]:
    """Where the words from `start` to `end` of a source's text stand on its pages; empty if they are not found there.

    Raises:
        ValueError, UnreadableFile: as `boxes`.
    """
    found = boxes(data, source, start, end)
    with opened(data) as document:
        sizes = {box.page: document.get_page_size(box.page) for box in found}
    marked = []
    for box in found:
        width, height = sizes[box.page]
        across, up = (box.right - box.left) / width, (box.top - box.bottom) / height
        marked.append(Mark(box.page + 1, box.left / width, 1 - box.top / height, across, up))
    return marked
