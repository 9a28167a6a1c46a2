"""A generation in the making: its files, and the threads that read, split and index beside the encoder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from assistant.analysis import Analyser
from assistant.index.collect import Collection
from assistant.index.encoders import FEW, Encoders
from assistant.index.generation import Generation
from assistant.index.prepare import Block, Preparation, Window
from assistant.index.spool import Spool
from assistant.index.texts import TextsWriter
from assistant.index.vectors import Kept, Taken, keep
from assistant.index.write import GenerationWriter, write_manifest
from assistant.passages import Count


class Making:
    """What a build makes in a folder of its own until it is complete."""

    def __init__(self, folder: Path, collection: Collection, previous: Generation | None) -> None:
        """Begins in an empty folder; texts can be taken over from `previous`."""
        self.folder = folder
        self.collection = collection
        self.embedded = 0
        self.encoding_seconds = 0.0
        """How long the encoder worked."""
        self.precision: str | None = None
        self.reading: Future[None]
        self.preparing: Future[None]
        self.indexing: Future[None]
        self.writer: GenerationWriter
        self._texts = TextsWriter(folder / "sources.sqlite", previous.path / "sources.sqlite" if previous else None)
        self._threads = ThreadPoolExecutor(3)
        self._spool: Spool | None = None
        self._preparation: Preparation | None = None
        self._safe = 0
        """How many of the passages that were embedded have reached the disk."""
        self._complete = False

    def read(self, told: Callable[[int, str], None]) -> None:
        """Begins to read the files."""
        self.reading = self._threads.submit(self.collection.read, self._texts, told)

    def prepare(
        self, encoders: Encoders, usable: Generation | None, taken: Taken, sizes: tuple[Count, int, int]
    ) -> None:
        """Begins to split what is read, and to index its words; `usable` is the generation to take rows over from."""
        self.writer = GenerationWriter(self.folder, encoders.digest, encoders.dimensions, usable)
        self._preparation = Preparation(self.collection, self._texts, usable, taken)
        self._spool = Spool(self.folder, usable)
        self.preparing = self._threads.submit(self._preparation.run, *sizes, FEW)
        self.indexing = self._threads.submit(self._index, self._spool)

    def _index(self, spool: Spool) -> None:
        self.collection.wait_for_all()
        spool.index(Analyser(self.collection.language))

    def embed(self, encoders: Encoders, told: Callable[[int, int], None]) -> None:
        """Embeds all that is prepared; `told` is given how many passages are done and how many there are, about."""
        assert self._preparation and self._spool
        for item in self._preparation:
            if isinstance(item, Block):
                self.writer.take(item)
                self._spool.take(item.first, item.last)
            else:
                self.writer.add(item, self._vectors(item, encoders, told))
                self._safe = self.embedded
                self._spool.add(item.inputs)
        self.preparing.result()
        self.reading.result()
        told(self.embedded, self.embedded)

    def _vectors(self, window: Window, encoders: Encoders, told: Callable[[int, int], None]) -> list[Kept]:
        """The vectors of the passages of a window, those that are not known embedded."""
        assert self._preparation
        missing = {each.key: each for each, kept in zip(window.inputs, window.known, strict=True) if kept is None}
        made: dict[bytes, Kept] = {}
        if missing:
            encoder = encoders.for_passages(self._preparation)
            total = self._total()
            told(self.embedded, total)
            started = time.perf_counter()
            vectors = encoder.encode_passages(
                [each.text for each in missing.values()],
                [each.sentences for each in missing.values()],
                lambda done: told(self.embedded + done, total),
            )
            self.encoding_seconds += time.perf_counter() - started
            self.embedded += len(missing)
            self.precision = encoder.precision
            made = dict(zip(missing, map(keep, vectors), strict=True))
        return [kept or made[each.key] for each, kept in zip(window.inputs, window.known, strict=True)]

    def _total(self) -> int:
        """How many passages there are to embed in all: counted, or estimated while files are still read and split."""
        assert self._preparation
        known, split = self._preparation.wanted + self._preparation.pending, self._preparation.split
        new = self.collection.new * len(self.collection.files) / max(1, self.collection.taken_in)
        return max(known, int(known * new / split)) if split else known

    def finish(self, about: dict[str, Any]) -> None:
        """Completes the files; `about` is what the manifest says besides of them."""
        assert self._preparation and self._spool
        starts = np.array(self._preparation.starts, np.int64)
        self._spool.end(starts)
        of_vectors = self.writer.close(starts)
        catalogue = self._texts.close()
        self._texts.abandon()
        self.indexing.result()
        self._spool.close()
        counts = {"sources": len(starts) - 1, "passages": self.writer.rows}
        about |= {
            "analyser": self.collection.language, "catalogue": catalogue, "counts": counts, "dense": of_vectors,
        }  # fmt: skip
        write_manifest(self.folder, about)
        self._complete = True

    def end(self) -> None:
        """Ends the threads; what was embedded stays for the next build, if this one is not complete."""
        self.collection.stop()
        for each in (self._preparation, self._spool):
            if each:
                each.stop()
        self._threads.shutdown()
        self._texts.abandon()
        if self._spool:
            self._spool.close()
        if self._preparation and not self._complete:
            self.writer.abandon()
        if not self._complete and not self._safe:
            shutil.rmtree(self.folder, ignore_errors=True)
