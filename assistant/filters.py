"""Which sources a question is asked of: patterns, tags, publishers, dates; a mask over those of an index."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from assistant.analysis import fold
from assistant.errors import UsageError
from assistant.records import Filters, Metadata

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


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
        matches = [[_fits(source_id, pattern) for source_id in ids] for pattern in filters.sources]
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


def _fits(source_id: str, pattern: str) -> bool:
    wanted = unicodedata.normalize("NFC", pattern).casefold()
    path = source_id.casefold()
    return (
        path == wanted
        or any(fnmatchcase(name, wanted) for name in (path, path.rsplit("/", 1)[-1]))
        or path.startswith(wanted.rstrip("/") + "/")
    )


def _require(names: Sequence[str], matches: Sequence[Sequence[bool]], problem: str) -> None:
    for name, found in zip(names, matches, strict=True):
        if not any(found):
            raise UsageError(f"{problem} {name!r}: assistant sources lists them")


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
