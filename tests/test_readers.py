"""Readers: bytes to canonical text, metadata and locators; and the folder that the bytes come from."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Library
from assistant.errors import SourcesMissing, UnreadableFile
from assistant.readers import Reading, plain, read, reader_version, reader_versions
from assistant.readers.folder import SourceFile, load, walk
from assistant.readers.kinds import by_content
from assistant.readers.metadata import from_mapping, interval, partial_date
from assistant.readers.pages.blocks import mend, words_of
from assistant.readers.text import Block, assemble, canonical, unwrap
from assistant.records import LocatorKind, Metadata, Source
from assistant.reports import Skipped

CORPUS = Path(__file__).parent / "corpus"
SECTION, PAGE, PARAGRAPH = LocatorKind.SECTION, LocatorKind.PAGE, LocatorKind.PARAGRAPH


def read_corpus(name: str) -> Reading:
    return read((CORPUS / name).read_bytes(), name)


def source_of(text: str, name: str = "a.md") -> Source:
    (source,) = read(text.encode("utf-8"), name).sources
    return source


def places(source: Source, kind: LocatorKind) -> list[tuple[str, str]]:
    """Each locator's label and the line that it stands at."""
    return [(place.label, source.text[place.start :].split("\n")[0]) for place in source.locators if place.kind is kind]


def assert_well_formed(source: Source) -> None:
    assert source.text == canonical(source.text)
    order = {LocatorKind.CHAPTER: 0, SECTION: 1, PARAGRAPH: 3}
    keys = [(place.start, order.get(place.kind, 2)) for place in source.locators]
    assert keys == sorted(keys)
    assert all(0 <= place.start < len(source.text) for place in source.locators)
    starts = [place.start for place in source.locators if place.kind in (SECTION, PARAGRAPH)]
    blocks = source.text.split("\n\n")
    assert starts == [sum(len(block) + 2 for block in blocks[:number]) for number in range(len(blocks))]
    number = 0
    for place in source.locators:
        if place.kind in (SECTION, LocatorKind.CHAPTER):
            number = 0
        elif place.kind is PARAGRAPH and not place.label.startswith(("footnote", "speaker notes")):
            number += 1
            assert place.label == str(number)


# Canonical text


