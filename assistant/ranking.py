"""From a question's vector and terms to passages in order: two searches, then every candidate with all its signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from assistant.analysis import words
from assistant.dense import among, products
from assistant.embedding import unit
from assistant.fusion import Signals, fuse, rerank, trust_in_model
from assistant.index.generation import Generation
from assistant.records import Hit, Query
from assistant.settings import CONTEXT_COSINE, CONTEXT_TERMS, MOST_TERMS

Rows = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float32]
_OPENING = 500
"""Characters of a question that tell its language: hardly more word pieces than a model takes in."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows that each stage ranks, best first: the two searches, and all signals of the candidates of both."""

    dense: list[int]
    lexical: list[int]
    final: list[Hit]
    scores: tuple[Rows, Vector, Vector] = field(compare=False)
    """The candidates with their cosines and shares."""

    @property
    def fused(self) -> list[Hit]:
        """The candidates in order of the sum of their two scores."""
        return fuse(*self.scores)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the searches take it: its vector, shape (dimensions,), its terms, and the trust in the model."""

    vector: Vector
    terms: Mapping[str, float]
    """At most `MOST_TERMS` distinct content terms with their weights, 1 for the question's own."""
    written: Mapping[str, str]
    """The question's own among them, each with the word as it was written."""
    trust: float
    left_out: int = 0
    """How many more content terms the question has, which are not searched for."""


def encode(query: Query, index: Generation) -> Question:
    """The question of a query; that of a follow-up is drawn towards the earlier questions (Rocchio 1971)."""
    content = index.analyser.content(query.text)
    own = _rarest(dict.fromkeys(content, 1.0), index, MOST_TERMS)
    vectors = index.encoder.encode_queries([query.text, *query.context])
    vector = vectors[0]
    terms: dict[str, float] = {}
    if query.context:
        shares = np.asarray([0.5**place for place in range(len(query.context))], np.float32)
        vector = unit(vector + CONTEXT_COSINE * query.lean * unit(shares @ vectors[1:]))
        for words_, share in ((" ".join(query.carried), 1.0), *zip(query.context, shares, strict=True)):
            for term in index.analyser.content(words_):
                terms[term] = max(terms.get(term, 0.0), CONTEXT_TERMS * query.lean * float(share))
        terms = {term: weight for term, weight in terms.items() if term not in own}
    terms = _rarest(terms, index, MOST_TERMS - len(own)) | own
    written = {term: content[term] for term in own}
    opening = query.text[:_OPENING]
    trust = trust_in_model(index.encoder.count([opening])[0], sum(1 for _ in words(opening)))
    return Question(vector, terms, written, trust, len(content) - len(own))


def _rarest(terms: Mapping[str, float], index: Generation, most: int) -> dict[str, float]:
    """At most so many of weighted terms, in their order: of the highest weight and rarity; what no passage has, last.

    Words that are in no passage find nothing, so a long question in another language keeps those that do.
    """
    known = index.terms
    order = sorted(terms, key=lambda term: -terms[term] * known.idf(term) if known.frequency(term) else 0.0)
    kept = set(order[:most])
    return {term: weight for term, weight in terms.items() if term in kept}


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
    lexical = _search(index, terms, k, within)
    rows = np.union1d(dense, lexical)
    if len(rows) == 0:
        return Ranking([], [], [], (rows, *np.empty((2, 0), np.float32)))
    vectors, cosines, neighbours = _near(index, vector, rows)
    sources_of_rows = index.passages["source"][rows]
    said = index.terms.signals(terms, list(question.written), rows, sources_of_rows)
    sources, of_row = np.unique(sources_of_rows, return_inverse=True)
    signals = Signals(
        cosine=cosines,
        sentence=_sentences(index, vector, rows),
        neighbour=neighbours,
        source=products(np.asarray(index.source_vectors[sources], np.float32), vector)[of_row],
        share=said.share,
        source_share=said.source_share,
        heading=said.heading,
        pairs=said.pairs,
    )
    final = rerank(rows, signals, vectors, question.trust)
    return Ranking(dense.tolist(), lexical.tolist(), final, (rows, cosines, said.share))


def _search(index: Generation, terms: Mapping[str, float], k: int, within: Rows | None) -> Rows:
    """The `k` best rows that hold any of the terms, best first, ties by row; with `within`, only among those rows.

    A broad filter searches deeper, until enough of what it finds is inside; under a narrow one, or if that finds too
    few, all rows inside are scored.
    """
    if within is None:
        return index.lexical.search(terms, k)
    depth = 3 * k * len(index.passages) // (2 * max(1, len(within)))
    while 2 * depth < len(within):  # what is found deeper costs about twice what scoring a row does
        found = index.lexical.search(terms, depth)
        inside = among(found, within)
        if len(inside) >= k or len(found) < depth:
            return inside[:k]
        depth *= 4
    shares = index.terms.shares(terms, within)
    least = np.partition(shares, -k)[-k] if k < len(shares) else 0.0
    held = np.flatnonzero((shares >= least) & (shares > 0))
    return np.asarray(within[held[np.argsort(-shares[held], kind="stable")[:k]]], np.int64)


def _sentences(index: Generation, vector: Vector, rows: Rows) -> Vector:
    """The cosine of each row's nearest sentence, shape (len(rows),)."""
    first, last = index.passages["first"][rows], index.passages["last"][rows]
    sizes = last - first
    if (sizes < 1).any() or (first < 0).any() or (last > len(index.sentences)).any():
        raise IndexError("sentences that there are not")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    each = np.arange(int(sizes.sum())) + np.repeat(first - starts, sizes)
    cosines = index.sentence_cosines(vector, each)
    return np.asarray(np.maximum.reduceat(cosines, starts), np.float32)


def _near(index: Generation, vector: Vector, rows: Rows) -> tuple[Vector, Vector, Vector]:
    """The vectors of sorted rows, their cosines, and the cosine of the nearer passage beside each in the same source.

    That is the row's own cosine where there is none. A row and those beside it are read at once.
    """
    around = np.clip(rows[:, None] + np.arange(-1, 2), 0, len(index.passages) - 1)
    each = np.asarray(np.unique(around), np.int64)
    vectors = index.dense.vectors(each)
    cosines = products(vectors, vector)
    own = np.searchsorted(each, rows)
    sources = index.passages["source"][each]
    found = []
    for step in (-1, 1):
        beside = np.clip(own + step, 0, len(each) - 1)
        there = (each[beside] == rows + step) & (sources[beside] == sources[own])
        found.append(np.where(there, cosines[beside], -np.inf))
    nearer = np.maximum(*found)
    return vectors[own], cosines[own], np.where(np.isfinite(nearer), nearer, cosines[own]).astype(np.float32)
