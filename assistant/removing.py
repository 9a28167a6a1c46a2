"""Takes documents out of the library: their files are moved into a hidden folder, and can be put back.

sources/.trash/<id of the removal>/<path of each file in sources/>
sources/.trash/<id of the removal>/.removal.json                     the ids of the sources that went with them
"""

from __future__ import annotations

import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile, UsageError
from assistant.readers.folder import SIDECARS, SourceFile, catalogues, lies_in, move, walk
from assistant.readers.kinds import suffix
from assistant.reports import Removal
from assistant.settings import TRASH

if TYPE_CHECKING:
    from assistant.index.generation import Generation

_RECORD = ".removal.json"  # no source has a hidden name
_ID = re.compile(r"([0-9]{8}T[0-9]{6}\.[0-9]{6})-[0-9a-f]{6}")
_TIME = "%Y%m%dT%H%M%S.%f"


def remove(source_ids: Sequence[str], sources: Path, index: Generation | None) -> Removal:
    """Moves the files of sources, or files that are not indexed, into the trash, with the sidecars of these alone.

    Raises:
        SourcesMissing: there is no sources folder.
        UsageError: there is no such source or file.
        UnreadableFile: a file cannot be moved; then none is.
    """
    files, gone = going(source_ids, sources, index)
    names = [path.relative_to(sources).as_posix() for path in files]
    now = datetime.now(UTC)
    removal = f"{now.strftime(_TIME)}-{secrets.token_hex(3)}"
    folder = _trash(sources) / removal
    try:
        folder.mkdir(parents=True)
        (folder / _RECORD).write_text(json.dumps({"source_ids": gone}), "utf-8")
    except OSError as error:
        raise UnreadableFile(_cannot_move(files[0], error)) from error
    try:
        _move_all([(path, folder / name) for path, name in zip(files, names, strict=True)])
    finally:
        _tidy(folder)
    return Removal(removal, tuple(map(_nfc, names)), gone, _iso(now))


def going(source_ids: Sequence[str], sources: Path, index: Generation | None) -> tuple[list[Path], tuple[str, ...]]:
    """What a removal would take: the files, documents before the sidecars of these alone, and the ids of their sources.

    Raises:
        SourcesMissing, UsageError, UnreadableFile: as `remove`.
    """
    if not source_ids:
        raise UsageError("say which sources are to be removed: assistant sources lists them")
    documents = _documents(source_ids, sources, index)
    try:
        files = list(dict.fromkeys([*documents, *_sidecars(documents)]))
    except OSError as error:
        raise UnreadableFile(_cannot_move(documents[0], error)) from error
    names = [path.relative_to(sources).as_posix() for path in files]
    return files, tuple(index.ids[number] for name in names for number in index.of_file(name)) if index else ()


def put_back(removal_id: str, sources: Path) -> tuple[str, ...]:
    """Moves the files of a removal back; their names now, relative to `sources`. Where one is taken, it gets a number.

    Raises:
        UsageError: there is no such removal, or its folder in the sources leads elsewhere now.
        UnreadableFile: a file cannot be moved; then none is.
    """
    folder = _trash(sources) / removal_id
    # Compared with what is there: an id from elsewhere cannot lead anywhere.
    if removal_id not in [removal.id for removal in trash(sources)]:
        raise UsageError(f"there is no removal {removal_id!r}: it was put back already, or never made")
    files = _files(folder)
    moves: list[tuple[Path, Path]] = []
    for (parent, stem), names in _together(files).items():
        for number in count(1):
            numbered = stem if number == 1 else f"{stem} ({number})"
            targets = [sources / parent / f"{numbered}{name.removeprefix(stem)}" for name in names]
            if not any(os.path.lexists(target) for target in targets):
                break
        if not all(lies_in(target, sources) for target in targets):
            raise UsageError(f"{(sources / parent).as_posix()} leads out of the sources folder now: mend it")
        moves += [(folder / parent / name, target) for name, target in zip(names, targets, strict=True)]
    try:
        _move_all(moves)
    finally:
        _tidy(folder)
    return tuple(_nfc(target.relative_to(sources).as_posix()) for _, target in moves)


def trash(sources: Path) -> list[Removal]:
    """What lies in the trash, newest first.

    Raises:
        UsageError: the trash is a link, or cannot be listed.
    """
    folder = _trash(sources)
    try:
        names = (
            sorted((path.name for path in folder.iterdir() if _is_own(path)), reverse=True) if folder.is_dir() else []
        )
        found = [(name, when, _files(folder / name)) for name in names if (when := _when(name))]
    except OSError as error:
        raise UsageError(f"{folder}: cannot be listed ({_reason(error)}): mend the folder") from error
    return [
        Removal(name, tuple(_nfc(file.as_posix()) for file in files), _gone(folder / name), _iso(when))
        for name, when, files in found
        if files
    ]


