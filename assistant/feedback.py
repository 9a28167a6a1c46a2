"""What people say of answers: a line for each time, at the end of `feedback.jsonl` beside the index.

A line is a JSON object: `feedback` is the version of this form, the other names are the fields of `Feedback`. Of lines
on the same answer the last one holds. Nothing is ever rewritten: a line that was left unfinished (by a crash, or a full
disk) stays, and a blank line after it says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.errors import FeedbackFailed, UsageError
from assistant.plain import restore
from assistant.records import Answer, AnswerKind, Citation, Filters
from assistant.saving import lock_of

FEEDBACK = "feedback.jsonl"
VERSION = 1
MOST_REASON = 2_000
"""Characters of a reason."""


class Verdict(StrEnum):
    """What a person says of an answer; `NONE` takes back what was said before."""

    GOOD = "good"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that an answer showed, and their offsets in the text of their source."""

    source_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of an answer, and when (in UTC), with what the answer was.

    `read_as` is the question with the words carried over from earlier ones, `context` those that it was read together
    with, the nearest first. The other fields are those of `Answer`.
    """

    given: str
    verdict: Verdict
    reason: str
    question: str
    read_as: str
    context: tuple[str, ...]
    filters: Filters
    kind: AnswerKind
    found: bool
    index_id: str
    model: str
    statements: tuple[Quotation, ...]
    excerpts: tuple[Quotation, ...]

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Feedback:
        """What a line holds.

        Raises:
            ValueError: it is of another version, or malformed; the message says what is wrong, and where.
        """
        if "feedback" not in values:
            raise ValueError("it is no feedback: name a file that the program wrote")
        if values["feedback"] != VERSION:
            raise ValueError(
                f"it is feedback in format {values['feedback']!r}, and this program knows format {VERSION}: use the "
                "version of the program that wrote it"
            )
        made: Feedback = restore(cls, values)
        if made.found != bool(made.statements):
            raise ValueError("what is found does not fit the statements")
        for shown in (*made.statements, *made.excerpts):
            if not 0 <= shown.start < shown.end == shown.start + len(shown.quote):
                raise ValueError(f"the offsets of a quotation from {shown.source_id} do not fit its words")
        return made


def give(answer: Answer, good: bool | None, reason: str, path: Path) -> Path:
    """Adds a line to a file, which is made if there is none; returns the file.

    Raises:
        UsageError: the reason is longer than `MOST_REASON`.
        FeedbackFailed: the file cannot be written.
    """
    from assistant.readers.text import canonical

    reason = canonical(reason).strip()
    if len(reason) > MOST_REASON:
        raise UsageError(f"the reason has {len(reason)} characters, more than {MOST_REASON}: shorten it")
    verdict = Verdict.NONE if good is None else Verdict.GOOD if good else Verdict.BAD
    made = Feedback(
        given=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        verdict=verdict,
        reason=reason,
        question=answer.question,
        read_as=answer.query.full_text,
        context=answer.query.context,
        filters=answer.query.filters,
        kind=answer.kind,
        found=answer.found,
        index_id=answer.index_id,
        model=answer.model,
        statements=tuple(_quotation(statement.citation) for statement in answer.statements),
        excerpts=tuple(_quotation(excerpt.citation) for excerpt in answer.excerpts),
    )
    # In ASCII: a line that is cut off anywhere is still text, and does not make the whole file unreadable.
    line = json.dumps({"feedback": VERSION, **asdict(made)}) + "\n"
    try:
        _append(line.encode("ascii"), path)
    except OSError as error:
        raise FeedbackFailed(
            f"what you said is not kept: cannot write {path} ({error.strerror or error}): make room or allow it, and "
            "say it again"
        ) from error
    return path


def _quotation(citation: Citation) -> Quotation:
    return Quotation(citation.source_id, citation.start, citation.end, citation.quote)


def _append(line: bytes, path: Path) -> None:
    path = Path(os.path.realpath(path))  # one lock for a file and the links to it
    with lock_of(path), path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
