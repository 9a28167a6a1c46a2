"""From a question's vector and terms to passages in order: two searches, then every candidate with all its signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.analysis import words
from assistant.dense import products
from assistant.embedding import unit
from assistant.fusion import Signals, fuse, rerank, trust_in_model
from assistant.index.generation import Generation
from assistant.records import Hit, Query
from assistant.settings import CONTEXT_COSINE, CONTEXT_TERMS

Rows = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows that each stage ranks, best first: the two searches, the sum of their scores, and all signals."""

    dense: list[int]
    lexical: list[int]
    fused: list[Hit]
    final: list[Hit]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the searches take it: its vector, shape (dimensions,), its terms, and the trust in the model."""

    vector: Vector
    terms: Mapping[str, float]
    """The distinct content terms with their weights, 1 for the question's own."""
    written: Mapping[str, str]
    """The question's own terms, each with the word as it was written."""
    trust: float


def encode(query: Query, index: Generation) -> Question:
    """The question of a query; that of a follow-up is drawn towards the earlier questions (Rocchio 1971)."""
    own = index.analyser.content(query.text)
    vectors = index.encoder.encode_queries([query.text, *query.context])
    vector = vectors[0]
    terms: dict[str, float] = {}
    if query.context:
        shares = np.asarray([0.5**place for place in range(len(query.context))], np.float32)
        vector = unit(vector + CONTEXT_COSINE * query.lean * unit(shares @ vectors[1:]))
        for words_, share in ((" ".join(query.carried), 1.0), *zip(query.context, shares, strict=True)):
            for term in index.analyser.content(words_):
                terms[term] = max(terms.get(term, 0.0), CONTEXT_TERMS * query.lean * float(share))
    terms |= dict.fromkeys(own, 1.0)
    count = sum(1 for _ in words(query.text))
    return Question(vector, terms, own, trust_in_model(index.encoder.count([query.text])[0], count))


def rank(index: Generation, question: Question, k: int, within: Rows | None = None) -> Ranking:
    """Ranks the best `k` rows of each search, with `within` only among those rows.

    Args:
        index: The index.
        question: The question.
        k: How many candidates each search brings.
        within: The rows to search; None all.
    """
    vector, terms = question.vector, question.terms
    dense, _ = index.dense.search(vector, k, within)
    lexical, _ = index.lexical.search(terms, k, within)
    rows = np.union1d(dense, lexical)
    if len(rows) == 0:
        return Ranking([], [], [], [])
    cosines, shares = index.dense.cosines(vector, rows), index.lexical.shares(terms, rows)
    fused = fuse(rows, cosines, shares)
    sources, of_row = np.unique(index.passages["source"][rows], return_inverse=True)
    signals = Signals(
        cosine=cosines,
        sentence=_sentences(index, vector, rows),
        neighbour=_neighbours(index, vector, rows, cosines),
        source=products(index.source_vectors[sources], vector)[of_row],
        share=shares,
        source_share=index.lexical_sources.shares(terms, sources)[of_row],
        heading=index.lexical.heading_shares(terms, rows),
        pairs=index.lexical.pair_shares(list(question.written), rows),
    )
    return Ranking(dense.tolist(), lexical.tolist(), fused, rerank(rows, signals, index.vectors[rows], question.trust))


def _sentences(index: Generation, vector: Vector, rows: Rows) -> Vector:
    """The cosine of each row's nearest sentence, shape (len(rows),)."""
    first, last = index.passages["first"][rows], index.passages["last"][rows]
    sizes = last - first
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    each = np.arange(int(sizes.sum())) + np.repeat(first - starts, sizes)
    cosines = products(np.asarray(index.sentence_vectors[each], np.float32), vector)
    return np.asarray(np.maximum.reduceat(cosines, starts), np.float32)


def _neighbours(index: Generation, vector: Vector, rows: Rows, own: Vector) -> Vector:
    """The cosine of the nearer passage beside each row, in the same source; the row's own where there is none."""
    sources = index.passages["source"]
    found = []
    for step in (-1, 1):
        beside = np.clip(rows + step, 0, len(sources) - 1)
        there = (beside != rows) & (sources[beside] == sources[rows])
        found.append(np.where(there, index.dense.cosines(vector, beside), -np.inf))
    nearer = np.maximum(*found)
    return np.asarray(np.where(np.isfinite(nearer), nearer, own), np.float32)
