"""Whether the index still says what the sources say: the promise behind every citation, verified on demand."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import numpy as np

from assistant.errors import IndexDamaged, SourcesMissing, UnreadableFile
from assistant.index.collect import catalogues_of, sidecars_of, stamp_of
from assistant.index.generation import Generation, verify_files
from assistant.index.resolve import resolve
from assistant.readers import reader_versions
from assistant.readers.folder import walk
from assistant.readers.isolated import Isolated
from assistant.records import CitationState, Metadata, Progress, Source
from assistant.reports import CheckReport, Skipped


def check(index: Generation, progress: Progress | None = None) -> CheckReport:
    """Verifies the index's own files; then reads every source again and compares every passage word for word."""
    told = progress or (lambda stage, done, total: None)
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
    try:
        files = [entry for entry in walk(index.sources_root) if not isinstance(entry, Skipped)]
    except SourcesMissing:
        files = []
    sidecars = sidecars_of(files, index.sources_root)
    return resolve(index.sources_root, [stamp.file for stamp in index.stamps], index.own, sidecars).metadata


def _check_source(index: Generation, number: int, fresh: Source | None) -> tuple[int, str | None]:
    """How many passages of a source stand as indexed, and what is wrong with it; `fresh` is what its file holds now."""
    known = index.source(number)
    rows = np.flatnonzero(index.passages["source"] == number)
    spans = [(int(index.passages[row]["start"]), int(index.passages[row]["end"])) for row in rows]
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
        reading = reader.read(data, unicodedata.normalize("NFC", file))
    except OSError:
        return {}, "missing: removed, or cannot be opened"
    except UnreadableFile as error:
        return {}, f"changed: {error}"
    return {source.id: source for source in reading.sources}, None


def outdated(index: Generation) -> list[str]:
    """Names of source files and bibliographies added, changed or removed since the index was built, sorted."""
    known = {stamp.file: number for number, stamp in enumerate(index.stamps)}
    files = [entry for entry in walk(index.sources_root) if not isinstance(entry, Skipped)]
    present = {file.path.relative_to(index.sources_root).as_posix(): stamp_of(file.path) for file in files}
    sidecars = sidecars_of(files, index.sources_root)
    changed = {
        file for file, seen in present.items() if file not in known and index.manifest["left_out"].get(file) != seen
    }
    changed |= {file for file in known if sidecars.get(file) != index.manifest["sidecars"].get(file)}
    catalogues = catalogues_of(index.sources_root)
    indexed = index.manifest["catalogues"]
    changed |= {name for name in catalogues.keys() | indexed.keys() if catalogues.get(name) != indexed.get(name)}
    for file, number in known.items():
        stamp = index.stamps[number]
        moved = present.get(file) != [stamp.size, stamp.mtime_ns] and index.state(number) is not CitationState.VERIFIED
        if moved or stamp.reader not in reader_versions():
            changed.add(file)
    return sorted(changed)
