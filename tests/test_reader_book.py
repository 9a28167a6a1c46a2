"""EPUB books: documents in reading order, chapters, printed pages, and what must not be opened."""

import io
import zipfile
from pathlib import Path

import pytest

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import read
from assistant.readers.archive import MAX_EXPANDED
from assistant.records import LocatorKind, Metadata, Source

CORPUS = Path(__file__).parent / "corpus"
OPS = "http://www.idpf.org/2007/ops"
LAMP = "<h1>The lamp</h1><p>Lit in 1871.</p>"


def page(body: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="{OPS}">'
        f"<head><title/><script src='a.js'/></head><body>{body}</body></html>"
    )


def book(parts: dict[str, str], metadata: str = "", extra: dict[str, str | bytes] | None = None) -> bytes:
    """A book with these documents in their order; `nav.xhtml` is its navigation document."""
    items = "".join(
        f'<item id="i{number}" href="{name}" media-type="application/xhtml+xml"'
        + (' properties="nav"/>' if name == "nav.xhtml" else "/>")
        for number, name in enumerate(parts)
    )
    spine = "".join(f'<itemref idref="i{number}"/>' for number, name in enumerate(parts) if name != "nav.xhtml")
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:opf="http://www.idpf.org/2007/opf" version="3.0">'
        f"<metadata>{metadata}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    rootfile = '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        f"{rootfile}</rootfiles></container>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", container)
        if "OEBPS/book.opf" not in (extra or {}):
            archive.writestr("OEBPS/book.opf", package)
        for name, text in parts.items():
            if text:
                archive.writestr(f"OEBPS/{name.replace('%20', ' ')}", text)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def source_of(data: bytes) -> Source:
    (source,) = read(data, "a.epub").sources
    return source


