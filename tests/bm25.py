"""BM25 in a few lines of plain Python: what the indexes are compared with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

K1, B = 1.2, 0.75


def rarity(texts: Sequence[Sequence[str]], term: str) -> float:
    """The idf of a term in texts, each given as its terms."""
    having = sum(term in text for text in texts)
    return math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))


def shares(texts: Sequence[Sequence[str]], terms: Mapping[str, float]) -> list[float]:
    """The score of every text for weighted terms, over the highest that there could be."""
    mean = sum(map(len, texts)) / len(texts)
    weights = {term: weight * rarity(texts, term) for term, weight in terms.items()}
    found = []
    for text in texts:
        counts = Counter(text)
        saturation = K1 * (1 - B + B * len(text) / mean)
        score = sum(weight * counts[term] * (K1 + 1) / (counts[term] + saturation) for term, weight in weights.items())
        found.append(score / ((K1 + 1) * sum(weights.values())))
    return found


def source_text(passages: Iterable[tuple[Sequence[str], int]]) -> list[str]:
    """The terms of a source: of its passages (each with how many are title and section), each heading only once."""
    text: list[str] = []
    headings = set()
    for terms, lead in passages:
        heading = tuple(terms[:lead])
        text += terms[lead:] if heading in headings else terms
        headings.add(heading)
    return text
