"""Splitting: every passage is a slice, no sentence is lost, none is too long, none crosses a heading."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_formats import WRITTEN

from assistant.passages import split
from assistant.readers import read
from assistant.records import LocatorKind, Metadata, Source

HERE = Path(__file__).parent
FILES = {path.name: path.read_bytes() for path in sorted((HERE.parent / "sources").glob("*.md"))}
FILES |= {path.name: path.read_bytes() for path in sorted((HERE / "corpus").iterdir()) if path.stem != "encrypted"}
FILES |= {name: text.encode() for name, text in WRITTEN.items()}


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def source(text: str) -> Source:
    return Source("note.txt", text, Metadata(), "", ())


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_any_format_is_split_without_loss(name: str) -> None:
    read_source = read(FILES[name], name).sources[0]
    pieces = split(read_source, count, 120)
    headings = [locator for locator in read_source.locators if locator.kind is LocatorKind.SECTION]
    outside = read_source.text
    for piece in reversed(pieces):
        assert count([read_source.cut(piece.start, piece.end)])[0] <= 120
        assert piece.sentences[0][0] == piece.start
        assert piece.sentences[-1][1] == piece.end
        assert not any(piece.start <= heading.start < piece.end for heading in headings)
        outside = outside[: piece.start] + outside[piece.end :]
    assert outside.split() == " ".join(heading.label for heading in headings).split()


@given(st.lists(st.text(st.sampled_from("abc .?!\n“”六。é😀"), max_size=60), max_size=12))
def test_any_text_is_covered_by_its_sentences_in_order(parts: list[str]) -> None:
    text = "\n\n".join(parts)
    pieces = split(source(text), count, 5)
    spans = [span for piece in pieces for span in piece.sentences]
    assert all(a < b for a, b in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).split() or not text.strip()
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    text = "word " * 1000
    pieces = split(source(text.strip()), count, 100)
    assert [count([text[piece.start : piece.end]])[0] for piece in pieces] == [100] * 10


def test_a_word_without_end_is_cut() -> None:
    pieces = split(source("x" * 50_000), count, 100)
    assert sum(piece.end - piece.start for piece in pieces) == 50_000
    assert max(piece.end - piece.start for piece in pieces) <= 100 * 100


def test_passages_of_a_section_are_of_like_length() -> None:
    text = " ".join(f"This is sentence number {n}." for n in range(41))
    lengths = [count([text[piece.start : piece.end]])[0] for piece in split(source(text), count, 200)]
    assert lengths == [105, 100]
