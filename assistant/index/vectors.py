"""Vectors that need not be computed again: those of the generation before, and those of an unfinished build."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from assistant.embedding import PassageEncoder, Vectors
from assistant.index.generation import Generation

KEY = 16
"""Bytes of a key: the BLAKE2b digest of the exact text that the model is given."""

BATCH = 256
"""Texts embedded between two notes in the journal."""


def key_of(text: str) -> bytes:
    """The key of a model input."""
    return hashlib.blake2b(text.encode(), digest_size=KEY).digest()


class Taken:
    """The vectors of an earlier generation, found by key."""

    def __init__(self, generation: Generation | None) -> None:
        self._places: dict[bytes, tuple[npt.NDArray[np.floating], int]] = {}
        if generation is None:
            return
        for keys, vectors in (
            ("sentence_keys.npy", generation.sentence_vectors),
            ("passage_keys.npy", generation.vectors),
        ):
            for row, key in enumerate(np.load(generation.path / keys)):
                self._places[key.tobytes()] = (vectors, row)

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def __getitem__(self, key: bytes) -> Vectors:
        vectors, row = self._places[key]
        return np.asarray(vectors[row], np.float32)


class Journal:
    """Vectors on disk as soon as they are computed, so that a build that was cut off goes on from there.

    Each record is a key, the vector as float32, and a check digest of both (4 bytes); a torn tail is dropped.
    """

    def __init__(self, path: Path, dimensions: int) -> None:
        self._vectors: dict[bytes, Vectors] = {}
        size = KEY + 4 * dimensions + 4
        data = path.read_bytes() if path.exists() else b""
        sound = 0
        for at in range(0, len(data) - size + 1, size):
            body, check = data[at : at + size - 4], data[at + size - 4 : at + size]
            if _check(body) != check:
                break
            self._vectors[body[:KEY]] = np.frombuffer(body[KEY:], "<f4").astype(np.float32)
            sound = at + size
        self.path = path
        self._file = path.open("r+b" if data else "w+b")
        self._file.truncate(sound)
        self._file.seek(sound)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, key: bytes) -> bool:
        return key in self._vectors

    def __getitem__(self, key: bytes) -> Vectors:
        return self._vectors[key]

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keeps vectors, shape (len(keys), dimensions), and puts them on the disk."""
        for key, vector in zip(keys, vectors, strict=True):
            body = key + vector.astype("<f4").tobytes()
            self._file.write(body + _check(body))
            self._vectors[key] = vector
        self._file.flush()
        os.fsync(self._file.fileno())


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=4).digest()


def embed(
    texts: Sequence[str], encoder: PassageEncoder, taken: Taken, journal: Journal, told: Callable[[int, int], None]
) -> tuple[Vectors, int]:
    """The vectors of `texts`, shape (len(texts), dimensions), and how many of them had to be computed.

    What is new is embedded in order of length, so that batches hold texts of one size; `told` is given how many are
    done and how many there are.
    """
    keys = [key_of(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in taken and key not in journal}
    order = sorted(new, key=lambda key: (-len(new[key]), key))
    told(0, len(order))
    for at in range(0, len(order), BATCH):
        batch = order[at : at + BATCH]
        journal.add(batch, encoder.encode_passages([new[key] for key in batch]))
        told(at + len(batch), len(order))
    vectors = np.empty((len(texts), encoder.dimensions), np.float32)
    for row, key in enumerate(keys):
        vectors[row] = journal[key] if key in journal else taken[key]
    return vectors, len(order)
