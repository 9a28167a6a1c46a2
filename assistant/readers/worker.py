"""The child process that reads files: takes them on its standard input, gives readings on its standard output.

Each file is a line of JSON (what to `do` with it, its `size`, and what that needs besides) and the bytes; each reply a
line of JSON, after any number of lines that say that a reader is getting on. It ends with its input.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, astuple
from typing import Any, BinaryIO

import psutil

from assistant.errors import AssistantError, UnreadableFile, UsageError
from assistant.readers import read, when_working
from assistant.readers.pages import picture
from assistant.records import Locator, LocatorKind, Metadata, Source


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
        asked = json.loads(header)
        try:
            reply = _done(asked, given.read(asked["size"]))
        except UnreadableFile as error:
            reply = {"unreadable": str(error)}
        except UsageError as error:
            reply = {"refused": str(error)}
        _tell(replies, reply)


def _done(asked: dict[str, Any], data: bytes) -> dict[str, object]:
    """What is told of a file when it has been read, or a page of it drawn, or words found on its pages."""
    if asked["do"] == "read":
        reading = read(data, asked["id"])
        return {"sources": list(map(plain, reading.sources)), "problems": reading.problems}
    try:
        if asked["do"] == "draw":
            drawn = picture.draw(data, asked["number"], asked["width"])
            return {**asdict(drawn), "png": base64.b64encode(drawn.png).decode()}
        found = picture.marks(data, from_plain(asked["source"]), asked["start"], asked["end"])
        return {"marks": list(map(astuple, found))}
    except AssistantError:
        raise
    except Exception as error:  # whatever a damaged file does to the parser
        raise UnreadableFile(f"its reader failed ({type(error).__name__}); get or save it again") from error


def plain(source: Source) -> dict[str, Any]:
    """A source as plain data."""
    return {
        "id": source.id,
        "text": source.text,
        "metadata": asdict(source.metadata),
        "digest": source.digest,
        "locators": [astuple(place) for place in source.locators],
    }


def from_plain(told: dict[str, Any]) -> Source:
    """The source of which `plain` gave this."""
    places = tuple(Locator(start, LocatorKind(kind), *rest) for start, kind, *rest in told["locators"])
    return Source(**{**told, "metadata": Metadata.from_plain(told["metadata"]), "locators": places})


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