@given(st.text())
def test_canonical_text_is_canonical_once_and_for_all(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert all(unicodedata.category(character) not in ("Cc", "Cs") for character in once if character not in "\n\t")
    assert "\n\n\n" not in once
    assert all(line == line.rstrip() for line in once.split("\n"))
    once.encode("utf-8")


def test_canonical_text_drops_what_is_not_seen() -> None:
    assert canonical("\ufeffco\u00adop\x00erate \t\r\n\r\n\r\n\u2028e\u00ad\u0301\r") == "cooperate\n\né"
    assert canonical("a\u2029b\x85c\ud800") == "a\n\nb\nc\ufffd"


def test_lines_are_joined_as_their_script_is_written() -> None:
    assert unwrap("six-party\n talks") == "six-party talks"
    assert unwrap("共同\n声明、\n採択") == "共同声明、採択"
    assert unwrap("공동\n성명") == "공동 성명"
    assert unwrap("😀\n😀") == "😀 😀"


PLACES = st.tuples(st.sampled_from([PAGE, LocatorKind.TIME, LocatorKind.ROW]), st.text(min_size=1, max_size=3))
BLOCKS = st.builds(
    Block,
    st.text(),
    level=st.integers(0, 6),
    places=st.lists(PLACES, max_size=2).map(tuple),
    label=st.sampled_from([None, "footnote 1"]),
    join=st.sampled_from([None, "", " "]),
)


@given(st.lists(BLOCKS))
def test_locators_are_sorted_in_range_and_numbered(blocks: list[Block]) -> None:
    text, locators = assemble(blocks)
    if text:
        assert_well_formed(Source("a.txt", text, Metadata(), "", locators))
    else:
        assert not locators


def test_a_page_without_text_has_no_place() -> None:
    text, locators = assemble(
        [
            Block("one", places=((LocatorKind.PAGE, "i"),)),
            Block(" ", places=((LocatorKind.PAGE, "ii"),)),
            Block("three", places=((LocatorKind.PAGE, "iii"),)),
        ]
    )
    assert text == "one\n\nthree"
    assert [(place.label, place.start) for place in locators if place.kind is PAGE] == [("i", 0), ("iii", 5)]


# Which reader


def test_the_suffix_chooses_the_reader() -> None:
    assert reader_version(b"# A", "deep/er/A.MD") in reader_versions()
    assert (reader_version(b"# A", "deep/er/A.MD") or "").startswith("markdown/")
    assert reader_version(b"words", "notes") is None
    with pytest.raises(UnreadableFile, match=r"^no reader for \.xyz files; convert it to \.pdf, "):
        read(b"x", "a.xyz")


def test_a_web_page_is_known_by_its_content_however_many_comments_come_first() -> None:
    comments = b"<!--saved--> \n" * 70
    assert by_content(comments + b"<!DOCTYPE html><p>x") == ".html"
    assert by_content(comments + b"no page") is None  # a search that goes back and forth would never end
    assert by_content(b"<!-- " * 250) is None


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.pdf"])
@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\n\n"])
def test_nothing_is_an_empty_file(name: str, data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"^empty file$"):
        read(data, name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", b"---\ntitle: Only this\n---\n"),
        ("a.txt", b"\xef\xbb\xbf \xc2\xa0"),
        ("a.txt", "\u00a0\n".encode("utf-16")),
        ("a.html", b"<html><head><title>T</title></head><body><script>x = 1</script></body></html>"),
    ],
)
def test_a_file_without_words_is_unreadable(name: str, data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"^no readable text in it$"):
        read(data, name)


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_what_is_not_text_is_refused(name: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^not text: it holds binary data"):
        read(bytes(range(256)) * 40, name)
    with pytest.raises(UnreadableFile, match=r"^not text: it holds binary data"):
        read(b"\x00\x01\x02\x03text" * 100, name)
    with pytest.raises(UnreadableFile, match=r"^not text but a compressed file"):
        read(b"\x1f\x8b\x08" + bytes(40), name)


PAGE_OF_WEB = (
    b"<!DOCTYPE html><html><body><main><p>The quay was closed for the whole of March.</p></main></body></html>"
)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.md", "memorandum.pdf", "named .md, but a PDF file: read as that"),
        ("a.docx", "memorandum.pdf", "named .docx, but a PDF file: read as that"),
        ("a", "memorandum.pdf", "named without a suffix, but a PDF file: read as that"),
        ("a.doc", PAGE_OF_WEB, "named .doc, but a web page: read as that"),
        ("a.txt", PAGE_OF_WEB, "named .txt, but a web page: read as that"),
        ("a.pdf", PAGE_OF_WEB, "named .pdf, but a web page: read as that"),
    ],
)
def test_the_content_decides_what_a_file_is(name: str, data: str | bytes, told: str) -> None:
    content = (CORPUS / data).read_bytes() if isinstance(data, str) else data
    right = "a.pdf" if isinstance(data, str) else "a.html"
    reading = read(content, name)
    assert reading.problems[0] == told
    assert reading.sources[0].text == read(content, right).sources[0].text
    assert reader_version(content, name) == reader_version(content, right)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.md", "<html>\n\n# A heading\n\nMarkdown may begin so.", "Markdown may begin so."),
        ("a.txt", "The marker %PDF-1.7 opens such a file.", "%PDF-1.7 opens"),
        ("a.txt", "WEBVTT is a format of subtitles.", "WEBVTT is"),
        ("a.html", "Content-Type: multipart/related\n\n<p>It says so.</p>", "It says so."),
    ],
)
def test_text_that_only_speaks_of_another_kind_is_what_its_name_says(name: str, text: str, words: str) -> None:
    reading = read(text.encode(), name)
    assert words in reading.sources[0].text
    assert not any("read as that" in problem for problem in reading.problems)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        (
            "a.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "an old Word, Excel or PowerPoint file; save it as",
        ),
        (
            "a.txt",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "an old Word, Excel or PowerPoint file; save it as",
        ),
        ("a.zip", b"PK\x03\x04" + bytes(60), "a ZIP archive; unpack it into the sources"),
        ("a.xyz", b"words", "no reader for .xyz files; convert it to "),
    ],
)
def test_what_has_no_reader_is_refused_with_the_remedy(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(data, name)
    assert str(caught.value).startswith(reason)


def test_a_reader_that_fails_leaves_one_file_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, source_id: str) -> Reading:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(plain, "read", fail)
    with pytest.raises(UnreadableFile) as caught:
        read(b"words", "a.txt")
    assert str(caught.value) == "its reader failed (ZeroDivisionError); please report it, with the file if you can"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_heavy_libraries_are_loaded_only_when_their_format_is_read() -> None:
    code = (
        "import sys; from assistant.readers import read, suffixes; read(b'x', 'a.txt'); suffixes();"
        "print(sorted({'lxml', 'markdown_it', 'pypdfium2', 'trafilatura', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_the_digest_is_that_of_the_bytes() -> None:
    assert source_of("x").digest == hashlib.blake2b(b"x", digest_size=16).hexdigest()


@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir() if path.name != "encrypted.pdf"))
def test_every_file_of_the_corpus_is_read_the_same_twice(name: str) -> None:
    reading = read_corpus(name)
    assert reading == read_corpus(name)
    for source in reading.sources:
        assert_well_formed(source)


# Plain text and encodings


def test_plain_text_keeps_its_lines() -> None:
    source = source_of("Title\n\n  first line\nsecond line  \n\n\n\nnext\n", "a.txt")
    assert source.text == "Title\n\n  first line\nsecond line\n\nnext"
    assert source.metadata.title is None
    assert places(source, PARAGRAPH) == [("1", "Title"), ("2", "  first line"), ("3", "next")]


