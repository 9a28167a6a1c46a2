"""The sources folder: which files are sources, and why the others are not."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from assistant.errors import SourcesMissing, UnreadableFile
from assistant.readers import no_reader, suffixes
from assistant.readers.kinds import PEEK, by_content, suffix
from assistant.reports import Skipped

CATALOGUES = ("library.json", "library.bib", "library.ris")
"""Names of files that are bibliographies of the library, that with the most to say first."""
DESCRIBING = frozenset({*CATALOGUES, "questions.jsonl"})
"""Names of files that describe the library and are not sources."""
_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})  # Windows leaves them in folders; they do not begin with a dot
SIDECARS = (".yaml", ".yml")
"""Suffixes of files that hold what is known of another: `NAME.yaml` beside `NAME` or `NAME.*`."""
MAX_FILE = 1 << 30
"""Bytes of the largest file that is read."""
MAX_SIDECAR = 1_000_000
"""Bytes of the largest sidecar; YAML is slow to read."""


class SourceFile(NamedTuple):
    """A file that a reader can read: `id` is its path relative to the root, `/`-separated and NFC.

    `sidecar` is the file beside it with what is known of it.
    """

    id: str
    path: Path
    sidecar: Path | None = None


def walk(root: Path) -> Iterator[SourceFile | Skipped]:
    """Yield each file that is a source, and each other file or folder that is left out, with the reason.

    Names are taken in sorted order, so the order is the same everywhere. Left out in silence: hidden files and folders,
    and files that describe the library (`DESCRIBING`) or other files (`SIDECARS`).
    A link is followed only to what is inside the root and is not walked there anyway (a hidden folder).

    Raises:
        SourcesMissing: the root is no folder, or cannot be listed.
    """
    real_root = Path(os.path.realpath(root))
    seen: set[str] = set()
    visited: set[Path] = {real_root}
    # A stack, not recursion: folders nest deeper than Python's calls do.
    stack: list[Iterator[SourceFile | Skipped | Path]] = [_entries(root, root, real_root)]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
        elif isinstance(entry, Path):
            real = Path(os.path.realpath(entry))
            if real not in visited:
                visited.add(real)
                stack.append(_entries(entry, root, real_root))
        elif isinstance(entry, SourceFile) and entry.id in seen:
            yield Skipped(entry.id, "another file has the same name in another Unicode form; rename one of them")
        else:
            if isinstance(entry, SourceFile):
                seen.add(entry.id)
            yield entry


def catalogues(root: Path) -> list[Path]:
    """The bibliographies in the folder: those of a folder before those of its sub-folders, hidden ones left out."""
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        there = [name for name in names if name.lower() in CATALOGUES and unusable_name(name) is None]
        found += [Path(folder, name) for name in sorted(there, key=lambda name: CATALOGUES.index(name.lower()))]
    return found


def require_file(path: Path) -> int:
    """The size of a file; a pipe or a device, which may never end, is none.

    Raises:
        OSError: it is no file, or cannot be seen.
    """
    seen = path.stat()
    if not stat.S_ISREG(seen.st_mode):
        raise OSError(errno.EINVAL, "not a file")
    return seen.st_size


def load(path: Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file; `limit` is how many it may have.

    Raises:
        UnreadableFile: it cannot be opened or read, or is too large.
    """
    try:
        size = require_file(path)
        if size > limit:
            raise UnreadableFile(f"too large: {size / 1e6:,.0f} MB (limit {limit / 1e6:,.0f} MB); split it")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(cannot_open(error)) from error


def _entries(folder: Path, root: Path, real_root: Path) -> Iterator[SourceFile | Skipped | Path]:
    """One folder's sources, what is left out, and its sub-folders as paths, by name."""
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: (unicodedata.normalize("NFC", entry.name), entry.name))
    except OSError as error:
        if folder == root:
            raise SourcesMissing(f"{root}: {cannot_open(error)}") from error
        yield Skipped(_shown(folder, root), cannot_open(error))
        return
    paths = [Path(entry.path) for entry in entries]
    sidecars = _sidecars(paths)
    names = [path for path in paths if suffix(path.name) not in SIDECARS]
    described = {name.name for name in names} | {name.stem for name in names}
    real_folder = Path(os.path.realpath(folder))
    for entry in entries:
        if not entry.name.startswith(".") and entry.name.lower() not in DESCRIBING | _SYSTEM:
            path = Path(entry.path)
            if suffix(entry.name) not in SIDECARS or path.stem not in described:
                yield from _entry(entry, _sidecar(path, sidecars), root, real_root, real_folder)


def lies_in(path: Path, root: Path) -> bool:
    """Whether a file stands in `root` itself, wherever it may be a link to: no folder above it leads out."""
    return Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(root))


