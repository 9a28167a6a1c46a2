"""What a careful reader counts on: nothing is hidden, nothing old is quoted, no damage goes unnoticed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest

from assistant import Library, open_library
from assistant.child import start
from assistant.errors import IndexDamaged, IndexOutdated
from assistant.settings import Recipe

AGREED = (
    "At the meeting in the old town hall on 4 May the delegation of the islands, after a long talk about the harbour "
    "works and the cost of the new breakwater, agreed to let the inspectors of the union return to the quays and to "
    "the two storehouses before the end of the summer."
)


def made(folder: Path, **files: str) -> Library:
    (folder / "sources").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "sources" / f"{name}.txt").write_text(text + "\n", "utf-8")
    return open_library(folder / "sources", index=folder / "index")


def alter(generation: Path, statement: str) -> None:
    database = sqlite3.connect(generation / "sources.sqlite")
    database.execute(statement)
    database.commit()
    database.close()


def test_passages_that_differ_by_a_word_are_both_shown_and_equal_ones_once(tmp_path: Path) -> None:
    library = made(tmp_path, yes=AGREED, no=AGREED.replace("agreed", "refused"), again=AGREED.upper())
    excerpts = library.retrieve("Did the delegation let the inspectors return?")
    assert {excerpt.citation.source_id for excerpt in excerpts} | {"yes.txt", "again.txt"} == {
        "yes.txt",
        "no.txt",
        "again.txt",
    }
    assert len(excerpts) == 2
    (twin,) = [copy for excerpt in excerpts for copy in excerpt.duplicates]
    assert twin.quote.casefold() == AGREED.casefold()


def test_a_phrase_is_found_in_its_possessive_and_a_single_character_in_a_word(tmp_path: Path) -> None:
    library = made(
        tmp_path, note="North Korea’s envoy spoke. Then North Korea left.", zh="朝鲜核问题六方会谈在北京举行。"
    )
    assert [found.citation.quote for found in library.find("north korea")] == ["North Korea"] * 2
    assert len(library.find("核")) == 1
    assert library.ask("核").unseen_words == ()
    assert library.retrieve('"North Korea" envoy')[0].citation.source_id == "note.txt"


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u2028"])
def test_any_white_space_may_stand_before_a_full_stop(tmp_path: Path, space: str) -> None:
    library = made(tmp_path, note=f"The plan was called B{space}. Yes, it was the plan of the harbour master.")
    assert library.ask("What was the plan of the harbour master called?").excerpts


def test_a_changed_source_is_not_found(notes: Library) -> None:
    (notes.sources / "bees.txt").write_text("The orchard keeps ninety hives.\n", "utf-8")
    assert notes.find("nine hives") == []
    assert len(notes.find("Skarn Point")) == 2


def test_a_change_of_the_same_length_and_time_is_seen(notes: Library) -> None:
    path = notes.sources / "bees.txt"
    before = path.stat()
    path.write_text(path.read_text("utf-8").replace("nine", "five"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert all(e.citation.source_id != "bees.txt" for e in notes.ask("How many hives does the orchard keep?").excerpts)


def test_check_sees_a_change_that_moves_no_passage(notes: Library) -> None:
    path = notes.sources / "lighthouse.md"
    path.write_text(path.read_text("utf-8").replace("Coast Society", "Toast Society"), "utf-8")
    report = notes.check()
    assert [problem.file for problem in report.problems] == ["lighthouse.md"]


def test_an_altered_text_in_the_index_is_never_quoted(notes: Library) -> None:
    index = notes.generation()
    alter(index.path, "UPDATE texts SET text = replace(text, 'nine hives', 'five hives')")
    fresh = Library(notes.sources, notes.index)
    with pytest.raises(IndexDamaged):
        fresh.ask("How many hives does the orchard keep?")
    with pytest.raises(
        IndexDamaged
    ):  # large files are not digested when an index is opened, so the text has its own seal
        index.source(index.find("bees.txt"))


def test_an_index_of_another_recipe_is_not_used(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.index.manifest.Recipe", lambda: Recipe(splitter=99))
    with pytest.raises(IndexOutdated, match="assistant rebuild"):
        Library(notes.sources, notes.index).generation()


def test_a_module_in_the_users_folder_is_not_run(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (notes.sources.parent / "random.py").write_text("raise SystemExit('the user\\'s own file ran')", "utf-8")
    monkeypatch.chdir(notes.sources.parent)
    with start(notes.rebuild_command(), subprocess.DEVNULL) as child:
        assert child.wait(60) == 0


@pytest.mark.parametrize("name", ["vectors.npy", "sentence_vectors.npy", "keys.npy", "starts.npy", "passages.npy"])
def test_a_rebuild_takes_nothing_over_from_an_altered_file_however_large(
    notes: Library, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("assistant.index.generation.SMALL", 0)  # as if every file were too large to digest at opening
    path = notes.generation().path / name
    data = bytearray(path.read_bytes())
    data[-5] ^= 0xFF
    path.write_bytes(data)
    report = Library(notes.sources, notes.index).rebuild()
    assert report.embedded == report.passages
    assert "damaged" in report.notes[0]
    assert Library(notes.sources, notes.index).check().ok


@pytest.mark.parametrize(
    ("name", "column", "number"),
    [
        ("terms/tokens.npy", None, 1 << 30),
        ("terms/ids.npy", None, 1 << 30),
        ("terms/starts.npy", None, -(1 << 40)),
        ("starts.npy", None, 1 << 40),
        ("starts.npy", None, -1),
        ("passages.npy", "start", None),
        ("passages.npy", "start", 1 << 20),
        ("passages.npy", "source", 1 << 20),
        ("passages.npy", "first", 1 << 40),
        ("passages.npy", "last", 1 << 50),
        ("passages.npy", "last", -1),
    ],
)
def test_numbers_that_point_nowhere_in_a_large_file_are_damage(
    notes: Library, monkeypatch: pytest.MonkeyPatch, name: str, column: str | None, number: int | None
) -> None:
    monkeypatch.setattr("assistant.index.generation.SMALL", 0)  # as if every file were too large to digest at opening
    path = notes.index / (notes.index / "CURRENT").read_text("utf-8").strip() / name
    numbers = np.load(path, mmap_mode="r+")
    altered = numbers if column is None else numbers[column]
    if number is None:
        altered += 1
    else:
        altered[1:-1] = number
    numbers.flush()
    with pytest.raises(IndexDamaged, match="run assistant rebuild"):
        Library(notes.sources, notes.index).ask("How many hives does the orchard keep?")


def test_numbers_that_point_elsewhere_in_a_large_file_are_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.index.generation.SMALL", 0)  # as if every file were too large to digest at opening
    days = " ".join(f"On day {day} the ferry took {day * 7} people over. The wind was low." for day in range(60))
    library = made(tmp_path, ferry=days, harbour="The harbour master counts the boats at night.")
    library.rebuild()
    path = library.index / (library.index / "CURRENT").read_text("utf-8").strip() / "passages.npy"
    sound = np.load(path)
    assert sound["source"].tolist()[:3] == [0, 0, 0]
    assert sound["source"].tolist()[-2:] == [0, 1]
    for columns, row, shift in ((["source"], len(sound) - 1, -1), (["first", "last"], 1, 1)):
        numbers = np.load(path, mmap_mode="r+")
        numbers[:] = sound
        for column in columns:
            numbers[column][row] += shift
        numbers.flush()
        index = open_library(library.sources, index=library.index).generation()
        with pytest.raises(IndexDamaged, match="run assistant rebuild"):
            index.text(row)


def test_altered_dates_in_the_index_are_never_filtered_by(notes: Library) -> None:
    index = notes.generation()
    alter(index.path, "UPDATE sources SET metadata = replace(metadata, '2020', '1920')")
    with pytest.raises(IndexDamaged):
        assert index.metadata


@pytest.mark.parametrize(("one", "other"), [("-5 degrees", "5 degrees"), ("$50", "€50"), ("< 5 metres", "> 5 metres")])
def test_signs_tell_passages_apart(tmp_path: Path, one: str, other: str) -> None:
    text = "The limit for the harbour is {} today."
    library = made(tmp_path, a=text.format(one), b=text.format(other))
    assert len(library.retrieve("What is the limit for the harbour?")) == 2
