"""Metadata that a person wrote (front matter, sidecars) to the record: what is not valid is dropped, and told."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from assistant.readers.text import one_line
from assistant.records import Metadata

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]\d{1,2}:.*)?)?)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_T = TypeVar("_T")
_REFERENCE_KEYS = ("author", "title", "publisher", "date", "url")


def parse(text: str) -> tuple[Metadata, tuple[str, ...]]:
    """Metadata from YAML, and a line for each thing in it that cannot be used.

    Aliases are refused: a few lines of them can stand for more text than any memory holds.

    Raises:
        ValueError: this is not YAML, or no mapping; the message says where.
    """
    import yaml  # not needed to import the readers

    class Loader(yaml.BaseLoader):
        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.MarkedYAMLError(problem="an alias (*name) is not read; write it out", problem_mark=mark)
            return super().compose_node(parent, index)

    # BaseLoader leaves every scalar the string that was written: a date stays 2005-09, Norwegian stays `no`.
    try:
        values = yaml.load(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(one_line(f"{line}{error.problem or error.context}")) from error
    except yaml.YAMLError as error:
        raise ValueError(one_line(str(error))) from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except (ValueError, OverflowError) as error:
        raise ValueError("it holds a number or an escape that is out of range") from error
    if not isinstance(values, dict):
        raise ValueError("no list of fields")
    return from_mapping(values)


def from_mapping(values: Mapping[str, object]) -> tuple[Metadata, tuple[str, ...]]:
    """The record for these fields, and a line for each that cannot be used. Unknown fields are ignored."""
    problems: list[str] = []

    def take(valid: Callable[[object], _T | None], *keys: str) -> _T | None:
        key = next((key for key in keys if not _absent(values.get(key))), None)
        if key is None:
            return None
        value = valid(values[key])
        if value is None:
            problems.append(f"{key} is not usable and was left out: {one_line(str(values[key]))[:60]}")
        return value

    metadata = Metadata(
        title=take(_string, "title"),
        authors=take(_people, "authors", "author") or (),
        publisher=take(_string, "publisher"),
        issued=take(partial_date, "issued", "date"),
        covers=take(interval, "covers"),
        url=take(web_address, "url"),
        language=take(language_tag, "language"),
        tags=take(_tags, "tags") or (),
        type=take(_string, "type"),
        references=take(_references, "references") or (),
        accessed=take(partial_date, "accessed"),
    )
    return metadata, tuple(problems)


def merge(over: Metadata, under: Metadata) -> Metadata:
    """What `over` knows, and for the rest what `under` knows."""
    return replace(under, **{each.name: value for each in fields(over) if (value := getattr(over, each.name))})


def partial_date(value: object) -> str | None:
    """A date as 2005, 2005-09 or 2005-09-19; `None` if it is no date. A time of day is dropped.

    >>> partial_date("2005-9-19"), partial_date("2005-02-30"), partial_date("next spring")
    ('2005-09-19', None, None)
    """
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    numbers = [int(number) for number in match.groups() if number]
    try:
        datetime.date(*[*numbers, 1, 1][:3])
    except ValueError:
        return None
    return "-".join(f"{number:02}" for number in [f"{numbers[0]:04}", *numbers[1:]])


def interval(value: object) -> str | None:
    """A span of time as START/END, or one date; `None` if it is neither or ends before it starts."""
    dates = [partial_date(part) for part in value.split("/")] if isinstance(value, str) else []
    if len(dates) not in (1, 2) or None in dates:
        return None
    first, last = dates[0] or "", dates[-1] or ""
    shared = min(len(first), len(last))  # 2005-09/2005 is in order
    return "/".join(filter(None, dates)) if first[:shared] <= last[:shared] else None


def web_address(value: object) -> str | None:
    """An http or https address, else `None`: an address becomes a link, and a link must not run a script."""
    address = _string(value)
    return address if address and re.match(r"https?://[^\s]+$", address, re.IGNORECASE) else None


def language_tag(value: object) -> str | None:
    """A BCP 47 tag such as en or pt-BR, else `None`."""
    tag = (_string(value) or "").replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return None
    primary, dash, rest = tag.partition("-")
    return primary.lower() + dash + rest


def _absent(value: object) -> bool:
    return value is None or value in ("", "~", "null") or value == [] or value == {}


def _string(value: object) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None


def _people(value: object) -> tuple[str, ...] | None:
    """One name, or a list of names; a name is a string, or a mapping with `name` or with `family` and `given`."""
    names = [_name(item) for item in (value if isinstance(value, list) else [value])]
    return None if None in names else tuple(name for name in names if name)


def _name(value: object) -> str | None:
    if isinstance(value, dict):
        parts = [value.get("given"), value.get("family")]
        return _string(value.get("name")) or _string(" ".join(part for part in parts if isinstance(part, str)))
    return _string(value)


def _tags(value: object) -> tuple[str, ...] | None:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return tuple(dict.fromkeys(tag for tag in map(one_line, items) if tag))


def _references(value: object) -> tuple[Mapping[str, str], ...] | None:
    """A list of works, each a mapping or just a title; `None` if one of them is neither."""
    works = [_reference(item) for item in value] if isinstance(value, list) else [None]
    return None if None in works else tuple(work for work in works if work)


def _reference(value: object) -> dict[str, str] | None:
    fields = {"title": value} if isinstance(value, str) else value
    if not isinstance(fields, dict):
        return None
    found: dict[str, str] = {}
    for key in _REFERENCE_KEYS:
        valid = {"author": lambda item: "; ".join(_people(item) or ()), "url": web_address}.get(key, _string)
        text = valid(fields[key]) if key in fields else None
        if text:
            found[key] = text
    return found
