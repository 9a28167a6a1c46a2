"""What the commands report: on builds, additions, checks, sources and occurrences of a phrase."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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
class Skipped:
    """A file, and why it or something in it could not be used."""

    file: str
    reason: str


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
    are things in files that were read all the same.
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
