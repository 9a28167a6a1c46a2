"""The LaTeX in the fields of BibTeX: text without commands and protecting braces, and names by BibTeX's rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from assistant.readers import csl
from assistant.readers.text import one_line

_BARE_PERCENT = re.compile(r"(?<!\\)%")
_COMMANDS = re.compile(r"[\\$]")
_SIGNS = {"{": "", "}": "", "~": " ", "---": "—", "--": "–", "``": "“", "''": "”"}
_DEEPEST = 100
"""Braces in braces; LaTeX that is nested deeper is no text."""


def plain_text(latex: str) -> str:
    r"""What a reader sees of LaTeX.

    >>> plain_text(r"The {Great} M{\"u}ller \& \textit{Sons}, 50% --- \'{E}tude")
    'The Great Müller & Sons, 50% — Étude'
    """
    if _COMMANDS.search(latex):
        from pylatexenc.latexwalker import LatexWalker

        decoder, context = _decoder()
        walker = LatexWalker(_BARE_PERCENT.sub(r"\\%", latex), latex_context=context, tolerant_parsing=True)
        return one_line(decoder.nodelist_to_text(walker.get_latex_nodes()[0]))
    for written, seen in _SIGNS.items():
        latex = latex.replace(written, seen)
    return one_line(latex)


@cache
def _decoder() -> tuple[Any, Any]:
    """What turns LaTeX into text, and what it knows of commands: slow to make."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import get_default_latex_context_db

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False), get_default_latex_context_db()


def verbatim(text: str) -> str:
    r"""A field that is no LaTeX (an address, a DOI), without what escapes its signs all the same."""
    match = re.fullmatch(r"\s*\\url\s*\{(.*)\}\s*", text)
    return re.sub(r"\\([_%#&~$])", r"\1", match[1] if match else text).strip().strip("{}")


def brace_depths(text: str) -> list[int] | None:
    """How many braces are open at each character; `None` where they do not pair, or nest too deeply."""
    depths, depth, escaped = [], 0, False
    for character in text:
        if character == "{" and not escaped:
            depth += 1
        depths.append(depth)
        if character == "}" and not escaped:
            depth -= 1
        if depth < 0 or depth > _DEEPEST:
            return None
        escaped = character == "\\" and not escaped
    return None if depth else depths


def split_outside(text: str, sign: str) -> list[str]:
    r"""A text parted at a sign, where that stands neither in braces nor after a backslash."""
    depths = brace_depths(text) or [0] * len(text)
    parts, begun, escaped = [], 0, False
    for place, character in enumerate(text):
        if character == sign and not depths[place] and not escaped:
            parts.append(text[begun:place])
            begun = place + 1
        escaped = character == "\\" and not escaped
    return [*parts, text[begun:]]


def people(text: str) -> list[dict[str, str]]:
    """The names in a field, parted by “and”; one that is wholly in braces is an organisation, and has no parts."""
    return [name for written in _parted(text) if (name := _name(written))]


def _parted(text: str) -> Iterator[str]:
    """The names, parted at each “and” outside of braces."""
    depths = brace_depths(text) or [0] * len(text)
    begun = 0
    for match in re.finditer(r"\s+and(?=\s)", text):
        if not depths[match.start()] and match.start() >= begun:
            yield text[begun : match.start()]
            begun = match.end()
    yield text[begun:]


def _name(text: str) -> dict[str, str] | None:
    """A name: “von Last, First”, “von Last, Jr, First” or “First von Last”."""
    text = text.strip().rstrip(",")
    depths = brace_depths(text)
    if not plain_text(text):
        return None
    if text == "others" or not depths or (len(text) > 1 and min(depths) > 0):
        return {"literal": plain_text(text)}
    parts = [plain_text(part) for part in split_outside(text, ",")]
    if len(parts) == 1:
        return _in_order(text)
    # A semicolon parts names in other programs: which words belong to which name is not guessed.
    if len(parts) > 3 or not all(parts) or any(";" in part for part in parts):
        return {"literal": plain_text(text)}
    return csl.person(parts[0], parts[-1], parts[1] if len(parts) == 3 else "")


def _in_order(text: str) -> dict[str, str]:
    """A name without a comma: the last word is the family name, with the lower-case words before it as particles."""
    words = [word for word in split_outside(re.sub(r"\s|~", " ", text), " ") if word]
    shown = [plain_text(word) for word in words]
    particles = [
        number
        for number, word in enumerate(shown[:-1])
        if word[:1].islower() and (not words[number].startswith("{") or words[number].startswith("{\\"))
    ]
    first = particles[0] if particles else len(shown) - 1
    return csl.person(" ".join(shown[first:]), " ".join(shown[:first]))
