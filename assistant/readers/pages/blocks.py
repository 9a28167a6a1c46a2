"""Blocks of a PDF: the paragraphs of its pages with their words mended, joined over page breaks, and its headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.readers.pages.characters import HYPHENS
from assistant.readers.pages.document import Entry
from assistant.readers.pages.layout import Paragraph, goes_on, main_at_end, main_at_start
from assistant.readers.text import Block, canonical, unwrap
from assistant.records import LocatorKind

_NO_PAIR = r"(?!(?:and|or|und|oder|et|ou|y|o)\b)"  # "short- and long-term" keeps hyphen and space
_BROKEN_WORD = re.compile(rf"([^\W\d_]+)(?:[{HYPHENS}]\n?|[-\u2010]\n)(?={_NO_PAIR}([^\W\d_]+))")
_DASH_AT_END = re.compile(rf"(?<=\S)([-\u2010\u2013\u2014])\n(?={_NO_PAIR}\w)")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HEADING_LINES = 4
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix|kapitel|chapitre)?\W*(?:\d+|[ivxlc]+\b|[a-z]\b(?=\.)))?[\W\d]*"
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A paragraph, or with a level a heading, of a page."""

    paragraph: Paragraph
    level: int = 0


def blocks(pages: Sequence[tuple[str, int, list[Paragraph]]], outline: Sequence[Entry]) -> Iterator[Block]:
    """The blocks of pages, each given as its label, its number for locators, and its paragraphs in reading order.

    A paragraph that goes on over a page break is one, and what stands below it on its first page comes before it.
    """
    words = words_of("\n".join(paragraph.text for _, _, paragraphs in pages for paragraph in paragraphs))
    entries = defaultdict(list)
    for entry in outline:
        entries[entry.page].append(entry)
    parts = [_with_headings(paragraphs, entries[index]) for index, (_, _, paragraphs) in enumerate(pages)]
    join: str | None = None
    for index, (label, counted, _) in enumerate(pages):
        run_on = _run_on(parts[index], parts[index + 1], join is not None) if index + 1 < len(pages) else None
        if run_on:
            last, first = run_on
            parts[index].append(parts[index].pop(last))
            parts[index + 1].insert(0, parts[index + 1].pop(first))
        join_next = None
        for position, part in enumerate(parts[index]):
            text = _text(part, words)
            if run_on and position + 1 == len(parts[index]):
                following = parts[index + 1][0]
                text, join_next = _to_be_joined(text, _text(following, words), part, following, words)
            if position == 0:
                yield Block(text, part.level, ((LocatorKind.PAGE, label),), join=join, number=counted)
            else:
                yield Block(text, part.level)
        join = join_next


def _run_on(page: list[_Part], following: list[_Part], joined: bool) -> tuple[int, int] | None:
    """The numbers of a paragraph on a page and of the one in which it goes on on the following page.

    `joined`: the first on the page goes on one from the page before, so that nothing can come before it.
    """
    last, first = main_at_end([part.paragraph for part in page]), main_at_start([part.paragraph for part in following])
    if last is None or first is None or page[last].level or following[first].level:
        return None
    if joined and last == 0 and len(page) > 1:
        return None
    return (last, first) if goes_on(page[last].paragraph, following[first].paragraph) else None


def _to_be_joined(text: str, after: str, before_part: _Part, after_part: _Part, words: set[str]) -> tuple[str, str]:
    """The text before a page break as it stands when the text after is joined to it, and what comes between."""
    last = before_part.paragraph.lines[-1].text.split()[-1]
    first = after_part.paragraph.lines[0].text.split()[0]
    alone, mended = mend(last, words), mend(f"{last}\n{first}", words)
    if not mended.endswith(first) or not text.endswith(alone) or not after.startswith(first):
        return text, " "
    head = mended[: len(mended) - len(first)]
    return text[: len(text) - len(alone)] + head.rstrip(), " " if head.endswith(" ") else ""


def _text(part: _Part, words: set[str]) -> str:
    """A paragraph on one line, or a table with a line for each row."""
    if part.paragraph.rows:
        return "\n".join(mend(line.text, words) for line in part.paragraph.lines)
    return mend(part.paragraph.text, words)


def words_of(text: str) -> set[str]:
    """The words of a text, hyphenated ones whole."""
    return set(_WORDS.findall(text))


def mend(paragraph: str, words: set[str]) -> str:
    """A paragraph on one line; a word broken at a line end is one again, with its hyphen if the document has it so."""

    def joined(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        hyphenated = f"{left}-{right}" in words and left + right not in words
        return left if (right[0].islower() or left + right in words) and not hyphenated else f"{left}-"

    text = _BROKEN_WORD.sub(joined, paragraph)
    return unwrap(_DASH_AT_END.sub(r"\1", re.sub(f"[{HYPHENS}](?=\n?)", "-", text)))


def _with_headings(paragraphs: list[Paragraph], entries: Sequence[Entry]) -> list[_Part]:
    """The paragraphs of a page, with those lines that the outline names as headings."""
    parts = [_Part(paragraph) for paragraph in paragraphs]
    for entry in entries:
        title = _key(entry.title)
        for number, part in enumerate(parts):
            where = _find(part.paragraph, title) if title and not part.level else None
            if where:
                parts[number : number + 1] = _cut(part.paragraph, *where, entry.level)
                break
    return parts


def _find(paragraph: Paragraph, title: str) -> tuple[int, int] | None:
    """The first lines of a paragraph that say the title and nothing else."""
    for start in range(len(paragraph.lines)):
        for end in range(start + 1, min(start + _HEADING_LINES, len(paragraph.lines)) + 1):
            key = _key(" ".join(line.text for line in paragraph.lines[start:end]))
            if key == title:
                return start, end
            if not title.startswith(key):
                break
    return None


def _cut(paragraph: Paragraph, start: int, end: int, level: int) -> list[_Part]:
    """A paragraph in parts, of which some lines are a heading."""
    before, heading, after = (
        replace(paragraph, lines=paragraph.lines[slice(*part)])
        for part in ((0, start), (start, end), (end, len(paragraph.lines)))
    )
    parts = [_Part(before), _Part(replace(heading, rows=False, note=False), level), _Part(after)]
    return [part for part in parts if part.paragraph.lines]


@lru_cache(maxsize=1024)  # each line is compared with each entry of its page
def _key(text: str) -> str:
    """The letters of a heading, without its number."""
    lower = canonical(text).casefold()
    return letters_of(_NUMBERING.sub("", lower)) or letters_of(lower)


def letters_of(text: str) -> str:
    """Only the letters and digits, in one case: how a text is compared across layouts."""
    return "".join(filter(str.isalnum, canonical(text).casefold()))
