"""The index folder: generations, the file CURRENT that names the one in use, and the lock that one build holds.

index/CURRENT                       the name of the generation in use
index/gen-000007-5f1c09aa/          one complete index
index/encoders/<digest>/            the exported question encoder
index/unfinished-000001/            what a build that was cut off had embedded
index/build.lock                    held while a build runs
index/feedback.jsonl                what people said of answers; no build ever touches it
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.errors import IndexLocked, IndexMissing, UsageError
from assistant.feedback import FEEDBACK

_OURS = re.compile(
    r"CURRENT(\.new)?|gen-\d{6}-[0-9a-f]{8}|encoders|journal-[0-9a-f]+\.bin|unfinished-\d{6}|build\.lock|README\.md|\..*|"
    + re.escape(FEEDBACK)
)
_GENERATION = re.compile(r"gen-(\d{6})-[0-9a-f]{8}")
_UNFINISHED = re.compile(r"unfinished-\d{6}")
_OF_OLD = re.compile(r"journal-[0-9a-f]+\.bin")
"""What earlier versions of the program left."""


class IndexFolder:
    """The folder that holds an index, and the only code that names what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def encoders(self) -> Path:
        """Where exported question encoders stand."""
        return self.path / "encoders"

    @property
    def feedback(self) -> Path:
        """Where it stands what people said of answers."""
        return self.path / FEEDBACK

    def unfinished(self) -> list[Path]:
        """What builds left that were cut off, the oldest first."""
        return sorted(entry for entry in self.path.iterdir() if _UNFINISHED.fullmatch(entry.name))

    def new_unfinished(self) -> Path:
        """An empty folder for a generation that is being made."""
        last = [int(entry.name.rpartition("-")[2]) for entry in self.unfinished()][-1:]
        path = self.path / f"unfinished-{sum(last) + 1:06d}"
        path.mkdir()
        return path

    def prepare(self, sources: Path) -> None:
        """Creates the folder if need be.

        Raises:
            UsageError: it holds files of something else, or lies inside the sources or around them.
        """
        for path in (self.path, sources):
            try:
                str(path.resolve()).encode()
            except UnicodeEncodeError as error:
                raise UsageError(f"the name of the folder {str(path)!a} is not valid Unicode: rename it") from error
        index, root = self.path.resolve(), sources.resolve()
        if index == root or root in index.parents or index in root.parents:
            raise UsageError(
                f"the index folder {self.path} and the sources folder {sources} must lie apart: choose another --index"
            )
        try:
            if self.path.exists() and not self.path.is_dir():
                raise UsageError(f"{self.path} is a file, not a folder: choose another --index")
            self.path.mkdir(parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in self.path.iterdir() if not _OURS.fullmatch(entry.name))
        except OSError as error:
            raise UsageError(f"cannot use the index folder {self.path}: {error.strerror}") from error
        if foreign:
            raise UsageError(
                f"{self.path} holds other files ({foreign[0]}): choose an empty or new folder with --index"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the folder for one build.

        Raises:
            IndexLocked: another build holds it.
        """
        lock = FileLock(self.path / "build.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise IndexLocked(f"another rebuild of {self.path} is running: wait until it ends") from error
        except OSError as error:
            raise UsageError(f"cannot write to the index folder {self.path}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def current(self) -> str:
        """The name of the generation in use.

        Raises:
            IndexMissing: there is none.
        """
        for _ in range(2):  # builds elsewhere may remove the one that was named a moment ago
            try:
                name = (self.path / "CURRENT").read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise IndexMissing(f"there is no index in {self.path}: run assistant rebuild") from error
            if _GENERATION.fullmatch(name) and (self.path / name).is_dir():
                return name
        raise IndexMissing(f"the index in {self.path} is incomplete: run assistant rebuild")

    def finish(self, made: Path, digest: str) -> Path:
        """Gives the folder of a complete generation its name, numbered after all that are there."""
        numbers = [int(match[1]) for entry in self.path.iterdir() if (match := _GENERATION.fullmatch(entry.name))]
        return made.rename(self.path / f"gen-{max(numbers, default=0) + 1:06d}-{digest[:8]}")

    def switch(self, generation: Path) -> set[str]:
        """Makes a complete generation the one in use, at once or not at all; returns its name and the one before's."""
        try:
            keep = {generation.name, self.current()}
        except IndexMissing:
            keep = {generation.name}
        for path in sorted(generation.rglob("*")):
            _sync(path)
        _sync(generation)
        new = self.path / "CURRENT.new"
        new.write_text(generation.name + "\n", "utf-8")
        _sync(new)
        new.replace(self.path / "CURRENT")
        _sync(self.path)
        return keep

    def clean(self, generations: set[str], encoders: set[object]) -> None:
        """Removes generations and encoders but those named, and what builds left that were cut off.

        What is in use elsewhere (Windows) stays until later.
        """
        for entry in self.path.iterdir():
            old = _GENERATION.fullmatch(entry.name) and entry.name not in generations
            if old or _UNFINISHED.fullmatch(entry.name):
                shutil.rmtree(entry, ignore_errors=True)
            elif _OF_OLD.fullmatch(entry.name):
                entry.unlink(missing_ok=True)
        for entry in self.encoders.iterdir() if self.encoders.exists() else ():
            if entry.is_file():
                entry.unlink(missing_ok=True)
            elif entry.name not in encoders:
                shutil.rmtree(entry, ignore_errors=True)


def _sync(path: Path) -> None:
    """Forces a file or, where the system allows it, a folder to the disk."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
