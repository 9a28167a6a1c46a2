"""The sources of an index in SQLite: texts as they are read, and what is known of each once its passages are made."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from assistant.index.seals import CATALOGUE, Stamp, catalogue_seal
from assistant.records import Locator, LocatorKind, Metadata, Source

_TABLES = """
CREATE TABLE texts (number INTEGER PRIMARY KEY, locators TEXT, text TEXT);
CREATE TABLE sources (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, file TEXT, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    digest TEXT, reader TEXT, problems TEXT, own TEXT, metadata TEXT, seal TEXT);
"""


class TextsWriter:
    """Writes the file of the sources. Thread-safe: one thread reads files into it, another takes the texts out."""

    def __init__(self, path: Path, previous: Path | None) -> None:
        """Begins a new file at `path`; texts can be taken over from `previous`, the same file of an earlier index."""
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rwc", uri=True, check_same_thread=False, isolation_level=None
        )
        # What a cut off build leaves is never read, so nothing need be safe before the end.
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_TABLES)
        if previous:
            self._database.execute("ATTACH ? AS previous", (f"{previous.resolve().as_uri()}?mode=ro&immutable=1",))
        self._database.execute("BEGIN")

    def add(self, number: int, text: str, locators: tuple[Locator, ...]) -> None:
        """Keeps the text of a source."""
        self._do("INSERT INTO texts VALUES (?, ?, ?)", number, plain([astuple(each) for each in locators]), text)

    def take(self, number: int, old: int) -> None:
        """Takes over the text of source `old` of the earlier index."""
        self._do("INSERT INTO texts SELECT ?, locators, text FROM previous.texts WHERE number = ?", number, old)

    def source(self, number: int, source_id: str, metadata: Metadata, digest: str) -> tuple[Source, str]:
        """A source that was added or taken over, and its locators as they are stored."""
        (row,) = self._do("SELECT locators, text FROM texts WHERE number = ?", number)
        return Source(source_id, row[1], metadata, digest, locators_of(row[0])), row[0]

    def describe(self, number: int, source_id: str, stamp: Stamp, own: Metadata, metadata: str, seal: str) -> None:
        """Keeps what is known of a source, in plain JSON, and its seal."""
        self._do(
            f"INSERT INTO sources VALUES ({', '.join('?' * 12)})", number, source_id, stamp.file, stamp.size,
            stamp.mtime_ns, stamp.ctime_ns, stamp.digest, stamp.reader, plain(stamp.problems), plain(asdict(own)),
            metadata, seal,
        )  # fmt: skip

    def seal_before(self, old: int) -> str:
        """The seal of source `old` of the earlier index."""
        ((seal,),) = self._do("SELECT seal FROM previous.sources WHERE number = ?", old)
        return str(seal)

    def close(self) -> str:
        """Makes the file complete; returns the seal of its catalogue."""
        self._do("COMMIT")
        return catalogue_seal(self._do(CATALOGUE))

    def abandon(self) -> None:
        """Closes the file."""
        with self._lock:
            self._database.close()

    def _do(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


_KINDS = {kind.value: kind for kind in LocatorKind}


def plain(value: object) -> str:
    """A value as it is stored."""
    return json.dumps(value, ensure_ascii=False)


def plain_metadata(metadata: Metadata) -> str:
    """Metadata as it is stored."""
    return plain(asdict(metadata))


def locators_of(stored: str) -> tuple[Locator, ...]:
    """Locators from what is stored of them."""
    return tuple(Locator(start, _KINDS[kind], *rest) for start, kind, *rest in json.loads(stored))
