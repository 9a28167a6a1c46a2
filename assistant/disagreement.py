"""Sentences that give different figures for the same thing: an answer shows them, and does not choose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.analysis import Analyser
from assistant.demands import NOUNS_HAVE_CAPITALS, Demands, value_of, without_dates

_TOKEN = re.compile(r"\d[\d.,]*\d|\d|%|[^\W\d_]+")
_SCALES = frozenset({"hundred", "thousand", "million", "billion", "trillion"})
_BETWEEN = frozenset({"to", "and", "or", "plus", "minus", "about", "some", "nearly", "metric", "us"})
_PERCENT = frozenset({"%", "percent", "percentage"})
_SAME = 0.9
"""How much of the question's rarity in the first sentence another must hold to speak of the same thing."""


def figures(sentence: str, analyser: Analyser) -> dict[str, frozenset[str]]:
    """The figures in a sentence by the stem of what they count, dates and numbers of resolutions left out.

    >>> english = Analyser("english")
    >>> found = figures("On 3 May it was put at 50 to 60 kilotons, and cost $2 million.", english)
    >>> {unit: sorted(values) for unit, values in found.items()}
    {'kiloton': ['50', '60']}
    """
    found: dict[str, set[str]] = {}
    pending: list[str] = []
    for token in _TOKEN.findall(without_dates(sentence)):
        folded = token.casefold()
        number = value_of(folded)
        if number is not None:
            pending.append(number)
        elif pending and folded in _SCALES:
            pending[-1] += f" {folded}"
        elif pending and folded not in _BETWEEN:
            units = ["%"] if folded in _PERCENT else list(analyser.content(token))
            if units and (token == folded or analyser.language in NOUNS_HAVE_CAPITALS):
                found.setdefault(units[0], set()).update(pending)
            pending = []
    return {unit: frozenset(values) for unit, values in found.items()}


def differing(
    sentences: Sequence[str], held: Sequence[Mapping[str, float]], demands: Demands, analyser: Analyser
) -> list[int]:
    """The places of the sentences that give other figures than the first for the same thing.

    That is: in the same unit (that which is counted, if the question names it), no value in common, and about as much
    of the question.

    Args:
        sentences: Best first.
        held: For each sentence the question's terms that it, its title or its section holds, with their rarity.
        demands: The question's; figures that it gives itself are not what is asked for.
        analyser: The library's.
    """
    if not sentences:
        return []
    asked, counted = figures(demands.question, analyser), analyser.content(demands.counted)
    first = {
        unit: values
        for unit, values in figures(sentences[0], analyser).items()
        if unit not in asked and (not counted or unit in counted)
    }
    needed = _SAME * sum(held[0].values())
    return [
        place
        for place in range(1, len(sentences))
        if sum(weight for term, weight in held[place].items() if term in held[0]) >= needed > 0
        and any(
            values.isdisjoint(first[unit])
            for unit, values in figures(sentences[place], analyser).items()
            if unit in first
        )
    ]
