"""Bibliographies that describe the sources: what reference managers export, read, matched and kept up to date."""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import Command
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import Library
from assistant.completeness import gaps
from assistant.filters import select
from assistant.index.resolve import resolve
from assistant.readers import Reading
from assistant.readers import read as read_file
from assistant.readers.catalogue import Entry, read
from assistant.readers.catalogue.matching import Described, Listed, inside, match
from assistant.readers.csl import certain_date, inverted, name, person, spelled
from assistant.readers.isolated import Isolated
from assistant.readers.metadata import from_mapping, merge, parse
from assistant.records import Filters, Metadata

EXPORTS = Path(__file__).parent / "bibliographies"
FORMATS = ("library.json", "library.bib", "library.ris")


def export(name: str) -> tuple[Entry, ...]:
    """The entries of one of the three exports of the same items."""
    entries, problems = read((EXPORTS / name).read_bytes(), name)
    assert problems == ()
    return entries


def known(entry: Entry) -> Metadata:
    """What an entry tells, without the key that only BibTeX has."""
    csl = {variable: value for variable, value in entry.metadata.csl.items() if variable != "citation-key"}
    return replace(entry.metadata, csl=csl)


def entries_of(text: str, name: str = "library.bib") -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    return read(text.encode(), name)


# Reading


def test_the_three_exports_of_the_same_items_say_the_same() -> None:
    in_json, in_bib, in_ris = ([known(entry) for entry in export(name)] for name in FORMATS)
    assert len(in_json) == 12
    assert in_json == in_bib == in_ris
    assert len({each.type for each in in_json}) == 11
    assert all(entry.metadata.csl["citation-key"] for entry in export("library.bib"))


def test_an_article_has_all_that_a_citation_needs() -> None:
    assert known(export("library.bib")[0]) == Metadata(
        title="Silt and the Marabel: dredging a tidal basin",
        authors=("Ines Aldous", "Jan van der Berg"),
        issued="2005-09-19",
        url="https://example.org/jhs/12/3/101",
        language="en",
        tags=("harbour", "silt"),
        type="article-journal",
        accessed="2024-02-01",
        csl={
            "container-title": "Journal of Harbour Studies",
            "container-title-short": "J. Harb. Stud.",
            "volume": "12",
            "issue": "3",
            "page": "101-119",
            "ISSN": "1234-5679",
            "DOI": "10.1234/jhs.2005.0301",
            "author": [
                {"family": "Aldous", "given": "Ines"},
                {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
            ],
        },
    )


def test_reports_theses_and_chapters_keep_what_is_their_own() -> None:
    known = {entry.metadata.title: entry.metadata for entry in export("library.ris")}
    report, thesis = known["Report on the inspections"], known["Tides in narrow basins"]
    assert (report.publisher, report.csl["number"], report.csl["genre"]) == (
        "Port Office",
        "PO/2005/17",
        "Final report",
    )
    assert (report.authors, report.csl["author"]) == (("Port Office",), [{"literal": "Port Office"}])
    assert (thesis.publisher, thesis.csl["genre"]) == ("University of Skarn", "PhD thesis")
    assert known["Pilots & low water"].csl["editor"] == [{"family": "Oddny", "given": "Per"}]
    assert known["Harbours compared"].csl["editor"][1] == {"family": "King", "given": "Martin", "suffix": "Jr."}


def test_attachments_are_named_as_zotero_writes_them() -> None:
    for of_format in (export("library.bib"), export("library.ris")):
        assert of_format[0].files == ("files/11/Aldous - Silt: dredging.pdf", "files/12/101.html")
        assert of_format[4].files == ("files/15/report.pdf",)


def test_bibtex_written_by_hand() -> None:
    (entry,), problems = entries_of(
        """@string{gazette = "Port Gazette"}
        @ARTICLE{a, title = "The {Marabel} " # "at 50% speed --- \\emph{slowly}", journal = gazette, month = sep,
        year = 2005, day = 19, author = {Jan van der Berg and {United Ports and Sons} and M{\\"u}ller, Jr, K{\\'e}vin
        and Ada Lind and others}, url = {\\url{https://example.org/a\\_b}}, keywords = {harbour; silt, mud},
        doi = {https://doi.org/10.1234/a\\_b}, file = {papers/a.pdf}}"""
    )
    known = entry.metadata
    assert problems == ()
    assert known.title == "The Marabel at 50% speed — slowly"
    assert known.authors == (
        "Jan van der Berg", "United Ports and Sons", "Kévin Müller, Jr", "Ada Lind", "others",
    )  # fmt: skip
    assert (known.issued, known.url) == ("2005-09-19", "https://example.org/a_b")
    assert (known.csl["DOI"], known.csl["container-title"]) == ("10.1234/a_b", "Port Gazette")
    assert known.tags == ("harbour", "silt, mud")
    assert entry.files == ("papers/a.pdf",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"date-parts": [[2005]]}, "2005"),
        ({"date-parts": [["2005", "9", 19]]}, "2005-09-19"),
        ({"date-parts": [[2005, 9, 1], [2005, 9, 30]]}, "2005-09"),
        ({"date-parts": [[2005], [2006]]}, None),
        ({"date-parts": [[2005, 13]]}, None),
        ({"date-parts": [[2005]], "season": 2}, "2005"),
        ({"date-parts": [[2005]], "circa": True}, None),
        ({"raw": "19 September 2005"}, "2005-09-19"),
        ({"literal": "spring tide"}, None),
        ("2005/09/19/", "2005-09-19"),
        ("2005/09//", "2005-09"),
        ("2005///autumn", "2005"),
        ("2005-09/2005-10", "2005"),
        ("2005/2006", None),
        ("2005-21", "2005"),
        ("2005~", None),
        ("Sept. 2005", "2005-09"),
        ("May 3, 2005", "2005-05-03"),
        ("0", None),
        ([], None),
        ({"date-parts": [["2" * 5000]]}, None),
    ],
)
def test_only_certain_dates_are_taken(value: object, expected: str | None) -> None:
    assert certain_date(value) == expected


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ('The <i>Marabel</i> <span class="nocase">at <sub>2</sub></span>', "The Marabel at 2"),
        ("On <b> and <i>it</i> </sup>", "On <b> and it </sup>"),
        ("<i>" * 100_000 + "x" + "</i>" * 100_000, "x"),
    ],
)
def test_markup_of_titles_is_taken_out_in_pairs(title: str, seen: str) -> None:
    (entry,), _ = entries_of(json.dumps([{"title": title}]), "library.json")
    assert entry.metadata.title == seen


