"""Starts this program again as a child process, wherever it stands; never through `multiprocessing`.

That would run a user's own script again, if it is not guarded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of this program."""
    # -P keeps modules that lie in the user's own folder out of the program.
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """The environment in which a child finds this program and speaks UTF-8."""
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def start(
    command: list[str], stdout: int | None = None, stderr: IO[str] | None = None, env: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Starts a child that is given no input, in `env` or, if that is None, `environment()`."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        env=env or environment(),
    )
