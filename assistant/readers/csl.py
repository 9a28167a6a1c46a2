"""The vocabulary of CSL 1.0.2 (types and variables), and names and dates as CSL-JSON writes them.

Every reader of metadata speaks it: front matter, sidecars, exports of reference managers, web pages and books.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from assistant.readers.text import one_line

_TYPES = """
    article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection dataset
    document entry entry-dictionary entry-encyclopedia event figure graphic hearing interview legal_case legislation
    manuscript map motion_picture musical_score pamphlet paper-conference patent performance periodical
    personal_communication post post-weblog regulation report review review-book software song speech standard thesis
    treaty webpage
"""
TYPES = frozenset(_TYPES.split())
_NAMES = """
    author chair collection-editor compiler composer container-author contributor curator director editor
    editorial-director editor-translator executive-producer guest host illustrator interviewer narrator organizer
    original-author performer producer recipient reviewed-author script-writer series-creator translator
"""
NAMES = frozenset(_NAMES.split())
DATES = frozenset({"available-date", "event-date", "original-date", "submitted"})
"""Those besides `issued` and `accessed`, which `Metadata` names."""
_TEXTS = """
    archive archive_collection archive_location archive-place authority call-number chapter-number citation-key
    collection-number collection-title container-title container-title-short dimensions division DOI edition event-place
    event-title genre ISBN ISSN issue jurisdiction medium number number-of-pages number-of-volumes original-publisher
    original-publisher-place original-title page part-number part-title PMCID PMID printing-number publisher-place
    reviewed-genre reviewed-title scale section source status supplement-number title-short version volume volume-title
"""
TEXTS = frozenset(_TEXTS.split())
"""Standard and number variables. Left out: what `Metadata` names, notes and abstracts, and what a citation gives."""
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]+\s*")
_TAG = re.compile(r"<(/?)(i|b|sc|sub|sup|span)(?:\s[^<>]*)?>")
_AFTER_NAMES = frozenset(
    {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md", "m.d.", "inc.", "ltd.", "llc"}
)
_DROPPING = frozenset(
    ("af", "av", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "van", "vom", "von", "zu")
)
"""What may end a given name and is no part of it; other words in lower case may be (Jong un)."""
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]\d{1,2}:.*)?)?)?")
_SEASONS = range(21, 25)
"""Months by which EDTF, and so BibLaTeX, writes spring, summer, autumn and winter."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_WRITTEN_DATES = (
    re.compile(r"(?P<day>\d{1,2})\.?\s+(?P<month>[A-Za-z]+)\.?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]+)\.?\s+(?P<day>\d{1,2}),\s*(?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]+)\.?,?\s+(?P<year>\d{4})"),
)