def test_what_is_uncertain_stays_missing_and_is_told() -> None:
    items = [{"id": "a", "title": "A", "issued": {"date-parts": [[1900]], "circa": 1}, "type": "scroll"}]
    (entry,), problems = entries_of(json.dumps({"items": items}), "library.json")
    assert (entry.metadata.issued, entry.metadata.type) == (None, None)
    assert [problem.partition(" and was left out")[0] for problem in problems] == [
        "item 1 (a): issued is no certain date",
        "item 1 (a): type is not usable",
    ]


def test_bad_entries_cost_only_themselves() -> None:
    bib, problems = entries_of("@book{a, title = {Broken\n@book{b, title = {Sound}}\n@book{c, title={{Un}}paired}\n")
    assert "Sound" in [entry.metadata.title for entry in bib]
    assert problems[0].startswith("line 1 was left out: not BibTeX (@book{a")
    ris, problems = entries_of(
        "stray\nTY  - BOOK\nTI  - One\nTY  - SCROLL\nTI  - Two\n  goes on\nER  - \n", "library.ris"
    )
    assert [entry.metadata.title for entry in ris] == ["One", "Two goes on"]
    assert [problem.partition(":")[0] for problem in problems] == ["line 1 was left out", "line 2", "line 4"]
    in_json, problems = entries_of(
        '[{"title": "One"}, 7, {"itemType": "book"}, {"DOI": "none", "title": "Two"}]', "library.json"
    )
    assert [entry.metadata.title for entry in in_json] == ["One", "Two"]
    assert [problem.partition(":")[0] for problem in problems] == [
        "item 2 was left out", "item 3 was left out", "item 4",
    ]  # fmt: skip
    for text in ("[1,", "{}", "[" * 100_000):
        none, problems = entries_of(text, "library.json")
        assert none == () and "export it again" in problems[0]


def test_an_entry_that_is_there_twice_is_used() -> None:
    entries, problems = entries_of("@book{a, title={A}, author={{UN}}}\n@book{a, title={B}, title={C}, author={{UN}}}")
    assert [(entry.metadata.title, entry.metadata.authors) for entry in entries] == [("A", ("UN",)), ("B", ("UN",))]
    assert problems == ()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300), st.sampled_from(FORMATS))
