"""Ranks documents by the stages of a search and scores the rankings against judgements, with ir-measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

from assistant.evaluation.files import Judgements
from assistant.evaluation.measures import Values
from assistant.index.generation import Generation

MEASURES = {"nDCG@10": nDCG @ 10, "RR@10": RR @ 10, "recall@5": R @ 5, "recall@10": R @ 10, "recall@100": R @ 100}
"""By name: discounted gain (Järvelin and Kekäläinen 2002), reciprocal rank (Voorhees 1999), and recall.

A stage brings at most the index's number of candidate passages, so recall@100 is of what it brings.
"""

Scores = dict[str, Values]
"""The values of each measure, shape (questions,)."""


def documents(rows: Sequence[int], index: Generation, without: Iterable[str] = ()) -> list[str]:
    """The sources of passages ranked best first, each at the rank of its best passage, save those in `without`."""
    numbers = index.passages["source"][np.asarray(rows, np.int64)].tolist()
    excluded = set(without)
    return [index.ids[number] for number in dict.fromkeys(numbers) if index.ids[number] not in excluded]


def score(rankings: Mapping[str, Sequence[str]], judgements: Judgements) -> Scores:
    """Every measure of every ranking (question id to sources, best first), in the order of `rankings`.

    A relevant source that is not in the index counts as not found.
    """
    run = {
        question: {source: float(-rank) for rank, source in enumerate(ranked)} for question, ranked in rankings.items()
    }
    judged = {question: judgements[question] for question in rankings}
    names = {measure: name for name, measure in MEASURES.items()}
    places = {question: place for place, question in enumerate(rankings)}
    found = {name: np.zeros(len(rankings)) for name in MEASURES}
    for item in ir_measures.iter_calc(list(MEASURES.values()), judged, run):
        found[names[item.measure]][places[item.query_id]] = item.value
    return found
