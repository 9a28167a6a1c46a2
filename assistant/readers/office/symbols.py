"""The characters of the fonts that have signs in place of letters, as Word files and RTF files use them."""

from __future__ import annotations

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


def shown(text: str, font: str) -> str:
    r"""What is seen of text in this font; characters that are not known stay as they are.

    >>> shown("\uf061 \uf0b3 2", "Symbol"), shown("a", "Symbol")
    ('α ≥ 2', 'a')
    """
    signs = _SIGNS.get(font.lower(), {})
    return "".join(signs.get(ord(character) - _FIRST, character) for character in text)
