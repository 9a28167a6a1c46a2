"""A PDF document through PDFium: its pages as pieces of lines, its labels, outline, and what else is in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import UnreadableFile
from assistant.readers import working
from assistant.readers.pages.characters import Letters, letters, lines
from assistant.readers.pages.layout import Line
from assistant.readers.text import one_line

_LOCK = threading.Lock()  # PDFium must not be called from two threads at once
_GARBLED = 0.3  # share of characters without a Unicode value from which a page cannot be read
_STAMP = 25  # letters at most that may be a stamp on the picture of a page
_EDGE = 0.12  # of the height of a page, at its top and foot, where longer stamps are
_PICTURE = 0.5  # share of the page that such a picture covers
_INKED = 2.5  # times the ink above and below a line, in its middle
_INCH, _DOTS_PER_INCH, _MOST_PIXELS = 72, 250, 12_000_000
_OUTLINE = 20_000  # entries read at most: an outline may be an endless ring
_SHOWN_TYPES = (3, 20)  # annotations whose text is seen on the page: free text and the fields of forms


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is read.

    `lines` are its pieces of lines, a list for each direction of writing, that of most text first. `scan`: there is
    something on it, but no text. `garbled`: its letters have no Unicode values. `recognised`: read
    off a picture of it, which was for that turned to the left by so many quarters as `turned` says (None: it is not
    known by how much, or the picture was put straight): its lines are not where they are on the page.
    """

    label: str
    height: float = 0.0
    lines: tuple[tuple[Line, ...], ...] = ()
    vertical: bool = False
    damaged: bool = False
    scan: bool = False
    garbled: bool = False
    recognised: bool = False
    turned: int | None = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the outline: its title, its level from 1, and the page that it leads to, from 0."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class Document:
    """What is read from a file: its pages, its outline, its document information, and the names of files in it."""

    pages: list[Page]
    outline: list[Entry]
    title: str
    author: str
    attachments: list[str]


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """The open document, which no other thread uses.

    Raises:
        UnreadableFile: it is encrypted, damaged or no PDF.
    """
    import pypdfium2 as pdfium  # loads a native library

    with _LOCK:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if error.err_code in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY):
                raise UnreadableFile("encrypted; save a copy without a password") from error
            if b"%PDF-" not in data[:1024]:
                raise UnreadableFile("not a PDF file; give it the suffix of its kind") from error
            raise UnreadableFile("damaged: it cannot be opened; get or save it again") from error
        with closing(document):
            if document.get_formtype():
                document.init_forms()  # has the fields of forms drawn
            yield document


def load(data: bytes) -> Document:
    """Read a whole document.

    Raises:
        UnreadableFile: it cannot be opened.
    """
    with opened(data) as document:
        pages = []
        for index in range(len(document)):
            pages.append(read_page(document, index)[0])
            working()
        return Document(
            pages,
            list(_outline(document)),
            _string(document.get_metadata_value, "Title"),
            _string(document.get_metadata_value, "Author"),
            _attachments(document),
        )


@contextmanager
def open_page(document: Any, index: int) -> Iterator[tuple[Any, Letters]]:  # noqa: ANN401
    """A page and its characters, those in the fields of forms among them.

    Raises:
        pypdfium2.PdfiumError: it is damaged.
    """
    from pypdfium2 import raw

    with closing(document[index]) as page:
        annotations = range(raw.FPDFPage_GetAnnotCount(page.raw))
        shown = any(_annotation_type(page, number) in _SHOWN_TYPES for number in annotations)
        if not (shown and raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS):
            with closing(page.get_textpage()) as text_page:
                yield page, letters(page, text_page)
            return
    with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
        yield page, letters(page, text_page)


def _annotation_type(page: Any, number: int) -> int:  # noqa: ANN401
    """What kind of annotation this is."""
    from pypdfium2 import raw

    annotation = raw.FPDFPage_GetAnnot(page.raw, number)
    kind = raw.FPDFAnnot_GetSubtype(annotation) if annotation else raw.FPDF_ANNOT_UNKNOWN
    raw.FPDFPage_CloseAnnot(annotation)
    return int(kind)


def page_label(document: Any, index: int) -> str:  # noqa: ANN401
    """What the document calls a page; its number where it says nothing."""
    return one_line(_string(document.get_page_label, index)) or str(index + 1)


