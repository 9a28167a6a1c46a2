"""Puts documents into the sources folder: copies of files and folders, and what is fetched from the web, once.

Nothing that is there is ever replaced: a file of the same name and other content is kept beside it, under a number.
"""

from __future__ import annotations

import filecmp
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

from assistant.errors import SourcesMissing, UnreadableFile
from assistant.fetching import fetch
from assistant.readers.folder import DESCRIBING, SIDECARS, SourceFile, cannot_open, head_of, walk, why_no_reader
from assistant.readers.kinds import PEEK, suffix
from assistant.records import AddReport, Progress, Skipped

_WEB = re.compile(r"https?://", re.IGNORECASE)
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_LONGEST_NAME = 120
Write = Callable[[BinaryIO], object]


def add(items: Sequence[str | Path], sources: Path, told: Progress) -> AddReport:
    """Copies files and folders, and fetches web addresses, into `sources`; what cannot be added costs only itself.

    Raises:
        SourcesMissing: the sources folder cannot be made.
    """
    make_folder(sources)
    adding = _Adding(sources)
    for done, item in enumerate(items):
        told("Adding", done, len(items))
        try:
            adding.add(item)
        except UnreadableFile as error:
            adding.refused.append(Skipped(str(item), str(error)))
        except OSError as error:
            adding.refused.append(Skipped(str(item), cannot_open(error)))
    told("Adding", len(items), len(items))
    return AddReport(tuple(adding.added), tuple(adding.present), tuple(adding.refused))


class _Adding:
    """What has been added so far."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.added: list[str] = []
        self.present: list[str] = []
        self.refused: list[Skipped] = []

    def add(self, item: str | Path) -> None:
        """Add one item.

        Raises:
            UnreadableFile, OSError: it cannot be added.
        """
        if isinstance(item, str) and _WEB.match(item):
            self._fetch(item)
            return
        path = Path(item)
        if path.resolve().is_relative_to(self.sources.resolve()):
            raise UnreadableFile("it is in the sources folder already; run assistant rebuild")
        if path.is_dir():
            self._folder(path)
        else:
            if reason := _why_not(path.name, head_of(path)):
                raise UnreadableFile(reason)
            self._copy(path, self.sources)

    def _folder(self, folder: Path) -> None:
        """Copy what a folder holds into a folder of its name, with the files that describe it."""
        target = self.sources / safe_name(folder.resolve().name)
        if self.sources.resolve().is_relative_to(folder.resolve()):
            raise UnreadableFile("the sources folder lies in it; name the files or folders that you mean")
        try:
            entries = list(walk(folder))
        except SourcesMissing as error:
            raise UnreadableFile(str(error).removeprefix(f"{folder}: ")) from error
        files = [entry for entry in entries if isinstance(entry, SourceFile)]
        self.refused += [
            Skipped((folder / entry.file).as_posix(), entry.reason) for entry in entries if isinstance(entry, Skipped)
        ]
        if not files:
            raise UnreadableFile("nothing in it can be read")
        sidecars = {file.sidecar for file in files if file.sidecar}
        describing = [path for path in folder.rglob("*") if path.name.lower() in DESCRIBING]
        for path in (*(file.path for file in files), *sorted(sidecars), *sorted(describing)):
            try:
                self._copy(path, target / path.relative_to(folder).parent)
            except OSError as error:
                self.refused.append(Skipped(path.as_posix(), cannot_open(error)))

    def _copy(self, path: Path, folder: Path) -> None:
        with path.open("rb") as file:
            self._note(*store(self.sources, folder, path.name, lambda target: shutil.copyfileobj(file, target)))

    def _fetch(self, address: str) -> None:
        """Fetch an address; a sidecar keeps from where, and on which day."""
        import yaml

        page = fetch(address)
        name = safe_name(page.name)
        stored, new = store(self.sources, self.sources, name, lambda target: target.write(page.data))
        self._note(stored, new)
        if new:
            about = {"url": page.url, "accessed": datetime.now(UTC).date().isoformat()}
            text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
            store(self.sources, self.sources, f"{stored}.yaml", lambda target: target.write(text.encode()))

    def _note(self, stored: str, new: bool) -> None:
        (self.added if new else self.present).append(stored)


def receive(name: str, file: BinaryIO, sources: Path) -> tuple[str, bool]:
    """Puts what was uploaded into the sources folder: its id there, and whether it is new.

    Raises:
        SourcesMissing: the sources folder cannot be made.
        UnreadableFile: no reader can read it, or it cannot be written; the message is the reason.
    """
    name = safe_name(name)
    if reason := _why_not(name, file.read(PEEK)):
        raise UnreadableFile(reason)
    file.seek(0)
    make_folder(sources)
    try:
        return store(sources, sources, name, lambda target: shutil.copyfileobj(file, target))
    except OSError as error:
        raise UnreadableFile(cannot_open(error)) from error


def make_folder(sources: Path) -> None:
    """Sees to it that there is a sources folder.

    Raises:
        SourcesMissing: it cannot be made.
    """
    try:
        sources.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourcesMissing(f"{sources}: {cannot_open(error)}") from error


def store(sources: Path, folder: Path, name: str, write: Write) -> tuple[str, bool]:
    """Puts a file into `folder` (within `sources`) in one step; its id, and whether it is new.

    A file of that name with the same content is left alone; beside one with other content, it gets a number.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _temporary(sources, write) as written:
        path = Path(name)
        for number in count(1):
            target = folder / (name if number == 1 else f"{path.stem} ({number}){path.suffix}")
            try:
                with target.open("xb"):  # taken, so that nothing that comes up meanwhile is replaced
                    pass
            except FileExistsError:
                if target.is_file() and filecmp.cmp(written, target, shallow=False):
                    return _id(target, sources), False
                continue
            written.replace(target)
            return _id(target, sources), True
    raise AssertionError("there is always a free number")


@contextmanager
def _temporary(sources: Path, write: Write) -> Iterator[Path]:
    """A hidden file in the sources folder with what `write` writes; it is gone afterwards."""
    path = sources / f".adding-{secrets.token_hex(8)}"
    try:
        with path.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """A name that any system takes and that leads nowhere else: no folders, no control characters, not hidden."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rstrip("/").rpartition("/")[2])
    name = _NO_NAME.sub("_", name).strip(" .") or "document"
    end = suffix(name)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(end)] + end


def _why_not(name: str, head: bytes) -> str | None:
    """Why a file is not worth adding: it would not be read, and describes no other; judged by its first bytes."""
    if name.startswith("."):
        return "a hidden file, which is not read; rename it"
    describes = name.lower() in DESCRIBING or suffix(name) in SIDECARS
    return None if describes else why_no_reader(name, head)


def _id(path: Path, sources: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(sources).as_posix())
