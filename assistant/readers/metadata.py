"""Fields of metadata (front matter, sidecars, bibliographies) to the record: what is not valid is dropped, and told.

Besides those that `Metadata` names, fields may be any variable of CSL 1.0.2 (container-title, DOI, editor ...).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

from assistant.readers import csl
from assistant.readers.csl import partial_date as partial_date
from assistant.readers.text import one_line
from assistant.records import Metadata

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_T = TypeVar("_T")
_REFERENCE_KEYS = ("author", "title", "publisher", "date", "url")
_SHORT_FORMS = {"doi": "DOI", "isbn": "ISBN", "issn": "ISSN", "pmid": "PMID", "pmcid": "PMCID"}
_ALIASES = {"author": "authors", "date": "issued", "URL": "url", "keyword": "tags", **_SHORT_FORMS}
_NAMED = frozenset(
    ("title", "authors", "publisher", "issued", "covers", "url", "language", "tags", "type", "references", "accessed")
)
_VARIABLES = csl.TEXTS | csl.DATES | (csl.NAMES - {"author"})


def parse(text: str, only: bool = False) -> tuple[Metadata, tuple[str, ...]]:
    """Metadata from YAML, and a line for each thing in it that cannot be used.

    With `only` it should hold nothing else, so that fields of other names are told: they may be misspelt. Aliases are
    refused: a few lines of them can stand for more text than any memory holds.

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
    metadata, problems = from_mapping(values)
    unknown = [name for name in values if field_name(name) is None] if only else []
    return metadata, (*problems, *(f"there is no field {one_line(str(name))[:60]!r}" for name in unknown))


def field_name(name: str) -> str | None:
    """The chief name of a field that has several, such as authors for author; `None` if there is no such field."""
    chief = _ALIASES.get(name, name)
    return chief if chief in _NAMED | _VARIABLES else None


def from_mapping(values: Mapping[str, object]) -> tuple[Metadata, tuple[str, ...]]:
    """The record for these fields, and a line for each that cannot be used. Unknown fields are ignored.

    A name is a string or a mapping: “Family, Given” and {family, given} have parts, {literal} is an organisation, and a
    string without a comma is taken as it stands.
    """
    problems: list[str] = []

    def take(valid: Callable[[object], _T | None], *keys: str) -> _T | None:
        key = next((key for key in keys if not _absent(values.get(key))), None)
        if key is None:
            return None
        value = valid(values[key])
        if value is None:
            problems.append(_unusable(key, values[key]))
        return value

    people = take(csl.names, "authors", "author") or ()
    variables = _variables(values, take)
    if _has_parts(next((values[key] for key in ("authors", "author") if not _absent(values.get(key))), None)):
        variables["author"] = [dict(person) for person in people]
    metadata = Metadata(
        title=take(csl.plain, "title"),
        authors=tuple(map(csl.spelled, people)),
        publisher=take(csl.plain, "publisher"),
        issued=take(partial_date, "issued", "date"),
        covers=take(interval, "covers"),
        url=take(web_address, "url", "URL"),
        language=take(language_tag, "language"),
        tags=take(_tags, "tags", "keyword") or (),
        type=take(_type, "type"),
        references=take(_references, "references") or (),
        accessed=take(partial_date, "accessed"),
        csl=variables,
    )
    return metadata, tuple(problems)


def _variables(values: Mapping[str, object], take: Callable[..., Any]) -> dict[str, Any]:
    """The variables of CSL among fields, those that `Metadata` names apart."""
    found: dict[str, Any] = {}
    for key in values:
        variable = _SHORT_FORMS.get(key, key) if isinstance(key, str) else ""
        if variable not in _VARIABLES or variable in found:
            continue
        if variable in csl.NAMES:
            people = take(csl.names, key)
            value: Any = people and [dict(person) for person in people]
        elif variable in csl.DATES:
            date = take(partial_date, key)
            value = date and csl.parts_of(date)
        else:
            value = take(partial(csl.text_variable, variable), key)
        if value:
            found[variable] = value
    return found


def _has_parts(value: object) -> bool:
    """Whether the parts of any of these names are known, or one of them is said to have none."""
    people = value if isinstance(value, list) else [value]
    return any(isinstance(person, Mapping) or (isinstance(person, str) and csl.inverted(person)) for person in people)


def _unusable(key: str, value: object) -> str:
    shown = f"{key} is not usable and was left out: {one_line(str(value))[:60]}"
    if key == "type":
        return f"{shown} (it must be a type of CSL, such as report or article-journal)"
    return f"{shown} (write 2005, 2005-09 or 2005-09-19)" if key in ("issued", "date", "accessed") else shown


def merge(over: Metadata, under: Metadata) -> Metadata:
    """What `over` knows, and for the rest what `under` knows; variables of CSL one by one.

    The parts of the authors' names go with the authors, short titles with the titles, and the day of access with the
    address.
    """
    merged = replace(under, **{each.name: value for each in fields(over) if (value := getattr(over, each.name))})
    variables = {**under.csl, **over.csl}
    if over.authors and over.authors != under.authors and "author" not in over.csl:
        variables.pop("author", None)
    if over.title and over.title != under.title and "title-short" not in over.csl:
        variables.pop("title-short", None)
    if variables.get("container-title") != under.csl.get("container-title") and "container-title-short" not in over.csl:
        variables.pop("container-title-short", None)
    accessed = merged.accessed if over.accessed or merged.url == under.url else None
    return replace(merged, csl=variables, accessed=accessed)


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


def _shown_names(value: object) -> str:
    """Names as they are displayed; those in strings as they are written."""
    shown = (
        _string(each) or csl.spelled(csl.name(each) or {"literal": ""})
        for each in (value if isinstance(value, list) else [value])
    )
    return "; ".join(filter(None, shown))


def _type(value: object) -> str | None:
    return value if isinstance(value, str) and value in csl.TYPES else None


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
        valid = {"author": _shown_names, "url": web_address}.get(key, _string)
        text = valid(fields[key]) if key in fields else None
        if text:
            found[key] = text
    return found
