"""The parts of the one retrieval path, with figures that can be checked by hand, and the path itself on small notes."""

from __future__ import annotations

import os
from pathlib import Path

import bm25
import numpy as np
import pytest

from assistant import Library, lexical
from assistant.analysis import Analyser
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
    lexical.write(map(ENGLISH.terms, TEXTS), folder)
    return LexicalIndex(folder)


@pytest.mark.parametrize(
    "terms", [{"honey": 1.0, "treati": 1.0}, {"honey": 0.2, "treati": 1.0}, {"in": 1.0, "zebra": 1.0, "and": 0.5}]
)
def test_words_are_searched_by_their_weights_and_rarity(terms_index: LexicalIndex, terms: dict[str, float]) -> None:
    shares = bm25.shares(list(map(ENGLISH.terms, TEXTS)), terms)
    order = [row for row in sorted(range(4), key=lambda row: -shares[row]) if shares[row]]
    assert len(order) > 2
    assert terms_index.search(terms, 10).tolist() == order
    assert terms_index.search(terms, 2).tolist() == order[:2]


def test_words_that_no_passage_has_find_nothing(terms_index: LexicalIndex) -> None:
    assert terms_index.search({"zebra": 1.0}, 10).tolist() == terms_index.search({}, 10).tolist() == []


@pytest.mark.skipif(os.name != "posix", reason="a limit as POSIX has it")
def test_a_full_disk_is_said_to_be_one(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # no file may grow beyond this
    try:
        with pytest.raises(OSError, match="too large"):
            lexical.write(([f"word{n}of{of}" for n in range(30)] for of in range(1000)), tmp_path / "index")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_phrases_keep_the_order_of_words(terms_index: LexicalIndex) -> None:
    assert terms_index.phrase(ENGLISH.terms("signed and the treaty")).tolist() == [1]
    assert terms_index.phrase(ENGLISH.terms("treaty signed")).tolist() == []
    assert terms_index.phrase(ENGLISH.terms("六方会谈")).tolist() == [3]


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


def test_a_phrase_of_many_passages_is_looked_for_in_the_best_alone(
    notes: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "at Skarn Point" has the stems of "at Skarn points", which the index alone cannot tell apart.
    questions = ['When was "at Skarn Point" lit?', '"at Skarn points"', '"the" lighthouse', '"the lighthouse" "log"']
    few = [{excerpt.text for excerpt in notes.retrieve(question)} for question in questions]
    monkeypatch.setattr("assistant.retrieval._READ_FIRST", 0)
    assert [{excerpt.text for excerpt in notes.retrieve(question)} for question in questions] == few
    assert [bool(found) for found in few] == [True, False, True, True]


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
