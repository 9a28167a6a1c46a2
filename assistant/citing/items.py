"""What is known of a source as an item of CSL-JSON 1.0.2, the data that citation styles work on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.citing.pandoc import Inlines, words
from assistant.readers.csl import parts_of, spelled
from assistant.records import Citation, Metadata

_TITLES = ("title", "container-title", "collection-title")
_RANGES = str.maketrans({"-": "\u2011"})  # a hyphen within a page label, such as A-12, is no range
_PAGE = dict.fromkeys(("cs", "da", "de", "fi", "hu", "nb", "pl", "sk", "sv", "tr"), "s.") | {
    **{"fr": "p.", "id": "hlm.", "pt": "p.", "ru": "с.", "sl": "str.", "zh": "页"}
}
"""How styles in a language are told that a place is a page, where it is not as in English."""
_SMALL = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))


def items(known: Mapping[str, Metadata]) -> dict[str, dict[str, Any]]:
    """The items of these sources, by source id, each with a key of its own as `id`."""
    names = keys(known.items())
    return {source_id: {"id": names[source_id], **item(each, source_id)} for source_id, each in known.items()}


def by_key(made: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Items by their keys."""
    return {each["id"]: each for each in made.values()}


def item(known: Metadata, source_id: str) -> dict[str, Any]:
    """The item of a source, without its id; what is not known is left out.

    Without a title it is cited by the name of its file. The type decides how it is typeset; where it is not known, a
    source with an address is set as a web page, one with a publisher as a document, and others as a report.
    """
    made: dict[str, Any] = {name: value for name, value in known.csl.items() if value not in (None, "", [], {})}
    made["type"] = known.type or _type(known)
    made["title"] = known.title or source_id.rpartition("/")[2]
    made.pop("author", None)
    if known.authors:
        made["author"] = authors(known)
    for name, date in (("issued", known.issued), ("accessed", known.accessed)):
        if date:
            made[name] = parts_of(date)
    for name, value in (("publisher", known.publisher), ("URL", known.url), ("language", known.language)):
        if value:
            made[name] = value
    if not str(made.get("URL", "http://")).lower().startswith(("http://", "https://")):
        del made["URL"]
    return made


def _type(known: Metadata) -> str:
    if known.url:
        return "webpage"
    return "document" if known.publisher else "report"  # Chicago prints no entry for a document without one


def authors(known: Metadata) -> list[dict[str, str]]:
    """The authors as names of CSL: in parts where these are known and spell the names in full, else as they stand."""
    parts = known.csl.get("author") or ()
    if all(isinstance(name, Mapping) for name in parts) and tuple(map(spelled, parts)) == known.authors:
        return [dict(name) for name in parts]
    return [{"literal": name} for name in known.authors]


def reference(made: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An item as pandoc takes it: dates as ISO 8601-2 strings, titles as they stand.

    A style may put English titles into title case; those of another language, or of one not known, keep theirs.
    """
    given: dict[str, Any] = {**made, "id": key}
    for name, value in made.items():
        if isinstance(value, Mapping) and "date-parts" in value:
            given[name] = "/".join(iso_date(part) for part in value["date-parts"])
    english = str(made.get("language", "")).lower().split("-")[0] == "en"
    for name in _TITLES:
        if name in made:
            title = words(str(made[name]))
            given[name] = Inlines(title if english else [{"t": "Span", "c": [["", ["nocase"], []], title]}])
    return given


def iso_date(parts: Sequence[int | str]) -> str:
    """The parts of a date as an ISO 8601 date, as exact as they are."""
    numbers = [int(part) for part in parts]
    return "-".join(f"{number:0{4 if place == 0 else 2}}" for place, number in enumerate(numbers))


def place_of(citation: Citation, language: str = "en-US") -> str:
    """The place of a citation as styles print it; `language` is that of the style.

    A PDF without printed page labels is cited by the numbers of its pages; where the work is known to stand on other
    pages (465-478 of a journal), they are said to be those of the PDF.
    """
    numbers = [int(number) for number in re.findall(r"\d+", citation.locator)]
    known = re.fullmatch(r"(\d+)\s*[-–]+\s*(\d+)", str(citation.metadata.csl.get("page", "")))
    if citation.page and known and citation.locator.startswith(("p. ", "pp. ")) and numbers[:1] == [citation.page]:
        first, last = known[1], known[2]
        last = first[: max(0, len(first) - len(last))] + last  # 465–78
        if not int(first) <= min(numbers) <= max(numbers) <= int(last):
            return f"PDF {citation.locator}"
    return pinpoint(citation.locator, language)


def pinpoint(locator: str, language: str = "en-US") -> str:
    """A locator as styles print it; `language` is that of the style, in which it knows a page.

    >>> pinpoint("pp. 12–13"), pinpoint("section “Energy”, paragraphs 4–5"), pinpoint("slide 3")
    ('pp. 12–13', 'under “Energy”, paras. 4–5', 'slide 3')
    """
    if locator.startswith(("p. ", "pp. ")):
        term, _, pages = locator.partition(" ")
        return f"{_PAGE.get(language[:2], term)} {pages.translate(_RANGES)}"
    place = re.sub(r"(^|, )paragraph(s?) (?=[\d–]+$)", r"\1para\2. ", locator)
    place = re.sub(r"^section (?=“)", "under ", place)
    if place.startswith("chapter “"):
        place = "in " + place.removeprefix("chapter ").replace("”, section “", "”, under “", 1)
    return place


def keys(sources: Iterable[tuple[str, Metadata]]) -> dict[str, str]:
    """A key for each source id, unique among them: who, when and what, in ASCII, such as `aldous2005six`.

    A key that the source's bibliography gives it (`citation-key`) goes before.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for source_id, known in sources:
        if source_id in found:
            continue
        own = str(known.csl.get("citation-key", ""))
        base = own if re.fullmatch(r"[A-Za-z0-9_:.+/-]+", own) else _key(source_id, known)
        key, number = base, 2
        while key in taken:
            key, number = f"{base}-{number}", number + 1
        taken.add(key)
        found[source_id] = key
    return found


def _key(source_id: str, known: Metadata) -> str:
    first = next(iter(authors(known)), {})
    who = first.get("family") or _first(first.get("literal") or known.publisher or "")
    return f"{_ascii(who)}{(known.issued or '')[:4]}{_first(known.title or source_id)}" or "source"


def _first(text: str) -> str:
    """The first word of a text that says something."""
    found = [word for word in map(_ascii, text.split()) if word]
    return next((word for word in found if word not in _SMALL), found[0] if found else "")


def _ascii(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).lower()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def of_citations(citations: Iterable[Citation]) -> dict[str, Metadata]:
    """What is known of each cited source, by id, in order of first mention."""
    return {citation.source_id: citation.metadata for citation in citations}