def where(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


def labels(source: Source, kind: LocatorKind) -> list[str]:
    return [place.label for place in source.locators if place.kind is kind]


@pytest.mark.parametrize("name", ["harbour.epub", "harbour-2.epub"])
def test_a_book_of_either_version_is_read_by_chapters(name: str) -> None:
    """Both were made by pandoc: one with a navigation document, one with the older table of contents only."""
    reading = read((CORPUS / name).read_bytes(), name)
    (source,) = reading.sources
    assert reading.problems == ()
    assert source.metadata == Metadata(
        title="The harbour book",
        authors=("Ines Aldous", "Tom Reyl"),
        publisher="Port Press",
        issued="1987-05-02",
        language="en-GB",
    )
    assert source.text.replace("↩︎", "") == (  # the way back from a note, in the older book not marked as such
        "The harbour book\n\nInes Aldous\n\nTom Reyl\n\nPort Press\n\n1987-05-02\n\nThe lamp\n\n"
        "The lamp at Skarn Point was lit on 3 October 1871.¹ It burned rape oil, and the keeper trimmed it at "
        "midnight.\n\nOil and wick\n\nThe oil came from Haven in casks of forty gallons; a cask lasted nine nights.\n\n"
        "Year | Casks\n1871 | 41\n1872 | 44\n\nThe log gives the hour as half past six.\n\nThe dredger\n\n"
        "The Marabel cleared forty thousand tonnes of silt & sand. Her crew numbered twelve.\n\n"
        "She drew two metres.\nShe worked by night."
    )
    assert labels(source, LocatorKind.CHAPTER)[-3:] == ["The lamp", "Oil and wick", "The dredger"]
    assert where(source, "trimmed it at midnight") == "chapter “The lamp”, paragraph 1"
    assert where(source, "1872 | 44") == "chapter “Oil and wick”, paragraph 2"
    assert where(source, "She worked by night") == "chapter “The dredger”, paragraph 2"


def test_chapters_begin_where_the_contents_point_and_nested_ones_too() -> None:
    contents = """<nav epub:type="toc"><ol><li><a href="one%20two.xhtml">Part One</a><ol>
      <li><a href="one%20two.xhtml#b">Second <i>thing</i></a></li><li><a href="one%20two.xhtml#gone">Gone</a></li></ol>
      </li></ol></nav><nav epub:type="landmarks"><a href="one%20two.xhtml#c">Start</a></nav>"""
    data = book(
        {
            "one%20two.xhtml": page('<p>First words.</p><p>Before <a id="b"/>after.</p><p id="c">Last.</p>'),
            "nav.xhtml": page(contents),
        }
    )
    reading = read(data, "a.epub")
    (source,) = reading.sources
    assert source.text == "First words.\n\nBefore after.\n\nLast."
    assert labels(source, LocatorKind.CHAPTER) == ["Part One", "Second thing"]
    assert where(source, "Before") == "chapter “Part One”, paragraph 2"
    assert where(source, "after") == "chapter “Second thing”, paragraph 2"
    assert reading.problems == ("chapters or pages of its table of contents that are not found: Gone",)


def test_printed_pages_are_cited_and_their_numbers_are_no_text() -> None:
    body = """<p>Preface.</p><div><span epub:type="pagebreak" id="p1" title="1">1</span></div><h2>The pier</h2>
      <p>It was built in <span role="doc-pagebreak" aria-label=" Page 2. "/>1902, of gra<a id="p3">[3]</a>nite.</p>
      <table><tr><td>Year</td><td>Dues</td></tr><tr><td><a id="p4"/>1902</td><td>12</td></tr></table>
      <p epub:type="pagebreak">Not a number at all, but a sentence that somebody marked wrongly.</p>"""
    pages = '<nav epub:type="page-list" hidden=""><a href="a.xhtml#p3">3</a><a href="a.xhtml#p4">iv</a></nav>'
    source = source_of(book({"a.xhtml": page(body), "nav.xhtml": page(pages)}))
    assert source.text == (
        "Preface.\n\nThe pier\n\nIt was built in 1902, of granite.\n\nYear | Dues\n1902 | 12\n\n"
        "Not a number at all, but a sentence that somebody marked wrongly."
    )
    assert labels(source, LocatorKind.PAGE) == ["1", "2", "3", "iv"]
    assert where(source, "Preface") == "paragraph 1"
    assert where(source, "The pier") == "p. 1"
    assert where(source, "1902, of gra") == "p. 2"
    assert where(source, "built in 1902, of granite") == "pp. 1–3"
    assert where(source, "1902 | 12") == "p. iv"
    assert labels(source, LocatorKind.PARAGRAPH) == ["1", "1", "2", "3"]


def test_documents_stand_in_reading_order_and_what_is_missing_is_told() -> None:
    data = book(
        {"z.xhtml": page("<p>One.</p>"), "gone.xhtml": "", "../../a.xhtml": "", "b.xhtml": page("<p>Two.</p>")},
        extra={"OEBPS/unlisted.xhtml": page("<p>Not in the book.</p>")},
    )
    reading = read(data, "a.epub")
    assert reading.sources[0].text == "One.\n\nTwo."
    assert reading.problems == ("parts that are missing, damaged or no text: OEBPS/gone.xhtml, ../a.xhtml",)


def test_a_link_cannot_leave_the_book(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xhtml"
    secret.write_text("<p>secret</p>")
    reading = read(book({"a.xhtml": page("<p>Words.</p>"), str(secret): "", "../" * 9 + "etc/passwd": ""}), "a.epub")
    assert reading.sources[0].text == "Words."
    assert "secret.xhtml" in reading.problems[0]


def test_xhtml_is_read_as_reading_programs_do() -> None:
    body = """<p>Tea&nbsp;&amp;&#160;rum &unknown; a < b<br/>line two</p><p>Unclosed <i>words
      <p><![CDATA[1 < 2 & 3]]></p>
      <nav><a href="x">menu</a></nav><img src="a.png" alt="A lamp"/><script>no()</script><style>p {}</style>
      <svg><title>tip</title><text><tspan y="1">Drawn</tspan><tspan y="2">words</tspan></text></svg>
      <p>灯<ruby>台<rt>だい</rt></ruby>は CO<sub>2</sub> and 10<sup>6</sup>, the 2<sup>nd</sup>.</p>"""
    source = source_of(book({"a.xhtml": page(body, "<!DOCTYPE html>")}))
    assert source.text == (
        "Tea\xa0&\xa0rum &unknown; a < b\nline two\n\nUnclosed words\n\n1 < 2 & 3\n\nDrawn words\n\n"
        "灯台は CO₂ and 10⁶, the 2nd."
    )


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE html [<!ENTITY l0 "ha">{laughs}<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    data = book({"a.xhtml": page("<p>Before &l11; &x; after.</p>", head)}, "<dc:title>T</dc:title>")
    assert source_of(data).text == "Before &l11; &x; after."
    package = f'{head}<package xmlns="http://www.idpf.org/2007/opf"><metadata>&l11;&x;</metadata></package>'
    with pytest.raises(UnreadableFile, match=r"^no text in it"):
        read(book({}, extra={"OEBPS/book.opf": package}), "a.epub")


def test_the_date_is_that_of_publication() -> None:
    metadata = """<dc:title> The\n book </dc:title><dc:title>Subtitle</dc:title><dc:creator>Ada Lind</dc:creator>
      <dc:date opf:event="modification">2020-01-01</dc:date><dc:date opf:event="publication">1998-03</dc:date>
      <dc:language>zh_TW</dc:language><meta property="dcterms:modified">2021-01-01T00:00:00Z</meta>"""
    assert source_of(book({"a.xhtml": page(LAMP)}, metadata)).metadata == Metadata(
        title="The book", authors=("Ada Lind",), issued="1998-03", language="zh-TW"
    )
    modified = '<dc:date opf:event="modification">2020-01-01</dc:date>'
    assert source_of(book({"a.xhtml": page(LAMP)}, modified)).metadata == Metadata()


@pytest.mark.parametrize(
    "creator",
    [
        '<dc:creator opf:file-as="Melville, Herman">Herman Melville</dc:creator>',
        '<dc:creator id="c">Herman Melville</dc:creator><meta refines="#c" property="file-as">Melville, Herman</meta>',
    ],
)
def test_a_name_is_in_parts_where_the_book_sorts_by_them(creator: str) -> None:
    identifier = "<dc:identifier>urn:isbn:9780306406157</dc:identifier>"
    known = source_of(book({"a.xhtml": page(LAMP)}, creator + identifier)).metadata
    assert known.authors == ("Herman Melville",)
    assert known.csl == {"ISBN": "9780306406157", "author": [{"family": "Melville", "given": "Herman"}]}
    pen_name = '<dc:creator opf:file-as="Clemens, Samuel">Mark Twain</dc:creator>'
    known = source_of(book({"a.xhtml": page(LAMP)}, pen_name + "<dc:identifier>4711</dc:identifier>")).metadata
    assert (known.authors, known.csl) == (("Mark Twain",), {})


def encryption(algorithm: str) -> dict[str, str | bytes]:
    method = f'<EncryptionMethod xmlns="http://www.w3.org/2001/04/xmlenc#" Algorithm="{algorithm}"/>'
    return {"META-INF/encryption.xml": f"<encryption><EncryptedData>{method}</EncryptedData></encryption>"}


def test_a_protected_book_is_refused_but_not_one_with_obfuscated_fonts() -> None:
    protected = book({"a.xhtml": page(LAMP)}, extra=encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc"))
    with pytest.raises(UnreadableFile, match=r"^protected \(DRM\): .*"):
        read(protected, "a.epub")
    fonts = book({"a.xhtml": page(LAMP)}, extra=encryption("http://www.idpf.org/2008/embedding"))
    assert read(fonts, "a.epub").sources[0].text == "The lamp\n\nLit in 1871."


def test_damaged_books_are_refused() -> None:
    whole = (CORPUS / "harbour.epub").read_bytes()
    with pytest.raises(UnreadableFile, match=r"^damaged: it cannot be opened; get or save it again$"):
        read(whole[: len(whole) // 2], "a.epub")
    bare = io.BytesIO()
    with zipfile.ZipFile(bare, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    with pytest.raises(UnreadableFile, match=r"^damaged: the list of its parts is missing; get or save it again$"):
        read(bare.getvalue(), "a.epub")
    with pytest.raises(UnreadableFile, match=r"^no text in it: its pages may be pictures$"):
        read(book({"a.xhtml": page('<img src="a.png"/>')}), "a.epub")


def test_a_damaged_document_costs_only_itself() -> None:
    data = bytearray(book({"a.xhtml": page("<p>One.</p>" * 50), "b.xhtml": page("<p>Two.</p>")}))
    at = data.index(b"OEBPS/a.xhtml") + len("OEBPS/a.xhtml") + 20
    data[at : at + 8] = b"\xff" * 8
    reading = read(bytes(data), "a.epub")
    assert reading.sources[0].text == "Two."
    assert reading.problems == ("parts that are missing, damaged or no text: OEBPS/a.xhtml",)


def test_a_broken_table_of_contents_costs_only_the_names_of_chapters() -> None:
    data = book({"a.xhtml": page(LAMP), "nav.xhtml": ""}, extra={"OEBPS/nav.xhtml": b"\x00\x01\x02\x03" * 40})
    reading = read(data, "a.epub")
    assert where(reading.sources[0], "Lit in") == "section “The lamp”, paragraph 1"
    assert reading.problems[0].startswith("its table of contents cannot be read")


def test_a_bomb_is_refused() -> None:
    whole = book({"a.xhtml": page(LAMP), "b.xhtml": page("<p>Two.</p>")})
    start = whole.index(b"PK\x01\x02")
    directory = bytearray(whole[start:])
    at = directory.index(b"OEBPS/b.xhtml") - 46 + 24  # the expanded size of that entry
    directory[at : at + 4] = (MAX_EXPANDED + 1).to_bytes(4, "little")
    with pytest.raises(UnreadableFile, match="ZIP bomb"):
        read(whole[:start] + bytes(directory), "a.epub")


def test_another_encoding_is_declared() -> None:
    text = page("<p>Genève, l’été.</p>").replace("utf-8", "windows-1252").encode("cp1252")
    reading = read(book({"a.xhtml": ""}, extra={"OEBPS/a.xhtml": text}), "a.epub")
    assert reading.sources[0].text == "Genève, l’été."
    assert reading.problems == ()
