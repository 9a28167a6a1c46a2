"""The vector index: exact search while it is cheap, then RaBitQ codes in inverted lists, rescored exactly.

An exact index is a scan of the half-precision vectors themselves. A larger one keeps a bit for each dimension (RaBitQ,
Gao and Long 2024) in inverted lists (Jégou, Douze and Schmid 2011): a search looks through the lists nearest to the
question, and the best candidates get their exact cosine from the stored vectors. How many lists and candidates that
takes is measured when the index is built, on vectors of its own. `tests/benchmarks/vectors.py` prints the table that
the thresholds follow from.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from mmap import mmap
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
HalfVectors = npt.NDArray[np.float16]

EXACT = "exact"
LISTS = "inverted lists"
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
_FEWEST_PROBES = 8
_MOST_LISTS = 4096
"""More would take longer to assign the rows to than they would save."""
_TRAINING = 40
"""Vectors for each list from which its centre is learnt (FAISS asks for 39 at least)."""
_ROUNDS = 5
"""Rounds of k-means."""
_CHUNK = 1 << 14
_THREADS = faiss.omp_get_max_threads()
_FEW = 1000
"""So many rows are scored each, which takes no longer than a search with a selector."""
_HALVED = 100_000
"""A search through more codes than this is split between two threads."""
_MAPPED = 100 << 20
"""A file of up to so many bytes may come into memory as a whole: its rows are then read faster."""
_TIE = 1e-6
"""Cosines nearer to each other than this are those of equal vectors, summed in another order."""


def write(vectors: HalfVectors, queries: Scores, path: Path) -> dict[str, Any]:
    """Builds the index of `vectors` and writes it to `path`; for few vectors there is nothing to write.

    Args:
        vectors: Unit length, shape (rows, dimensions); usually a memory map. Only parts are held as float32.
        queries: Vectors of sentences of the passages, shape (n, dimensions), on which the recall is measured.
        path: The file.

    Returns:
        What `DenseIndex` needs to know of it, as plain JSON: its kind, and for inverted lists `probes` (lists to look
        through) and `candidates` (rows to rescore); the `recall@10` against exact search, the number of `queries` that
        it was measured on (none where it is exact), and whether that is `enough`. If nothing is, every list is looked
        through and the most candidates are rescored.
    """
    rows, dimensions = vectors.shape
    about = {"kind": EXACT if rows <= EXACT_ROWS else LISTS, "rows": rows, "dimensions": dimensions}
    if about["kind"] == EXACT:
        return about | {"recall@10": 1.0, "queries": 0, "enough": True}
    faiss.omp_set_num_threads(_THREADS)  # a search in this thread may have left it at one
    index = _trained(vectors)
    for chunk in _chunks(vectors):
        index.add(chunk)
    with path.open("wb") as file:  # Python's: FAISS cannot open a path with letters outside the code page on Windows
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
    return _measured(path, vectors, queries, about, index.nlist)


def _trained(vectors: HalfVectors) -> Any:  # noqa: ANN401  # faiss has no types
    """An empty index whose lists have their centres; to look into another list costs as much as some 100 codes."""
    rows, dimensions = vectors.shape
    lists = min(_MOST_LISTS, 1 << round(np.log2(4 * np.sqrt(rows))))
    index = faiss.IndexIVFRaBitQ(faiss.IndexFlatL2(dimensions), dimensions, lists)
    index.cp.niter = _ROUNDS
    chosen = np.random.default_rng(0).choice(rows, min(rows, _TRAINING * lists), replace=False)
    index.train(np.asarray(vectors[np.sort(chosen)], np.float32))
    return index


def _measured(path: Path, vectors: HalfVectors, queries: Scores, about: dict[str, Any], lists: int) -> dict[str, Any]:
    """What is known of an index, with the fewest probes, and for them the fewest candidates, that find enough."""
    moved = _moved(queries)
    lowest, lowest_moved = np.split(least(vectors, np.vstack([queries, moved])), 2)
    index = DenseIndex(path, vectors, about | {"probes": lists, "candidates": _CANDIDATES[-1]})

    def recall(probes: int, candidates: int, queries: Scores, lowest: Scores) -> float:
        index.probes, index.candidates = probes, candidates
        found = [index.search(query, _FOUND)[1] for query in queries]
        return float(np.mean([np.mean(scores >= low) for scores, low in zip(found, lowest, strict=True)]))

    probes = min(_FEWEST_PROBES, lists)
    while probes < lists and recall(probes, _CANDIDATES[-1], moved, lowest_moved) < _AIM:
        probes *= 2
    for candidates in _CANDIDATES:
        reached_moved = recall(probes, candidates, moved, lowest_moved)
        if reached_moved >= _AIM:
            break
    reached = recall(probes, candidates, queries, lowest)
    return about | {
        "lists": lists,
        "probes": probes,
        "candidates": candidates,
        "queries": len(queries),
        "recall@10": round(reached, 4),
        "recall@10 moved": round(reached_moved, 4),
        "enough": min(reached, reached_moved) >= RECALL,
    }


def _moved(queries: Scores) -> Scores:
    """The queries, each moved by as much as it is long; at unit length.

    A sentence is found too easily: its own passage holds it, and the neighbours lie in the same list.
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


