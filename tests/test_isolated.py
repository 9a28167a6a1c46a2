"""Readers in a process of their own: what hangs, crashes or eats memory costs one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant import Library
from assistant.errors import UnreadableFile
from assistant.readers import read
from assistant.readers.isolated import Isolated

HERE = Path(__file__).parent
WORDS = b"The bell buoy rang all night."


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children whose reader of plain text does what a file says."""
    paths = [str(HERE / "faulty"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


@pytest.fixture
def isolated(faulty: None) -> Iterator[Isolated]:
    with Isolated(seconds=5.0, memory=400_000_000) as reader:
        yield reader


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "assistant.readers.worker" in child.cmdline()]


@pytest.mark.parametrize("name", ["harbour.md", "harbour.html", "memorandum.pdf", "latin-1.txt", "page-labels.pdf"])
def test_a_child_reads_what_this_process_reads(name: str) -> None:
    data = (HERE / "corpus" / name).read_bytes()
    with Isolated() as reader:
        assert reader.read(data, f"deep/{name}") == read(data, f"deep/{name}")


def test_a_file_that_cannot_be_read_says_why_and_the_next_is_read() -> None:
    with Isolated() as reader:
        with pytest.raises(UnreadableFile, match=r"^empty file$"):
            reader.read(b"", "a.txt")
        assert reader.read(WORDS, "b.txt").sources[0].text == WORDS.decode()
        assert len(children()) == 1
    assert children() == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (b"HANG", "its reader made no headway for 5 s and was stopped; "),
        (b"CRASH", "its reader crashed on it; "),
        (b"GREEDY", "its reader took more than 0.4 GB of memory and was stopped; "),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_fault_costs_one_file(isolated: Isolated, fault: bytes, reason: str, first: bool) -> None:
    if not first:
        assert isolated.read(WORDS, "before.txt").sources
    with pytest.raises(UnreadableFile) as caught:
        isolated.read(fault, "a.txt")
    assert str(caught.value).startswith(reason)
    assert isolated.read(WORDS, "after.txt").sources[0].text == WORDS.decode()


def test_a_long_reader_that_gets_on_is_not_stopped(isolated: Isolated) -> None:
    assert isolated.read(b"SLOW but sure.", "a.txt").sources[0].text == "SLOW but sure."


def test_a_reader_that_gets_on_for_ever_is_stopped(faulty: None) -> None:
    with Isolated(total=1.0) as reader, pytest.raises(UnreadableFile, match=r"^its reader was not done within 1 s and"):
        reader.read(b"SLOW and slower.", "a.txt")


@pytest.mark.parametrize("first", [True, False])
def test_a_reader_that_was_interrupted_reads_nothing_more(first: bool) -> None:
    with Isolated() as reader:
        if not first:
            reader.read(WORDS, "a.txt")
        reader.interrupt()
        with pytest.raises(UnreadableFile):
            reader.read(WORDS, "b.txt")
    assert children() == []


def test_what_a_parser_prints_does_not_come_between(isolated: Isolated) -> None:
    assert isolated.read(b"NOISY", "a.txt").sources[0].text == "NOISY"
    assert isolated.read(WORDS, "b.txt").sources[0].text == WORDS.decode()


def test_a_crash_of_a_parser_does_not_end_the_build(faulty: None, notes: Library) -> None:
    (notes.sources / "bad.txt").write_bytes(b"CRASH")
    (notes.sources / "odd.txt").write_bytes(b"FAIL")
    (notes.sources / "good.txt").write_bytes(WORDS)
    report = notes.rebuild()
    assert [(item.file, item.reason.split(";")[0]) for item in report.skipped] == [
        ("bad.txt", "its reader crashed on it"),
        ("odd.txt", "its reader failed (RuntimeError)"),
    ]
    assert report.added == ("good.txt",)
    assert notes.check().ok


def test_no_process_is_started_where_nothing_changed(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Isolated, "_start", lambda self: pytest.fail("a child was started"))
    assert notes.rebuild().unchanged == 3
