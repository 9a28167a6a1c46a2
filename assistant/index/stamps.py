"""How files looked when they were read: size and times, which tell cheaply whether they changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from assistant.readers.folder import SourceFile, catalogues

_SETTLED_NS = 100_000_000
"""A file that was changed less than this ago may be changed again without its times telling."""
_WHOLE_SECONDS_NS = 2_100_000_000
"""The same where times are told in whole seconds."""


def name_of(path: Path, root: Path) -> str:
    """The name of a file in the sources folder, as it stands on the disk."""
    return path.relative_to(root).as_posix()


def sidecars_of(files: Iterable[SourceFile], root: Path) -> dict[str, list[str | int]]:
    """For each file that has one: the name, size and modification time of its sidecar."""
    return {
        name_of(file.path, root): [name_of(file.sidecar, root), *stamp_of(file.sidecar)]
        for file in files
        if file.sidecar
    }


def catalogues_of(root: Path) -> dict[str, list[int]]:
    """The size and modification time of each bibliography in the sources folder."""
    return {name_of(path, root): stamp_of(path) for path in catalogues(root)}


def stamp_of(path: Path) -> list[int]:
    """Size and modification time of a file, which tell cheaply whether it changed; zeros where they cannot be seen."""
    return list(times_of(path)[:2])


def times_of(path: Path) -> tuple[int, int, int]:
    """Size, modification time and change time of a file; zeros where they cannot be seen.

    The change time is 0 where it proves nothing: on Windows, where it is another, and for a file changed just now.
    """
    try:
        seen = path.stat()
    except OSError:
        return 0, 0, 0
    fine = seen.st_ctime_ns % 1_000_000_000
    settled = os.name != "nt" and seen.st_ctime_ns < time.time_ns() - (_SETTLED_NS if fine else _WHOLE_SECONDS_NS)
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns if settled else 0
