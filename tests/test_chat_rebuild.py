"""A rebuild as a child process: how it ends is said, whatever happens."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from assistant.chat import rebuild as module
from assistant.chat.rebuild import Rebuild
from assistant.library import Library


def finish(rebuild: Rebuild) -> None:
    """Waits for the thread that follows the child."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon and "_follow" in thread.name:
            thread.join()
    assert not rebuild.status.running


def test_failure_is_said_in_the_words_of_the_child(tmp_path: Path) -> None:
    rebuild = Rebuild(Library(tmp_path / "nowhere", tmp_path / "index"))
    rebuild.start()
    assert rebuild.status.running
    finish(rebuild)
    assert rebuild.status.error is not None and "nowhere" in rebuild.status.error
    assert not rebuild.status.error.startswith("assistant:")


def test_second_start_joins_the_first_and_a_cancel_is_said(tmp_path: Path) -> None:
    rebuild = Rebuild(Library(tmp_path / "nowhere", tmp_path / "index"))
    rebuild.start()
    child = rebuild._child
    rebuild.start()
    assert rebuild._child is child
    rebuild.cancel()
    finish(rebuild)
    assert rebuild.status.cancelled
    rebuild.cancel()
    assert rebuild.status.cancelled


def test_command_names_the_folders_and_the_model(tmp_path: Path) -> None:
    command = Rebuild(Library(tmp_path / "s", tmp_path / "i", "some/model")).command()
    assert command[1:6] == ["-P", "-m", "assistant", "rebuild", "--json"]
    assert command[6:] == ["--sources", str(tmp_path / "s"), "--index", str(tmp_path / "i"), "--model", "some/model"]


@pytest.mark.parametrize("line", ["not json\n", "3\n", "\n"])
def test_line_that_is_no_event_is_logged(line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert module._event(line) == {}
    assert "not an event" in caplog.text
