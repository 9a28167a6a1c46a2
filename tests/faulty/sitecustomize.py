"""In a child of the tests: the reader of plain text, and what draws pages, do what the file says.

They hang, fail, crash or eat memory.
"""

import ctypes
import time

from assistant.readers import Reading, plain, working
from assistant.readers.pages import picture

sound, sound_draw = plain.read, picture.draw


def read(data: bytes, source_id: str) -> Reading:
    if data.startswith(b"HANG"):
        while True:
            pass
    if data.startswith(b"SLOW"):
        for _ in range(24):
            time.sleep(0.25)
            working()
    if data.startswith(b"FAIL"):
        raise RuntimeError("no such thing")
    if data.startswith(b"CRASH"):
        ctypes.string_at(0)
    if data.startswith(b"GREEDY"):
        held = []
        while True:
            held.append(bytearray(10_000_000))
            working()
    if data.startswith(b"NOISY"):
        print("a parser prints this")  # noqa: T201
    return sound(data, source_id)


def draw(data: bytes, number: int, width: int) -> picture.Picture:
    for fault in (b"HANG", b"FAIL", b"CRASH"):
        if data.endswith(b"%" + fault):
            read(fault, "")
    return sound_draw(data, number, width)


plain.read, picture.draw = read, draw
