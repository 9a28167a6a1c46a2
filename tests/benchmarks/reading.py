"""How fast PDF files are read, in this process and in one of their own: isolation should not be what costs.

Run: python tests/benchmarks/reading.py [FOLDER] [--rounds N] [--json]

FOLDER holds PDF files (default: the real files beside the project, if they are there). Each round reads every file both
ways, in turn; the ratio of the medians is what counts, as the seconds are this machine's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.readers.isolated import Isolated
from assistant.records import LocatorKind

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "files" / "pdf"


def pages(reading: Reading) -> int:
    """Pages with text."""
    return sum(place.kind is LocatorKind.PAGE for source in reading.sources for place in source.locators)


def readable(folder: Path) -> tuple[dict[str, bytes], int]:
    """The PDF files of a folder that can be read without text recognition, and how many pages they have together."""
    files, total = {}, 0
    for path in sorted(folder.glob("*.pdf")):
        try:
            reading = read(path.read_bytes(), path.name)
        except UnreadableFile:
            continue
        if not any("recognition" in problem for problem in reading.problems):
            files[path.name] = path.read_bytes()
            total += pages(reading)
    return files, total


def seconds(files: dict[str, bytes], one: Callable[[bytes, str], Reading]) -> float:
    """How long it takes to read all files."""
    started = time.perf_counter()
    for name, data in files.items():
        one(data, name)
    return time.perf_counter() - started


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"skipped: there is no folder {options.folder}; name one with PDF files", file=sys.stderr)  # noqa: T201
        return 0
    files, total = readable(options.folder)
    inside, isolated = [], []
    for _ in range(options.rounds):
        inside.append(seconds(files, read))
        started = time.perf_counter()
        with Isolated() as reader:  # its start is part of the cost
            seconds(files, reader.read)
        isolated.append(time.perf_counter() - started)
    result = {
        "files": len(files),
        "pages": total,
        "pages_per_second_in_this_process": round(total / statistics.median(inside), 1),
        "pages_per_second_in_its_own": round(total / statistics.median(isolated), 1),
        "ratio": round(statistics.median(inside) / statistics.median(isolated), 3),
    }
    lines = (f"{name.replace('_', ' '):40} {value}" for name, value in result.items())
    print(json.dumps(result) if options.json else "\n".join(lines))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
