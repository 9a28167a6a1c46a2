"""RIS as Zotero writes it, and where that is silent, as the RIS specification of 2011 has it.

Which tag holds what depends on the type, as in Zotero's translator: SN is a report's number, an article's ISSN or a
book's ISBN; T2 is the journal, the book, the site, the conference or the series.
"""

from __future__ import annotations

import re

from assistant.readers import csl
from assistant.readers.catalogue.item import Item
from assistant.readers.metadata import language_tag
from assistant.readers.text import one_line

_LINE = re.compile(r"\s*([A-Z][A-Z0-9]) {1,2}-(?: (.*)|\s*)")
_TYPES = {
    "ABST": "article-journal", "ART": "graphic", "BILL": "bill", "BLOG": "post-weblog", "BOOK": "book",
    "CASE": "legal_case", "CHAP": "chapter", "COMP": "software", "CONF": "paper-conference",
    "CPAPER": "paper-conference", "DATA": "dataset", "DICT": "entry-dictionary", "EBOOK": "book", "ECHAP": "chapter",
    "EDBOOK": "book", "EJOUR": "article-journal", "ELEC": "webpage", "ENCYC": "entry-encyclopedia", "FIGURE": "figure",
    "GEN": "document", "GOVDOC": "report", "HEAR": "hearing", "ICOMM": "personal_communication",
    "INPR": "article-journal", "JFULL": "periodical", "JOUR": "article-journal", "MANSCPT": "manuscript", "MAP": "map",
    "MGZN": "article-magazine", "MPCT": "motion_picture", "MUSIC": "musical_score", "NEWS": "article-newspaper",
    "PAMP": "pamphlet", "PAT": "patent", "PCOMM": "personal_communication", "RPRT": "report", "SER": "book",
    "SLIDE": "speech", "SOUND": "song", "STAND": "standard", "STAT": "legislation", "THES": "thesis",
    "UNPB": "manuscript", "UNPD": "manuscript", "VIDEO": "motion_picture", "WEB": "webpage",
}  # fmt: skip
_SERIAL = frozenset({"article-journal", "article-magazine", "article-newspaper", "periodical"})
_TEXTS = {
    "TI": "title", "T1": "title", "CT": "title", "PB": "publisher", "DO": "DOI", "ET": "edition", "VL": "volume",
    "IS": "issue", "CY": "publisher-place", "PP": "publisher-place", "ST": "title-short",
    "J2": "container-title-short", "JA": "container-title-short", "T2": "container-title", "JF": "container-title",
    "JO": "container-title", "BT": "container-title", "T3": "collection-title", "SE": "section", "M3": "genre",
    "NV": "number-of-volumes", "AN": "archive_location", "DB": "archive", "CN": "call-number", "DP": "source",
    "SN": "ISBN",
}  # fmt: skip
_OF_TYPE = {
    **{("SN", serial): "ISSN" for serial in _SERIAL},
    ("SN", "report"): "number", ("SN", "patent"): "number",
    ("T2", "book"): "collection-title", ("T2", "report"): "collection-title", ("T2", "map"): "collection-title",
    ("T2", "software"): "collection-title",
    ("T2", "paper-conference"): "event-title", ("T2", "speech"): "event-title",
    ("C3", "paper-conference"): "container-title", ("C1", "paper-conference"): "publisher-place",
    ("BT", "book"): "title", ("M1", "book"): "collection-number", ("SV", "chapter"): "collection-number",
    ("M1", "bill"): "number", ("M1", "hearing"): "number", ("M1", "legislation"): "number", ("M1", "report"): "number",
    ("IS", "chapter"): "number-of-volumes", ("ET", "software"): "version", ("ET", "dataset"): "version",
    ("SP", "book"): "number-of-pages", ("SP", "thesis"): "number-of-pages", ("SP", "manuscript"): "number-of-pages",
    ("M3", "article-journal"): "DOI",
}  # fmt: skip
_NAMES = {"AU": "author", "A1": "author", "ED": "editor", "A2": "editor", "A3": "collection-editor", "A4": "translator"}
_NAMES_OF_TYPE = {
    ("A2", "book"): "collection-editor", ("A2", "report"): "collection-editor", ("A3", "book"): "editor",
    ("A2", "personal_communication"): "recipient", ("C2", "chapter"): "container-author",
    ("A3", "thesis"): "contributor",
}  # fmt: skip
_COMPANIES = frozenset(("Inc.", "Ltd.", "LLC", "Corp.", "GmbH"))
"""What follows the name of a company after a comma, and is no given name."""
_FILES = ("L1", "L2", "L4")