def test_no_text_breaks_the_readers(text: str, name: str) -> None:
    read(f"@book{{a, title = {{{text}}}, author = {{{text}}}, date = {{{text}}}}}\n".encode(), name)
    read(f"TY  - BOOK\nTI  - {text}\nAU  - {text}\nDA  - {text}\nER  - \n".encode(), name)
    read(text.encode() or b"x", name)


# Names


WORD = st.text("abcdefghijklmnopqrstuvwxyzäé", min_size=2, max_size=8).map(str.capitalize)


@settings(deadline=None)
@given(WORD, WORD, st.sampled_from(["", "van der", "de"]), st.sampled_from(["", "Jr."]))
def test_a_name_is_the_same_in_every_format(family: str, given_name: str, particle: str, suffix: str) -> None:
    full = f"{particle} {family}".strip()
    parts = person(full, given_name, suffix)
    bibtex = ", ".join(filter(None, (full, suffix, given_name)))
    ris = ", ".join(filter(None, (full, given_name, suffix)))
    (in_bib,), _ = entries_of(f"@book{{a, author = {{{bibtex}}}}}")
    (in_ris,), _ = entries_of(f"TY  - BOOK\nAU  - {ris}\nER  - \n", "library.ris")
    (in_json,), _ = entries_of(json.dumps([{"type": "book", "author": [parts]}]), "library.json")
    assert known(in_bib).csl == in_ris.metadata.csl == in_json.metadata.csl == {"author": [parts]}
    assert in_bib.metadata.authors == (spelled(parts),)


def test_organisations_of_endnote_have_no_given_name() -> None:
    (entry,), _ = entries_of("TY  - BOOK\nAU  - Skarn Pilots, Inc.\nAU  - Port Office,\nER  - \n", "library.ris")
    assert entry.metadata.csl == {"author": [{"literal": "Skarn Pilots, Inc."}, {"literal": "Port Office"}]}


def test_the_key_of_an_item_is_kept_where_csl_json_has_it() -> None:
    (entry,), _ = entries_of('[{"id": 1, "title": "Silt", "citation-key": "lind2003"}]', "library.json")
    assert entry.metadata.csl == {"citation-key": "lind2003"}


def test_an_article_is_not_called_one_in_its_citation() -> None:
    (entry,), _ = entries_of("@article{a, title = {Silt}, type = {Journal Article}, year = 2005}")
    assert entry.metadata.csl == {"citation-key": "a"}


def test_names_in_yaml() -> None:
    known, problems = parse(
        "authors:\n- Aldous, Ines\n- {family: van der Berg, given: Jan}\n"
        "- {literal: 'Ports, Harbours and Sons'}\n- Coast Society\n"
    )
    assert problems == ()
    assert known.authors == ("Ines Aldous", "Jan van der Berg", "Ports, Harbours and Sons", "Coast Society")
    assert known.csl["author"][2:] == [{"literal": "Ports, Harbours and Sons"}, {"literal": "Coast Society"}]
    assert parse("author: Ines Aldous")[0].csl == {}  # which of the two is the family name is not said
    assert [inverted(text) for text in ("Ines Aldous, PhD", "Lind, Ada, Oddny, Per", ", Ada")] == [None, None, None]
    assert name({"given": ["x"]}) is None
    assert [inverted("Kim, Jong un"), inverted("Beethoven, Ludwig van")] == [
        {"family": "Kim", "given": "Jong un"},
        {"family": "Beethoven", "given": "Ludwig", "dropping-particle": "van"},
    ]


# Fields of CSL


def test_a_sidecar_may_hold_any_variable_of_csl() -> None:
    known, problems = parse(
        "type: article-journal\ncontainer-title: Journal\nvolume: 12\ndoi: https://doi.org/10.1234/x\npage: 1–9\n"
        "editor: [Oddny, Per]\nevent-date: 2005-09\nnonsense: 7\n"
    )
    assert known.type == "article-journal"
    assert known.csl == {
        "container-title": "Journal",
        "volume": "12",
        "DOI": "10.1234/x",
        "page": "1-9",
        "editor": [{"literal": "Oddny"}, {"literal": "Per"}],
        "event-date": {"date-parts": [[2005, 9]]},
    }
    assert problems == ()
    _, problems = from_mapping({"type": "blog", "DOI": "x", "editor": [3]})
    assert len(problems) == 3 and "must be a type of CSL" in "".join(problems)


