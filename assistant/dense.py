"""The vector index: exact search while it is cheap, then RaBitQ codes, rescored exactly.

An exact index is a scan of the half-precision vectors themselves. A larger one keeps a bit for each dimension (RaBitQ,
Gao and Long 2024; scanned as by André, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015): all codes
are looked through, and the best candidates get their exact cosine from the stored vectors. How many candidates that
takes is measured when the index is built, on vectors of its own. `tests/benchmarks/vectors.py` prints the table that
the threshold follows from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from assistant.columns import Stored

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
HalfVectors = npt.NDArray[np.float16]

EXACT = "exact"
CODES = "codes"
EXACT_ROWS = 50_000
"""Up to so many rows, scanning them all takes less than embedding the question does."""
RECALL = 0.99
"""The share of the ten nearest rows that a search has to find."""
_AIM = 0.997
"""The share to be found for sentences moved away from their passages (see `_moved`): with less, short questions, which
lie farther still from every passage, would miss `RECALL`."""
_FOUND = 10
_CANDIDATES = (50, 100, 200, 500, 1000)
"""How many candidates may be rescored; the fewest that suffice are taken."""
_CHUNK = 1 << 14
_THREADS = faiss.omp_get_max_threads()
_FEW = 1000
"""So many rows are scored each, which takes no longer than a search with a selector."""
_CENTRED = 50_000
"""Vectors from which the centre of all is learnt."""
_DEEPEST = 20_000
"""Under a filter, so many of the nearest rows are looked at for those that pass it."""
_HALVED = 100_000
"""A search through more codes than this is split between two threads."""
_HEAD = 1 << 13
"""Bytes at the beginning of a part that hold its sizes and its centre."""
_TIE = 1e-6
"""Cosines nearer to each other than this are those of equal vectors, summed in another order."""


def write(vectors: HalfVectors, queries: Scores, path: Path) -> dict[str, Any]:
    """Builds the index of `vectors` and writes it to `path`; for few vectors there is nothing to write.

    Args:
        vectors: Unit length, shape (rows, dimensions); usually a memory map. Only parts are held as float32.
        queries: Vectors of sentences of the passages, shape (n, dimensions), on which the recall is measured.
        path: The file.

    Returns:
        What `DenseIndex` needs to know of it, as plain JSON: its kind, and for codes `candidates` (rows to rescore) and
        `parts` (where each part of the file begins, with the digest of its head); the `recall@10` against exact search,
        the number of `queries` that it was measured on (none where it is exact), and whether that is `enough`. If
        nothing is, the most candidates are rescored.
    """
    rows, dimensions = vectors.shape
    about: dict[str, Any] = {"kind": EXACT if rows <= EXACT_ROWS else CODES, "rows": rows, "dimensions": dimensions}
    if about["kind"] == EXACT:
        return about | {"recall@10": 1.0, "queries": 0, "enough": True}
    faiss.omp_set_num_threads(_THREADS)  # a search in this thread may have left it at one
    about["parts"] = _write_codes(vectors, path)
    return _measured(path, vectors, queries, about)


def _write_codes(vectors: HalfVectors, path: Path) -> list[tuple[int, str]]:
    """Writes the codes of all rows, of many in two halves, which a search looks through at the same time.

    Returns where each part begins, with the digest of its head.
    """
    begins = []
    rows, dimensions = vectors.shape
    chosen = np.random.default_rng(0).choice(rows, min(rows, _CENTRED), replace=False)
    sample = np.asarray(vectors[np.sort(chosen)], np.float32)
    with path.open("wb") as file:  # Python's: FAISS cannot open a path with letters outside the code page on Windows
        for first, last in _halves(rows):
            index = faiss.IndexRaBitQFastScan(dimensions, faiss.METRIC_L2)
            index.train(sample)
            for chunk in _chunks(vectors[first:last]):
                index.add(chunk)
            begins.append(file.tell())
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
    written = np.memmap(path, np.uint8, "r")
    return [(begin, _head_digest(written, begin)) for begin in begins]


def _head_digest(data: npt.NDArray[np.uint8], begin: int) -> str:
    """The digest of the head of a part, which says how long what follows is: FAISS believes it."""
    return hashlib.blake2b(data[begin : begin + _HEAD].tobytes(), digest_size=16).hexdigest()


def _halves(rows: int) -> list[tuple[int, int]]:
    return [(0, rows)] if rows <= _HALVED else [(0, rows // 2), (rows // 2, rows)]


def _measured(path: Path, vectors: HalfVectors, queries: Scores, about: dict[str, Any]) -> dict[str, Any]:
    """What is known of an index, with the fewest candidates that find enough."""
    moved = _moved(queries)
    lowest, lowest_moved = np.split(least(vectors, np.vstack([queries, moved])), 2)
    index = DenseIndex(path, vectors, about | {"candidates": 0})

    def recall(queries: Scores, lowest: Scores) -> float:
        found = [index.search(query, _FOUND)[1] for query in queries]
        return float(np.mean([np.mean(scores >= low) for scores, low in zip(found, lowest, strict=True)]))

    for candidates in _CANDIDATES:
        index.candidates = candidates
        reached_moved = recall(moved, lowest_moved)
        if reached_moved >= _AIM:
            break
    reached = recall(queries, lowest)
    return about | {
        "candidates": candidates,
        "queries": len(queries),
        "recall@10": round(reached, 4),
        "recall@10 moved": round(reached_moved, 4),
        "enough": reached >= RECALL,
    }


def _moved(queries: Scores) -> Scores:
    """The queries, each moved by as much as it is long; at unit length.

    A sentence is found too easily: its own passage holds it.
    """
    noise = np.random.default_rng(0).standard_normal(queries.shape, np.float32)
    moved = queries + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def least(vectors: HalfVectors, queries: Scores) -> Scores:
    """For each query, the cosine that a row needs to be one of the ten nearest; shape (n,)."""
    best = np.empty((len(queries), 0), np.float32)
    for chunk in _chunks(vectors):
        best = np.hstack([best, queries @ chunk.T])
        best = np.partition(best, -_FOUND, axis=1)[:, -_FOUND:]
    return np.asarray(best[:, 0] - _TIE, np.float32)


def _chunks(vectors: HalfVectors) -> Iterator[Scores]:
    for at in range(0, len(vectors), _CHUNK):
        yield np.asarray(vectors[at : at + _CHUNK], np.float32)


class DenseIndex:
    """Searches vectors by cosine. Thread-safe: nothing changes after opening."""

    def __init__(self, path: Path, vectors: HalfVectors, about: Mapping[str, Any]) -> None:
        """Opens the index of `vectors` at `path`, of which `about` is what `write` returned.

        Raises:
            RuntimeError: the file cannot be read, or does not belong to the vectors.
        """
        self._rows, exact = len(vectors), about["kind"] == EXACT
        try:
            # Mapped by numpy, as FAISS cannot open every path (see `_write_codes`).
            self._mapped = None if exact else np.memmap(path, np.uint8, "r")
            self._index: Any = None
            self._codes: list[Any] = []
            if self._mapped is None:
                self._index = _scan(vectors)
            else:
                self._codes = _opened(self._mapped, about["parts"])
        except (OSError, ValueError, MemoryError) as error:
            raise RuntimeError(f"{path.name} cannot be read: {error}") from error
        parts = self._codes or [self._index]
        held = sum(part.ntotal for part in parts)
        if {(held, part.d) for part in parts} != {vectors.shape} or about["rows"] != self._rows:
            raise RuntimeError(f"{path.name} holds {held} vectors, not {len(vectors)}")
        self._stored = Stored(vectors)
        self._second = ThreadPoolExecutor(1)  # FAISS's own threads would wait for work busily, on the encoder's cores
        self.candidates: int = 0 if exact else about["candidates"]

    def vectors(self, rows: Rows) -> Scores:
        """The vectors of `rows`, shape (len(rows), dimensions)."""
        return np.asarray(self._stored.take(rows), np.float32)

    def cosines(self, query: Scores, rows: Rows) -> Scores:
        """The cosine of each of `rows` with `query`, shape (len(rows),)."""
        return products(self.vectors(rows), query)

    def search(self, query: Scores, k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` rows nearest to `query` (shape (dimensions,)) and their cosines, best first, ties by row.

        With `within`, only those rows, which are sorted; `k` of their number scores them all.
        """
        wanted = min(k, self._rows if within is None else len(within))
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if within is not None and len(within) <= max(_FEW, wanted):
            return self._best_of(within, query, wanted)
        faiss.omp_set_num_threads(1)  # in this thread: for one question, two would only wait for each other
        if self._codes:
            return self._best_of(self._nearest_codes(query, wanted, within), query, wanted)
        # With more than are wanted, equal vectors at the end are told apart by their row.
        selector = None if within is None else _selector(within, self._rows)
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # added at run time
        _, found = self._index.search(query[None, :], min(wanted + _FOUND, self._rows), params=parameters)
        return self._best_of(np.asarray(found[0][found[0] >= 0], np.int64), query, wanted)

    def _best_of(self, rows: Rows, query: Scores, k: int) -> tuple[Rows, Scores]:
        """The `k` best of `rows` by their cosines, of which only some are held at a time."""
        best, scores = np.empty(0, np.int64), np.empty(0, np.float32)
        for at in range(0, len(rows), _CHUNK):
            piece = rows[at : at + _CHUNK]
            both = np.concatenate([best, piece]), np.concatenate([scores, self.cosines(query, piece)])
            best, scores = _best(*both, k)
        return best, scores

    def _nearest_codes(self, query: Scores, wanted: int, within: Rows | None) -> Rows:
        """Rows, sorted, among which the nearest are: at least `wanted`; those `within`, if only these are asked for."""
        count = max(self.candidates, 3 * wanted)
        if within is None:
            return self._looked_through(query, count)
        # Those that pass a filter lie farther from the question, where codes tell less.
        depth = 2 * count * self._rows // len(within)
        while depth <= _DEEPEST:
            inside = among(self._looked_through(query, depth), within)
            if len(inside) >= wanted:
                return inside
            depth *= 4
        return within

    def _looked_through(self, query: Scores, count: int) -> Rows:
        """The `count` rows whose codes are nearest to `query`; sorted."""
        halves = _halves(self._rows)

        def scan(half: int) -> tuple[Rows, Scores]:
            faiss.omp_set_num_threads(1)
            far, found = self._codes[half].search(query[None, :], min(count, self._codes[half].ntotal))
            return found[0] + halves[half][0], far[0]

        other = self._second.submit(scan, 1) if len(halves) == 2 else None
        rows, far = scan(0)
        if other is not None:
            more, farther = other.result()
            rows, far = np.concatenate([rows, more]), np.concatenate([far, farther])
            rows = rows[np.argsort(far, kind="stable")[:count]]
        return np.asarray(np.sort(rows), np.int64)


