"""What a web page declares about itself in meta elements, JSON-LD, title and links. Nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.readers import csl
from assistant.readers.metadata import language_tag, partial_date, web_address
from assistant.readers.text import one_line
from assistant.records import Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# In the order of trust: what libraries and journals fill in, then what is made for search engines and networks.
_TITLE = ("citation_title", "dcterms.title", "dc.title", "og:title", "headline", "name")
_AUTHOR = ("citation_author", "dcterms.creator", "dc.creator", "author", "article:author", "parsely-author")
_PUBLISHER = (
    *("citation_publisher", "citation_dissertation_institution", "citation_technical_report_institution"),
    *("dcterms.publisher", "dc.publisher", "og:site_name", "publisher"),
)
_INVERTED = frozenset({"citation_author", "dcterms.creator", "dc.creator"})
"""Where names are written “Family, Given” by their rules."""
_VARIABLES = {
    "container-title": ("citation_journal_title", "citation_inbook_title", "citation_conference_title"),
    "container-title-short": ("citation_journal_abbrev",),
    "volume": ("citation_volume",),
    "issue": ("citation_issue",),
    "DOI": ("citation_doi", "dc.identifier", "dcterms.identifier"),
    "ISBN": ("citation_isbn",),
    "ISSN": ("citation_issn",),
    "number": ("citation_technical_report_number",),
}
_TYPES = {
    "citation_journal_title": "article-journal",
    "citation_inbook_title": "chapter",
    "citation_conference_title": "paper-conference",
    "citation_dissertation_institution": "thesis",
    "citation_technical_report_institution": "report",
}
"""What a page is that declares such a thing."""
_ISSUED = (
    *("citation_publication_date", "citation_date", "dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date"),
    *("article:published_time", "datepublished", "parsely-pub-date", "pubdate", "publishdate", "publication_date"),
    *("date",),
)


def declared_metadata(tree: HtmlElement) -> Metadata:
    """The metadata that a page declares; what it does not declare is left open."""
    declared = _declared(tree)

    def first(keys: tuple[str, ...]) -> Iterator[str]:
        return (value for key in keys for value in declared.get(key, ()))

    people = _people(declared)
    addresses = [*tree.xpath("//link[@rel='canonical']/@href"), *declared.get("og:url", ())]
    titles = [*first(_TITLE), *map(one_line, tree.xpath("//head/title/text()"))]
    return Metadata(
        title=next(filter(None, titles), None),
        authors=tuple(map(csl.spelled, people)),
        publisher=next(first(_PUBLISHER), None),
        issued=next(filter(None, (partial_date(value.replace("/", "-")) for value in first(_ISSUED))), None),
        url=next(filter(None, map(web_address, addresses)), None),
        language=next(filter(None, map(language_tag, tree.xpath("/html/@lang | /html/@xml:lang"))), None),
        type=next((kind for key, kind in _TYPES.items() if key in declared), None),
        csl=_variables(declared, people),
    )


def _people(declared: dict[str, list[str]]) -> list[dict[str, str]]:
    """The authors, in parts where they are written so."""
    key = next((key for key in _AUTHOR if key in declared), "")
    written = dict.fromkeys(author for author in declared.get(key, ()) if not web_address(author))
    return [(csl.inverted(author) if key in _INVERTED else None) or {"literal": author} for author in written]


def _variables(declared: dict[str, list[str]], people: list[dict[str, str]]) -> dict[str, Any]:
    """The variables of CSL that a page declares; the first usable value of each."""
    found: dict[str, Any] = {}
    for variable, keys in _VARIABLES.items():
        values = (csl.text_variable(variable, value) for key in keys for value in declared.get(key, ()))
        if value := next(filter(None, values), None):
            found[variable] = value
    pages = [declared[key][0] for key in ("citation_firstpage", "citation_lastpage") if key in declared]
    if pages:
        found["page"] = "-".join(dict.fromkeys(pages))
    if any("family" in person for person in people):
        found["author"] = people
    return found


def _declared(tree: HtmlElement) -> dict[str, list[str]]:
    """The contents of meta elements by their name in lower case, and of the article in JSON-LD where they lack it."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        key = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        content = one_line(meta.get("content") or "")
        if key and content:
            found.setdefault(key, []).append(content)
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        for key, values in _linked_data(script).items():
            found.setdefault(key, values)
    return found


def _linked_data(script: str) -> dict[str, list[str]]:
    """Headline, date, authors and publisher of the first article in a JSON-LD script."""
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return {}  # a broken script declares nothing
    graph = data.get("@graph", data) if isinstance(data, dict) else data
    for item in graph if isinstance(graph, list) else [graph]:
        if isinstance(item, dict) and ("datePublished" in item or "headline" in item):
            fields = {
                "headline": _names(item.get("headline")),
                "datepublished": _names(item.get("datePublished")),
                "author": _names(item.get("author")),
                "publisher": _names(item.get("publisher")),
            }
            return {key: values for key, values in fields.items() if values}
    return {}


def _names(value: Any) -> list[str]:  # noqa: ANN401
    """The strings, or the names of the things, in a value of JSON-LD."""
    items = value if isinstance(value, list) else [value]
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    return [one_line(name) for name in names if isinstance(name, str) and name.strip()]
