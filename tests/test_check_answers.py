"""A saved answer is checked against sources that were changed since: in every way that a folder changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Command
from pdf_files import column, pdf

from assistant import Answer, Library, open_library
from assistant.anchoring import find_words
from assistant.errors import SourcesMissing, UsageError
from assistant.readers import read
from assistant.records import Citation
from assistant.reports import CheckedQuotation, QuotationState
from assistant.saving import citations, load_answers, save_answers
from assistant.settings import Recipe

QUESTION = "How much silt did the dredger Marabel clear?"
SENTENCE = "The dredger Marabel cleared forty thousand tonnes of silt from the inner basin between March and June 2020."


@pytest.fixture
def saved(notes: Library, tmp_path: Path) -> Path:
    """A file with one answer, whose sentence is from `harbour.md`."""
    answer = notes.ask(QUESTION, k=1)
    assert [statement.text for statement in answer.statements][:1] == [SENTENCE]
    save_answers([answer], tmp_path / "answers.json")
    return tmp_path / "answers.json"


def edit(path: Path, was: str, now: str) -> None:
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, now), "utf-8")


def text_now(library: Library, source_id: str) -> str:
    """The text of a source as its file reads now."""
    name = source_id.partition("#")[0]
    sources = read((library.sources / name).read_bytes(), name).sources
    return next(source.text for source in sources if source.id == source_id)


def slices(library: Library, citation: Citation | None) -> str:
    assert citation is not None
    return text_now(library, citation.source_id)[citation.start : citation.end]


def checked(library: Library, answers: Path | list[Answer]) -> dict[str, CheckedQuotation]:
    """What became of each quotation, by its words."""
    return {each.citation.quote: each for each in library.check_answers(answers).quotations}


def states(library: Library, answers: Path | list[Answer]) -> set[QuotationState]:
    return {each.state for each in checked(library, answers).values()}


def test_nothing_changed(notes: Library, saved: Path) -> None:
    report = notes.check_answers(saved)
    assert report.ok and report.answers == 1
    assert {each.state for each in report.quotations} == {QuotationState.UNCHANGED}
    assert len(report.quotations) == len({(each.citation.start, each.citation.quote) for each in report.quotations})


def test_an_edit_elsewhere_in_the_document(notes: Library, saved: Path) -> None:
    edit(notes.sources / "harbour.md", "## The works", "A paragraph that is new.\n\n## The works")
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.MOVED and each.now
    assert each.now.start == each.citation.start + len("A paragraph that is new.\n\n")
    assert slices(notes, each.now) == SENTENCE
    assert each.now.locator == "section “The works of 2020”, paragraph 1"


def test_an_edit_after_the_quotation_leaves_it_unchanged(notes: Library, saved: Path) -> None:
    edit(notes.sources / "harbour.md", "two metres", "three metres")
    assert checked(notes, saved)[SENTENCE].state is QuotationState.UNCHANGED


def test_an_edit_inside_the_quotation(notes: Library, saved: Path) -> None:
    edit(notes.sources / "harbour.md", "forty thousand", "fifty-six thousand")
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.CHANGED
    assert slices(notes, each.now) == SENTENCE.replace("forty", "fifty-six")
    assert [(was, now) for was, now in each.difference if was != now] == [("forty ", "fifty-six ")]
    assert not notes.check_answers(saved).ok


@pytest.mark.parametrize("name", ["works.md", "old/harbour.md"])
def test_a_renamed_file(notes: Library, saved: Path, name: str) -> None:
    (notes.sources / "old").mkdir()
    (notes.sources / "harbour.md").rename(notes.sources / name)
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.MOVED and each.now
    assert (each.now.source_id, each.now.start) == (name, each.citation.start)
    assert slices(notes, each.now) == SENTENCE


def test_a_renamed_file_whose_name_another_one_has_now(notes: Library, saved: Path) -> None:
    (notes.sources / "harbour.md").rename(notes.sources / "works.md")
    (notes.sources / "lighthouse.md").rename(notes.sources / "harbour.md")
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.MOVED and each.now
    assert each.now.source_id == "works.md"


def test_a_removed_file(notes: Library, saved: Path) -> None:
    (notes.sources / "harbour.md").unlink()
    each = checked(notes, saved)[SENTENCE]
    assert (each.state, each.now, each.note) == (QuotationState.GONE, None, "the source was removed")


def test_words_taken_out_of_their_source(notes: Library, saved: Path) -> None:
    edit(notes.sources / "harbour.md", SENTENCE[:80], "")
    each = checked(notes, saved)[SENTENCE]
    assert (each.state, each.now) == (QuotationState.GONE, None)


@pytest.mark.parametrize("line_ends", [" ", "\n"])
def test_words_that_are_gone_but_stand_in_another_source(notes: Library, saved: Path, line_ends: str) -> None:
    (notes.sources / "harbour.md").unlink()
    (notes.sources / "copy.txt").write_text("Copied.\n\n" + SENTENCE.replace(" ", line_ends, 9) + "\n", "utf-8")
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.GONE and each.now
    assert (each.now.source_id, each.now.locator) == ("copy.txt", "paragraph 2")
    assert slices(notes, each.now).split() == SENTENCE.split()


def test_a_re_split(notes: Library, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(notes.generation().passages)
    for module in ("build", "manifest"):
        monkeypatch.setattr(f"assistant.index.{module}.Recipe", lambda: Recipe(passage_pieces=24))
    again = Library(notes.sources, notes.index)
    again.rebuild()
    assert len(again.generation().passages) > before
    assert states(again, saved) == {QuotationState.UNCHANGED}
    for citation in citations(load_answers(saved)[0]):  # and the chat's reader marks the very same words
        place = find_words(again.source(citation.source_id).text, citation)
        assert place is not None and place[:2] == (citation.start, citation.end)


REWRITTEN: dict[str, Callable[[str], str]] = {
    "other line ends": lambda text: text.replace(" ", "\n"),
    "fixed spaces": lambda text: text.replace(" ", "\u00a0"),
    "broken words": lambda text: text.replace("thousand", "thou-\nsand").replace("between", "be-\ntween"),
}


def test_the_words_as_another_version_of_a_reader_gives_them(tmp_path: Path) -> None:
    library = made(tmp_path, {"harbour.txt": f"Harbour\n\n{SENTENCE}\n\nThe port paid for the works.\n"})
    answers = [library.ask(QUESTION)]
    path = library.sources / "harbour.txt"
    text = path.read_text("utf-8")
    for how, rewrite in REWRITTEN.items():
        path.write_text(text.replace(SENTENCE, rewrite(SENTENCE)), "utf-8")
        each = checked(library, answers)[SENTENCE]
        assert (each.state, each.note) == (QuotationState.MOVED, "the same words, spaced otherwise"), how
        assert slices(library, each.now) == rewrite(SENTENCE)


def made(folder: Path, files: dict[str, str | bytes]) -> Library:
    (folder / "sources").mkdir()
    for name, content in files.items():
        (folder / "sources" / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return open_library(folder / "sources", index=folder / "index")


PAGE = [
    "The dredger Marabel cleared forty thousand tonnes of silt",
    "from the inner basin between March and June 2020.",
]


def test_a_pdf_with_a_page_before_and_other_lines(tmp_path: Path) -> None:
    library = made(tmp_path, {"works.pdf": pdf([column(40, 500, PAGE)])})
    answers = [library.ask(QUESTION)]
    first = answers[0].statements[0].citation
    assert (first.quote, first.locator) == (SENTENCE, "p. 1")
    lines = [
        "The dredger Marabel cleared forty",
        "thousand tonnes of silt from the",
        "inner basin between March",
        "and June 2020.",
    ]
    new = pdf([column(40, 500, ["A page about the lamps of the western mole."]), column(40, 500, lines)])
    (library.sources / "works.pdf").write_bytes(new)
    each = checked(library, answers)[SENTENCE]
    assert each.state is QuotationState.MOVED and each.now
    assert each.now.locator == "p. 2"
    assert slices(library, each.now).split() == SENTENCE.split()
    (library.sources / "works.pdf").write_bytes(pdf([column(40, 500, [PAGE[0].replace("forty", "fifty"), PAGE[1]])]))
    assert checked(library, answers)[SENTENCE].state is QuotationState.CHANGED


@pytest.mark.parametrize("keys", [("", "", ""), ('"_id": "a", ', '"_id": "b", ', '"_id": "c", ')])
def test_a_record_that_was_moved_within_its_file_or_with_it(tmp_path: Path, keys: tuple[str, ...]) -> None:
    texts = ("The orchard keeps nine hives.", SENTENCE, "The lamp was lit in 1871.")
    rows = [f'{{{key}"text": "{text}"}}\n' for key, text in zip(keys, texts, strict=True)]
    library = made(tmp_path, {"notes.jsonl": "".join(rows)})
    answers = [library.ask(QUESTION)]
    path = library.sources / "notes.jsonl"
    path.write_text(rows[1] + rows[0] + rows[2], "utf-8")
    each = checked(library, answers)[SENTENCE]
    assert each.now and slices(library, each.now) == SENTENCE
    moved = "notes.jsonl#b", QuotationState.UNCHANGED
    assert (each.now.source_id, each.state) == (moved if keys[0] else ("notes.jsonl#1", QuotationState.MOVED))
    path.write_text("".join(rows), "utf-8")
    path.rename(library.sources / "more#notes.jsonl")
    each = checked(library, answers)[SENTENCE]
    assert each.state is QuotationState.MOVED and each.now
    assert each.now.source_id == f"more#notes.jsonl#{'b' if keys[0] else 2}"


def test_of_sentences_that_stand_twice_the_right_one_is_followed(tmp_path: Path) -> None:
    parts = [
        "The basin was dredged in March. The port paid for it.",
        "The mole was mended in May. The port paid for it.",
    ]
    library = made(tmp_path, {"works.txt": "\n\n".join(parts)})
    twice = library.find("The port paid for it")
    answer = library.ask("When was the mole mended?")
    statements = tuple(
        replace(answer.statements[0], text=each.citation.quote, citation=each.citation) for each in twice
    )
    (library.sources / "works.txt").write_text("\n\n".join(["The works.", *reversed(parts)]), "utf-8")
    found = library.check_answers([replace(answer, statements=statements)]).quotations
    text = text_now(library, "works.txt")
    for each, before in zip(found[:2], ("in March. ", "in May. "), strict=True):
        assert each.state is QuotationState.MOVED and each.now
        assert text[: each.now.start].endswith(before)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\nnothing more", "damaged"),
        (b"", "empty file"),
    ],
)
def test_a_source_that_cannot_be_read_now(notes: Library, saved: Path, content: bytes, reason: str) -> None:
    (notes.sources / "harbour.md").write_bytes(content)
    each = checked(notes, saved)[SENTENCE]
    assert each.state is QuotationState.UNREADABLE and reason in each.note
    assert not notes.check_answers(saved).ok


def test_no_index_is_needed_and_none_is_made(notes: Library, saved: Path, tmp_path: Path) -> None:
    library = Library(notes.sources, tmp_path / "no-index")
    assert library.check_answers(saved).ok
    assert not library.index.exists()


def test_a_missing_sources_folder_is_said(notes: Library, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(SourcesMissing):
        Library(tmp_path / "nowhere", notes.index).check_answers(saved)


def test_ask_saves_and_check_checks(notes: Library, command: Command, tmp_path: Path) -> None:
    path = str(tmp_path / "a.json")
    ran = command(notes, "ask", QUESTION, "What does a submarine ticket to Lisbon cost?", "--save", path, "--json")
    assert ran.status == 1
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        json.loads(json.dumps(answer.to_dict())) for answer in load_answers(path)
    ]
    ran = command(notes, "check", path)
    assert ran.status == 0
    assert f"  UNCHANGED  harbour.md, section “The works of 2020”, paragraph 1: “{SENTENCE[:40]}" in ran.out
    assert "now" not in ran.out and "the same words" not in ran.out
    edit(notes.sources / "harbour.md", "## The works", "New.\n\n## The works")
    ran = command(notes, "check", path)
    assert ran.status == 0
    start = len("Harbour dredging\n\nThe works of 2020\n\n")
    end, shift = start + len(SENTENCE), len("New.\n\n")
    place = f"paragraph 1, characters {start + shift}–{end + shift} (was {start}–{end})\n"
    assert f"\n             now section “The works of 2020”, {place}" in ran.out
    (notes.sources / "harbour.md").rename(notes.sources / "works.md")
    edit(notes.sources / "works.md", "low tide", "high tide")
    ran = command(notes, "check", path)
    assert ran.status == 1
    assert (
        "the source was removed; the same words stand in works.md, section “The works of 2020”, paragraph 1" in ran.out
    )
    (notes.sources / "works.md").rename(notes.sources / "harbour.md")
    edit(notes.sources / "harbour.md", "forty", "sixty")
    ran = command(notes, "check", path)
    assert ran.status == 1
    assert "The dredger Marabel cleared [-forty-]{+sixty+} thousand tonnes of silt" in ran.out
    ran = command(notes, "check", path, "--json")
    report = json.loads(ran.out)
    assert (ran.status, report["ok"], report["answers"]) == (1, False, 2)
    assert report["counts"]["changed"] == sum(each["state"] == "changed" for each in report["quotations"]) > 0


def test_a_file_that_is_no_record_is_named_and_the_others_are_checked(
    notes: Library, saved: Path, command: Command
) -> None:
    bees = notes.sources / "bees.txt"
    ran = command(notes, "check", str(bees))
    assert (ran.status, ran.out) == (2, "") and "bees.txt does not hold saved answers" in ran.error
    ran = command(notes, "check", str(bees), str(saved))
    assert ran.status == 2 and "bees.txt" in ran.err and "1 answer, " in ran.out
    ran = command(notes, "ask", QUESTION, "--save", str(bees))
    assert ran.status == 2 and "bees.txt does not hold saved answers" in ran.error
    assert bees.read_text("utf-8").startswith("Bees in the old orchard")
    with pytest.raises(UsageError):
        notes.check_answers(bees)
