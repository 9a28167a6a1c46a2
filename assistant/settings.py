"""The few numbers that shape an index or an answer, in one place.

What changes the index is in `Recipe`, which every index records about itself; the rest shapes answers only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FORMAT_VERSION = 3
"""Of the index on disk; another version is never read."""

DEFAULT_SOURCES = "sources"
DEFAULT_INDEX = "index"
DEFAULT_PORT = 7860

CANDIDATES = 100
"""How many passages each stage brings before fusion."""

COSINE_WEIGHT = 0.4
SHARE_WEIGHT = 0.6
"""Weights of the two scores in a first ranking."""

WEIGHTS = {
    "cosine": 0.20,
    "sentence": 0.20,
    "neighbour": 0.10,
    "source": 0.10,
    "feedback": 0.10,
    "share": 0.25,
    "source_share": 0.25,
    "heading": 0.15,
}
"""Weights of the signals in the final ranking; round numbers, measured over eight test collections."""

TRUST = (1.7, 2.4, 0.3)
"""Up to so many word pieces a word the model is trusted in full; from so many on, only by this factor."""

SENTENCE_COSINE_WEIGHT = 0.6
"""Weight of a sentence's cosine against its share of the question's rare words."""

EXCERPT_WEIGHT = 0.5
"""Weight of an excerpt's score in choosing among the sentences of several excerpts."""

FOUND_AT = 0.45
"""The least confidence at which the sources are said to answer."""

STATEMENT_SHARE = 0.8
"""A second or third sentence is quoted if it scores this much of the first."""

MAX_STATEMENTS = 3
"""Sentences that an answer quotes before its excerpts."""

MAX_QUESTION = 20_000
"""Characters of a question; longer ones are refused."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything besides sources and model that decides what an index holds.

    `passage_pieces` is the most word pieces of a passage and `context_pieces` those of its title and section.
    """

    splitter: int = 1
    analyser: int = 1
    context: str = "title. section. text"
    passage_pieces: int = 180
    context_pieces: int = 60

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the manifest."""
        return asdict(self)
