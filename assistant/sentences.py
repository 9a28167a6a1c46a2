"""The sentences of excerpts, scored by how well each answers the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from assistant.bibliography import locate
from assistant.demands import Demands
from assistant.index.generation import Generation
from assistant.ranking import Question
from assistant.settings import IN_HEADING, IN_SENTENCE_BEFORE, OTHER_YEARS, SENTENCE_COSINE_WEIGHT, WITHOUT_QUANTITY


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an excerpt: the excerpt's place in the list (from 0), offsets in the source, and its score.

    `held` are the question's terms that the sentence, its title or its section holds, with their rarity.
    """

    excerpt: int
    start: int
    end: int
    score: float
    held: Mapping[str, float] = field(default_factory=dict, hash=False)


def score_sentences(
    index: Generation, excerpts: Sequence[Sequence[int]], asked: Question, demands: Demands
) -> list[Sentence]:
    """Every sentence of the excerpts (each given as the rows of its passages), best first.

    A score is the sentence's own cosine, and the share of the question's rarity that it holds; what it leaves out
    counts in part if title, section or the sentence before it say it. It is lowered for a sentence without a number
    where a quantity is asked for, and for one about other years than the question's.
    """
    rarity = {term: weight * index.terms.idf(term) for term, weight in asked.terms.items()}
    total = sum(rarity.values()) or 1.0
    of_model = SENTENCE_COSINE_WEIGHT * asked.trust
    weight = of_model / (of_model + 1 - SENTENCE_COSINE_WEIGHT)
    found = []
    each = [(number, row) for number, rows in enumerate(excerpts) for row in rows]
    all_cosines = iter(_cosines(index, asked.vector, [row for _, row in each]))
    for number, row in each:
        source = index.source(int(index.passages[row]["source"]))
        place = locate(source, int(index.passages[row]["start"]), int(index.passages[row]["end"]))
        heading = rarity.keys() & index.analyser.terms(f"{source.metadata.title or ''} {place}")
        before: set[str] = set()
        for start, end in index.sentence_spans(row):
            text = source.text[start:end]
            own = rarity.keys() & index.analyser.terms(text)
            share = sum(
                rarity[term] * (1.0 if term in own else IN_HEADING if term in heading else IN_SENTENCE_BEFORE)
                for term in own | heading | before
            )
            score = weight * next(all_cosines) + (1 - weight) * share / total - _lack(text, demands)
            found.append(Sentence(number, start, end, score, {term: rarity[term] for term in own | heading}))
            before = own
    return sorted(found, key=lambda sentence: (-sentence.score, sentence.excerpt, sentence.start))


def _cosines(index: Generation, vector: npt.NDArray[np.float32], rows: Sequence[int]) -> list[float]:
    """The cosine of each sentence of the passages, one passage after another."""
    places = index.passages[list(rows)]
    each = [np.arange(first, last) for first, last in zip(places["first"], places["last"], strict=True)]
    cosines: list[float] = index.sentence_cosines(vector, np.concatenate([np.empty(0, np.int64), *each])).tolist()
    return cosines


def _lack(sentence: str, demands: Demands) -> float:
    lack = WITHOUT_QUANTITY if demands.quantity and not demands.gives_quantity(sentence) else 0.0
    return lack + (OTHER_YEARS if demands.speaks_of_other_years(sentence) else 0.0)
