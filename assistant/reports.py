"""What the commands report: on builds, additions, checks, sources and occurrences of a phrase."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from assistant.completeness import Gap, gaps, whole_names
from assistant.records import Citation, Metadata


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a phrase stands: `before` and `after` are the words around it on the same paragraph."""

    citation: Citation
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Scope:
    """How many sources filters let through, of how many; `undated` are left out by a date filter for want of a date."""

    searched: int
    total: int
    undated: int


@dataclass(frozen=True, slots=True)
class FrequentName:
    """A proper name that stands in the texts of so many sources."""

    name: str
    sources: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a library holds: how much, of which years, and the names that it speaks of most.

    `years` are (year, number of sources about it), from the first to the last without a gap; `undated` is the number of
    sources whose time is not known.
    """

    documents: int
    passages: int
    words: int
    years: tuple[tuple[int, int], ...]
    undated: int
    names: tuple[FrequentName, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, and why it or something in it could not be used."""

    file: str
    reason: str


class FileCondition(StrEnum):
    """What has become of a file in the sources folder since the index was built.

    Indexed; indexed, but some of it could not be used; changed since; new since; indexed, but gone since; left out.
    """

    INDEXED = "indexed"
    PARTLY = "partly"
    CHANGED = "changed"
    NEW = "new"
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file in the sources folder: what has become of it, why, and the ids of the indexed sources that it holds.

    `reasons` are empty where `condition` says all, or no more is known.
    """

    file: str
    condition: FileCondition
    reasons: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One line of the list of sources."""

    id: str
    metadata: Metadata
    passages: int
    words: int

    @property
    def title(self) -> str:
        """The source's title, or its file name."""
        return self.metadata.title or self.id

    @property
    def missing(self) -> tuple[Gap, ...]:
        """What a full citation of it still lacks."""
        return gaps(self.metadata)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `whole_names` are the authors whose family name is not known."""
        return {**asdict(self), "missing": self.missing, "whole_names": whole_names(self.metadata)}


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a rebuild did: ids of sources added, changed and removed; counts and seconds, measured.

    `files` counts the files that were read, bibliographies too, `skipped` are those that were left out, and `problems`
    are things in files that were read all the same. `encoding_seconds` is how long the encoder worked, and `precision`
    the number format in which it did; None if nothing had to be embedded.
    """

    index_id: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    skipped: tuple[Skipped, ...]
    sources: int
    passages: int
    embedded: int
    seconds: float
    notes: tuple[str, ...] = ()
    problems: tuple[Skipped, ...] = ()
    files: int = 0
    encoding_seconds: float = 0.0
    precision: str | None = None

    @property
    def partly(self) -> int:
        """How many files were read with something left out of them, or with a note."""
        return len({problem.file for problem in self.problems})

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AddReport:
    """What was put into the sources folder: ids of new files, of files that were there already, and what was not.

    `rebuilt` is what the rebuild after it did; `None` where there was nothing new.
    """

    added: tuple[str, ...]
    present: tuple[str, ...]
    refused: tuple[Skipped, ...]
    rebuilt: BuildReport | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Removal:
    """Files that were moved out of the sources folder into its trash, from where they can be put back.

    `files` are their names relative to the sources folder, sidecars too; `source_ids` are the indexed sources that they
    held. `when` is the time in UTC, as ISO 8601 writes it.
    """

    id: str
    files: tuple[str, ...]
    source_ids: tuple[str, ...]
    when: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found: passages verified word for word, and a line for each thing that is wrong."""

    sources: int
    passages: int
    problems: tuple[Skipped, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True when every passage stands in its source as indexed."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "ok": self.ok}


class QuotationState(StrEnum):
    """What has become of a quotation since its answer was saved."""

    UNCHANGED = "unchanged"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class CheckedQuotation:
    """A quotation of a saved answer, and what has become of it.

    `question` is the first that it answered, `citation` is as it was saved. `now` is where the words stand, or those
    that they were changed to; where they are gone from their source, where else the same words stand, if anywhere.
    `difference` are for a changed one the pieces that it was and is, in pairs. `note` says what there is besides.
    """

    question: str
    citation: Citation
    state: QuotationState
    now: Citation | None = None
    difference: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether the words still stand in the source."""
        return self.state in (QuotationState.UNCHANGED, QuotationState.MOVED)


@dataclass(frozen=True, slots=True)
class AnswersReport:
    """What a check of saved answers found: each distinct quotation, in order."""

    answers: int
    quotations: tuple[CheckedQuotation, ...]

    @property
    def ok(self) -> bool:
        """True when every quotation still stands in the sources, there or elsewhere."""
        return all(each.is_sound for each in self.quotations)

    @property
    def counts(self) -> dict[str, int]:
        """How many quotations there are of each state."""
        counted = Counter(each.state for each in self.quotations)
        return {state.value: counted[state] for state in QuotationState}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "counts": self.counts, "ok": self.ok}
