"""Filling in what is known of a source: the sidecar that a person wrote is never damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Library
from assistant.describing import _filled_in, _wanted
from assistant.errors import UsageError
from assistant.readers.isolated import Isolated
from assistant.readers.metadata import from_mapping, parse

FILLED = {
    "title": 'The "orchard": a book',
    "authors": "Aldous, Ines\nPort Office; Brandt, Tove",
    "publisher": "Orchard & Sons # 2",
    "issued": "2018-05",
    "url": "https://example.org/bees#top",
    "tags": "bees, honey",
    "language": "no",
    "type": "report",
    "number": "0012",
    "DOI": "https://doi.org/10.1000/xyz",
}


def write(library: Library, name: str, text: str) -> Path:
    path = library.sources / name
    path.write_bytes(text.encode("utf-8"))
    return path


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def test_a_source_gets_a_sidecar_that_a_rebuild_reads_and_nothing_else(
    notes: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = notes.index_id
    assert notes.describe("bees.txt", FILLED) == "bees.txt.yaml"
    assert notes.outdated() == ["bees.txt"]
    read: list[str] = []
    reading = Isolated.read

    def count(reader: Isolated, data: bytes, source_id: str) -> object:
        read.append(source_id)
        return reading(reader, data, source_id)

    monkeypatch.setattr(Isolated, "read", count)
    report = notes.rebuild()
    assert (read, report.changed, report.problems) == ([], ("bees.txt",), ())
    assert notes.index_id != before
    known = notes.source("bees.txt").metadata
    assert (known.title, known.publisher, known.issued) == ('The "orchard": a book', "Orchard & Sons # 2", "2018-05")
    assert known.authors == ("Ines Aldous", "Port Office", "Tove Brandt")
    assert known.csl["author"][0] == {"family": "Aldous", "given": "Ines"}
    assert (known.url, known.tags, known.language) == ("https://example.org/bees#top", ("bees", "honey"), "no")
    assert (known.type, known.csl["number"], known.csl["DOI"]) == ("report", "0012", "10.1000/xyz")
    assert (notes.outdated(), notes.check().ok) == ([], True)
    assert [path.name for path in notes.sources.iterdir() if path.name.startswith(".")] == []


def test_a_sidecar_that_is_there_keeps_every_other_byte(notes: Library) -> None:
    written = (
        "# by hand\r\ntitle: Bees   # short\r\nauthor: [Somebody]\r\ntags:\r\nurl: https://example.org/a#b # where\r\n"
    )
    path = write(notes, "bees.yaml", written)
    values = {
        "title": "Bees",
        "authors": "Aldous, Ines",
        "tags": "honey",
        "url": "https://example.org/c",
        "type": "book",
    }
    assert notes.describe("bees.txt", values) == "bees.yaml"
    assert text_of(path) == (
        '# by hand\r\ntitle: Bees   # short\r\nauthor: ["Aldous, Ines"]\r\ntags: ["honey"]\r\n'
        'url: "https://example.org/c" # where\r\ntype: "book"\r\n'
    )


@pytest.mark.parametrize(
    ("written", "values", "expected"),
    [
        ("", {"title": "A"}, 'title: "A"\n'),
        ("# nothing yet", {"title": "A"}, '# nothing yet\ntitle: "A"\n'),
        ("title: B", {"issued": "2005"}, 'title: B\nissued: "2005"\n'),
        ("\ufefftitle: B\n", {"issued": "2005"}, '\ufefftitle: B\nissued: "2005"\n'),
        ("date: 2004\n", {"issued": "2005"}, 'date: "2005"\n'),
        ("issued: someday\n", {"issued": "2005"}, 'issued: "2005"\n'),
        ("doi: 10.1000/a\n", {"DOI": "10.1000/b"}, 'doi: "10.1000/b"\n'),
        ("authors:\n- A\n- B\n# end\n", {"authors": "C"}, 'authors: ["C"]\n# end\n'),
        ("authors:\n  - family: A\n    given: B\ntitle: T\n", {"authors": "C"}, 'authors: ["C"]\ntitle: T\n'),
        ("title: a title\n  on two lines\ntype: book\n", {"title": "A"}, 'title: "A"\ntype: book\n'),
        ("  title: B\n  type: book\n", {"issued": "2005"}, '  title: B\n  type: book\n  issued: "2005"\n'),
        ("---\ntitle: 'B''s'\n", {"title": "A"}, '---\ntitle: "A"\n'),
        ("publisher: |\n  P\n", {"title": "A"}, 'publisher: |\n  P\ntitle: "A"\n'),
        ("publisher: |+\n  P\n\n", {"title": "A"}, 'publisher: |+\n  P\n\ntitle: "A"\n'),
        ("tags: [a, b]\n", {"tags": "a,b"}, "tags: [a, b]\n"),
        ("title: B\n", {"title": " ", "type": "book"}, 'title: B\ntype: "book"\n'),
        ("misspelt: x\n", {"title": "😀\u2028é"}, 'misspelt: x\ntitle: "😀 é"\n'),
    ],
)
def test_only_what_is_new_changes(notes: Library, written: str, values: dict[str, str], expected: str) -> None:
    path = write(notes, "bees.txt.yaml", written)
    notes.describe("bees.txt", values)
    assert text_of(path) == expected
    seen = path.stat().st_mtime_ns
    notes.describe("bees.txt", values)  # once more changes nothing
    assert (text_of(path), path.stat().st_mtime_ns) == (expected, seen)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{title: B}\n", "bees.txt.yaml is written in a way that cannot be changed safely: edit it by hand"),
        ("title: B\n...\n", "bees.txt.yaml is written in a way that cannot be changed safely: edit it by hand"),
        ("publisher: |\n  P", "bees.txt.yaml is written in a way that cannot be changed safely"),
        ("authors:\n- A # the first\n- B\n", "bees.txt.yaml has authors in a form that cannot be changed safely"),
        ("authors: # all\n- A\n", "bees.txt.yaml has authors in a form that cannot be changed safely"),
        ("title: >\n  B\n", "bees.txt.yaml has title in a form that cannot be changed safely: edit it by hand"),
        ("author: A\nauthors: B\n", "bees.txt.yaml names authors more than once: edit it by hand"),
        ("title: B\ntitle: C\n", "bees.txt.yaml names title more than once: edit it by hand"),
        ("title: [broken\n", "bees.txt.yaml is broken (line 2: "),
        ("- a\n- b\n", "bees.txt.yaml is broken (no list of fields): mend it by hand"),
        ("title: &a B\npublisher: *a\n", "bees.txt.yaml is broken (line 2: an alias"),
    ],
)
def test_what_cannot_be_changed_safely_is_left_to_a_person(notes: Library, written: str, reason: str) -> None:
    path = write(notes, "bees.txt.yaml", written)
    with pytest.raises(UsageError) as raised:
        notes.describe("bees.txt", {"title": "A", "authors": "Aldous, Ines", "issued": "2005"})
    assert str(raised.value).startswith(reason) and "\n" not in str(raised.value)
    assert text_of(path) == written
    assert sorted(path.name for path in notes.sources.iterdir()) == sorted(
        ["bees.txt", "bees.txt.yaml", "harbour.md", "lighthouse.md"]
    )


def test_a_sidecar_in_another_encoding_is_left_to_a_person(notes: Library) -> None:
    path = notes.sources / "bees.yaml"
    path.write_bytes("title: Źródło\n".encode("utf-16"))
    with pytest.raises(UsageError, match=r"^bees.yaml is not UTF-8: edit it by hand$"):
        notes.describe("bees.txt", {"title": "A"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"issued": "someday"}, "issued is not usable: someday (write 2005, 2005-09 or 2005-09-19)"),
        ({"issued": "2005-02-30"}, "issued is not usable: 2005-02-30 (write"),
        ({"url": "javascript:alert(1)"}, "url is not usable: javascript:alert(1)"),
        ({"language": "English, mostly"}, "language is not usable"),
        ({"type": "novel"}, "type is not usable: novel (it must be a type of CSL"),
        ({"title": "A", "../publishr\n": "B"}, "there is no field '../publishr': "),
        ({"title": "null"}, "title is not usable: null"),
        ({"DOI": "12"}, "DOI is not usable: 12"),
        ({"references": "A book"}, "references is not usable"),
        ({"author": "A", "authors": "B"}, "authors is given twice"),
        ({"title": " \n", "tags": " , "}, "there is nothing to fill in"),
        ({}, "there is nothing to fill in"),
        ({"title": "x" * 1_000_001}, "bees.txt.yaml would be too large"),
    ],
)
def test_values_that_a_sidecar_cannot_have_are_refused(notes: Library, values: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError) as raised:
        notes.describe("bees.txt", {"publisher": "Orchard", **values} if values and "tags" not in values else values)
    assert str(raised.value).startswith(reason) and "\n" not in str(raised.value)
    assert not (notes.sources / "bees.txt.yaml").exists()


def test_a_sidecar_that_others_share_is_left_to_a_person(notes: Library) -> None:
    path = write(notes, "harbour.yaml", "publisher: Harbour Board\n")
    write(notes, "harbour.txt", "The harbour has one crane.")
    with pytest.raises(UsageError, match=r"^harbour.yaml would describe harbour.txt too: edit it by hand$"):
        notes.describe("harbour.md", {"title": "A"})
    assert text_of(path) == "publisher: Harbour Board\n"


def test_a_file_of_several_documents_has_no_sidecar_of_one(notes: Library) -> None:
    write(notes, "ledger.jsonl", '{"text": "Herring sold at nine."}\n{"text": "Cod sold at ten."}\n')
    write(notes, "single.jsonl", '{"text": "Eel sold at noon."}\n')
    notes.rebuild()
    with pytest.raises(UsageError, match=r"^ledger.jsonl holds 2 documents, and a sidecar would describe them all"):
        notes.describe("ledger.jsonl#1", {"title": "A"})
    assert notes.describe("single.jsonl#1", {"title": "Eel"}) == "single.jsonl.yaml"
    notes.rebuild()
    assert notes.source("single.jsonl#1").metadata.title == "Eel"


@pytest.mark.parametrize("name", ["../bees.txt", "/etc/passwd", "", "film.mp4"])
def test_what_is_no_source_is_not_described(notes: Library, name: str) -> None:
    with pytest.raises(UsageError, match=r"^there is no source "):
        notes.describe(name, {"title": "A"})


def test_a_source_that_is_gone_is_not_described(notes: Library) -> None:
    (notes.sources / "bees.txt").unlink()
    with pytest.raises(UsageError, match=r"^bees.txt is not in the sources folder any more"):
        notes.describe("bees.txt", {"title": "A"})
    assert not (notes.sources / "bees.txt.yaml").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_nothing_is_written_through_a_link(notes: Library, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("title: B\n", "utf-8")
    for target in ("outside.yaml", "nothing.yaml"):
        (notes.sources / "bees.txt.yaml").symlink_to(tmp_path / target)
        with pytest.raises(UsageError, match=r"^bees.txt.yaml is a link"):
            notes.describe("bees.txt", {"title": "A"})
        (notes.sources / "bees.txt.yaml").unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library", "outside.yaml"]
    assert (tmp_path / "outside.yaml").read_text("utf-8") == "title: B\n"


@given(st.dictionaries(st.sampled_from(["title", "publisher", "authors", "tags"]), st.text(), min_size=1))
def test_whatever_is_typed_stays_a_value(values: dict[str, str]) -> None:
    before = b"# mine\nlanguage: en # kept\n"
    try:
        wanted = _wanted(values)
    except UsageError:
        return
    after = _filled_in(before, wanted, "a.yaml")
    assert after.startswith(before) and after.count(b"\n") == 2 + len(wanted)
    assert parse(after.decode("utf-8"), only=True) == from_mapping({**wanted, "language": "en"})
