"""Writes the forward index: terms in order as they come, then counts of passages and sources."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.columns import Column
from assistant.terms.index import CHUNK, Ids, Rows, TermIndex, hash_of

_Keys = npt.NDArray[np.uint64]
"""A number (of a row, of a source) and an id of a term, in one."""
_ONE = np.uint64(1)
_ID_BITS = np.uint64(32)
_ROW_BITS = np.uint64(15)
"""With these, source, term and row within a chunk, and a mark, fit into a number of 64 bits."""
_UNKNOWN = np.uint32(0xFFFFFFFF)


class TermsWriter:
    """Streams the terms of passages, in order of row, into a new folder; only the distinct terms are kept in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._tokens = Column(folder / "tokens.npy", np.uint32)
        self._pending = array("I")
        self._starts = array("q", [0])
        self._leads = array("I")
        self._ids: defaultdict[str, int] = defaultdict()
        self._ids.default_factory = self._ids.__len__
        self._taken: dict[TermIndex, Ids] = {}

    def add(self, terms: Sequence[str], lead: int) -> None:
        """Adds a passage: its terms, of which the first `lead` are those of title and section.

        Terms hold no line break.
        """
        self._pending.extend(map(self._ids.__getitem__, terms))
        self._starts.append(self._starts[-1] + len(terms))
        self._leads.append(lead)
        if len(self._pending) >= CHUNK:
            self._flush()

    def take(self, other: TermIndex, first: int, last: int) -> None:
        """Adds the rows from `first` up to `last` of an earlier index as they are there."""
        if other not in self._taken:
            self._taken[other] = np.full(other.distinct, _UNKNOWN, np.uint32)
        mapped = self._taken[other]
        for block in other.blocks(first, last):
            fresh, where = np.unique(block[mapped[block] == _UNKNOWN], return_index=True)
            for old in fresh[np.argsort(where)].tolist():  # numbered in order of first use, as `add` does
                mapped[old] = self._ids[other.vocabulary[old]]
            self._pending.frombytes(mapped[block].tobytes())
            if len(self._pending) >= CHUNK:
                self._flush()
        starts, leads = other.bounds(first, last)
        self._starts.frombytes((starts[1:] - starts[0] + self._starts[-1]).tobytes())
        self._leads.frombytes(leads.tobytes())

    def abandon(self) -> None:
        """Closes the files as they are; they may be closed already."""
        self._tokens.abandon()

    def _flush(self) -> None:
        self._tokens.append(np.asarray(self._pending))
        self._pending = array("I")

    def close(self, source_starts: Rows) -> None:
        """Counts the terms of passages and of whole sources, and writes what is left.

        A source has the terms of all its passages, but those of each distinct title and section only once.

        Args:
            source_starts: The first row of each source, and the number of rows at the end; shape (sources + 1,).
        """
        self._flush()
        self._tokens.close()
        starts, leads = np.asarray(self._starts, np.int64), np.asarray(self._leads, np.uint32)
        hashes = np.fromiter(map(hash_of, self._ids), np.uint64, len(self._ids))
        ids = np.argsort(hashes).astype(np.uint32)
        counted = _Counted(self._folder, len(self._ids), len(source_starts) - 1)
        counted.count(np.load(self._folder / "tokens.npy", mmap_mode="r"), starts, leads, source_starts)
        arrays = counted.close() | {"starts": starts, "leads": leads, "hashes": hashes[ids], "ids": ids}
        for name, values in arrays.items():
            np.save(self._folder / f"{name}.npy", values)
        with (self._folder / "vocabulary.txt").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{term}\n" for term in self._ids)


