"""How a rebuild is going, and what one did, in words and as escaped HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from assistant.chat.rebuild import Status
from assistant.chat.render import button, icon
from assistant.chat.texts import Texts
from assistant.reports import BuildReport

STAGES = {
    "Starting": "library.stage_start",
    "Reading sources": "library.stage_read",
    "Splitting": "library.stage_split",
    "Loading the model": "library.stage_model",
    "Embedding passages": "library.stage_embed",
    "Writing the index": "library.stage_write",
    "Preparing the question encoder": "library.stage_encoder",
}
"""The words for each stage that a rebuild tells of."""


def progress(status: Status, say: Texts) -> dict[str, Any]:
    """For the script: the stage, the figures and what is worked on in words, and how much is done of the total."""
    stage = say(STAGES[status.stage]) if status.stage in STAGES else status.stage
    figures = say("library.of", done=say.number(status.done), total=say.number(status.total)) if status.total else ""
    figures = " · ".join(filter(None, (figures, status.doing)))
    return {"stage": stage, "figures": figures, "done": status.done, "total": status.total}


def outcome_html(status: Status, say: Texts) -> str:
    """How the last rebuild ended."""
    if status.error is not None:
        return _notice(say("library.failed", reason=status.error), say)
    if status.cancelled:
        return _notice(say("library.cancelled"), say)
    return report_html(status.report, say) if status.report else ""


def changed_html(files: Sequence[str], say: Texts) -> str:
    """That files have changed since the index was built, so that what they say now is not searched."""
    if not files:
        return ""
    others = len(files) - 1
    words = (
        say("library.changed_one", file=files[0])
        if not others
        else say("library.changed_many", file=files[0], others=say.count("other", others))
    )
    return f'<p class="notice" dir="auto">{escape(words)}</p>'


def report_html(report: BuildReport, say: Texts) -> str:
    """What a rebuild did, with every file that it left out and why."""
    done = say(
        "library.rebuilt",
        seconds=say.decimal(report.seconds, 1),
        sources=say.count("source", report.sources),
        passages=say.count("passage", report.passages),
    )
    figures = say(
        "library.figures",
        added=say.number(len(report.added)),
        changed=say.number(len(report.changed)),
        removed=say.number(len(report.removed)),
        unchanged=say.number(report.unchanged),
        files=say.count("file", report.files),
        partly=say.number(report.partly),
        left_out=say.number(len(report.skipped)),
    )
    lists = (
        ("library.added", report.added),
        ("library.changed", report.changed),
        ("library.removed", report.removed),
        ("library.left_out", (f"{skip.file}: {skip.reason}" for skip in report.skipped)),
        ("library.partly", (f"{item.file}: {item.reason}" for item in report.problems)),
    )
    told = "".join(_named(say(key), names) for key, names in lists)
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    return (
        f'<div class="outcome"><details class="report" open><summary>{escape(done)}</summary>'
        f"<p>{escape(figures)}</p>{told}{notes}</details>{_dismiss(say)}</div>"
    )


def _notice(words: str, say: Texts) -> str:
    return f'<div class="outcome"><p class="notice" role="alert">{escape(words)}</p>{_dismiss(say)}</div>'


def _dismiss(say: Texts) -> str:
    return button("small-icon", "dismiss", icon("close"), title=say("library.dismiss"))


def _named(heading: str, items: Iterable[str]) -> str:
    html = "".join(f'<li dir="auto">{escape(item)}</li>' for item in items)
    return f"<h3>{escape(heading)}</h3><ul>{html}</ul>" if html else ""
