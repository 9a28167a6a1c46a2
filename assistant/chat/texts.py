"""The words of the interface, in the languages that it speaks: one file for each in `texts/`, all with the same keys.

The script in the browser has the same words (by way of `gr.I18n`), so that none is written down twice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
"""Each with its own name; the first is spoken to those who want none of them."""
FOLDER = Path(__file__).parent / "texts"


class Texts:
    """The words of one language: `say("reader.close")`."""

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = words

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with the values put where they name them."""
        return self._words[key].format(**values)

    def count(self, thing: str, number: int) -> str:
        """A number of things: "1 source", "22 sources"."""
        one = number == 1 or (number == 0 and self.language == "fr")
        return self(f"count.{thing}.{'one' if one else 'many'}", n=self.number(number))

    def number(self, number: int) -> str:
        """A whole number with its thousands set apart."""
        return f"{number:,}".replace(",", self("number.group"))

    def decimal(self, number: float, digits: int) -> str:
        """A number with so many digits after the point, or the comma."""
        return f"{number:.{digits}f}".replace(".", self("number.point"))

    def date(self, date: str) -> str:
        """A partial ISO date in words: 2005-09-19 is 19 September 2005; what is not such a date stays as it is."""
        year, *rest = date.split("-")
        if len(rest) > 2 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in (year, *rest)):
            return date
        if rest and not 1 <= int(rest[0]) <= 12:
            return date
        month = [self("date.months").split()[int(rest[0]) - 1]] if rest else []
        day = [self("date.day", day=int(rest[1]))] if rest[1:] else []
        return " ".join([*day, *month, year])

    def interval(self, interval: str) -> str:
        """An ISO interval in words, its two dates joined by a dash."""
        dates = [self.date(date) if date not in ("", "..") else "…" for date in interval.split("/")]
        return " – ".join(dict.fromkeys(dates))


@cache
def translations() -> dict[str, dict[str, str]]:
    """The words of every language, by key: what a table `[reader]` calls `close` is `reader.close`."""
    return {
        language: dict(_flat("", tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))
        for language in LANGUAGES
    }


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else [(prefix + name, str(value))]
    return found


@cache
def texts(language: object) -> Texts:
    """The words of a language; of the first one where there is none of that name."""
    known = language if isinstance(language, str) and language in LANGUAGES else next(iter(LANGUAGES))
    return Texts(known, translations()[known])
