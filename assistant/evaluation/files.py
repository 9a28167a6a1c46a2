"""Reads the files of an evaluation line by line; what is malformed is refused with the file and the line's number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.readers.text import one_line

Judgements = dict[str, dict[str, int]]
"""How relevant (0: not) each judged source is to a question: question id to source id to score."""


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line of a JSON Lines file, an object, with its number; blank lines are passed over.

    Raises:
        UsageError: the file cannot be read, or a line is no object.
    """
    for number, line in _filled(path):
        yield number, read_object(path, number, line)


def read_object(path: Path, number: int, line: str) -> dict[str, Any]:
    """The object on a line of a JSON Lines file.

    Raises:
        UsageError: there is none.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise malformed(path, number, "it is not JSON") from error
    if not isinstance(values, dict):
        raise malformed(path, number, "it is no object")
    return values


def read_judgements(path: Path, prefix: str) -> Judgements:
    """The judgements of a file with three columns (question, document, score) and a header, parted by tabs.

    `prefix` stands before the name of each document. A first line whose score is a number is no header.

    Raises:
        UsageError: the file cannot be read, or a line is malformed.
    """
    found: Judgements = {}
    for number, line in _filled(path):
        columns = line.split("\t")
        if len(columns) != 3:
            raise malformed(path, number, f"it has {len(columns)} columns parted by tabs, not 3")
        question, document, score = map(one_line, columns)
        try:
            found.setdefault(question, {})[prefix + document] = int(score)
        except ValueError as error:
            if number > 1:
                raise malformed(path, number, f"the score {score!r} is no whole number") from error
            found.clear()
    return found


def read_pairs(path: Path, prefix: str) -> dict[str, frozenset[str]]:
    """The documents that a file with a header and two columns (question, document) names for each question.

    Raises:
        UsageError: the file cannot be read, or a line is malformed.
    """
    found: dict[str, frozenset[str]] = {}
    for number, line in _filled(path):
        columns = line.split("\t")
        if len(columns) != 2:
            raise malformed(path, number, f"it has {len(columns)} columns parted by tabs, not 2")
        question, document = map(one_line, columns)
        if number > 1:
            found[question] = found.get(question, frozenset()) | {prefix + document}
    return found


def malformed(path: Path, number: int, reason: str) -> UsageError:
    """The error for a line of a file."""
    return UsageError(f"{path}, line {number}: {reason}")


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file with their numbers, blank ones too; the last is empty if the file ends as it should.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as such") from error
    return [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1)]


def _filled(path: Path) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in read_lines(path) if line.strip())
