"""The tokens of an RTF file, and the characters of its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]+)(?P<number>-?\d{1,10})? ?|\\'(?P<code>[0-9A-Fa-f]{2})|\\(?P<sign>.)|(?P<brace>[{}])"
    r"|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 255: "cp437",
}  # fmt: skip
SIGNS = {
    "tab": " ", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "lbr": "\n",
    "~": "\u00a0", "_": "-", "{": "{", "}": "}", "\\": "\\", "\t": " ",
}  # fmt: skip
"""Control words and signs that stand for a character."""


@dataclass(frozen=True, slots=True)
class Token:
    """A brace, a control word or sign with its number, or (with an empty `word`) bytes, one character each."""

    word: str
    number: int | None = None
    text: str = ""


def tokens(data: bytes) -> Iterator[Token]:
    """The tokens of an RTF file in their order."""
    text = data.decode("latin-1")
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["word"]:
            number = int(match["number"]) if match["number"] else None
            if match["word"] == "bin":
                position += max(number or 0, 0)  # so many bytes follow that are no text
            else:
                yield Token(match["word"], number)
        elif match["code"]:
            yield Token("", text=chr(int(match["code"], 16)))
        elif match["sign"]:
            # A line end after a backslash ends the paragraph.
            yield Token("par" if match["sign"] in "\r\n" else match["sign"])
        elif match["brace"]:
            yield Token("begin" if match["brace"] == "{" else "end")
        elif match["text"]:
            yield Token("", text=match["text"])


def code_page(charset: int | None, default: str) -> str:
    """The encoding that a font's character set stands for."""
    return _CHARSETS.get(charset if charset is not None else -1, default)


def known_page(number: int | None) -> str:
    """The encoding of a Windows code page, Western where Python has none of that number."""
    try:
        "".encode(f"cp{number}")
    except LookupError:
        return "utf-8" if number == 65001 else "cp1252"
    return f"cp{number}"


def whole(text: str) -> str:
    """Text in which the halves of characters beyond 65535 are put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