@pytest.mark.parametrize(
    ("name", "words", "guess"),
    [
        ("latin-1.txt", "interrompues à Genève. Où était", "cp1252"),
        ("shift-jis.txt", "六者会合の共同声明は二〇〇五年九月十九日に採択された。", "cp932"),
        ("utf-16.txt", "Geneva.\nПереговоры завершились.", None),
    ],
)
def test_other_encodings(name: str, words: str, guess: str | None) -> None:
    reading = read_corpus(name)
    assert words in reading.sources[0].text
    expected = (f"not UTF-8: read as {guess}, a guess; save it as UTF-8 if letters look wrong",) if guess else ()
    assert reading.problems == expected


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "Der Vertrag über die Grenzen wurde geschlossen."),
        ("cp1252", "“Café” – naïve, Zürich"),
        ("mac_roman", "Les négociations ont été interrompues à Genève."),
        ("cp1250", "Smlouva byla podepsána v Praze. Příliš žluťoučký kůň."),
        ("cp1250", "Umowa została podpisana w Łodzi, a spór zakończył się."),
        ("cp1254", "Görüşmeler Ankara'da sona erdi, anlaşma imzalandı."),
        ("cp1257", "Derybos Ženevoje baigėsi be susitarimo, šalys išsiskyrė."),
        ("cp1251", "Переговоры завершились в Женеве без соглашения."),
        ("koi8_r", "Переговоры завершились в Женеве."),
        ("cp1253", "Οι συνομιλίες ολοκληρώθηκαν στη Γενεύη."),
        ("gb18030", "六方会谈第四轮会议通过了共同声明。"),
        ("big5", "六方會談第四輪會議通過了共同聲明。"),
        ("cp949", "제4차 6자회담은 공동성명을 채택하였다."),
        ("utf-16-le", "No mark, but NULs."),
        ("utf-16-be", "No mark, but NULs."),
        ("utf-8-sig", "Ein Zeichen für sich."),
        ("utf-32", "Four bytes a letter."),
    ],
)
def test_one_sentence_is_enough_to_tell_the_encoding(encoding: str, text: str) -> None:
    assert read(text.encode(encoding), "a.txt").sources[0].text == text


@pytest.mark.parametrize(
    ("data", "text", "wrong"),
    [
        (b"\xef\xbb\xbfGen\xe8ve, \xe2\x80 and \xff\xfe.", "Gen\ufffdve, \ufffd and \ufffd\ufffd.", 5),
        (b"\xef\xbb\xbfIt holds \xef\xbf\xbd and \xff.", "It holds \ufffd and \ufffd.", 1),
        (b"\xff\xfea\0b\0c", "ab\ufffd", 1),
        (b"\xfe\xff\0a\xd8\0\0b", "a\ufffdb", 2),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_bytes_that_are_not_text_are_told(name: str, data: bytes, text: str, wrong: int) -> None:
    reading = read(data, name)
    assert reading.sources[0].text == text
    told = f"some bytes are not text and were replaced by \ufffd: {wrong}; save it again as UTF-8"
    assert told in reading.problems


def test_a_mark_before_valid_text_is_no_problem() -> None:
    assert read("\ufeffGenève \ufffd".encode(), "a.txt").problems == ()


# Markdown


def test_markdown_is_what_its_reader_sees() -> None:
    source = read_corpus("harbour.md").sources[0]
    assert source.text == "\n\n".join(
        (
            "The harbour dispute",
            "The northern channel was closed on 2 May 1986, says the commission, and stayed closed for 90 days.\n"
            "The southern one was & is open. A chart of the port",
            "What was asked",
            "1. That the channel be opened.\n2. That the old tariff be published.\nevery year\nin both languages",
            "Neither side shall close the channel without notice.",
            "Year | Dues\n1988 | 2.4\n1989 | 3.1",
            "verbatim   *code*",
            "What was granted",
            "Nothing at first.",
            "Later everything.",
        )
    )
    titles = ["The harbour dispute", "What was asked", "What was granted"]
    assert places(source, SECTION) == [(title, title) for title in titles]
    assert [place.level for place in source.locators if place.kind is SECTION] == [1, 2, 3]


def test_front_matter_becomes_metadata() -> None:
    reading = read_corpus("harbour.md")
    assert reading.problems == ()
    assert reading.sources[0].metadata == Metadata(
        title="The harbour dispute, 1986-1990",
        authors=("Ada Lind", "Jo Berg"),
        publisher="Harbour Archive",
        issued="1991-05",
        covers="1986/1990-12",
        language="en",
        tags=("harbour", "dues"),
        references=(
            {
                "author": "Port Commission",
                "title": "Tariff of dues",
                "date": "1988",
                "url": "https://example.org/tariff",
            },
        ),
    )


def test_front_matter_fields_that_are_not_valid_are_dropped_and_told() -> None:
    text = "---\ntitle: T\nissued: next spring\ncovers: 2005/2004\nurl: javascript:alert(1)\nlanguage: no\n---\nBody.\n"
    reading = read(text.encode("utf-8"), "a.md")
    assert reading.sources[0].metadata == Metadata(title="T", language="no")
    assert reading.problems == (
        "issued is not usable and was left out: next spring (write 2005, 2005-09 or 2005-09-19)",
        "covers is not usable and was left out: 2005/2004",
        "url is not usable and was left out: javascript:alert(1)",
    )


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ('title: "no end', "line "),
        ("a: b\n c: d", "line 2: "),
        ("a: " + "[" * 5000, "nested too deeply"),
        (r'title: "\UFFFFFFFF"', "it holds a number or an escape that is out of range"),
    ],
)
def test_a_file_with_broken_front_matter_is_read_without_it(front: str, why: str) -> None:
    reading = read(f"---\n{front}\n---\n# Heading\n\nBody.\n".encode(), "a.md")
    assert reading.sources[0].text == "Heading\n\nBody."
    assert reading.sources[0].metadata == Metadata(title="Heading")
    assert len(reading.problems) == 1
    assert reading.problems[0].startswith(f"its front matter is broken and was left out: {why}")
    assert "\n" not in reading.problems[0]