def plain(value: object) -> str | None:
    """A string or a number as one line, without the markup that CSL-JSON allows in it; `None` for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    return one_line(_without_markup(value)) or None


def _without_markup(text: str) -> str:
    """Text without the tags that are there in pairs."""
    opened: dict[str, list[re.Match[str]]] = {}
    pairs: set[int] = set()
    for tag in _TAG.finditer(text):
        before = opened.setdefault(tag[2], [])
        if not tag[1]:
            before.append(tag)
        elif before:
            pairs |= {before.pop().start(), tag.start()}
    return _TAG.sub(lambda tag: "" if tag.start() in pairs else tag[0], text) if pairs else text


def text_variable(name: str, value: object) -> str | None:
    """The value of a standard or number variable; `None` if it is none, or no DOI where one belongs."""
    if name in ("ISSN", "ISBN") and isinstance(value, list):
        value = " ".join(each for each in value if isinstance(each, str))
    known = plain(value)
    if known and name == "DOI":
        match = _DOI.fullmatch(known)
        return match[1] if match else None
    return _DASHES.sub("-", known) if known and name == "page" else known


def doi_of(address: str | None) -> str | None:
    """The DOI in an address of doi.org."""
    match = _DOI.fullmatch(address or "")
    return match[1] if match and address and "doi.org/" in address.lower() else None


def person(family: str, given: str = "", suffix: str = "", particle: str = "") -> dict[str, str]:
    """A name in its parts, with the particles that begin the family name or end the given name apart.

    >>> person("van der Berg", "Jan")
    {'family': 'Berg', 'given': 'Jan', 'non-dropping-particle': 'van der'}
    """
    family, given, suffix, particle = map(one_line, (family, given, suffix, particle))
    family = f"{particle}{family}" if particle.endswith(("'", "’", "-")) else f"{particle} {family}".strip()
    particles = []
    while match := re.match(r"(\S+) (.+)", family):
        if not match[1][0].islower():
            break
        particles.append(match[1])
        family = match[2]
    dropping: list[str] = []
    while (match := re.fullmatch(r"(.+) (\S+)", given)) and match[2] in _DROPPING:
        dropping.insert(0, match[2])
        given = match[1]
    parts = {
        "family": family,
        "given": given,
        "dropping-particle": " ".join(dropping),
        "non-dropping-particle": " ".join(particles),
        "suffix": suffix,
    }
    return {key: value for key, value in parts.items() if value}


def inverted(text: str) -> dict[str, str] | None:
    """The parts of a name written “Family, Given”; `None` where it is not.

    >>> inverted("Aldous, Ines"), inverted("Port Office"), inverted("Ines Aldous, PhD")
    ({'family': 'Aldous', 'given': 'Ines'}, None, None)
    """
    parts = [one_line(part) for part in text.split(",")]
    written = len(parts) == 2 and all(parts) and parts[1].lower() not in _AFTER_NAMES
    return person(*parts) if written else None


def name(value: object) -> dict[str, str] | None:
    """A name as CSL-JSON has it, from a string or from a mapping with its parts; `None` if it is neither."""
    if isinstance(value, str):
        text = plain(value)
        return (inverted(text) or {"literal": text}) if text else None
    if not isinstance(value, Mapping):
        return None
    whole = plain(value.get("literal")) or plain(value.get("name"))
    if whole:
        return {"literal": whole}
    family, given, suffix = (plain(value.get(key)) or "" for key in ("family", "given", "suffix"))
    particle = plain(value.get("non-dropping-particle")) or ""
    dropping = plain(value.get("dropping-particle")) or ""
    if not family:
        return {"literal": given} if given else None
    return person(family, f"{given} {dropping}".strip(), suffix, particle)


def names(value: object) -> tuple[dict[str, str], ...] | None:
    """One name or a list of names; `None` if one of them is none."""
    found = tuple(name(each) for each in (value if isinstance(value, list) else [value]))
    known = tuple(each for each in found if each)
    return known if known and len(known) == len(found) else None


def spelled(known: Mapping[str, str]) -> str:
    """A name as it is displayed: given name first.

    >>> spelled(person("King", "Martin Luther", "Jr."))
    'Martin Luther King, Jr.'
    """
    if "literal" in known:
        return known["literal"]
    order = ("given", "dropping-particle", "non-dropping-particle", "family")
    whole = " ".join(known[key] for key in order if key in known)
    return f"{whole}, {known['suffix']}" if "suffix" in known else whole


def partial_date(value: object) -> str | None:
    """A date as 2005, 2005-09 or 2005-09-19; `None` if it is no date. A time of day is dropped.

    >>> partial_date("2005-9-19"), partial_date("2005-02-30"), partial_date("next spring")
    ('2005-09-19', None, None)
    """
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    return _checked(*match.groups()) if match else None


def certain_date(value: object) -> str | None:
    """A partial ISO date from what reference managers write: CSL-JSON dates, EDTF, RIS, and dates in English words.

    Of a span of time it is what its first and last day share; what is uncertain or approximate is no date.

    >>> certain_date({"date-parts": [[2005, 9, 1], [2005, 9, 5]]}), certain_date("19 September 2005")
    ('2005-09', '2005-09-19')
    """
    if isinstance(value, Mapping):
        if value.get("circa"):
            return None
        dates = value.get("date-parts")
        if not isinstance(dates, list):
            return certain_date(value.get("raw") or value.get("literal"))
        return _shared([_of_parts(parts) for parts in dates])
    text = plain(value)
    if not text:
        return None
    if re.fullmatch(r"\d{4}(?:/\d{0,2}){0,2}(?:/[^/]*)?", text) and not re.fullmatch(r"\d{4}/\d{4}", text):
        return _checked(*[*re.split("/", text), "", ""][:3])  # RIS: year/month/day/other
    ends = text.split("/")
    return _shared([_written(end) for end in ends if end not in ("", "..")]) if len(ends) <= 2 else None


def parts_of(date: str) -> dict[str, Any]:
    """A partial ISO date as CSL-JSON writes dates."""
    return {"date-parts": [[int(number) for number in date.split("-")]]}


def _of_parts(parts: object) -> str | None:
    if not isinstance(parts, list) or not 1 <= len(parts) <= 3:
        return None
    return _checked(*[*(str(part) for part in parts if part not in ("", None)), "", ""][:3])


def _shared(dates: list[str | None]) -> str | None:
    """What the dates have in common: a day, a month, a year, or nothing."""
    if not dates or None in dates:
        return None
    split = [(date or "").split("-") for date in dates]
    common = []
    for numbers in zip(*split, strict=False):
        if len(set(numbers)) > 1:
            break
        common.append(numbers[0])
    return "-".join(common) or None


def _written(text: str) -> str | None:
    """A date in ISO's form or in English words."""
    if found := partial_date(text):
        return found
    season = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if season and int(season[2]) in _SEASONS:
        return season[1]
    for pattern in _WRITTEN_DATES:
        if match := pattern.fullmatch(text):
            month = month_number(match["month"])
            return _checked(match["year"], month, match.groupdict().get("day")) if month else None
    return None


def month_number(text: str) -> str | None:
    """The number of a month from its number, its English name or its abbreviation."""
    word = text.strip().strip(".").lower()
    if word.isdigit():
        return word
    if word in _FULL_MONTHS or word in _MONTHS or word == "sept":
        return str(_MONTHS.index(word[:3]) + 1)
    return None


def _checked(year: str, month: str | None = None, day: str | None = None) -> str | None:
    """The date of these numbers, if there is such a day."""
    numbers = []
    for part in (year, month, day):
        if not part:
            break
        if not part.strip().isdecimal():
            return None
        numbers.append(int(part.strip()[:9]))  # more digits are no date, and may be too many to read
    try:
        datetime.date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        return None
    return "-".join(f"{number:02}" for number in [f"{numbers[0]:04}", *numbers[1:]])
