"""Whether the index still says what the sources say: the promise behind every citation, verified on demand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np

from assistant.errors import IndexDamaged, UnreadableFile
from assistant.index.collect import stamp_of
from assistant.index.generation import Generation, verify_files
from assistant.readers import read
from assistant.readers.folder import walk
from assistant.records import CheckReport, CitationState, Skipped, Source


def check(index: Generation, progress: Callable[[str, int, int], None] | None = None) -> CheckReport:
    """Reads every source again and compares every passage word for word; then verifies the index's own files."""
    told = progress or (lambda stage, done, total: None)
    problems: list[Skipped] = []
    verified = 0
    for number, source_id in enumerate(index.ids):
        told("Checking sources", number, len(index.ids))
        rows = np.flatnonzero(index.passages["source"] == number)
        try:
            fresh = _read_again(index, number)
        except OSError:
            problems.append(
                Skipped(
                    source_id,
                    "missing: removed, or cannot be opened; run assistant rebuild",
                )
            )
            continue
        except UnreadableFile as error:
            problems.append(Skipped(source_id, f"changed: {error}; run assistant rebuild"))
            continue
        known = index.source(number)
        wrong = 0
        for row in rows:
            start, end = int(index.passages[row]["start"]), int(index.passages[row]["end"])
            wrong += fresh is None or fresh.text[start:end] != known.cut(start, end)
        verified += len(rows) - wrong
        if wrong:
            problems.append(
                Skipped(
                    source_id,
                    f"changed: {wrong} of {len(rows)} passages no longer stand there; run assistant rebuild",
                )
            )
    told("Checking sources", len(index.ids), len(index.ids))
    try:
        verify_files(index.path, index.manifest)
        encoder = index.manifest["encoder"]
        if encoder:
            verify_files(index.path.parent / "encoders" / encoder["folder"], encoder)
    except IndexDamaged as error:
        problems.append(Skipped(index.id, str(error)))
    return CheckReport(len(index.ids), verified, tuple(problems))


def _read_again(index: Generation, number: int) -> Source | None:
    """The source as its file reads now; None if the file no longer holds it."""
    file = index.stamps[number].file
    reading = read((index.sources_root / file).read_bytes(), unicodedata.normalize("NFC", file))
    return next((source for source in reading.sources if source.id == index.ids[number]), None)


def outdated(index: Generation) -> list[str]:
    """Names of source files that were added, changed or removed since the index was built, sorted."""
    known = {stamp.file: number for number, stamp in enumerate(index.stamps)}
    changed = {file for file, number in known.items() if index.state(number) is not CitationState.VERIFIED}
    left_out = index.manifest["left_out"]
    for entry in walk(index.sources_root):
        if not isinstance(entry, Skipped):
            file = entry.path.relative_to(index.sources_root).as_posix()
            if file not in known and left_out.get(file) != stamp_of(entry.path):
                changed.add(file)
    return sorted(changed)
