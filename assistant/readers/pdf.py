"""PDF: the text of each page in the order of the file, its lines put together to paragraphs."""

from __future__ import annotations

import ctypes
import re
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.text import Block, canonical, make_source, one_line, unwrap
from assistant.records import LocatorKind, Metadata

SUFFIXES = (".pdf",)
VERSION = 1

_LOCK = threading.Lock()  # PDFium must not be called from two threads at once
_HYPHENS = "\x02\ufffe\u00ad"  # what PDFium gives for the hyphen of a word that goes on in the next line
_NO_PAIR = r"(?!(?:and|or|und|oder|et|ou|y|o)\b)"  # "short- and long-term" keeps hyphen and space
_BROKEN_WORD = re.compile(rf"([^\W\d_]+)(?:[{_HYPHENS}]\n?|[-\u2010]\n)(?={_NO_PAIR}([^\W\d_]+))")
_DASH_AT_END = re.compile(rf"(?<=\S)([-\u2010\u2013\u2014])\n(?={_NO_PAIR}\w)")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TITLE_PAGES = 3


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page; lengths are points, `base` is measured upwards from the foot of the page.

    `base` and `height` are those of its first character, `last_base` and `last_height` those of its last: they differ
    where bold letters lead in, and because PDFium runs a hyphenated line on into the next.
    """

    text: str
    left: float
    base: float
    height: float
    last_base: float
    last_height: float


def read(data: bytes, source_id: str) -> Reading:
    """Read a PDF. Its creation date is that of the file, so it is not taken for the date of the document.

    Raises:
        UnreadableFile: it is encrypted or damaged, or has no text.
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
            information = {key: _string(document.get_metadata_value, key) for key in ("Title", "Author")}
            pages = [_page(document, number) for number in range(len(document))]
    if not pages:
        raise UnreadableFile("damaged: it has no pages; get or save it again")
    problems = _problems(pages)
    if not any(page.paragraphs for page in pages):
        if all(page.damaged for page in pages):
            raise UnreadableFile("damaged: no page of it can be read; get or save it again")
        raise UnreadableFile("no text: it may be a scan; run text recognition (OCR) on it")
    return Reading((make_source(data, source_id, _blocks(pages), _metadata(information, pages)),), problems)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: its printed label, its paragraphs with line ends, and whether it has no text where there is something."""

    label: str
    paragraphs: list[str]
    damaged: bool = False
    pictures: bool = False


def _page(document: Any, index: int) -> _Page:  # noqa: ANN401
    """Read one page."""
    import pypdfium2 as pdfium

    label = one_line(_string(document.get_page_label, index)) or str(index + 1)
    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
            paragraphs = _paragraphs(list(_lines(text_page)))
            pictures = not paragraphs and next(page.get_objects(max_depth=1), None) is not None
            return _Page(label, paragraphs, pictures=pictures)
    except pdfium.PdfiumError:
        return _Page(label, [], damaged=True)


def _string(get: Callable[[Any], str], key: str | int) -> str:
    """A string that a PDF holds beside its pages; empty, as where it is missing, if it is no valid UTF-16."""
    try:
        return get(key)
    except UnicodeDecodeError:
        return ""


def _problems(pages: list[_Page]) -> tuple[str, ...]:
    """A line for the pages that are damaged, and one for those that have something on them, but no text."""
    damaged = ", ".join(page.label for page in pages if page.damaged)
    pictures = ", ".join(page.label for page in pages if page.pictures)
    return (
        *((f"damaged pages left out: {damaged}",) if damaged else ()),
        *((f"pages without text, which may be scans: {pictures}",) if pictures else ()),
    )


def _lines(text_page: Any) -> Iterator[_Line]:  # noqa: ANN401
    """The lines of a page that have something on them."""
    from pypdfium2 import raw

    characters: list[tuple[str, int]] = []
    for index in range(text_page.count_chars() + 1):
        code = raw.FPDFText_GetUnicode(text_page, index) if index < text_page.count_chars() else 10
        if code not in (10, 13):
            characters.append((chr(code) if code < 0x110000 else "\ufffd", index))
            continue
        seen = [index for character, index in characters if not character.isspace()]
        if seen:
            text = "".join(character for character, _ in characters)
            left, *first = _place(text_page, seen[0])
            _, *last = _place(text_page, seen[-1])
            yield _Line(text.strip(), left, *first, *last)
        characters = []


def _place(text_page: Any, index: int) -> tuple[float, float, float]:  # noqa: ANN401
    """A character's left edge, its base line and the height of its font."""
    from pypdfium2 import raw

    left, bottom, _, top = text_page.get_charbox(index, loose=True)
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return left, y.value, abs(top - bottom)


