"""Plain text, as it stands: line breaks are kept, and nothing is taken for a title."""

from __future__ import annotations

from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.text import Block, make_source
from assistant.records import Metadata

SUFFIXES = (".txt", ".text")
VERSION = 3


def read(data: bytes, source_id: str) -> Reading:
    """Read a text file.

    Raises:
        UnreadableFile: this is not text.
    """
    text, problems = decode(data)
    return Reading((make_source(data, source_id, [Block(text)], Metadata()),), problems)
