"""How long a first answer takes in a new process, against sentence-transformers' first vector in one.

    python tests/benchmarks/cold_start.py [RUNS]

Needs an index (`assistant rebuild`). Prints the median wall time and the peak memory of both, and their ratios, from
one run on one machine; memory is measured where the system tells it (not on Windows).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ANSWER = [sys.executable, "-m", "assistant", "ask", "When was KEDO founded?"]
FIRST_VECTOR = [
    sys.executable,
    "-c",
    "from assistant.embedding import PassageEncoder, DEFAULT_MODEL\n"
    "PassageEncoder(DEFAULT_MODEL).encode_queries(['When was KEDO founded?'])",
]
MEMORY = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); \
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def seconds(command: list[str], runs: int) -> float:
    """The median wall time of a command."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def megabytes(command: list[str]) -> float:
    """The peak memory of a command."""
    unit = 1e6 if sys.platform == "darwin" else 1e3
    done = subprocess.run([sys.executable, "-c", MEMORY, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) / unit


def main() -> None:
    """Runs both and prints a table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    subprocess.run(ANSWER, check=True, capture_output=True)  # both start with warm files
    rows = {"answer": ANSWER, "sentence-transformers, first vector": FIRST_VECTOR}
    times = {name: seconds(command, runs) for name, command in rows.items()}
    for name, taken in times.items():
        print(f"{name:36} {taken:6.2f} s")  # noqa: T201
    fast, slow = times.values()
    print(f"{'ratio':36} {slow / fast:6.1f}")  # noqa: T201
    if sys.platform != "win32":
        for name, command in rows.items():
            print(f"{name:36} {megabytes(command):6.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
