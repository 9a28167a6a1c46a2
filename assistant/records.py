"""The records that pass between the parts: every other module speaks in these.

Offsets are Unicode code points into `Source.text`, half-open. A quotation is always a slice of that text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from assistant.plain import restore

Span = tuple[int, int]


class Progress(Protocol):
    """Told how far long work is."""

    def __call__(self, stage: str, done: int, total: int, doing: str = "", /) -> None:
        """What the stage is, how much of it is done, how much there is, and what is worked on, if known."""
        ...


def silent(stage: str, done: int, total: int, doing: str = "", /) -> None:
    """The progress that nobody is told of."""


CONTEXT_CHARACTERS = 32
"""How much text an anchor keeps before and after its quotation."""


NOT_FOUND = "Your sources do not answer this."
"""How the message of an answer that was not found begins."""


class LocatorKind(StrEnum):
    """What a locator counts."""

    PAGE = "page"
    SLIDE = "slide"
    CHAPTER = "chapter"
    TIME = "time"
    ROW = "row"
    SECTION = "section"
    PARAGRAPH = "paragraph"


class CitationState(StrEnum):
    """Whether the file behind a citation is still the one that was indexed."""

    VERIFIED = "verified"
    CHANGED = "changed"
    MISSING = "missing"


class AnswerKind(StrEnum):
    """What sort of reply an answer is."""

    ANSWER = "answer"
    NOT_FOUND = "not_found"
    OVERVIEW = "overview"
    GREETING = "greeting"


@dataclass(frozen=True, slots=True)
class Locator:
    """A place in a source: it holds from `start` to the next locator of its kind.

    `level` is the heading level of a SECTION (1 is the top) and 0 for the other kinds. `number` is that of a PAGE of a
    PDF in its file, from 1, whatever its printed `label`, and 0 for the other kinds.
    """

    start: int
    kind: LocatorKind
    label: str
    level: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a source; what is not known is `None` or empty, never guessed.

    `issued` is a partial ISO date (2005, 2005-09 or 2005-09-19), and so is `accessed`, the day on which it was fetched
    from `url`. `covers` is an ISO 8601 interval of such dates, the time that the source is about. `references` are
    mappings with author, title, publisher, date and url. `type` is a type of CSL, such as article-journal. `csl` holds
    what citation styles need besides, as variables of CSL-JSON 1.0.2 (container-title, volume, page, DOI, editor ...);
    `author` is among them where the parts of the authors' names are known, and then spells the same names as `authors`.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    issued: str | None = None
    covers: str | None = None
    url: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    type: str | None = None
    references: tuple[Mapping[str, str], ...] = ()
    accessed: str | None = None
    csl: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Metadata:
        """The record of which `asdict`, or JSON made from that, gave these values; they are not checked."""
        known: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}
        return cls(**known)


@dataclass(frozen=True)
class Source:
    r"""One document: its canonical text and what is known about it.

    `id` is its path relative to the sources folder, `/`-separated. `text` is NFC with `\n` line ends; paragraphs are
    separated by a blank line. `digest` is the BLAKE2b hex digest (16 bytes) of the file's bytes. `locators` are
    sorted by start.
    """

    id: str
    text: str
    metadata: Metadata
    digest: str
    locators: tuple[Locator, ...] = ()

    @property
    def title(self) -> str:
        """The title, or the file's name where there is none."""
        return self.metadata.title or self.id

    @cached_property
    def _places(self) -> dict[LocatorKind, tuple[list[int], list[Locator]]]:
        """The locators of each kind, in order, and where they start."""
        places: dict[LocatorKind, tuple[list[int], list[Locator]]] = {}
        for locator in self.locators:
            starts, locators = places.setdefault(locator.kind, ([], []))
            starts.append(locator.start)
            locators.append(locator)
        return places

    def places(self, kind: LocatorKind, start: int, end: int) -> list[Locator]:
        """The locators of one kind that hold anywhere in [start, end), in order."""
        starts, locators = self._places.get(kind, ([], []))
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        return locators[max(first, 0) : last + 1] if last >= 0 else []

    def cut(self, start: int, end: int) -> str:
        """The words from `start` to `end`.

        Raises:
            ValueError: the offsets do not lie in the text, or enclose nothing.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"{self.id}: no text from {start} to {end} (length {len(self.text)})")
        return self.text[start:end]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as one search scored it: `cosine` and `share` in [-1, 1] and [0, 1], `score` their fusion."""

    row: int
    cosine: float
    share: float
    score: float


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quotation stands: enough for a person to find it, and for a program to check it.

    `quote`, `prefix` and `suffix` are the fields of a W3C Web Annotation TextQuoteSelector, `start` and `end` those of
    a TextPositionSelector (in `Source.text`); `digest` is that of the file that was quoted. `page` is the number in a
    PDF file, from 1, of the page on which the quotation begins; 0 elsewhere.
    """

    source_id: str
    metadata: Metadata
    locator: str
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str
    digest: str
    state: CitationState = CitationState.VERIFIED
    page: int = 0

    @property
    def title(self) -> str:
        """The source's title, or its file name."""
        return self.metadata.title or self.source_id


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Words of a source, verbatim, that bear on a question.

    `highlights` are offset pairs within `text`, best first: the sentences that answer best. `score` is in [0, 1].
    `duplicates` cite the same words in other sources.
    """

    text: str
    highlights: tuple[Span, ...]
    citation: Citation
    score: float
    duplicates: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sources are searched: `sources` are ids, shell patterns, folders or titles; dates are partial ISO dates.

    A source passes if it fits any of `sources`, any of `tags`, any of `publishers` and both dates, which are inclusive.
    """

    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None

    def __bool__(self) -> bool:
        return bool(self.sources or self.tags or self.publishers or self.after or self.before)


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched: `phrases` must occur word for word.

    A follow-up is read together with `context`, earlier questions, the nearest first, by a weight `lean`;
    `carried` are the words that it cannot be understood without, from them or from an answer.
    """

    text: str
    phrases: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    carried: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    lean: float = 0.0

    @property
    def full_text(self) -> str:
        """The question with the words carried over, as one who asks it for the first time might type it."""
        return " ".join((self.text, *self.carried))


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer, which a follow-up may refer to."""

    question: str
    answer_text: str = ""
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer, verbatim, and the numbers (from 1) of the excerpts that it rests on.

    `citation` is the anchor of these very words.
    """

    text: str
    numbers: tuple[int, ...]
    citation: Citation


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a question.

    `excerpts` are numbered from 1 in order; when `found` is false they are the closest passages, not an answer.
    `message` is the program's own words (never a quotation); `notes` say what the reader should know (sources that
    changed since the build, sources left out by a filter), each made from a template of `assistant.notes`.
    `unseen_words` are words of the question that no source has, `missing` its other numbers and names that no excerpt
    has. `differing` are the places (from 1) of those statements that give different figures for what is asked.
    `confidence` is in [0, 1]. `index_id` is the index that was asked, `model` the digest of its
    embedding model's folder.
    """

    question: str
    query: Query
    kind: AnswerKind
    found: bool
    message: str
    statements: tuple[Statement, ...]
    excerpts: tuple[Excerpt, ...]
    unseen_words: tuple[str, ...]
    confidence: float
    index_id: str
    searched: int
    notes: tuple[str, ...] = ()
    model: str = ""
    missing: tuple[str, ...] = ()
    differing: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The answer as one paragraph: the message, if any, then each statement with its numbers."""
        parts = [self.message] if self.message else []
        for statement in self.statements:
            parts.append(f"“{statement.text}” " + "".join(f"[{number}]" for number in statement.numbers))
        return " ".join(parts)

    @property
    def unsaid_words(self) -> list[str]:
        """Of the words that no source has, those that the message does not name."""
        return [word for word in self.unseen_words if f"“{word}”" not in self.message]

    def turn(self) -> Turn:
        """This answer as the turn that a follow-up refers to."""
        return Turn(self.question, self.text, tuple(dict.fromkeys(e.citation.source_id for e in self.excerpts)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the names are those of the fields."""
        return {**asdict(self), "text": self.text}

    @classmethod
    def from_dict(cls, data: object) -> Answer:
        """The answer that `to_dict` gave, also by way of JSON; fields that only later versions know are left out.

        Raises:
            ValueError: it is none; the message says what is wrong, and where.
        """
        answer: Answer = restore(cls, data)
        return answer
