"""What the library says of each file in its folder: indexed, changed, new, gone, or refused and why."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from assistant import Library
from assistant.index.seals import seal_of
from assistant.reports import FileCondition, FileState

BROKEN = b"%PDF-1.7\nnot really"


def states(library: Library) -> dict[str, FileState]:
    found = library.file_states()
    assert [state.file for state in found] == sorted({state.file for state in found})
    return {state.file: state for state in found}


def conditions(library: Library) -> dict[str, FileCondition]:
    return {file: state.condition for file, state in states(library).items()}


def test_each_file_says_what_has_become_of_it(notes: Library) -> None:
    assert set(conditions(notes).values()) == {FileCondition.INDEXED}
    (notes.sources / "bees.txt").unlink()
    (notes.sources / "harbour.md").write_text("# Harbour\n\nNothing is left.\n", "utf-8")
    (notes.sources / "new.txt").write_text("New.", "utf-8")
    (notes.sources / "lighthouse.yaml").write_text("publisher: Skarn Press\n", "utf-8")
    (notes.sources / ".trash").mkdir()
    (notes.sources / ".trash" / "old.txt").write_text("Old.", "utf-8")
    assert states(notes) == {
        "bees.txt": FileState("bees.txt", FileCondition.MISSING, (), ("bees.txt",)),
        "harbour.md": FileState("harbour.md", FileCondition.CHANGED, (), ("harbour.md",)),
        "lighthouse.md": FileState(
            "lighthouse.md", FileCondition.CHANGED, ("its sidecar was added, changed or removed",), ("lighthouse.md",)
        ),
        "new.txt": FileState("new.txt", FileCondition.NEW),
    }
    assert notes.outdated() == sorted(states(notes))
    notes.rebuild()
    assert set(conditions(notes).values()) == {FileCondition.INDEXED}
    assert (sorted(states(notes)), notes.outdated()) == (["harbour.md", "lighthouse.md", "new.txt"], [])


def test_a_refused_file_keeps_its_reason_until_it_changes(notes: Library) -> None:
    (notes.sources / "broken.pdf").write_bytes(BROKEN)
    assert conditions(notes)["broken.pdf"] is FileCondition.NEW
    (skipped,) = notes.rebuild().skipped
    fresh = Library(notes.sources, notes.index)
    assert states(fresh)["broken.pdf"] == FileState("broken.pdf", FileCondition.REFUSED, (skipped.reason,))
    assert fresh.outdated() == []
    before = notes.index_id
    assert notes.rebuild().index_id == before  # same files, same reasons, same index
    assert notes.check().ok
    (notes.sources / "broken.pdf").write_bytes(BROKEN + b" at all")
    assert states(notes)["broken.pdf"] == FileState("broken.pdf", FileCondition.CHANGED)
    assert notes.outdated() == ["broken.pdf"]


def test_what_no_reader_reads_is_refused_with_the_reason(notes: Library) -> None:
    (notes.sources / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (notes.sources / "nothing.yaml").write_text("title: Nothing\n", "utf-8")
    skipped = {item.file: item.reason for item in notes.rebuild().skipped}
    found = states(notes)
    for name in ("film.mp4", "nothing.yaml"):
        assert found[name] == FileState(name, FileCondition.REFUSED, (skipped[name],))
    assert len(found) == 5


def test_what_was_read_in_part_says_what_could_not_be_used(notes: Library) -> None:
    (notes.sources / "ledger.jsonl").write_text('{"_id": "a", "text": "Herring sold at nine."}\n{"no": 1}\n', "utf-8")
    (notes.sources / "bees.yaml").write_text("title: [broken\n", "utf-8")
    (notes.sources / "library.bib").write_text("@book{a, title = {Tides}, file = {gone.pdf}}", "utf-8")
    (notes.sources / "library.ris").write_text("TY  - BOOK\nTI  - Bees\nER  - \n", "utf-8")
    problems = notes.rebuild().problems
    found = states(Library(notes.sources, notes.index))
    assert {file for file, state in found.items() if state.condition is FileCondition.PARTLY} == {
        "bees.txt", "ledger.jsonl", "library.bib",
    }  # fmt: skip
    assert "library.ris" not in found  # with which nothing is wrong
    for item in problems:
        assert item.reason in found[item.file].reasons
    assert found["ledger.jsonl"].source_ids == ("ledger.jsonl#a",)
    (notes.sources / "library.bib").write_text("@book{a, title = {Bees in the old orchard}}", "utf-8")
    assert states(notes)["library.bib"] == FileState("library.bib", FileCondition.CHANGED)
    notes.rebuild()
    assert "library.bib" not in states(notes)


def test_a_problem_that_quotes_broken_text_can_be_kept(notes: Library) -> None:
    entry = {"id": "a", "type": "book", "title": "Tides", "file": "\ud800gone.pdf", "issued": "\udfff soon"}
    (notes.sources / "library.json").write_text(json.dumps([entry]), "utf-8")
    (notes.sources / "bees.yaml").write_text('issued: "\\uD800"\n', "utf-8")
    assert notes.rebuild().problems
    assert states(notes)["bees.txt"].condition is FileCondition.PARTLY
    assert notes.check().ok


def test_an_index_from_before_the_reasons_were_kept_is_used_and_learns_them(notes: Library) -> None:
    without = notes.index_id
    (notes.sources / "broken.pdf").write_bytes(BROKEN)
    notes.rebuild()
    path = notes.generation().path / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    for name in ("seal", "reasons", "describing"):
        manifest.pop(name)
    path.write_text(json.dumps({**manifest, "seal": seal_of(manifest)}), "utf-8")
    older = Library(notes.sources, notes.index)
    assert states(older)["broken.pdf"] == FileState("broken.pdf", FileCondition.REFUSED)
    assert older.outdated() == []
    report = older.rebuild()
    assert (report.embedded, report.unchanged) == (0, 3)
    assert states(older)["broken.pdf"].reasons
    assert without != older.index_id


def test_a_file_that_is_only_touched_is_as_it_was(notes: Library) -> None:
    os.utime(notes.sources / "bees.txt", ns=(1, 1))
    assert conditions(notes)["bees.txt"] is FileCondition.INDEXED


def test_files_that_are_as_they_were_are_not_read(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes.index_id
    opening, opened = Path.open, []

    def count(path: Path, *arguments: object, **named: object) -> object:
        opened.append(path)
        return opening(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", count)
    assert set(conditions(notes).values()) == {FileCondition.INDEXED}
    assert [path for path in opened if path.is_relative_to(notes.sources)] == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_an_indexed_file_that_became_a_link_out_of_the_folder_is_changed(notes: Library, tmp_path: Path) -> None:
    (notes.sources / "bees.txt").rename(tmp_path / "bees.txt")
    (notes.sources / "bees.txt").symlink_to(tmp_path / "bees.txt")
    state = states(notes)["bees.txt"]
    assert (state.condition, state.source_ids) == (FileCondition.CHANGED, ("bees.txt",))
    assert state.reasons[0].startswith("a link to a place outside the sources folder")
    assert notes.outdated() == ["bees.txt"]
