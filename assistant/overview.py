"""What a library holds at a glance: its size, the years that it is about, and the names that it speaks of most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from assistant.filters import period
from assistant.index.generation import Generation
from assistant.names import frequent_names
from assistant.records import Metadata
from assistant.reports import Overview

_NAMES = 24
_CHARACTERS = 3_000_000
"""How much text is searched for names, in all; of each source an equal part, from its beginning."""


def describe(index: Generation) -> Overview:
    """The overview of an index; every text is counted, and names are looked for in a bounded part of each.

    Raises:
        IndexDamaged: a text is not as it was written.
    """
    counted: list[int] = []
    names = frequent_names(_beginnings(index, counted), index.analyser, _NAMES)
    years, undated = _years(index.metadata)
    return Overview(len(index.ids), len(index.passages), sum(counted), years, undated, tuple(names))


def _beginnings(index: Generation, counted: list[int]) -> Iterator[str]:
    """The beginning of each text, up to its last whole paragraph; the words of the texts are counted on the way."""
    share = _CHARACTERS // max(1, len(index.ids))
    for number in range(len(index.ids)):
        text = index.source(number).text
        counted.append(len(text.split()))
        yield text if len(text) <= share else text[:share].rpartition("\n\n")[0] or text[:share]


def _years(metadata: Iterable[Metadata]) -> tuple[tuple[tuple[int, int], ...], int]:
    """How many sources are about each year, from the first to the last, and how many have no period."""
    periods = [period(known) for known in metadata]
    dated: Sequence[tuple[int, int]] = [(int(found[0][:4]), int(found[1][:4])) for found in periods if found]
    if not dated:
        return (), len(periods)
    first, last = min(start for start, _ in dated), max(end for _, end in dated)
    changes = [0] * (last - first + 2)
    for start, end in dated:
        changes[start - first] += 1
        changes[end - first + 1] -= 1
    years = tuple(enumerate(accumulate(changes[:-1]), first))
    return years, len(periods) - len(dated)