def test_what_goes_before_never_contradicts_what_it_leaves() -> None:
    under = parse("author: [{family: Aldous, given: Ines}]\nurl: https://a.example/\naccessed: 2024-02-01\nvolume: 3")[
        0
    ]
    same = merge(Metadata(authors=("Ines Aldous",), csl={"issue": "2"}), under)
    assert same.csl == {"author": [{"family": "Aldous", "given": "Ines"}], "volume": "3", "issue": "2"}
    other = merge(Metadata(authors=("Ada Lind",), url="https://b.example/"), under)
    assert (other.authors, other.csl, other.accessed) == (("Ada Lind",), {"volume": "3"}, None)
    short = Metadata(title="Old", csl={"title-short": "O", "container-title": "Journal", "container-title-short": "J."})
    assert merge(Metadata(title="New"), short).csl == {"container-title": "Journal", "container-title-short": "J."}
    assert merge(Metadata(csl={"container-title": "Gazette"}), short).csl == {
        "title-short": "O", "container-title": "Gazette",
    }  # fmt: skip


# Matching


def listed(title: str = "", files: tuple[str, ...] = (), catalogue: str = "library.bib", **known: str) -> Listed:
    doi = known.pop("doi", "")
    metadata = Metadata(title=title or None, csl={"DOI": doi} if doi else {}, **known)  # type: ignore[arg-type]
    return Listed(catalogue, Entry(title or doi, metadata), files)


def matched(entries: list[Listed], *sources: Described) -> dict[str, str]:
    found, _ = match(entries, sources)
    return {file: each.entry.place for file, each in found.items()}


def test_the_surest_rule_wins() -> None:
    source = Described("a.pdf", Metadata("Tides", url="https://doi.org/10.1234/Tides"))
    by_title, by_doi = listed("Tides!"), listed(doi="10.1234/tides")
    by_url = listed("U", url="http://www.doi.org/10.1234/Tides/#x")
    by_path = listed("P", ("a.pdf",))
    assert matched([by_title, by_url, by_doi, by_path], source) == {"a.pdf": "P"}
    assert matched([by_title, listed("X", url="https://x.example/"), by_doi], source) == {"a.pdf": "10.1234/tides"}
    assert matched([by_title], source) == {"a.pdf": "Tides!"}
    page = Described("b.html", Metadata(url="https://www.example.org/b/"))
    assert matched([listed("B page"), listed("U", url="http://example.org/b#top")], page) == {"b.html": "U"}
    assert matched([listed("On Tides")], Described("x/on_tides.pdf", Metadata())) == {"x/on_tides.pdf": "On Tides"}
    assert matched([listed("Tides"), listed("Tides", catalogue="z/library.ris", publisher="P")], source) == {
        "a.pdf": "Tides"
    }


def test_what_is_ambiguous_matches_nothing_and_is_told() -> None:
    twins = [listed("Report", publisher="One"), listed("Report", publisher="Two")]
    found, problems = match(twins, [Described("a.pdf", Metadata("Report"))])
    assert found == {}
    assert problems == [
        (
            "library.bib",
            "the title of a.pdf is that of several entries, so none was taken (Report, Report); write a sidecar",
        )
    ]
    sources = [Described("a.pdf", Metadata("Report")), Described("b.pdf", Metadata("Report"))]
    found, problems = match(twins[:1], sources)
    assert found == {} and "a.pdf, b.pdf" in problems[0][1]
    chapters = [listed("One", url="https://x.example/book"), listed("Two", url="https://x.example/book")]
    assert matched(chapters, Described("two.html", Metadata("Two", url="https://x.example/book"))) == {
        "two.html": "Two"
    }
    assert matched(chapters, Described("c.html", Metadata("Three", url="https://x.example/book"))) == {}
    routes = [listed("One", url="https://x.example/#/1"), listed("Two", url="https://x.example/#/2")]
    assert matched(routes, Described("c.html", Metadata("Three", url="https://x.example/#/2"))) == {"c.html": "Two"}
    attached = [listed("One", ("book.pdf",)), listed("Two", ("book.pdf",))]
    found, problems = match(attached, [Described("book.pdf", Metadata())])
    assert found == {} and problems[0][1].startswith("the attachment book.pdf is that of several entries")
    assert matched(attached, Described("book.pdf", Metadata("Two"))) == {"book.pdf": "Two"}
    assert matched([*attached[:1], *attached[:1]], Described("book.pdf", Metadata("Three"))) == {"book.pdf": "One"}


