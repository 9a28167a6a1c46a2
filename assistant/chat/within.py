"""Words found within one source, as a reader looks for them: letter by letter, whatever the case and the accents."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

from assistant.records import Span

LONGEST = 200
"""Characters of what is looked for; what is longer is cut."""
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
"""Accents, and the vowel signs of Hebrew and Arabic."""
_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "\u00ad": ""})


class Folded:
    """A text without case, accents and typographic forms, and where each of its characters stands in the text."""

    def __init__(self, text: str) -> None:
        forms = {character: _form(character) for character in set(text)}
        self.text = text.translate({ord(character): form for character, form in forms.items()})
        odd = "".join(character for character, form in forms.items() if len(form) != 1)
        # Only where a form is not one character long do the offsets differ: from there on, by so many.
        self._from, self._shift = [0], [0]
        for match in re.finditer(f"[{re.escape(odd)}]", text) if odd else ():
            after = match.start() + self._shift[-1] + len(forms[match[0]])
            self._shift.append(after - match.end())
            self._from.append(after)

    def places(self, words: str) -> list[Span]:
        """Where the words stand in the text, none overlapping; white space is any white space."""
        parts = [re.escape(part) for part in fold(words[:LONGEST]).split()]
        if not parts:
            return []
        found = re.finditer(r"\s+".join(parts), self.text)
        return [(self._place(match.start()), self._place(match.end() - 1) + 1) for match in found]

    def _place(self, offset: int) -> int:
        """Where a character of the folded text comes from."""
        at = bisect_right(self._from, offset) - 1
        if at + 1 < len(self._from):  # it may be a part of the next odd character
            following = self._from[at + 1] - self._shift[at + 1] - 1
            return min(offset - self._shift[at], following)
        return offset - self._shift[at]


@lru_cache(maxsize=4)
def folded(text: str) -> Folded:
    """The text as it is looked in; kept for the last few."""
    return Folded(text)


def fold(text: str) -> str:
    """Each character as it is compared."""
    return "".join(map(_form, unicodedata.normalize("NFC", text)))


def _form(character: str) -> str:
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", character))
    return unicodedata.normalize("NFC", plain).casefold().translate(_ALIKE)
