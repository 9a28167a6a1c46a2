"""What every test may use: a small library of real files, built once with the real model."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from browser import CHROMIUM, FLAGS, Chat, OpenPage, network_log, start_chat, watched, write_sources
from playwright.sync_api import Browser, Page, sync_playwright

from assistant import Library, open_library
from assistant.cli import main

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run beside each other: more threads would only wait for a core
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The sample library of the repository, copied and indexed in a temporary folder; not to be changed."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "sources", folder / "sources")
    return open_library(folder / "sources", index=folder / "index")


NOTES = {
    "harbour.md": """---
title: Harbour dredging
publisher: Port Office
issued: 2021-03-04
covers: 2020-01/2020-12
tags: [harbour, works]
---
# Harbour dredging

## The works of 2020

The dredger Marabel cleared forty thousand tonnes of silt from the inner basin between March and June 2020. The port
paid for the works from its reserve fund.

## After the works

Pilots reported two metres of water more at low tide. A second survey is planned for 2025.
""",
    "lighthouse.md": """---
title: The lighthouse at Skarn Point
publisher: Coast Society
issued: 2019-11
tags: [harbour, history]
---
# The lighthouse at Skarn Point

The lighthouse at Skarn Point was lit for the first time on 3 October 1871. Its keeper, Ines Aldous, kept the log for
thirty-one years.
""",
    "bees.txt": "Bees in the old orchard\n\nThe orchard keeps nine hives. In 2018 a late frost killed the blossom.\n",
}


@pytest.fixture(scope="session")
def _notes_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notes and their index, to be copied."""
    folder = tmp_path_factory.mktemp("notes")
    write_notes(folder / "sources")
    open_library(folder / "sources", index=folder / "index")
    return folder


@pytest.fixture
def notes(_notes_index: Path, tmp_path: Path) -> Iterator[Library]:
    """Three small notes with their index, in a folder of the test's own that it may change."""
    copy_library(_notes_index, tmp_path / "library")
    yield Library(tmp_path / "library" / "sources", tmp_path / "library" / "index")


def write_notes(folder: Path) -> None:
    """Writes the notes to a new folder."""
    folder.mkdir(parents=True)
    for name, text in NOTES.items():
        (folder / name).write_text(text, "utf-8")


def copy_library(folder: Path, to: Path) -> Library:
    """Copies a folder with sources and index; the exported model, 90 MB, is linked, so never write into its file."""

    def copy(source: str, target: str) -> None:
        if Path(source).stat().st_size > 16_000_000:
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(folder, to, copy_function=copy)
    return Library(to / "sources", to / "index")


@pytest.fixture
def shared(_notes_index: Path) -> Iterator[Library]:
    """The notes in a folder that any user of the machine may enter, though not write to."""
    folder = Path(tempfile.mkdtemp())
    library = copy_library(_notes_index, folder / "library")
    for path in (folder, folder / "library"):
        path.chmod(0o755)
    yield library
    folder.chmod(0o755)
    for parent, names, _ in os.walk(folder):  # what a test closed is opened before it is entered
        for name in names:
            (Path(parent) / name).chmod(0o755)
    shutil.rmtree(folder)


class Ran(NamedTuple):
    """What a command did: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says what is wrong; what stands before it can only be the stages of a build."""
        assert self.err.endswith("\n")
        *stages, line = self.err.splitlines()
        assert line.startswith("assistant: ")
        assert not [stage for stage in stages if not STAGE.fullmatch(stage)]
        return line


STAGE = re.compile(r"(Reading sources|Loading the model|Splitting|Embedding passages|Checking sources)( \(\d+\))?")
Command = Callable[..., Ran]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `assistant NAME ARGUMENTS...` in this process, on a library's folders."""

    def run(library: Library, name: str, *arguments: str) -> Ran:
        capsys.readouterr()
        status = main([name, "--sources", str(library.sources), "--index", str(library.index), *arguments])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def _chat_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the documents of the browser tests and their index, to be copied."""
    folder = tmp_path_factory.mktemp("chat")
    write_sources(folder / "sources")
    open_library(folder / "sources", index=folder / "index")
    return folder


@pytest.fixture(scope="module")
def chat(_chat_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A chat that the tests of a module share; nothing that it runs may have asked for another machine."""
    chat = Chat(tmp_path_factory.mktemp("served") / "library")
    copy_library(_chat_index, chat.sources.parent)
    with start_chat(chat.sources, chat.index, chat.port) as process:
        yield chat
        process.terminate()
    assert not network_log(chat.index).exists(), network_log(chat.index).read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, chat: Chat) -> Iterator[OpenPage]:
    """Opens the chat; at the end no page may have asked another host for anything, or met an error."""
    with watched(browser, chat.url) as open_at:

        def open_(width: int = 1280, height: int = 800, address: str = "/", **options: object) -> Page:
            return open_at(address, viewport={"width": width, "height": height}, **options)

        yield open_
