"""One score from several: what each search says of a candidate, weighed and added.

All signals are absolute (cosines, and shares of the best possible lexical score), so scores can be compared between
questions, which ranks cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.records import Hit
from assistant.settings import COSINE_WEIGHT, SHARE_WEIGHT, SIMILAR, SIMILAR_WEIGHT, SMOOTHED, TRUST, WEIGHTS

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
_OF_MODEL = frozenset({"cosine", "sentence", "neighbour", "source"})


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of each candidate passage: arrays of one length, in [-1, 1] (cosines) or [0, 1] (shares)."""

    cosine: Scores
    """Of the passage with the question."""
    sentence: Scores
    """Of its nearest sentence."""
    neighbour: Scores
    """Of the nearer of the passages right before and after it."""
    source: Scores
    """Of the whole source."""
    share: Scores
    """BM25 of the passage."""
    source_share: Scores
    """BM25 of the whole source."""
    heading: Scores
    """Rarity of the question's words that stand in title and section."""
    pairs: Scores
    """Rarity of the question's neighbouring words that are neighbours in the passage too."""


def fuse(rows: Rows, cosines: Scores, shares: Scores) -> list[Hit]:
    """Hits in order of the sum of the two scores, ties by row; three arrays of one length."""
    scores = COSINE_WEIGHT * cosines.astype(np.float64) + SHARE_WEIGHT * shares.astype(np.float64)
    return _hits(rows, cosines, shares, scores)


def rerank(rows: Rows, signals: Signals, vectors: Scores, trust: float = 1.0) -> list[Hit]:
    """Hits in order of the weighted mean of all signals and of the scores of similar candidates, ties by row.

    Args:
        rows: The candidates.
        signals: What is known of them.
        vectors: Their vectors, shape (len(rows), dimensions).
        trust: In (0, 1], scales the weights of what comes from the model.
    """
    weights = {name: weight * (trust if name in _OF_MODEL else 1.0) for name, weight in WEIGHTS.items()}
    total = sum(weights.values())
    scores = np.zeros(len(rows))
    for name, weight in weights.items():
        scores += weight / total * getattr(signals, name).astype(np.float64)
    of_similar = SIMILAR_WEIGHT * trust
    smoothed = (total * scores + of_similar * _of_similar(scores, vectors)) / (total + of_similar)
    return _hits(rows, signals.cosine, signals.share, smoothed)


def _of_similar(scores: npt.NDArray[np.float64], vectors: Scores) -> npt.NDArray[np.float64]:
    """For each candidate, the mean score of the most similar others: close passages tend to answer the same questions.

    Diaz, "Regularizing ad hoc retrieval scores" (2005). Only the best candidates are compared; the rest keep theirs.
    """
    best = np.argsort(-scores, kind="stable")[:SMOOTHED]
    count = min(SIMILAR, len(best) - 1)
    if count < 1:
        return scores
    # Not by `@`: its library starts threads for so little work, which then take the cores from the question encoder.
    likeness = np.einsum("id,jd->ij", vectors[best], vectors[best]).astype(np.float64)
    np.fill_diagonal(likeness, -1.0)
    nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    near = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 1e-6) ** 3
    smoothed = scores.copy()
    smoothed[best] = (near * scores[best][nearest]).sum(axis=1) / near.sum(axis=1)
    return smoothed


def trust_in_model(pieces: int, words: int) -> float:
    """How far to trust the model with a question, by the word pieces that it needs for each of the words.

    A model knows the words of its own language as one piece each, or nearly; those of another it spells out.

    >>> trust_in_model(12, 10), round(trust_in_model(20, 10), 2), trust_in_model(40, 10)
    (1.0, 0.57, 0.3)
    """
    low, high, least = TRUST
    return float(np.clip((high - pieces / max(1, words)) / (high - low), least, 1.0))


def _hits(rows: Rows, cosines: Scores, shares: Scores, scores: npt.NDArray[np.float64]) -> list[Hit]:
    order = np.lexsort((rows, -scores))
    return [Hit(int(rows[i]), float(cosines[i]), float(shares[i]), float(scores[i])) for i in order]
