"""Whether the index still says what the sources say: the promise behind every citation, verified on demand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from assistant.errors import IndexDamaged, SourcesMissing, UnreadableFile
from assistant.index.generation import Generation
from assistant.index.seals import verify_files
from assistant.index.stamps import catalogues_of, sidecars_of, stamp_of
from assistant.readers import reader_versions
from assistant.readers.folder import walk
from assistant.records import CitationState, Metadata, Progress, Source, silent
from assistant.reports import CheckReport, FileCondition, FileState, Skipped

if TYPE_CHECKING:
    from assistant.readers.isolated import Isolated


def check(index: Generation, progress: Progress | None = None) -> CheckReport:
    """Verifies the index's own files; then reads every source again and compares every passage word for word."""
    from assistant.readers.isolated import Isolated  # not needed to see whether files changed

    told = progress or silent
    damage = _damage(index)
    if damage:
        return CheckReport(0, 0, (damage,))
    problems: list[Skipped] = []
    verified = 0
    known = _metadata_now(index)
    with Isolated() as reader:
        for file, numbers in groupby(range(len(index.ids)), lambda number: index.stamps[number].file):
            fresh, wrong = _read_again(index, file, reader)
            for number in numbers:
                told("Checking sources", number, len(index.ids))
                source_id = index.ids[number]
                sound, problem = (0, wrong) if wrong else _check_source(index, number, fresh.get(source_id))
                if not problem and known[number] != index.metadata[number]:
                    problem = "changed: what its sidecar or a bibliography tells of it"
                verified += sound
                if problem:
                    problems.append(Skipped(source_id, f"{problem}; run assistant rebuild"))
    told("Checking sources", len(index.ids), len(index.ids))
    return CheckReport(len(index.ids), verified, tuple(problems))


def _damage(index: Generation) -> Skipped | None:
    """What is wrong with the index's own files."""
    try:
        verify_files(index.path, index.manifest)
        encoder = index.manifest["encoder"]
        if encoder:
            verify_files(index.path.parent / "encoders" / encoder["folder"], encoder)
    except IndexDamaged as error:
        return Skipped(index.id, str(error))
    return None


def _metadata_now(index: Generation) -> tuple[Metadata, ...]:
    """What sidecars and bibliographies tell now of each source, by number, together with what its file told."""
    from assistant.index.resolve import resolve  # imports every reader of bibliographies

    try:
        files = [entry for entry in walk(index.sources_root) if not isinstance(entry, Skipped)]
    except SourcesMissing:
        files = []
    sidecars = sidecars_of(files, index.sources_root)
    return resolve(index.sources_root, [stamp.file for stamp in index.stamps], index.own, sidecars).metadata


def _check_source(index: Generation, number: int, fresh: Source | None) -> tuple[int, str | None]:
    """How many passages of a source stand as indexed, and what is wrong with it; `fresh` is what its file holds now."""
    known = index.source(number)
    places = index.passages[index.starts[number] : index.starts[number + 1]]
    spans = list(zip(places["start"].tolist(), places["end"].tolist(), strict=True))
    sound = sum(fresh is not None and fresh.text[a:b] == known.text[a:b] for a, b in spans)
    if sound < len(spans):
        return sound, f"changed: {len(spans) - sound} of {len(spans)} passages no longer stand there"
    before = (known.text, index.own[number], known.locators)
    if fresh is not None and (fresh.text, fresh.metadata, fresh.locators) != before:
        return sound, "changed: its title, dates, sections or other parts of its text"
    return sound, None


def _read_again(index: Generation, file: str, reader: Isolated) -> tuple[dict[str, Source], str | None]:
    """The sources in a file as it reads now, by id, and what is wrong with it."""
    try:
        data = (index.sources_root / file).read_bytes()
        reading = reader.read(data, _nfc(file))
    except OSError:
        return {}, "missing: removed, or cannot be opened"
    except UnreadableFile as error:
        return {}, f"changed: {error}"
    return {source.id: source for source in reading.sources}, None


