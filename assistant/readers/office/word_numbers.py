"""The numbers of lists and headings in a Word file, which Word counts when it shows them (ECMA-376, 17.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.readers.office.package import integer
from assistant.readers.office.word_styles import W, value

if TYPE_CHECKING:
    from lxml.etree import _Element

_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MOST = 9_999


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered; `resets`: it begins anew after each number of a level above."""

    start: int
    form: str
    text: str
    resets: bool
    plain: bool
    gap: str


class Numbers:
    """The numbers of a document, counted in its order."""

    def __init__(self, root: _Element | None) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[str, dict[int, _Level]] = {}
        self._starts: dict[tuple[str, int], int] = {}  # of lists that begin anew what others count too
        self._counts: dict[str, dict[int, int]] = {}
        self.linked: dict[str, int] = {}
        """The level of each style that a list names."""
        if root is not None:
            self._read(root)

    def _read(self, root: _Element) -> None:
        named: dict[str, str] = {}
        links: dict[str, str] = {}
        for pattern in root.findall(W + "abstractNum"):
            key = pattern.get(W + "abstractNumId", "")
            self._levels[key] = dict(self._level(level) for level in pattern.findall(W + "lvl"))
            if style := value(pattern, "styleLink"):
                named[style] = key
            if style := value(pattern, "numStyleLink"):
                links[key] = style
        for number in root.findall(W + "num"):
            key, pattern = number.get(W + "numId", ""), value(number, "abstractNumId")
            self._lists[key] = named.get(links.get(pattern, ""), pattern)
            for override in number.findall(W + "lvlOverride"):
                level, own = integer(override.get(W + "ilvl"), 0), override.find(W + "lvl")
                if own is not None:  # such a list counts by itself
                    levels = self._levels.get(self._lists[key], {})
                    self._lists[key] = f"{key} of {self._lists[key]}"
                    self._levels[self._lists[key]] = {**levels, level: self._level(own)[1]}
                if override.find(W + "startOverride") is not None:
                    self._starts[key, level] = integer(value(override, "startOverride"), 1)

    def _level(self, element: _Element) -> tuple[int, _Level]:
        level = integer(element.get(W + "ilvl"), 0)
        style = value(element, "pStyle")
        if style:
            self.linked[style] = level
        return level, _Level(
            integer(value(element, "start"), 0),
            value(element, "numFmt") or "decimal",
            value(element, "lvlText"),
            value(element, "lvlRestart") != "0",
            element.find(W + "isLgl") is not None,
            "" if value(element, "suff") == "nothing" else " ",
        )

    def next(self, list_id: str, level: int) -> str:
        """The number of the next paragraph on a level of a list, with the gap after it; empty for a bullet."""
        pattern = self._lists.get(list_id, "")
        levels = self._levels.get(pattern, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(pattern, {})
        if (list_id, level) in self._starts:
            counts[level] = self._starts.pop((list_id, level))
        else:
            counts[level] = counts[level] + 1 if level in counts else levels[level].start
        for deeper in [each for each in counts if each > level and levels[each].resets]:
            del counts[deeper]
        return _shown(levels, counts, level)


def _shown(levels: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
    """The number as it is shown, with those of the levels above if the list says so."""
    own = levels[level]

    def count(match: re.Match[str]) -> str:
        named = int(match[1]) - 1
        if named not in levels:
            return ""
        form = _FORMS.get("decimal" if own.plain else levels[named].form)
        number = counts.get(named, levels[named].start)
        return form(number) if form and 0 <= number <= _MOST else ""

    text = _PLACE.sub(count, own.text)
    return text + own.gap if own.form in _FORMS and any(map(str.isalnum, text)) else ""


def _letters(number: int) -> str:
    """The letters from a to z, then from aa to zz."""
    return chr(97 + (number - 1) % 26) * (1 + (number - 1) // 26) if number else ""


def _roman(number: int) -> str:
    """A number in small Roman letters."""
    text = ""
    for worth, letters in _ROMAN:
        text += letters * (number // worth)
        number %= worth
    return text


_FORMS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": "{:02d}".format,
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
}
"""Ways to write a number; bullets and others are not written."""
