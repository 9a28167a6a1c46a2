"""Reads the forward index: how rare terms are, and what they say of any passages.

BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.columns import Stored

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Ids = npt.NDArray[np.uint32]
_K1 = 1.2
_B = 0.75
CHUNK = 1 << 20
"""Terms that are worked on at a time, where all are gone through."""
_MANY = 10_000
"""Passages that are scored at a time."""
_ARRAYS = (
    *("tokens", "starts", "leads", "hashes", "ids", "frequencies"),
    *("source_starts", "source_ids", "source_counts", "source_lengths"),
)


def hash_of(term: str) -> int:
    """The number, of 64 bits, under which a term is found."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class TermSignals:
    """What the terms say of some passages: arrays of one length, in [0, 1]."""

    share: Scores
    """BM25 of the passage over its supremum, which terms that no passage has raise too."""
    source_share: Scores
    """BM25 of the whole source."""
    heading: Scores
    """Share of the terms' rarity that stands in title and section."""
    pairs: Scores
    """Share of the rarity of neighbours that are neighbours in the passage: in order, at most one word between them."""


class TermIndex:
    """What `TermsWriter` wrote, mapped into memory. Thread-safe: nothing changes after opening."""

    def __init__(self, folder: Path) -> None:
        """Opens the index in `folder`.

        Raises:
            OSError, ValueError: files cannot be read, or do not fit together.
        """
        self._vocabulary = folder / "vocabulary.txt"
        files = {name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in _ARRAYS}
        self._stored = Stored(np.load(folder / "tokens.npy", mmap_mode="r"))
        self._tokens, self._starts, self._leads = files["tokens"], files["starts"], files["leads"]
        self._hashes, self._ids, self._frequencies = files["hashes"], files["ids"], files["frequencies"]
        self._source_starts, self._source_ids = files["source_starts"], files["source_ids"]
        self._source_counts, self._source_lengths = files["source_counts"], files["source_lengths"]
        self.passages = len(self._leads)
        self.sources = len(self._source_lengths)
        self.distinct = len(self._ids)
        fits = (
            len(self._starts) == self.passages + 1
            and self._starts[-1] == len(self._tokens)
            and len(self._source_starts) == self.sources + 1
            and self._source_starts[-1] == len(self._source_ids) == len(self._source_counts)
            and self._hashes.shape == self._ids.shape
            and self._frequencies.shape == (self.distinct, 2)
        )
        if not fits:
            raise ValueError(f"the files in {folder.name} do not fit together")
        self._length = max(1, len(self._tokens)) / max(1, self.passages)
        self._source_length = max(1, int(self._source_lengths.sum())) / max(1, self.sources)
        # Of a function, not of a method: an index that is kept by itself would leave its files open.
        self._known = lru_cache(maxsize=100_000)(partial(_find, self._hashes, self._ids))

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every term, by its id; read for a rebuild only."""
        return self._vocabulary.read_bytes().decode().split("\n")[:-1]

    def bounds(self, first: int, last: int) -> tuple[Rows, Ids]:
        """Where the terms of rows begin, and the end of the last; and how many of each are title and section."""
        return self._starts[first : last + 1], self._leads[first:last]

    def blocks(self, first: int, last: int) -> Iterator[Ids]:
        """The ids of the terms of rows, one after another, in pieces of a bounded length."""
        end = int(self._starts[last])
        for at in range(int(self._starts[first]), end, CHUNK):
            yield self._tokens[at : min(end, at + CHUNK)]

    def strings(self, first: int, last: int) -> Iterator[list[str]]:
        """The terms of the rows from `first` up to `last`, as they were added."""
        name = self.vocabulary.__getitem__
        for row in range(first, last):
            yield list(map(name, self._tokens[self._starts[row] : self._starts[row + 1]].tolist()))

    def frequency(self, term: str) -> int:
        """In how many passages `term` occurs."""
        found = self._known(term)
        return int(self._frequencies[found, 0]) if found >= 0 else 0

    def source_frequency(self, term: str) -> int:
        """In how many sources `term` occurs."""
        found = self._known(term)
        return int(self._frequencies[found, 1]) if found >= 0 else 0

    def idf(self, term: str) -> float:
        """The rarity of `term` among passages: highest for one that no passage has."""
        return _idf(self.frequency(term), self.passages)

    def source_idf(self, term: str) -> float:
        """The rarity of `term` among sources."""
        return _idf(self.source_frequency(term), self.sources)

    def shares(self, terms: Mapping[str, float], rows: Rows) -> Scores:
        """The BM25 share of each of `rows`, shape (len(rows),); the terms are given with their weights."""
        asked = self._asked(terms)
        pieces = [rows[at : at + _MANY] for at in range(0, len(rows), _MANY)] or [rows]
        return np.concatenate([self._shares(asked, self._occurrences(asked, piece)) for piece in pieces])

    def signals(
        self, terms: Mapping[str, float], written: Sequence[str], rows: Rows, sources_of_rows: Rows
    ) -> TermSignals:
        """Everything that the terms say of some hundreds of passages.

        Args:
            terms: The terms of a question, with their weights.
            written: Those among them that the question itself has, in its order.
            rows: The passages.
            sources_of_rows: The source of each of them, of the same length.
        """
        asked = self._asked(terms)
        there = self._occurrences(asked, rows)
        sources, of_row = np.unique(sources_of_rows, return_inverse=True)
        in_heading = there.counts(len(asked.ids), there.at < there.lead_ends) > 0
        return TermSignals(
            share=self._shares(asked, there),
            source_share=self._source_shares(asked, sources)[of_row],
            heading=_weighted(in_heading, asked.weights),
            pairs=self._pair_shares(asked, there, written),
        )

    def _asked(self, terms: Mapping[str, float]) -> _Asked:
        known = {term: found for term in terms if (found := self._known(term)) >= 0}
        weights = {term: weight * self.idf(term) for term, weight in terms.items()}
        of_sources = {term: weight * self.source_idf(term) for term, weight in terms.items()}
        return _Asked(
            {term: mark for mark, term in enumerate(known, 1)},
            np.array(list(known.values()), np.uint32),
            np.array([weights[term] for term in known]) / (sum(weights.values()) or 1),
            np.array([of_sources[term] for term in known]) / (sum(of_sources.values()) or 1),
        )

    def _occurrences(self, asked: _Asked, rows: Rows) -> _Occurrences:
        begins, ends = self._starts[rows], self._starts[rows + 1]
        sizes = ends - begins
        if (sizes < 0).any() or (begins < 0).any() or (ends > len(self._tokens)).any():
            raise IndexError("terms that there are not")
        # Runs of neighbours are read in one.
        opens, closes = np.diff(rows, prepend=-2) != 1, np.diff(rows, append=-2) != 1
        tokens = self._stored.runs(begins[opens], ends[closes] - begins[opens])
        # A table of all terms, whose memory is hardly touched, takes less time than to search for each of the tokens.
        table = np.zeros(self.distinct, np.uint16)
        table[asked.ids] = np.arange(1, len(asked.ids) + 1)
        marks = np.take(table, tokens)
        at = np.flatnonzero(marks != 0)
        laid = np.cumsum(sizes)
        row = np.searchsorted(laid, at, "right")
        return _Occurrences(sizes, marks, at, row, (laid - sizes + self._leads[rows])[row], laid[row])

    def _shares(self, asked: _Asked, there: _Occurrences) -> Scores:
        counts = there.counts(len(asked.ids))
        return _weighted(_saturated(counts, there.sizes / self._length), asked.weights)

    def _source_shares(self, asked: _Asked, sources: Rows) -> Scores:
        counts = self._in_sources(asked.ids, sources)
        return _weighted(_saturated(counts, self._source_lengths[sources] / self._source_length), asked.of_sources)

    def _in_sources(self, ids: Ids, sources: Rows) -> Rows:
        """How often each source has each term, shape (len(sources), len(ids)): by halving, in all of them at once."""
        end = np.repeat(self._source_starts[sources + 1][:, None], len(ids), axis=1)
        low, high = np.repeat(self._source_starts[sources][:, None], len(ids), axis=1), end
        last = len(self._source_ids) - 1
        if last < 0:
            return np.zeros(low.shape, np.int64)
        while (low < high).any():
            middle = (low + high) // 2
            below = (self._source_ids[np.minimum(middle, last)] < ids) & (low < high)
            low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
        at = np.minimum(low, last)
        return np.where((low < end) & (self._source_ids[at] == ids), self._source_counts[at], 0)

    def _pair_shares(self, asked: _Asked, there: _Occurrences, written: Sequence[str]) -> Scores:
        pairs = {pair: sum(map(self.idf, pair)) for pair in pairwise(written)}
        marks = np.array([[asked.marks.get(term, 0) for term in pair] for pair in pairs], np.int64).reshape(-1, 2)
        numbers = np.full((len(asked.ids) + 1, len(asked.ids) + 1), len(pairs), np.int64)
        both = marks.all(axis=1)
        numbers[marks[both, 0], marks[both, 1]] = np.flatnonzero(both)
        held = np.zeros((len(there.sizes), len(pairs) + 1), bool)  # the last column is for what is no pair
        for gap in (1, 2):
            inside = there.at + gap < there.ends
            at = there.at[inside]
            held[there.row[inside], numbers[there.marks[at], there.marks[at + gap]]] = True
        weights = np.array([*pairs.values(), 0.0])
        return _weighted(held, weights / (weights.sum() or 1))


def _find(hashes: npt.NDArray[np.uint64], ids: Ids, term: str) -> int:
    """The id of a term, -1 for one that there is not."""
    wanted = np.uint64(hash_of(term))
    at = int(np.searchsorted(hashes, wanted))
    if at == len(ids) or hashes[at] != wanted:
        return -1
    if ids[at] >= len(ids):
        raise IndexError("a term that there is not")
    return int(ids[at])


@dataclass(frozen=True, slots=True)
class _Asked:
    """The terms of a question that some passage has: their ids, and the share of each in all of its terms' rarity."""

    marks: Mapping[str, int]
    """The number of each, from 1."""
    ids: Ids
    weights: npt.NDArray[np.float64]
    of_sources: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Where a question's terms stand in passages that are laid one after another."""

    sizes: Rows
    """How many terms each passage has."""
    marks: npt.NDArray[np.uint16]
    """The mark of every term of all passages, 0 for one that is not the question's."""
    at: Rows
    """The places of those that are; and for each the passage, and where in it title and section, and all, end."""
    row: Rows
    lead_ends: Rows
    ends: Rows

    def counts(self, terms: int, where: npt.NDArray[np.bool_] | slice = slice(None)) -> Rows:
        """How often each passage has each of the `terms`, shape (passages, terms)."""
        cells = self.row[where] * terms + self.marks[self.at[where]] - 1
        return np.bincount(cells, minlength=len(self.sizes) * terms).reshape(len(self.sizes), terms)


def _idf(frequency: int, count: int) -> float:
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def _saturated(counts: Rows, lengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """BM25 of each count without its factor k1 + 1, in [0, 1); `lengths` are relative to the mean."""
    return counts / (counts + _K1 * (1 - _B + _B * lengths)[:, None])


def _weighted(values: npt.NDArray[Any], weights: npt.NDArray[np.float64]) -> Scores:
    # Not by `@`, as in `assistant.dense.products`.
    return np.asarray(np.einsum("ij,j->i", values, weights), np.float32)