def test_the_name_of_a_file_that_has_a_title_is_no_title() -> None:
    assert matched([listed("Introduction")], Described("introduction.pdf", Metadata("Tides"))) == {}
    assert matched([listed("Introduction")], Described("introduction.pdf", Metadata())) == {
        "introduction.pdf": "Introduction"
    }


def test_attachments_are_sought_in_the_folder_only() -> None:
    assert inside("files/1/a.pdf", "books", "/home/s") == ["books/files/1/a.pdf"]
    assert inside("file:///home/s/a%20b.pdf", "books", "/home/s") == ["a%20b.pdf", "a b.pdf"]
    assert inside(r"files\1\a.pdf", "", "/home/s") == ["files/1/a.pdf"]
    assert inside(r"C:\s\x\a.pdf", "", "C:\\s") == ["x/a.pdf"]
    for outside in ("../a.pdf", "/etc/a.pdf", r"C:\a.pdf", "file:///etc/a.pdf"):
        assert inside(outside, "", "/home/s") == []


# In a library


class _Counting:
    """How often files were read while it is entered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        original = Isolated.read

        def read(reader: Isolated, data: bytes, source_id: str) -> Reading:
            self.read.append(source_id)
            return original(reader, data, source_id)

        monkeypatch.setattr(Isolated, "read", read)


BIB = """@book{{bees, title = {{{title}}}, author = {{Aldous, Ines}}, date = {{2018-05}}, publisher = {{Orchard Press}},
    file = {{bees.txt:bees.txt:text/plain}}}}
@book{{light, title = {{The Lighthouse at Skarn Point}}, author = {{Lind, Ada}}, publisher = {{Skarn Press}},
    file = {{gone.pdf:files/1/gone.pdf:application/pdf}}}}
