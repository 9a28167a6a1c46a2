"""What the styles of a Word file say of a paragraph: heading or list item, table of contents, hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.readers.office.package import integer

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VAL = W + "val"

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc [1-9]|toc heading|table of figures", re.IGNORECASE)
_OFF = ("0", "false", "off")
_RAISED = {"superscript": "sup", "subscript": "sub", "baseline": ""}


@dataclass(frozen=True, slots=True)
class Style:
    """What a style gives the text that has it; `None` is what it leaves open."""

    level: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    hidden: bool | None = None
    raised: str | None = None
    contents: bool = False

    @property
    def item(self) -> bool:
        """Whether it makes an item of a list, or a numbered paragraph."""
        return self.list_id not in (None, "", "0")

    def over(self, base: Style) -> Style:
        """This style based on another."""
        return Style(
            base.level if self.level is None else self.level,
            base.list_id if self.list_id is None else self.list_id,
            base.list_level if self.list_level is None else self.list_level,
            base.hidden if self.hidden is None else self.hidden,
            base.raised if self.raised is None else self.raised,
            self.contents or base.contents,
        )


class Styles:
    """The styles of a file by their id."""

    def __init__(self, root: _Element | None, linked: Mapping[str, int]) -> None:
        """Read the styles; `linked` are the levels of those that lists name."""
        self._linked = linked
        elements = root.findall(W + "style") if root is not None else []
        self._elements = {element.get(W + "styleId", ""): element for element in elements}
        self._known: dict[str, Style] = {}
        defaults = (element for element in elements if element.get(W + "default") in ("1", "true", "on"))
        self._default = next((e.get(W + "styleId", "") for e in defaults if e.get(W + "type") == "paragraph"), "")

    def paragraph(self, properties: _Element | None) -> Style:
        """What holds for a paragraph with these properties."""
        if properties is None:
            return self._named(self._default)
        return direct(properties).over(self._named(value(properties, "pStyle") or self._default))

    def run(self, properties: _Element | None, paragraph: Style) -> Style:
        """What holds for text with these properties in such a paragraph."""
        if properties is None:
            return paragraph
        style = value(properties, "rStyle")
        return direct(properties).over(self._named(style) if style else Style()).over(paragraph)

    def _named(self, style_id: str, depth: int = 0) -> Style:
        """What a style and those that it is based on say."""
        element = self._elements.get(style_id)
        if element is None or depth > 20:  # styles can be based on each other in a circle
            return Style()
        if style_id not in self._known:
            name = element.find(W + "name")
            said = _by_name(name.get(VAL, "") if name is not None else "")
            for kind in ("pPr", "rPr"):
                properties = element.find(W + kind)
                said = direct(properties).over(said) if properties is not None else said
            if said.list_id and said.list_level is None:
                said = replace(said, list_level=self._linked.get(style_id))
            self._known[style_id] = said.over(self._named(value(element, "basedOn"), depth + 1))
        return self._known[style_id]


def direct(properties: _Element) -> Style:
    """What the properties of a paragraph, a run or a style say themselves."""
    level = value(properties, "outlineLvl")
    numbering = properties.find(W + "numPr")
    vanish = properties.find(W + "vanish")
    return Style(
        level=(integer(level) + 1) % 10 if level else None,  # the tenth is body text
        list_id=value(numbering, "numId") or None if numbering is not None else None,
        list_level=integer(value(numbering, "ilvl"), 0) if numbering is not None and value(numbering, "ilvl") else None,
        hidden=vanish.get(VAL) not in _OFF if vanish is not None else None,
        raised=_RAISED.get(value(properties, "vertAlign")),
    )


def _by_name(name: str) -> Style:
    """What a built-in style is for; its name is English in every language of Word."""
    heading = _HEADING.fullmatch(name)
    if heading:
        return Style(level=int(heading[1]))
    return Style(level=1 if name.lower() == "title" else None, contents=bool(_CONTENTS.fullmatch(name)))


def value(parent: _Element, name: str) -> str:
    """The value of a property, empty where it has none."""
    child = parent.find(W + name)
    return child.get(VAL, "") if child is not None else ""