def _scan(vectors: HalfVectors) -> Any:  # noqa: ANN401
    """An exact index: its codes are the very bytes of the vectors."""
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    return index


def _opened(data: npt.NDArray[np.uint8], parts: Sequence[tuple[int, str]]) -> list[Any]:
    """The indexes in `data`, one after another, which has to stay as long as they do: what can be is not copied."""
    if any(_head_digest(data, begin) != known for begin, known in parts):
        raise ValueError("it is altered")
    reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), len(data))  # type: ignore[attr-defined]
    return [faiss.read_index(reader, faiss.IO_FLAG_MMAP_IFC) for _ in parts]


def _selector(within: Rows, rows: int) -> Any:  # noqa: ANN401
    """What tells FAISS which of `rows` rows are `within`."""
    first, last = int(within[0]), int(within[-1])
    if last - first + 1 == len(within):
        return faiss.IDSelectorRange(first, last + 1)
    mask = np.zeros(rows, np.bool_)
    mask[within] = True
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg,arg-type]


def among(rows: Rows, within: Rows) -> Rows:
    """Those of `rows`, in their order, that are among `within`, which is sorted and not empty."""
    places = np.minimum(np.searchsorted(within, rows), len(within) - 1)
    return np.asarray(rows[within[places] == rows], np.int64)


def products(vectors: Scores, query: Scores) -> Scores:
    """The inner product of each of a few vectors, shape (n, dimensions), with `query`; shape (n,).

    Not by `@`: its library starts threads for so little work, which then take the cores from the question encoder.
    """
    return np.asarray(np.einsum("ij,j->i", vectors, query), np.float32)


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    order = np.lexsort((rows, -scores))[:k]
    return np.asarray(rows[order], np.int64), np.asarray(scores[order], np.float32)
