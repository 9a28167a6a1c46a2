"""Puts documents into the sources folder: copies of files and folders, and what is fetched from the web, once.

Nothing that is there is ever replaced: a file of the same name and other content is kept beside it, under a number.
What is known of a document (its sidecar) comes with it and is named after it.
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
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

from assistant.errors import SourcesMissing, UnreadableFile
from assistant.fetching import fetch
from assistant.readers import no_reader, suffixes
from assistant.readers.folder import (
    DESCRIBING,
    SIDECARS,
    SourceFile,
    cannot_open,
    require_file,
    sidecar_of,
    unusable_name,
    walk,
    why_no_reader,
)
from assistant.readers.kinds import PEEK, by_content, suffix
from assistant.records import Progress
from assistant.reports import AddReport, Skipped

_WEB = re.compile(r"https?://", re.IGNORECASE)
_SIGN_IN = re.compile(r"//[^/]*@")
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # names that Windows keeps
_LONGEST_NAME = 180  # bytes; file systems take 255, and a number or ".yaml" may be added
_LONGEST_SUFFIX = 20
Write = Callable[[BinaryIO], object]


def add(items: Sequence[str | Path], sources: Path, told: Progress) -> AddReport:
    """Copies files and folders, and fetches web addresses, into `sources`; what cannot be added costs only itself.

    Raises:
        SourcesMissing: the sources folder cannot be made.
    """
    make_folder(sources)
    adding = _Adding(sources)
    # Sidecars last: most have come with their documents by then.
    for done, item in enumerate(sorted(items, key=lambda item: suffix(str(item)) in SIDECARS)):
        told("Adding", done, len(items))
        adding.attempt(adding.add, item)
    told("Adding", len(items), len(items))
    return AddReport(tuple(adding.added), tuple(adding.present), tuple(adding.refused))


class _Adding:
    """What has been added so far."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.added: list[str] = []
        self.present: list[str] = []
        self.refused: list[Skipped] = []
        self._sidecars: set[Path] = set()

    def add(self, item: str | Path) -> None:
        """Add one item.

        Raises:
            UnreadableFile, OSError: it cannot be added.
        """
        if isinstance(item, str) and _WEB.match(item):
            self._fetch(item)
            return
        path = Path(item)
        if _real(path).is_relative_to(_real(self.sources)):
            raise UnreadableFile("it is in the sources folder already; run assistant rebuild")
        if path.is_dir():
            self._folder(path)
        elif path.name.lower() in DESCRIBING:
            self._description(path, self.sources, path.name)
        elif suffix(path.name) in SIDECARS:
            self._sidecar_alone(path)
        else:
            self._document(path, sidecar_of(path), self.sources)

    def attempt(self, add: Callable[..., None], item: str | Path, *arguments: object) -> None:
        """Add something by a method of this; what cannot be added costs only itself."""
        try:
            add(item, *arguments)
        except UnreadableFile as error:
            self.refuse(item, str(error))
        except OSError as error:
            self.refuse(item, cannot_open(error))

    def refuse(self, item: str | Path, reason: str) -> None:
        """Note an item that is not added; a password in an address is not told."""
        shown = _SIGN_IN.sub("//", item) if isinstance(item, str) and _WEB.match(item) else Path(item).as_posix()
        self.refused.append(Skipped(shown, reason))

    def _folder(self, folder: Path) -> None:
        """Copy what a folder holds into a folder of its name, with the files that describe it."""
        real = _real(folder)
        target = self.sources / safe_name(real.name)
        if _real(self.sources).is_relative_to(real):
            raise UnreadableFile("the sources folder lies in it; name the files or folders that you mean")
        try:
            entries = list(walk(folder))
        except SourcesMissing as error:
            raise UnreadableFile(str(error).removeprefix(f"{folder}: ")) from error
        for entry in entries:
            if isinstance(entry, Skipped):
                self.refuse(folder / entry.file, entry.reason)
        files = [entry for entry in entries if isinstance(entry, SourceFile)]
        if not files:
            raise UnreadableFile("nothing in it can be read")
        for file in files:
            self.attempt(self._document, file.path, file.sidecar, (target / file.id).parent)
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.name.lower() in DESCRIBING and not any(part.startswith(".") for part in inside.parts):
                self.attempt(self._description, path, target / inside.parent, path.name)

    def _document(self, path: Path, sidecar: Path | None, folder: Path) -> None:
        """Copy a document, and its sidecar under the name that the document has got."""
        require_file(path)
        with path.open("rb") as file:
            if reason := unusable_name(path.name) or _why_not(path.name, file):
                raise UnreadableFile(reason)
            stored, new = store(self.sources, folder, path.name, partial(shutil.copyfileobj, file))
        self._note(stored, new)
        if sidecar is not None:
            self._sidecars.add(_real(sidecar))
            described = self.sources / stored
            self.attempt(self._description, sidecar, described.parent, f"{described.name}.yaml")

    def _sidecar_alone(self, path: Path) -> None:
        """Copy a sidecar whose document is among the sources already."""
        if _real(path) in self._sidecars:
            return
        names = [entry.name for entry in self.sources.iterdir() if suffix(entry.name) not in SIDECARS]
        if path.stem not in {*names, *(Path(name).stem for name in names)}:
            raise UnreadableFile("it describes none of the sources; add it together with its document")
        self._description(path, self.sources, path.name)

    def _description(self, path: Path, folder: Path, name: str) -> None:
        """Copy a file that describes others: its name is its meaning, so it gets no number."""
        require_file(path)
        with path.open("rb") as file:
            write = partial(shutil.copyfileobj, file)
            self._note(*store(self.sources, folder, name, write, numbered=False))

    def _fetch(self, address: str) -> None:
        """Fetch an address; a sidecar keeps from where, and on which day."""
        import yaml

        page = fetch(address)
        stored, new = store(self.sources, self.sources, safe_name(page.name), lambda target: target.write(page.data))
        self._note(stored, new)
        if new:
            about = {"url": page.url, "accessed": datetime.now(UTC).date().isoformat()}
            text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
            store(
                self.sources, self.sources, f"{stored}.yaml", lambda target: target.write(text.encode()), numbered=False
            )

    def _note(self, stored: str, new: bool) -> None:
        (self.added if new else self.present).append(stored)


