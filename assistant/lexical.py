"""The lexical index: BM25 through tantivy, as a share of the highest score that a question could have.

BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tantivy

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
_K1 = 1.2
_HEAP = 64_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", indexed=True, fast=True)
    # The terms come analysed (`assistant.analysis`), so white space is all that separates them.
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("heading", tokenizer_name="whitespace", index_option="basic")
    return builder.build()


def write(texts: Iterable[tuple[Sequence[str], Sequence[str]]], folder: Path) -> None:
    """Indexes texts in order of row, in a new `folder`: of each its terms, and those of its title and section."""
    folder.mkdir()
    index = tantivy.Index(_schema(), path=str(folder))
    # One thread, so that documents keep the order of their rows, and equal scores too.
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    for row, (terms, heading) in enumerate(texts):
        document = tantivy.Document()
        document.add_integer("row", row)
        document.add_text("terms", " ".join(terms))
        document.add_text("heading", " ".join(heading))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    for lock in folder.glob("*.lock"):
        lock.unlink()


class LexicalIndex:
    """Searches terms by BM25. Thread-safe: nothing changes after opening."""

    def __init__(self, folder: Path) -> None:
        """Opens what `write` made.

        Raises:
            ValueError: it cannot be read.
        """
        try:
            index = tantivy.Index.open(str(folder))
        except ValueError:
            # tantivy takes a lock file to open an index, so a read-only folder is opened from a copy.
            copied = Path(tempfile.mkdtemp(prefix="assistant-"))
            weakref.finalize(self, shutil.rmtree, copied, ignore_errors=True)
            for file in folder.iterdir():
                shutil.copyfile(file, copied / file.name)
            index = tantivy.Index.open(str(copied))
        self._schema = index.schema
        self._searcher = index.searcher()
        self.passages: int = self._searcher.num_docs

    def frequency(self, term: str) -> int:
        """In how many passages `term` occurs."""
        return int(self._searcher.doc_freq("terms", term))

    def idf(self, term: str) -> float:
        """The rarity of `term`: highest for one that no passage has."""
        n = self.frequency(term)
        return math.log(1 + (self.passages - n + 0.5) / (n + 0.5))

    def search(self, terms: Mapping[str, float], k: int, within: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` best rows that hold any of the `terms`, given with their weights, and their shares in [0, 1].

        A share is the weighted BM25 score over its supremum, the sum of weight idf (k1 + 1) over all the terms, those
        that no passage has included. Ties are in order of row. With `within`, only those rows, and each of them is
        scored, 0 where it has no term.
        """
        if not terms or k < 1 or self.passages == 0 or (within is not None and len(within) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parts = []
        for term, weight in terms.items():
            there = tantivy.Query.term_query(self._schema, "terms", term, "freq")
            parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(there, weight)))
        if within is not None:
            parts.append((tantivy.Occur.Must, self._rows(within)))
        best = (_K1 + 1) * self._total(terms)
        return self._run(tantivy.Query.boolean_query(parts), k, best)

    def shares(self, terms: Mapping[str, float], rows: Rows) -> Scores:
        """The share of each of the distinct, sorted `rows`, as `search` gives it; shape (len(rows),)."""
        return _aligned(rows, *self.search(terms, len(rows), rows))

    def heading_shares(self, terms: Mapping[str, float], rows: Rows) -> Scores:
        """How much of the terms' idf stands in the title and section of each of the distinct, sorted `rows`."""
        total = self._total(terms)
        if not total or len(rows) == 0:
            return np.zeros(len(rows), np.float32)
        parts = []
        for term, weight in terms.items():
            there = tantivy.Query.term_query(self._schema, "heading", term, "basic")
            parts.append((tantivy.Occur.Should, _constant(there, weight * self.idf(term))))
        parts.append((tantivy.Occur.Must, self._rows(rows)))
        return _aligned(rows, *self._run(tantivy.Query.boolean_query(parts), len(rows), total))

    def pair_shares(self, terms: Sequence[str], rows: Rows) -> Scores:
        """How much of the rarity of neighbours in `terms` is in those that each of `rows` has side by side.

        Side by side is with at most one other word between them (of, the). `rows` are distinct and sorted.
        """
        pairs = {(one, other): self.idf(one) + self.idf(other) for one, other in pairwise(terms)}
        if not pairs or len(rows) == 0:
            return np.zeros(len(rows), np.float32)
        parts = []
        for pair, weight in pairs.items():
            there = tantivy.Query.phrase_query(self._schema, "terms", list(pair), slop=1)
            parts.append((tantivy.Occur.Should, _constant(there, weight)))
        parts.append((tantivy.Occur.Must, self._rows(rows)))
        return _aligned(rows, *self._run(tantivy.Query.boolean_query(parts), len(rows), sum(pairs.values())))

    def _total(self, terms: Mapping[str, float]) -> float:
        return sum(weight * self.idf(term) for term, weight in terms.items())

    def _rows(self, rows: Rows) -> tantivy.Query:
        """A query that fits these rows and adds nothing to their scores."""
        return tantivy.Query.const_score_query(
            tantivy.Query.term_set_query(self._schema, "row", [int(row) for row in rows]), 0.0
        )

    def phrase(self, terms: Sequence[str]) -> Rows:
        """The rows that hold `terms` one after another, in order of row."""
        if not terms or self.passages == 0:
            return np.empty(0, np.int64)
        if len(terms) == 1:
            query = tantivy.Query.term_query(self._schema, "terms", terms[0], "basic")
        else:
            query = tantivy.Query.phrase_query(self._schema, "terms", list(terms))
        return np.sort(self._run(query, self.passages, 1.0)[0])

    def _run(self, query: tantivy.Query, k: int, best: float) -> tuple[Rows, Scores]:
        hits = self._searcher.search(query, limit=min(k, self.passages), count=False).hits
        rows = np.asarray(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)
        shares = np.asarray([score / best for score, _ in hits], np.float32)
        order = np.lexsort((rows, -shares))
        return rows[order], shares[order]


def _aligned(rows: Rows, found: Rows, scores: Scores) -> Scores:
    """The scores in order of the sorted `rows`, 0 for those not found."""
    aligned = np.zeros(len(rows), np.float32)
    aligned[np.searchsorted(rows, found)] = scores
    return aligned


def _constant(query: tantivy.Query, score: float) -> tantivy.Query:
    """A query that gives what fits it this score."""
    return tantivy.Query.boost_query(tantivy.Query.const_score_query(query, 1.0), score)
