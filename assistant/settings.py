"""The few numbers that shape an index or an answer, in one place.

What changes the index is in `Recipe`, which every index records about itself; the rest shapes answers only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FORMAT_VERSION = 6
"""Of the index on disk; another version is never read."""

DEFAULT_SOURCES = "sources"
DEFAULT_INDEX = "index"
DEFAULT_PORT = 7860
DEFAULT_STYLE = "chicago-notes"

TRASH = ".trash"
"""The folder in the sources folder that removed documents are moved to; hidden, so nothing in it is read."""

READER_SECONDS = 120.0
"""The longest that a reader may go without getting on with a file: a page, a part."""

READER_TOTAL_SECONDS = 900.0
"""The longest that it may take for a file in all: text recognition takes seconds a page."""

PAGE_SECONDS = 30.0
"""The longest that drawing a page of a PDF for the chat, or finding words on it, may take."""

READER_BYTES = 4_000_000
"""These are doubled for a file of this size, tripled for one of twice the size, and so on."""

READER_MEMORY = 3 << 30
"""Bytes that the process of the readers may hold."""

CANDIDATES = 100
"""How many passages each stage brings before fusion."""

COSINE_WEIGHT = 0.4
SHARE_WEIGHT = 0.6
"""Weights of the two scores in a first ranking."""

WEIGHTS = {
    "cosine": 0.20,
    "sentence": 0.20,
    "neighbour": 0.15,
    "source": 0.10,
    "share": 0.25,
    "source_share": 0.25,
    "heading": 0.20,
    "pairs": 0.05,
}
"""Weights of the signals in the final ranking; round numbers, measured over eight test collections."""

SMOOTHED = 100
"""How many of the best candidates are compared with one another."""

SIMILAR = 5
SIMILAR_WEIGHT = 0.35
"""How many similar candidates lend a candidate their mean score, and its weight beside those of the signals."""

TRUST = (1.7, 2.4, 0.3)
"""Up to so many word pieces a word the model is trusted in full; from so many on, only by this factor."""

RERANKED = 50
"""How many of the best passages a cross-encoder reads, where one is chosen."""

SENTENCE_COSINE_WEIGHT = 0.6
"""Weight of a sentence's cosine against its share of the question's rare words."""

IN_HEADING = 0.5
"""How much a word of the question counts for a sentence that lacks it, if title or section has it."""

IN_SENTENCE_BEFORE = 0.25
"""The same, if only the sentence before has it."""

WITHOUT_QUANTITY = 0.1
"""Taken off a sentence without a number where the question asks how many or how much."""

OTHER_YEARS = 0.15
"""Taken off a sentence that names years, none of which is one that the question names."""

EXCERPT_WEIGHT = 0.5
"""Weight of an excerpt's score in choosing among the sentences of several excerpts."""

MARGIN_WEIGHT = 0.5
"""Weight of the margin of the best passage against the best sentence's score, in the confidence."""

WITHOUT_NAME = 0.05
"""Taken off that sum if none of the excerpts holds a name that the question has."""

CALIBRATION = (8.0, 0.376)
"""Slope and middle of the curve from that sum to a probability.

Fitted on five collections whose questions were asked with and without the documents that answer them; shifted to four
answerable questions in five.
"""

FOUND_AT = 0.6
"""The least confidence at which the sources are said to answer: about one answerable question in twenty is declined."""

OVERVIEW_AT = 0.3
"""The least confidence at which the closest passages are shown as an overview of a topic."""

STATEMENT_SHARE = 0.8
"""A second or third sentence is quoted if it scores this much of the first."""

CONTEXT_COSINE = 0.5
"""Weight of the earlier questions' direction against the question's own, where it leans on them fully."""

CONTEXT_TERMS = 0.3
"""Weight of their words against the question's own; those of the first question have half of it."""

LEANING = (2.0, 2.0, 1.5, 1.0, 0.7)
"""How much a question that points back leans on earlier ones, by how many content words it has; the last for more."""

LITTLE = 0.4
"""How much a question leans on earlier ones that can be understood without them."""

MOST_TERMS = 64
"""Words of a question, and of those before it, that are searched for: the rarest."""

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
