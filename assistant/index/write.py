"""Writes a generation: its columns while passages are embedded, and at the end what rests on all of them."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant import dense
from assistant.columns import Column
from assistant.embedding import unit
from assistant.index.columns import KEY, PASSAGE, SENTENCE
from assistant.index.generation import Generation
from assistant.index.prepare import Block, Window
from assistant.index.seals import describe_files, seal_of
from assistant.index.vectors import WINDOWS, Kept, digest_of
from assistant.settings import FORMAT_VERSION

_BLOCK = 16_384
"""Rows that are taken over at a time."""
_SAMPLE = 100
"""Sentences whose vectors are the questions by which the search is measured."""
_VECTORS = ("keys", "counts", "vectors", "sentence_vectors", "sentence_scales")
"""The columns that an unfinished build leaves to the next one."""


class GenerationWriter:
    """The columns of a generation that is being made, and the journal of what is safe in them."""

    def __init__(self, folder: Path, model_digest: str, dimensions: int, previous: Generation | None) -> None:
        """Begins the files in `folder`; rows can be taken over from `previous`."""
        self.folder = folder
        self._previous = previous
        self._model = model_digest
        self._columns = {
            "passages": Column(folder / "passages.npy", PASSAGE),
            "sentences": Column(folder / "sentences.npy", SENTENCE, 2),
            "keys": Column(folder / "keys.npy", np.uint8, KEY),
            "counts": Column(folder / "counts.npy", np.int32),
            "vectors": Column(folder / "vectors.npy", np.float16, dimensions),
            "sentence_vectors": Column(folder / "sentence_vectors.npy", np.int8, dimensions),
            "sentence_scales": Column(folder / "sentence_scales.npy", np.float32),
        }
        self._journal = (folder / WINDOWS).open("w", encoding="utf-8")

    @property
    def rows(self) -> int:
        """How many passages there are."""
        return self._columns["passages"].rows

    def add(self, window: Window, kept: Sequence[Kept]) -> None:
        """Adds passages with their vectors, and puts them on the disk."""
        counts = np.array([len(spans) for spans in window.spans], np.int32)
        ends = self._columns["sentences"].rows + np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        places = np.zeros(len(counts), PASSAGE)
        for name, values in zip(("source", "start", "end", "section"), zip(*window.places, strict=True), strict=True):
            places[name] = values
        places["first"], places["last"] = ends[:-1], ends[1:]
        self._append(
            places,
            np.array([span for spans in window.spans for span in spans], SENTENCE).reshape(-1, 2),
            np.frombuffer(b"".join(each.key for each in window.inputs), np.uint8).reshape(-1, KEY),
            counts,
            np.array([each.vector for each in kept]),
            np.concatenate([each.sentences for each in kept]),
            np.concatenate([each.scales for each in kept]),
        )
        for name in _VECTORS:
            self._columns[name].sync()
        self._journal.flush()

    def take(self, block: Block) -> None:
        """Takes over rows of the generation before."""
        old = self._previous
        assert old
        for first in range(block.first, block.last, _BLOCK):
            rows = slice(first, min(first + _BLOCK, block.last))
            places = np.array(old.passages[rows])
            sentences = slice(int(places["first"][0]), int(places["last"][-1]))
            moved = self._columns["sentences"].rows - sentences.start
            counts = (places["last"] - places["first"]).astype(np.int32)
            places["source"] += block.shift
            places["first"] += moved
            places["last"] += moved
            self._append(
                places, old.sentences[sentences], old.keys[rows], counts, old.vectors[rows],
                old.sentence_vectors[sentences], old.sentence_scales[sentences],
            )  # fmt: skip

    def _append(self, places: npt.NDArray[Any], sentences: npt.NDArray[Any], *parts: npt.NDArray[Any]) -> None:
        """Adds rows to every column; `parts` are those of `_VECTORS`."""
        self._columns["passages"].append(places)
        self._columns["sentences"].append(sentences)
        for name, part in zip(_VECTORS, parts, strict=True):
            self._columns[name].append(part)
        told = {"rows": self.rows, "digest": digest_of(parts), "model": self._model}
        self._journal.write(json.dumps(told) + "\n")

    def abandon(self) -> None:
        """Closes the files as they are, for the next build to go on from."""
        with contextlib.suppress(OSError):  # a full disk does not take what still waited
            self._journal.close()
        for column in self._columns.values():
            column.abandon()

    def close(self, starts: npt.NDArray[np.int64]) -> dict[str, Any]:
        """Makes the columns complete, and what rests on all of them: what the manifest says of the vector index.

        `starts` are the first rows of the sources, and the number of rows.
        """
        self._journal.close()
        for column in self._columns.values():
            column.close()
        np.save(self.folder / "starts.npy", starts)
        vectors = np.load(self.folder / "vectors.npy", mmap_mode="r")
        self._write_source_vectors(starts, vectors)
        about: dict[str, Any] = dense.write(vectors, self._sample(), self.folder / "dense.faiss")
        return about

    def _write_source_vectors(self, starts: npt.NDArray[np.int64], vectors: npt.NDArray[np.float16]) -> None:
        """The mean direction of each source's passages, shape (sources, dimensions); zeros for a source without any."""
        column = Column(self.folder / "source_vectors.npy", np.float16, vectors.shape[1])
        first, count = 0, len(starts) - 1
        while first < count:
            last = max(first + 1, int(np.searchsorted(starts, starts[first] + _BLOCK, "right")) - 1)
            rows = np.asarray(vectors[starts[first] : starts[last]], np.float32)
            sums = np.zeros((last - first, vectors.shape[1]), np.float32)
            filled = np.flatnonzero(np.diff(starts[first : last + 1]))
            if len(filled):
                sums[filled] = np.add.reduceat(rows, starts[first:last][filled] - starts[first], axis=0)
            column.append(unit(sums))
            first = last
        column.close()

    def _sample(self) -> npt.NDArray[np.float32]:
        """Vectors of sentences drawn at random, always the same: they stand for questions."""
        vectors = np.load(self.folder / "sentence_vectors.npy", mmap_mode="r")
        scales = np.load(self.folder / "sentence_scales.npy", mmap_mode="r")
        drawn = np.sort(np.random.default_rng(0).choice(len(scales), min(_SAMPLE, len(scales)), replace=False))
        return unit(np.asarray(vectors[drawn], np.float32) * scales[drawn, None])


def write_manifest(folder: Path, about: dict[str, Any]) -> None:
    """Writes the manifest of a generation whose other files are complete; `about` is what it says besides of them."""
    for name in (WINDOWS, "counts.npy"):  # only now: until here, the next build could go on from them
        (folder / name).unlink()
    for path in (folder / "terms", folder / "lexical"):
        _allow_as(folder / "passages.npy", path)
    manifest = {"format": FORMAT_VERSION, **about, "files": describe_files(folder)}
    manifest["seal"] = seal_of(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")


def _allow_as(model: Path, folder: Path) -> None:
    """Gives the files in a folder the permissions of `model`: whoever may read one file of an index may read them all.

    Some are written through temporary files, which only their owner may open.
    """
    mode = stat.S_IMODE(model.stat().st_mode)
    for file in folder.iterdir():
        file.chmod(mode)
