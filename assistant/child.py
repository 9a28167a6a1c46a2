"""Rebuilds in a process of its own, which gives its memory back and can be cancelled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from assistant.library import Library


def rebuild_command(library: Library, *options: str) -> list[str]:
    """`assistant rebuild` with `options` for the folders and the model of a library."""
    # -P keeps modules that lie in the user's own folder out of the program.
    command = [sys.executable, "-P", "-m", "assistant", "rebuild", *options]
    command += ["--sources", str(library.sources), "--index", str(library.index)]
    return [*command, "--model", library.model] if library.model else command


def start(command: list[str], stdout: int | None = None, stderr: IO[str] | None = None) -> subprocess.Popen[str]:
    """Starts a command of this program, wherever the program stands; it is given no input."""
    paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
