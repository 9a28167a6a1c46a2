"""One generation: a complete index, opened read-only and searched. Nothing in it ever changes.

Columns are NumPy arrays, one row per passage or sentence, mapped into memory; texts and metadata are in SQLite.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.analysis import Analyser
from assistant.dense import DenseIndex
from assistant.embedding import Encoder, PassageEncoder, QueryEncoder
from assistant.errors import IndexDamaged, IndexForeign, IndexOutdated, UsageError
from assistant.lexical import LexicalIndex
from assistant.readers.text import digest
from assistant.records import CitationState, Locator, LocatorKind, Metadata, Source, Span
from assistant.settings import FORMAT_VERSION, Recipe

PASSAGE = np.dtype([(name, "<i8") for name in ("source", "start", "end", "section", "first", "last")])
"""Source number, offsets, start of the section's text, and the range of the passage's sentences."""
SMALL = 16_000_000
"""Bytes; files up to this size are digested whenever one is opened, larger ones by a rebuild and by `check`."""
_COLUMNS = ("passages.npy", "sentences.npy")
"""What says where a quotation begins and ends is digested whatever its size."""
_TRUSTED = 32_000_000
_TEXTS_KEPT = 64
CATALOGUE = "SELECT id, metadata, file, size, mtime_ns, digest, reader, problems, own FROM sources ORDER BY number"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The file behind a source as it was when it was read."""

    file: str
    size: int
    mtime_ns: int
    digest: str
    reader: str
    problems: tuple[str, ...] = ()


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
            self.passages: npt.NDArray[Any] = np.load(path / "passages.npy", mmap_mode="r")
            self.sentences: npt.NDArray[np.int64] = np.load(path / "sentences.npy", mmap_mode="r")
            self.vectors: npt.NDArray[np.float32] = np.load(path / "vectors.npy", mmap_mode="r")
            self.sentence_vectors: npt.NDArray[np.float16] = np.load(path / "sentence_vectors.npy", mmap_mode="r")
            self.source_vectors: npt.NDArray[np.float32] = np.load(path / "source_vectors.npy", mmap_mode="r")
            self.dense = DenseIndex(path / "dense.faiss", self.vectors)
            self.lexical = LexicalIndex(path / "lexical")
            self.lexical_sources = LexicalIndex(path / "lexical_sources")
        except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
            raise IndexDamaged(f"the index in {path.parent} is damaged ({error}): run assistant rebuild") from error
        self.analyser = Analyser(self.manifest["analyser"])
        weakref.finalize(self, self._database.close)
        self._lock = threading.Lock()
        self._texts: OrderedDict[int, Source] = OrderedDict()
        self._states: dict[str, tuple[tuple[int, int, int], CitationState]] = {}

    @property
    def id(self) -> str:
        """The name that tells this index from every other."""
        return self.path.name

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
            raise self._damaged("sources.sqlite")
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
        return [_metadata(row[8]) for row in self._catalogue]

    @cached_property
    def stamps(self) -> list[Stamp]:
        """The file behind each source, by number."""
        return [
            Stamp(file, size, mtime_ns, known, reader, tuple(json.loads(problems)))
            for _, _, file, size, mtime_ns, known, reader, problems, _ in self._catalogue
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
            raise self._damaged(str(error)) from error

    def _damaged(self, what: str) -> IndexDamaged:
        return IndexDamaged(f"the index in {self.path.parent} is damaged ({what}): run assistant rebuild")

    def source(self, number: int) -> Source:
        """The source of that number, with its text.

        Raises:
            IndexDamaged: it is not as it was written.
        """
        with self._lock:
            if number in self._texts:
                self._texts.move_to_end(number)
                return self._texts[number]
        row = self._all("SELECT id, text, metadata, digest, locators, seal FROM sources WHERE number = ?", number)[0]
        if source_seal(*row[:5]) != row[5]:
            raise self._damaged(row[0])
        locators = tuple(Locator(start, LocatorKind(kind), *rest) for start, kind, *rest in json.loads(row[4]))
        source = Source(row[0], row[1], _metadata(row[2]), row[3], locators)
        with self._lock:
            self._texts[number] = source
            if len(self._texts) > _TEXTS_KEPT:
                self._texts.popitem(last=False)
        return source

    def find(self, source_id: str) -> int:
        """The number of a source.

        Raises:
            UsageError: there is none of that id.
        """
        if source_id not in self.numbers:
            raise UsageError(f"there is no source {source_id!r} in the index: assistant sources lists them")
        return self.numbers[source_id]

    def text(self, row: int) -> str:
        """The words of a passage.

        Raises:
            IndexDamaged: they do not lie in its source.
        """
        record = self.passages[row]
        try:
            return self.source(int(record["source"])).cut(int(record["start"]), int(record["end"]))
        except (ValueError, IndexError) as error:
            raise self._damaged("passages.npy") from error

    def passages_by_source(self) -> list[int]:
        """How many passages each source has, by number."""
        return [int(count) for count in np.bincount(self.passages["source"], minlength=len(self.ids))]

    def sentence_spans(self, row: int) -> list[Span]:
        """The sentences of a passage, as offsets into its source's text."""
        record = self.passages[row]
        return [(int(start), int(end)) for start, end in self.sentences[record["first"] : record["last"]]]

    def sentence_vectors_of(self, row: int) -> npt.NDArray[np.float32]:
        """The vectors of a passage's sentences, shape (sentences, dimensions)."""
        record = self.passages[row]
        return np.asarray(self.sentence_vectors[record["first"] : record["last"]], np.float32)

    def state(self, number: int) -> CitationState:
        """Whether the file behind a source is still the one that was indexed, by its digest.

        The digest is computed again only when size, modification or change time are not as they were the last time; a
        file of over 32 MB is trusted if its size and modification time are those of the build.
        """
        stamp = self.stamps[number]
        path = self.sources_root / stamp.file
        try:
            seen = path.stat()
            if not stat.S_ISREG(seen.st_mode):
                return CitationState.MISSING
            if seen.st_size > _TRUSTED and (seen.st_size, seen.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
                return CitationState.VERIFIED
            times = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
            known = self._states.get(stamp.file)
            if known is None or known[0] != times:
                same = file_digest(path) == stamp.digest
                known = (times, CitationState.VERIFIED if same else CitationState.CHANGED)
                self._states[stamp.file] = known
            return known[1]
        except OSError:
            return CitationState.MISSING


def file_digest(path: Path) -> str:
    """The digest of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _metadata(text: str) -> Metadata:
    return Metadata.from_plain(json.loads(text))


def read_manifest(path: Path, sources: Path) -> dict[str, Any]:
    """The manifest of the generation at `path`.

    Raises:
        IndexDamaged: it cannot be read.
        IndexOutdated: it is of another format.
        IndexForeign: it names other sources.
    """
    try:
        text = (path / "manifest.json").read_text("utf-8")
        manifest: dict[str, Any] = json.loads(text)
        format_version, root, seal = manifest["format"], manifest["sources_root"], manifest.pop("seal")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"the index in {path.parent} is damaged (manifest.json): run assistant rebuild") from error
    if format_version != FORMAT_VERSION:
        raise IndexOutdated(
            f"the index in {path.parent} has format {format_version}, "
            f"this program reads {FORMAT_VERSION}: run assistant rebuild"
        )
    if seal != seal_of(manifest):
        raise IndexDamaged(f"the index in {path.parent} is damaged (manifest.json): run assistant rebuild")
    if manifest.get("recipe") != Recipe().to_dict():
        raise IndexOutdated(
            f"the index in {path.parent} was built in another way than this version does: run assistant rebuild"
        )
    if root != root_name(sources, path.parent):
        raise IndexForeign(
            f"the index in {path.parent} was built from other sources ({root}): "
            "choose another --index, or replace it with rebuild --full"
        )
    return manifest


def root_name(sources: Path, index: Path) -> str:
    """The sources folder as a manifest names it: seen from the index, so that both can be moved together."""
    try:
        return Path(os.path.relpath(sources.resolve(), index.resolve())).as_posix()
    except ValueError:  # on Windows, another drive
        return sources.resolve().as_posix()


def seal_of(manifest: dict[str, Any]) -> str:
    """The digest of a manifest without its seal, which tells when it was altered."""
    return digest(json.dumps(manifest, sort_keys=True).encode())


def catalogue_seal(rows: Sequence[Sequence[object]]) -> str:
    """The digest of what `CATALOGUE` selects, which tells when it was altered."""
    return digest(json.dumps([list(row) for row in rows]).encode())


def source_seal(source_id: str, text: str, metadata: str, file_digest: str, locators: str) -> str:
    """The digest of a source as it is stored, which tells when it was altered."""
    return digest("\0".join((source_id, metadata, file_digest, locators, text)).encode())


def describe_files(path: Path) -> dict[str, list[object]]:
    """Size and digest of every file under `path`, by its name relative to it, as a manifest lists them."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): [file.stat().st_size, file_digest(file)] for file in files}


def verify_files(path: Path, manifest: dict[str, Any], largest: int | None = None) -> None:
    """Compares sizes, and digests of files up to `largest` bytes (None: all) and of columns, with the manifest.

    Raises:
        IndexDamaged: a file is missing, truncated or altered.
    """
    for name, (size, known) in manifest["files"].items():
        file = path / name
        try:
            read = largest is None or size <= largest or name in _COLUMNS
            wrong = file.stat().st_size != size or (read and file_digest(file) != known)
        except OSError:
            wrong = True
        if wrong:
            raise IndexDamaged(f"the index in {path.parent} is damaged ({name}): run assistant rebuild")
