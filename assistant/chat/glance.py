"""The library at a glance: how much it holds, a histogram of the years, and the most frequent names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from assistant.chat.render import button
from assistant.chat.texts import Texts
from assistant.filters import period
from assistant.reports import Overview, SourceSummary

MAX_BARS = 60
MAX_NAMES = 10
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)
"""How many years a bar stands for."""

Bar = tuple[int, int, int]
"""First and last year, and how many sources are about any year of these."""


def bars(sources: Iterable[SourceSummary]) -> list[Bar]:
    """The histogram, without gaps; a source counts in each bar that its period touches."""
    periods = [(int(found[0][:4]), int(found[1][:4])) for each in sources if (found := period(each.metadata))]
    if not periods:
        return []
    first, last = min(start for start, _ in periods), max(end for _, end in periods)
    step = next(step for step in _STEPS if last // step - first // step < MAX_BARS)
    return [
        (
            max(first, year),
            min(last, year + step - 1),
            sum(start < year + step and end >= year for start, end in periods),
        )
        for year in range(first // step * step, last + 1, step)
    ]


def overview_html(overview: Overview, shown: Sequence[Bar], say: Texts) -> str:
    """Everything, to be folded away."""
    figures = (
        say.count("document", overview.documents),
        say.count("passage", overview.passages),
        say.count("word", overview.words),
    )
    line = "".join(f"<span>{escape(figure)}</span>" for figure in figures)
    names = "".join(
        f"<li>{button('name', 'name', _name(each.name, each.sources, say), {'name': each.name})}</li>"
        for each in sorted(overview.names[:MAX_NAMES], key=lambda each: -each.sources)
    )
    names = f"<h3>{escape(say('library.names_heading'))}</h3><ul class='names'>{names}</ul>" if names else ""
    return (
        f'<details class="overview"><summary><span class="details">{line}</span></summary>'
        f"{histogram_html(shown, overview.undated, say)}{names}</details>"
    )


def histogram_html(shown: Sequence[Bar], undated: int, say: Texts) -> str:
    """A bar for each year or span of years, all buttons, of which the keyboard stops at one (see library.js)."""
    none = say("library.undated", sources=say.count("source", undated)) if undated else ""
    if not shown:
        return f'<p class="hint">{escape(none)}</p>' if none else ""
    highest = max(count for _, _, count in shown)
    columns: list[str] = []
    for first, last, count in shown:
        years = str(first) if first == last else f"{first}–{last}"
        words = escape(say("library.bar", years=years, sources=say.count("source", count)))
        columns.append(
            f'<button type="button" data-do="years" data-from="{first:04}" data-to="{last:04}" aria-label="{words}" '
            f'tabindex="{-1 if columns else 0}"><span style="height:{100 * count / highest:.3g}%"></span></button>'
        )
    heading = escape(say("library.years"))
    return (
        f'<h3>{heading}<span class="figure" aria-hidden="true" data-words="{escape(none)}">{escape(none)}</span></h3>'
        f'<div class="years" role="toolbar" aria-label="{heading}">{"".join(columns)}</div>'
        f'<p class="axis"><span>{shown[0][0]}</span><span>{shown[-1][1]}</span></p>'
    )


def _name(name: str, sources: int, say: Texts) -> str:
    heard = escape(say("library.name_in", sources=say.count("source", sources)))
    return (
        f'<span dir="auto">{escape(name)}</span><i aria-hidden="true">{say.number(sources)}</i>'
        f'<span class="unseen-words">, {heard}</span>'
    )