def _paragraphs(lines: list[_Line]) -> list[str]:
    """Lines put together to paragraphs; the line ends are still in them."""
    steps = [(one.last_base - two.base) / (two.height or 1.0) for one, two in pairwise(lines)]
    usual = statistics.median_low([step for step in steps if 0.6 < step < 3] or [1.0])
    paragraphs: list[list[str]] = []
    before: _Line | None = None
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else None
        beside = before is not None and abs(before.last_base - line.base) < 0.6 * max(before.last_height, line.height)
        if before is None or (not beside and _begins(before, line, after, usual)):
            paragraphs.append([])
        paragraphs[-1].append(line.text)
        if before is None or not beside or line.height > 0.8 * before.last_height:
            before = line  # but not the mark of a footnote: what follows goes on from the line that it stands in
    return ["\n".join(paragraph) for paragraph in paragraphs]


def _begins(before: _Line, line: _Line, after: _Line | None, usual: float) -> bool:
    """Whether a line begins a paragraph: a gap, a step up (a column), other letters, or a first line set in.

    `usual` is the page's step from line to line, in heights of a line.
    """
    step = before.last_base - line.base
    if step < 0 or step > 1.25 * usual * line.height:
        return True
    if abs(before.last_height - line.height) > 0.15 * max(before.last_height, line.height):
        return True
    indent = 0.8 * line.height
    return after is not None and line.left - before.left > indent and line.left - after.left > indent


def _blocks(pages: list[_Page]) -> Iterator[Block]:
    """The paragraphs of all pages, their words mended at line ends."""
    words = words_of("\n".join(paragraph for page in pages for paragraph in page.paragraphs))
    for page in pages:
        for number, paragraph in enumerate(page.paragraphs):
            yield Block(mend(paragraph, words), places=((LocatorKind.PAGE, page.label),) if number == 0 else ())


def words_of(text: str) -> set[str]:
    """The words of a text, hyphenated ones whole."""
    return set(_WORDS.findall(text))


def mend(paragraph: str, words: set[str]) -> str:
    """A paragraph on one line; a word broken at a line end is one again, with its hyphen if the document has it so."""

    def joined(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        hyphenated = f"{left}-{right}" in words and left + right not in words
        return left if right[0].islower() and not hyphenated else f"{left}-"

    text = _BROKEN_WORD.sub(joined, paragraph)
    return unwrap(_DASH_AT_END.sub(r"\1", re.sub(f"[{_HYPHENS}](?=\n?)", "-", text)))


def _metadata(information: dict[str, str], pages: list[_Page]) -> Metadata:
    """Title and author from the document information, if its first pages say the same.

    Programs and user accounts fill that information in, and what they fill in is seldom printed on the title page.
    """
    printed = _letters(" ".join(paragraph for page in pages[:_TITLE_PAGES] for paragraph in page.paragraphs))

    def confirmed(value: str) -> str | None:
        # One plain word can stand on a page by chance, and is more often a file's name than a title.
        plain_word = value.isascii() and " " not in value.strip()
        letters = _letters(value)
        return one_line(value) if letters and not plain_word and letters in printed else None

    author = confirmed(information["Author"])
    return Metadata(title=confirmed(information["Title"]), authors=(author,) if author else ())


def _letters(text: str) -> str:
    """Only the letters and digits, in one case: how a text is compared across layouts."""
    return "".join(filter(str.isalnum, canonical(text).casefold()))