class Stored:
    """Reads rows of an array in a file, and keeps nothing of a large one in memory. Thread-safe.

    A row of a memory map costs as much to read the first time, and brings the pages around it into the process: 64 KB
    for each row on Linux, so that after some questions all of the file counts as its memory.
    """

    def __init__(self, array: npt.NDArray[Any]) -> None:
        """Prepares reading from `array`, of two dimensions; what is small, or no whole file, is read as it is."""
        self._array = array
        self._file: int | None = None
        plain = isinstance(array.base, mmap) and array.flags.c_contiguous and array.nbytes > _MAPPED
        if isinstance(array, np.memmap) and plain and hasattr(os, "pread"):  # Windows has none, and maps single pages
            self._file = os.open(str(array.filename), os.O_RDONLY)
            self._start = array.offset
            weakref.finalize(self, os.close, self._file)

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """The rows' contents, shape (len(rows), columns); rows in a row are read at once."""
        if self._file is None or len(rows) == 0:
            return np.asarray(self._array[rows])
        size = self._array.itemsize * self._array.shape[1]
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(rows)]])
        runs = zip(rows[starts].tolist(), (ends - starts).tolist(), strict=True)
        data = b"".join([os.pread(self._file, size * count, self._start + size * row) for row, count in runs])
        return np.frombuffer(data, self._array.dtype).reshape(len(rows), -1)


