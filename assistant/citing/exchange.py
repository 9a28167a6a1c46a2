"""Sources as the files that reference managers read: CSL-JSON 1.0.2, BibTeX and RIS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.citing.items import iso_date, items
from assistant.records import Metadata

_RIS_TYPES = {
    "article-journal": "JOUR",
    "article-magazine": "MGZN",
    "article-newspaper": "NEWS",
    "bill": "BILL",
    "book": "BOOK",
    "broadcast": "MPCT",
    "chapter": "CHAP",
    "dataset": "DATA",
    "entry-dictionary": "DICT",
    "entry-encyclopedia": "ENCYC",
    "hearing": "HEAR",
    "legal_case": "CASE",
    "legislation": "STAT",
    "manuscript": "MANSCPT",
    "map": "MAP",
    "motion_picture": "MPCT",
    "paper-conference": "CONF",
    "patent": "PAT",
    "personal_communication": "PCOMM",
    "post-weblog": "BLOG",
    "report": "RPRT",
    "software": "COMP",
    "song": "SOUND",
    "speech": "SLIDE",
    "standard": "STAND",
    "thesis": "THES",
    "webpage": "ELEC",
}
"""Reference types of RIS by those of CSL; GEN for others."""
_RIS_FIELDS = {
    "title": "TI",
    "container-title": "T2",
    "collection-title": "T3",
    "volume": "VL",
    "issue": "IS",
    "edition": "ET",
    "number": "M1",
    "genre": "M3",
    "publisher": "PB",
    "publisher-place": "CY",
    "DOI": "DO",
    "ISBN": "SN",
    "ISSN": "SN",
    "URL": "UR",
    "language": "LA",
}
_BIBTEX_TYPES = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "entry-encyclopedia": "incollection",
    "paper-conference": "inproceedings",
    "report": "techreport",
    "thesis": "phdthesis",
    "webpage": "online",
}
"""Entry types of BibTeX by types of CSL; misc for others."""
_BIBTEX_FIELDS = {
    "title": "title",
    "container-title": "booktitle",
    "collection-title": "series",
    "volume": "volume",
    "issue": "number",
    "number": "number",
    "edition": "edition",
    "page": "pages",
    "genre": "type",
    "publisher": "publisher",
    "publisher-place": "address",
    "DOI": "doi",
    "ISBN": "isbn",
    "ISSN": "issn",
    "URL": "url",
    "language": "language",
    "event-title": "eventtitle",
    "event-place": "venue",
}
_BIBTEX_OF_TYPE = {
    "article": {"container-title": "journal"},
    "techreport": {"publisher": "institution"},
    "phdthesis": {"publisher": "school"},
    "online": {"publisher": "organization"},
}
_LATEX = {each: f"\\{each}" for each in "{}$&#%_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_RIS_PEOPLE = {"author": "AU", "editor": "A2", "translator": "A4"}
_RIS_OF_TYPE = {
    "book": {"editor": "A3"},
    "report": {"editor": "ED"},
    "personal_communication": {"editor": "ED"},
    "paper-conference": {"container-title": "C3", "event-title": "T2"},
    "speech": {"event-title": "T2"},
}
"""Where a tag says something else of a type: A2 is the editor of a book's series, and T2 the name of a conference."""


def csl_json(known: Mapping[str, Metadata]) -> str:
    """Sources as CSL-JSON."""
    return json.dumps(list(items(known).values()), ensure_ascii=False, indent=2) + "\n"


def bibtex(known: Mapping[str, Metadata]) -> str:
    """Sources as BibTeX, in UTF-8 and with fields that BibLaTeX reads too."""
    return "\n".join(_bibtex(each, source_id) for source_id, each in items(known).items())


