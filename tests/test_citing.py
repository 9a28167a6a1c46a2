"""Citations by style: twelve sources of different kinds in four styles, and what nothing in a source can break."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from assistant import Library
from assistant.citing.exchange import bibtex, csl_json, ris
from assistant.citing.items import item, keys
from assistant.citing.styles import STYLES, Form, bibliography, find_style, render
from assistant.errors import CitingFailed, UsageError
from assistant.readers.catalogue import read
from assistant.records import Citation, Metadata

GOLDEN = Path(__file__).parent / "golden"


def a_citation(source_id: str = "a.md", locator: str = "p. 7", **known: Any) -> Citation:
    for name in ("authors", "tags"):
        known[name] = tuple(known.get(name, ()))
    return Citation(source_id, Metadata(**known), locator, 0, 5, "words", "", "", "digest")


def twelve() -> list[Citation]:
    sources = json.loads((GOLDEN / "sources.json").read_text("utf-8"))
    return [a_citation(each["source_id"], each["locator"], **each["metadata"]) for each in sources]


def assert_golden(name: str, text: str) -> None:
    """With GOLDEN=write in the environment the file is written, to be read by a person."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, "utf-8", newline="\n")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", STYLES)
def test_twelve_sources_in_each_style(name: str) -> None:
    style = find_style(name)
    citations = twelve()
    rendered = render(citations, style)
    cited = [f"{each.source_id}: {text}" for each, text in zip(citations, rendered.citations, strict=True)]
    assert_golden(f"{name}.txt", "\n".join([*cited, "", style.heading, "", *rendered.entries, ""]))


EXAMPLES = [
    # The Chicago Manual of Style, 18th edition, citation quick guide: notes, then bibliography
    (
        "chicago-notes",
        "dittmar.pdf",
        "Emily L. Dittmar and Douglas W. Schemske, “Temporal Variation in Selection Influences Microgeographic Local "
        "Adaptation,” American Naturalist 202, no. 4 (2023): 480, https://doi.org/10.1086/725865.",
        "Dittmar, Emily L., and Douglas W. Schemske. “Temporal Variation in Selection Influences Microgeographic Local "
        "Adaptation.” American Naturalist 202, no. 4 (2023): 471–85. https://doi.org/10.1086/725865.",
    ),
    (
        "chicago-notes",
        "psalter.pdf",
        "Kathleen Doyle, “The Queen Mary Psalter,” in The Book by Design: The Remarkable Story of the World’s Greatest "
        "Invention, ed. P. J. M. Marks and Stephen Parkin (University of Chicago Press, 2023), 64.",
        "Doyle, Kathleen. “The Queen Mary Psalter.” In The Book by Design: The Remarkable Story of the World’s "
        "Greatest Invention, edited by P. J. M. Marks and Stephen Parkin. University of Chicago Press, 2023.",
    ),
    # the same guide, author-date
    (
        "chicago-author-date",
        "dittmar.pdf",
        "(Dittmar and Schemske 2023, 480)",
        "Dittmar, Emily L., and Douglas W. Schemske. 2023. “Temporal Variation in Selection Influences Microgeographic "
        "Local Adaptation.” American Naturalist 202 (4): 471–85. https://doi.org/10.1086/725865.",
    ),
    (
        "chicago-author-date",
        "interior.epub",
        "",
        "Yu, Charles. 2020. Interior Chinatown. Pantheon Books.",
    ),
    # APA Style, reference examples
    (
        "apa",
        "taking-time.pdf",
        "(National Cancer Institute, 2019, pp. xii–xv)",
        "National Cancer Institute. (2019). Taking Time: Support for People with Cancer (NIH Publication No. 18-2059). "
        "U.S. Department of Health and Human Services, National Institutes of Health. "
        "https://www.cancer.gov/publications/patient-education/takingtime.pdf",
    ),
]


@pytest.mark.parametrize(("name", "source_id", "cited", "entry"), EXAMPLES)
def test_as_the_manuals_of_the_styles_print_it(name: str, source_id: str, cited: str, entry: str) -> None:
    citations = twelve()
    rendered = render(citations, find_style(name))
    place = [citation.source_id for citation in citations].index(source_id)
    assert not cited or rendered.citations[place] == cited
    assert entry in rendered.entries


def test_nothing_in_a_source_is_read_as_markup() -> None:
    odd = "A <b>bold</b> & *odd* [title](u) {x} $5 \\textbf{a} &lt; ${y} @key [@key] `c` 1 < 2"
    citation = a_citation(title=odd, authors=[odd], locator=f"section “{odd}”, paragraph 3", language="de")
    for name in STYLES:
        text = render([citation], find_style(name))
        assert odd in text.entries[0]
        html = render([citation], find_style(name), Form.HTML).entries[0]
        assert "<b>" not in html and "&lt;b&gt;" in html


def test_title_keeps_its_case_unless_it_is_known_to_be_english() -> None:
    style = find_style("chicago-notes")
    for language, shown in ((None, "Was ist eine zahl"), ("de", "Was ist eine zahl"), ("en", "Was Ist Eine Zahl")):
        assert shown in bibliography({"a": Metadata(title="Was ist eine zahl", language=language)}, style)[0]


