"""The forward index: what it says of passages and sources against plain Python, and that blocks are taken over."""

from __future__ import annotations

import gc
import random
import weakref
from itertools import pairwise
from pathlib import Path

import bm25
import numpy as np
import pytest

from assistant.terms import TermIndex, TermsWriter

Passage = tuple[list[str], int]
STARTS = [0, 3, 3, 10, 11, 11, 40]
"""Six sources, two of them without a passage."""
TERMS = {"w1": 1.0, "w7": 0.5, "unseen": 1.0, "w3": 1.0, "w30": 0.3}
WRITTEN = ["w1", "w3", "unseen", "w7", "w1"]


def some_passages(count: int, length: int) -> list[Passage]:
    """Passages of a few words, two headings a dozen passages, some of them empty."""
    chance = random.Random(1)
    found = []
    for at in range(count):
        heading = [f"w{number}" for number in range(at // 12, at // 12 + at % 2 * 3)]
        own = [f"w{int(chance.expovariate(0.15))}" for _ in range(chance.randrange(length))]
        found.append((heading + own, len(heading)))
    return found


def write(folder: Path, passages: list[Passage], starts: list[int]) -> TermIndex:
    writer = TermsWriter(folder)
    for terms, lead in passages:
        writer.add(terms, lead)
    writer.close(np.array(starts))
    return TermIndex(folder)


PASSAGES = [(["gone", "w1"], 1), *some_passages(39, 30)]
TEXTS = [terms for terms, _ in PASSAGES]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TermIndex:
    return write(tmp_path_factory.mktemp("terms") / "index", PASSAGES, STARTS)


def test_the_terms_come_back_as_they_were_added(index: TermIndex) -> None:
    assert (index.passages, index.sources) == (40, 6)
    assert list(index.strings(0, 40)) == TEXTS
    assert list(index.strings(7, 9)) == TEXTS[7:9]


def test_files_are_let_go_of_with_the_index(tmp_path: Path) -> None:
    index = write(tmp_path / "index", PASSAGES, STARTS)
    assert index.frequency("w1") > 0
    there = weakref.ref(index)
    gc.disable()  # else it might come in time
    try:
        del index
        assert there() is None
    finally:
        gc.enable()


def test_signals_are_those_of_plain_python(index: TermIndex) -> None:
    rows = np.array([4, 2, 39, 11, 10, 7, 0, 3, 3, 12, 25, 26, 27])
    sources = np.searchsorted(STARTS, rows, "right") - 1
    said = index.signals(TERMS, WRITTEN, rows, sources)
    whole = [bm25.source_text(PASSAGES[first:last]) for first, last in pairwise(STARTS)]
    rarity = {term: weight * bm25.rarity(TEXTS, term) for term, weight in TERMS.items()}
    headings = [sum(rarity[term] for term in rarity if term in terms[:lead]) for terms, lead in PASSAGES]
    weights = {pair: sum(bm25.rarity(TEXTS, term) for term in pair) for pair in pairwise(WRITTEN)}
    close = [{*pairwise(text), *zip(text, text[2:], strict=False)} for text in TEXTS]
    pairs = [sum(weight for pair, weight in weights.items() if pair in near) for near in close]
    by_hand = {
        "share": np.array(bm25.shares(TEXTS, TERMS))[rows],
        "source_share": np.array(bm25.shares(whole, TERMS))[sources],
        "heading": np.array(headings)[rows] / sum(rarity.values()),
        "pairs": np.array(pairs)[rows] / sum(weights.values()),
    }
    for name, expected in by_hand.items():
        assert len(set(expected)) > 2
        assert getattr(said, name).tolist() == pytest.approx(expected.tolist(), abs=1e-6), name
    assert index.shares(TERMS, rows).tolist() == said.share.tolist()


def test_rarity_is_counted_over_passages_and_over_sources(index: TermIndex) -> None:
    whole = [bm25.source_text(PASSAGES[first:last]) for first, last in pairwise(STARTS)]
    for term in TERMS:
        assert index.frequency(term) == sum(term in text for text in TEXTS)
        assert index.source_frequency(term) == sum(term in text for text in whole)
        assert index.idf(term) == pytest.approx(bm25.rarity(TEXTS, term))
        assert index.source_idf(term) == pytest.approx(bm25.rarity(whole, term))
    assert index.frequency("unseen") == 0


def test_what_is_taken_over_is_as_if_it_were_added_again(index: TermIndex, tmp_path: Path) -> None:
    taken = TermsWriter(tmp_path / "taken")
    order = [*PASSAGES[11:40], (["new", "w1"], 1), *PASSAGES[3:10]]
    taken.take(index, 11, 40)
    taken.add(["new", "w1"], 1)
    taken.take(index, 3, 7)
    taken.take(index, 7, 10)
    starts = [0, 29, 30, 37]
    taken.close(np.array(starts))
    write(tmp_path / "fresh", order, starts)
    for file in (tmp_path / "fresh").iterdir():
        assert (tmp_path / "taken" / file.name).read_bytes() == file.read_bytes(), file.name
    assert index.frequency("gone") == 1
    assert "gone" not in TermIndex(tmp_path / "taken").vocabulary


def test_a_long_source_is_counted_whole(tmp_path: Path) -> None:
    """What is gone through in several steps, since it does not fit into one."""
    passages = [([*"ab", *(f"w{number}" for number in range(row, row + 9_000))], 2) for row in range(300)]
    starts = [0, 1, 299, 300]
    large = write(tmp_path / "index", passages, starts)
    rows, sources = np.array([0, 150, 299]), np.array([0, 1, 2])
    terms = dict.fromkeys(["a", "w5", "w200", "w9100"], 1.0)
    whole = [bm25.source_text(passages[first:last]) for first, last in pairwise(starts)]
    said = large.signals(terms, list(terms), rows, sources)
    assert said.source_share.tolist() == pytest.approx(bm25.shares(whole, terms), abs=1e-6)
    assert said.share.tolist() == pytest.approx(
        np.array(bm25.shares([text for text, _ in passages], terms))[rows].tolist(), abs=1e-6
    )
    again = TermsWriter(tmp_path / "again")
    again.take(large, 0, 300)
    again.close(np.array(starts))
    for file in (tmp_path / "index").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_passages_without_terms_have_no_signals(tmp_path: Path) -> None:
    empty = write(tmp_path / "index", [([], 0), ([], 0)], [0, 2])
    said = empty.signals({"a": 1.0, "b": 1.0}, ["a", "b"], np.arange(2), np.zeros(2, np.int64))
    assert [*said.share, *said.source_share, *said.heading, *said.pairs] == [0.0] * 8
    assert list(empty.strings(0, 2)) == [[], []]


def test_a_question_without_terms_has_no_signals(index: TermIndex) -> None:
    said = index.signals({}, [], np.arange(3), np.zeros(3, np.int64))
    assert [*said.share, *said.source_share, *said.heading, *said.pairs] == [0.0] * 12


@pytest.mark.parametrize("name", ["tokens", "leads", "source_ids", "ids", "frequencies"])
def test_files_that_do_not_fit_together_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "index", PASSAGES, STARTS)
    path = tmp_path / "index" / f"{name}.npy"
    np.save(path, np.load(path)[:-1])
    with pytest.raises(ValueError, match="do not fit"):
        TermIndex(tmp_path / "index")
