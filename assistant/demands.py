"""What the words of a question demand of its answer: a quantity, and the numbers and names that it must speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from assistant.analysis import Analyser, Word, words

_HOW_MANY = re.compile(
    r"\bhow (many|much|large|big|long|far|high|tall|deep|heavy|fast|old|often)\b"
    r"|\b(what|which) (number|amount|percentage|percent|proportion|share)\b"
    r"|\bwie ?(viele?|gro(ß|ss)|lange?|hoch|weit|schwer|oft)\b|\bcombien\b|\bcu[aá]nt[oa]s?\b|\bquant[oiae]\b",
    re.IGNORECASE,
)
_HOW_MANY_OF = re.compile(r"\b(how many|wie viele)\s+(?P<counted>\S+(\s+\S+){0,2})", re.IGNORECASE)
_FIGURE = re.compile(
    r"\bhow (?!(did|do|does|was|were|is|are|am|can|could|would|should|will|has|have|had|to"
    r"|come|might|may|the|an?)\b)\w+"
    r"|\b(yield|size|cost|price|strength|magnitude|capacity|sum|total|value|weight|height|length|distance|range"
    r"|population|rate|budget|estimates?|figures?)\b",
    re.IGNORECASE,
)
_COUNTS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    *("nineteenth", "twentieth"),
)
_QUANTITY = frozenset(
    [
        *_COUNTS,
        *("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "half", "twice", "none", "no"),
        *("dozen", "hundred", "thousand", "million", "billion", "dozens", "hundreds", "thousands", "millions"),
    ]
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni"
    "|juli|oktober|dezember"
)
_DATE = re.compile(
    r"\b\d{4}(-\d\d){1,2}\b"
    rf"|\b\d{{1,2}}(st|nd|rd|th|\.)?(\s*[-–]\s*\d{{1,2}})?\s+(of\s+)?({_MONTHS})\b(\s+\d{{4}})?"
    rf"|\b({_MONTHS})\s+\d{{1,2}}\b(,?\s+\d{{4}})?|\b1[0-9]\d\d\b|\b20\d\d\b"
    r"|\b\d{3,4}s\b|\bresolutions?\s+\d+|\d+(:\d\d)+(-\d+)?"
    r"|\b\d{1,2}([.:]\d\d)?\s*(a\.?m\b|p\.?m\b|o['’]clock)|\b\d+(st|nd|rd|th)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_WITH_DIGIT = re.compile(r"(?<![^\W_])[^\W_]*\d(?:[\d.,]*\d)?[^\W_]*")
_ENDING = re.compile(r"(\d+)(st|nd|rd|th|s)")
NOUNS_HAVE_CAPITALS = frozenset({"german"})
"""Languages in which a capital does not mark a name."""


@dataclass(frozen=True)
class Demands:
    """What a question demands. `language` is the library's, which says whether a capital marks a name."""

    question: str
    language: str

    @cached_property
    def quantity(self) -> bool:
        """Whether it asks how many or how much."""
        return bool(_HOW_MANY.search(self.question))

    @cached_property
    def figure(self) -> bool:
        """Whether it asks for a figure of any kind: how many, how large, what yield."""
        return self.quantity or bool(_FIGURE.search(self.question))

    @cached_property
    def counted(self) -> str:
        """The words that name what is counted: the three after "how many"; "" where that is not asked."""
        match = _HOW_MANY_OF.search(self.question)
        return match["counted"] if match else ""

    @cached_property
    def numbers(self) -> dict[str, str]:
        """The numbers in it (years, dates, resolutions), each with the word as it was written."""
        return dict(_numbers(self.question))

    @cached_property
    def years(self) -> frozenset[str]:
        """The years among them."""
        return frozenset(number for number in self.numbers if _YEAR.fullmatch(number))

    @cached_property
    def names(self) -> dict[str, str]:
        """The folded names in it, each with the word as it was written: what has a capital and does not open it."""
        inside = self._words[1:]
        large = [word for word in inside if self.question[word.start].isupper()]
        if self.language in NOUNS_HAVE_CAPITALS or 2 * len(large) > len(inside) + 1:
            return {}
        return {word.folded: self.question[word.start : word.end] for word in large}

    @cached_property
    def _words(self) -> list[Word]:
        return list(words(self.question))

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset(word.folded for word in self._words)

    def gives_quantity(self, sentence: str) -> bool:
        """Whether a sentence has a number that is neither a date nor in the question."""
        told = (word.folded for word in words(without_dates(sentence)))
        return any((word in _QUANTITY or word[0].isdigit()) and word not in self._folded for word in told)

    def speaks_of_other_years(self, sentence: str) -> bool:
        """Whether a sentence names years, and none of those in the question."""
        if not self.years:
            return False
        told = {number for number, _ in _numbers(sentence) if _YEAR.fullmatch(number)}
        return bool(told and not told & self.years)

    def unmet_numbers(self, text: str) -> tuple[str, ...]:
        """The numbers of the question that stand nowhere in a text, in digits or spelt out, as they were written."""
        if not self.numbers:
            return ()
        there = {number for number, _ in _numbers(text)}
        spoken = {word.folded for word in words(text)}
        return tuple(
            written for number, written in self.numbers.items() if number not in there and not spoken & _spelt(number)
        )

    def unmet_names(self, text: str, analyser: Analyser) -> tuple[str, ...]:
        """The names in the question that stand nowhere in a text, in any form of the word, as they were written."""
        if not self.names:
            return ()
        stems = set(analyser.terms(text))
        return tuple(name for name in self.names.values() if not set(analyser.content(name)) <= stems)


def without_dates(text: str) -> str:
    """The text with dates, years and numbers of resolutions replaced by a sign that ends a figure."""
    return _DATE.sub(" ; ", text)


def value_of(word: str) -> str | None:
    """The value of a number in digits or spelt out, as digits; None for any other word.

    >>> value_of("2,000"), value_of("twelve"), value_of("2.5"), value_of("tons")
    ('2000', '12', '2.5', None)
    """
    if word[0].isdigit():
        return word.replace(",", "")
    return str(_COUNTS.index(word) + 1) if word in _COUNTS else None


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Words with a digit, without the ending of an ordinal or a plural (19th, 1990s), and as they were written."""
    for match in _WITH_DIGIT.finditer(text):
        folded = match.group().casefold().replace(",", "")
        ending = _ENDING.fullmatch(folded)
        yield (ending[1] if ending else folded), match.group()


def _spelt(number: str) -> frozenset[str]:
    """The words for a number of up to twenty, as one counts and in order; none for another."""
    if not number.isdecimal() or not 1 <= int(number) <= len(_COUNTS):
        return frozenset()
    return frozenset({_COUNTS[int(number) - 1], _ORDINALS[int(number) - 1]})
