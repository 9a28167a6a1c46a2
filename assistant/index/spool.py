"""The words of a build: analysed and indexed in a thread of their own, beside the encoder.

They wait on the disk until the library's language is known, which takes all its texts.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant import lexical
from assistant.analysis import Analyser
from assistant.index.generation import Generation
from assistant.index.vectors import Input
from assistant.terms import TermsWriter


class Spool:
    """Passages on their way into the lexical index, in order of row."""

    def __init__(self, folder: Path, previous: Generation | None) -> None:
        """Files are made in `folder`; rows can be taken over from `previous`."""
        self._folder = folder
        self._previous = previous
        self._path = folder / "spool.jsonl"
        self._file = self._path.open("wb")
        self._changed = threading.Condition()
        self._lines = 0
        self._starts: npt.NDArray[np.int64] | None = None
        self._stopped = False

    def add(self, inputs: list[Input]) -> None:
        """Adds passages, by what the model is given for them."""
        self._write([[each.text, each.lead] for each in inputs])

    def take(self, first: int, last: int) -> None:
        """Takes over rows of the generation before, whose analyser is the same."""
        self._write([[first, last, 0]])

    def end(self, starts: npt.NDArray[np.int64]) -> None:
        """There are no more; `starts` are the first rows of the sources, and the number of rows."""
        with self._changed:
            self._starts = starts
            self._changed.notify_all()

    def stop(self) -> None:
        """Lets `index` end, with nothing that can be used."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def index(self, analyser: Analyser) -> None:
        """Writes the terms and the lexical index of all that is added until `end`."""
        writer = TermsWriter(self._folder / "terms")
        try:
            lexical.write(self._terms(writer, analyser), self._folder / "lexical")
            if self._starts is not None and not self._stopped:
                writer.close(self._starts)
        finally:
            writer.abandon()

    def close(self) -> None:
        """Removes what waited."""
        with contextlib.suppress(OSError):  # a full disk does not take what still waited
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _write(self, items: list[list[Any]]) -> None:
        lines = [json.dumps(item).encode() + b"\n" for item in items]
        with self._changed:
            self._file.write(b"".join(lines))
            self._file.flush()
            self._lines += len(lines)
            self._changed.notify_all()

    def _terms(self, writer: TermsWriter, analyser: Analyser) -> Iterator[list[str]]:
        """The terms of each row, which `writer` is given too."""
        read = 0
        with self._path.open("rb") as file:
            while self._wait(read):
                item = json.loads(file.readline())
                read += 1
                if len(item) == 3:
                    assert self._previous
                    writer.take(self._previous.terms, item[0], item[1])
                    yield from self._previous.terms.strings(item[0], item[1])
                    continue
                text, lead = item
                heading, own = analyser.terms(text[:lead]), analyser.terms(text[lead:])
                writer.add(heading + own, len(heading))
                yield heading + own

    def _wait(self, read: int) -> bool:
        """Whether there is another line; returns once that is known."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines > read or self._starts is not None or self._stopped)
            return self._lines > read and not self._stopped