def receive(name: str, file: BinaryIO, sources: Path) -> tuple[str, bool]:
    """Puts what was uploaded into the sources folder: its id there, and whether it is new.

    Raises:
        SourcesMissing: the sources folder cannot be made.
        UnreadableFile: no reader can read it, or it cannot be written; the message is the reason.
    """
    name = safe_name(name)
    describes = name.lower() in DESCRIBING or suffix(name) in SIDECARS
    if not describes and (reason := _why_not(name, file)):
        raise UnreadableFile(reason)
    make_folder(sources)
    try:
        return store(sources, sources, name, partial(shutil.copyfileobj, file), numbered=not describes)
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


def store(sources: Path, folder: Path, name: str, write: Write, *, numbered: bool = True) -> tuple[str, bool]:
    """Puts a file into `folder` (within `sources`) in one step; its id, and whether it is new.

    A file of that name with the same content is left alone; beside one with other content, it gets a number.

    Raises:
        OSError: it cannot be written.
        UnreadableFile: there is one with other content, and it is not to be `numbered`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = unicodedata.normalize("NFC", name)
    path = Path(name)
    with _temporary(sources, write) as written:
        for number in count(1):
            target = folder / (name if number == 1 else f"{path.stem} ({number}){path.suffix}")
            if _put(written, target):
                return _id(target, sources), True
            if target.is_file() and filecmp.cmp(written, target, shallow=False):
                return _id(target, sources), False
            if not numbered:
                raise UnreadableFile(f"{_id(target, sources)} is there with other content; merge them by hand")
    raise AssertionError("there is always a free number")


def _put(written: Path, target: Path) -> bool:
    """Give a file its name; `False` if that is taken, by one that comes up meanwhile too."""
    try:
        os.link(written, target)
    except FileExistsError:
        return False
    except OSError:  # no links on this file system, or a folder that cannot be written to
        try:
            with target.open("xb"):
                pass
        except FileExistsError:
            return False
        written.replace(target)
    return True


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
    name = _NO_NAME.sub("_", name.encode("utf-8", "replace").decode("utf-8")).strip(" .") or "document"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    end = suffix(name) if len(suffix(name).encode()) <= _LONGEST_SUFFIX else ""
    if len(name.encode()) > _LONGEST_NAME:
        name = name.encode()[: _LONGEST_NAME - len(end.encode())].decode("utf-8", "ignore").rstrip(" .") + end
    return name


def _why_not(name: str, file: BinaryIO) -> str | None:
    """Why a file is not worth adding: it would not be read; judged by its name and, if need be, all of its bytes."""
    if name.startswith("."):
        return "a hidden file, which is not read; rename it"
    head = file.read(PEEK)
    file.seek(0)
    if suffix(name) in suffixes() or by_content(head, whole=False) != ".zip":
        return why_no_reader(name, head)
    data = file.read()  # of a ZIP file, only its parts tell what it is
    file.seek(0)
    return no_reader(name, suffix(name)) if by_content(data) == ".zip" else None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _id(path: Path, sources: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(sources).as_posix())
