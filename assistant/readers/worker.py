"""The child process that reads files: takes them on its standard input, gives readings on its standard output.

Each file is a line of JSON (`id`, `size`) and the bytes; each reply a line of JSON, after any number of lines that say
that a reader is getting on. It ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, astuple
from typing import BinaryIO

import psutil

from assistant.errors import UnreadableFile
from assistant.readers import Reading, read, when_working


def main() -> None:
    """Read files until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends this process
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # What a parser prints must not come between the replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    when_working(lambda: _tell(replies, {"working": True}))
    given = sys.stdin.buffer
    while header := given.readline():
        file = json.loads(header)
        try:
            reply = told(read(given.read(file["size"]), file["id"]))
        except UnreadableFile as error:
            reply = {"unreadable": str(error)}
        _tell(replies, reply)


def told(reading: Reading) -> dict[str, object]:
    """A reading as plain data."""
    sources = [
        {
            "id": source.id,
            "text": source.text,
            "metadata": asdict(source.metadata),
            "digest": source.digest,
            "locators": [astuple(place) for place in source.locators],
        }
        for source in reading.sources
    ]
    return {"sources": sources, "problems": reading.problems}


def _tell(replies: BinaryIO, reply: dict[str, object]) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


def _end_with(parent: int) -> None:
    """End this process, whatever it is at, when the one that started it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    os._exit(1)


if __name__ == "__main__":
    main()
