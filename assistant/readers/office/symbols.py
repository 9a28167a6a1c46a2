"""Characters that are more than their code: those of the fonts with signs in place of letters, and raised figures."""

from __future__ import annotations

import re

_FIRST = 0xF000
"""Such a font's characters stand in the private use area from here, each at its code in the font."""
_SYMBOL = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    0xF1: "⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_SIGNS = {
    "symbol": {code: sign for start, signs in _SYMBOL.items() for code, sign in enumerate(signs, start)},
    "wingdings": {
        0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4B: "😐", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x76: "❖",
        0x9F: "•", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨",
        0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    },
}  # fmt: skip

_FIGURES = re.compile(r"[0-9+−–,.;\s-]*")
_RAISED = {
    "sup": str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻"),
    "sub": str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋"),
}


def raised(text: str, how: str | None) -> str:
    """Raised (`sup`) or lowered (`sub`) figures as such: 10⁶ is not 106, and the 1 of a note is no part of a year.

    Letters stay as they are, as does text that is neither raised nor lowered.

    >>> raised("6", "sup"), raised("2", "sub"), raised("1,2", "sup"), raised("th", "sup"), raised("6", None)
    ('⁶', '₂', '¹,²', 'th', '6')
    """
    return text.translate(_RAISED[how]) if how and _FIGURES.fullmatch(text) else text


def shown(text: str, font: str) -> str:
    r"""What is seen of text in this font; characters that are not known stay as they are.

    >>> shown("\uf061 \uf0b3 2", "Symbol"), shown("a", "Symbol")
    ('α ≥ 2', 'a')
    """
    signs = _SIGNS.get(font.lower(), {})
    return "".join(signs.get(ord(character) - _FIRST, character) for character in text)
