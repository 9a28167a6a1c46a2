"""What is drawn into Office Open XML files: text in shapes, tables, charts and diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.readers.office.cells import number
from assistant.readers.office.formulas import OFFICE_MATH, office_math
from assistant.readers.office.package import ALTERNATE, RELATIONSHIP, Package, Relationship, chosen, integer
from assistant.readers.office.rows import grid
from assistant.readers.office.symbols import raised
from assistant.readers.office.writer import tidy

if TYPE_CHECKING:
    from lxml.etree import _Element

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

_NODES = ("node", "asst", "")  # the points of a diagram that a person filled in; the others hold it together


def embedded(related: list[Relationship]) -> list[str]:
    """A line about the files within the file, if there are any."""
    number = sum(each.kind in ("oleObject", "package", "aFChunk") for each in related)
    return [f"embedded files not read: {number}; save them into the sources"] if number else []


def paragraphs(body: _Element) -> str:
    """The text of a shape, a cell or a label: a line for each paragraph."""
    return "\n".join(filter(None, (tidy(_line(paragraph)) for paragraph in body.iter(A + "p"))))


def _line(element: _Element) -> str:
    parts = []
    for child in element:
        if child.tag == A + "t":
            text = re.sub(r"[\t\r\n]", " ", child.text or "").replace("\x0b", "\n")
            parts.append(raised(text, _raised(element.find(A + "rPr"))))
        elif child.tag == A + "br":
            parts.append("\n")
        elif child.tag == OFFICE_MATH + "oMath":
            parts.append(office_math(child))
        else:
            parts.append(_line(chosen(child) if child.tag == ALTERNATE else child))
    return "".join(parts)


def _raised(properties: _Element | None) -> str | None:
    """Whether the properties of a text raise or lower it."""
    offset = properties.get("baseline", "") if properties is not None else ""
    return "sub" if offset.startswith("-") else "sup" if offset.strip("0%") else None


def table(element: _Element) -> str:
    """A table on a slide."""
    return grid(
        [
            ["" if _goes_on(cell) else paragraphs(cell).replace("\n", " ") for cell in row.iter(A + "tc")]
            for row in element.iter(A + "tr")
        ]
    )


def _goes_on(cell: _Element) -> bool:
    """Whether a cell is covered by the one before or above, merged with it."""
    return any(cell.get(name) in ("1", "true") for name in ("hMerge", "vMerge"))


def graphics(package: Package, related: list[Relationship], element: _Element) -> Iterator[str]:
    """The texts of the charts and diagrams that a part refers to from within this element."""
    targets = {each.id: each.target for each in related}
    for reference in element.iter(_CHART + "chart", _DIAGRAM + "relIds"):
        is_chart = reference.tag == _CHART + "chart"
        target = targets.get(reference.get(RELATIONSHIP + ("id" if is_chart else "dm"), ""))
        root = package.xml(target) if target else None
        if root is not None:
            yield _chart(root) if is_chart else _diagram(root)


def _chart(root: _Element) -> str:
    """A chart: its titles, then a line for each category with the values of its series."""
    lines = [paragraphs(title) for title in root.iter(_CHART + "title")]
    series = list(root.iter(_CHART + "ser"))
    columns = [_points(each, "val") or _points(each, "yVal") for each in series]
    first = next(filter(None, (_points(each, "cat") or _points(each, "xVal") for each in series)), {})
    names = [" ".join(_points(each, "tx").values()) for each in series]
    rows = [["", *names]]
    for index in sorted(set(first).union(*columns)):
        rows.append([first.get(index, ""), *(column.get(index, "") for column in columns)])
    return "\n".join(filter(None, [*lines, grid(rows)]))


def _points(series: _Element, name: str) -> dict[int, str]:
    """What stands at each index of a series; a category of several levels is put together."""
    found: dict[int, str] = {}
    parent = series.find(_CHART + name)
    for point in parent.iter(_CHART + "pt") if parent is not None else ():
        index = integer(point.get("idx"))
        value = _value(point.findtext(_CHART + "v") or "")
        found[index] = f"{value} {found[index]}" if index in found else value
    if not found and parent is not None:
        literal = parent.findtext(_CHART + "v")
        return {0: literal} if literal else {}
    return found


def _value(text: str) -> str:
    try:
        return number(float(text))
    except ValueError:
        return tidy(text)


def _diagram(root: _Element) -> str:
    """A diagram: the text of each of its points on a line."""
    points = (point for point in root.iter(_DIAGRAM + "pt") if point.get("type", "") in _NODES)
    return "\n".join(filter(None, (paragraphs(point).replace("\n", " ") for point in points)))
