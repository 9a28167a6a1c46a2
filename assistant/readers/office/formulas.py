"""Formulas on one line, as they are typed: (a+b)/c, x^2, √(x+1)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

OFFICE_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"

_BETWEEN = {"mfrac": "/", "msup": "^", "msub": "_", "msubsup": "_^", "mover": "^", "munder": "_", "munderover": "_^"}
_ROOTS = ("msqrt", "mroot")


def office_math(element: _Element) -> str:
    """A formula, or a part of one, of an Office Open XML file."""
    name = element.tag.removeprefix(OFFICE_MATH)
    if name == "t":
        return str(element.text or "")
    children = [(child.tag.removeprefix(OFFICE_MATH), office_math(child)) for child in element]
    parts: dict[str, str] = dict(children)
    scripts = "".join(
        sign + _bracketed(parts[script]) for script, sign in (("sub", "_"), ("sup", "^")) if parts.get(script)
    )
    if name == "f":
        bar = "¦" if _sign(element, "type", "bar") == "noBar" else "/"
        return f"{_bracketed(parts.get('num', ''))}{bar}{_bracketed(parts.get('den', ''))}"
    if name in ("sSub", "sSup", "sSubSup", "sPre"):
        return _bracketed(parts.get("e", "")) + scripts
    if name == "nary":
        return _sign(element, "chr", "∫") + scripts + parts.get("e", "")
    if name == "rad":
        return f"{parts.get('deg', '')}√{_bracketed(parts.get('e', ''))}"
    if name == "d":
        inside = _sign(element, "sepChr", "|").join(text for child, text in children if child == "e")
        return _sign(element, "begChr", "(") + inside + _sign(element, "endChr", ")")
    if name == "func":
        return f"{parts.get('fName', '')} {parts.get('e', '')}".strip()
    if name in ("limLow", "limUpp"):
        return f"{parts.get('e', '')}{'_' if name == 'limLow' else '^'}{_bracketed(parts.get('lim', ''))}"
    between = {"eqArr": "; ", "m": "; ", "mr": " ", "oMathPara": "\n"}.get(name, "")
    return between.join(text for _, text in children if text)


def _sign(element: _Element, name: str, usual: str) -> str:
    """A sign that the properties of a part of a formula name; an empty one is none."""
    sign = element.find(f"*/{OFFICE_MATH}{name}")
    return str(sign.get(OFFICE_MATH + "val", usual)) if sign is not None else usual


def mathml(element: _Element) -> str:
    """A formula in MathML, without the program's own notation beside it."""
    name = element.tag.rpartition("}")[2]
    if name in ("annotation", "annotation-xml"):
        return ""
    parts = [(element.text or "").strip(), *map(mathml, element)]
    if name in _BETWEEN and len(parts) > 1:
        first, *others = map(_bracketed, parts[1:])
        return first + "".join(sign + other for sign, other in zip(_BETWEEN[name], others, strict=False))
    return "√" + _bracketed("".join(parts)) if name in _ROOTS else "".join(parts)


def _bracketed(text: str) -> str:
    """An operand, in brackets unless it is one thing anyway."""
    depths = list(itertools.accumulate((sign == "(") - (sign == ")") for sign in text))
    one = text.isalnum() or len(text) < 2 or (text[0] == "(" and depths.index(0) == len(text) - 1)
    return text if one else f"({text})"
