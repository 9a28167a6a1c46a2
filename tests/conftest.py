"""What every test may use: a small library of real files, built once with the real model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Library, open_library

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
    shutil.copytree(_notes_index, tmp_path / "library")
    yield Library(tmp_path / "library" / "sources", tmp_path / "library" / "index")


def write_notes(folder: Path) -> None:
    """Writes the notes to a new folder."""
    folder.mkdir(parents=True)
    for name, text in NOTES.items():
        (folder / name).write_text(text, "utf-8")
