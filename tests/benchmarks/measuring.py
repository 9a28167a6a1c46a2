"""What every benchmark of speed needs: the machine in words, child processes that are watched, tables and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parent.parent.parent
LIBRARIES = ("torch", "sentence-transformers", "onnxruntime", "faiss-cpu", "tantivy", "gradio", "bm25s", "txtai")
Rows = list[Sequence[str]]
_PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a child process did: its wall time in seconds, its peak memory in bytes (0: not seen), what it printed."""

    seconds: float
    peak: int
    output: str


def arguments(about: str | None) -> argparse.ArgumentParser:
    """A command line with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks", help="where JSON and plot go")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    return parser


def environment(root: Path | None = None) -> dict[str, str]:
    """That of a child which finds this program, or the one at `root`, and whose libraries ask no hub for anything."""
    paths = [str(root or ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1"}


def assistant(*options: object) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "assistant", *map(str, options)]


def watch(command: Sequence[str], every: float | None = None, root: Path | None = None) -> Watched:
    """Runs a command to its end; with `every`, its memory and that of its own children is looked at that often (s).

    With `root`, it runs in that folder, with the program that stands there.

    Raises:
        SystemExit: the command failed.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment(root), cwd=root
    )
    seen = [0]
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(child.pid, every, ended, seen))
    if every:
        sampler.start()
    output, errors = child.communicate()
    seconds = time.perf_counter() - started
    ended.set()
    if every:
        sampler.join()
    if child.returncode:
        sys.exit(f"{' '.join(command)[:200]} failed: {errors[-2000:]}")
    return Watched(seconds, seen[0], output)


def peak(command: Sequence[str], root: Path | None = None) -> int:
    """The peak memory of a short command in bytes, as the system counts it; 0 where it does not (on Windows)."""
    if sys.platform == "win32":
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return int(watch([sys.executable, "-c", _PEAK, *command], root=root).output) * unit


def _sample(pid: int, every: float | None, ended: threading.Event, seen: list[int]) -> None:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        while not ended.wait(every):
            seen[0] = max(seen[0], sum(memory(each) for each in (process, *process.children(recursive=True))))


def memory(process: psutil.Process | None = None) -> int:
    """The resident memory of a process (None: this one) in bytes, mapped files included; 0 if it has ended."""
    try:
        return int((process or psutil.Process()).memory_info().rss)
    except psutil.Error:
        return 0


def machine() -> dict[str, Any]:
    """The machine in plain data, with the fastest matrix products that torch makes on it, in GFLOP/s, measured."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False),
        "threads": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: found for name in LIBRARIES if (found := _version(name))},
        **peaks(),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def peaks(rounds: int = 7) -> dict[str, float]:
    """GFLOP/s of a product of 2048 x 2048 in float32, and of a layer of 4096 x 384 x 1536 in bfloat16: the best."""
    import torch

    square = torch.rand(2048, 2048)
    rows, weights = torch.rand(4096, 384, dtype=torch.bfloat16), torch.rand(1536, 384, dtype=torch.bfloat16)
    with torch.inference_mode():
        single = min(timed(lambda: square @ square) for _ in range(rounds))
        half = min(timed(lambda: torch.nn.functional.linear(rows, weights)) for _ in range(rounds))
    return {
        "fp32_gflops": round(2 * 2048**3 / single / 1e9, 1),
        "bf16_gflops": round(2 * 4096 * 384 * 1536 / half / 1e9, 1),
    }


def timed(work: Callable[[], object]) -> float:
    """How many seconds something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    return {
        "median": round(1000 * statistics.median(seconds), 3),
        "p95": round(1000 * float(np.percentile(seconds, 95)), 3),
    }


def table(head: Sequence[str], rows: Rows, markdown: bool) -> None:
    """Prints a table: aligned, or as Markdown."""
    if markdown:
        lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")  # noqa: T201
        return
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip())  # noqa: T201
    print()  # noqa: T201


def write_json(out: Path, name: str, measured: Mapping[str, Any]) -> None:
    """Writes what was measured to `name`.json in the folder `out`, and says so."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    path.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"written: {path}")  # noqa: T201