class _Counted:
    """In how many passages and sources each term is, and how often in each source: the latter goes to files."""

    def __init__(self, folder: Path, distinct: int, sources: int) -> None:
        self._frequencies = np.zeros((2, distinct), np.int64)
        self._sizes = np.zeros(sources, np.int64)
        self._lengths = np.zeros(sources, np.int64)
        self._ids = Column(folder / "source_ids.npy", np.uint32)
        self._counts = Column(folder / "source_counts.npy", np.uint32)
        self._open = (np.empty(0, np.uint64), np.empty(0, np.int64))
        """Of the source that may go on in the next chunk: source and term as one number, and how often."""
        self._source = -1
        self._headings = set[bytes]()

    def count(self, tokens: Ids, starts: Rows, leads: Ids, source_starts: Rows) -> None:
        """Goes through all passages, some at a time, and sorts their terms by source, term and row at once."""
        for first, last in _chunks(starts):
            block = np.asarray(tokens[starts[first] : starts[last]])
            begins, sizes = starts[first:last] - starts[first], np.diff(starts[first : last + 1])
            sources = np.searchsorted(source_starts, np.arange(first, last), "right") - 1
            repeated = self._repeated(block, sources, begins, begins + leads[first:last])
            place = np.cumsum(np.diff(sources, prepend=sources[0]) != 0)  # of the source, among those of the chunk
            rows = np.arange(last - first, dtype=np.uint64)
            keys = np.repeat(place.astype(np.uint64) << _ID_BITS + _ROW_BITS | rows, sizes)
            keys |= block.astype(np.uint64) << _ROW_BITS
            keys <<= _ONE
            keys |= np.arange(len(block)) < np.repeat(begins + np.where(repeated, leads[first:last], 0), sizes)
            keys.sort()
            in_passages = keys[_edges(keys >> _ONE)] >> _ROW_BITS + _ONE
            self._frequencies[0] += np.bincount(_low(in_passages), minlength=self._frequencies.shape[1])
            in_sources = keys >> _ROW_BITS + _ONE
            edges = _edges(in_sources)
            number = sources[np.flatnonzero(np.diff(place, prepend=-1))]
            found = in_sources[edges]
            found = _keys(number[(found >> _ID_BITS).astype(np.int64)], _low(found))
            self._add(found, _sums((keys & _ONE ^ _ONE).astype(np.int64), edges))

    def _repeated(self, block: Ids, sources: Rows, begins: Rows, ends: Rows) -> npt.NDArray[np.bool_]:
        """Which passages have a title and section that an earlier one of their source has."""
        repeated = np.zeros(len(sources), bool)
        for at, (source, a, b) in enumerate(zip(sources.tolist(), begins.tolist(), ends.tolist(), strict=True)):
            if source != self._source:
                self._source, self._headings = source, set()
            heading = block[a:b].tobytes()
            repeated[at] = heading in self._headings
            self._headings.add(heading)
        return repeated

    def _add(self, found: _Keys, counts: Rows) -> None:
        """Adds terms of sources, in order; all sources but the last are then complete."""
        both = np.concatenate([self._open[0], found])
        order = np.argsort(both, kind="stable")  # two sorted runs: this only merges them
        both, counts = both[order], np.concatenate([self._open[1], counts])[order]
        edges = _edges(both)
        held, summed = both[edges], _sums(counts, edges)
        done = int(np.searchsorted(held, np.uint64(self._source) << _ID_BITS))
        self._open = (held[done:], summed[done:])
        self._write(held[:done], summed[:done])

    def _write(self, keys: _Keys, counts: Rows) -> None:
        ids, sources = _low(keys), keys >> _ID_BITS
        edges = _edges(sources)
        numbers = sources[edges].astype(np.int64)
        self._frequencies[1] += np.bincount(ids, minlength=self._frequencies.shape[1])
        self._sizes[numbers] = np.diff(edges, append=len(keys))
        self._lengths[numbers] = _sums(counts, edges)
        self._ids.append(ids)
        self._counts.append(counts)

    def close(self) -> dict[str, npt.NDArray[Any]]:
        """Completes the files; returns the arrays that are still to be written."""
        self._write(*self._open)
        self._ids.close()
        self._counts.close()
        starts = np.concatenate([[0], np.cumsum(self._sizes)])
        frequencies = np.ascontiguousarray(self._frequencies.T, np.uint32)
        return {"frequencies": frequencies, "source_starts": starts, "source_lengths": self._lengths}


def _chunks(starts: Rows) -> Iterator[tuple[int, int]]:
    """Runs of rows that hold about `CHUNK` terms, at least one row and no more than can be numbered."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + CHUNK, "right")) - 1
        last = min(max(first + 1, last), first + (1 << int(_ROW_BITS)))
        yield first, last
        first = last


def _edges(ordered: _Keys) -> Rows:
    """Where each of the distinct values begins. With a sort, much faster than `np.unique`, which makes a hash table."""
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(ordered)), bool), ordered[1:] != ordered[:-1]]))


def _sums(values: Rows, edges: Rows) -> Rows:
    """The sums between edges."""
    return np.add.reduceat(values, edges) if len(edges) else values


def _keys(numbers: Rows, ids: Ids) -> _Keys:
    return (numbers.astype(np.uint64) << _ID_BITS) | ids


def _low(keys: _Keys) -> Ids:
    return keys.astype(np.uint32)