def outdated(index: Generation) -> list[str]:
    """Names of source files and bibliographies added, changed or removed since the index was built, sorted."""
    changed = {file for file, condition, _ in _compare(index) if condition in _OUTDATED}
    now, then = catalogues_of(index.sources_root), index.manifest["catalogues"]
    return sorted(changed | {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)})


def file_states(index: Generation) -> list[FileState]:
    """What has become of each file in the sources folder since the index was built, by name."""
    states = [
        FileState(_nfc(file), condition, reasons, tuple(index.ids[number] for number in index.of_file(file)))
        for file, condition, reasons in _compare(index)
    ]
    told = _told(index)
    for name, seen in catalogues_of(index.sources_root).items():
        if _nfc(name) in told:
            same = seen == index.manifest["catalogues"].get(name)
            condition = FileCondition.PARTLY if same else FileCondition.CHANGED
            states.append(FileState(_nfc(name), condition, told[_nfc(name)] if same else ()))
    return sorted(states, key=lambda state: (state.file, state.condition))


_OUTDATED = (FileCondition.NEW, FileCondition.CHANGED, FileCondition.MISSING)
_State = tuple[str, FileCondition, tuple[str, ...]]


def _compare(index: Generation) -> Iterator[_State]:
    """Each source file, and each that is left out: its name on the disk, what has become of it, and why."""
    root, left_out = index.sources_root, index.manifest["left_out"]
    entries = list(walk(root))
    files = [entry for entry in entries if not isinstance(entry, Skipped)]
    present = {file.path.relative_to(root).as_posix(): stamp_of(file.path) for file in files}
    sidecars, told = sidecars_of(files, root), _told(index)
    known = {stamp.file: number for number, stamp in enumerate(index.stamps)}
    for file, seen in present.items():
        if file in known:
            yield file, *_indexed(index, known[file], seen, sidecars.get(file), told)
        elif file not in left_out:
            yield file, FileCondition.NEW, ()
        elif left_out[file] != seen:
            yield file, FileCondition.CHANGED, ()
        else:
            reason = index.manifest.get("reasons", {}).get(file)  # indexes of earlier programs have none
            yield file, FileCondition.REFUSED, (reason,) if reason else ()
    gone = {_nfc(file): file for file in known.keys() - present.keys()}
    for entry in entries:
        if isinstance(entry, Skipped):
            was = gone.pop(entry.file, None)
            yield was or entry.file, FileCondition.CHANGED if was else FileCondition.REFUSED, (entry.reason,)
    for file in gone.values():
        yield file, FileCondition.MISSING, ()


def _indexed(
    index: Generation, number: int, seen: list[int], sidecar: list[str | int] | None, told: dict[str, tuple[str, ...]]
) -> tuple[FileCondition, tuple[str, ...]]:
    """What has become of a file that is indexed and there; `seen` are its size and modification time."""
    stamp = index.stamps[number]
    if seen != [stamp.size, stamp.mtime_ns] and index.state(number) is not CitationState.VERIFIED:
        return FileCondition.CHANGED, ()
    if sidecar != index.manifest["sidecars"].get(stamp.file):
        return FileCondition.CHANGED, ("its sidecar was added, changed or removed",)
    if stamp.reader not in reader_versions():
        return FileCondition.CHANGED, ("this version of the program reads it in another way",)
    reasons = stamp.problems + told.get(_nfc(stamp.file), ())
    return FileCondition.PARTLY if reasons else FileCondition.INDEXED, reasons


def _told(index: Generation) -> dict[str, tuple[str, ...]]:
    """What could not be used of sidecars, by the file that they describe, and of bibliographies, by their names."""
    found: dict[str, tuple[str, ...]] = {}
    for file, reason in index.manifest.get("describing", []):  # indexes of earlier programs have none
        found[file] = (*found.get(file, ()), reason)
    return found


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
