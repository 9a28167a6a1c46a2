"""JSON Lines: one document a line, an object with `text` and, if known, `title` and other metadata."""

from __future__ import annotations

import json

from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.metadata import from_mapping
from assistant.readers.text import Block, assemble, digest, one_line
from assistant.records import Source

SUFFIXES = (".jsonl", ".ndjson")
VERSION = 3

_SHOWN = 5  # problems of one kind that are told one by one


def read(data: bytes, source_id: str) -> Reading:
    """Read each line as a source; its id is `source_id#key`, the key its `_id` or `id`, else the number of its line.

    A line that is no such object is a problem; the others are read.

    Raises:
        UnreadableFile: this is not text.
    """
    text, problems = decode(data)
    known = digest(data)
    sources: dict[str, Source] = {}
    wrong: list[str] = []
    records: list[tuple[int, dict[str, object]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                records.append((number, _record(line)))
        except ValueError as error:
            wrong.append(f"line {number} was left out: {error}")
    named = {_key(values) for _, values in records}
    for number, values in records:
        try:
            key = _key(values) or str(number)
            if _key(values) is None and key in named:
                key = f"line {number}"  # another record has this number for its id
            if f"{source_id}#{key}" in sources:
                raise ValueError(f"the id {key} is there already")
            metadata, of_metadata = from_mapping(values)
            body, locators = assemble([Block(str(values["text"]))])
        except ValueError as error:
            wrong.append(f"line {number} was left out: {error}")
            continue
        wrong += [f"line {number}: {problem}" for problem in of_metadata]
        sources[f"{source_id}#{key}"] = Source(f"{source_id}#{key}", body, metadata, known, locators)
    if len(wrong) > _SHOWN:
        wrong = [*wrong[:_SHOWN], f"and {len(wrong) - _SHOWN} more lines like these"]
    return Reading(tuple(sources.values()), (*problems, *wrong))


def _record(line: str) -> dict[str, object]:
    """The object on a line.

    Raises:
        ValueError: it is none, or has no text; the message is the reason.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(values, dict) or not isinstance(values.get("text"), str):
        raise ValueError("it is no object with a text")
    if not values["text"].strip():
        raise ValueError("its text is empty")
    return values


def _key(values: dict[str, object]) -> str | None:
    """What a record is called; None for one without a name."""
    for name in ("_id", "id"):
        value = values.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and one_line(str(value)):
            return one_line(str(value))
    return None
