"""The vector index: exact inner product through FAISS, with the vectors beside it for scoring given rows."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
_SELECTIVE = 0.1
"""Under this share of all rows, the rows' own vectors are scored; over it, FAISS searches with a selector."""


def write(vectors: Scores, path: Path) -> None:
    """Builds the index of `vectors`, shape (rows, dimensions), and writes it to `path`."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    # Through Python's own files: FAISS cannot open a path with letters outside the code page on Windows.
    path.write_bytes(faiss.serialize_index(index).tobytes())


class DenseIndex:
    """Searches vectors by cosine. Thread-safe: nothing changes after opening."""

    def __init__(self, path: Path, vectors: Scores) -> None:
        """Opens the index at `path`; `vectors` are those that it was built from.

        Raises:
            RuntimeError: the file cannot be read, or does not belong to the vectors.
        """
        self._index = faiss.deserialize_index(np.fromfile(path, np.uint8))
        self._vectors = vectors
        if (self._index.ntotal, self._index.d) != vectors.shape:
            raise RuntimeError(f"{path.name} holds {self._index.ntotal} vectors, not {len(vectors)}")

    def cosines(self, query: Scores, rows: Rows) -> Scores:
        """The cosine of each of `rows` with `query`, shape (len(rows),)."""
        return products(self._vectors[rows], query)

    def search(self, query: Scores, k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` rows nearest to `query` (shape (dimensions,)) and their cosines, best first, ties by row.

        With `within`, only those rows; `k` of their number scores them all.
        """
        if within is not None and len(within) < max(k + 1, _SELECTIVE * len(self._vectors)):
            return _best(within, self.cosines(query, within), k)
        parameters = None
        if within is not None:
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]  # faiss adds the keyword at run time
                sel=faiss.IDSelectorBatch(np.ascontiguousarray(within, np.int64))
            )
        wanted = min(k, len(self._vectors))
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines, rows = self._index.search(query[None, :], wanted, params=parameters)
        found = rows[0] >= 0
        return _best(rows[0][found], cosines[0][found], k)


def products(vectors: Scores, query: Scores) -> Scores:
    """The inner product of each of a few vectors, shape (n, dimensions), with `query`; shape (n,).

    Not by `@`: its library starts threads for so little work, which then take the cores from the question encoder.
    """
    return np.asarray(np.einsum("ij,j->i", vectors, query), np.float32)


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    order = np.lexsort((rows, -scores))[:k]
    return np.asarray(rows[order], np.int64), np.asarray(scores[order], np.float32)
