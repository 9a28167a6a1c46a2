"""Whether what was shown to the reader holds the answer to a question.

Offsets are into the canonical text of a source, as everywhere; an answer whose offset is not known is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.evaluation.collection import Mark
from assistant.readers.text import canonical
from assistant.records import Span

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Shown:
    """Words of a source as the reader sees them, and the place they are cut from."""

    source_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An answer and the places in its source where it stands (alternatives; none: it is not there as written)."""

    source_id: str
    text: str
    spans: tuple[Span, ...]
    whole: bool = False


def locate(mark: Mark, text: str) -> Reference:
    """Where a mark stands in the text of its source, white space aside.

    That is at its offset or, if it is not there, at the nearest place; without an offset, wherever it occurs. Whole
    sentences have no place: they are compared by their words.
    """
    wanted = canonical(mark.text)
    spans: list[Span] = []
    if not mark.whole and wanted.split():
        exact = mark.start is not None and text[mark.start : mark.start + len(wanted)] == wanted
        if mark.start is not None and exact:
            spans = [(mark.start, mark.start + len(wanted))]
        else:
            spans = [match.span() for match in re.finditer(_loosely(wanted), text)]
            if mark.start is not None and spans:
                start = mark.start
                spans = [min(spans, key=lambda span: (abs(span[0] - start), span))]
    return Reference(mark.source_id, _plain(wanted), tuple(spans), mark.whole)


def sentence_holds(sentence: Shown, references: Sequence[Reference]) -> bool:
    """Whether a sentence holds an answer: they share at least half of the shorter of the two."""
    for reference in _of_source(sentence, references):
        for span in reference.spans:
            shorter = min(span[1] - span[0], sentence.end - sentence.start)
            if _overlap(sentence, span) >= _HALF * shorter:
                return True
        if not reference.spans and _same_words(_plain(sentence.text), reference):
            return True
    return False


def answer_end(excerpt: Shown, references: Sequence[Reference]) -> int | None:
    """Where in an excerpt's text the first answer in it ends, by offset; None if it does not hold half of one."""
    ends = []
    for reference in _of_source(excerpt, references):
        for span in reference.spans:
            if _overlap(excerpt, span) >= _HALF * (span[1] - span[0]):
                ends.append(min(span[1], excerpt.end) - excerpt.start)
        if not reference.spans and _same_words(_plain(excerpt.text), reference):
            match = re.search(_loosely(reference.text), excerpt.text)
            ends.append(match.end() if match else len(excerpt.text))
    return min(ends, default=None)


def words_until(sentences: Sequence[Shown], excerpts: Sequence[Shown], references: Sequence[Reference]) -> int:
    """How many words are read until the answer has been: the sentences, then the excerpts, in order.

    A sentence that holds it is read to its end, an excerpt to the end of the answer. All words, if none holds it.
    """
    read = 0
    for sentence in sentences:
        read += count_words(sentence.text)
        if sentence_holds(sentence, references):
            return read
    for excerpt in excerpts:
        end = answer_end(excerpt, references)
        if end is not None:
            return read + count_words(excerpt.text[:end])
        read += count_words(excerpt.text)
    return read


def coverage(excerpts: Sequence[Shown], references: Sequence[Reference]) -> float | None:
    """The share of the answers' characters that the excerpts show: token recall of Smith and Troynikov (2024).

    Answers that overlap are counted once. Only those with one place count; None if there are none.
    """
    single = [(reference.source_id, reference.spans[0]) for reference in references if len(reference.spans) == 1]
    wanted = {(source, place) for source, (start, end) in single for place in range(start, end)}
    shown = {
        (source, place)
        for source, place in wanted
        if any(excerpt.source_id == source and excerpt.start <= place < excerpt.end for excerpt in excerpts)
    }
    return len(shown) / len(wanted) if wanted else None


def count_words(text: str) -> int:
    """Words of a text, parted by white space."""
    return len(text.split())


def _of_source(shown: Shown, references: Sequence[Reference]) -> list[Reference]:
    return [reference for reference in references if reference.source_id == shown.source_id]


def _overlap(shown: Shown, span: Span) -> int:
    return max(0, min(shown.end, span[1]) - max(shown.start, span[0]))


def _same_words(plain: str, reference: Reference) -> bool:
    """Whether one text contains the other, if the reference is whole sentences; else whether it contains the answer."""
    return bool(reference.text) and (reference.text in plain or (reference.whole and plain in reference.text))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _loosely(text: str) -> str:
    """A pattern for a text in which every run of white space may be any other."""
    return r"\s+".join(map(re.escape, text.split()))
