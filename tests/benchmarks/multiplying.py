"""A library of millions of passages: the rows of a real index again and again, with vectors that are moved.

    python tests/benchmarks/multiplying.py SOURCES INDEX PASSAGES NEW_INDEX

INDEX was built for real from SOURCES. NEW_INDEX gets its sources under new names until there are PASSAGES passages.
Texts, terms and sentence vectors are repeated as they are; the vector of a passage is that of its original, moved by
Gaussian noise as long as the median distance between nearest neighbours, in every copy but the first. Everything is
written by the program's own writers; only reading, splitting and embedding are left out. Prints the time of each part.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant import Library, lexical
from assistant.embedding import unit
from assistant.index.generation import Generation
from assistant.index.layout import IndexFolder
from assistant.index.manifest import root_name
from assistant.index.prepare import Block
from assistant.index.seals import source_seal
from assistant.index.texts import TextsWriter, plain, plain_metadata
from assistant.index.write import GenerationWriter, write_manifest
from assistant.terms import TermsWriter

_SAMPLE = 2000


class _Moving(GenerationWriter):
    """Takes rows over with vectors that are moved by `noise`."""

    noise = 0.0
    random = np.random.default_rng(0)

    def _append(self, places: npt.NDArray[Any], sentences: npt.NDArray[Any], *parts: npt.NDArray[Any]) -> None:
        if self.noise:
            keys, counts, vectors, *rest = parts
            moved = self.random.standard_normal(vectors.shape, np.float32)
            moved *= self.noise / np.sqrt(vectors.shape[1])
            moved += vectors
            parts = keys, counts, unit(moved).astype(np.float16), *rest
        super()._append(places, sentences, *parts)


def noise_of(vectors: npt.NDArray[np.float16]) -> float:
    """The median distance between a vector and the nearest other, of those that differ at all."""
    drawn = np.asarray(vectors[:: max(1, len(vectors) // _SAMPLE)], np.float32)
    nearest = np.full(len(drawn), np.inf)
    for at in range(0, len(vectors), 1 << 14):
        distances = np.sqrt(np.maximum(0, 2 - 2 * drawn @ np.asarray(vectors[at : at + (1 << 14)], np.float32).T))
        distances[distances < 0.02] = np.inf
        nearest = np.minimum(nearest, distances.min(axis=1))
    return float(np.median(nearest[np.isfinite(nearest)]))


def multiply(old: Generation, passages: int, target: Path) -> dict[str, Any]:
    """Writes the index and puts it in use; returns the seconds of each part, and sizes."""
    folder = IndexFolder(target)
    target.mkdir(parents=True)
    made = folder.new_unfinished()
    copies = -(-passages // len(old.passages))
    took: dict[str, float] = {}

    def timed(name: str, since: float) -> float:
        took[name] = round(time.perf_counter() - since, 1)
        return time.perf_counter()

    with ThreadPoolExecutor(1) as thread:
        words = thread.submit(_index_words, old, copies, made, took)
        now = time.perf_counter()
        writer = _Moving(made, old.manifest["model"]["digest"], old.vectors.shape[1], old)
        for copy in range(copies):
            writer.take(Block(0, len(old.passages), copy * old.count))
            writer.noise = writer.noise or noise_of(old.vectors)
        now = timed("vectors and places", now)
        catalogue = _write_texts(old, copies, made)
        now = timed("texts", now)
        about_vectors = writer.close(_starts(old, copies))
        now = timed("vector index", now)
        words.result()
    about = {name: value for name, value in old.manifest.items() if name not in {"format", "files"}}
    about |= {
        "sources_root": root_name(old.sources_root, target), "catalogue": catalogue, "dense": about_vectors,
        "counts": {"sources": copies * old.count, "passages": copies * len(old.passages)},
    }  # fmt: skip
    now = time.perf_counter()
    write_manifest(made, about)
    (target / "encoders").symlink_to((old.path.parent / "encoders").resolve())
    folder.switch(folder.finish(made, "0" * 8))
    timed("digests and sync", now)
    return {"passages": writer.rows, "sources": copies * old.count, "noise": writer.noise, "seconds": took}


def _starts(old: Generation, copies: int) -> npt.NDArray[np.int64]:
    each = [np.asarray(old.starts[:-1]) + copy * len(old.passages) for copy in range(copies)]
    return np.concatenate([*each, [copies * len(old.passages)]])


def _index_words(old: Generation, copies: int, made: Path, took: dict[str, float]) -> None:
    began = time.perf_counter()
    writer = TermsWriter(made / "terms")

    def terms() -> Iterator[list[str]]:
        for _ in range(copies):
            writer.take(old.terms, 0, len(old.passages))
            yield from old.terms.strings(0, len(old.passages))

    lexical.write(terms(), made / "lexical")
    took["lexical index"] = round(time.perf_counter() - began, 1)
    writer.close(_starts(old, copies))
    took["lexical and forward index"] = round(time.perf_counter() - began, 1)


def _write_texts(old: Generation, copies: int, made: Path) -> str:
    texts = TextsWriter(made / "sources.sqlite", old.path / "sources.sqlite")
    held = []
    for number in range(old.count):
        source = old.source(number)
        places = old.passages[old.starts[number] : old.starts[number + 1]]
        sentences = old.sentences[places["first"][0] : places["last"][-1]] if len(places) else old.sentences[:0]
        held.append((source, plain([astuple(each) for each in source.locators]), places, sentences))
    for copy in range(copies):
        for number, (source, locators, places, sentences) in enumerate(held):
            name = f"{copy:03}/{source.id}" if copy else source.id
            known = plain_metadata(source.metadata)
            seal = source_seal(name, source.text, known, source.digest, locators, places, sentences)
            texts.take(copy * old.count + number, number)
            texts.describe(copy * old.count + number, name, old.stamps[number], old.own[number], known, seal)
    seal = texts.close()
    texts.abandon()
    return seal


if __name__ == "__main__":
    opened = Library(Path(sys.argv[1]), Path(sys.argv[2])).generation()
    print(json.dumps(multiply(opened, int(sys.argv[3]), Path(sys.argv[4]))))  # noqa: T201
