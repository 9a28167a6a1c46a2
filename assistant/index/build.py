"""Brings an index up to date with its sources: read, split, embed, write, verify, switch.

What has not changed is taken over from the generation before. Files are read, split, and indexed by their words in
threads beside the encoder, which works in the main one. Nothing but the index folder is written to.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.embedding import DEFAULT_MODEL, folder_digest, model_folder
from assistant.errors import (
    IndexDamaged,
    IndexMissing,
    IndexOutdated,
    IndexUnusable,
    ModelUnusable,
    SourcesMissing,
)
from assistant.index.collect import Collection, require
from assistant.index.encoders import Encoders
from assistant.index.generation import Generation
from assistant.index.layout import IndexFolder
from assistant.index.making import Making
from assistant.index.manifest import read_manifest, root_name
from assistant.index.seals import verify_files
from assistant.index.vectors import Taken, Unfinished
from assistant.readers.text import digest
from assistant.records import Metadata, Progress, silent
from assistant.reports import BuildReport, Skipped
from assistant.settings import Recipe


def build(
    sources: Path, index: Path, model: str | None = None, *, full: bool = False, progress: Progress | None = None,
    names: frozenset[str] | None = None,
) -> BuildReport:  # fmt: skip
    """Brings the index up to date with the sources, and says what was done.

    `model` None keeps the model of the index that is there, or takes the default. With `full`, nothing is taken over,
    and an index of other sources is replaced. With `names`, only the files of these names (relative to `sources`,
    `/`-separated) are read.

    Raises:
        SourcesMissing: there is nothing to read.
        IndexLocked: another build is running.
        IndexForeign: the index belongs to other sources.
        IndexUnusable: it cannot be written.
        UsageError: the index folder cannot be used.
        ModelUnusable: the model cannot be loaded.
    """
    return _Build(sources, index, model, full, progress or silent, names).run()


_MARGIN = 8
"""Word pieces kept free for the model's own marks and for what joins context and passage."""
_SHORTEST = 16
_SWITCH_SECONDS = 0.0005
"""How long a thread may keep Python for itself, so that the encoder, which needs it between steps, does not wait."""


