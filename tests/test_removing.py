"""Taking documents out of the library and putting them back: nothing is deleted, replaced, or moved elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import NOTES, Command

from assistant import Library
from assistant.errors import UnreadableFile, UsageError

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
LEDGER = '{"_id": "a", "text": "Herring sold at nine."}\n{"_id": "b", "text": "Cod sold at ten."}\n'


def files(folder: Path) -> dict[str, str]:
    """What is in a folder that is not hidden, by name."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: path.read_text("utf-8") for name, path in names.items() if not name.startswith(".")}


def test_what_is_removed_is_no_source_any_more_until_it_is_put_back(notes: Library) -> None:
    before = files(notes.sources)
    removal = notes.remove("bees.txt")
    assert (removal.files, removal.source_ids) == (("bees.txt",), ("bees.txt",))
    assert (notes.sources / ".trash" / removal.id / "bees.txt").read_text("utf-8") == NOTES["bees.txt"]
    assert notes.outdated() == ["bees.txt"]
    assert notes.rebuild().removed == ("bees.txt",)
    assert (notes.outdated(), notes.check().ok) == ([], True)
    assert notes.trash() == [removal]
    assert notes.put_back(removal.id) == ("bees.txt",)
    assert (files(notes.sources), notes.trash()) == (before, [])
    assert list((notes.sources / ".trash").iterdir()) == []
    assert notes.rebuild().added == ("bees.txt",)


def test_the_last_removal_comes_first(notes: Library) -> None:
    first, second = notes.remove("bees.txt"), notes.remove("harbour.md", "lighthouse.md")
    assert notes.trash() == [second, first]
    assert second.source_ids == ("harbour.md", "lighthouse.md")
    assert first.when.endswith("+00:00")


def test_a_file_of_several_sources_goes_as_a_whole(notes: Library) -> None:
    (notes.sources / "books").mkdir()
    (notes.sources / "books" / "ledger.jsonl").write_text(LEDGER, "utf-8")
    notes.rebuild()
    removal = notes.remove("books/ledger.jsonl#b")
    assert (removal.files, removal.source_ids) == (
        ("books/ledger.jsonl",),
        ("books/ledger.jsonl#a", "books/ledger.jsonl#b"),
    )
    (notes.sources / "books").rmdir()
    assert notes.put_back(removal.id) == ("books/ledger.jsonl",)
    assert (notes.sources / "books" / "ledger.jsonl").read_text("utf-8") == LEDGER


def test_sidecars_go_along_unless_they_describe_what_stays(notes: Library) -> None:
    for name in ("bees.txt.yaml", "bees.yaml", "harbour.yaml"):
        (notes.sources / name).write_text(f"publisher: {name}\n", "utf-8")
    (notes.sources / "harbour.txt").write_text("The harbour has one crane.", "utf-8")
    assert notes.remove("bees.txt").files == ("bees.txt", "bees.txt.yaml", "bees.yaml")
    assert notes.remove("harbour.md").files == ("harbour.md",)
    assert notes.remove("harbour.txt").files == ("harbour.txt", "harbour.yaml")
    assert list(files(notes.sources)) == ["lighthouse.md"]


def test_two_that_share_a_sidecar_take_it_along_together(notes: Library) -> None:
    (notes.sources / "harbour.yaml").write_text("publisher: Harbour Board\n", "utf-8")
    (notes.sources / "harbour.txt").write_text("The harbour has one crane.", "utf-8")
    assert notes.remove("harbour.md", "harbour.txt").files == ("harbour.md", "harbour.txt", "harbour.yaml")


def test_a_place_that_is_taken_meanwhile_is_not_lost(notes: Library) -> None:
    (notes.sources / "bees.yaml").write_text("publisher: Old\n", "utf-8")
    (notes.sources / "bees.txt.yaml").write_text("publisher: Orchard\n", "utf-8")
    removal = notes.remove("bees.txt")
    (notes.sources / "bees.txt").write_text("Other bees.", "utf-8")
    (notes.sources / "bees (2).yaml").write_text("publisher: Somebody\n", "utf-8")
    assert notes.put_back(removal.id) == ("bees (3).txt", "bees (3).txt.yaml", "bees (3).yaml")
    there = files(notes.sources)
    assert (there["bees.txt"], there["bees (3).txt"]) == ("Other bees.", NOTES["bees.txt"])
    assert there["bees (2).yaml"] == "publisher: Somebody\n"
    notes.rebuild()
    assert notes.source("bees (3).txt").metadata.publisher == "Orchard"