def test_a_second_citation_of_a_source_is_given_in_full_too() -> None:
    known: dict[str, Any] = {"title": "The Bridge", "authors": ["City Archive"], "issued": "1971"}
    citations = [a_citation(locator="p. 1", **known), a_citation("b.md"), a_citation(locator="p. 2", **known)]
    rendered = render(citations, find_style("chicago-notes"))
    assert rendered.citations[0] == "City Archive, The Bridge (1971), 1."
    assert rendered.citations[2] == "City Archive, The Bridge (1971), 2."
    assert len(rendered.entries) == 2


def test_works_of_one_author_and_year_are_told_apart() -> None:
    titles = {"b.md": "The Bridge", "f.md": "The Ferry"}
    citations = [
        a_citation(source_id, "", title=title, authors=["City Archive"], issued="1971")
        for source_id, title in titles.items()
    ]
    rendered = render(citations, find_style("apa"))
    assert rendered.citations == ("(City Archive, 1971a)", "(City Archive, 1971b)")
    assert rendered.entries == ("City Archive. (1971a). The Bridge.", "City Archive. (1971b). The Ferry.")


def test_a_hyphen_in_a_page_label_is_no_range() -> None:
    citation = a_citation(title="The Bridge", issued="1971", locator="p. A-14")
    assert render([citation], find_style("apa")).citations == ("(The Bridge, 1971, p. A\u201114)",)


def test_any_style_by_name_and_by_file(tmp_path: Path) -> None:
    known = {"a": Metadata(title="The Bridge", authors=("City Archive",), issued="1971")}
    nature = bibliography(known, find_style("nature"))
    assert nature == ("1. City Archive. The Bridge. (1971).",)
    assert bibliography(known, find_style("nature-physics")) == nature  # one that only names the style it follows
    copy = tmp_path / "mine.csl"
    copy.write_bytes(find_style("apa").path.read_bytes())
    assert bibliography(known, find_style(str(copy))) == bibliography(known, find_style("apa"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be opened"),
        ("no XML", "is no citation style: it is not XML"),
        ("<html/>", "its root element is not a CSL style"),
        ("<!DOCTYPE style SYSTEM 'file:///etc/hostname'><style/>", "is no citation style"),
    ],
)
def test_what_is_no_style(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "odd.csl"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=message) as raised:
        find_style(str(path))
    assert "\n" not in str(raised.value)


def test_a_style_that_cannot_be_applied_is_told_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.csl"
    path.write_text('<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"/>', "utf-8")
    with pytest.raises(CitingFailed) as raised:
        bibliography({"a": Metadata(title="The Bridge")}, find_style(str(path)))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "cited", "entry"),
    [
        ("din-1505-2", "(ADA LIND, 2005, S. 7)", "(Hrsg.)"),
        ("gost-r-7-0-5-2008", "[Ada Lind, 2005, с. 7]", "под ред."),
        ("harvard-university-of-bath", "(Ada Lind, 2005, p.7)", "2 January 2024"),
    ],
)
def test_a_style_speaks_its_own_language(name: str, cited: str, entry: str) -> None:
    csl = {"editor": [{"family": "Holm"}], "container-title": "Meer"}
    known: dict[str, Any] = {"authors": ("Ada Lind",), "issued": "2005", "type": "chapter", "csl": csl}
    rendered = render(
        [a_citation(title="Ebbe", url="https://example.org/", accessed="2024-01-02", **known)], find_style(name)
    )
    assert rendered.citations == (cited,)
    assert entry in rendered.entries[0]


@pytest.mark.parametrize("name", ["nonexistent", "../apa", "", "x y", "x" * 5000])
def test_unknown_style_names_those_that_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="choose chicago-notes, chicago-author-date, apa, mla"):
        find_style(name)


def test_what_is_not_known_is_left_out() -> None:
    made = item(Metadata(), "notes/a.txt")
    assert made == {"type": "report", "title": "a.txt"}
    for name in STYLES:
        rendered = render([a_citation("notes/a.txt", "")], find_style(name))
        assert "None" not in "".join((*rendered.citations, *rendered.entries))


def test_a_suffix_leaves_a_name_in_parts() -> None:
    entries, _ = read(b"@book{a, author = {King, Jr., Martin Luther}, title = {Sermons}, year = 1963}", "library.bib")
    citation = Citation("a.md", entries[0].metadata, "p. 7", 0, 1, "x", "", "", "d")
    rendered = render([citation], find_style("apa"))
    assert (rendered.citations, rendered.entries) == (("(King, 1963, p. 7)",), ("King, M. L., Jr. (1963). Sermons.",))


def test_names_in_parts_are_used_only_if_they_are_the_authors() -> None:
    parts = [{"family": "Aldous", "given": "Ines"}]
    assert item(Metadata(authors=("Ines Aldous",), csl={"author": parts}), "a")["author"] == parts
    assert item(Metadata(authors=("Port Office",), csl={"author": parts}), "a")["author"] == [
        {"literal": "Port Office"}
    ]