def _bibtex(made: Mapping[str, Any], source_id: str) -> str:
    """An entry, which names its file as reference managers do."""
    kind = _BIBTEX_TYPES.get(made["type"], "misc")
    fields = {
        name: " and ".join(map(_bibtex_name, made[variable]))
        for variable, name in (("author", "author"), ("editor", "editor"), ("translator", "translator"))
        if made.get(variable)
    }
    for variable, name in (_BIBTEX_FIELDS | _BIBTEX_OF_TYPE.get(kind, {})).items():
        if variable in made:
            fields[name] = _latex(" ".join(str(made[variable]).split()))
    if "title" in fields:
        fields["title"] = f"{{{fields['title']}}}"  # a second pair of braces keeps its case
    if "pages" in fields:
        fields["pages"] = re.sub(r"\s*[-–]+\s*", "--", fields["pages"])
    for variable, name in (("issued", "date"), ("accessed", "urldate")):
        if variable in made:
            fields[name] = iso_date(made[variable]["date-parts"][0])
    if "date" in fields:
        fields["year"] = fields["date"][:4]  # for BibTeX, which knows no date
    for name in ("url", "doi"):
        if name in fields:
            fields[name] = str(made[name.upper()]).replace("{", "%7B").replace("}", "%7D")
    if not re.search(r"[{}#]", source_id):  # a # parts a file from one of several sources in it
        fields["file"] = ":" + re.sub(r"([:;])", r"\\\1", source_id) + ":"
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@{kind}{{{made['id']},\n{lines}}}\n"


def _bibtex_name(name: Mapping[str, str]) -> str:
    """A name as "von Family, Suffix, Given"; one without parts in braces."""
    if name.get("literal") == "others":
        return "others"  # BibTeX's own word for authors that are not named
    if "family" not in name:
        return f"{{{_latex(str(name.get('literal', '')))}}}"
    family = _latex(name["family"])
    if re.search(r"\s[^\W\d_]", family) and not family.istitle():
        family = f"{{{family}}}"  # else all before its last small word would be taken for a particle
    family = f"{_latex(name.get('non-dropping-particle', ''))} {family}".strip()
    given = f"{name.get('given', '')} {name.get('dropping-particle', '')}".strip()
    return ", ".join(filter(None, (family, _latex(name.get("suffix", "")), _latex(given))))


def _latex(text: str) -> str:
    """Text with the characters escaped that LaTeX gives a meaning."""
    return "".join(_LATEX.get(character, character) for character in text)


def ris(known: Mapping[str, Metadata]) -> str:
    """Sources as RIS."""
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _ris(each, source_id)) + "\r\n"
        for source_id, each in items(known).items()
    )


def _ris(made: Mapping[str, Any], source_id: str) -> Iterator[tuple[str, str]]:
    """The fields of a record."""
    of_type = _RIS_OF_TYPE.get(made["type"], {})
    yield "TY", _RIS_TYPES.get(made["type"], "GEN")
    yield "ID", made["id"]
    for role, tag in _RIS_PEOPLE.items():
        for name in made.get(role, ()):
            yield of_type.get(role, tag), _ris_name(name)
    for variable, tag in (_RIS_FIELDS | of_type).items():
        if variable in made and variable not in _RIS_PEOPLE:
            yield tag, " ".join(str(made[variable]).split())
    first, _, last = str(made.get("page", "")).replace("–", "-").partition("-")
    yield from ((tag, page.strip()) for tag, page in (("SP", first), ("EP", last)) if page.strip())
    for variable, tag in (("issued", "DA"), ("accessed", "Y2")):
        if variable in made:
            year, *rest = made[variable]["date-parts"][0]
            if tag == "DA":
                yield "PY", f"{year:04}"
            yield tag, "/".join([f"{year:04}", *(f"{part:02}" for part in rest), *[""] * (3 - len(rest))])
    if "#" not in source_id:
        yield "L1", source_id
    yield "ER", ""


def _ris_name(name: Mapping[str, str]) -> str:
    """A name as "Family, Given, Suffix"; one without parts as it stands."""
    if "family" not in name:
        return str(name.get("literal", ""))
    family = f"{name.get('non-dropping-particle', '')} {name['family']}".strip()
    given = f"{name.get('given', '')} {name.get('dropping-particle', '')}".strip()
    return ", ".join(filter(None, (family, given, name.get("suffix", ""))))
