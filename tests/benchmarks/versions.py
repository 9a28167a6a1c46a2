"""This version against an earlier one: a full build, a rebuild of one file, first excerpts, a question, memory.

    python tests/benchmarks/versions.py REVISION [--passages N]

REVISION is a commit of this repository, which is checked out to a temporary folder and run by the same Python with the
same libraries. Both get the same sources (`corpus.py`, default 3000 passages) and an index of their own; what is
repeated is run in turn. Prints a table; writes versions.json and versions.png.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import corpus
import measuring
import plotting
from building import CHANGE, EVERY, headings

from assistant import Library

RUNS = 5
QUESTIONS = 50
ASK = """import json, statistics, sys, time
from assistant import open_library
library, times = open_library(sys.argv[1], index=sys.argv[2]), []
for round in range(3):
    for question in json.loads(sys.argv[3]):
        started = time.perf_counter()
        library.retrieve(question)
        times.append(time.perf_counter() - started)
print(statistics.median(times[len(times) // 3:]))"""
"""Asks questions three times over; the first time warms what the second and third are measured on."""


@dataclass(frozen=True, slots=True)
class Version:
    """A tree of the program, with the folders of a library of its own."""

    name: str
    root: Path
    sources: Path
    index: Path

    def watch(self, *command: object, every: float | None = None) -> measuring.Watched:
        """Runs a command with this version of the program."""
        return measuring.watch([str(part) for part in command], every, self.root)

    def assistant(self, name: str, *options: object) -> list[str]:
        """The command line of a command on the library."""
        return measuring.assistant(name, "--sources", self.sources, "--index", self.index, *options)


def main() -> None:
    """Checks out, measures, prints, writes."""
    parser = measuring.arguments(__doc__)
    parser.add_argument("revision")
    parser.add_argument("--passages", type=int, default=3000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, checked_out(options.revision, Path(temporary, "tree")) as tree:
        versions = []
        for name, root in (("before", tree), ("now", measuring.ROOT)):
            folder = Path(temporary, name)
            corpus.write(folder / "sources", options.passages)
            versions.append(Version(name, root, folder / "sources", folder / "index"))
        found = measured(versions)
    # Where the system does not tell the memory of a process that has ended, it is 0.
    ratios = {name: values["before"] / values["now"] for name, values in found.items() if values["now"]}
    rows: measuring.Rows = [
        (name, *(f"{found[name][each.name]:.3f}" for each in versions), f"{ratio:.1f}")
        for name, ratio in ratios.items()
    ]
    measuring.table(("", "before", "now", "times"), rows, options.markdown)
    about = {"revision": options.revision, "passages": options.passages, "machine": measuring.machine()}
    measuring.write_json(options.out, "versions", {**about, "found": found})
    plotting.bars(options.out, "versions", "times as fast, or as small, as before", ratios)


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """A tree of that revision, for as long as it is needed."""
    git = ["git", "-C", str(measuring.ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def measured(versions: list[Version]) -> dict[str, dict[str, float]]:
    """Each figure by version: seconds, MB and milliseconds, as its name says."""
    found: dict[str, dict[str, float]] = {}
    for version in versions:
        built = version.watch(*version.assistant("rebuild"), every=EVERY)
        found.setdefault("full build, s", {})[version.name] = built.seconds
        found.setdefault("its peak memory, MB", {})[version.name] = built.peak / 1e6
    questions = headings(Library(versions[-1].sources, versions[-1].index), QUESTIONS)
    for version in versions:
        files = sorted(version.sources.glob("*.md"))
        changed = files[len(files) // 2]
        changed.write_text(changed.read_text("utf-8") + CHANGE, "utf-8")
        found.setdefault("one file changed, s", {})[version.name] = version.watch(*version.assistant("rebuild")).seconds
    found["first excerpts, cold, s"] = in_turn(versions, questions[0])
    for version in versions:
        asked = version.assistant("retrieve", questions[0])
        found.setdefault("its peak memory too, MB", {})[version.name] = measuring.peak(asked, version.root) / 1e6
    for version in versions:
        told = version.watch(sys.executable, "-c", ASK, version.sources, version.index, json.dumps(questions))
        found.setdefault("a warm retrieval, ms", {})[version.name] = 1000 * float(told.output)
    return found


def in_turn(versions: list[Version], question: str) -> dict[str, float]:
    """The median time of `assistant retrieve` in a new process; the first run of each warms the files."""
    times: dict[str, list[float]] = {version.name: [] for version in versions}
    for _ in range(RUNS + 1):
        for version in versions:
            times[version.name].append(version.watch(*version.assistant("retrieve", question)).seconds)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


if __name__ == "__main__":
    main()
