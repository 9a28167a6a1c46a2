"""Pandoc, which formats citations by CSL styles and writes documents; its own data is built here, never its Markdown.

Words go to pandoc as the strings of its document tree (pandoc-types 1.23), so nothing in them is read as markup.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from assistant.errors import CitingFailed

MARKDOWN = "commonmark+footnotes-raw_html"
API_VERSION = [1, 23, 1]
_SECONDS = 120
_MEMORY = "1G"  # of its heap: a style file is somebody else's program
Node = dict[str, Any]


@cache
def _program() -> str:
    import pypandoc  # not needed to answer a question

    try:
        path: str = pypandoc.get_pandoc_path()
    except OSError as error:
        raise CitingFailed("pandoc is missing: install the package pypandoc_binary") from error
    return path


def run(given: bytes, source: str, target: str, *options: str) -> bytes:
    """What pandoc makes of its input; it opens no file but those that the options name, and no address.

    Raises:
        CitingFailed: it is missing, or failed; the message is its own, on one line.
    """
    limited = ("+RTS", f"-M{_MEMORY}", "-RTS", "--sandbox", "--wrap=none", "-f", source, "-t", target, "-o", "-")
    try:
        done = subprocess.run([_program(), *limited, *options], input=given, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CitingFailed(f"pandoc could not be run ({error})") from error
    if done.returncode:
        raise CitingFailed(f"pandoc failed: {' '.join(done.stderr.decode('utf-8', 'replace').split())[:300]}")
    return done.stdout


def convert(blocks: list[Node], target: str, *options: str, meta: Mapping[str, Node] | None = None) -> bytes:
    """A document of these blocks in another format; `MARKDOWN` is CommonMark with footnotes."""
    if target == MARKDOWN:
        tree = json.loads(convert(blocks, "json", *options, meta=meta))
        return run(json.dumps(_escaped(tree)).encode(), "json", MARKDOWN)
    document = {"pandoc-api-version": API_VERSION, "meta": meta or {}, "blocks": blocks}
    return run(json.dumps(document).encode(), "json", target, *options)


_MARK = re.compile(r"([&\\~$])|^([-+=])|^(\d+)([.)])")


def _escaped(node: Any) -> Any:  # noqa: ANN401
    """A part of a document tree with the characters escaped that pandoc leaves, and that CommonMark gives a meaning.

    These are `&` before what may be the name of a character, the backslash (pandoc drops a mark that follows one),
    marks of lists, rules and code at the start of a line, and `~` and `$`, which most programs give a meaning too.
    """
    if isinstance(node, dict):
        return {name: _escaped(value) for name, value in node.items()}
    if not isinstance(node, list):
        return node
    made: list[Any] = []
    for number, each in enumerate(node):
        if isinstance(each, dict) and each.get("t") == "Str":
            starts = number == 0 or node[number - 1].get("t") in ("LineBreak", "SoftBreak")
            made += _escaped_word(each["c"], starts)
        else:
            made.append(_escaped(each))
    return made


def _escaped_word(word: str, starts: bool) -> list[Node]:
    nodes: list[Node] = []
    place = 0
    for match in _MARK.finditer(word):
        if match[1] or starts:
            before = word[place : match.start()] + (match[3] or "")
            nodes += [{"t": "Str", "c": before}] if before else []
            nodes.append({"t": "RawInline", "c": ["markdown", f"\\{match[1] or match[2] or match[4]}"]})
            place = match.end()
    return [*nodes, {"t": "Str", "c": word[place:]}] if word[place:] or not nodes else nodes


def read_back(tree: bytes) -> list[Node]:
    """The blocks of a document that pandoc gave as JSON."""
    blocks: list[Node] = json.loads(tree)["blocks"]
    return blocks


def words(text: str) -> list[Node]:
    """Text as inline nodes, exactly: each space one node, each line end a line break."""
    nodes: list[Node] = []
    for number, line in enumerate(text.split("\n")):
        nodes += [{"t": "LineBreak"}] if number else []
        for place, word in enumerate(line.split(" ")):
            nodes += [{"t": "Space"}] if place else []
            nodes += [{"t": "Str", "c": word}] if word else []
    return nodes


def paragraph(inlines: list[Node]) -> Node:
    """A paragraph."""
    return {"t": "Para", "c": inlines}


def heading(level: int, text: str, name: str = "") -> Node:
    """A heading."""
    return {"t": "Header", "c": [level, [name, [], []], words(text)]}


def quotation(blocks: list[Node]) -> Node:
    """A quotation set apart."""
    return {"t": "BlockQuote", "c": blocks}


def emphasis(inlines: list[Node]) -> Node:
    """Words in italics."""
    return {"t": "Emph", "c": inlines}


def link(text: str, address: str) -> Node:
    """A link."""
    return {"t": "Link", "c": [["", [], []], words(text), [address, ""]]}


def cited(key: str, pinpoint: str) -> Node:
    """A citation of the reference `key`; `pinpoint` is the place in it, in words."""
    # In braces, all of it is the place, whatever it looks like.
    suffix = words(f", {{{pinpoint.replace('{', '(').replace('}', ')')}}}") if pinpoint else []
    known = {"citationId": key, "citationPrefix": [], "citationSuffix": suffix}
    mode = {"citationMode": {"t": "NormalCitation"}, "citationNoteNum": 0, "citationHash": 0}
    return {"t": "Cite", "c": [[known | mode], words(key)]}


def metadata(value: object) -> Node:
    """A value as metadata of a document: strings as they are, a list of inline nodes as it is."""
    if isinstance(value, Mapping):
        return {"t": "MetaMap", "c": {str(key): metadata(each) for key, each in value.items()}}
    if isinstance(value, Inlines):
        return {"t": "MetaInlines", "c": value.nodes}
    if isinstance(value, list | tuple):
        return {"t": "MetaList", "c": [metadata(each) for each in value]}
    return {"t": "MetaString", "c": str(value)}


class Inlines:
    """Inline nodes as a value of metadata."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