def read_page(document: Any, index: int) -> tuple[Page, Letters | None]:  # noqa: ANN401
    """Read one page: its lines, and the characters that they consist of if it is not damaged."""
    import pypdfium2 as pdfium

    label = page_label(document, index)
    try:
        with open_page(document, index) as (page, found):
            read = Page(label, page.get_height(), vertical=found.vertical)
            if found.garbled > _GARBLED or _is_mute(page, found):
                return recognised(page, replace(read, garbled=True)), found
            directions = lines(found)
            pieces = tuple(tuple(direction) for direction, _ in directions)
            read = replace(read, height=directions[0][1]) if directions else read
            count = sum(len(line.letters) for each in pieces for line in each)
            if count == 0 and next(page.get_objects(max_depth=1), None) is None:
                return read, found
            if count == 0 or (_is_stamp(read.height, pieces[0], count) and _covered(page) > _PICTURE):
                return recognised(page, replace(read, lines=pieces, scan=True)), found
            return replace(read, lines=pieces), found
    except pdfium.PdfiumError:
        return Page(label, damaged=True), None


def _is_stamp(height: float, pieces: tuple[Line, ...], count: int) -> bool:
    """Whether the only text may be a stamp on the picture of a page: very short, or all at its top and foot."""
    return count < _STAMP or all(not _EDGE * height < line.base < (1 - _EDGE) * height for line in pieces)


def _is_mute(page: Any, found: Letters) -> bool:  # noqa: ANN401
    """Whether most pieces of text on a page come to no character, as their font is missing or has no letters."""
    from pypdfium2 import raw

    if raw.FPDFPage_CountObjects(page.raw) < max(2 * len(found.text), _STAMP):
        return False
    texts = sum(1 for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1))
    return texts > max(2 * len(found.text), _STAMP)


def _covered(page: Any) -> float:  # noqa: ANN401
    """The share of a page that pictures cover."""
    from pypdfium2 import raw

    area = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = picture.get_bounds()
        area += (right - left) * (top - bottom)
    width, height = page.get_size()
    return float(area / max(width * height, 1.0))


def recognised(page: Any, read: Page) -> Page:  # noqa: ANN401
    """The page with the text that is recognised on a picture of it, if text recognition is installed."""
    from assistant.readers import recognition

    if not recognition.available():
        return read
    picture = _picture(page)
    found = recognition.laid_out(recognition.recognise(picture))
    if read.garbled and sum(len(line.text) for line in found) < _STAMP:
        return read  # its letters cannot be drawn either
    if not found:
        return replace(read, scan=False)
    height = page.get_height()
    scale = height / picture.shape[0]
    placed = [
        Line(
            line.text,
            scale * line.left,
            scale * line.bottom + height,
            scale * line.right,
            scale * line.top + height,
            scale * line.base + height,
            scale * line.size,
        )
        for line in found
    ]
    inked = [_inked(np.rot90(picture, quarters), found) for quarters in range(4)]
    turned = int(np.argmax(inked)) if max(inked) > _INKED else None
    lines = (tuple(placed),)
    return replace(read, lines=lines, height=height, recognised=True, turned=turned, scan=False, garbled=False)


def _inked(picture: NDArray[np.uint8], found: Sequence[Line]) -> float:
    """How surely lines stand where they are said to: the ink in their middle for that above and below."""
    dark = picture[:, :, 1] < (int(picture.min()) + int(picture.max())) / 2

    def ink(*bands: tuple[float, float]) -> float:
        """The share of dark points in bands of all lines, given in heights of a line from its top."""
        parts = [
            dark[
                max(int(-line.top + start * height), 0) : int(-line.top + end * height) + 1,
                int(line.left) : int(line.right),
            ]
            for line in found
            for height in [line.top - line.bottom]
            for start, end in bands
        ]
        return sum(int(part.sum()) for part in parts) / max(sum(part.size for part in parts), 1)

    middle, edges = ink((0.3, 0.7)), ink((-0.1, 0.1), (0.9, 1.1))
    return middle / max(edges, 1e-6)


def _picture(page: Any) -> NDArray[np.uint8]:  # noqa: ANN401
    """A page as red, green and blue values."""
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / _INCH, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    picture: NDArray[np.uint8] = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return picture


def _outline(document: Any) -> Iterator[Entry]:  # noqa: ANN401
    """The entries of the outline that lead to a page."""
    for bookmark in islice(document.get_toc(), _OUTLINE):
        title, goal = _string(bookmark.get_title), bookmark.get_dest()
        page = goal.get_index() if goal else None
        if title.strip() and page is not None:
            yield Entry(title, bookmark.level + 1, page)


def _attachments(document: Any) -> list[str]:  # noqa: ANN401
    """The names of the files that are embedded in a document."""
    files = (document.get_attachment(index) for index in range(document.count_attachments()))
    return [one_line(_string(file.get_name)) or "without a name" for file in files]


def _string(get: Callable[..., str], *key: str | int) -> str:
    """A string that a PDF holds beside its pages; empty, as where it is missing, if it is no valid UTF-16."""
    try:
        return get(*key)
    except UnicodeDecodeError:
        return ""