def move(path: Path, target: Path) -> None:
    """Moves a file, or a link itself, in one step and never onto another.

    Raises:
        OSError: it cannot be moved; FileExistsError: something is there.
    """
    target.open("xb").close()  # this takes the name: what comes up meanwhile is not replaced
    try:
        path.replace(target)
    except OSError:
        target.unlink()
        raise


def sidecar_of(path: Path) -> Path | None:
    """The file beside a file that holds what is known of it.

    Raises:
        OSError: its folder cannot be listed.
    """
    return _sidecar(path, _sidecars(path.parent.iterdir()))


def described_by(sidecar: Path) -> list[Path]:
    """The files whose sidecar this is, or would be if it were there.

    Raises:
        OSError: its folder cannot be listed.
    """
    beside = [path for path in sidecar.parent.iterdir() if not path.name.startswith(".")]
    sidecars = _sidecars([*beside, sidecar])
    return sorted(p for p in beside if suffix(p.name) not in SIDECARS and _sidecar(p, sidecars) == sidecar)


def _sidecars(paths: Iterable[Path]) -> dict[str, Path]:
    """The files that describe others, by their names with the suffix in lower case."""
    return {path.stem + suffix(path.name): path for path in paths if suffix(path.name) in SIDECARS}


def _sidecar(path: Path, sidecars: dict[str, Path]) -> Path | None:
    """The sidecar of a file; the one that names its suffix too goes before one that does not."""
    names = [name + end for name in (path.name, path.stem) for end in SIDECARS]
    return next((sidecars[name] for name in names if name in sidecars), None)


def _entry(
    entry: os.DirEntry[str], sidecar: Path | None, root: Path, real_root: Path, real_folder: Path
) -> Iterator[SourceFile | Skipped | Path]:
    """What one entry of a folder is."""
    path = Path(entry.path)
    shown = _shown(path, root)
    try:
        reason = unusable_name(entry.name) or _unusable_link(entry, real_root, real_folder)
        if reason:
            yield Skipped(shown, reason)
        elif entry.is_dir():
            yield path
        elif not entry.is_file():
            yield Skipped(shown, "not a file or a folder; remove it from the sources")
        elif suffix(entry.name) not in suffixes() and (reason := why_no_reader(entry.name, head_of(path))):
            yield Skipped(shown, reason)
        else:
            yield SourceFile(shown, path, sidecar)
    except OSError as error:
        yield Skipped(shown, cannot_open(error))


def why_no_reader(name: str, head: bytes) -> str | None:
    """Why no reader can read a file, judged by its name and its first bytes; `None` if one can."""
    known = suffix(name) in suffixes() or by_content(head, whole=False) not in (None, ".doc")
    return None if known else no_reader(name, suffix(name))


def head_of(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        OSError: it cannot be opened or read.
    """
    require_file(path)
    with path.open("rb") as file:
        return file.read(PEEK)


def unusable_name(name: str) -> str | None:
    """Why a name cannot be part of an id, if so."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid Unicode; rename it"
    return "its name holds a control character; rename it" if _controls(name) else None


def _controls(name: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name)


def _unusable_link(entry: os.DirEntry[str], real_root: Path, real_folder: Path) -> str | None:
    """Why a link is not followed; `None` for what is no link, and for a link that is.

    Raises:
        OSError: its target cannot be reached.
    """
    if not entry.is_symlink() and not entry.is_dir():
        return None
    try:
        real = Path(os.path.realpath(entry.path, strict=True))
    except FileNotFoundError:
        return "a link to nothing; remove it or mend it"
    # Compared by path, because a Windows junction is a link that does not say so.
    if real == real_folder / entry.name:
        return None
    if not real.is_relative_to(real_root):
        return "a link to a place outside the sources folder; copy the file or folder there instead"
    inside = real.relative_to(real_root)
    if any(part.startswith(".") for part in inside.parts):
        return None
    if real == real_root:
        return "a link to the sources folder itself"
    return f"a link to {_unicode(inside.as_posix())}, which is read there"


def _shown(path: Path, root: Path) -> str:
    """The id of a path, or what can be shown of it."""
    return _unicode(path.relative_to(root).as_posix())


def _unicode(name: str) -> str:
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    return "".join("?" if _controls(character) else character for character in name) if _controls(name) else name


def cannot_open(error: OSError) -> str:
    """Why a file or a folder cannot be opened, with the remedy."""
    if isinstance(error, PermissionError):
        return "permission denied; make it readable"
    if isinstance(error, FileNotFoundError):
        return "no such file or folder; check the path"
    return f"cannot be opened: {(error.strerror or type(error).__name__).lower()}"
