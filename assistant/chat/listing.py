"""The list of sources, the files that are not searched, and what was removed, as escaped HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

from assistant.chat.render import button, icon, suggestions_html
from assistant.chat.texts import Texts
from assistant.completeness import whole_names
from assistant.reports import FileCondition, FileState, Removal, SourceSummary

MAX_FILES = 200
"""How many files a group shows; of the others there is only the number."""
GAPS = {
    "title": "library.no_title",
    "author": "library.no_author",
    "date": "library.no_date",
    "publisher": "library.no_publisher",
}
CONDITIONS = {
    FileCondition.CHANGED: "library.state_changed",
    FileCondition.MISSING: "library.state_missing",
    FileCondition.PARTLY: "library.state_partly",
}
"""The words for what has become of the file of a source; one that is indexed as it is needs none."""


def welcome_html(suggestions: Sequence[str], sources: int, say: Texts) -> str:
    """What an empty chat shows."""
    promise = escape(say("ask.promise", sources=say.count("source", sources)))
    return f"<h2>{escape(say('ask.welcome'))}</h2><p>{promise}</p>{suggestions_html(suggestions, say)}"


def rows(sources: Sequence[SourceSummary], say: Texts) -> list[dict[str, str]]:
    """The sources for the list: of each its `id`, its `html`, and the `words` that the filter looks in."""
    titles = Counter(source.title for source in sources)
    return [
        {"id": source.id, "words": _words(source, say), "html": row_html(source, titles[source.title] > 1, say)}
        for source in sources
    ]


def row_html(source: SourceSummary, ambiguous: bool, say: Texts) -> str:
    """A source with what can be done with it; where its title is `ambiguous`, its file tells it apart."""
    known = source.metadata
    parts = [
        source.id if ambiguous else None,
        known.publisher,
        known.issued and say.date(known.issued),
        say.count("word", source.words),
    ]
    details = "".join(f"<span>{escape(part)}</span>" for part in parts if part)
    line = f'<span class="title" dir="auto">{escape(source.title)}</span><span class="details">{details}</span>'
    one, title = {"source": source.id}, source.title
    actions = (
        button("quiet-button", "only", _of(say("library.only"), title), one)
        + button("quiet-button", "details", _of(lacks(source, say) or say("library.details"), title), one)
        + button("small-icon", "remove", icon("remove"), one, say("library.remove_of", title=title))
    )
    return (
        f'<li data-source="{escape(source.id)}">{button("source", "read", line, one)}<div class="condition"></div>'
        f'<div class="row-actions">{actions}</div></li>'
    )


def lacks(source: SourceSummary, say: Texts) -> str:
    """What a citation of a source lacks, in words; empty if it lacks nothing."""
    gaps = ", ".join(say(GAPS[gap.value]) for gap in source.missing)
    said = [say("library.missing", gaps=gaps)] if gaps else []
    said += [say("library.names")] if whole_names(source.metadata) else []
    return "; ".join(said)


def conditions(states: Iterable[FileState], say: Texts) -> dict[str, str]:
    """What has become of the files of sources, by the ids of these; those that are indexed as they are have none."""
    return {
        source_id: _condition_html(state, say)
        for state in states
        if state.condition in CONDITIONS
        for source_id in state.source_ids
    }


def files_html(states: Sequence[FileState], say: Texts) -> str:
    """The files that are not searched, in groups, each with the reasons."""
    alone = [state for state in states if not state.source_ids]
    groups = (
        ("new", [state for state in alone if state.condition is FileCondition.NEW]),
        ("refused", [state for state in alone if state.condition is FileCondition.REFUSED]),
        ("beside", [state for state in alone if state.condition in CONDITIONS]),
    )
    return "".join(_group_html(name, found, say) for name, found in groups if found)


def trash_html(removals: Sequence[Removal], say: Texts) -> str:
    """What was removed, to be put back."""
    if not removals:
        return ""
    items = []
    for removal in removals[:MAX_FILES]:
        title = removal.files[0]
        back = button("quiet-button", "back", _of(say("library.put_back"), title), {"removal": removal.id})
        when = say("library.removed_on", date=say.date(removal.when[:10]))
        items.append(_file_html(title, (*removal.files[1:], when), back))
    where = f'<p class="hint">{escape(say("library.trash_where"))}</p>'
    return _folded("trash", say("library.trash", n=say.number(len(removals))), where, items, len(removals), say)


def _group_html(name: str, states: Sequence[FileState], say: Texts) -> str:
    items = []
    for state in islice(states, MAX_FILES):
        words = say("library.remove_of", title=state.file)
        remove = button("small-icon", "remove", icon("remove"), {"source": state.file}, words)
        items.append(_file_html(state.file, state.reasons, "" if name == "beside" else remove))
    summary = say(f"library.files_{name}", files=say.count("file", len(states)))
    return _folded(name, summary, "", items, len(states), say)


def _folded(name: str, summary: str, before: str, items: Sequence[str], count: int, say: Texts) -> str:
    more = f'<p class="hint">{escape(say("library.more", n=say.number(count - len(items))))}</p>'
    return (
        f'<details class="files" data-group="{name}"><summary>{escape(summary)}</summary>{before}'
        f"<ul>{''.join(items)}</ul>{more if count > len(items) else ''}</details>"
    )


def _file_html(name: str, said: Iterable[str], action: str) -> str:
    lines = "".join(f'<span dir="auto">{escape(line)}</span>' for line in said)
    return f'<li><p><b dir="auto">{escape(name)}</b>{lines}</p>{action}</li>'


def _condition_html(state: FileState, say: Texts) -> str:
    words, style = escape(say(CONDITIONS[state.condition])), state.condition.value
    if not state.reasons:
        return f'<p class="{style}">{words}</p>'
    reasons = "".join(f'<li dir="auto">{escape(reason)}</li>' for reason in state.reasons)
    return f'<details class="{style}"><summary>{words}</summary><ul>{reasons}</ul></details>'


def _words(source: SourceSummary, say: Texts) -> str:
    """What the filter looks in."""
    known = source.metadata
    issued = say.date(known.issued) if known.issued else None
    parts = [source.title, source.id, known.publisher, issued, known.covers, *known.authors, *known.tags]
    return " ".join(part for part in parts if part).lower()


def _of(words: str, title: str) -> str:
    """The words of a button that is there for each source, with the one that it is for."""
    return f'{escape(words)}<span class="unseen-words">: {escape(title)}</span>'
