"""Brings an index up to date with its sources: read, split, embed, write, verify, switch.

What has not changed is taken over from the generation before. Nothing but the index folder is written to.
"""

from __future__ import annotations

import json
import sqlite3
import stat
import time
from pathlib import Path

from assistant.embedding import DEFAULT_MODEL, PassageEncoder, QueryEncoder, folder_digest, model_folder
from assistant.errors import (
    IndexDamaged,
    IndexMissing,
    IndexOutdated,
    IndexUnusable,
    ModelUnusable,
    SourcesMissing,
)
from assistant.index.collect import Collection, collect, require
from assistant.index.generation import Generation, describe_files, read_manifest, root_name, verify_files
from assistant.index.layout import IndexFolder
from assistant.index.vectors import Input, Journal, Taken, embed
from assistant.index.write import Contents, write_generation
from assistant.passages import Piece, context, heading, split
from assistant.readers.text import digest
from assistant.records import Metadata, Progress, Source
from assistant.reports import BuildReport
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
    return _Build(sources, index, model, full, progress or (lambda stage, done, total: None), names).run()


_MARGIN = 8
"""Word pieces kept free for the model's own marks and for what joins context and passage."""
_SHORTEST = 16


class _Build:
    """One build: what it was asked, and the notes that it makes on the way."""

    def __init__(
        self, sources: Path, index: Path, model: str | None, full: bool, told: Progress, names: frozenset[str] | None
    ) -> None:
        self.root = sources
        self.folder = IndexFolder(index)
        self.model = model
        self.full = full
        self.told = told
        self.names = names
        self.recipe = Recipe()
        self.notes: list[str] = []
        self.exported: dict[str, object] | None = None
        self.started = time.perf_counter()

    def run(self) -> BuildReport:
        """The build, from the lock to the report."""
        require(self.root)
        self.folder.prepare(self.root)
        with self.folder.lock():
            self.exported = self._exported()
            return self._update(None if self.full else self._previous())

    def _update(self, previous: Generation | None) -> BuildReport:
        collection = collect(
            self.root, previous, lambda done, total: self.told("Reading sources", done, total), self.names
        )
        name = self.model or (previous.manifest["model"]["name"] if previous else DEFAULT_MODEL)
        usable = previous if previous and self._same_model(previous, name) else None
        same = (
            usable
            and usable.stamps == list(collection.stamps)
            # An index from before the reasons were kept knows none.
            and all(usable.manifest.get(name, type(value)()) == value for name, value in collection.about().items())
            and usable.metadata == [source.metadata for source in collection.sources]
        )
        if usable and same and (not self.exported or self._encoder_is_sound()):
            return self._report(usable, previous, collection, 0)
        try:
            new, embedded = self._make(collection, name, usable)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnusable(
                f"cannot write the index in {self.folder.path} ({error}): make room on the disk or mend the folder "
                "and run assistant rebuild again"
            ) from error
        return self._report(new, previous, collection, embedded)

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

    def _encoder_is_sound(self) -> bool:
        """Whether the question encoder of the index in use is there as it was written, and can be loaded."""
        if not self.exported:
            return False
        folder = self.folder.encoders / str(self.exported["folder"])
        try:
            verify_files(folder, self.exported)
            QueryEncoder(folder)
        except (IndexDamaged, ModelUnusable):
            return False
        return True

    def _make(self, collection: Collection, name: str, usable: Generation | None) -> tuple[Generation, int]:
        """Embeds and writes a generation, verifies it, puts it in use; also how many passages were embedded."""
        self.told("Loading the model", 0, 1)
        encoder = PassageEncoder(name)
        self.told("Loading the model", 1, 1)
        exported = self._export(encoder)
        contents = self._contents(collection, encoder)
        with Journal(self.folder.journal(encoder.digest), encoder.dimensions) as journal:
            passages, sentences, embedded = embed(
                contents.inputs,
                encoder,
                Taken(usable),
                journal,
                lambda done, total: self.told("Embedding passages", done, total),
            )
        self.told("Writing the index", 0, 1)
        about = {
            "sources_root": root_name(self.root, self.folder.path),
            "model": {"name": name, "digest": encoder.digest, "dimensions": encoder.dimensions},
            "encoder": exported,
            "recipe": self.recipe.to_dict(),
            **collection.about(),
        }
        known = [[source.id, source.digest] for source in collection.sources]
        path = self.folder.new_generation(digest(json.dumps([known, about]).encode()))
        write_generation(path, contents, passages, sentences, about)
        generation = Generation(path, self.root)
        verify_files(path, generation.manifest)
        keep = self.folder.switch(path)
        journal.path.unlink()
        self.folder.clean(keep, {name["folder"] for name in (exported, self.exported) if name})
        self.told("Writing the index", 1, 1)
        return generation, embedded

    def _contents(self, collection: Collection, encoder: PassageEncoder) -> Contents:
        """The passages of every source, and the text of each passage and sentence as the model is given it."""
        context_pieces = min(self.recipe.context_pieces, encoder.max_pieces // 4)
        longest = min(self.recipe.passage_pieces, encoder.max_pieces - context_pieces - _MARGIN)
        if longest < _SHORTEST:
            raise ModelUnusable(f"the model {encoder.name} takes only {encoder.max_pieces} word pieces: choose another")
        pieces = []
        inputs = []
        for done, source in enumerate(collection.sources):
            self.told("Splitting", done, len(collection.sources))
            of_source = split(source, encoder.count, longest)
            pieces.append(of_source)
            contexts = {
                section: context(heading(source), section, encoder.count, context_pieces)
                for section in {piece.section for piece in of_source}
            }
            inputs += [_input(source, piece, contexts[piece.section]) for piece in of_source]
        self.told("Splitting", len(collection.sources), len(collection.sources))
        if not inputs:
            raise SourcesMissing(f"the documents in {self.root} hold no sentence: there is nothing to index")
        return Contents(collection, pieces, inputs)

    def _export(self, encoder: PassageEncoder) -> dict[str, object] | None:
        """The question encoder of the model, exported if it is not there yet; None, with a note, if it cannot be."""
        from assistant.export import EXPORTER_VERSION, ExportFailed, export  # imports torch: seconds

        name = digest(f"{encoder.digest} {EXPORTER_VERSION}".encode())
        folder = self.folder.encoders / name
        # The index in use needs it at any moment, so one that is sound is never replaced.
        if self.exported and self.exported["folder"] == name and self._encoder_is_sound():
            return self.exported
        self.told("Preparing the question encoder", 0, 1)
        try:
            cosine = export(encoder, folder)
        except ExportFailed as error:
            self.notes.append(f"questions are embedded by the model itself, more slowly: {error}")
            return None
        # It was a temporary folder, which only its owner may enter; whoever may read the index may ask.
        folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode))
        self.told("Preparing the question encoder", 1, 1)
        return {"folder": name, "least_cosine": round(cosine, 6), "files": describe_files(folder)}

    def _report(
        self, new: Generation, previous: Generation | None, collection: Collection, embedded: int
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
            skipped=collection.skipped,
            problems=collection.problems,
            sources=len(after),
            passages=len(new.passages),
            embedded=embedded,
            seconds=round(time.perf_counter() - self.started, 2),
            notes=tuple(self.notes),
            files=len({stamp.file for stamp in new.stamps}) + len(collection.catalogues),
        )


def _known(index: Generation) -> dict[str, tuple[str, Metadata]]:
    """By its id, the digest of each source's file and what is known of it: a source has changed when these have."""
    return {
        source_id: (stamp.digest, metadata)
        for source_id, stamp, metadata in zip(index.ids, index.stamps, index.metadata, strict=True)
    }


def _input(source: Source, piece: Piece, before: str) -> Input:
    """What the model is given for a piece: its context, then its own words."""
    lead = f"{before}. " if before else ""
    shift = len(lead) - piece.start
    spans = tuple((start + shift, end + shift) for start, end in piece.sentences)
    return Input(lead + source.cut(piece.start, piece.end), spans, len(lead))
