"""Finds the words that are most like a quotation that no longer stands in its text, and says how they differ."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from difflib import SequenceMatcher
from itertools import pairwise

from assistant.analysis import words
from assistant.anchoring import SURE, Anchor
from assistant.records import CONTEXT_CHARACTERS, Span

LIKE = 0.6
"""The least likeness of a changed quotation to what it was: the words that both have, as a share of the words of both.

Measured on the sentences of the sample library. Of those that had a quarter of their words replaced at random, 99 in
100 are found, of those with two fifths, 95. Of those that were taken out, 2 in 100 are taken for another sentence of
the document that is as like them as an edited one (the next test, the next meeting); at 0.5, 13, and at 0.7 a sixth of
those with two fifths replaced are missed.
"""
HALF = 0.5
"""The least likeness where the words before and after the quotation are still there and make up for the rest."""
IN_PLACE = 0.8
_FEW = 2
"""So few words may all have been replaced, if the words before and after them are this much what they were."""
_MARKS_AT_END = re.compile(r"[^\w\s]+$")
_MARKS_AT_START = re.compile(r"[^\w\s]+")
_WIDE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNIT = re.compile(rf"\s+|[{_WIDE}]\s*|[^\s{_WIDE}]+\s*")
_AT_ONCE = 8
"""Marks before or after a word that may belong to a quotation."""

Piece = tuple[str, str]
"""What a part of a quotation was and what it is now; they are the same words where it has not changed."""


class Words:
    """A text in which the places most like a quotation are looked for."""

    def __init__(self, text: str) -> None:
        """Takes the text apart into its words."""
        self._text = text
        self._words = list(words(text))
        self._folded = [word.folded for word in self._words]

    def most_like(self, anchor: Anchor) -> Span | None:
        """The place that holds most of the anchor's words, in their order; `None` where too few of them are there."""
        needle = _Needle(anchor)
        window = self._window(needle, anchor.start)
        if window is None:
            return None
        low, high = window
        matcher = SequenceMatcher(None, needle.words, self._folded[low:high], autojunk=False)
        same = {a + i: low + b + i for a, b, size in matcher.get_matching_blocks() for i in range(size)}
        first, last = needle.extent(same)
        last = min(last, len(self._words))
        if first >= last or not needle.is_like(same, last - first):
            return None
        return self._with_marks(self._words[first].start, self._words[last - 1].end, anchor.quote)

    def _window(self, needle: _Needle, start: int) -> Span | None:
        """The words among which the text has the most of the pairs of neighbours that the needle has."""
        numbers = defaultdict(list)
        for number, pair in enumerate(pairwise(needle.words)):
            numbers[pair].append(number)
        hits = [
            (at, number)
            for at, pair in enumerate(pairwise(self._folded))
            if pair in numbers
            for number in numbers[pair]
        ]
        if not hits:
            return None
        longest = len(needle.words) * 3 // 2
        inside: Counter[int] = Counter()
        first, best, found = 0, (0, 0), (hits[0], hits[0])
        for hit in hits:
            inside[hit[1]] += 1
            while hit[0] - hits[first][0] > longest:
                inside[hits[first][1]] -= 1
                if not inside[hits[first][1]]:
                    del inside[hits[first][1]]
                first += 1
            value = len(inside), -abs(self._words[hits[first][0]].start - start)
            if value > best:
                best, found = value, (hits[first], hit)
        (low, before), (high, number) = found
        slack = len(needle.words) // 4 + 2
        return max(0, low - before - slack), high + len(needle.words) - number + slack

    def _with_marks(self, start: int, end: int, quote: str) -> Span:
        """A run of words with the marks before and after it, where the quotation has marks there."""
        before = _MARKS_AT_END.search(self._text[max(0, start - _AT_ONCE) : start])
        after = _MARKS_AT_START.match(self._text, end, end + _AT_ONCE)
        return (
            start - len(before[0]) if before and _MARKS_AT_START.match(quote) else start,
            after.end() if after and _MARKS_AT_END.search(quote) else end,
        )


class _Needle:
    """The words of an anchor: those before the quotation, its own, and those after it."""

    def __init__(self, anchor: Anchor) -> None:
        before = [word.folded for word in words(anchor.prefix)]
        after = [word.folded for word in words(anchor.suffix)]
        # The first word of a full prefix and the last one of a full suffix may be parts of words.
        before = before[1:] if len(anchor.prefix) == CONTEXT_CHARACTERS else before
        after = after[:-1] if len(anchor.suffix) == CONTEXT_CHARACTERS else after
        own = [word.folded for word in words(anchor.quote)]
        self.words = before + own + after
        self._start, self._end = len(before), len(before) + len(own)
        self._is_long = len(anchor.quote.encode()) >= SURE

    def extent(self, same: Mapping[int, int]) -> Span:
        """From which to which word the changed quotation goes, where `same` maps words of this to those of the text."""
        kept = [at for at in range(self._start, self._end) if at in same]
        if not kept:
            before, after = same.get(self._start - 1), same.get(self._end)
            return (0, 0) if before is None or after is None else (before + 1, after)
        first, last = same[kept[0]], same[kept[-1]] + 1
        if kept[0] > self._start:  # words at its beginning were replaced: by as many, or by all up to those before it
            at_least = max((same[at] + 1 for at in range(self._start) if at in same), default=0)
            first = at_least if self._start - 1 in same else max(at_least, first - kept[0] + self._start)
        if kept[-1] < self._end - 1:
            at_most = min(
                (same[at] for at in range(self._end, len(self.words)) if at in same), default=last + self._end
            )
            last = at_most if self._end in same else min(at_most, last + self._end - 1 - kept[-1])
        return first, last

    def is_like(self, same: Mapping[int, int], length: int) -> bool:
        """Whether a run of `length` words is so like the quotation, or so like it in its place, that it is that."""
        kept, count = sum(at in same for at in range(self._start, self._end)), self._end - self._start
        own = 2 * kept / (count + length)
        placed = 2 * len(same) / (len(self.words) + length + len(same) - kept)
        if own >= LIKE and self._is_long:
            return True
        return (placed >= LIKE and own >= HALF) or (placed >= IN_PLACE and count <= _FEW)


def difference(was: str, now: str) -> tuple[Piece, ...]:
    """The pieces of two texts, in order, by whole words; joined, they are the two texts.

    >>> difference("keeps nine hives.", "keeps ten hives.")
    (('keeps ', 'keeps '), ('nine ', 'ten '), ('hives.', 'hives.'))
    """
    old, new = _UNIT.findall(was), _UNIT.findall(now)
    matcher = SequenceMatcher(None, [unit.strip() for unit in old], [unit.strip() for unit in new], autojunk=False)
    return tuple(("".join(old[a:b]), "".join(new[c:d])) for _, a, b, c, d in matcher.get_opcodes())