def test_only_web_addresses_become_links() -> None:
    assert "URL" not in item(Metadata(title="T", csl={"URL": "javascript:alert(1)"}), "a")


def test_keys_are_unique_and_a_bibliography_may_give_them() -> None:
    known = Metadata(title="The Bridge of Åland", authors=("City Archive",), issued="1971-03")
    own = Metadata(title="T", csl={"citation-key": "myKey2020"})
    assert keys([("a", known), ("b", known), ("c", own), ("d", Metadata())]) == {
        "a": "city1971bridge",
        "b": "city1971bridge-2",
        "c": "myKey2020",
        "d": "d",
    }


def test_twelve_sources_for_reference_managers() -> None:
    known = {citation.source_id: citation.metadata for citation in twelve()}
    assert_golden("sources.bib", bibtex(known))
    assert_golden("sources.ris", ris(known).replace("\r\n", "\n"))
    assert_golden("sources.csl.json", csl_json(known))


def test_what_is_written_for_a_reference_manager_is_read_again(tmp_path: Path) -> None:
    known = {citation.source_id: citation.metadata for citation in twelve() if citation.metadata.title}
    for name, text in (("library.json", csl_json(known)), ("library.bib", bibtex(known)), ("library.ris", ris(known))):
        entries, problems = read(text.encode(), name)
        assert problems == ()
        if name != "library.json":  # CSL-JSON has no place for files
            assert [entry.files for entry in entries] == [(source_id,) for source_id in known]
        for entry, was in zip(entries, known.values(), strict=True):
            for field in ("title", "authors", "publisher", "issued", "url", "accessed", "language"):
                assert getattr(entry.metadata, field) == getattr(was, field)
            kept = was.csl.keys() - {"event-title", "event-place"}  # RIS has no field for these
            assert {variable: entry.metadata.csl[variable] for variable in kept} == {v: was.csl[v] for v in kept}


@pytest.mark.parametrize("kind", ["book", "chapter", "report", "paper-conference"])
def test_editors_and_conferences_are_not_taken_for_others_in_ris(kind: str) -> None:
    csl: dict[str, Any] = {"editor": [{"family": "Aldous", "given": "Ines"}]}
    csl |= {"container-title": "Proceedings", "event-title": "Port Days"} if kind == "paper-conference" else {}
    ((entry,), _) = read(ris({"a": Metadata(title="Tides", type=kind, csl=csl)}).encode(), "library.ris")
    assert entry.metadata.csl == csl


def test_library_cites_what_it_found(sample: Library) -> None:
    excerpt = sample.retrieve("When was KEDO founded?", 1)[0]
    cited = sample.cite([excerpt.citation], "mla")
    title = "“The Korean Peninsula Energy Development Organization (KEDO), 1995-2006,”"
    assert cited.citations == (f"({title} under “Origins and membership,” paras. 1–3)",)


def test_bibtex_escapes_what_latex_would_run() -> None:
    text = bibtex({"a": Metadata(title="50% of $5 & #1_a {b} \\input{c} ~ ^", url="https://example.org/a_b?c=%7B")})
    assert (
        r"title = {{50\% of \$5 \& \#1\_a \{b\} \textbackslash{}input\{c\} \textasciitilde{} \textasciicircum{}}}"
        in text
    )
    assert "url = {https://example.org/a_b?c=%7B}" in text


def test_authors_who_are_not_named_stay_so_in_bibtex() -> None:
    known = Metadata(title="T", authors=("Ada Lind", "others"))
    assert "author = {{Ada Lind} and others}" in bibtex({"a": known})


@pytest.mark.parametrize(
    ("pages", "page", "locator", "cited"),
    [
        ("465-478", 6, "p. 6", "PDF p. 6"),
        ("465–78", 6, "pp. 6–7", "PDF pp. 6–7"),
        ("1-14", 6, "p. 6", "6"),
        ("465-478", 6, "p. 470", "470"),  # a printed label
        ("465-478", 0, "p. 6", "6"),
        ("e12", 6, "p. 6", "6"),
    ],
)
def test_pages_of_a_pdf_are_not_taken_for_those_of_the_work(pages: str, page: int, locator: str, cited: str) -> None:
    known = Metadata(title="T", authors=("Gal",), issued="2009", type="paper-conference", csl={"page": pages})
    citation = Citation("a.pdf", known, locator, 0, 5, "words", "", "", "digest", page=page)
    assert render([citation], find_style("chicago-author-date")).citations == (f"(Gal 2009, {cited})",)


@pytest.mark.parametrize("name", ["APA", " apa ", "Chicago Author-Date", "MLA"])
def test_names_of_styles_are_taken_as_people_write_them(name: str) -> None:
    assert find_style(name).path.is_file()


def test_a_style_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(UsageError, match=r"like yours: .*chicago-notes-bibliography"):
        find_style("chicago-note-bibliography")
