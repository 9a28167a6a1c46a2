"""Plain data, as JSON holds it, back to the records that it was made from: the strict inverse of `dataclasses.asdict`.

Below the records, which use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def restore(kind: Any, value: object, place: str = "") -> Any:  # noqa: ANN401  # it makes whatever is asked for
    """The value of type `kind` that `value` was made from; `place` is where it stands, for the message.

    A field that the record does not know is left out, as those of later versions are; one that has a default may be
    missing, as it is in what an earlier version wrote.

    Raises:
        ValueError: the value does not fit; the message says where and why.
    """
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _record(kind, _of(dict, value, place), place)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None else restore(inner[0], value, place)
    if origin is tuple:
        return _items(inner, _of(list, list(value) if isinstance(value, tuple) else value, place), place)
    if origin is Mapping:
        return {name: restore(inner[1], item, f"{place}.{name}") for name, item in _of(dict, value, place).items()}
    if issubclass(kind, Enum):
        if value not in [member.value for member in kind]:
            raise ValueError(f"{place} is none of {', '.join(member.value for member in kind)}")
        return kind(value)
    return _of(kind, value, place)


def _record(kind: Any, values: Mapping[str, object], place: str) -> Any:  # noqa: ANN401
    types = _types(kind)
    given = {}
    for field in fields(kind):
        where = f"{place}.{field.name}" if place else field.name
        if field.name in values:
            given[field.name] = restore(types[field.name], values[field.name], where)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where} is missing")
    return kind(**given)


@cache
def _types(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    return get_type_hints(kind)


def _items(inner: tuple[Any, ...], values: list[object], place: str) -> tuple[Any, ...]:
    """A tuple of any length, of one type, or one with a type for each item."""
    kinds = [inner[0]] * len(values) if inner[-1] is Ellipsis else inner
    if len(kinds) != len(values):
        raise ValueError(f"{place} has {len(values)} items, not {len(kinds)}")
    return tuple(
        restore(kind, item, f"{place}[{number}]") for number, (kind, item) in enumerate(zip(kinds, values, strict=True))
    )


def _of(kind: type, value: object, place: str) -> Any:  # noqa: ANN401
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{place or 'it'} is not {_NAMES[kind]}")
    return value
