"""Reads the sources folder for a build; what has not changed is taken over from the generation before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.errors import SourcesMissing, UnreadableFile
from assistant.index.generation import Generation, Stamp
from assistant.index.resolve import resolve
from assistant.readers import reader_version
from assistant.readers.folder import SourceFile, catalogues, load, walk
from assistant.readers.isolated import Isolated
from assistant.readers.text import digest
from assistant.records import Metadata, Source
from assistant.reports import Skipped


@dataclass(frozen=True, slots=True)
class Collection:
    """What a sources folder holds: sources with the files behind them, and what was left out, with the reasons.

    `problems` concern files that were read all the same. `left_out` are the files that gave nothing, each with its
    size and modification time, and `reasons` why; `sidecars` are for each file the name, size and modification time of
    its sidecar, and `catalogues` the size and modification time of each bibliography; `describing` are the problems of
    these two. `own` is what each file tells of itself, without those.
    """

    sources: tuple[Source, ...]
    own: tuple[Metadata, ...]
    stamps: tuple[Stamp, ...]
    skipped: tuple[Skipped, ...]
    problems: tuple[Skipped, ...]
    left_out: dict[str, list[int]]
    reasons: dict[str, str]
    sidecars: dict[str, list[str | int]]
    catalogues: dict[str, list[int]]
    describing: tuple[Skipped, ...]

    def about(self) -> dict[str, Any]:
        """What a manifest tells of the files, in plain data."""
        return {
            "left_out": self.left_out,
            "reasons": self.reasons,
            "sidecars": self.sidecars,
            "catalogues": self.catalogues,
            "describing": [[item.file, item.reason] for item in self.describing],
        }


def collect(
    root: Path, previous: Generation | None, told: Callable[[int, int], None], names: frozenset[str] | None = None
) -> Collection:
    """Reads every source under `root`; `told` is given how many files are done and how many there are.

    With `names`, only the files of these names (relative to `root`, `/`-separated) are looked at.

    Raises:
        SourcesMissing: the folder is missing, or nothing in it can be read.
    """
    entries = list(walk(root))
    skipped = [entry for entry in entries if isinstance(entry, Skipped) and (names is None or entry.file in names)]
    files = [entry for entry in entries if not isinstance(entry, Skipped) and (names is None or entry.id in names)]
    sources: list[Source] = []
    stamps: list[Stamp] = []
    problems: list[Skipped] = []
    left_out: dict[str, list[int]] = {}
    reasons: dict[str, str] = {}
    sidecars = sidecars_of(files, root)
    bibliographies = catalogues_of(root)
    with Isolated() as reader:
        for done, file in enumerate(files):
            told(done, len(files))
            try:
                found, stamp = _read(root, file, previous, reader)
            except FileNotFoundError:
                skipped.append(Skipped(file.id, "removed while the build ran"))
            except UnreadableFile as error:
                skipped.append(Skipped(file.id, str(error)))
                left_out[_name(file.path, root)] = stamp_of(file.path)
                reasons[_name(file.path, root)] = _storable(str(error))
            else:
                sources += found
                stamps += [stamp] * len(found)
                problems += [Skipped(file.id, problem) for problem in stamp.problems]
    told(len(files), len(files))
    if not sources:
        why = f" ({skipped[0].file}: {skipped[0].reason})" if skipped else ""
        raise SourcesMissing(
            f"no document in {root} can be read{why}: put documents there, or name another folder with --sources"
        )
    own = tuple(source.metadata for source in sources)
    known = resolve(root, [stamp.file for stamp in stamps], own, sidecars)
    return Collection(
        sources=tuple(replace(source, metadata=known.metadata[number]) for number, source in enumerate(sources)),
        own=own,
        stamps=tuple(stamps),
        skipped=_sorted(skipped),
        problems=_sorted([*problems, *known.problems]),
        left_out=left_out,
        reasons=reasons,
        sidecars=sidecars,
        catalogues=bibliographies,
        describing=_sorted([Skipped(item.file, _storable(item.reason)) for item in known.problems]),
    )


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def sidecars_of(files: Iterable[SourceFile], root: Path) -> dict[str, list[str | int]]:
    """For each file that has one: the name, size and modification time of its sidecar."""
    return {
        _name(file.path, root): [_name(file.sidecar, root), *stamp_of(file.sidecar)] for file in files if file.sidecar
    }


def catalogues_of(root: Path) -> dict[str, list[int]]:
    """The size and modification time of each bibliography in the sources folder."""
    return {_name(path, root): stamp_of(path) for path in catalogues(root)}


def _storable(reason: str) -> str:
    """A reason without what UTF-8 cannot hold: it may quote a broken file."""
    return reason.encode("utf-8", "replace").decode("utf-8")


def _sorted(items: list[Skipped]) -> tuple[Skipped, ...]:
    return tuple(sorted(items, key=lambda item: (item.file, item.reason)))


def require(root: Path) -> None:
    """Sees to it that there is a sources folder.

    Raises:
        SourcesMissing: there is none.
    """
    try:
        there = root.is_dir()
    except PermissionError:
        return  # `walk` says why it cannot be listed
    if not there:
        raise SourcesMissing(
            f"there is no sources folder {root}: create it and put documents there, or name another with --sources"
        )


def stamp_of(path: Path) -> list[int]:
    """Size and modification time of a file, which tell cheaply whether it changed; zeros where they cannot be seen."""
    try:
        seen = path.stat()
    except OSError:
        return [0, 0]
    return [seen.st_size, seen.st_mtime_ns]


def _read(root: Path, file: SourceFile, previous: Generation | None, reader: Isolated) -> tuple[list[Source], Stamp]:
    """The sources in a file, each with what the file tells of it; taken over where the file is as it was."""
    # Before reading: a file that changes in between then shows as changed, not as verified.
    size, mtime_ns = stamp_of(file.path)
    try:
        data = load(file.path)
    except UnreadableFile as error:
        raise (error.__cause__ if isinstance(error.__cause__, FileNotFoundError) else error) from None
    name = _name(file.path, root)
    stamp = Stamp(name, size, mtime_ns, digest(data), reader_version(data, file.id) or "")
    old = previous.of_file(name) if previous else {}
    if previous and all((was.digest, was.reader) == (stamp.digest, stamp.reader) for was in old.values()) and old:
        sources = [replace(previous.source(number), metadata=previous.own[number]) for number in old]
        return sources, replace(stamp, problems=next(iter(old.values())).problems)
    reading = reader.read(data, file.id)
    return list(reading.sources), replace(stamp, problems=reading.problems)
