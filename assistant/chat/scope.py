"""What is searched: the filters that the page sends, in words, and what there is to choose from, as escaped HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from assistant.chat.render import button, icon
from assistant.chat.texts import Texts
from assistant.records import NO_FILTERS, Filters
from assistant.reports import Scope, SourceSummary

MANY = 200
"""The most tags, and publishers, that there are to choose from: those of most sources."""


def filters_of(request: Mapping[str, Any]) -> Filters:
    """The filters that the page sent, which are not trusted: what has not the form of one is left out."""
    sent = request.get("filters")
    values = sent if isinstance(sent, dict) else {}

    def several(name: str) -> tuple[str, ...]:
        given = values.get(name)
        return tuple(str(each) for each in given) if isinstance(given, list) else ()

    def one(name: str) -> str | None:
        return str(values.get(name) or "").strip() or None

    return Filters(several("sources"), several("tags"), several("publishers"), one("after"), one("before"))


def narrowing(filters: Filters) -> dict[str, Any]:
    """The filters as the arguments of `Library.ask` and its like."""
    return asdict(filters)


def terms(filters: Filters, titles: Mapping[str, str], say: Texts) -> list[tuple[str, str, str]]:
    """Each filter: its field, its value there, and the words that are shown for it; `titles` are by source id."""
    shown = [("sources", each, titles.get(each, each)) for each in filters.sources]
    shown += [("tags", each, say("scope.tag", tag=each)) for each in filters.tags]
    shown += [("publishers", each, each) for each in filters.publishers]
    if filters.after:
        shown.append(("after", filters.after, say("scope.after", date=say.date(filters.after))))
    if filters.before:
        shown.append(("before", filters.before, say("scope.before", date=say.date(filters.before))))
    return shown


def scope_html(scope: Scope, filters: Filters, titles: Mapping[str, str], say: Texts) -> str:
    """What is searched, with each filter to be taken away."""
    if filters == NO_FILTERS:
        one = scope.total == 1
        words = say("scope.only") if one else say("scope.all", sources=say.count("source", scope.total))
        return f"<span>{escape(words)}</span>{_change(say)}"
    total = say.count("source", scope.total)
    words = say("scope.some", n=say.number(scope.searched), sources=total) if scope.searched else say("scope.none")
    left_out = escape(say("scope.undated", sources=say.count("source", scope.undated))) if scope.undated else ""
    return f"<span>{escape(words)}</span>{_chips(filters, titles, say)}<span>{left_out}</span>{_all(say)}{_change(say)}"


def wrong_html(reason: str, filters: Filters, titles: Mapping[str, str], say: Texts) -> str:
    """That the filters cannot be applied, and why."""
    return f'<span class="wrong">{escape(reason)}</span>{_chips(filters, titles, say)}{_all(say)}'


def _chips(filters: Filters, titles: Mapping[str, str], say: Texts) -> str:
    chips = ""
    for field, value, shown in terms(filters, titles, say):
        away = button("chip-away", "unfilter", icon("close"), {"field": field, "value": value})
        named = away.replace("<button", f'<button aria-label="{escape(say("scope.remove", filter=shown))}"', 1)
        chips += f'<span class="chip"><span dir="auto">{escape(shown)}</span>{named}</span>'
    return chips


def _all(say: Texts) -> str:
    return button("text-button", "all", escape(say("scope.clear")))


def _change(say: Texts) -> str:
    return button("text-button", "narrow", escape(say("scope.change")))


def choices_html(sources: Sequence[SourceSummary], filters: Filters, say: Texts) -> str:
    """The filters to choose from: dates, publishers and tags, each with how many sources it leaves."""
    publishers = Counter(source.metadata.publisher for source in sources if source.metadata.publisher)
    tags = Counter(tag for source in sources for tag in source.metadata.tags)
    dates = "".join(
        f'<label>{escape(say(f"scope.{field}_label"))}<input type="text" data-filter="{field}" inputmode="numeric"'
        f' autocomplete="off" maxlength="10" placeholder="{escape(say("scope.date_form"))}"'
        f' value="{escape(getattr(filters, field) or "")}"></label>'
        for field in ("after", "before")
    )
    return (
        f'<details class="narrow"><summary>{escape(say("scope.change"))}</summary>'
        f'<div class="dates" role="group" aria-label="{escape(say("scope.dates"))}">{dates}</div>'
        f"{_checks('publishers', publishers, filters.publishers, say)}"
        f"{_checks('tags', tags, filters.tags, say)}</details>"
    )


def _checks(field: str, found: Counter[str], chosen: Iterable[str], say: Texts) -> str:
    """The values of a field, those of most sources first; nothing where there is none."""
    marked = {each.casefold() for each in chosen}
    items = "".join(
        f'<label><input type="checkbox" data-filter="{field}" value="{escape(value)}"'
        f"{' checked' if value.casefold() in marked else ''}>"
        f'<span dir="auto">{escape(value)}</span> <span class="figure">{say.number(number)}</span></label>'
        for value, number in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MANY]
    )
    return f"<fieldset><legend>{escape(say(f'scope.{field}'))}</legend>{items}</fieldset>" if items else ""