"""


def test_an_attachment_whose_name_no_file_can_have_is_told(tmp_path: Path) -> None:
    (tmp_path / "library.bib").write_text(f"@book{{a, title = {{Tides}}, file = {{{'x' * 300}.pdf}}}}", "utf-8")
    resolved = resolve(tmp_path, ["ebb.txt"], [Metadata()], {})
    assert [known.title for known in resolved.metadata] == [None]
    assert [problem.reason.partition(" (")[0] for problem in resolved.problems] == ["files that it names are not there"]


def test_a_bibliography_describes_the_files_and_its_changes_reread_none(
    notes: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = notes.index_id
    bibliography = notes.sources / "library.bib"
    bibliography.write_text(BIB.format(title="The orchard book"), "utf-8")
    (notes.sources / "lighthouse.yaml").write_text("issued: 2020\n", "utf-8")
    assert notes.outdated() == ["library.bib", "lighthouse.md"]
    counting = _Counting(monkeypatch)
    report = notes.rebuild()
    assert counting.read == []
    assert report.changed == ("bees.txt", "lighthouse.md")
    assert report.problems == ()  # an attachment that is not there is no matter to an entry that its title has matched
    bees, light = notes.source("bees.txt").metadata, notes.source("lighthouse.md").metadata
    assert (bees.title, bees.authors, bees.issued, bees.type) == (
        "The orchard book", ("Ines Aldous",), "2018-05", "book",
    )  # fmt: skip
    # The sidecar goes before the bibliography, and that before the front matter.
    assert (light.issued, light.publisher, light.title) == ("2020", "Skarn Press", "The Lighthouse at Skarn Point")
    assert light.tags == ("harbour", "history")
    assert notes.outdated() == [] and notes.index_id != first
    bibliography.write_text(BIB.format(title="Nine hives"), "utf-8")
    assert notes.outdated() == ["library.bib"]
    assert [problem.file for problem in notes.check().problems] == ["bees.txt"]
    counting.read.clear()
    assert notes.rebuild().changed == ("bees.txt",)
    assert counting.read == []
    assert notes.source("bees.txt").metadata.title == "Nine hives"
    assert notes.retrieve("Nine hives", 1)[0].citation.metadata.title == "Nine hives"
    assert notes.check().ok
    counting.read.clear()
    assert notes.rebuild().index_id == notes.index_id
    bibliography.unlink()
    (notes.sources / "lighthouse.yaml").unlink()
    notes.rebuild()
    assert notes.source("bees.txt").metadata == Metadata()
    assert notes.source("lighthouse.md").metadata.publisher == "Coast Society"
    assert counting.read == []


def test_a_bibliography_in_a_sub_folder_names_files_from_there(notes: Library) -> None:
    folder = notes.sources / "papers"
    folder.mkdir()
    (folder / "tides.txt").write_text("Tides\n\nThe tide at Skarn Point rises by four metres.\n", "utf-8")
    (folder / "library.ris").write_text("TY  - RPRT\nTI  - On tides\nL1  - tides.txt\nER  - \n", "utf-8")
    (notes.sources / "library.json").write_text("[broken", "utf-8")
    report = notes.rebuild()
    assert notes.source("papers/tides.txt").metadata == Metadata(title="On tides", type="report")
    (problem,) = report.problems
    assert problem.file == "library.json" and "not JSON (line 1" in problem.reason
    assert (report.files, report.partly) == (6, 1)


def test_what_is_missing_is_listed_until_a_sidecar_tells_it(notes: Library, command: Command) -> None:
    ran = command(notes, "sources", "--missing")
    assert "missing: author\n" in ran.out and "missing: title, author, date, publisher\n" in ran.out
    assert "3 sources lack something for a full citation" in ran.out
    (notes.sources / "bees.txt.yaml").write_text(
        "title: The orchard book\nauthor: Aldous, Ines\ndate: 2018\npublisher: Orchard Press\n", "utf-8"
    )
    (notes.sources / "harbour.yaml").write_text("authors: [Ada Lind]\n", "utf-8")
    notes.rebuild()
    listed = json.loads(command(notes, "sources", "--missing", "--json").out)
    assert [(source["id"], source["missing"]) for source in listed] == [("lighthouse.md", ["author"])]
    everything = {source["id"]: source for source in json.loads(command(notes, "sources", "--json").out)}
    assert (everything["bees.txt"]["missing"], everything["bees.txt"]["whole_names"]) == ([], [])
    assert everything["harbour.md"]["whole_names"] == ["Ada Lind"]
    assert "1 source lacks something" in command(notes, "sources").out
    (notes.sources / "lighthouse.yaml").write_text("authors: [Ada Lind]\n", "utf-8")
    notes.rebuild()
    assert command(notes, "sources").out.endswith("3 sources\n")


def test_a_journal_page_declares_what_a_citation_needs() -> None:
    declared = {
        "title": "Silt", "author": "Aldous, Ines", "journal_title": "Journal of Harbour Studies", "volume": "12",
        "issue": "3", "firstpage": "101", "lastpage": "119", "doi": "doi:10.1234/jhs.1", "issn": "1234-5679",
        "publication_date": "2005/09/19",
    }  # fmt: skip
    metas = "".join(f'<meta name="citation_{key}" content="{value}">' for key, value in declared.items())
    page = f"<html><head>{metas}</head><body><article><p>The silt was cleared in spring.</p></article></body></html>"
    known = read_file(page.encode(), "a.html").sources[0].metadata
    assert (known.authors, known.issued, known.type) == (("Ines Aldous",), "2005-09-19", "article-journal")
    assert known.csl == {
        "container-title": "Journal of Harbour Studies", "volume": "12", "issue": "3", "page": "101-119",
        "DOI": "10.1234/jhs.1", "ISSN": "1234-5679", "author": [{"family": "Aldous", "given": "Ines"}],
    }  # fmt: skip
    assert gaps(known) == ()


# Dates as filters


DATES = st.one_of(
    st.integers(2004, 2006).map(str),
    st.dates(date(2004, 1, 1), date(2006, 12, 31)).map(lambda day: day.isoformat()[:7]),
    st.dates(date(2004, 1, 1), date(2006, 12, 31)).map(lambda day: day.isoformat()),
)


def days(partial: str) -> tuple[date, date]:
    """The first and the last day of a partial date, by the calendar."""
    year, month, day = ([int(part) for part in partial.split("-")] + [0, 0])[:3]
    if day:
        return date(year, month, day), date(year, month, day)
    return date(year, month or 1, 1), date(year, month or 12, monthrange(year, month or 12)[1])


@given(DATES, DATES, DATES, DATES)
def test_a_filter_lets_through_what_overlaps_by_the_calendar(one: str, other: str, after: str, before: str) -> None:
    first, last = sorted((one, other), key=days)
    covered = Metadata(covers=f"{first}/{last}") if days(first)[1] <= days(last)[1] else Metadata(issued=first)
    end = last if covered.covers else first
    wanted = days(end)[1] >= days(after)[0] and days(first)[0] <= days(before)[1]
    chosen, undated = select(Filters(after=after, before=before), ["a.md"], [covered])
    assert (bool(chosen[0]), undated) == (wanted, 0)


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("Smith, J., and Doe, K.", ("J. Smith", "K. Doe")),
        ("Smith, J.; Doe, K.", ("Smith, J.; Doe, K.",)),  # not guessed
    ],
)
def test_names_parted_as_other_programs_part_them(written: str, authors: tuple[str, ...]) -> None:
    entries, _ = read(f"@book{{a, title = {{T}}, author = {{{written}}}}}".encode(), "library.bib")
    assert entries[0].metadata.authors == authors


def test_an_entry_that_is_nested_too_deeply_costs_only_itself() -> None:
    deep = "\\begin{x}" * 3000
    entries, problems = read(f"@book{{a, title = {{{deep}}}}}\n@book{{b, title = {{T}}}}".encode(), "library.bib")
    assert entries[-1].metadata.title == "T"
    assert [problem for problem in problems if problem.startswith("line 1 (a)")]


ELSEWHERE = "@book{{{key}, title = {{{title}}}, file = {{{file}}}}}"


@pytest.mark.parametrize(
    "file",
    [
        "/home/marta/Zotero/storage/AB/Gal - 2009 - Trace.pdf",
        "Full Text:C\\:\\\\Z\\\\Gal - 2009 - Trace.pdf:application/pdf",
    ],
)
def test_an_attachment_that_lies_elsewhere_is_known_by_its_name(tmp_path: Path, file: str) -> None:
    entry = ELSEWHERE.format(key="gal", title="Trace-based compilation", file=file)
    (tmp_path / "library.bib").write_text(entry, "utf-8")
    found = resolve(tmp_path, ["papers/gal - 2009 - trace.pdf", "b.pdf"], [Metadata(), Metadata()], {})
    assert [each.title for each in found.metadata] == ["Trace-based compilation", None]
    assert "has the name of its attachment" in found.problems[0].reason


@pytest.mark.parametrize(
    ("entries", "files", "own"),
    [
        ([("a", "A", "/z/scan.pdf")], ["scan.pdf"], None),  # a short name can be another document's
        ([("a", "A", "/z/strategic-plan.pdf")], ["x/strategic-plan.pdf", "y/strategic-plan.pdf"], None),
        ([("a", "A", "/z/strategic-plan.pdf"), ("b", "B", "/y/strategic-plan.pdf")], ["strategic-plan.pdf"], None),
        ([("a", "A", "/z/strategic-plan.pdf")], ["strategic-plan.pdf"], "Another title"),
    ],
)
def test_a_name_of_an_attachment_that_may_be_anothers_matches_nothing(
    tmp_path: Path, entries: list[tuple[str, str, str]], files: list[str], own: str | None
) -> None:
    text = "\n".join(ELSEWHERE.format(key=key, title=title, file=file) for key, title, file in entries)
    (tmp_path / "library.bib").write_text(text, "utf-8")
    found = resolve(tmp_path, files, [Metadata(title=own)] * len(files), {})
    assert {each.title for each in found.metadata} == {own}


def test_a_misspelt_field_of_a_sidecar_is_told_and_front_matter_may_hold_others(notes: Library) -> None:
    (notes.sources / "bees.yaml").write_text("titel: The orchard book\nissued: 2018\n", "utf-8")
    (notes.sources / "tides.md").write_text(
        "---\nlayout: post\ntitle: Tides\n---\n\nThe tide is high at six.\n", "utf-8"
    )
    report = notes.rebuild()
    assert [(each.file, each.reason) for each in report.problems] == [
        ("bees.txt", "sidecar bees.yaml: there is no field 'titel'")
    ]
