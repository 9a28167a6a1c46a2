"""Bibliographies that describe the sources: what reference managers such as Zotero export, read to one record.

Each format is a module with `read(text) -> (items, problems)`, where an item holds the fields that
`metadata.from_mapping` takes; so the same item gives the same metadata in every format that can say it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.readers.catalogue import bibtex, csl_json, ris
from assistant.readers.catalogue.item import Item
from assistant.readers.encoding import decode
from assistant.readers.kinds import suffix
from assistant.readers.metadata import from_mapping
from assistant.records import Metadata

__all__ = ["Entry", "read"]

_FORMATS: dict[str, Callable[[str], tuple[list[Item], list[str]]]] = {
    ".json": csl_json.read,
    ".bib": bibtex.read,
    ".ris": ris.read,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One work in a bibliography: `place` is its line or number with its key, `files` are attachments as written."""

    place: str
    metadata: Metadata
    files: tuple[str, ...] = ()


def read(data: bytes, name: str) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The entries of a bibliography, and a line for each thing in it that cannot be used (the rest is).

    Raises:
        UnreadableFile: this is not text.
    """
    text, guesses = decode(data)
    items, wrong = _FORMATS[suffix(name)](text)
    problems = [*guesses, *wrong]
    entries = []
    for item in items:
        metadata, of_item = from_mapping(item.fields)
        problems += [f"{item.place}: {problem}" for problem in (*item.problems, *of_item)]
        entries.append(Entry(item.place, metadata, tuple(dict.fromkeys(item.files))))
    return tuple(entries), tuple(problems)