def test_what_is_not_indexed_can_be_removed_too(notes: Library) -> None:
    (notes.sources / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (notes.sources / "new.txt").write_text("New.", "utf-8")
    (notes.sources / "library.bib").write_text("@book{", "utf-8")
    removal = notes.remove("film.mp4", "new.txt", "library.bib")
    assert (removal.files, removal.source_ids) == (("film.mp4", "new.txt", "library.bib"), ())
    assert set(files(notes.sources)) == set(NOTES)


def test_files_are_removed_without_an_index_too(notes: Library) -> None:
    library = Library(notes.sources, notes.index.parent / "none")
    removal = library.remove("bees.txt")
    assert (removal.files, removal.source_ids) == (("bees.txt",), ())


@pytest.mark.parametrize(
    "name", ["../outside.txt", "../library/sources/bees.txt", "/etc/passwd", ".", "", ".trash", "x"]
)
def test_what_is_no_source_is_not_removed(notes: Library, name: str) -> None:
    outside = notes.sources.parent / "outside.txt"
    outside.write_text("Outside.", "utf-8")
    before = files(notes.sources)
    with pytest.raises(UsageError, match=r"^there is no source or file "):
        notes.remove("bees.txt", name)
    assert (files(notes.sources), notes.trash(), outside.is_file()) == (before, [], True)


def test_what_is_gone_already_says_so(notes: Library) -> None:
    (notes.sources / "bees.txt").unlink()
    with pytest.raises(UsageError, match=r"^bees.txt is not in the sources folder any more: run assistant rebuild$"):
        notes.remove("bees.txt")


@pytest.mark.parametrize("name", ["..", "../sources", ".", "", "20261129T120102.000000-ab12cd", "/etc"])
def test_what_is_no_removal_is_not_put_back(notes: Library, name: str) -> None:
    removal = notes.remove("bees.txt")
    with pytest.raises(UsageError, match=r"^there is no removal "):
        notes.put_back(name)
    with pytest.raises(UsageError, match=r"^there is no removal "):
        notes.put_back(f"{removal.id}/../{removal.id}")
    assert notes.trash() == [removal]


@LINKS
def test_of_a_link_the_link_itself_is_moved(notes: Library) -> None:
    (notes.sources / ".store").mkdir()
    (notes.sources / ".store" / "cooper").write_text("The cooper mends herring barrels.", "utf-8")
    (notes.sources / "cooper.txt").symlink_to(Path(".store", "cooper"))
    (notes.sources / "outside").symlink_to(notes.sources.parent / "index")
    notes.rebuild()
    removal = notes.remove("cooper.txt", "outside")
    assert removal.source_ids == ("cooper.txt",)
    assert (notes.sources / ".store" / "cooper").is_file() and notes.index.is_dir()
    assert notes.put_back(removal.id) == ("cooper.txt", "outside")
    assert (notes.sources / "cooper.txt").read_text("utf-8") == "The cooper mends herring barrels."
    assert (notes.sources / "outside").is_symlink()


@LINKS
def test_nothing_leaves_the_sources_folder_by_a_link(notes: Library, tmp_path: Path) -> None:
    (notes.sources / "books").mkdir()
    (notes.sources / "books" / "a.txt").write_text("The cooper mends herring barrels.", "utf-8")
    notes.rebuild()
    removal = notes.remove("books/a.txt")
    (notes.sources / "books").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (notes.sources / "books").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out of the sources folder now"):
        notes.put_back(removal.id)
    (tmp_path / "elsewhere" / "a.txt").write_text("Somebody's.", "utf-8")
    with pytest.raises(UsageError, match="not in the sources folder any more"):
        notes.remove("books/a.txt")
    assert files(tmp_path / "elsewhere") == {"a.txt": "Somebody's."}
    assert notes.trash() == [removal]


@LINKS
def test_a_trash_that_is_a_link_is_not_used(notes: Library, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (notes.sources / ".trash").symlink_to(tmp_path / "elsewhere")
    for use in (notes.trash, lambda: notes.remove("bees.txt")):
        with pytest.raises(UsageError, match=r"\.trash is no folder: move it away"):
            use()
    assert set(files(notes.sources)) >= set(NOTES) and list((tmp_path / "elsewhere").iterdir()) == []


@LINKS
def test_a_removal_that_is_a_link_is_none(notes: Library, tmp_path: Path) -> None:
    removal = notes.remove("bees.txt")
    folder = notes.sources / ".trash" / removal.id
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert notes.trash() == []
    with pytest.raises(UsageError, match=r"^there is no removal "):
        notes.put_back(removal.id)


def test_a_move_that_fails_in_the_middle_is_undone(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    moving = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if path.name == "lighthouse.md":  # as a disk or a program that holds it does
            raise PermissionError(13, "Permission denied")
        return moving(path, target)

    before = files(notes.sources)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UnreadableFile, match=r"lighthouse.md cannot be moved \(permission denied\)"):
        notes.remove("bees.txt", "harbour.md", "lighthouse.md")
    assert (files(notes.sources), notes.trash(), list((notes.sources / ".trash").iterdir())) == (before, [], [])
    monkeypatch.undo()
    removal = notes.remove("bees.txt", "harbour.md", "lighthouse.md")
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UnreadableFile, match="cannot be moved"):
        notes.put_back(removal.id)
    assert (files(notes.sources), notes.trash()) == ({}, [removal])
    monkeypatch.undo()
    assert sorted(notes.put_back(removal.id)) == sorted(before)
    assert files(notes.sources) == before


def test_the_trash_is_not_read_and_its_names_are_free(notes: Library, tmp_path: Path) -> None:
    (notes.sources / "library.bib").write_text("@book{a, title = {Bees in the old orchard}}", "utf-8")
    notes.rebuild()
    removal = notes.remove("bees.txt", "library.bib")
    report = notes.rebuild()
    assert (report.removed, report.skipped, report.problems, notes.outdated()) == (("bees.txt",), (), (), [])
    (tmp_path / "bees.txt").write_text("Wasps in the old orchard.", "utf-8")
    assert notes.add(tmp_path / "bees.txt").added == ("bees.txt",)
    assert notes.put_back(removal.id) == ("bees (2).txt", "library.bib")


def test_the_command_removes_and_puts_back(notes: Library, command: Command) -> None:
    ran = command(notes, "remove", "bees.txt", "harbour.md")
    (removal,) = notes.trash()
    assert ran.status == 0
    assert ran.out.startswith(f"moved to {notes.sources / '.trash' / removal.id}: bees.txt, harbour.md\n")
    assert "removed: bees.txt\nremoved: harbour.md\n" in ran.out
    ran = command(notes, "remove", "--undo", "--json")
    assert ran.status == 0
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert events[0] == {"event": "put back", "files": ["bees.txt", "harbour.md"]}
    assert events[-1]["added"] == ["bees.txt", "harbour.md"]
    assert set(files(notes.sources)) == set(NOTES)


def test_the_command_says_what_it_cannot_do(notes: Library, command: Command) -> None:
    for arguments in ([], ["--undo", "bees.txt"], ["nothing.txt"], ["--undo"]):
        ran = command(notes, "remove", *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert ran.error.startswith("assistant: ")


def test_removing_the_last_document_says_that_nothing_is_left(notes: Library, command: Command) -> None:
    ran = command(notes, "remove", *NOTES)
    assert ran.status == 2
    assert ran.out.startswith("moved to ")
    assert ran.error.startswith(f"assistant: no document in {notes.sources} can be read")
    assert command(notes, "remove", "--undo").status == 0


def test_what_a_removal_would_take_is_told_before(notes: Library) -> None:
    (notes.sources / "harbour.md.yaml").write_text("language: en\n", "utf-8")
    before = sorted(notes.sources.iterdir())
    assert notes.going("harbour.md") == (("harbour.md", "harbour.md.yaml"), ("harbour.md",))
    assert sorted(notes.sources.iterdir()) == before
    assert notes.remove("harbour.md").files == ("harbour.md", "harbour.md.yaml")
