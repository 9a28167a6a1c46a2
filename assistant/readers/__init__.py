"""Readers: the bytes of a file to sources with canonical text. The first step of a rebuild.

A format is one module of this package with `SUFFIXES` (lower case, with the dot), `VERSION` (raised whenever the text,
the locators or the metadata that it gives change) and `read(data, source_id) -> Reading`. Nothing else has to be told.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Protocol, cast

from assistant.errors import UnreadableFile
from assistant.records import Source

__all__ = ["Reading", "read", "reader_version", "suffixes"]


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


def read(data: bytes, source_id: str) -> Reading:
    """Read a file's bytes with the reader for the suffix of `source_id`.

    Raises:
        UnreadableFile: no reader, nothing in it, not what its suffix says, or the reader failed on it; the message is
            the reason, one line.
    """
    reader = _readers().get(_suffix(source_id))
    if reader is None:
        raise UnreadableFile(no_reader(source_id))
    if not data.strip():
        raise UnreadableFile("empty file")
    try:
        reading = reader.read(data, source_id)
    except UnreadableFile:
        raise
    except Exception as error:  # whatever a parser trips over: one odd file must not end a build
        reason = f"its reader failed ({type(error).__name__}); please report it, with the file if you can"
        raise UnreadableFile(reason) from error
    if not any(source.text for source in reading.sources):
        raise UnreadableFile("no readable text in it")
    return reading


def reader_version(source_id: str) -> str | None:
    """Name and version of the reader for this file, such as `markdown/1`; `None` where there is none."""
    reader = _readers().get(_suffix(source_id))
    return f"{reader.__name__.rpartition('.')[2]}/{reader.VERSION}" if reader else None


def suffixes() -> tuple[str, ...]:
    """The suffixes that can be read, sorted."""
    return tuple(sorted(_readers()))


def no_reader(source_id: str) -> str:
    """The reason why a file without a reader is left out, with the remedy."""
    suffix = _suffix(source_id)
    kind = f"{suffix} files" if suffix else "files without a suffix"
    return f"no reader for {kind}; convert it to one of {', '.join(suffixes())}"


def _suffix(source_id: str) -> str:
    return PurePosixPath(source_id).suffix.lower()


@cache
def _readers() -> dict[str, _Reader]:
    """The readers by suffix: every module of this package that names suffixes."""
    found: dict[str, _Reader] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for suffix in getattr(module, "SUFFIXES", ()):
            if suffix in found:
                raise RuntimeError(f"two readers for {suffix}: {found[suffix].__name__} and {module.__name__}")
            found[suffix] = cast(_Reader, module)
    return found
