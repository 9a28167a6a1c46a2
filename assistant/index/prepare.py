"""Splits sources into passages for a build, in order, as they are read; unchanged ones are taken over in blocks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from assistant.index.collect import Collection, Found
from assistant.index.columns import PASSAGE, SENTENCE
from assistant.index.generation import Generation
from assistant.index.seals import source_seal
from assistant.index.texts import TextsWriter, plain_metadata
from assistant.index.vectors import Input, Kept, Taken
from assistant.passages import Count, Piece, context, heading, split
from assistant.records import Source

WINDOW = 512
"""Passages that are sorted by length and embedded before their vectors are put on the disk."""
_AHEAD = 2
"""Windows that wait for the encoder."""


@dataclass(slots=True)
class Window:
    """Passages to embed, in order of row: places and sentence spans, what the model is given, and known vectors."""

    places: list[tuple[int, ...]] = field(default_factory=list)
    """Source number, start, end, start of the section, of each passage."""
    spans: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    known: list[Kept | None] = field(default_factory=list)

    def add(self, number: int, piece: Piece, given: Input) -> None:
        """Adds a passage of a source."""
        self.places.append((number, piece.start, piece.end, piece.section_start))
        self.spans.append(piece.sentences)
        self.inputs.append(given)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `first` to `last` of the generation before, whose source numbers now are higher by `shift`."""

    first: int
    last: int
    shift: int


class Preparation:
    """What a build embeds and takes over, made in a thread of its own and handed on in order of row."""

    def __init__(self, collection: Collection, texts: TextsWriter, previous: Generation | None, taken: Taken) -> None:
        """`previous` is a generation whose rows can be taken over, of the same model and recipe; `taken` vectors."""
        self._collection = collection
        self._texts = texts
        self._previous = previous
        self._taken = taken
        self._items: queue.Queue[Window | Block | None] = queue.Queue(_AHEAD)
        self._window = Window()
        self._block: Block | None = None
        self._stopped = False
        self._decided = threading.Event()
        self.sources = 0
        """Sources whose passages are made."""
        self.wanted = 0
        """Passages to embed, of those that were looked up."""
        self.pending = 0
        """Passages that are made, but not looked up yet."""
        self.split = 0
        """Sources that were split, since they are new or changed."""
        self.starts: list[int] = []
        """The first row of each source."""
        self.rows = 0

    def run(self, count: Count, longest: int, context_pieces: int, few: int) -> None:
        """Makes passages of at most `longest` word pieces; `few` is how many wanted ones are few (see `are_few`)."""
        try:
            # Whether rows can be taken over is known only when all is read: the library's language may have changed.
            if self._previous or self._collection.catalogues:
                self._collection.wait_for_all()
            for item in self._made(count, longest, context_pieces):
                if self.wanted > few:
                    self._decided.set()
                self._put(item)
        finally:
            self._decided.set()
            self._put(None)

    def _put(self, item: Window | Block | None) -> None:
        while not self._stopped:
            try:
                return self._items.put(item, timeout=0.1)
            except queue.Full:
                self._decided.set()  # so much is waiting that it is not few

    def stop(self) -> None:
        """Lets `run` end."""
        self._stopped = True

    def are_few(self, few: int) -> bool:
        """Whether at most `few` passages are wanted, in all or of as much as can wait; returns once that is known."""
        self._decided.wait()
        return self.wanted <= few

    def __iter__(self) -> Iterator[Window | Block]:
        while (item := self._items.get()) is not None:
            yield item

    def _made(self, count: Count, longest: int, context_pieces: int) -> Iterator[Window | Block]:
        previous = self._reusable()
        while not self._stopped and (found := self._collection.wait(self.sources)) is not None:
            number = self.sources
            self.starts.append(self.rows)
            if previous and found.old is not None and self._collection.metadata(number) == previous.metadata[found.old]:
                yield from self._take_over(number, found, found.old, previous)
            else:
                yield from self._flushed_block()
                for piece, given in self._split(number, found, count, longest, context_pieces):
                    self._window.add(number, piece, given)
                    self.rows += 1
                    if len(self._window.inputs) == WINDOW:
                        yield from self._flushed_window()
            self.sources += 1
        yield from self._flushed_block()
        yield from self._flushed_window()
        self.starts.append(self.rows)

    def _flushed_block(self) -> Iterator[Block]:
        block, self._block = self._block, None
        if block and block.first < block.last:
            yield block

    def _flushed_window(self) -> Iterator[Window]:
        window, self._window = self._window, Window()
        if window.inputs:
            window.known = self._taken.find([each.key for each in window.inputs])
            self.wanted += sum(kept is None for kept in window.known)
            self.pending -= len(window.inputs)
            yield window

    def _reusable(self) -> Generation | None:
        """The generation before, if its terms were made by the same analyser."""
        previous = self._previous
        same = previous and self._collection.whole and self._collection.language == previous.manifest["analyser"]
        return previous if same else None

    def _take_over(self, number: int, found: Found, old: int, previous: Generation) -> Iterator[Window | Block]:
        """Adds the rows of a source to the block that is to be taken over; what must come before it is made."""
        metadata = plain_metadata(previous.metadata[old])
        self._texts.take(number, old)
        self._texts.describe(number, found.id, found.stamp, found.own, metadata, self._texts.seal_before(old))
        yield from self._flushed_window()
        first, last = int(previous.starts[old]), int(previous.starts[old + 1])
        if self._block and (self._block.last, self._block.shift) == (first, number - old):
            self._block = replace(self._block, last=last)
        else:
            yield from self._flushed_block()
            self._block = Block(first, last, number - old)
        self.rows += last - first

    def _split(
        self, number: int, found: Found, count: Count, longest: int, context_pieces: int
    ) -> Iterator[tuple[Piece, Input]]:
        """The passages of a source with what the model is given for each; keeps what is known of the source."""
        metadata = self._collection.metadata(number)
        if found.old is not None:
            self._texts.take(number, found.old)
        source, locators = self._texts.source(number, found.id, metadata, found.digest)
        pieces = split(source, count, longest)
        contexts = {
            section: context(heading(source), section, count, context_pieces)
            for section in {piece.section for piece in pieces}
        }
        stored = plain_metadata(metadata)
        seal = source_seal(found.id, source.text, stored, found.digest, locators, *_columns(pieces))
        self._texts.describe(number, found.id, found.stamp, found.own, stored, seal)
        self.pending += len(pieces)
        self.split += 1
        for piece in pieces:
            yield piece, _input(source, piece, contexts[piece.section])


def _columns(pieces: list[Piece]) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int32]]:
    """The passages of one source and their sentences, as columns."""
    ends = np.cumsum([0, *(len(piece.sentences) for piece in pieces)])
    places = np.zeros(len(pieces), PASSAGE)
    places["start"] = [piece.start for piece in pieces]
    places["end"] = [piece.end for piece in pieces]
    places["section"] = [piece.section_start for piece in pieces]
    places["first"], places["last"] = ends[:-1], ends[1:]
    return places, np.array([span for piece in pieces for span in piece.sentences], SENTENCE).reshape(-1, 2)


def _input(source: Source, piece: Piece, before: str) -> Input:
    """What the model is given for a piece: its context, then its own words."""
    lead = f"{before}. " if before else ""
    shift = len(lead) - piece.start
    spans = tuple((start + shift, end + shift) for start, end in piece.sentences)
    return Input(lead + source.cut(piece.start, piece.end), spans, len(lead))