@pytest.mark.parametrize("key", ["title", "issued", "tags", "references"])
def test_a_bomb_of_aliases_is_refused(key: str) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 30)]
    front = "\n".join(["l0: &l0 words", *levels, f"{key}: *l29"])
    reading = read(f"---\n{front}\n---\nBody.\n".encode(), "a.md")
    assert (reading.sources[0].text, reading.sources[0].metadata) == ("Body.", Metadata())
    assert reading.problems == (
        "its front matter is broken and was left out: line 2: an alias (*name) is not read; write it out",
    )


@pytest.mark.parametrize("before", [" ", "\n", " \n", "\t", "#\n", " # x\n"])
def test_what_begins_like_front_matter_is_soon_told_from_it(before: str) -> None:
    text = source_of("---\n" + before * 10_000 + "A centred title\n\nText.\n\n---\n\nMore").text
    assert text.endswith("A centred title\n\nText.\n\nMore")
    assert source_of("---\n" + before.strip(" \t") * 10_000 + "title: T\n---\nMore").metadata.title == "T"


def test_a_rule_is_not_front_matter() -> None:
    assert source_of("---\n\nWords between rules.\n\n---\n\nMore.\n").text == "Words between rules.\n\nMore."
    assert source_of("---\nNever closed.\n").text == "Never closed."
    assert source_of("---\r\ntitle: Windows\r\n---\r\nBody.\r\n").metadata.title == "Windows"


def test_the_first_heading_is_the_title_only_if_it_is_a_top_one() -> None:
    assert source_of("Intro.\n\n# *Real* title\n\nx").metadata.title == "Real title"
    assert source_of("## Part\n\n# Later\n\nx").metadata.title is None


def test_lists_quotes_and_html_in_markdown() -> None:
    assert source_of("- a\n- b\n\n  c\n- d").text == "a\n\nb\n\nc\n\nd"
    assert source_of("3) x\n4) y\n   1. z").text == "3) x\n4) y\n1. z"
    assert source_of("> one\n>\n> two\n\nthree").text == "one\n\ntwo\n\nthree"
    assert source_of("a<br>b <script>alert(1)</script>c &nbsp;&lt;d&gt;").text == "a\nb c \u00a0<d>"
    assert source_of("<script>\nx\n\ny</script>\n\nz").text == "z"
    assert source_of("<table><tr><td>1</td></tr><tr><td>2</td></tr></table>\n").text == "1\n2"
    assert source_of("![alt *text*][r] and [text][r]\n\n[r]: http://x.example").text == "alt text and text"
    assert source_of(r"\*not emphasis\* and snake_case_name").text == "*not emphasis* and snake_case_name"
    assert source_of("    code  *block*\n\n      goes on").text == "code  *block*\n\n  goes on"


@pytest.mark.parametrize(
    "address",
    [
        "http://xn--a.b",
        "http://xn--mnchen-3ya.example/caf%C3%A9?q=%20x%25#%C3%BC",
        "https://münchen.example/a[1]",
        "HTTP://Example.ORG",
        "someone@xn--mnchen-3ya.example",
        "mailto:some%20one@example.org",
    ],
)
def test_an_address_stands_as_it_was_written(address: str) -> None:
    assert source_of(f"See <{address}> there.").text == f"See {address} there."


WORD = st.text(st.characters(categories=["L"]), min_size=1, max_size=8).map(canonical).filter(bool)
MARKED = st.sampled_from(
    ["{}", "*{}*", "**{}**", "_{}_", "`{}`", "[{}](http://x.example)", "~~{}~~", "<b>{}</b>", "![{}](i.png)"]
)


@given(st.lists(st.tuples(WORD, MARKED), min_size=1), st.sampled_from(["", "# ", "- ", "> ", "7. "]))
def test_no_markup_is_left_in_markdown(words: list[tuple[str, str]], prefix: str) -> None:
    source = source_of(prefix + " ".join(mark.format(word) for word, mark in words))
    expected = ("7. " if prefix == "7. " else "") + " ".join(word for word, _ in words)
    assert source.text == canonical(expected)
    assert_well_formed(source)


@given(st.text())
def test_any_markdown_is_read_or_refused(text: str) -> None:
    try:
        reading = read(text.encode("utf-8", "replace"), "a.md")
    except UnreadableFile:
        return
    for source in reading.sources:
        assert_well_formed(source)


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_a_line_of_five_million_characters_is_read(name: str) -> None:
    words = 500_000
    assert source_of("long word " * words, name).text == ("long word " * words).rstrip()


# Metadata


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2005", "2005"),
        ("2005-9", "2005-09"),
        ("2005-09-19", "2005-09-19"),
        ("2005-09-19T10:00:00Z", "2005-09-19"),
        ("2004-02-29", "2004-02-29"),
        ("2005-02-29", None),
        ("2005-13", None),
        ("0000", None),
        ("19 September 2005", None),
        (2005, None),
    ],
)
def test_partial_dates(value: object, date: str | None) -> None:
    assert partial_date(value) == date


def test_intervals() -> None:
    assert interval("2005-9/2006") == "2005-09/2006"
    assert interval("2005-09/2005") == "2005-09/2005"
    assert interval("2005") == "2005"
    assert interval("2006/2005") is None
    assert interval("2005/2006/2007") is None
    assert interval("2005/soon") is None


def test_people_and_tags_come_in_several_shapes() -> None:
    fields = {"author": {"family": "Lind", "given": "Ada"}, "tags": "a, b,, a", "references": ["A title", {"x": "y"}]}
    assert from_mapping(fields) == (
        Metadata(
            authors=("Ada Lind",),
            tags=("a", "b"),
            references=({"title": "A title"},),
            csl={"author": [{"family": "Lind", "given": "Ada"}]},
        ),
        (),
    )
    metadata, problems = from_mapping({"authors": ["A", ["B"]], "tags": {"a": "b"}, "title": ["x"]})
    assert metadata == Metadata()
    assert len(problems) == 3


