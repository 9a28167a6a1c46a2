"""Vectors as an index keeps them; those of the index before and of unfinished builds need not be computed again.

A passage's vector is kept in float16 and those of its sentences in int8, each with a factor: the error of a cosine is
about 0.00001 and 0.0005.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from assistant.columns import rows_of
from assistant.embedding import Vectors
from assistant.index.columns import KEY
from assistant.records import Span

Keys = npt.NDArray[np.uint8]
WINDOWS = "windows.jsonl"
"""The journal of a build: a line for each run of passages whose vectors are on the disk."""


@dataclass(frozen=True, slots=True)
class Input:
    """What the model is given for a passage: its text, and the offsets of the sentences in it.

    The text begins with title and section, `lead` characters, which are not the passage's own words.
    """

    text: str
    sentences: tuple[Span, ...]
    lead: int = 0

    @property
    def key(self) -> bytes:
        """The name under which its vectors are kept."""
        return hashlib.blake2b(f"{self.sentences} {self.text}".encode(), digest_size=KEY).digest()


class Kept(NamedTuple):
    """The vectors of a passage as an index keeps them."""

    vector: npt.NDArray[np.float16]
    """Shape (dimensions,)."""
    sentences: npt.NDArray[np.int8]
    """Shape (sentences, dimensions)."""
    scales: npt.NDArray[np.float32]
    """Shape (sentences,): what the row of `sentences` is multiplied with."""


def keep(vectors: Vectors) -> Kept:
    """A passage's vector and, below it, those of its sentences, as they are kept."""
    sentences = vectors[1:]
    scales = np.asarray(np.abs(sentences).max(axis=1, initial=0) / 127, np.float32)
    small = np.rint(sentences / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return Kept(vectors[0].astype(np.float16), small, scales)


class Store(Protocol):
    """Passages whose vectors are known, with their keys."""

    @property
    def keys(self) -> Keys:
        """Shape (passages, KEY)."""
        ...

    def kept(self, row: int) -> Kept:
        """The vectors of a passage."""
        ...


class Unfinished:
    """What a build left that was cut off: the passages whose vectors had reached the disk whole."""

    def __init__(self, folder: Path, model_digest: str, dimensions: int) -> None:
        """Opens what is there, up to the first run of passages that is torn or of another model."""
        self._vectors: npt.NDArray[Any] = np.empty((0, dimensions), np.float16)
        self.keys: Keys = np.empty((0, KEY), np.uint8)
        with contextlib.suppress(OSError):  # it was cut off before there was anything
            self.keys = np.asarray(rows_of(folder / "keys.npy", np.uint8, KEY), np.uint8)
            counts = np.asarray(rows_of(folder / "counts.npy", np.int32), np.int32)
            self._vectors = rows_of(folder / "vectors.npy", np.float16, dimensions)
            self._sentences: npt.NDArray[Any] = rows_of(folder / "sentence_vectors.npy", np.int8, dimensions)
            self._scales: npt.NDArray[Any] = rows_of(folder / "sentence_scales.npy", np.float32)
            self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
            sound = self._sound((folder / WINDOWS).read_text("utf-8", "replace"), model_digest, counts)
            self.keys = self.keys[:sound]
            return
        self.keys = self.keys[:0]

    def _sound(self, journal: str, model_digest: str, counts: npt.NDArray[np.int32]) -> int:
        """How many passages are as the journal says."""
        rows = 0
        for line in journal.splitlines():
            try:
                told = json.loads(line)
                last, digest, model = int(told["rows"]), told["digest"], told["model"]
            except (ValueError, KeyError, TypeError):
                break
            if model != model_digest or not rows < last <= min(len(self.keys), len(counts), len(self._vectors)):
                break
            first, end = int(self._starts[rows]), int(self._starts[last])
            parts = (self.keys[rows:last], counts[rows:last], self._vectors[rows:last])
            if digest != digest_of([*parts, self._sentences[first:end], self._scales[first:end]]):
                break
            rows = last
        return rows

    def release(self) -> None:
        """Lets go of the files, which Windows removes only then; nothing more is found."""
        self.keys = self.keys[:0].copy()
        self._vectors = self._sentences = self._scales = np.empty(0)

    def kept(self, row: int) -> Kept:
        """As `Store.kept`."""
        first, last = int(self._starts[row]), int(self._starts[row + 1])
        return Kept(self._vectors[row], self._sentences[first:last], self._scales[first:last])


def digest_of(parts: Sequence[npt.NDArray[Any]]) -> str:
    """The BLAKE2b digest of the bytes of arrays, one after another."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        total.update(np.ascontiguousarray(part).tobytes())
    return total.hexdigest()


class Taken:
    """The vectors of several stores, found by key."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = [store for store in stores if len(store.keys)]
        # The first eight bytes of a digest are enough to look it up; the rest is compared.
        self._heads = [np.ascontiguousarray(store.keys[:, :8]).view("<u8")[:, 0] for store in self._stores]
        self._orders = [np.argsort(heads, kind="stable") for heads in self._heads]

    def find(self, keys: Sequence[bytes]) -> list[Kept | None]:
        """The vectors for each key; None where no store has them."""
        found: list[Kept | None] = [None] * len(keys)
        wanted = np.frombuffer(b"".join(key[:8] for key in keys), "<u8")
        for store, heads, order in zip(self._stores, self._heads, self._orders, strict=True):
            places = np.searchsorted(heads, wanted, sorter=order)
            for at in np.flatnonzero(places < len(heads)).tolist():
                row = int(order[places[at]])
                if found[at] is None and store.keys[row].tobytes() == keys[at]:
                    found[at] = store.kept(row)
        return found
