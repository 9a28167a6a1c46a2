"""EPUB books: their documents in reading order, with the names of the chapters and the numbers of the printed pages.

Each document is read as a web page is, but whole: a book has no navigation around its text. The document with the
table of contents gives only what stands beside the lists of links, which name the chapters and pages.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from assistant.errors import UnreadableFile
from assistant.readers import Reading, csl, working
from assistant.readers.archive import open_container, parse_xml, part
from assistant.readers.elements import formulas_in, page_blocks, parse_page, without_formulas
from assistant.readers.encoding import decode
from assistant.readers.metadata import language_tag, partial_date
from assistant.readers.text import Block, Place, make_source, one_line
from assistant.records import LocatorKind, Metadata

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

SUFFIXES = (".epub",)
VERSION = 2

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONTS_ONLY = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_PAGES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/xml", "text/xml"})
_CONTENTS = "application/x-dtbncx+xml"
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)")
# XML that the parser of web pages would take for text, or for a comment.
_DECLARATION = re.compile(r"<\?xml[^>]*>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_PAGE_NAME = re.compile(r"\W*(?:page|p\.)?\s*([\w.-]*?\w)\W*", re.IGNORECASE)
_ISBN = re.compile(r"(urn:isbn:|isbn:?\s*)?((?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx])", re.IGNORECASE)
_LONGEST_LABEL = 20
"""Characters of a page's label; what is longer is text."""


@dataclass
class _Contents:
    """What the contents of a book name: a label, a document and the place in it (empty: its beginning)."""

    chapters: list[tuple[str, str, str]] = field(default_factory=list)
    pages: list[tuple[str, str, str]] = field(default_factory=list)


def read(data: bytes, source_id: str) -> Reading:
    """Read a book.

    Raises:
        UnreadableFile: it is damaged or protected, or has no text.
    """
    container = open_container(data)
    _refuse_protected(container)
    package_name = _package_name(container)
    package = parse_xml(part(container, package_name) or b"", recover=True)
    items = _items(package, package_name)
    problems: list[str] = []
    contents = _contents(container, package, items, problems)
    blocks = list(_blocks(container, package, items, contents, problems))
    if not blocks:
        raise UnreadableFile("; ".join(problems) or "no text in it: its pages may be pictures")
    return Reading((make_source(data, source_id, blocks, _metadata(package)),), tuple(problems))


def _refuse_protected(container: zipfile.ZipFile) -> None:
    """Refuse a book of which more than fonts is encrypted.

    Raises:
        UnreadableFile: it is.
    """
    encryption = part(container, _ENCRYPTION)
    methods = _named(parse_xml(encryption), "EncryptionMethod") if encryption else ()
    if any(method.get("Algorithm") not in _FONTS_ONLY for method in methods):
        raise UnreadableFile("protected (DRM): it opens only in its shop's programs; use a copy without protection")


def _package_name(container: zipfile.ZipFile) -> str:
    """The part that lists the others.

    Raises:
        UnreadableFile: there is none.
    """
    listing = part(container, _CONTAINER)
    named = [root.get("full-path", "") for root in _named(parse_xml(listing), "rootfile")] if listing else []
    there = set(container.namelist())
    name: str | None = next(
        (name for name in [*named, *sorted(there)] if name in there and name.endswith(".opf")), None
    )
    if name is None:
        raise UnreadableFile("damaged: the list of its parts is missing; get or save it again")
    return name


def _named(root: _Element, *names: str) -> Iterator[_Element]:
    """The elements of these names, in any namespace."""
    yield from root.iter(*(f"{{*}}{name}" for name in names))


def _text(element: _Element) -> str:
    return one_line("".join(element.itertext()))


def _items(package: _Element, package_name: str) -> dict[str, tuple[str, _Element]]:
    """The parts of the book by their id: the name in the container, and what the package says of them."""
    items = {}
    for item in _named(package, "item"):
        name, _ = _resolve(package_name, item.get("href", ""))
        items[item.get("id", "")] = (name, item)
    return items


