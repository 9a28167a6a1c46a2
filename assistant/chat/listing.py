"""The list of sources, and the rebuild's progress and report, as escaped HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from assistant.bibliography import count
from assistant.chat.rebuild import Status
from assistant.chat.render import button, notice_html, suggestions_html
from assistant.chat.texts import Texts, texts
from assistant.reports import BuildReport, SourceSummary


def welcome_html(suggestions: Sequence[str], sources: int, say: Texts) -> str:
    """What an empty chat shows."""
    promise = escape(say("ask.promise", sources=say.count("source", sources)))
    return f"<h2>{escape(say('ask.welcome'))}</h2><p>{promise}</p>{suggestions_html(suggestions, say)}"


def sources_html(sources: Sequence[SourceSummary]) -> str:
    """The list of sources; each opens in the reader, and `data-words` is what the filter looks in."""
    items = []
    titles = Counter(source.title for source in sources)
    for source in sources:
        file = source.id if titles[source.title] > 1 else None
        known = [file, source.metadata.publisher, source.metadata.issued and texts(None).date(source.metadata.issued)]
        details = "".join(f"<span>{escape(part)}</span>" for part in [*known, count(source.words, "word")] if part)
        described = [
            source.title,
            source.id,
            *known,
            source.metadata.covers,
            *source.metadata.authors,
            *source.metadata.tags,
        ]
        words = " ".join(part for part in described if part).lower()
        line = f'<span class="title">{escape(source.title)}</span><span class="details">{details}</span>'
        items.append(f'<li data-words="{escape(words)}">{button("source", "read", line, {"source": source.id})}</li>')
    return f'<ul class="sources">{"".join(items)}</ul>'


def status_html(status: Status) -> str:
    """The rebuild's progress, or how the last one ended."""
    if status.running:
        known = f' max="{status.total}" value="{status.done}"' if status.total else ""
        figures = f" {status.done:,} of {status.total:,}" if status.total else ""
        stage = escape(status.stage)
        return f'<div class="progress"><p>{stage}{figures}</p><progress aria-label="{stage}"{known}></progress></div>'
    if status.error is not None:
        return notice_html(f"The rebuild failed: {status.error}")
    if status.cancelled:
        return '<p class="notice">The rebuild was cancelled. The index is as it was before.</p>'
    return report_html(status.report) if status.report else ""


def changed_html(files: Sequence[str]) -> str:
    """That files have changed since the index was built, so that what they say now is not searched."""
    if not files:
        return ""
    what = escape(files[0]) if len(files) == 1 else f"{escape(files[0])} and {count(len(files) - 1, 'other file')}"
    has = "has" if len(files) == 1 else "have"
    return f'<p class="notice">{what} {has} changed since the last rebuild and will not be quoted until the next.</p>'


def report_html(report: BuildReport) -> str:
    """What a rebuild did, with every file that it left out and why."""
    done = f"Rebuilt in {report.seconds:.1f} s: {count(report.sources, 'source')}, {count(report.passages, 'passage')}."
    files = f"{count(report.files, 'file')} read, {report.partly:,} with a note, {len(report.skipped):,} left out."
    figures = [
        f"{len(ids):,} {word}"
        for word, ids in (("added", report.added), ("changed", report.changed), ("removed", report.removed))
    ]
    lists = "".join(
        _named(word, (escape(name) for name in names))
        for word, names in (("Added", report.added), ("Changed", report.changed), ("Removed", report.removed))
    )
    skipped = (f"{escape(skip.file)}: {escape(skip.reason)}" for skip in report.skipped)
    problems = (f"{escape(item.file)}: {escape(item.reason)}" for item in report.problems)
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    return (
        f'<details class="report" open><summary>{done}</summary>'
        f"<p>{', '.join(figures)}, {report.unchanged:,} unchanged. {files}</p>{lists}"
        f"{_named('Left out', skipped)}{_named('Read, with a note', problems)}{notes}</details>"
    )


def _named(heading: str, items: Iterable[str]) -> str:
    html = "".join(f"<li>{item}</li>" for item in items)
    return f"<h3>{heading}</h3><ul>{html}</ul>" if html else ""
