"""Every format, from the file to the answer: a question, the right words, the right place; and bad files beside it."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pytest
from conftest import Command

from assistant import Library
from assistant.reports import BuildReport

CORPUS = Path(__file__).parent / "corpus"
PAGE = """<!DOCTYPE html><html><head><title>The pier</title><meta name="author" content="Ines Aldous"></head><body>
<nav>Home News Contact</nav><main><h1>The pier</h1><h2>Its length</h2><p>The pier of Nordhaven is 640 metres long, and
its planks are of larch.</p></main><script>alert("no")</script></body></html>"""
WRITTEN = {
    "pier.html": PAGE,
    "saved.mhtml": "From: <Saved by Blink>\nSnapshot-Content-Location: https://pier.example/crane\nSubject: The crane\n"
    'MIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary="x"\n\n--x\n'
    "Content-Type: text/html; charset=utf-8\nContent-Location: https://pier.example/crane\n\n"
    + PAGE.replace("The pier of Nordhaven is 640 metres long", "The steam crane lifts nineteen tonnes")
    + "\n--x--\n",
    "letter.eml": "From: Ada Lind <ada@port.example>\nTo: Tom Reyl <tom@pilots.example>\nSubject: The bell buoy\n"
    "Date: Fri, 6 Nov 1987 09:30:00 +0000\nContent-Type: text/plain; charset=utf-8\n\nDear Tom,\n\nThe bell buoy off "
    "Gull Rock broke its chain in the gale and was found at Sandvik.\n",
    "talk.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ines Aldous>The foghorn was sounded\n\n"
    "00:00:04.000 --> 00:00:07.000\n<v Ines Aldous>by hand until the compressor came.\n",
    "film.srt": "1\n00:12:05,000 --> 00:12:08,000\nThe smugglers landed brandy\n\n2\n00:12:08,000 --> 00:12:11,000\n"
    "in the cove below the chapel.\n",
    "berths.csv": "Berth;Depth (m);Owner\nNorth;7.5;Port Office\nSouth;9.1;Ferry Company\n",
    "minutes.jsonl": '{"_id": "m7", "title": "Minutes of 7 May", "text": "The council raised the pilotage dues by a '
    'twelfth."}\n{"_id": "m8", "text": "The council adjourned."}\n',
    "notes.md": "# Ice\n\n## The winter of 1947\n\nThe harbour froze for eleven weeks, and sledges carried the mail.\n",
    "log.txt": "The keeper's log\n\nOn 9 April a whale was seen off the mole.\n",
}


class Asked(NamedTuple):
    """A question about one file, words that must be quoted, and where they stand."""

    file: str
    question: str
    words: str
    place: str


ASKED = [
    Asked("memorandum.pdf", "How large were the dues of 1989?", "those of 1989 to 3.1 million", "p. 2"),
    Asked("page-labels.pdf", "Who may not close the northern channel?", "Neither side shall close", "p. iii"),
    Asked(
        "harbour.docx", "How long is the breakwater?", "It is 412 metres long", "section “The breakwater”, paragraph 1"
    ),
    Asked("harbour.docx", "What did the breakwater cost?", "38,000 pounds", "section “The breakwater”, footnote 1"),
    Asked("harbour.odt", "Where do the pilots board?", "at the fairway buoy", "section “The pilots”, paragraph 1"),
    Asked("harbour.rtf", "Which ships are exempt?", "under 20 metres", "section “The pilots”, footnote 2"),
    Asked("lights.pptx", "When was the north light lit?", "It was lit in 1871.", "slide 2"),
    Asked("lights.pptx", "Why was the lamp moved in 1902?", "lamp was moved", "slide 2, speaker notes"),
    Asked("tides.xlsx", "How high was the tide of 1902-01-31?", "High (m): 4.1", "sheet “Tides”, row 4"),
    Asked("harbour.epub", "Where did the oil come from?", "came from Haven", "chapter “Oil and wick”, paragraph 1"),
    Asked("pier.html", "How long is the pier?", "is 640 metres long", "section “Its length”, paragraph 1"),
    Asked("saved.mhtml", "What does the steam crane lift?", "nineteen tonnes", "section “Its length”, paragraph 1"),
    Asked("letter.eml", "Where was the bell buoy found?", "found at Sandvik", "paragraph 2"),
    Asked("talk.vtt", "How was the foghorn sounded?", "sounded by hand", "00:00:01–00:00:04"),
    Asked("film.srt", "Where did the smugglers land brandy?", "in the cove below", "00:12:05–00:12:08"),
    Asked("berths.csv", "Who owns the berth South?", "Owner: Ferry Company", "row 3"),
    Asked("minutes.jsonl", "By how much were pilotage dues raised?", "by a twelfth", "paragraph 1"),
    Asked("notes.md", "How long did the harbour freeze?", "eleven weeks", "section “The winter of 1947”, paragraph 1"),
    Asked("log.txt", "When was a whale seen?", "On 9 April a whale was seen", "paragraph 2"),
]


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return file.getvalue()


def pdf_of(pages: int) -> bytes:
    """A PDF with so many empty pages."""
    document = pdfium.PdfDocument.new()
    for _ in range(pages):
        document.new_page(200, 200)
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def grown(data: bytes, size: int) -> bytes:
    """A ZIP file whose directory says that its first entry expands to `size` bytes."""
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Files that cannot be read, each with the beginning of the reason that the report must give."""
    memorandum, word = (CORPUS / "memorandum.pdf").read_bytes(), (CORPUS / "harbour.docx").read_bytes()
    epub, sheet = (CORPUS / "harbour.epub").read_bytes(), (CORPUS / "tides.xlsx").read_bytes()
    damaged = "damaged: it cannot be opened; get or save it again"
    return {
        "encrypted.pdf": ((CORPUS / "encrypted.pdf").read_bytes(), "encrypted; save a copy without a password"),
        "beheaded.pdf": (memorandum[3000:], "not a PDF file; "),
        "stub.pdf": (b"%PDF-1.7\n%%EOF\n", "damaged: "),
        "blank.pdf": (pdf_of(2), "no readable text in it"),
        "truncated.docx": (word[: len(word) // 2], damaged),
        "truncated.epub": (epub[: len(epub) // 2], damaged),
        "truncated.xlsx": (sheet[: len(sheet) // 2], damaged),
        "hollow.docx": (zipped({"word/document.xml": b"<"}), "damaged: "),
        "bomb.docx": (grown(word, 4_000_000_000), "a ZIP bomb or no document: it expands to "),
        "swarm.epub": (
            zipped({"mimetype": b"application/epub+zip", **{f"{number}": b"" for number in range(20_001)}}),
            "a ZIP bomb or no document: it holds 20,002 entries",
        ),
        "old.doc": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "an old Word, Excel or PowerPoint file; save it as",
        ),
        "secret.docx": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted; save a copy without a password",
        ),
        "folder.zip": (zipped({"a.txt": b"words"}), "a ZIP archive; unpack it into the sources"),
        "empty.csv": (b"", "empty file"),
        "rubbish.png": (b"\x89PNG\r\n\x1a\n rubbish", "damaged"),
    }


BAD = bad_files()


class Shelf(NamedTuple):
    """A library of every format, and what its build reported."""

    library: Library
    report: BuildReport


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("shelf")
    sources = folder / "sources"
    (sources / "bad").mkdir(parents=True)
    for name in {asked.file for asked in ASKED}:
        if name in WRITTEN:
            (sources / name).write_text(WRITTEN[name], "utf-8")
        else:
            shutil.copy(CORPUS / name, sources / name)
    for name, (data, _) in BAD.items():
        (sources / "bad" / name).write_bytes(data)
    library = Library(sources, folder / "index")
    return Shelf(library, library.rebuild())


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.file}: {asked.words}")
def test_a_question_about_a_file_is_answered_from_its_place(shelf: Shelf, asked: Asked) -> None:
    answer = shelf.library.ask(asked.question, sources=f"{asked.file}*")
    quoted = [statement for statement in answer.statements if asked.words in statement.text]
    assert [statement.citation.locator for statement in quoted][:1] == [asked.place]
    excerpt = next(excerpt for excerpt in answer.excerpts if asked.words in excerpt.text)
    source = shelf.library.source(excerpt.citation.source_id)
    assert source.text[excerpt.citation.start : excerpt.citation.end] == excerpt.text


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_left_out_with_its_reason(shelf: Shelf, name: str) -> None:
    (reason,) = [item.reason for item in shelf.report.skipped if item.file == f"bad/{name}"]
    assert reason.startswith(BAD[name][1])


def test_a_bad_file_costs_nothing_but_itself(shelf: Shelf, command: Command) -> None:
    assert {source_id.split("#")[0] for source_id in shelf.report.added} == {asked.file for asked in ASKED}
    assert command(shelf.library, "check").status == 0
    again = shelf.library.rebuild()
    assert (again.index_id, again.skipped) == (shelf.report.index_id, shelf.report.skipped)


def test_nothing_of_the_page_that_is_no_text_is_read(shelf: Shelf) -> None:
    assert [len(shelf.library.find(words)) for words in ("alert", "Home News Contact", "larch")] == [0, 0, 2]
