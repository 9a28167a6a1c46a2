"""What is known of each source in the end: its sidecar goes before a bibliography, and that before the file itself.

It is worked out anew at every build from what the files told when they were read, so that a changed sidecar or
bibliography needs no document to be read again.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from assistant.errors import UnreadableFile
from assistant.readers.catalogue import read
from assistant.readers.catalogue.matching import Described, Listed, inside, match
from assistant.readers.encoding import decode
from assistant.readers.folder import MAX_SIDECAR, catalogues, load
from assistant.readers.metadata import merge, parse
from assistant.records import Metadata
from assistant.reports import Skipped

_MAX_CATALOGUE = 100_000_000
_SHOWN = 100
"""Characters of the name of an attachment that are shown."""
_TOLD = 5
"""How many problems of a bibliography are told one by one."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The metadata of each source, and what could not be used of sidecars and bibliographies."""

    metadata: tuple[Metadata, ...]
    problems: tuple[Skipped, ...]


def resolve(
    root: Path, files: Sequence[str], own: Sequence[Metadata], sidecars: Mapping[str, Sequence[str | int]]
) -> Resolution:
    """Puts together what is known of each source, from the name of its file and what that tells itself.

    `sidecars` names for each file that has one its sidecar first.
    """
    problems: list[Skipped] = []
    told: dict[str, Metadata] = {}
    for file in dict.fromkeys(files):
        told[file], wrong = of_sidecar(root, file, sidecars)
        problems += [Skipped(_id(file), problem) for problem in wrong]
    entries = _entries(root, frozenset(map(_id, files)), problems)
    counts = Counter(files)
    single = [
        Described(_id(file), merge(told[file], known))
        for file, known in zip(files, own, strict=True)
        if counts[file] == 1
    ]
    found, undecided = match(entries, single)
    by_catalogue: dict[str, list[str]] = {}
    for catalogue, problem in (*undecided, *_missing(entries, found)):
        by_catalogue.setdefault(catalogue, []).append(problem)
    problems += [problem for name, lines in by_catalogue.items() for problem in _told(name, lines)]
    metadata = []
    for file, known in zip(files, own, strict=True):
        listed = found.get(_id(file))
        described = merge(listed.entry.metadata, known) if listed else known
        metadata.append(merge(told[file], described))
    return Resolution(tuple(metadata), tuple(problems))


def _id(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _told(name: str, problems: Sequence[str]) -> list[Skipped]:
    """What is told of a bibliography: the first problems, and how many more there are."""
    more = [f"and {len(problems) - _TOLD} more like these"] if len(problems) > _TOLD else []
    return [Skipped(name, problem) for problem in [*problems[:_TOLD], *more]]


def of_sidecar(root: Path, file: str, sidecars: Mapping[str, Sequence[str | int]]) -> tuple[Metadata, tuple[str, ...]]:
    """What its sidecar tells of a file, if it has one, and a line for each thing in it that cannot be used."""
    if file not in sidecars:
        return Metadata(), ()
    path = root / str(sidecars[file][0])
    try:
        text, problems = decode(load(path, MAX_SIDECAR))
        metadata, more = parse(text, only=True)
    except (UnreadableFile, ValueError) as error:
        return Metadata(), (f"its sidecar {path.name} is broken and was left out: {error}",)
    return metadata, (*problems, *(f"sidecar {path.name}: {problem}" for problem in more))


def _entries(root: Path, files: frozenset[str], problems: list[Skipped]) -> list[Listed]:
    """The entries of all bibliographies, with their attachments that are among `files`."""
    found = []
    real_root = os.path.realpath(root)
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(_file_name(file), []).append(file)
    for path in catalogues(root):
        name = _id(path.relative_to(root).as_posix())
        folder = name.rpartition("/")[0]
        try:
            entries, wrong = read(load(path, _MAX_CATALOGUE), name)
        except UnreadableFile as error:
            problems.append(Skipped(name, f"it was left out: {error}"))
            continue
        problems += _told(name, wrong)
        for entry in entries:
            attached = [(file, inside(file, folder, real_root)) for file in entry.files]
            there = [each for _, each_inside in attached for each in each_inside if each in files]
            elsewhere = [] if there else [by_name.get(_file_name(file), []) for file in entry.files]
            named = [fitting[0] for fitting in elsewhere if len(fitting) == 1]
            missing = [
                file[:_SHOWN]
                for file, each_inside in attached
                if each_inside and not any(each in files or _is_there(root / each) for each in each_inside)
            ]
            found.append(Listed(name, entry, tuple(there), tuple(named), tuple(missing)))
    return found


def _file_name(path: str) -> str:
    """The last part of a path of whatever system, whatever its case."""
    return _id(re.split(r"[/\\]", unquote(path))[-1]).casefold()


def _missing(entries: Sequence[Listed], found: Mapping[str, Listed]) -> list[tuple[str, str]]:
    """For each bibliography the attachments that are not there, of entries that describe no source."""
    used = {id(listed) for listed in found.values()}
    lost: dict[str, list[str]] = {}
    for listed in entries:
        if listed.missing and id(listed) not in used:
            lost.setdefault(listed.catalogue, []).append(f"{listed.entry.place}: {listed.missing[0]}")
    told = []
    for name, files in lost.items():
        more = f", and {len(files) - 1} more" if len(files) > 1 else ""
        remedy = "put them there or export it with its files"
        told.append((name, f"files that it names are not there ({files[0]}{more}); {remedy}"))
    return told


def _is_there(path: Path) -> bool:
    """Whether there is such a file; a name that is too long for one is none."""
    try:
        return path.exists()
    except OSError:
        return False
