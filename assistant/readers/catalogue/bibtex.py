"""BibTeX, and BibLaTeX as its manual (3.19) has it: what Zotero and Better BibTeX export, and what is written by hand.

A field says the same whichever of the two spellings it has (journal and journaltitle, address and location, year with
month and date, school and institution). Cross-references between entries are not followed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from assistant.readers import csl
from assistant.readers.catalogue.item import Item
from assistant.readers.catalogue.latex import brace_depths, people, plain_text, split_outside, verbatim
from assistant.readers.catalogue.words import LANGUAGES, TYPES
from assistant.readers.metadata import language_tag
from assistant.readers.text import one_line

if TYPE_CHECKING:
    from bibtexparser.model import Entry, Field

_ARTICLES = {"magazine": "article-magazine", "newspaper": "article-newspaper"}
_GENRES = {
    "phdthesis": "PhD thesis", "mathesis": "Master's thesis", "mastersthesis": "Master's thesis",
    "bathesis": "Bachelor's thesis", "techreport": "Technical report", "resreport": "Research report",
}  # fmt: skip
_TEXTS = {
    "title": "title", "publisher": "publisher", "institution": "publisher", "school": "publisher",
    "organization": "publisher", "journaltitle": "container-title", "journal": "container-title",
    "booktitle": "container-title", "maintitle": "volume-title", "shortjournal": "container-title-short",
    "shorttitle": "title-short", "series": "collection-title", "volume": "volume", "volumes": "number-of-volumes",
    "issue": "issue", "number": "number", "pages": "page", "pagetotal": "number-of-pages", "edition": "edition",
    "location": "publisher-place", "address": "publisher-place", "venue": "event-place", "eventtitle": "event-title",
    "isbn": "ISBN", "issn": "ISSN", "version": "version", "chapter": "chapter-number", "origtitle": "original-title",
    "origpublisher": "original-publisher", "part": "part-number", "pmid": "PMID", "pmcid": "PMCID",
}  # fmt: skip
_NAMES = {
    "author": "author", "editor": "editor", "translator": "translator", "bookauthor": "container-author",
    "editorb": "collection-editor",
}  # fmt: skip
_JOINED = re.compile(r'"([^"]*)"|\{([^{}]*)\}|([^\s#"{}]+)')
_DATES = {"date": "issued", "urldate": "accessed", "eventdate": "event-date", "origdate": "original-date"}
_IN_SERIES = frozenset({"book", "chapter", "paper-conference"})


def read(text: str) -> tuple[list[Item], list[str]]:
    """The items, and a line for each thing that is none."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import Entry

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it complains about is told in the problems
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    library = parse_string(text)
    entries, problems = list(library.entries), []
    for failed in library.failed_blocks:
        if isinstance(failed.ignore_error_block, Entry):
            entries.append(_opened(failed.ignore_error_block))  # a key or field that is there twice; the first counts
            continue
        begun = one_line(failed.raw or "")[:40]
        problems.append(
            f"line {(failed.start_line or 0) + 1} was left out: not BibTeX ({begun}); mend it or export again"
        )
    items = []
    for entry in sorted(entries, key=lambda entry: entry.start_line or 0):
        place = f"line {(entry.start_line or 0) + 1}" + (f" ({one_line(entry.key)[:60]})" if entry.key else "")
        fields = {field.key.lower(): _value(field) for field in reversed(entry.fields)}
        unclosed = [name for name, value in fields.items() if brace_depths(value) is None]
        if unclosed:
            problems.append(f"{place}: {', '.join(unclosed)} left out: its braces do not pair; mend it or export again")
        good = {name: value for name, value in fields.items() if name not in unclosed}
        try:
            item = _item(Item(place), entry.entry_type.lower(), good)
            item.put("citation-key", entry.key or "")
            items.append(item)
        except RecursionError:
            problems.append(f"{place} was left out: its LaTeX is nested too deeply; mend it or export again")
    return items, problems


def _opened(entry: Entry) -> Entry:
    """An entry that the parser has set aside, with the values of its fields taken out of their braces or quotes."""
    for field in entry.fields:
        if (str(field.value)[:1], str(field.value)[-1:]) in (("{", "}"), ('"', '"')):
            field.value = field.value[1:-1]
    return entry


