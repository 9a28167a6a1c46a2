"""Splits a source into passages: runs of whole sentences, short enough for the model, never across a heading.

A passage is a slice of the source's text. What is embedded also carries the title and the section; what is quoted
does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

import sentencex

from assistant.records import LocatorKind, Source, Span

Count = Callable[[Sequence[str]], list[int]]
"""Counts the word pieces of each text."""

_BLOCK = re.compile(r"\n[ \t]*\n")
_ODD_SPACE = re.compile(r"[^\S\n ]")
_WORD = re.compile(r"\S+")
Sized = tuple[Span, int]
"""A span and its length in word pieces."""
LONGEST_WORD = 100
"""Characters; a longer run without a space is cut, wherever that is."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it has a row: its span, the spans of its sentences, and the section that it stands in.

    `section` is the path of headings above it, `section_start` where the text under the last of them begins.
    """

    start: int
    end: int
    sentences: tuple[Span, ...]
    section: str
    section_start: int


def split(source: Source, count: Count, max_pieces: int) -> list[Piece]:
    """The passages of `source`, in order: each sentence in exactly one, none over `max_pieces` word pieces.

    A sentence longer than that is cut between words.
    """
    language = (source.metadata.language or "en").split("-")[0]
    sections = []
    for start, end, section in sections_of(source):
        spans = [
            span for block in _blocks(source.text, start, end) for span in _sentences(source.text, block, language)
        ]
        if spans:
            sections.append((spans, section, start))
    lengths = iter(count([source.text[a:b] for spans, _, _ in sections for a, b in spans]))
    pieces = []
    for spans, section, section_start in sections:
        sized = [part for span in spans for part in _shorten(source.text, span, next(lengths), count, max_pieces)]
        for group in _pack(sized, max_pieces):
            inside = tuple(span for span, _ in group)
            pieces.append(Piece(inside[0][0], inside[-1][1], inside, section, section_start))
    return pieces


def heading(source: Source) -> str:
    """What a source is called: its title, else the words of its file's name; the key of a record says nothing."""
    if source.metadata.title or "#" in source.id:
        return source.metadata.title or ""
    return re.sub(r"[\W_]+", " ", PurePosixPath(source.id).stem).strip()


def context(title: str, section: str, count: Count, max_pieces: int) -> str:
    """What is put before a passage for the model: title and section, cut to `max_pieces` word pieces."""
    words = ". ".join(part for part in (title, section) if part).split()[:max_pieces]
    while words and count([" ".join(words)])[0] > max_pieces:
        words.pop()
    return " ".join(words)


def sections_of(source: Source) -> Iterator[tuple[int, int, str]]:
    """Runs of text between headings, with the path of headings above each; the heading's own line is left out."""
    headings = [locator for locator in source.locators if locator.kind is LocatorKind.SECTION]
    yield 0, headings[0].start if headings else len(source.text), ""
    path: list[tuple[int, str]] = []
    starts = [locator.start for locator in headings] + [len(source.text)]
    for heading, (_, end) in zip(headings, pairwise(starts), strict=True):
        path = [step for step in path if step[0] < heading.level] + [(heading.level, heading.label)]
        line_end = source.text.find("\n", heading.start)
        body = end if line_end == -1 else min(line_end, end)
        yield body, end, " – ".join(label for _, label in path if label != source.metadata.title)


def _blocks(text: str, start: int, end: int) -> Iterator[Span]:
    cuts = [(start, start), *(match.span() for match in _BLOCK.finditer(text, start, end)), (end, end)]
    for (_, a), (b, _) in pairwise(cuts):
        if a < b:
            yield a, b


def _sentences(text: str, block: Span, language: str) -> Iterator[Span]:
    start, end = block
    # sentencex panics on white space other than these two before a full stop; a space is as long, so offsets stay.
    plain = _ODD_SPACE.sub(" ", text[start:end])
    for found in sentencex.get_sentence_boundaries(language, plain):
        a, b = start + found["start_index"], start + found["end_index"]
        inner = text[a:b]
        a, b = a + len(inner) - len(inner.lstrip()), b - (len(inner) - len(inner.rstrip()))
        if a < b:
            yield a, b


def _shorten(text: str, span: Span, pieces: int, count: Count, max_pieces: int) -> list[Sized]:
    """The span with its length; or, if it is too long, the parts that it is cut into."""
    if pieces <= max_pieces and span[1] - span[0] <= max_pieces * LONGEST_WORD:
        return [(span, pieces)]
    words = [
        (at, min(at + LONGEST_WORD, match.end()))
        for match in _WORD.finditer(text, *span)
        for at in range(match.start(), match.end(), LONGEST_WORD)
    ]
    sized = list(zip(words, count([text[a:b] for a, b in words]), strict=True))
    return [((group[0][0][0], group[-1][0][1]), sum(size for _, size in group)) for group in _pack(sized, max_pieces)]


def _pack(sized: Sequence[Sized], max_pieces: int) -> Iterator[list[Sized]]:
    """Groups neighbours into runs of at most `max_pieces`, of about equal length so that no short tail is left."""
    total = sum(size for _, size in sized)
    target = total / max(1, -(-total // max_pieces))
    group: list[Sized] = []
    held = 0
    for span, size in sized:
        if group and (held + size > max_pieces or held >= target):
            yield group
            group, held = [], 0
        group.append((span, size))
        held += size
    if group:
        yield group
