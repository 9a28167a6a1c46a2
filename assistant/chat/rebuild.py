"""A rebuild started from the page: a child process whose progress every open page can follow.

A child can be cancelled, gives its memory back, and keeps torch out of the server.
"""

from __future__ import annotations

import json
import logging
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from assistant.child import start
from assistant.reports import BuildReport, Skipped

if TYPE_CHECKING:
    from assistant.library import Library

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 5.0
"""How long a cancelled child may take to end by itself."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where the rebuild stands; a `total` of 0 means that it is not known, and `doing` is what is worked on.

    `run` counts the rebuilds of this server.
    """

    run: int = 0
    running: bool = False
    cancelled: bool = False
    stage: str = ""
    done: int = 0
    total: int = 0
    doing: str = ""
    report: BuildReport | None = None
    error: str | None = None


class Rebuild:
    """The one rebuild that this server may have under way."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False
        self.status = Status()

    def start(self) -> None:
        """Start a rebuild, unless one is running."""
        with self._lock:
            if self.status.running:
                return
            errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed by _follow)
            self._child = start(self.command(), subprocess.PIPE, errors)
            self._cancelled = False
            self.status = Status(self.status.run + 1, running=True, stage="Starting")
            threading.Thread(target=self._follow, args=(self._child, errors), daemon=True).start()

    def cancel(self) -> None:
        """Stop the rebuild that is running, if one is; the index stays as it was."""
        with self._lock:
            child = self._child
            if child is None or child.poll() is not None:
                return
            self._cancelled = True
            child.terminate()
        try:
            child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    def command(self) -> list[str]:
        """The child's command line."""
        return self._library.rebuild_command("--json")

    def _follow(self, child: subprocess.Popen[str], errors: IO[str]) -> None:
        """Read the child's lines until it ends, then say how it ended."""
        report, run = None, self.status.run
        assert child.stdout is not None
        with child, errors:
            for line in child.stdout:
                event = _event(line)
                if event.get("event") == "progress":
                    self.status = Status(
                        run,
                        running=True,
                        stage=str(event.get("stage", "")),
                        done=int(event.get("done") or 0),
                        total=int(event.get("total") or 0),
                        doing=str(event.get("doing", "")),
                    )
                elif event.get("event") == "report":
                    report = _report(event)
            code = child.wait()
            errors.seek(0)
            said = errors.read().strip()
        if report is not None and code == 0:
            self.status = Status(run, report=report)
        elif self._cancelled:
            self.status = Status(run, cancelled=True)
        else:
            last = said.splitlines()[-1] if said else f"the rebuild ended with status {code} and said nothing"
            self.status = Status(run, error=last.removeprefix("assistant: "))


def _event(line: str) -> dict[str, Any]:
    """One line of the child's output; what is not an event of ours is logged and left out."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict):
        return event
    log.warning("the rebuild wrote a line that is not an event: %s", line.rstrip())
    return {}


def _report(event: dict[str, Any]) -> BuildReport:
    """The report that the last event carries."""
    fields = {name: value for name, value in event.items() if name != "event"}
    for name in ("added", "changed", "removed", "notes"):
        fields[name] = tuple(fields.get(name, ()))
    for name in ("skipped", "problems"):
        fields[name] = tuple(Skipped(**item) for item in fields[name])
    return BuildReport(**fields)