def _value(field: Field) -> str:
    """The value of a field; strings joined by “#” are one."""
    value = str(field.value)
    if field.enclosing != "no-enclosing" or "#" not in value:
        return value
    return "".join(a or b or c for a, b, c in _JOINED.findall(value))


def _item(item: Item, entry_type: str, fields: Mapping[str, str]) -> Item:
    kind = _ARTICLES.get(plain_text(fields.get("entrysubtype", "")).lower()) or TYPES.get(entry_type, "document")
    item.put("type", kind)
    for name, variable in _TEXTS.items():
        if name in fields and (text := plain_text(fields[name])):
            item.put(_of_kind(variable, kind), text)
    if "titleaddon" in fields and kind in ("webpage", "post-weblog", "post"):
        item.put("container-title", plain_text(fields["titleaddon"]))  # where Zotero keeps the name of the site
    title, subtitle = item.fields.get("title"), plain_text(fields.get("subtitle", ""))
    if title and subtitle:
        item.fields["title"] = f"{title}: {subtitle}"
    _genre(item, entry_type, fields)
    for name, variable in _NAMES.items():
        if name in fields:
            item.put(variable, people(fields[name]))
    _dates(item, fields)
    item.put("DOI", verbatim(fields.get("doi", "")))
    item.put_address(verbatim(fields.get("url", "")))
    _language(item, fields)
    tags = re.split(
        r"\s*;\s*" if ";" in fields.get("keywords", "") else r"\s*,\s*", plain_text(fields.get("keywords", ""))
    )
    item.put("keyword", [tag for tag in tags if tag])
    item.files += attachments(fields.get("file", ""))
    return item


def _of_kind(variable: str, kind: str) -> str:
    """What `number` counts depends on the type of the entry."""
    if variable != "number":
        return variable
    if kind.startswith("article"):
        return "issue"
    return "collection-number" if kind in _IN_SERIES else "number"


def _genre(item: Item, entry_type: str, fields: Mapping[str, str]) -> None:
    """The sort of a thesis or report; BibLaTeX writes some of them as keys, BibTeX in the type of the entry.

    Of an article it is left out: there EndNote and PubMed write what every article is (“Journal Article”).
    """
    if str(item.fields["type"]).startswith("article"):
        return
    written = plain_text(fields.get("type", ""))
    named = entry_type if entry_type in ("phdthesis", "mastersthesis") else ""
    item.put("genre", _GENRES.get(written.lower(), written) or _GENRES.get(named))


def _dates(item: Item, fields: Mapping[str, str]) -> None:
    if "year" in fields and "date" not in fields:
        year, day = plain_text(fields["year"]), plain_text(fields.get("day", ""))
        month = csl.month_number(plain_text(fields.get("month", "")))
        date = "-".join(filter(None, (year, month, day if month else None)))
        item.put_date("issued", date, f"{fields.get('month', '')} {year}")
    for name, variable in _DATES.items():
        if name in fields:
            date = fields[name].strip("{} ")  # no LaTeX: ~ says that it is approximate
            item.put_date(variable, date, date)


def _language(item: Item, fields: Mapping[str, str]) -> None:
    for name in ("langid", "language"):
        written = plain_text(fields.get(name, ""))
        item.put("language", LANGUAGES.get(written.lower()) or language_tag(written))


def attachments(text: str) -> list[str]:
    r"""The paths in a `file` field: “Title:path:type” with `\:`, `\;` and `\\`, several parted by “;”, or plain paths.

    >>> attachments(r"Full Text:files/12/a\:b.pdf:application/pdf;Snapshot:files/13/c.html:text/html")
    ['files/12/a:b.pdf', 'files/13/c.html']
    >>> attachments("papers/report.pdf; C:/papers/x.pdf")
    ['papers/report.pdf', 'C:/papers/x.pdf']
    """
    found = []
    for one in split_outside(text, ";"):
        parts = [_unescaped(part) for part in split_outside(one, ":")]
        described = len(parts) == 3 and ("/" in parts[2] or not parts[2] or parts[2].isalnum())
        path = parts[1] if described else _unescaped(one)
        if path.strip():
            found.append(path.strip())
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\:;{}$_&%#~ ])", r"\1", text)
