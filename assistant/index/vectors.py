"""Vectors that need not be computed again: those of the generation before, and those of an unfinished build."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from assistant.embedding import PassageEncoder, Vectors
from assistant.index.generation import Generation
from assistant.records import Span

KEY = 16
"""Bytes of a key: the BLAKE2b digest of exactly what the model is given."""
BATCH = 256
"""Passages embedded between two notes in the journal."""


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


class Taken:
    """The vectors of an earlier generation, found by key."""

    def __init__(self, generation: Generation | None) -> None:
        self._generation = generation
        keys = np.load(generation.path / "keys.npy") if generation else ()
        self._rows = {key.tobytes(): row for row, key in enumerate(keys)}

    def get(self, key: bytes) -> Vectors | None:
        """A passage's vector and those of its sentences below it, shape (1 + sentences, dimensions)."""
        row = self._rows.get(key)
        if row is None or self._generation is None:
            return None
        return np.vstack([self._generation.vectors[row], self._generation.sentence_vectors_of(row)])


class Journal:
    """Vectors on disk as soon as they are computed, so that a build that was cut off goes on from there.

    Each record is a key, the number of vectors (4 bytes), the vectors as float32, and a check digest of all that
    (4 bytes); a torn tail is dropped.
    """

    def __init__(self, path: Path, dimensions: int) -> None:
        self._vectors: dict[bytes, Vectors] = {}
        self._dimensions = dimensions
        self.path = path
        data = path.read_bytes() if path.exists() else b""
        sound = self._read(data)
        self._file = path.open("r+b" if data else "w+b")
        self._file.truncate(sound)
        self._file.seek(sound)

    def _read(self, data: bytes) -> int:
        """Takes in the records; returns where the sound ones end."""
        at = 0
        while at + KEY + 4 <= len(data):
            count = int.from_bytes(data[at + KEY : at + KEY + 4], "little")
            end = at + KEY + 4 + 4 * count * self._dimensions
            if data[end : end + 4] != _check(data[at:end]):
                break
            vectors = np.frombuffer(data[at + KEY + 4 : end], "<f4").astype(np.float32)
            self._vectors[data[at : at + KEY]] = vectors.reshape(count, self._dimensions)
            at = end + 4
        return at

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def get(self, key: bytes) -> Vectors | None:
        """As `Taken.get`."""
        return self._vectors.get(key)

    def add(self, keys: Sequence[bytes], vectors: Sequence[Vectors]) -> None:
        """Keeps the vectors of each key, and puts them on the disk."""
        for key, rows in zip(keys, vectors, strict=True):
            body = key + len(rows).to_bytes(4, "little") + rows.astype("<f4").tobytes()
            self._file.write(body + _check(body))
            self._vectors[key] = rows
        self._file.flush()
        os.fsync(self._file.fileno())


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=4).digest()


def embed(
    inputs: Sequence[Input], encoder: PassageEncoder, taken: Taken, journal: Journal, told: Callable[[int, int], None]
) -> tuple[Vectors, Vectors, int]:
    """The vectors of passages and of all their sentences, in order, and how many passages had to be embedded.

    What is new is embedded in order of length, so that batches hold texts of one size; `told` is given how many are
    done and how many there are.
    """
    known = {each.key: taken.get(each.key) for each in inputs}
    new = {each.key: each for each in inputs if known[each.key] is None and journal.get(each.key) is None}
    order = sorted(new, key=lambda key: (-len(new[key].text), key))
    told(0, len(order))
    for at in range(0, len(order), BATCH):
        batch = [new[key] for key in order[at : at + BATCH]]
        passages, sentences = encoder.encode_passages([each.text for each in batch], [each.sentences for each in batch])
        journal.add(order[at : at + BATCH], [np.vstack(pair) for pair in zip(passages, sentences, strict=True)])
        told(at + len(batch), len(order))
    rows = [known[each.key] if known[each.key] is not None else journal.get(each.key) for each in inputs]
    found = [row for row in rows if row is not None]
    return np.array([row[0] for row in found], np.float32), np.vstack([row[1:] for row in found]), len(order)
