"""What a web page declares about itself in meta elements, JSON-LD, title and links. Nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.readers.metadata import language_tag, partial_date, web_address
from assistant.readers.text import one_line
from assistant.records import Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# In the order of trust: what libraries and journals fill in, then what is made for search engines and networks.
_TITLE = ("citation_title", "dcterms.title", "dc.title", "og:title", "headline", "name")
_AUTHOR = ("citation_author", "dcterms.creator", "dc.creator", "author", "article:author", "parsely-author")
_PUBLISHER = ("citation_publisher", "dcterms.publisher", "dc.publisher", "og:site_name", "publisher")
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

    authors = next((declared[key] for key in _AUTHOR if key in declared), [])
    addresses = [*tree.xpath("//link[@rel='canonical']/@href"), *declared.get("og:url", ())]
    titles = [*first(_TITLE), *map(one_line, tree.xpath("//head/title/text()"))]
    return Metadata(
        title=next(filter(None, titles), None),
        authors=tuple(dict.fromkeys(author for author in authors if not web_address(author))),
        publisher=next(first(_PUBLISHER), None),
        issued=next(filter(None, (partial_date(value.replace("/", "-")) for value in first(_ISSUED))), None),
        url=next(filter(None, map(web_address, addresses)), None),
        language=next(filter(None, map(language_tag, tree.xpath("/html/@lang | /html/@xml:lang"))), None),
    )


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
