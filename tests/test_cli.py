"""The command line as a person and as a program use it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys

import pytest
from conftest import NOTES

from assistant import Library
from assistant.cli import main


def run(notes: Library, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    command, *rest = arguments
    status = main([command, *rest, "--sources", str(notes.sources), "--index", str(notes.index)])
    out, err = capsys.readouterr()
    return status, out, err


def test_ask_prints_the_quotation_and_its_citation(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(notes, capsys, "ask", "When was the lighthouse lit?")
    assert (status, err) == (0, "")
    assert "“The lighthouse at Skarn Point was lit for the first time on 3 October 1871.” [1]" in out
    assert "[1] Coast Society, “The lighthouse at Skarn Point”, 2019-11, paragraph 1." in out


def test_further_questions_are_follow_ups(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(notes, capsys, "ask", "Where is the Skarn Point lighthouse?", "And when was it lit?", "--json")
    second = json.loads(out.splitlines()[1])
    assert status == 0
    assert "lighthouse" in second["query"]["carried"]


def test_not_found_is_status_1(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(notes, capsys, "ask", "What does a submarine ticket to Lisbon cost?")
    assert status == 1
    assert "Your sources do not answer this." in out
    assert "Lisbon" in out


def test_retrieve_gives_excerpts_as_json(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(notes, capsys, "retrieve", "frost", "-k", "1", "--only", "bees*", "--json")
    (excerpt,) = json.loads(out)
    assert status == 0
    assert excerpt["citation"]["source_id"] == "bees.txt"


def test_a_question_is_asked_of_the_sources_of_a_publisher(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = ("--publisher", "Port Office", "--publisher", "coast society")
    status, out, _ = run(notes, capsys, "retrieve", "hives harbour lighthouse", *narrow, "--json")
    assert status == 0
    assert {each["citation"]["source_id"] for each in json.loads(out)} == {"harbour.md", "lighthouse.md"}
    status, _, err = run(notes, capsys, "ask", "When was it lit?", "--publisher", "Nobody")
    assert (status, err) == (2, "assistant: no source has the publisher 'Nobody': assistant sources lists them\n")


def test_find_counts_every_occurrence(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(notes, capsys, "find", "SKARN point", "--json")
    found = json.loads(out)
    assert status == 0
    assert [item["citation"]["quote"] for item in found] == ["Skarn Point"] * 2
    assert run(notes, capsys, "find", "hives nine")[0] == 1


def test_output_in_a_pipe_is_plain_and_not_wrapped(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(notes, capsys, "ask", "Who paid for the works?")
    assert "\x1b" not in out
    assert any(len(line) > 150 for line in out.splitlines())


def test_sources_are_listed(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(notes, capsys, "sources")
    assert "harbour.md" in out
    assert "Port Office" in out
    assert "3 sources" in out
    _, out, _ = run(notes, capsys, "sources", "--json")
    assert [item["id"] for item in json.loads(out)] == ["bees.txt", "harbour.md", "lighthouse.md"]


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert 'assistant ask "When did the talks break down?"' in out
    for command in ("chat", "rebuild", "ask", "retrieve", "find", "sources", "check"):
        assert command in out


def test_misuse_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["frobnicate"])
    assert ended.value.code == 2
    assert "frobnicate" in capsys.readouterr().err


def test_a_changed_file_is_mentioned(notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (notes.sources / "new.txt").write_text("A new note on tides.\n", "utf-8")
    _, _, err = run(notes, capsys, "ask", "When was the lighthouse lit?")
    assert err.count("\n") == 1
    assert "new.txt" in err
    assert "assistant rebuild" in err


@pytest.mark.skipif(os.name != "posix", reason="terminals as POSIX has them")
def test_a_rebuild_at_a_terminal_shows_how_fast_it_is_and_what_it_reads(notes: Library) -> None:
    import pty

    for name in NOTES:
        (notes.sources / name).write_text("Words that are new.\n", "utf-8")
    ours, its = pty.openpty()
    command = ["rebuild", "--sources", str(notes.sources), "--index", str(notes.index)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    with subprocess.Popen(
        [sys.executable, "-m", "assistant", *command], stdout=subprocess.DEVNULL, stderr=its, env=environment
    ) as child:
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that there is no more
            while data := os.read(ours, 65536):
                shown += data
        assert child.wait() == 0
    os.close(ours)
    text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", shown).decode()
    assert re.search(r"Reading sources\s.* 3/3 .*[0-9]/s", text)
    assert re.search(r"Reading sources\s.*bees\.txt", text)