def _documents(source_ids: Sequence[str], sources: Path, index: Generation | None) -> list[Path]:
    """The files that ids, or names of files, stand for, each once.

    Raises:
        UsageError: one stands for none.
    """
    known = (
        {each: index.stamps[index.numbers[each]].file for each in source_ids if each in index.numbers} if index else {}
    )
    if any(source_id not in known for source_id in source_ids):
        known = {**_present(sources), **known}
    documents: dict[Path, None] = {}
    for source_id in source_ids:
        if source_id not in known:
            raise UsageError(f"there is no source or file {source_id!r} in {sources}: assistant sources lists them")
        path = sources / known[source_id]
        if not os.path.lexists(path) or not lies_in(path, sources):
            raise UsageError(f"{source_id} is not in the sources folder any more: run assistant rebuild")
        if path.is_dir() and not path.is_symlink():
            raise UsageError(f"{source_id} is a folder: move it away by hand")
        documents[path] = None
    return list(documents)


def _present(sources: Path) -> dict[str, str]:
    """The names on the disk of what is in the folder, bibliographies too, by the names that are shown."""
    found = {_nfc(name): name for name in (path.relative_to(sources).as_posix() for path in catalogues(sources))}
    for entry in walk(sources):
        if isinstance(entry, SourceFile):
            found[entry.id] = entry.path.relative_to(sources).as_posix()
        else:
            found.setdefault(entry.file, entry.file)
    return found


def _sidecars(documents: Sequence[Path]) -> Iterator[Path]:
    """The files that describe these documents and none that stays."""
    for document in documents:
        if suffix(document.name) in SIDECARS:
            continue
        beside = list(document.parent.iterdir())
        stay = [path for path in beside if path not in documents and suffix(path.name) not in SIDECARS]
        described = {path.name for path in stay} | {path.stem for path in stay}
        for path in sorted(beside):
            mine = path.stem in (document.name, document.stem) and path.stem not in described
            if suffix(path.name) in SIDECARS and mine:
                yield path


def _together(files: Sequence[Path]) -> dict[tuple[Path, str], list[str]]:
    """Names of files, by their folder and what they all begin with: a document and its sidecars keep one number."""
    there = set(files)
    found: dict[tuple[Path, str], list[str]] = {}
    for file in files:
        named = file.with_name(file.stem)  # what it describes, if it is a sidecar that names the suffix too
        stem = named.stem if suffix(file.name) in SIDECARS and named in there else file.stem
        found.setdefault((file.parent, stem), []).append(file.name)
    return found


def _move_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move each file to its target, where nothing is yet.

    Raises:
        UnreadableFile: one cannot be moved; those before it are where they were.
    """
    done: list[tuple[Path, Path]] = []
    for path, target in moves:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            move(path, target)
        except OSError as error:
            for before, now in reversed(done):
                with suppress(OSError):  # then it stays where it is now: in the trash, or put back
                    move(now, before)
            raise UnreadableFile(_cannot_move(path, error)) from error
        done.append((path, target))


def _tidy(folder: Path) -> None:
    """Removes the record of a removal that has no files left, and its folders."""
    if _files(folder):
        return
    (folder / _RECORD).unlink(missing_ok=True)
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):  # a file of the system or of a person is in it
            Path(path).rmdir()


def _trash(sources: Path) -> Path:
    """The trash of a sources folder, which need not be there yet.

    Raises:
        UsageError: it is a link or a file.
    """
    folder = sources / TRASH
    if os.path.lexists(folder) and not _is_own(folder):
        raise UsageError(f"{folder} is no folder: move it away, so that what is removed stays in the sources")
    return folder


def _is_own(folder: Path) -> bool:
    """Whether this is a folder itself, and no link to one."""
    # Compared by path, because a Windows junction is a link that does not say so.
    return folder.is_dir() and Path(os.path.realpath(folder)) == Path(os.path.realpath(folder.parent), folder.name)


def _files(folder: Path) -> list[Path]:
    """The files in the folder of a removal, relative to it, documents before sidecars; links are not followed."""
    found = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name).relative_to(folder) for name in names + links if not name.startswith(".")]
    return sorted(found, key=lambda path: (suffix(path.name) in SIDECARS, path.as_posix()))


def _raise(error: OSError) -> None:
    raise error


def _gone(folder: Path) -> tuple[str, ...]:
    """The ids that the record of a removal names; none where it cannot be read, since the files are what matters."""
    try:
        ids = json.loads((folder / _RECORD).read_text("utf-8"))["source_ids"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(each for each in ids if isinstance(each, str)) if isinstance(ids, list) else ()


def _when(name: str) -> datetime | None:
    """When a removal was made; `None` for what is no id of one."""
    match = _ID.fullmatch(name)
    try:
        return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _cannot_move(path: Path, error: OSError) -> str:
    return f"{path.as_posix()} cannot be moved ({_reason(error)}): close what uses it, or make its folder writable"


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
