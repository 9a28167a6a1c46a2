"""Every occurrence of a phrase, in every source: for counting and for checking, where ranking has no place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from assistant.analysis import find_phrase, words
from assistant.bibliography import cite_slice
from assistant.errors import UsageError
from assistant.index.generation import Generation
from assistant.records import CitationState
from assistant.reports import Occurrence

_AROUND = 60
"""Characters shown before and after an occurrence, at most."""


def find(phrase: str, index: Generation) -> Iterator[Occurrence]:
    """The places where the words of `phrase` stand one after another, whatever their case, accents and punctuation.

    A source that changed since it was indexed is left out: its words may no longer be there.

    Raises:
        UsageError: the phrase holds no word.
    """
    phrase = unicodedata.normalize("NFC", phrase)
    if next(words(phrase), None) is None:
        raise UsageError("there is no phrase to find: write at least one word")
    for number in range(len(index.ids)):
        source = index.source(number)
        places = list(find_phrase(source.text, phrase))
        if not places or index.state(number) is not CitationState.VERIFIED:
            continue
        for start, end in places:
            before = source.text[max(0, start - _AROUND) : start].rpartition("\n")[2]
            after = source.text[end : end + _AROUND].partition("\n")[0]
            yield Occurrence(cite_slice(source, start, end), before, after)