class _Build:
    """One build: what it was asked, and the notes that it makes on the way."""

    def __init__(
        self, sources: Path, index: Path, model: str | None, full: bool, told: Progress, names: frozenset[str] | None
    ) -> None:
        self.root = sources
        self.folder = IndexFolder(index)
        self.model = model
        self.full = full
        self.names = names
        self.recipe = Recipe()
        self.notes: list[str] = []
        self.started = time.perf_counter()
        self._progress = told
        self._telling = threading.Lock()

    def told(self, stage: str, done: int, total: int, doing: str = "", /) -> None:
        """Passes on how far a stage is, from any thread."""
        with self._telling:
            self._progress(stage, done, total, doing)

    def run(self) -> BuildReport:
        """The build, from the lock to the report."""
        require(self.root)
        self.folder.prepare(self.root)
        with self.folder.lock():
            exported = self._exported()
            return self._update(None if self.full else self._previous(), exported)

    def _update(self, previous: Generation | None, exported: dict[str, Any] | None) -> BuildReport:
        collection = Collection(self.root, previous, self.names)
        name = self.model or (previous.manifest["model"]["name"] if previous else DEFAULT_MODEL)
        usable = previous if previous and self._same_model(previous, name) else None
        encoders = Encoders(name, self.folder.encoders, exported, self.told, self.notes)
        try:
            with self._making(collection, previous) as making:
                if usable and collection.mostly_known:
                    making.reading.result()
                    if self._same(usable, collection) and encoders.is_sound:
                        return self._report(usable, previous, collection, None)
                new = self._make(making, encoders, usable)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnusable(
                f"cannot write the index in {self.folder.path} ({error}): make room on the disk or mend the folder "
                "and run assistant rebuild again"
            ) from error
        return self._report(new, previous, collection, making)

    def _same(self, usable: Generation, collection: Collection) -> bool:
        """Whether the generation before is what a build would make."""
        about = collection.about()
        return (
            [replace(stamp, ctime_ns=0) for stamp in usable.stamps]
            == [replace(found.stamp, ctime_ns=0) for found in collection.found]
            and all(usable.manifest.get(name) == json.loads(json.dumps(value)) for name, value in about.items())
            and usable.metadata == [collection.metadata(number) for number in range(len(collection.found))]
        )

    def _previous(self) -> Generation | None:
        """The generation in use; None where there is none, or none that can be used, which is noted."""
        try:
            previous = Generation(self.folder.path / self.folder.current(), self.root)
            verify_files(previous.path, previous.manifest)  # all of them: what is taken over gets a new seal
            return previous
        except IndexMissing:
            return None
        except (IndexDamaged, IndexOutdated) as error:
            self.notes.append(f"built anew, since {str(error).rsplit(':', 1)[0]}")
            return None

    def _exported(self) -> dict[str, object] | None:
        """What the manifest of the index in use says of its question encoder; None if there is no such manifest."""
        try:
            manifest = read_manifest(self.folder.path / self.folder.current(), self.root)
        except IndexUnusable:
            return None
        encoder: dict[str, object] | None = manifest["encoder"]
        return encoder

    def _same_model(self, previous: Generation, name: str) -> bool:
        known = previous.manifest
        if known["model"]["name"] != name:
            return False
        folder = model_folder(name)
        return folder is None or folder_digest(folder) == known["model"]["digest"]

    @contextmanager
    def _making(self, collection: Collection, previous: Generation | None) -> Iterator[Making]:
        """A generation in the making, with its threads; they end with it, and what is of no use is removed."""
        folder = self.folder.new_unfinished()
        try:
            making = Making(folder, collection, previous)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        switching = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            making.read(lambda done, name: self.told("Reading sources", done, len(collection.files), name))
            yield making
        finally:
            making.end()
            sys.setswitchinterval(switching)

    def _make(self, making: Making, encoders: Encoders, usable: Generation | None) -> Generation:
        """Embeds and writes a generation, verifies it, and puts it in use."""
        if making.collection.wait(0) is None:
            making.reading.result()  # says why nothing could be read
        most = encoders.max_pieces
        context_pieces = min(self.recipe.context_pieces, most // 4)
        longest = min(self.recipe.passage_pieces, most - context_pieces - _MARGIN)
        if longest < _SHORTEST:
            raise ModelUnusable(f"the model {encoders.name} takes only {most} word pieces: choose another")
        if usable and usable.manifest["model"]["digest"] != encoders.digest:
            usable = None  # a hub's model has changed, which shows only once it is loaded
        left = [
            Unfinished(path, encoders.digest, encoders.dimensions)
            for path in self.folder.unfinished()
            if path != making.folder
        ]
        taken = Taken([usable, *left] if usable else left)
        # Rows are taken over when all is read; where most is new, the encoder would wait for that.
        rows = usable if making.collection.mostly_known else None
        making.prepare(encoders, rows, taken, (encoders.count, longest, context_pieces))
        exported = encoders.export()  # first, while little is in memory; what is to be embedded is made meanwhile
        making.embed(encoders, lambda done, total: self.told("Embedding passages", done, total))
        self.told("Writing the index", 0, 1)
        about = {
            "sources_root": root_name(self.root, self.folder.path),
            "model": encoders.about(usable.manifest["model"] if usable else None),
            "encoder": exported,
            "recipe": self.recipe.to_dict(),
            **making.collection.about(),
        }
        if not making.writer.rows:
            raise SourcesMissing(f"the documents in {self.root} hold no sentence: there is nothing to index")
        encoders.forget()
        making.finish(about)
        if not about["dense"]["enough"]:
            share = about["dense"]["recall@10"]
            self.notes.append(
                f"the search by meaning finds only {share:.1%} of the nearest passages; answers may miss some"
            )
        known = [[found.id, found.digest] for found in making.collection.found]
        path = self.folder.finish(making.folder, digest(json.dumps([known, about]).encode()))
        generation = Generation(path, self.root)
        verify_files(path, generation.manifest)
        kept = self.folder.switch(path)
        for each in left:
            each.release()
        self.folder.clean(kept, encoders.folders)
        self.told("Writing the index", 1, 1)
        return generation

    def _report(
        self, new: Generation, previous: Generation | None, collection: Collection, making: Making | None
    ) -> BuildReport:
        before = _known(previous) if previous else {}
        after = _known(new)
        both = before.keys() & after.keys()
        changed = sorted(source_id for source_id in both if before[source_id] != after[source_id])
        return BuildReport(
            index_id=new.id,
            added=tuple(sorted(after.keys() - before.keys())),
            changed=tuple(changed),
            removed=tuple(sorted(before.keys() - after.keys())),
            unchanged=len(both) - len(changed),
            skipped=_sorted(collection.skipped),
            problems=_sorted(collection.problems),
            sources=len(after),
            passages=len(new.passages),
            embedded=making.embedded if making else 0,
            seconds=round(time.perf_counter() - self.started, 2),
            notes=tuple(self.notes),
            files=len({stamp.file for stamp in new.stamps}) + len(collection.catalogues),
            encoding_seconds=round(making.encoding_seconds, 2) if making else 0.0,
            precision=making.precision if making else None,
        )


def _known(index: Generation) -> dict[str, tuple[str, Metadata]]:
    """By its id, the digest of each source's file and what is known of it: a source has changed when these have."""
    return {
        source_id: (stamp.digest, metadata)
        for source_id, stamp, metadata in zip(index.ids, index.stamps, index.metadata, strict=True)
    }


def _sorted(items: list[Skipped]) -> tuple[Skipped, ...]:
    return tuple(sorted(items, key=lambda item: (item.file, item.reason)))
