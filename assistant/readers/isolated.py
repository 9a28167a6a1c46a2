"""Readers in a process of their own: a parser that hangs, crashes or eats memory costs one file, not the build.

So are the pages of PDF files drawn that the chat shows.

`Isolated` is the parent's side; `python -m assistant.readers.worker` is the child. The child is started at the first
file and reads all further ones, so that a build pays for its start once.
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import subprocess
import threading
import time
from types import TracebackType
from typing import IO, Any

import psutil

from assistant.child import command, environment
from assistant.errors import UnreadableFile, UsageError
from assistant.readers import Reading
from assistant.readers.pages.picture import Mark, Picture
from assistant.readers.worker import from_plain, plain
from assistant.records import Source
from assistant.settings import READER_BYTES, READER_MEMORY, READER_SECONDS, READER_TOTAL_SECONDS

_LOOK_SECONDS = 0.05
_LOST = "its reader crashed on it; get or save it again, or convert it to another format"


class _Lost(Exception):
    """The child ended, or was ended because it took too much memory; the message is the reason."""


class Isolated:
    """A child process that reads files; a context manager that ends it. Not for several threads at once."""

    def __init__(
        self, seconds: float = READER_SECONDS, total: float = READER_TOTAL_SECONDS, memory: int = READER_MEMORY
    ) -> None:
        """Sets the limits.

        Args:
            seconds: The longest that a reader may go without getting on with a file.
            total: The longest that it may take in all; both are longer for large files.
            memory: Bytes that the child may hold.
        """
        self._seconds, self._total, self._memory = seconds, total, memory
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._fresh = True
        self._interrupted = False

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one; the next file starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            assert child.stdin
            with contextlib.suppress(OSError):  # what was still to be written to it is of no use
                child.stdin.close()

    def interrupt(self) -> None:
        """End the child at once, from another thread; what it was reading cannot be read, nor anything more."""
        self._interrupted = True
        child = self._child  # the other thread may let go of it at any moment
        if child is not None:
            child.kill()

    def read(self, data: bytes, source_id: str) -> Reading:
        """What `assistant.readers.read` gives, read by the child.

        Raises:
            UnreadableFile: as there; or the reader hung, crashed, or took too much memory.
        """
        return _reading(self._done({"do": "read", "id": source_id}, data))

    def draw(self, data: bytes, number: int, width: int) -> Picture:
        """What `assistant.readers.pages.picture.draw` gives, drawn by the child.

        Raises:
            UsageError, UnreadableFile: as there; or drawing hung, crashed, or took too much memory.
        """
        told = self._done({"do": "draw", "number": number, "width": width}, data)
        return Picture(**{**told, "png": base64.b64decode(told["png"])})

    def marks(self, data: bytes, source: Source, start: int, end: int) -> list[Mark]:
        """What `assistant.readers.pages.picture.marks` gives, found by the child.

        Raises:
            ValueError: as there, where the offsets are wrong.
            UnreadableFile: as there; or finding hung, crashed, or took too much memory.
        """
        source.cut(start, end)
        told = self._done({"do": "marks", "source": plain(source), "start": start, "end": end}, data)
        return [Mark(*mark) for mark in told["marks"]]

    def _done(self, asked: dict[str, Any], data: bytes) -> dict[str, Any]:
        """What the child tells when it has done what it is asked with a file."""
        try:
            try:
                return self._ask(asked, data)
            except _Lost:
                if self._fresh or self._interrupted:
                    raise
                return self._ask(asked, data)  # the files before may be to blame: once more, in a fresh child
        except _Lost as error:
            raise UnreadableFile(str(error)) from error

    def _ask(self, asked: dict[str, Any], data: bytes) -> dict[str, Any]:
        if self._child is None:
            self._start()
        assert self._child and self._child.stdin
        try:
            if self._interrupted:  # before there was a child to kill
                raise _Lost(_LOST)
            header = json.dumps({**asked, "size": len(data)})
            self._child.stdin.write(header.encode() + b"\n" + data)
            self._child.stdin.flush()
            told = self._wait(*(limit * (1 + len(data) / READER_BYTES) for limit in (self._seconds, self._total)))
        except (OSError, _Lost) as error:
            fresh = self._fresh
            self.close()
            self._fresh = fresh
            raise (error if isinstance(error, _Lost) else _Lost(_LOST)) from error
        except BaseException:
            self.close()
            raise
        self._fresh = False
        if "unreadable" in told:
            raise UnreadableFile(told["unreadable"])
        if "refused" in told:
            raise UsageError(told["refused"])
        return told

    def _wait(self, limit: float, total: float) -> dict[str, Any]:
        """What the child tells in the end.

        Raises:
            UnreadableFile: it did not get on for `limit` seconds, or was not done within `total`.
            _Lost: it crashed, or took too much memory.
        """
        assert self._child
        seen = psutil.Process(self._child.pid)
        since = started = time.monotonic()
        while True:
            if time.monotonic() - started > total:
                raise UnreadableFile(f"its reader was not done within {total:.0f} s and was stopped; split it")
            if _held(seen) > self._memory:
                raise _Lost(
                    f"its reader took more than {self._memory / 1e9:.1f} GB of memory and was stopped; split it, "
                    "or convert it to another format"
                )
            try:
                line = self._lines.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if time.monotonic() - since > limit:
                    raise UnreadableFile(
                        f"its reader made no headway for {limit:.0f} s and was stopped; split it, or convert it to "
                        "another format"
                    ) from None
                continue
            if not line:
                raise _Lost(_LOST)
            told: dict[str, Any] = json.loads(line)
            if "working" not in told:
                return told
            since = time.monotonic()

    def _start(self) -> None:
        self._child = subprocess.Popen(
            command("assistant.readers.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what parsers complain about is told in the problems
            env=environment(),
        )
        self._lines = queue.SimpleQueue()
        assert self._child.stdout
        threading.Thread(target=_gather, args=(self._child.stdout, self._lines), daemon=True).start()
        self._fresh = True


def _gather(stream: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Put each line of a child into the queue, and an empty one at its end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _held(process: psutil.Process) -> int:
    """Bytes of memory that a process holds; 0 once it has ended."""
    try:
        held: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return held


def _reading(told: dict[str, Any]) -> Reading:
    """What `worker.told` was made from."""
    return Reading(tuple(map(from_plain, told["sources"])), tuple(told["problems"]))