class DenseIndex:
    """Searches vectors by cosine. Thread-safe: nothing changes after opening."""

    def __init__(self, path: Path, vectors: HalfVectors, about: Mapping[str, Any]) -> None:
        """Opens the index of `vectors` at `path`, of which `about` is what `write` returned.

        Raises:
            RuntimeError: the file cannot be read, or does not belong to the vectors.
        """
        self._rows, exact = len(vectors), about["kind"] == EXACT
        try:
            # The lists are mapped, not read; by numpy, as FAISS cannot open every path (see `write`).
            self._mapped = None if exact else np.memmap(path, np.uint8, "r")
            self._index = _scan(vectors) if self._mapped is None else _opened(self._mapped)
        except (OSError, ValueError, MemoryError) as error:
            raise RuntimeError(f"{path.name} cannot be read: {error}") from error
        if (self._index.ntotal, self._index.d) != vectors.shape or about["rows"] != self._rows:
            raise RuntimeError(f"{path.name} holds {self._index.ntotal} vectors, not {len(vectors)}")
        self._stored = Stored(vectors)
        self._second = ThreadPoolExecutor(1)  # FAISS's own threads would wait for work busily, on the encoder's cores
        self.probes: int = 0 if exact else about["probes"]
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
            return _best(within, self.cosines(query, within), wanted)
        faiss.omp_set_num_threads(1)  # in this thread: for one question, two would only wait for each other
        selector = None if within is None else _selector(within, self._rows)
        share = 1.0 if within is None else len(within) / self._rows
        rows = self._candidates(query, wanted, selector, share)
        return _best(rows, self.cosines(query, rows), wanted)

    def _candidates(self, query: Scores, wanted: int, selector: Any, share: float) -> Rows:  # noqa: ANN401
        """Rows, sorted, among which the nearest are: at least `wanted`."""
        if not self.probes:
            # With more than are wanted, equal vectors at the end are told apart by their row.
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # added at run time
            _, rows = self._index.search(query[None, :], min(wanted + _FOUND, self._rows), params=parameters)
            return np.asarray(np.sort(rows[0][rows[0] >= 0]), np.int64)
        # The nearest rows that pass a filter lie in more lists: by the root of the share, they are found as often as
        # without one, at a cost that grows little.
        lists, count = self._index.nlist, max(self.candidates, 3 * wanted)
        rows = self._probed(query, count, min(lists, int(self.probes / share**0.5)), selector)
        return rows if len(rows) >= wanted else self._probed(query, count, lists, selector)

    def _probed(self, query: Scores, count: int, probes: int, selector: Any) -> Rows:  # noqa: ANN401
        """The `count` rows, or fewer, whose codes are nearest to `query` in the `probes` nearest lists; sorted."""
        distances, lists = self._index.quantizer.search(query[None, :], probes)
        halves = 2 if probes * self._rows > _HALVED * self._index.nlist else 1

        def scan(half: int) -> tuple[Rows, Scores]:
            centres, away = lists[:, half::halves].copy(), distances[:, half::halves].copy()
            found, far = np.empty(count, np.int64), np.empty(count, np.float32)
            parameters = faiss.SearchParametersIVF(nprobe=centres.size, sel=selector)  # type: ignore[call-arg]
            pointers = map(faiss.swig_ptr, (centres, away, far, found))
            # What FAISS's own wrapper calls: that takes no parameters. It leaves the interpreter to the other thread.
            self._index.search_preassigned_c(1, faiss.swig_ptr(query), count, *pointers, False, parameters)
            return found[found >= 0], far[found >= 0]

        other = self._second.submit(scan, 1) if halves == 2 else None
        rows, far = scan(0)
        if other is not None:
            more, farther = other.result()
            rows, far = np.concatenate([rows, more]), np.concatenate([far, farther])
            rows = rows[np.argsort(far, kind="stable")[:count]]
        return np.sort(rows)


def _scan(vectors: HalfVectors) -> Any:  # noqa: ANN401
    """An exact index: its codes are the very bytes of the vectors."""
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))
    return index


def _opened(data: npt.NDArray[np.uint8]) -> Any:  # noqa: ANN401
    """The index in `data`, which has to stay as long as the index does: its lists are not copied."""
    reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), len(data))  # type: ignore[attr-defined]
    return faiss.read_index(reader, faiss.IO_FLAG_MMAP_IFC)


def _selector(within: Rows, rows: int) -> Any:  # noqa: ANN401
    """What tells FAISS which of `rows` rows are `within`."""
    first, last = int(within[0]), int(within[-1])
    if last - first + 1 == len(within):
        return faiss.IDSelectorRange(first, last + 1)
    mask = np.zeros(rows, np.bool_)
    mask[within] = True
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg,arg-type]


def products(vectors: Scores, query: Scores) -> Scores:
    """The inner product of each of a few vectors, shape (n, dimensions), with `query`; shape (n,).

    Not by `@`: its library starts threads for so little work, which then take the cores from the question encoder.
    """
    return np.asarray(np.einsum("ij,j->i", vectors, query), np.float32)


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    order = np.lexsort((rows, -scores))[:k]
    return np.asarray(rows[order], np.int64), np.asarray(scores[order], np.float32)