def _resolve(base: str, link: str) -> tuple[str, str]:
    """The part of the container that a link in the part `base` leads to, and the place in it."""
    path, _, fragment = link.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path))) if path else base
    return path, unquote(fragment)


def _metadata(package: _Element) -> Metadata:
    """What the package declares of the book; of its dates, the one of its publication."""

    def declared(name: str) -> list[_Element]:
        return list(package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}"))

    def first(name: str) -> str | None:
        return next(filter(None, map(_text, declared(name))), None)

    people = _people(package, declared("creator"))
    isbn = next(filter(None, map(_isbn, declared("identifier"))), None)
    variables: dict[str, Any] = {"ISBN": isbn} if isbn else {}
    if any("family" in person for person in people):
        variables["author"] = people
    dates = [_text(date) for date in declared("date") if _event(date) in ("", "publication")]
    return Metadata(
        title=first("title"),
        authors=tuple(map(csl.spelled, people)),
        publisher=first("publisher"),
        issued=next(filter(None, map(partial_date, dates)), None),
        language=next(filter(None, (language_tag(_text(element)) for element in declared("language"))), None),
        csl=variables,
    )


def _people(package: _Element, creators: list[_Element]) -> list[dict[str, str]]:
    """The authors; in parts where the name for sorting is the name itself, family name first."""
    sorted_by = {
        meta.get("refines", "").removeprefix("#"): _text(meta)
        for meta in _named(package, "meta")
        if meta.get("property") == "file-as"
    }
    people: dict[str, dict[str, str]] = {}
    for creator in creators:
        name = _text(creator)
        key = creator.get("{http://www.idpf.org/2007/opf}file-as") or sorted_by.get(creator.get("id", "-"), "")
        parts = csl.inverted(key)
        if name:
            people.setdefault(name, parts if parts and csl.spelled(parts) == name else {"literal": name})
    return list(people.values())


def _isbn(identifier: _Element) -> str | None:
    """The ISBN in an identifier that says that it is one."""
    scheme = str(identifier.get("{http://www.idpf.org/2007/opf}scheme", "")).lower()
    match = _ISBN.fullmatch(_text(identifier))
    return match[2] if match and (match[1] or scheme == "isbn") else None


def _event(date: _Element) -> str:
    """What happened on a date, in books of the second version of the format."""
    return str(date.get("{http://www.idpf.org/2007/opf}event", "")).lower()


def _contents(
    container: zipfile.ZipFile, package: _Element, items: dict[str, tuple[str, _Element]], problems: list[str]
) -> _Contents:
    """The chapters and pages: from the navigation document, what it lacks from the older table of contents."""
    contents = _Contents()
    try:
        for name, item in items.values():
            if "nav" in item.get("properties", "").split():
                _add_navigation(contents, name, _document(container, name, problems))
        for name, item in items.values():
            listing = part(container, name) if item.get("media-type") == _CONTENTS else None
            if listing:
                _add_older(contents, name, parse_xml(listing))
    except UnreadableFile as error:
        problems.append(f"its table of contents cannot be read, so chapters may have no name ({error})")
    return contents


def _add_navigation(contents: _Contents, name: str, tree: HtmlElement | None) -> None:
    """Add what a navigation document lists."""
    for nav in tree.iter("nav") if tree is not None else ():
        kinds = nav.get("epub:type", "").split()
        lists = {"toc": contents.chapters, "page-list": contents.pages}
        for into in (lists[kind] for kind in kinds if kind in lists):
            into += [(_text(link), *_resolve(name, link.get("href"))) for link in nav.iter("a") if link.get("href")]


def _add_older(contents: _Contents, name: str, root: _Element) -> None:
    """Add what a table of contents of the second version of the format lists, of what is not listed yet."""
    for kind, into in (("navPoint", contents.chapters), ("pageTarget", contents.pages)):
        if into:
            continue
        for point in _named(root, kind):
            label = point.find("{*}navLabel")
            target = point.find("{*}content")
            if label is not None and target is not None:
                into.append((_text(label), *_resolve(name, target.get("src", ""))))


