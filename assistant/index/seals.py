"""Digests by which damage to an index is noticed: of the manifest, of its files, of each source and its passages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import IndexDamaged
from assistant.readers.text import digest

SMALL = 16_000_000
"""Bytes; files up to this size are digested whenever one is opened, larger ones by a rebuild and by `check`."""
CATALOGUE = (
    "SELECT id, metadata, file, size, mtime_ns, ctime_ns, digest, reader, problems, own FROM sources ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The file behind a source as it was when it was read.

    `ctime_ns` is when the system last changed the file in any way, which no program can set; 0 if that says nothing.
    """

    file: str
    size: int
    mtime_ns: int
    digest: str
    reader: str
    problems: tuple[str, ...] = ()
    ctime_ns: int = 0


def seal_of(manifest: dict[str, Any]) -> str:
    """The digest of a manifest without its seal, which tells when it was altered."""
    return digest(json.dumps(manifest, sort_keys=True).encode())


def catalogue_seal(rows: Sequence[Sequence[object]]) -> str:
    """The digest of what `CATALOGUE` selects, which tells when it was altered."""
    return digest(json.dumps([list(row) for row in rows]).encode())


def source_seal(
    source_id: str, text: str, metadata: str, file_digest: str, locators: str, places: npt.NDArray[Any],
    sentences: npt.NDArray[Any],
) -> str:  # fmt: skip
    """The digest of a source as it is stored, which tells when it, or where its quotations begin and end, was altered.

    Args:
        source_id: Its id.
        text: Its text.
        metadata: What is known of it, as it is stored.
        file_digest: The digest of its file.
        locators: Its locators, as they are stored.
        places: Its passages, as in `PASSAGE`.
        sentences: The spans of their sentences, shape (sentences, 2).
    """
    total = hashlib.blake2b("\0".join((source_id, metadata, file_digest, locators, text)).encode(), digest_size=16)
    for part in (places["start"], places["end"], places["section"], places["last"] - places["first"], sentences):
        total.update(np.asarray(part, "<i8").tobytes())
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """The digest of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def describe_files(path: Path) -> dict[str, list[object]]:
    """Size and digest of every file under `path`, by its name relative to it, as a manifest lists them."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): [file.stat().st_size, file_digest(file)] for file in files}


def verify_files(path: Path, manifest: dict[str, Any], largest: int | None = None) -> None:
    """Compares sizes, and digests of files up to `largest` bytes (None: all), with the manifest.

    Raises:
        IndexDamaged: a file is missing, truncated or altered.
    """
    for name, (size, known) in manifest["files"].items():
        file = path / name
        try:
            read = largest is None or size <= largest
            wrong = file.stat().st_size != size or (read and file_digest(file) != known)
        except OSError:
            wrong = True
        if wrong:
            raise IndexDamaged(f"the index in {path.parent} is damaged ({name}): run assistant rebuild")
