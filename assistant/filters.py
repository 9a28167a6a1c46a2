"""Which sources a question is asked of: patterns, tags, publishers, dates; a mask over those of an index."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from assistant.analysis import find_phrase, fold
from assistant.errors import UsageError
from assistant.records import Filters, Metadata

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
QUOTED = re.compile(r"(?<!\w)\"[^\"]+\"|“[^“”]+”|„[^„“”]+[“”]|«[^«»]+»")
"""Words in quotation marks, straight or typographic: a phrase of a question, or the value of an operator."""
_OPERATORS = {"in": "sources", "tag": "tags", "publisher": "publishers", "after": "after", "before": "before"}
"""What an operator in a question is called, and the field of the filters that it gives."""
_OPERATOR = re.compile(
    rf"(?:^|\s)(?P<name>{'|'.join(_OPERATORS)}):"
    rf"(?:(?P<quoted>{QUOTED.pattern})|(?P<bare>[^\s\"“”„«»](?:\S*[^\s.,;:!?])?))(?P<marks>[.,;:!?]*)(?=\s|$)"
    rf"|{QUOTED.pattern}",
    re.IGNORECASE,
)


def make_filters(
    *,
    sources: Sequence[str] | str | None = None,
    tags: Sequence[str] | str | None = None,
    publishers: Sequence[str] | str | None = None,
    after: str | int | None = None,
    before: str | int | None = None,
) -> Filters:
    """Filters from what a caller gave.

    Raises:
        UsageError: a date is not a partial ISO date, or no time lies between the two.
    """
    made = Filters(_several(sources), _several(tags), _several(publishers), _date(after), _date(before))
    if made.after and made.before and _first_day(made.after) > _last_day(made.before):
        raise UsageError(f"nothing lies after {made.after} and before {made.before}: exchange the dates")
    return made


def take_operators(question: str, filters: Filters) -> tuple[str, Filters]:
    """A question without the operators typed in it, and the filters that these and `filters` make together.

    What is typed replaces that field of `filters`; names and patterns may be typed several times, of dates the last
    counts. Operators within quotation marks are words like others, and so is one without a value.

    >>> text, filters = take_operators('When was it lit in:"Skarn Point" after:1870?', Filters(tags=("harbour",)))
    >>> text, filters.sources, filters.tags, filters.after
    ('When was it lit?', ('Skarn Point',), ('harbour',), '1870')

    Raises:
        UsageError: a date is not a partial ISO date, or no time lies between the two.
    """
    typed: dict[str, list[str]] = {}

    def take(match: re.Match[str]) -> str:
        value = match["bare"] or (match["quoted"] or "")[1:-1].strip()
        if not value:
            return match.group()
        typed.setdefault(_OPERATORS[match["name"].casefold()], []).append(value)
        return match["marks"]

    text = _OPERATOR.sub(take, question).strip()
    if not typed:
        return text, filters
    last = {name: values[-1] if name in ("after", "before") else values for name, values in typed.items()}
    return text, make_filters(**{**asdict(filters), **last})


def _several(value: Sequence[str] | str | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _date(value: str | int | None) -> str | None:
    if value is None or value == "":
        return None
    date = str(value)
    try:
        datetime.date.fromisoformat(_first_day(date) if _DATE.fullmatch(date) else "")
    except ValueError as error:
        raise UsageError(f"{date[:40]!r} is not a date: write 2005, 2005-09 or 2005-09-19") from error
    return date


def select(filters: Filters, ids: Sequence[str], metadata: Sequence[Metadata]) -> tuple[npt.NDArray[np.bool_], int]:
    """A mask of the sources that pass, shape (len(ids),), and how many undated ones a date filter left out.

    Raises:
        UsageError: a pattern, a tag or a publisher fits no source at all.
    """
    chosen = np.ones(len(ids), bool)
    if filters.sources:
        matches = [_fitting(pattern, ids, metadata) for pattern in filters.sources]
        _require(filters.sources, matches, "no source fits")
        chosen &= np.any(np.array(matches, bool), axis=0)
    if filters.tags:
        matches = [[tag.casefold() in map(str.casefold, known.tags) for known in metadata] for tag in filters.tags]
        _require(filters.tags, matches, "no source has the tag")
        chosen &= np.any(np.array(matches, bool), axis=0)
    if filters.publishers:
        known_as = [fold(known.publisher or "") for known in metadata]
        matches = [[bool(name) and fold(name) == publisher for publisher in known_as] for name in filters.publishers]
        _require(filters.publishers, matches, "no source has the publisher")
        chosen &= np.any(np.array(matches, bool), axis=0)
    undated = 0
    if filters.after or filters.before:
        periods = [period(known) for known in metadata]
        undated = sum(1 for number, found in enumerate(periods) if found is None and chosen[number])
        chosen &= np.array([found is not None and _within(found, filters) for found in periods], bool)
    return chosen, undated


def _fitting(pattern: str, ids: Sequence[str], metadata: Sequence[Metadata]) -> list[bool]:
    """Which sources a pattern means: the one of that id; else those that it fits as a path, or whose title has it."""
    pattern = unicodedata.normalize("NFC", pattern)
    named = [unicodedata.normalize("NFC", source_id) == pattern for source_id in ids]
    if any(named):
        return named
    wanted = pattern.casefold()
    of_paths = wanted.endswith("/") or any(sign in wanted for sign in "*[")  # never words of a title
    return [
        _fits(source_id.casefold(), wanted)
        or (not of_paths and next(find_phrase(known.title or "", pattern), None) is not None)
        for source_id, known in zip(ids, metadata, strict=True)
    ]


def _fits(path: str, wanted: str) -> bool:
    return (
        path == wanted
        or any(fnmatchcase(name, wanted) for name in (path, path.rsplit("/", 1)[-1]))
        or path.startswith(wanted.rstrip("/") + "/")
    )


def _require(names: Sequence[str], matches: Sequence[Sequence[bool]], problem: str) -> None:
    for name, found in zip(names, matches, strict=True):
        if not any(found):
            raise UsageError(f"{problem} {name[:60]!r}: assistant sources lists them")


def period(known: Metadata) -> tuple[str, str] | None:
    """The first and last day that a source is about, else was issued on; None where neither is known.

    >>> period(Metadata(covers="1994-10-21/2003"))
    ('1994-10-21', '2003-12-31')
    """
    stated = known.covers or known.issued
    if not stated:
        return None
    first, _, last = stated.partition("/")
    return _first_day(first), _last_day(last or first)


def _first_day(date: str) -> str:
    return date + "-01-01"[len(date) - 4 :] if len(date) < 10 else date


def _last_day(date: str) -> str:
    return date + "-12-31"[len(date) - 4 :] if len(date) < 10 else date


def _within(found: tuple[str, str], filters: Filters) -> bool:
    return (not filters.after or found[1] >= _first_day(filters.after)) and (
        not filters.before or found[0] <= _last_day(filters.before)
    )
