"""Readers: the bytes of a file to sources with canonical text. The first step of a rebuild.

A format is one module of this package with `SUFFIXES` (lower case, with the dot), `VERSION` (raised whenever the text,
the locators or the metadata that it gives change) and `read(data, source_id) -> Reading`; one that may be long at work
calls `working()` after each page or part. Which reader reads a file is decided by its content where that shows its
kind (`kinds`), else by its suffix.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol, cast

from assistant.errors import UnreadableFile
from assistant.readers.kinds import SAME, by_content, describe, suffix
from assistant.records import Source

__all__ = ["Reading", "read", "reader_version", "suffixes", "working"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file gave: its sources, and a line for each thing in it that could not be used (the rest was)."""

    sources: tuple[Source, ...]
    problems: tuple[str, ...] = ()


class _Reader(Protocol):
    """A module that reads one format."""

    __name__: str
    SUFFIXES: tuple[str, ...]
    VERSION: int

    def read(self, data: bytes, source_id: str) -> Reading:
        """Read one file."""


_MUCH_TEXT = 20_000_000
_EXPANDED = 25
"""A file holds at most so many characters, or so many times its size in bytes."""
_at_work: list[Callable[[], None]] = []


def working() -> None:
    """Tell whoever waits for a reader that it is getting on: a page or a part is done."""
    for told in _at_work:
        told()


def when_working(told: Callable[[], None]) -> None:
    """Have `told` called whenever a reader gets on."""
    _at_work.append(told)


def read(data: bytes, source_id: str) -> Reading:
    """Read a file's bytes with the reader for its content, or for the suffix of `source_id`.

    Raises:
        UnreadableFile: no reader, nothing in it, not what its suffix says, or the reader failed on it; the message is
            the reason, one line.
    """
    if not data.strip():
        raise UnreadableFile("empty file")
    kind = kind_of(data, source_id)
    reader = _readers().get(kind)
    if reader is None:
        raise UnreadableFile(no_reader(source_id, kind))
    try:
        reading = reader.read(data, source_id)
    except UnreadableFile:
        raise
    except (Exception, RecursionError) as error:  # whatever a parser trips over: one odd file must not end a build
        reason = f"its reader failed ({type(error).__name__}); please report it, with the file if you can"
        raise UnreadableFile(reason) from error
    length = sum(len(source.text) for source in reading.sources)
    if length > max(_MUCH_TEXT, _EXPANDED * len(data)):
        raise UnreadableFile(f"a bomb or no document: its {len(data):,} bytes hold {length:,} characters")
    if not length:
        raise UnreadableFile("no readable text in it")
    named = suffix(source_id)
    if SAME.get(named, named) != SAME.get(kind, kind) and _readers().get(named) is not reader:
        told = f"named {named or 'without a suffix'}, but {describe(kind)}: read as that"
        reading = replace(reading, problems=(told, *reading.problems))
    return reading


def kind_of(data: bytes, source_id: str) -> str:
    """The suffix of the kind that a file is: what its content shows, else what its name says."""
    named = suffix(source_id)
    shown = by_content(data)
    undecided = shown is None or (shown in _MARKUP and named in _TEXT) or (shown == ".zip" and named in _readers())
    return named if undecided or shown is None else shown


_MARKUP = (".html", ".mhtml", ".vtt")
_TEXT = frozenset(
    {
        ".md",
        ".markdown",
        ".csv",
        ".tsv",
        ".jsonl",
        ".ndjson",
        ".eml",
        ".srt",
        ".html",
        ".htm",
        ".xhtml",
        ".mhtml",
        ".mht",
    }
)
"""Kinds of text that may begin like one of `_MARKUP` and be what their name says all the same."""


def reader_version(data: bytes, source_id: str) -> str | None:
    """Name and version of the reader for this file, such as `markdown/1`; `None` where there is none."""
    reader = _readers().get(kind_of(data, source_id))
    return _version(reader) if reader else None


@cache
def reader_versions() -> frozenset[str]:
    """Name and version of every reader, as `reader_version` gives them."""
    return frozenset(map(_version, _readers().values()))


def _version(reader: _Reader) -> str:
    name = reader.__name__.rpartition(".")[2]
    # What is recognised is read anew once recognition is installed.
    recognises = getattr(reader, "RECOGNISES", False) and importlib.util.find_spec("rapidocr") is not None
    return f"{name}/{reader.VERSION}{'+ocr' if recognises else ''}"


def suffixes() -> tuple[str, ...]:
    """The suffixes that can be read, sorted."""
    return tuple(sorted(_readers()))


def no_reader(source_id: str, kind: str | None = None) -> str:
    """The reason why a file without a reader is left out, with the remedy."""
    if kind == ".encrypted":
        return "encrypted; save a copy without a password"
    if kind in (".doc", ".xls", ".ppt"):
        return "an old Word, Excel or PowerPoint file; save it as .docx, .xlsx or .pptx"
    if kind == ".zip":
        return "a ZIP archive; unpack it into the sources"
    named = suffix(source_id)
    of_kind = f"{named} files" if named else "files without a suffix"
    return f"no reader for {of_kind}; convert it to .pdf, .docx, .html or .txt"


@cache
def _readers() -> dict[str, _Reader]:
    """The readers by suffix: every module of this package that names suffixes."""
    found: dict[str, _Reader] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for each in getattr(module, "SUFFIXES", ()):
            if each in found:
                raise RuntimeError(f"two readers for {each}: {found[each].__name__} and {module.__name__}")
            found[each] = cast(_Reader, module)
    return found
