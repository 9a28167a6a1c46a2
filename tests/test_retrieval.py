"""The parts of the one retrieval path, with figures that can be checked by hand, and the path itself on small notes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from assistant import Library, dense, lexical
from assistant.analysis import Analyser
from assistant.dense import DenseIndex
from assistant.errors import UsageError
from assistant.fusion import fuse
from assistant.lexical import LexicalIndex
from assistant.reports import Scope
from assistant.retrieval import parse

ENGLISH = Analyser("english")
TEXTS = [
    "the treaty was signed",
    "the treaty was signed and the treaty was kept",
    "bees and honey",
    "六方会谈 in Beijing",
]


@pytest.fixture(scope="module")
def terms_index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("lexical") / "index"
    lexical.write(((ENGLISH.terms(text), []) for text in TEXTS), folder)
    return LexicalIndex(folder)


def test_shares_are_bm25_over_its_supremum(terms_index: LexicalIndex) -> None:
    rows, shares = terms_index.search(dict.fromkeys(["honey", "treati"], 1.0), 10)
    idf = {"honey": math.log(1 + (4 - 1 + 0.5) / 1.5), "treati": math.log(1 + (4 - 2 + 0.5) / 2.5)}
    mean = sum(len(ENGLISH.terms(text)) for text in TEXTS) / 4
    saturation = {row: 1.2 * (0.25 + 0.75 * len(ENGLISH.terms(TEXTS[row])) / mean) for row in range(4)}
    supremum = 2.2 * sum(idf.values())
    by_hand = {
        0: idf["treati"] * 2.2 * 1 / (1 + saturation[0]) / supremum,
        1: idf["treati"] * 2.2 * 2 / (2 + saturation[1]) / supremum,
        2: idf["honey"] * 2.2 * 1 / (1 + saturation[2]) / supremum,
    }
    assert dict(zip(rows.tolist(), shares.tolist(), strict=True)) == pytest.approx(by_hand, rel=0.01)
    assert list(rows) == sorted(by_hand, key=lambda row: -by_hand[row])


def test_a_word_that_no_passage_has_lowers_every_share(terms_index: LexicalIndex) -> None:
    with_unseen = terms_index.search(dict.fromkeys(["honey", "zebra"], 1.0), 10)[1]
    assert with_unseen[0] < 0.5 * terms_index.search(dict.fromkeys(["honey"], 1.0), 10)[1][0]


def test_within_scores_every_row_asked_for_and_no_other(terms_index: LexicalIndex) -> None:
    rows, shares = terms_index.search(dict.fromkeys(["honey"], 1.0), 3, np.array([0, 2, 3]))
    assert sorted(rows.tolist()) == [0, 2, 3]
    assert [share > 0 for _, share in sorted(zip(rows, shares, strict=True))] == [False, True, False]


def test_phrases_keep_the_order_of_words(terms_index: LexicalIndex) -> None:
    assert terms_index.phrase(ENGLISH.terms("signed and the treaty")).tolist() == [1]
    assert terms_index.phrase(ENGLISH.terms("treaty signed")).tolist() == []
    assert terms_index.phrase(ENGLISH.terms("六方会谈")).tolist() == [3]


@pytest.mark.parametrize("within", [None, np.arange(0, 200), np.array([7, 5, 190])], ids=["all", "broad", "selective"])
def test_dense_search_is_exact(tmp_path: Path, within: np.ndarray | None) -> None:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(300, 16)).astype(np.float32)
    vectors[11] = vectors[190] = vectors[5]  # ties are broken by row
    dense.write(vectors, tmp_path / "dense.faiss")
    query = vectors[5] / np.linalg.norm(vectors[5])
    rows, scores = DenseIndex(tmp_path / "dense.faiss", vectors).search(query, 3, within)
    allowed = np.arange(300) if within is None else within
    expected = sorted(allowed.tolist(), key=lambda row: (-float(np.float32(vectors[row] @ query)), row))[:3]
    assert scores.tolist() == pytest.approx([float(vectors[row] @ query) for row in expected], abs=1e-5)
    assert rows[0] == 5
    assert set(rows.tolist()) <= set(allowed.tolist())


def test_fusion_is_a_weighted_sum_and_ignores_the_order_of_its_input() -> None:
    rows, cosines, shares = (
        np.array([4, 9, 2]),
        np.array([0.5, 1.0, 0.5], np.float32),
        np.array([0.5, 0, 0.5], np.float32),
    )
    hits = fuse(rows, cosines, shares)
    assert [(hit.row, round(hit.score, 6)) for hit in hits] == [(2, 0.5), (4, 0.5), (9, 0.4)]
    assert fuse(rows[::-1], cosines[::-1], shares[::-1]) == hits


def test_quoted_words_become_phrases_and_a_lone_quote_does_not() -> None:
    assert parse('what is "strategic patience" and “action for action”?').phrases == (
        "strategic patience",
        "action for action",
    )
    assert parse('5" pipes and "!"').phrases == ()


def test_a_phrase_must_occur_word_for_word(notes: Library) -> None:
    assert [e.citation.source_id for e in notes.retrieve('"nine hives"')] == ["bees.txt"]
    assert notes.retrieve('"hives nine"') == []
    assert not notes.ask('Who kept "hives nine"?').found


def test_filters_choose_before_the_search(notes: Library) -> None:
    def ids(**filters: object) -> set[str]:
        return {e.citation.source_id for e in notes.retrieve("lighthouse harbour orchard", 9, **filters)}  # type: ignore[arg-type]

    assert ids() == {"harbour.md", "lighthouse.md", "bees.txt"}
    assert ids(sources="light*") == {"lighthouse.md"}
    assert ids(sources=["*.txt", "harbour.md"]) == {"bees.txt", "harbour.md"}
    assert ids(tags="HARBOUR") == {"harbour.md", "lighthouse.md"}
    assert ids(tags=["works"]) == {"harbour.md"}
    assert ids(publishers="port office") == {"harbour.md"}
    assert ids(publishers=["Pört Office", "Coast Society"], tags="history") == {"lighthouse.md"}
    assert ids(after="2020-06") == {"harbour.md"}  # by what it covers, though issued in 2021
    assert ids(before="2019") == {"lighthouse.md"}  # by its date of issue, since it states no period
    assert ids(after=2019, before="2020-01") == {"harbour.md", "lighthouse.md"}
    assert ids(after="2021") == set()


def test_undated_sources_are_counted_when_a_date_leaves_them_out(notes: Library) -> None:
    assert any("1 undated source" in note for note in notes.ask("When was the lighthouse lit?", after="2019").notes)


@pytest.mark.parametrize(
    "bad",
    [
        {"after": "spring"},
        {"before": "2005-13"},
        {"sources": "zebra*"},
        {"tags": "zebra"},
        {"publishers": "Port"},
        {"k": 0},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(notes: Library, bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        notes.retrieve("lighthouse", **bad)  # type: ignore[arg-type]


def test_the_scope_of_filters_is_counted(notes: Library) -> None:
    assert notes.scope() == Scope(searched=3, total=3, undated=0)
    assert notes.scope(after="2020") == Scope(searched=1, total=3, undated=1)
    assert notes.scope(tags="history", before=2019) == Scope(searched=1, total=3, undated=0)
    assert notes.scope(sources="Skarn Point", publishers="port office") == Scope(searched=0, total=3, undated=0)
    for bad in ({"after": "spring"}, {"sources": "zebra*"}, {"publishers": "zebra"}):
        with pytest.raises(UsageError):
            notes.scope(**bad)


def test_neighbours_are_joined_and_the_words_bounded_and_used(sample: Library) -> None:
    totals = []
    for question in ("What did the joint statement say?", "sanctions resolutions of the Security Council"):
        excerpts = sample.retrieve(question)
        spans = [(e.citation.source_id, e.citation.start, e.citation.end) for e in excerpts]
        assert len(set(spans)) == len(spans) >= 4
        assert all(a[0] != b[0] or a[2] <= b[1] or b[2] <= a[1] for a in spans for b in spans if a != b)
        totals.append(sum(len(e.text.split()) for e in excerpts))
    assert max(totals) <= 900
    assert max(totals) > 800  # without the neighbours of the five best passages, 673


def test_scores_fall_and_the_order_is_repeatable(sample: Library) -> None:
    first = sample.retrieve("inspectors at Yongbyon", 12)
    assert [e.score for e in first] == sorted((e.score for e in first), reverse=True)
    assert sample.retrieve("inspectors at Yongbyon", 12) == first
