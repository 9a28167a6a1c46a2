"""How fast and how exact each kind of vector index is, by the number of passages: the thresholds of `assistant.dense`.

    python tests/benchmarks/vectors.py VECTORS [--sizes N ...] [--json FILE]

VECTORS is an index's `vectors.npy`; questions are drawn from the `sentence_vectors.npy` beside it. Sizes beyond its
rows are made of its vectors moved by Gaussian noise as long as the distances between nearest neighbours in it. Every
kind answers the same questions, one at a time, for the 100 nearest; recall@10 is against exact search in float32, which
is the baseline (FAISS's IndexFlatIP). Needs 800 bytes of disk a passage, and 1.6 KB of memory where the baseline runs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from assistant import dense
from assistant.dense import DenseIndex, HalfVectors, Rows, Scores
from assistant.embedding import unit

WANTED = 100
COLUMNS = ("kind", "size", "build s", "index MB", "open ms", "median ms", "recall@10", "candidates")
_SAMPLE = 2000
_CHUNK = 20_000


def spacing(vectors: HalfVectors, random: np.random.Generator) -> Scores:
    """The distances of a sample of the vectors to their nearest neighbours, copies left out; shape (n,)."""
    chosen = np.sort(random.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False))
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.asarray(vectors, np.float32))
    cosines, _ = index.search(np.asarray(vectors[chosen], np.float32), 2)
    distances = np.sqrt(np.maximum(0, 2 - 2 * cosines[:, 1]))
    return np.asarray(distances[distances > 0.01], np.float32)


def grow(vectors: HalfVectors, size: int, path: Path, random: np.random.Generator) -> HalfVectors:
    """A file of `size` vectors: the real ones in an order drawn at random, then moved copies of them."""
    order, distances = random.permutation(len(vectors)), spacing(vectors, random)
    out = np.lib.format.open_memmap(path, "w+", np.float16, (size, vectors.shape[1]))
    for at in range(0, size, _CHUNK):
        rows = np.arange(at, min(at + _CHUNK, size))
        part = np.asarray(vectors[order[rows % len(order)]], np.float32)
        noise = random.standard_normal(part.shape, np.float32) / np.sqrt(part.shape[1])
        noise *= random.choice(distances, (len(rows), 1)) * (rows >= len(order))[:, None]
        out[at : at + _CHUNK] = unit(part + noise)
    out.flush()
    return np.asanyarray(np.load(path, mmap_mode="r"))


def measured(search: Callable[[Scores], tuple[Rows, Scores]], questions: Scores, least: Scores) -> dict[str, float]:
    """The median time of a search, and the share of the ten nearest that it finds."""
    times, recalls = [], []
    for question, low in zip(questions, least, strict=True):
        search(question)  # warm, as for a passage that is asked for again
        started = time.perf_counter()
        _, cosines = search(question)
        times.append(time.perf_counter() - started)
        recalls.append(np.mean(np.sort(cosines)[::-1][:10] >= low))
    return {"median ms": 1000 * statistics.median(times), "recall@10": float(np.mean(recalls))}


def baseline(vectors: HalfVectors, questions: Scores, least: Scores) -> dict[str, Any]:
    """FAISS's exact search in float32."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)  # as FAISS has it by itself
    started = time.perf_counter()
    index = faiss.IndexFlatIP(vectors.shape[1])
    for at in range(0, len(vectors), _CHUNK):
        index.add(np.asarray(vectors[at : at + _CHUNK], np.float32))
    row = {"kind": "IndexFlatIP", "size": len(vectors), "build s": time.perf_counter() - started}

    def search(question: Scores) -> tuple[Rows, Scores]:
        cosines, rows = index.search(question[None, :], WANTED)
        return rows[0], cosines[0]

    return row | {"index MB": 4e-6 * vectors.size} | measured(search, questions, least)


def ours(vectors: HalfVectors, questions: Scores, least: Scores, tuning: Scores, path: Path) -> dict[str, Any]:
    """The kind that `assistant.dense` has been told to write; its candidates are chosen on other questions."""
    started = time.perf_counter()
    about = dense.write(vectors, tuning, path)
    built = time.perf_counter()
    index = DenseIndex(path, vectors, about)
    opened = time.perf_counter()
    row = about | {"size": len(vectors), "build s": built - started, "open ms": 1000 * (opened - built)}
    row["index MB"] = 1e-6 * (vectors.nbytes if about["kind"] == dense.EXACT else path.stat().st_size)
    return row | measured(lambda question: index.search(question, WANTED), questions, least)


def rows(options: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of the table."""
    random = np.random.default_rng(0)
    real = np.load(options.vectors, mmap_mode="r")
    sentences = np.load(options.vectors.with_name("sentence_vectors.npy"), mmap_mode="r")
    drawn = np.sort(random.choice(len(sentences), 2 * options.questions, replace=False))
    sample = random.permutation(unit(np.asarray(sentences[drawn], np.float32)))
    tuning, questions = sample[: options.questions], sample[options.questions :]
    for size in options.sizes:
        vectors = grow(real, size, folder / "vectors.npy", random)
        least = dense.least(vectors, questions)
        if size <= options.exact_up_to:
            yield baseline(vectors, questions, least)
        for limit in (size, size - 1):  # exact, then codes
            dense.EXACT_ROWS = limit
            if size <= options.exact_up_to or limit < size:
                yield ours(vectors, questions, least, tuning, folder / "dense.faiss")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path)
    sizes = [10_000, 30_000, 50_000, 100_000, 300_000, 1_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument(
        "--exact-up-to", type=int, default=1_000_000, help="rows beyond which nothing exact is measured"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{len(np.load(options.vectors, mmap_mode='r'))} real vectors; more are moved copies of them")  # noqa: T201
    print(" ".join(f"{name:>14}" for name in COLUMNS))  # noqa: T201
    table = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(options, Path(folder)):
            table.append(row)
            cells = [row.get(name, "") for name in COLUMNS]
            print(" ".join(f"{f'{cell:.3f}' if isinstance(cell, float) else cell:>14}" for cell in cells), flush=True)  # noqa: T201
    if options.json:
        options.json.write_text(json.dumps(table, indent=2), "utf-8")


if __name__ == "__main__":
    main()
