"""CSL-JSON, the input of CSL 1.0.2 processors (csl-data.json), as Zotero and other reference managers export it.

It names no attachments. Accepted are the list itself and an object whose `items` are the list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assistant.readers import csl
from assistant.readers.catalogue.item import Item
from assistant.readers.metadata import language_tag
from assistant.readers.text import one_line

_OTHER_NAMES = {
    "shortTitle": "title-short",
    "journalAbbreviation": "container-title-short",
    "event": "event-title",
    "printing": "printing-number",
}
"""Variables of older versions of CSL that are still written."""
_DATES = ("issued", "accessed", *sorted(csl.DATES))


def read(text: str) -> tuple[list[Item], list[str]]:
    """The items, and a line for each thing that is none."""
    try:
        values = json.loads(text)
    except RecursionError:
        return [], ["it was left out: nested too deeply; export it again as CSL JSON"]
    except ValueError as error:
        line = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        return [], [f"it was left out: it is not JSON ({line}); export it again as CSL JSON"]
    listed = values.get("items") if isinstance(values, dict) else values
    if not isinstance(listed, list):
        return [], ["it was left out: it is no list of items; export it again as CSL JSON"]
    items, problems = [], []
    for number, value in enumerate(listed, 1):
        if not isinstance(value, dict):
            problems.append(f"item {number} was left out: it is no object; export it again as CSL JSON")
        elif "itemType" in value:
            problems.append(f"item {number} was left out: it is Zotero's or Better BibTeX's own JSON; export CSL JSON")
        else:
            items.append(_item(number, value))
    return items, problems


def _item(number: int, value: Mapping[str, Any]) -> Item:
    key = one_line(str(value.get("id", "")))[:60]
    item = Item(f"item {number}" + (f" ({key})" if key else ""))
    for name, known in value.items():
        variable = _OTHER_NAMES.get(name, name)
        if variable in _DATES:
            item.put_date(variable, known, _shown(known))
        elif variable in csl.NAMES:
            item.put(variable, known if isinstance(known, list) else [known])
        elif variable == "URL":
            item.put_address(known)
        elif variable == "language":
            item.put(variable, language_tag(known))
        elif variable in csl.TEXTS or variable in ("title", "publisher", "type", "keyword"):
            item.put(variable, known)
    return item


def _shown(value: object) -> str:
    """A date as it is told: without the braces of JSON where it is written in words."""
    if isinstance(value, Mapping):
        said = value.get("raw") or value.get("literal")
        circa = "circa " if value.get("circa") else ""
        return circa + (str(said) if said else json.dumps(value.get("date-parts")))
    return str(value)
