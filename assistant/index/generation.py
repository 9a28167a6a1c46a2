"""One generation: a complete index, opened read-only and searched. Nothing in it ever changes.

Columns are NumPy arrays, one row per passage or sentence, mapped into memory; texts and metadata are in SQLite.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.analysis import Analyser
from assistant.columns import Stored
from assistant.dense import DenseIndex, products
from assistant.embedding import Encoder, QueryEncoder
from assistant.errors import IndexDamaged, IndexOutdated, UsageError
from assistant.filters import select
from assistant.index.manifest import read_manifest
from assistant.index.seals import (
    CATALOGUE,
    SMALL,
    Stamp,
    catalogue_seal,
    file_digest,
    source_seal,
    verify_files,
)
from assistant.index.texts import locators_of
from assistant.index.vectors import Kept
from assistant.lexical import LexicalIndex
from assistant.records import NO_FILTERS, CitationState, Filters, Metadata, Source, Span
from assistant.terms import TermIndex

_TRUSTED = 32_000_000
_KEPT = 16_000_000
"""Characters of texts that are kept for further questions."""
_OF_SOURCE, _OF_LOCATOR = 1500, 200
_CHOICES_KEPT = 64
_SOURCE = """
    SELECT id, text, metadata, digest, locators, seal, file, size, mtime_ns, ctime_ns, reader, problems
    FROM sources JOIN texts USING (number) WHERE number = ?"""


class Generation:
    """An open index. Thread-safe."""

    def __init__(self, path: Path, sources: Path) -> None:
        """Opens the generation at `path`, whose sources lie in `sources`.

        Raises:
            IndexDamaged: files are missing, truncated or altered.
            IndexOutdated: another version of the program wrote it.
            IndexForeign: it was built from other sources.
        """
        self.path = path
        self.sources_root = sources
        self.manifest = read_manifest(path, sources)
        verify_files(path, self.manifest, SMALL)
        try:
            self._database = sqlite3.connect(
                f"{(path / 'sources.sqlite').resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self.passages = self._column("passages")
            self.sentences = self._column("sentences")
            self.starts = self._column("starts")
            """The first row of each source, and the number of rows at the end."""
            self.vectors = np.load(path / "vectors.npy", mmap_mode="r")
            self.sentence_vectors = np.load(path / "sentence_vectors.npy", mmap_mode="r")
            self._stored_sentences = Stored(self.sentence_vectors)
            self.sentence_scales = self._column("sentence_scales")
            self.source_vectors = self._column("source_vectors")
            self.dense = DenseIndex(path / "dense.faiss", self.vectors, self.manifest["dense"])
            self.lexical = LexicalIndex(path / "lexical")
            self.terms = TermIndex(path / "terms")
            if (self.starts[0], self.starts[-1]) != (0, len(self.passages)) or (np.diff(self.starts) < 0).any():
                raise ValueError("starts.npy")
        except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
            raise IndexDamaged(f"the index in {path.parent} is damaged ({error}): run assistant rebuild") from error
        self.analyser = Analyser(self.manifest["analyser"])
        weakref.finalize(self, self._database.close)
        self._lock = threading.Lock()
        self._read: OrderedDict[int, tuple[Source, Stamp]] = OrderedDict()
        self._held = 0
        """What `_read` takes, in characters."""
        self._states: dict[str, tuple[tuple[int, int, int], CitationState]] = {}
        self._chosen: dict[Filters, tuple[npt.NDArray[np.bool_], int]] = {}

    def _column(self, name: str) -> npt.NDArray[Any]:
        # A plain array: each access to a memory map by its own class takes microseconds more.
        column: npt.NDArray[Any] = np.load(self.path / f"{name}.npy", mmap_mode="r").view(np.ndarray)
        return column

    @property
    def id(self) -> str:
        """The name that tells this index from every other."""
        return self.path.name

    @property
    def count(self) -> int:
        """How many sources there are."""
        return len(self.starts) - 1

    @cached_property
    def keys(self) -> npt.NDArray[np.uint8]:
        """The key of each passage's vectors, shape (passages, KEY)."""
        return self._column("keys")

    @cached_property
    def encoder(self) -> Encoder:
        """What embeds questions: the exported model or, where it could not be exported, the model itself.

        Raises:
            IndexDamaged, ModelUnusable: it is damaged.
        """
        about = self.manifest["encoder"]
        if about:
            folder = self.path.parent / "encoders" / about["folder"]
            verify_files(folder, about, SMALL)
            return QueryEncoder(folder)
        from assistant.passage_encoder import PassageEncoder  # imports torch: seconds

        model = self.manifest["model"]
        encoder = PassageEncoder(model["name"], local=True)
        if encoder.digest != model["digest"]:
            raise IndexOutdated(
                f"the model {model['name']} has changed since the index in {self.path.parent} was built: "
                "run assistant rebuild"
            )
        return encoder

    @cached_property
    def _catalogue(self) -> list[Any]:
        """What is stored of every source but its text and locators, by number; compared with the manifest."""
        rows = self._all(CATALOGUE)
        if catalogue_seal(rows) != self.manifest["catalogue"]:
            raise self.damaged("sources.sqlite")
        return rows

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the sources, by number."""
        return [row[0] for row in self._catalogue]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each source id."""
        return {source_id: number for number, source_id in enumerate(self.ids)}

    @cached_property
    def metadata(self) -> list[Metadata]:
        """What is known about each source, by number."""
        return [_metadata(row[1]) for row in self._catalogue]

    @cached_property
    def own(self) -> list[Metadata]:
        """What its file itself tells of each source, by number."""
        return [_metadata(row[9]) for row in self._catalogue]

    @cached_property
    def stamps(self) -> list[Stamp]:
        """The file behind each source, by number."""
        return [
            _stamp(file, size, mtime_ns, ctime_ns, known, reader, problems)
            for _, _, file, size, mtime_ns, ctime_ns, known, reader, problems, _ in self._catalogue
        ]

    def of_file(self, file: str) -> dict[int, Stamp]:
        """The sources, by number, that were read from a file."""
        return {number: self.stamps[number] for number in self._by_file.get(file, ())}

    @cached_property
    def _by_file(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, stamp in enumerate(self.stamps):
            found.setdefault(stamp.file, []).append(number)
        return found

    def _all(self, statement: str, *values: object) -> list[Any]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self.damaged(str(error)) from error

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Raises `IndexDamaged` where a number points nowhere: a large file is not read whole when it is opened."""
        try:
            yield
        except IndexError as error:
            raise self.damaged("a number that points nowhere") from error

    def damaged(self, what: str) -> IndexDamaged:
        """The error that says what is damaged in this index."""
        return IndexDamaged(f"the index in {self.path.parent} is damaged ({what}): run assistant rebuild")

    def source(self, number: int) -> Source:
        """The source of that number, with its text.

        Raises:
            IndexDamaged: it is not as it was written, or where its quotations begin and end is not.
        """
        return self._entry(number)[0]

    def _entry(self, number: int) -> tuple[Source, Stamp]:
        """A source and the file behind it; the last ones are kept."""
        with self._lock:
            if number in self._read:
                self._read.move_to_end(number)
                return self._read[number]
        found = self._all(_SOURCE, number)
        if not found:
            raise self.damaged(f"there is no source {number}")
        source_id, text, metadata, known, locators, seal, *seen = found[0]
        places = self.passages[self.starts[number] : self.starts[number + 1]]
        sentences = self.sentences[places["first"][0] : places["last"][-1]] if len(places) else self.sentences[:0]
        joined = np.array_equal(places["first"][1:], places["last"][:-1])
        if not joined or source_seal(source_id, text, metadata, known, locators, places, sentences) != seal:
            raise self.damaged(source_id)
        source = Source(source_id, text, _metadata(metadata), known, locators_of(locators))
        file, size, mtime_ns, ctime_ns, reader, problems = seen
        entry = source, _stamp(file, size, mtime_ns, ctime_ns, known, reader, problems)
        with self._lock:
            self._held += _size(source) if number not in self._read else 0
            self._read[number] = entry
            while self._held > _KEPT and len(self._read) > 1:
                self._held -= _size(self._read.popitem(last=False)[1][0])
        return entry

    def find(self, source_id: str) -> int:
        """The number of a source.

        Raises:
            UsageError: there is none of that id.
        """
        found = self._all("SELECT number FROM sources WHERE id = ?", source_id)
        if not found:
            raise UsageError(f"there is no source {source_id!r} in the index: assistant sources lists them")
        return int(found[0][0])

    def choose(self, filters: Filters) -> tuple[npt.NDArray[np.bool_], int]:
        """A mask of the sources that pass, shape (count,), and how many undated ones a date filter left out.

        Raises:
            UsageError: a filter fits no source.
        """
        if filters == NO_FILTERS:
            return np.ones(self.count, bool), 0
        known = self._chosen.get(filters)
        if known is None:
            known = select(filters, self.ids, self.metadata)
            if len(self._chosen) >= _CHOICES_KEPT:
                self._chosen.clear()
            self._chosen[filters] = known
        chosen, undated = known
        return chosen.copy(), undated

    def text(self, row: int) -> str:
        """The words of a passage.

        Raises:
            IndexDamaged: they do not lie in its source.
        """
        record = self.passages[row]
        try:
            if not self.starts[record["source"]] <= row < self.starts[record["source"] + 1]:
                raise ValueError(f"passage {row} is of another source")
            return self.source(int(record["source"])).cut(int(record["start"]), int(record["end"]))
        except (ValueError, IndexError) as error:
            raise self.damaged("passages.npy") from error

    def rows_of(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64] | None:
        """The rows of the chosen sources, in order; None for all."""
        return None if chosen.all() else np.flatnonzero(np.repeat(chosen, np.diff(self.starts)))

    def passages_by_source(self) -> list[int]:
        """How many passages each source has, by number."""
        return [int(count) for count in np.diff(self.starts)]

    def sentence_spans(self, row: int) -> list[Span]:
        """The sentences of a passage, as offsets into its source's text."""
        record = self.passages[row]
        return [(int(start), int(end)) for start, end in self.sentences[record["first"] : record["last"]]]

    def sentence_cosines(self, query: npt.NDArray[np.float32], sentences: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """The cosine of each of these sentences with `query`, shape (len(sentences),)."""
        stored = np.asarray(self._stored_sentences.take(sentences), np.float32)
        return np.asarray(products(stored, query) * self.sentence_scales[sentences], np.float32)

    def sentence_vectors_of(self, row: int) -> npt.NDArray[np.float32]:
        """The vectors of a passage's sentences, shape (sentences, dimensions)."""
        record = self.passages[row]
        rows = slice(record["first"], record["last"])
        return np.asarray(self.sentence_vectors[rows] * self.sentence_scales[rows, None], np.float32)

    def kept(self, row: int) -> Kept:
        """The vectors of a passage, as they are stored."""
        record = self.passages[row]
        rows = slice(record["first"], record["last"])
        return Kept(self.vectors[row], self.sentence_vectors[rows], self.sentence_scales[rows])

    def state(self, number: int) -> CitationState:
        """Whether the file behind a source is still the one that was indexed, by its digest.

        The digest is computed only where size, modification or change time are not as they were at the build or the
        last time; a file of over 32 MB is trusted if its size and modification time are those of the build.
        """
        stamp = self._entry(number)[1]
        path = self.sources_root / stamp.file
        try:
            seen = path.stat()
            if not stat.S_ISREG(seen.st_mode):
                return CitationState.MISSING
            times = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
            same = times[:2] == (stamp.size, stamp.mtime_ns)
            if same and (seen.st_size > _TRUSTED or (os.name != "nt" and seen.st_ctime_ns == stamp.ctime_ns)):
                return CitationState.VERIFIED
            known = self._states.get(stamp.file)
            if known is None or known[0] != times:
                same = file_digest(path) == stamp.digest
                known = (times, CitationState.VERIFIED if same else CitationState.CHANGED)
                self._states[stamp.file] = known
            return known[1]
        except OSError:
            return CitationState.MISSING


def _size(source: Source) -> int:
    """About what a source takes in memory, in characters."""
    return len(source.text) + _OF_SOURCE + _OF_LOCATOR * len(source.locators)


def _stamp(file: str, size: int, mtime_ns: int, ctime_ns: int, known: str, reader: str, problems: str) -> Stamp:
    return Stamp(file, size, mtime_ns, known, reader, tuple(json.loads(problems)), ctime_ns)


def _metadata(text: str) -> Metadata:
    return Metadata.from_plain(json.loads(text))
