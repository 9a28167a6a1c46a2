"""PDF: the text of each page in reading order, its lines put together to paragraphs, its outline as headings."""

from __future__ import annotations

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.pages.blocks import blocks, letters_of
from assistant.readers.pages.document import Document, Page, load
from assistant.readers.pages.furniture import furniture
from assistant.readers.pages.layout import Paragraph, body_size, paragraphs
from assistant.readers.text import make_source, one_line
from assistant.records import Metadata

SUFFIXES = (".pdf",)
VERSION = 4
RECOGNISES = True
_TITLE_PAGES = 3
_UNSEEN = 0.25  # of the height of the type on a page: too small to be seen by a reader
_RECOGNITION = "pip install 'assistant[ocr]'"


def read(data: bytes, source_id: str) -> Reading:
    """Read a PDF. Its creation date is that of the file, so it is not taken for the date of the document.

    Raises:
        UnreadableFile: it is encrypted or damaged, or has no text.
    """
    document = load(data)
    pages = document.pages
    if not pages:
        raise UnreadableFile("damaged: it has no pages; get or save it again")
    if all(page.damaged for page in pages):
        raise UnreadableFile("damaged: no page of it can be read; get or save it again")
    texts = _paragraphs(document)
    if not any(texts):
        raise UnreadableFile(_nothing(pages))
    numbered = [(page.label, number, text) for number, (page, text) in enumerate(zip(pages, texts, strict=True), 1)]
    source = make_source(data, source_id, blocks(numbered, document.outline), _metadata(document, texts))
    return Reading((source,), _problems(document))


def _nothing(pages: list[Page]) -> str:
    """Why a file without any text cannot be read."""
    if any(page.garbled for page in pages):
        return "its letters cannot be read (no Unicode map); get or save it again as text"
    if any(page.scan for page in pages):
        return f"no text: it may be a scan; to have it read, {_RECOGNITION}"
    return "no readable text in it"


def _paragraphs(document: Document) -> list[list[Paragraph]]:
    """The paragraphs of each page, without running headers, footers and page numbers."""
    pages = document.pages
    main = [page.lines[0] if page.lines else () for page in pages]
    dropped = furniture(main, [page.height for page in pages], [page.label for page in pages])
    for entry in document.outline:
        dropped[entry.page] -= _named(pages[entry.page], dropped[entry.page], letters_of(entry.title))
    found = []
    for page, lines, drop in zip(pages, main, dropped, strict=True):
        unseen = _UNSEEN * body_size(lines)  # what programs leave in a file for themselves
        kept = [line for number, line in enumerate(lines) if number not in drop and line.size > unseen]
        if page.vertical:
            found.append([Paragraph(tuple(line)) for line in [kept, *page.lines[1:]] if line])
        else:
            found.append([each for direction in [kept, *page.lines[1:]] for each in paragraphs(direction)])
    return found


def _named(page: Page, dropped: set[int], title: str) -> set[int]:
    """Those at the top of a page that say the title of an entry of the outline, if nothing else on the page does."""
    same = {
        number
        for number in dropped
        if 2 * page.lines[0][number].base > page.height and letters_of(page.lines[0][number].text) == title
    }
    if not same:
        return same
    others = (line.text for number, line in enumerate(page.lines[0]) if number not in same)
    return set() if title in letters_of(" ".join(others)) else same


def _problems(document: Document) -> tuple[str, ...]:
    """A line for each kind of page that is not read or not surely, and one for the files in the document."""

    def told(message: str, pages: list[Page]) -> tuple[str, ...]:
        return (f"{message}{', '.join(page.label for page in pages)}",) if pages else ()

    pages = document.pages
    scans = told("pages without text, which may be scans: ", [page for page in pages if page.scan])
    return (
        *told("damaged pages left out: ", [page for page in pages if page.damaged]),
        *told("pages whose letters cannot be read (no Unicode map): ", [page for page in pages if page.garbled]),
        *(f"{line}; to have them read, {_RECOGNITION}" for line in scans),
        *told(
            "pages read by text recognition, check quotations against the page: ",
            [page for page in pages if page.recognised],
        ),
        *((f"files embedded in it are not read: {', '.join(document.attachments)}",) if document.attachments else ()),
    )


def _metadata(document: Document, texts: list[list[Paragraph]]) -> Metadata:
    """Title and author from the document information, if its first pages say the same.

    Programs and user accounts fill that information in, and what they fill in is seldom printed on the title page.
    """
    printed = letters_of(" ".join(each.text for paragraphs in texts[:_TITLE_PAGES] for each in paragraphs))

    def confirmed(value: str) -> str | None:
        # One plain word can stand on a page by chance, and is more often a file's name than a title.
        plain_word = value.isascii() and " " not in value.strip()
        letters = letters_of(value)
        return one_line(value) if letters and not plain_word and letters in printed else None

    author = confirmed(document.author)
    return Metadata(title=confirmed(document.title), authors=(author,) if author else ())