# Web pages


def test_a_web_page_is_its_main_text() -> None:
    reading = read_corpus("harbour.html")
    source = reading.sources[0]
    assert reading.problems == ()
    assert source.metadata == Metadata(
        title="Harbour reopened after ninety days",
        authors=("Ada Lind",),
        publisher="Port Gazette",
        issued="1986-07-31",
        url="https://example.org/harbour",
        language="en-GB",
    )
    assert [label for label, _ in places(source, SECTION)] == [
        "Harbour reopened after ninety days",
        "What the commission said",
    ]
    assert "No ship was turned away on the first day, the commission said." in source.text
    assert "The dues stay as they are until 1988.\nThe tariff is to be published every year." in source.text
    assert "Year | Dues in millions\n1988 | 2.4" in source.text
    for unwanted in ("secret", "injected", "color", "Subscribe", "small print"):
        assert unwanted not in source.text


def test_a_page_without_main_text_is_read_whole_and_told() -> None:
    reading = read(b"<title>T</title><p>Short <i>words</i>.<p>And more.<script>no()</script>", "a.html")
    assert reading.sources[0].text == "Short words.\n\nAnd more."
    assert reading.sources[0].metadata == Metadata(title="T")


def test_a_page_says_its_own_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>{}</p></body></html>'.format("“Genève”, sœur. " * 9)
    reading = read(page.encode("cp1252"), "a.html")
    assert reading.problems == ()
    assert reading.sources[0].text == ("“Genève”, sœur. " * 9).strip()


@pytest.mark.parametrize(
    "charset",
    [
        *("undefined", "idna", "punycode", "zlib", "rot13", "base64", "hex", "unicode_escape", "raw_unicode_escape"),
        *("utf-7", "utf-16", "utf-16le", "utf-32", "cp037", "no-such-thing", "x" * 500),
    ],
)
def test_a_page_may_declare_what_is_no_encoding_of_it(charset: str) -> None:
    words = r"Genève, été 1987: the path is C:\u0041\x41 +AGE-, they said. " * 8
    data = f'<html><head><meta charset="{charset}"></head><body><p>{words}</p></body></html>'.encode("cp1252")
    for page in (data, data + b" "):  # of even and of odd length
        reading = read(page, "a.html")
        assert reading.sources[0].text == words.strip()
        assert reading.problems == ("not UTF-8: read as cp1252, a guess; save it as UTF-8 if letters look wrong",)


@pytest.mark.parametrize(
    ("depth", "text", "told"),
    [(1500, "Before.\n\nDeep.\n\nAfter.", False), (3000, "Before.", True)],
)
def test_a_deeply_nested_page_is_read_as_far_as_it_goes(depth: int, text: str, told: bool) -> None:
    page = "<p>Before.</p>" + "<div>" * depth + "<p>Deep.</p>" + "</div>" * depth + "<p>After.</p>"
    reading = read(page.encode("utf-8"), "a.html")
    assert reading.sources[0].text == text
    assert ("nested too deeply or damaged: only its beginning was read" in reading.problems) is told


def test_metadata_of_a_page_is_declared_or_open() -> None:
    page = """<html><head><script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "S"},
    {"headline": "H", "datePublished": "2020-01-02", "author": [{"name": "Ada Lind"}], "publisher": {"name": "P"}}]}
    </script><script type="application/ld+json">{broken</script></head>
    <body><p>By John Doe, 3 March 2001. Copyright 1999 Example.</p></body></html>"""
    assert source_of(page, "a.html").metadata == Metadata(
        title="H", authors=("Ada Lind",), publisher="P", issued="2020-01-02"
    )
    bare = "<html><body><p>By John Doe, published on 3 March 2001.</p></body></html>"
    assert source_of(bare, "a.html").metadata == Metadata()


@given(st.text(st.sampled_from("<>/abip \n\"'=&;!-"), max_size=60))
def test_any_page_is_read_or_refused(page: str) -> None:
    try:
        reading = read(page.encode("utf-8"), "a.html")
    except UnreadableFile:
        return
    for source in reading.sources:
        assert_well_formed(source)


# PDF


def test_a_pdf_is_read_by_pages_and_paragraphs() -> None:
    reading = read_corpus("memorandum.pdf")
    source = reading.sources[0]
    assert reading.problems == ()
    assert source.metadata == Metadata(title="Memorandum on the Harbour Agreement")
    assert [label for label, _ in places(source, PAGE)] == ["1", "2"]
    assert places(source, PAGE)[1][1].startswith("On the second page the memorandum turns to money.")
    paragraphs = [line for _, line in places(source, PARAGRAPH)]
    assert len(paragraphs) == 5
    assert paragraphs[1] == (
        "The parties signed the agreement on 4 March 1987 after eleven months of talks. It obliges both sides to open"
        " the harbour to inspectors, to publish the tariff of dues every year, and to settle disputes by arbitration"
        " before any other step is taken."
    )
    assert paragraphs[4].startswith("A well-known objection")


def test_damaged_pdfs_are_refused() -> None:
    data = (CORPUS / "memorandum.pdf").read_bytes()
    with pytest.raises(UnreadableFile, match=r"^damaged: it cannot be opened"):
        read(data[:400], "a.pdf")
    with pytest.raises(UnreadableFile, match=r"^not a PDF file; give it the suffix"):
        read(b"just words", "a.pdf")