def read(text: str) -> tuple[list[Item], list[str]]:
    """The items, and a line for each thing that is none."""
    items: list[Item] = []
    problems: list[str] = []
    fields: list[tuple[str, str]] | None = None
    begun = 0
    for number, line in enumerate(text.split("\n"), 1):
        match = _LINE.fullmatch(line.rstrip("\r").rstrip())
        tag, value = (match[1], (match[2] or "").strip()) if match else ("", line.strip())
        if tag == "TY":
            if fields is not None:
                items.append(_item(begun, fields, closed=False))
            fields, begun = [(tag, value)], number
        elif fields is None:
            if value or tag:
                problems.append(f"line {number} was left out: it belongs to no entry (each begins with “TY  - ”)")
        elif tag == "ER":
            items.append(_item(begun, fields))
            fields = None
        elif tag:
            fields.append((tag, value))
        elif value:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {value}".strip())  # a long value goes on
    if fields is not None:
        items.append(_item(begun, fields, closed=False))
    return items, problems


def _item(line: int, fields: list[tuple[str, str]], *, closed: bool = True) -> Item:
    written: dict[str, list[str]] = {}
    for tag, value in fields:
        if value:
            written.setdefault(tag, []).append(value)
    key = written.get("ID", [""])[0]
    item = Item(f"line {line}" + (f" ({one_line(key)[:60]})" if key else ""))
    if not closed:
        item.problems.append("it does not end with “ER  - ”: what is missing of it is not known")
    code = fields[0][1]
    kind = _TYPES.get(code)
    if kind is None:
        item.problems.append(f"type is not usable and was left out: {one_line(code)[:60]} (it must be one of RIS)")
    item.put("type", kind)
    _texts(item, written, kind or "")
    _people(item, written, kind or "")
    _dates(item, written)
    pages = [one_line(values[0]) for tag in ("SP", "EP") if (values := written.get(tag))]
    if ("SP", kind) not in _OF_TYPE:
        item.put("page", "-".join(dict.fromkeys(pages)))
    item.put("keyword", [tag for value in written.get("KW", []) for tag in re.split(r"\s*;\s*", value)])
    item.put("language", next(filter(None, map(language_tag, written.get("LA", []))), None))
    for address in written.get("UR", []):
        item.put_address(address)
    item.files += [path for tag in (*_FILES, "LK", "UR") for path in written.get(tag, []) if not _is_web(path)]
    return item


def _texts(item: Item, written: dict[str, list[str]], kind: str) -> None:
    for tag in dict.fromkeys([*_TEXTS, *(tag for tag, _ in _OF_TYPE)]):
        variable = _OF_TYPE.get((tag, kind), _TEXTS.get(tag))
        value = written.get(tag, [""])[0]
        if variable and value and (variable != "DOI" or csl.text_variable(variable, value)):
            item.put(variable, value)


def _people(item: Item, written: dict[str, list[str]], kind: str) -> None:
    for tag in dict.fromkeys([*_NAMES, *(tag for tag, _ in _NAMES_OF_TYPE)]):
        variable = _NAMES_OF_TYPE.get((tag, kind), _NAMES.get(tag))
        if variable and tag in written:
            item.put(variable, [_name(value) for value in written[tag]])


def _name(text: str) -> dict[str, str]:
    """A name as RIS has it: “Family, Given, Suffix”; what has no comma, or ends with one (in EndNote), is whole."""
    text = one_line(text).rstrip(", ") or text
    parts = text.split(",")
    whole = len(parts) not in (2, 3) or not parts[0] or parts[1].strip() in _COMPANIES
    return {"literal": text} if whole else csl.person(*parts)


def _dates(item: Item, written: dict[str, list[str]]) -> None:
    for variable, tags in (("issued", ("DA", "PY", "Y1")), ("accessed", ("Y2",))):
        values = [value for tag in tags for value in written.get(tag, []) if value.strip("/")]
        certain = next(filter(csl.certain_date, values), None)
        if values:
            item.put_date(variable, certain or values[0], values[0])


def _is_web(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))
