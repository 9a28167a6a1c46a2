"""Answers saved in a file, to be read, cited and checked years later.

The file is JSON, in UTF-8: `{"format": "assistant-answers", "version": 1, "answers": [...]}`. Each answer is what
`Answer.to_dict` gives, with the time at which it was saved (`saved`, in UTC) and the program's version (`program`).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import UsageError
from assistant.records import Answer, Citation

if TYPE_CHECKING:
    from filelock import BaseFileLock

FORMAT = "assistant-answers"
VERSION = 1


def save_answers(answers: Iterable[Answer], path: Path | str) -> None:
    """Adds answers to a file of saved answers, which is made if there is none.

    The file is replaced in whole; what was saved in it before stays as it is.

    Raises:
        UsageError: there is a file of that name which does not hold saved answers; it is left alone.
        OSError: it cannot be written.
    """
    path = Path(os.path.realpath(path))  # where it is a link, the link stays
    with lock_of(path):
        held = _held(answers)
        if path.exists():
            before = _read(path)
            held = {**before, "answers": [*before["answers"], *held["answers"]]}
        _write(path, _encoded(held))


def lock_of(path: Path) -> BaseFileLock:
    """The lock that is held while a file is written; `path` has no links in it."""
    from filelock import FileLock  # not needed to start the program

    from assistant.readers.text import digest

    name = digest(str(path).encode())
    # In a folder for temporary files: beside the file it would stay for people to see.
    return FileLock(Path(tempfile.gettempdir(), f"assistant-{name}.lock"), mode=0o666)


def record(answers: Iterable[Answer]) -> bytes:
    """What a file with just these answers holds."""
    return _encoded(_held(answers))


def _encoded(held: dict[str, Any]) -> bytes:
    # Half a character, which UTF-8 has no bytes for, comes back too.
    return f"{json.dumps(held, ensure_ascii=False, indent=1)}\n".encode("utf-8", "backslashreplace")


def _held(answers: Iterable[Answer]) -> dict[str, Any]:
    stamp = {"saved": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "program": version("assistant")}
    return {
        "format": FORMAT,
        "version": VERSION,
        "answers": [{**stamp, **answer.to_dict()} for answer in answers],
    }


def load_answers(path: Path | str) -> list[Answer]:
    """The answers saved in a file, in order.

    Raises:
        UsageError: it cannot be read, or does not hold saved answers; the message names the file and what is wrong.
    """
    return [_answer(value, number, Path(path)) for number, value in enumerate(_read(Path(path))["answers"], 1)]


def _read(path: Path) -> dict[str, Any]:
    """The content of a file of saved answers, its answers not yet looked at.

    Raises:
        UsageError: it is none.
    """
    try:
        held = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}: name a file that --save wrote") from error
    except (ValueError, RecursionError) as error:
        raise _foreign(path) from error
    if not isinstance(held, dict) or held.get("format") != FORMAT or not isinstance(held.get("answers"), list):
        raise _foreign(path)
    if held.get("version") != VERSION:
        raise UsageError(
            f"{path}: its answers were saved in format {held.get('version')}, and this program knows format {VERSION}: "
            "use the version of the program that saved them"
        )
    return held


def _foreign(path: Path) -> UsageError:
    return UsageError(f"{path} does not hold saved answers: name another file, or one that --save wrote")


def _answer(value: object, number: int, path: Path) -> Answer:
    try:
        return restore_answer(value)
    except ValueError as error:
        raise UsageError(f"{path}: answer {number} is damaged: {error}") from error


def restore_answer(value: object) -> Answer:
    """The answer of which `to_dict` gave this, perhaps by way of a file or a browser.

    Raises:
        ValueError: it is none, or does not hold together; the message says what is wrong.
    """
    answer = Answer.from_dict(value)
    _require(0 <= answer.confidence <= 1, "its confidence is no probability")
    for statement in answer.statements:
        _require(statement.text == statement.citation.quote, "a statement is not the quotation that it cites")
        _require(
            all(0 < place <= len(answer.excerpts) for place in statement.numbers),
            "a statement rests on an excerpt that is not there",
        )
    _require(
        all(0 < place <= len(answer.statements) for place in answer.differing), "a statement that differs is not there"
    )
    for excerpt in answer.excerpts:
        _require(excerpt.text == excerpt.citation.quote, "an excerpt is not the quotation that it cites")
    for citation in citations(answer):
        fits = citation.start >= 0 and citation.end - citation.start == len(citation.quote) > 0
        _require(fits, f"the offsets of a quotation from {citation.source_id} do not fit its words")
    return answer


def _require(sound: bool, reason: str) -> None:
    if not sound:
        raise ValueError(reason)


def citations(answer: Answer) -> list[Citation]:
    """Every citation in an answer: of its statements, of its excerpts, and of the same words elsewhere."""
    return [statement.citation for statement in answer.statements] + [
        citation for excerpt in answer.excerpts for citation in (excerpt.citation, *excerpt.duplicates)
    ]


def _write(path: Path, data: bytes) -> None:
    """Replaces a file in whole: it is never seen half-written. The lock is held."""
    made = path.with_name(f".{path.name}.new")
    try:
        with made.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, made)
        made.replace(path)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