def test_a_pdf_without_text_is_refused() -> None:
    buffer = io.BytesIO()
    with pdfium.PdfDocument.new() as document:
        document.new_page(200, 200).close()
        document.save(buffer)
    with pytest.raises(UnreadableFile, match=r"^no readable text in it$"):
        read(buffer.getvalue(), "a.pdf")


def test_an_encrypted_pdf_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^encrypted; save a copy without a password$"):
        read((CORPUS / "encrypted.pdf").read_bytes(), "a.pdf")


def test_pages_have_their_printed_labels_and_a_title_is_one_that_is_printed() -> None:
    source = read_corpus("page-labels.pdf").sources[0]
    assert [label for label, _ in places(source, PAGE)] == ["iii", "17"]
    assert source.metadata == Metadata()


def small_pdf(title: bytes, label: bytes) -> bytes:
    """A PDF of one page, with a title and a page label as they are written in the file."""
    content = b"BT /F 12 Tf 20 100 Td (The Harbour Agreement) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/PageLabels<</Nums[0<</P %b>>]>>>>" % label,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title %b/Author %b>>" % (title, title),
    )
    body = b"".join(b"%d 0 obj%b\nendobj\n" % (number, item) for number, item in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Info 6 0 R/Size 7>>\n%%EOF\n"


@pytest.mark.parametrize("broken", [b"<FEFFD800>", b"<FEFFDC000041>", b"<FEFF0041D800>"])
def test_a_title_or_label_that_is_not_unicode_counts_as_missing(broken: bytes) -> None:
    good = b"(The Harbour Agreement)"
    for title, label, read_title, read_label in (
        (good, b"(iv)", "The Harbour Agreement", "iv"),
        (broken, b"(iv)", None, "iv"),
        (good, broken, "The Harbour Agreement", "1"),
    ):
        source = read(small_pdf(title, label), "a.pdf").sources[0]
        assert source.metadata == Metadata(title=read_title, authors=(read_title,) if read_title else ())
        assert places(source, PAGE) == [(read_label, "The Harbour Agreement")]


@pytest.mark.parametrize(
    ("lines", "document", "mended"),
    [
        ("the inspec\x02tors came", "", "the inspectors came"),
        ("the inspec-\ntors came", "", "the inspectors came"),
        ("a well-\nknown man", "it is well-known", "a well-known man"),
        ("the US-\nDPRK talks", "", "the US-DPRK talks"),
        ("pages 737\u2013\n9 say", "", "pages 737\u20139 say"),
        ("short-\nand long-term", "", "short- and long-term"),
        ("one -\ntwo", "", "one - two"),
    ],
)
def test_words_are_mended_at_line_ends(lines: str, document: str, mended: str) -> None:
    assert mend(lines, words_of(document)) == mended


# JSON Lines


def lines(*values: object) -> Reading:
    """What is read from these values, one a line; a string is a line as it stands."""
    written = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
    return read("\n".join(written).encode("utf-8"), "deep/a.jsonl")


def keys(reading: Reading) -> list[str]:
    assert all(source.id.startswith("deep/a.jsonl#") for source in reading.sources)
    return [source.id.removeprefix("deep/a.jsonl#") for source in reading.sources]


def test_a_line_is_a_source_by_its_id_or_its_number() -> None:
    reading = lines(
        {"_id": "d-1", "id": "other", "text": "one"},
        {"id": 42, "text": "two"},
        {"text": "three"},
        "",
        {"_id": "", "id": None, "text": "five"},
        {"_id": " spaced\nid ", "text": "six"},
    )
    assert keys(reading) == ["d-1", "42", "3", "5", "spaced id"]
    assert [source.text for source in reading.sources] == ["one", "two", "three", "five", "six"]
    assert reading.problems == ()


def test_fields_of_a_record_become_metadata() -> None:
    reading = lines(
        {"text": "Words.", "title": "A title", "author": "Ada Lind", "date": "1991-5", "tags": ["a", "b"], "more": {}},
        {"text": "Words.", "title": "B", "issued": "next spring", "url": "javascript:alert(1)"},
    )
    assert reading.sources[0].metadata == Metadata(
        title="A title", authors=("Ada Lind",), issued="1991-05", tags=("a", "b")
    )
    assert reading.sources[1].metadata == Metadata(title="B")
    assert reading.problems == (
        "line 2: issued is not usable and was left out: next spring (write 2005, 2005-09 or 2005-09-19)",
        "line 2: url is not usable and was left out: javascript:alert(1)",
    )


def test_paragraphs_of_a_record_have_their_places() -> None:
    (source,) = lines({"text": "First part.\r\n\r\nSecond\u2028part.  "}).sources
    assert source.text == "First part.\n\nSecond\npart."
    assert_well_formed(source)


def test_a_line_separator_inside_a_text_ends_no_record() -> None:
    reading = lines('{"_id": "a", "text": "one\u2028two\x85three"}\r', {"_id": "b", "text": "four"})
    assert keys(reading) == ["a", "b"]
    assert reading.problems == ()


def test_the_digest_of_every_record_is_that_of_the_file() -> None:
    data = b'{"text": "one"}\n{"text": "two"}\n'
    digests = [source.digest for source in read(data, "a.ndjson").sources]
    assert digests == [hashlib.blake2b(data, digest_size=16).hexdigest()] * 2


def test_lines_that_are_no_records_are_told_and_the_others_read() -> None:
    reading = lines({"text": "one"}, '{"text": "no end', [1], {"text": " \n"}, {"title": "T"}, {"text": "six"})
    assert keys(reading) == ["1", "6"]
    assert reading.problems == (
        "line 2 was left out: it is not JSON",
        "line 3 was left out: it is no object with a text",
        "line 4 was left out: its text is empty",
        "line 5 was left out: it is no object with a text",
    )


def test_of_two_records_with_one_id_the_first_is_read() -> None:
    reading = lines({"_id": "x", "text": "one"}, {"id": "x", "text": "two"}, {"_id": 3, "text": "three"})
    assert [(source.id[-1], source.text) for source in reading.sources] == [("x", "one"), ("3", "three")]
    assert reading.problems == ("line 2 was left out: the id x is there already",)


@pytest.mark.parametrize(("bad", "told", "more"), [(5, 5, ()), (6, 5, (1,)), (300, 5, (295,))])
def test_many_bad_lines_are_summarised(bad: int, told: int, more: tuple[int, ...]) -> None:
    reading = lines(*["{"] * bad, {"text": "good"})
    assert keys(reading) == [str(bad + 1)]
    assert reading.problems == (
        *(f"line {number} was left out: it is not JSON" for number in range(1, told + 1)),
        *(f"and {count} more lines like these" for count in more),
    )


def test_a_file_with_no_record_in_it_is_unreadable() -> None:
    with pytest.raises(UnreadableFile, match=r"^no readable text in it$"):
        lines("{", {"text": ""})
    with pytest.raises(UnreadableFile, match=r"^empty file$"):
        read(b" \n\n", "a.jsonl")


def test_a_line_that_is_nested_too_deeply_is_told() -> None:
    reading = lines('{"text": ' + "[" * 200_000, {"text": "two"})
    assert keys(reading) == ["2"]
    assert reading.problems == ("line 1 was left out: it is not JSON",)


def test_a_record_is_answered_from_and_cited(notes: Library) -> None:
    (notes.sources / "mills").mkdir()
    records = [
        {
            "_id": "wheel",
            "title": "The Brenner mill",
            "date": "1904",
            "text": "The wheel broke.\n\nA weaver bought it.",
        },
        {"_id": "press", "title": "The cider press", "text": "Two oxen turned the cider press until 1890."},
    ]
    (notes.sources / "mills" / "old.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n{\n", "utf-8")
    report = notes.rebuild()
    assert report.added == ("mills/old.jsonl#press", "mills/old.jsonl#wheel")
    assert any("line 3 was left out: it is not JSON" in str(problem) for problem in report.problems)
    answer = notes.ask("Which animals turned the cider press?")
    assert answer.found
    cited = answer.statements[0].citation
    assert (cited.source_id, cited.title) == ("mills/old.jsonl#press", "The cider press")
    assert notes.source(cited.source_id).text[cited.start : cited.end] == cited.quote == answer.statements[0].text
    second = notes.ask("Who bought the mill?", sources="mills/old.jsonl#wheel")
    assert {excerpt.citation.source_id for excerpt in second.excerpts} == {"mills/old.jsonl#wheel"}
    assert [statement.citation.locator for statement in second.statements][:1] == ["paragraph 2"]


# The folder


def found(root: Path) -> list[str]:
    return [entry.id for entry in walk(root) if isinstance(entry, SourceFile)]


def skipped(root: Path) -> dict[str, str]:
    return {entry.file: entry.reason for entry in walk(root) if isinstance(entry, Skipped)}


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Words.\n", encoding="utf-8")


def link(path: Path, target: Path | str) -> None:
    try:
        path.symlink_to(target)
    except OSError as error:  # Windows without the right to make links
        pytest.skip(f"no symbolic links here: {error}")


def test_folders_are_walked_in_order_and_ids_are_relative(tmp_path: Path) -> None:
    make(tmp_path, "b.md", "a/z.txt", "a/deep/er/x.html", "C.MD", "a..b.md", "it's “a” file 😀.md", "README.md")
    assert found(tmp_path) == [
        "C.MD",
        "README.md",
        "a/deep/er/x.html",
        "a/z.txt",
        "a..b.md",
        "b.md",
        "it's “a” file 😀.md",
    ]
    assert skipped(tmp_path) == {}
    assert all(entry.path.read_bytes() for entry in walk(tmp_path) if isinstance(entry, SourceFile))


def test_a_file_comes_with_its_sidecar(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf", "a.pdf.yaml", "b.md", "b.YML", "deep/c.txt", "deep/c.yaml", "d.md", "d.md.yml", "d.yaml")
    sidecars = {
        entry.id: entry.sidecar and entry.sidecar.name for entry in walk(tmp_path) if isinstance(entry, SourceFile)
    }
    assert sidecars == {"a.pdf": "a.pdf.yaml", "b.md": "b.YML", "deep/c.txt": "c.yaml", "d.md": "d.md.yml"}
    assert skipped(tmp_path) == {}


def test_what_describes_or_is_hidden_is_left_out_in_silence(tmp_path: Path) -> None:
    make(tmp_path, "a.pdf", "b.md", ".hidden.md", ".library/x.md", "library.json")
    make(tmp_path, "library.bib", "library.ris", "sub/questions.jsonl", "Thumbs.db", "desktop.ini")
    assert found(tmp_path) == ["a.pdf", "b.md"]
    assert skipped(tmp_path) == {}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    make(tmp_path, "a.xyz", "plain", "alone.yaml")
    reasons = skipped(tmp_path)
    assert found(tmp_path) == []
    assert reasons["a.xyz"].startswith("no reader for .xyz files; convert it to .pdf, ")
    assert reasons["plain"].startswith("no reader for files without a suffix; ")
    assert reasons["alone.yaml"].startswith("no reader for .yaml files; ")


def test_ids_are_in_one_unicode_form(tmp_path: Path) -> None:
    make(tmp_path, "Cafe\u0301/re\u0301sume\u0301.md")
    assert found(tmp_path) == ["Café/résumé.md"]
    make(tmp_path, "Café/résumé.md")
    if len(list(tmp_path.iterdir())) == 2:  # not where the file system takes both names for one
        assert found(tmp_path) == ["Café/résumé.md"]
        assert "another Unicode form" in skipped(tmp_path)["Café/résumé.md"]


def test_links_that_lead_out_are_told_and_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "sources"
    make(tmp_path, "sources/a.md", "outside/secret.md", "sources-2/near.md")
    link(root / "folder", tmp_path / "outside")
    link(root / "file.md", tmp_path / "outside" / "secret.md")
    link(root / "near", Path("..") / "sources-2")
    link(root / "up", "..")
    link(root / "gone.md", "nowhere.md")
    assert found(root) == ["a.md"]
    outside = "a link to a place outside the sources folder; copy the file or folder there instead"
    assert skipped(root) == {
        **dict.fromkeys(("folder", "file.md", "near", "up"), outside),
        "gone.md": "a link to nothing; remove it or mend it",
    }


def test_links_inside_are_not_read_twice_and_loops_end(tmp_path: Path) -> None:
    make(tmp_path, "real/a.md", ".store/b.md", ".store/more/c.md")
    link(tmp_path / "again", "real")
    link(tmp_path / "again.md", "real/a.md")
    link(tmp_path / "real" / "round", "..")
    link(tmp_path / "loop.md", "loop.md")
    link(tmp_path / "stored", ".store")
    link(tmp_path / "stored-again", ".store")
    link(tmp_path / ".store" / "more" / "back", "..")
    assert found(tmp_path) == ["real/a.md", "stored/b.md", "stored/more/c.md"]
    reasons = skipped(tmp_path)
    assert reasons["again"] == "a link to real, which is read there"
    assert reasons["again.md"] == "a link to real/a.md, which is read there"
    assert reasons["real/round"] == "a link to the sources folder itself"
    assert reasons["loop.md"].startswith("cannot be opened: ")


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    make(tmp_path, "real/sub/a.md")
    link(tmp_path / "sources", "real")
    assert found(tmp_path / "sources") == ["sub/a.md"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are always valid Unicode here")
def test_names_that_cannot_be_ids_are_told(tmp_path: Path) -> None:
    make(tmp_path, "two\nlines.md", os.fsdecode(b"latin-\xe9.md"), os.fsdecode(b"dir-\xe9/x.md"))
    assert found(tmp_path) == []
    assert skipped(tmp_path) == {
        "dir-?": "its name is not valid Unicode; rename it",
        "latin-?.md": "its name is not valid Unicode; rename it",
        "two?lines.md": "its name holds a control character; rename it",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert skipped(tmp_path) == {"pipe.md": "not a file or a folder; remove it from the sources"}


def test_a_missing_root_is_told(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    with pytest.raises(SourcesMissing, match="no such file or folder; check the path"):
        list(walk(tmp_path / "none"))
    with pytest.raises(SourcesMissing, match=r"a\.md: "):
        list(walk(tmp_path / "a.md"))
    with pytest.raises(UnreadableFile, match=r"^no such file or folder"):
        load(tmp_path / "gone.md")
    assert load(tmp_path / "a.md").strip() == b"Words."


def test_a_deep_folder_is_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(400 if sys.platform != "win32" else 20):
        folder = folder / "d"
    folder.mkdir(parents=True)
    make(folder, "a.md")
    assert len(found(tmp_path)) == 1


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from assistant import Library
from assistant.errors import SourcesMissing, UnreadableFile
from assistant.readers import suffixes
from assistant.readers.folder import load, walk
root = Path(sys.argv[1])
suffixes()  # loads the readers while their files may still be opened
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for entry in walk(root / "sources"):
    print(*entry[:1] if isinstance(entry, tuple) else (entry.file, entry.reason), sep=": ")
try:
    load(root / "sources" / "locked.md")
except UnreadableFile as error:
    print(error)
try:
    list(walk(root / "sources" / "locked"))
except SourcesMissing as error:
    print(str(error).rpartition("/")[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_what_may_not_be_opened_is_told() -> None:
    # Not pytest's own folder, which other users may not enter.
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        make(root, "sources/open.md", "sources/locked/x.md", "sources/locked.md")
        (root / "sources" / "locked").chmod(0)
        (root / "sources" / "locked.md").chmod(0)
        try:
            # Another process, because root may open everything and cannot take its rights back.
            done = subprocess.run(
                [sys.executable, "-c", UNPRIVILEGED, name], capture_output=True, encoding="utf-8", timeout=60
            )
        finally:
            (root / "sources" / "locked").chmod(0o700)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "locked: permission denied; make it readable",
        "locked.md",
        "open.md",
        "permission denied; make it readable",
        "locked: permission denied; make it readable",
    ]