def _blocks(
    container: zipfile.ZipFile,
    package: _Element,
    items: dict[str, tuple[str, _Element]],
    contents: _Contents,
    problems: list[str],
) -> Iterator[Block]:
    """The blocks of the documents in reading order."""
    left_out: list[str] = []
    lost: list[str] = []
    formulas = 0
    for named in dict.fromkeys(reference.get("idref", "") for reference in _named(package, "itemref")):
        name, item = items.get(named, ("", None))
        if item is None or item.get("media-type") not in _PAGES:
            left_out.append(name or named or "?")
            continue
        try:
            tree = _document(container, name, problems)
        except UnreadableFile:
            tree = None
        if tree is None:
            left_out.append(name)
            continue
        yield from page_blocks(tree, _places(tree, name, contents, lost))
        formulas += formulas_in(tree)
        working()
    problems += without_formulas(formulas)
    if left_out:
        problems.append(f"parts that are missing, damaged or no text: {', '.join(left_out)}")
    if lost:
        shown = ", ".join(lost[:10]) + (", ..." if lost[10:] else "")
        problems.append(f"chapters or pages of its table of contents that are not found: {shown}")


def _document(container: zipfile.ZipFile, name: str, problems: list[str]) -> HtmlElement | None:
    """The elements of a document; `None` if there is no such document, or nothing in it.

    It is read as a web page: that parser is as forgiving as reading programs are, and expands and fetches nothing.

    Raises:
        UnreadableFile: it is damaged.
    """
    data = part(container, name)
    if not data:
        return None
    declared = _ENCODING.match(data)
    text, guesses = decode(data, declared[1].decode("ascii") if declared else None)
    text = _CDATA.sub(lambda match: escape(match[1]), _DECLARATION.sub("", text))
    tree, whole = parse_page(text)
    problems += [f"{name}: {guess}" for guess in guesses]
    if not whole:
        problems.append(f"{name}: nested too deeply or damaged: only its beginning was read")
    return tree


def _places(tree: HtmlElement, name: str, contents: _Contents, lost: list[str]) -> dict[HtmlElement, tuple[Place, ...]]:
    """The elements of a document at which chapters and printed pages begin; the pages' own labels are taken out."""
    body = tree.find("body")
    named: dict[str, HtmlElement] = {"": tree if body is None else body}
    places: dict[HtmlElement, tuple[Place, ...]] = {}
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for key in filter(None, (element.get("id"), element.get("name") if element.tag == "a" else None)):
            named.setdefault(key, element)
        if "pagebreak" in element.get("epub:type", "").split() or element.get("role") == "doc-pagebreak":
            label = _page_label(element.get("title") or element.get("aria-label") or _text(element))
            places[element] = ((LocatorKind.PAGE, label),) if label else ()
    for kind, listed in ((LocatorKind.CHAPTER, contents.chapters), (LocatorKind.PAGE, contents.pages)):
        for label, document, fragment in listed:
            if document != name or not label:
                continue
            if fragment not in named:
                lost.append(label)
                continue
            place = (kind, _page_label(label) or label) if kind is LocatorKind.PAGE else (kind, label)
            places[named[fragment]] = (*places.get(named[fragment], ()), place)
    _take_out_labels(places)
    return places


def _page_label(text: str) -> str:
    """The label of a page without the word "page", and without brackets around it."""
    match = _PAGE_NAME.fullmatch(text)
    return match[1] if match and len(match[1]) <= _LONGEST_LABEL else ""


def _take_out_labels(places: dict[HtmlElement, tuple[Place, ...]]) -> None:
    """Empty the elements that only say the label of the page that begins at them."""
    for element, begun in places.items():
        labels = {label for kind, label in begun if kind is LocatorKind.PAGE}
        if labels and _page_label(_text(element)) in labels:
            element.clear(keep_tail=True)
