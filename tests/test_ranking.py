"""The order of passages: every signal computed again from the index's arrays, and what the order promises."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from assistant import Library
from assistant.fusion import Signals, rerank
from assistant.index.generation import Generation
from assistant.lexical import LexicalIndex
from assistant.ranking import Question, encode, rank
from assistant.records import LocatorKind, Query
from assistant.retrieval import parse
from assistant.settings import COSINE_WEIGHT, SHARE_WEIGHT, SIMILAR, SIMILAR_WEIGHT, SMOOTHED, WEIGHTS

ENGLISH = "Which inspectors left Yongbyon when the Agreed Framework broke down?"
GERMAN = "Wer leitete die amerikanische Delegation in Stockholm?"
FOLLOW_UP = Query("And who watched it?", carried=("test",), context=("When was the sixth nuclear test?",), lean=2.0)
OF_MODEL = {"cosine", "sentence", "neighbour", "source"}
Array = npt.NDArray[np.float64]


def question(index: Generation, asked: str | Query) -> Question:
    return encode(parse(asked) if isinstance(asked, str) else asked, index)


def of_all(lexical: LexicalIndex, terms: Mapping[str, float]) -> Array:
    """The share of every row, 0 where the search does not find it."""
    shares = np.zeros(lexical.passages)
    rows, found = lexical.search(terms, lexical.passages)
    shares[rows] = found
    return shares


def headings(index: Generation, row: int) -> str:
    """Title and path of section headings of a passage."""
    record = index.passages[row]
    source = index.source(int(record["source"]))
    path: dict[int, str] = {}
    for place in source.locators:
        if place.kind is LocatorKind.SECTION and place.start <= record["start"]:
            path = {level: label for level, label in path.items() if level < place.level} | {place.level: place.label}
    return " ".join([source.title, *(label for label in path.values() if label != source.title)])


def pairs_by_hand(index: Generation, asked: Question, row: int) -> float:
    """The rarity of neighbours among the question's words that a passage has in that order, at most one word apart."""
    terms = index.analyser.terms(f"{headings(index, row)} {index.text(row)}")
    close = {(one, other) for gap in (1, 2) for one, other in zip(terms, terms[gap:], strict=False)}
    pairs = {pair: sum(map(index.lexical.idf, pair)) for pair in pairwise(asked.written)}
    return sum(weight for pair, weight in pairs.items() if pair in close) / (sum(pairs.values()) or 1)


def smoothed_by_hand(scores: Array, vectors: Array, weight: float) -> Array:
    """The mean of each score, of weight 1, and of the scores of the most similar candidates."""
    best = [int(place) for place in np.argsort(-scores, kind="stable")[:SMOOTHED]]
    smoothed = np.array(scores)
    for place in best:
        likeness = {other: float(vectors[place] @ vectors[other]) for other in best if other != place}
        near = sorted(likeness, key=lambda other: -likeness[other])[:SIMILAR]
        mean = np.average(scores[near], weights=[likeness[other] ** 3 for other in near])
        smoothed[place] = (scores[place] + weight * mean) / (1 + weight)
    return smoothed


def signals_by_hand(index: Generation, asked: Question) -> dict[str, Array]:
    """Each signal of every passage of an index."""
    vectors = np.asarray(index.vectors, np.float64)
    sources = index.passages["source"]
    rows = range(len(vectors))
    cosines = vectors @ asked.vector
    in_sentences = np.asarray(index.sentence_vectors, np.float64) @ asked.vector
    of_sources = np.array([vectors[sources == number].sum(axis=0) for number in range(len(index.ids))])
    of_sources /= np.linalg.norm(of_sources, axis=1, keepdims=True)
    rarity = {term: weight * index.lexical.idf(term) for term, weight in asked.terms.items()}
    stems = [set(index.analyser.terms(headings(index, row))) for row in rows]
    beside = [[b for b in (row - 1, row + 1) if 0 <= b < len(rows) and sources[b] == sources[row]] for row in rows]
    return {
        "cosine": cosines,
        "sentence": np.array([in_sentences[r["first"] : r["last"]].max() for r in index.passages]),
        "neighbour": np.array([max(cosines[b] for b in (beside[row] or [row])) for row in rows]),
        "source": (of_sources @ asked.vector)[sources],
        "share": of_all(index.lexical, asked.terms),
        "source_share": of_all(index.lexical_sources, asked.terms)[sources],
        "heading": np.array([sum(rarity[t] for t in rarity.keys() & held) for held in stems]) / sum(rarity.values()),
        "pairs": np.array([pairs_by_hand(index, asked, row) for row in rows]),
    }


@pytest.mark.parametrize("asked", [ENGLISH, GERMAN, FOLLOW_UP], ids=["english", "german", "follow-up"])
def test_both_scores_are_what_the_arrays_of_the_index_give(sample: Library, asked: str | Query) -> None:
    index = sample.generation()
    posed = question(index, asked)
    ranking = rank(index, posed, 30)
    by_hand = signals_by_hand(index, posed)
    weights = {name: weight * (posed.trust if name in OF_MODEL else 1) for name, weight in WEIGHTS.items()}
    total = sum(weights.values())
    rows = [hit.row for hit in ranking.final]
    own = sum((weights[name] * values[rows] for name, values in by_hand.items()), np.zeros(len(rows))) / total
    vectors = np.asarray(index.vectors, np.float64)[rows]
    final = smoothed_by_hand(own, vectors, SIMILAR_WEIGHT * posed.trust / total)
    assert by_hand.keys() == WEIGHTS.keys()
    fused = COSINE_WEIGHT * by_hand["cosine"] + SHARE_WEIGHT * by_hand["share"]
    assert len(ranking.final) > 30
    assert [hit.score for hit in ranking.fused] == pytest.approx([fused[hit.row] for hit in ranking.fused], abs=1e-5)
    assert [hit.score for hit in ranking.final] == pytest.approx(final.tolist(), abs=1e-4)
    assert [hit.cosine for hit in ranking.final] == pytest.approx(by_hand["cosine"][rows].tolist(), abs=1e-5)


@pytest.mark.parametrize("asked", [ENGLISH, GERMAN])
def test_the_order_is_total_and_repeatable(sample: Library, asked: str) -> None:
    index = sample.generation()
    ranking = rank(index, question(index, asked), 20)
    assert len(ranking.dense) == len(ranking.lexical) == 20
    for hits in (ranking.fused, ranking.final):
        keys = [(-hit.score, hit.row) for hit in hits]
        assert keys == sorted(keys)
        assert sorted(hit.row for hit in hits) == sorted({*ranking.dense, *ranking.lexical})
    assert rank(index, question(index, asked), 20) == ranking


def signals(count: int, **named: list[float]) -> Signals:
    return Signals(**{name: np.asarray(named.get(name, [0] * count), np.float32) for name in WEIGHTS})


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_signal_counts_by_its_weight(name: str) -> None:
    total, mean = sum(WEIGHTS.values()), WEIGHTS[name] / sum(WEIGHTS.values())
    hits = rerank(np.array([9, 8]), signals(2, **{name: [1.0, 0.0]}), np.ones((2, 1), np.float32))
    by_hand = [total * mean / (total + SIMILAR_WEIGHT), SIMILAR_WEIGHT * mean / (total + SIMILAR_WEIGHT)]
    assert [hit.row for hit in hits] == [9, 8]
    assert [hit.score for hit in hits] == pytest.approx(by_hand)


def test_equal_candidates_are_in_order_of_row() -> None:
    hits = rerank(np.array([7, 3, 5]), signals(3, share=[0.5, 0.5, 0.5]), np.eye(3, dtype=np.float32))
    assert [hit.row for hit in hits] == [3, 5, 7]


def test_what_resembles_a_good_candidate_gains() -> None:
    vectors = np.array([[1, 0], [0.1, 0.995], [0.9, 0.436]], np.float32)
    hits = rerank(np.arange(3), signals(3, share=[1, 0.3, 0.3]), vectors)
    assert [hit.row for hit in hits] == [0, 2, 1]


def test_without_trust_what_the_words_say_weighs_more() -> None:
    model, words = WEIGHTS["cosine"] + WEIGHTS["sentence"], WEIGHTS["share"]
    assert model > words > 0.3 * model
    said, alike = signals(2, cosine=[1, 0], sentence=[1, 0], share=[0, 1]), np.ones((2, 1), np.float32)
    assert [hit.row for hit in rerank(np.arange(2), said, alike)] == [0, 1]
    assert [hit.row for hit in rerank(np.arange(2), said, alike, trust=0.3)] == [1, 0]


def test_an_english_model_is_trusted_less_with_german(sample: Library) -> None:
    index = sample.generation()
    assert question(index, ENGLISH).trust == 1.0
    posed = question(index, GERMAN)
    assert posed.trust < 0.8
    trusting = rank(index, replace(posed, trust=1.0), 30)
    doubting = rank(index, posed, 30)
    assert [hit.row for hit in doubting.fused] == [hit.row for hit in trusting.fused]
    assert [hit.row for hit in doubting.final] != [hit.row for hit in trusting.final]


def test_only_the_rows_asked_for_are_ranked(sample: Library) -> None:
    index = sample.generation()
    posed = question(index, ENGLISH)
    everywhere = {hit.row for hit in rank(index, posed, 5).final}
    within = np.array([row for row in range(len(index.passages)) if row not in everywhere][::7])
    ranking = rank(index, posed, 5, within)
    assert len(ranking.final) >= 5
    assert {hit.row for hit in ranking.final} | {*ranking.dense, *ranking.lexical} <= set(within.tolist())
    whole = rank(index, posed, 10_000, within)
    assert sorted(hit.row for hit in whole.final) == within.tolist()
    assert rank(index, posed, 5, np.empty(0, np.int64)).final == []


def row_of(index: Generation, words: str) -> int:
    (row,) = [row for row in range(len(index.passages)) if words in index.text(row)]
    return row


def test_a_word_of_title_or_section_counts_where_the_passage_lacks_it(notes: Library) -> None:
    index = notes.generation()
    works, after = row_of(index, "Marabel"), row_of(index, "Pilots")
    orchard = row_of(index, "nine hives")
    terms = {"dredg": 1.0, "frost": 1.0}  # in the title of two of the four passages; in the words of one
    assert "dredging" not in index.text(works) + index.text(after)
    dredging, frost = math.log(1 + (4 - 2 + 0.5) / 2.5), math.log(1 + (4 - 1 + 0.5) / 1.5)
    shares = index.lexical.heading_shares(terms, np.arange(4))
    assert shares[[works, after]].tolist() == pytest.approx([dredging / (dredging + frost)] * 2, rel=1e-5)
    assert shares[orchard] == 0.0
    found = rank(index, question(index, "dredging"), 4)
    assert {hit.row for hit in found.final[:2]} == {works, after}
    assert set(found.lexical) == {works, after}


def test_a_source_is_found_by_words_that_stand_far_apart_in_it(notes: Library) -> None:
    index = notes.generation()
    works, after = row_of(index, "Marabel"), row_of(index, "Pilots")
    terms = question(index, "Marabel pilots").terms
    of_source = of_all(index.lexical_sources, terms)
    of_passage = of_all(index.lexical, terms)
    harbour = index.numbers["harbour.md"]
    assert of_source[harbour] > max(of_passage)
    assert [of_source[number] for number in range(3) if number != harbour] == [0.0, 0.0]
    assert min(of_passage[[works, after]]) > 0


def test_a_question_without_words_of_the_library_is_ranked_by_meaning(notes: Library) -> None:
    ranking = rank(notes.generation(), question(notes.generation(), "apiculture"), 4)
    assert ranking.lexical == []
    assert ranking.final[0].row == row_of(notes.generation(), "nine hives")


RECORD = "The mill was sold to a weaver in spring, and its wheel was broken up."


def test_a_record_is_known_by_its_title_and_never_by_its_key(notes: Library) -> None:
    records = [
        {"_id": "zanzibar", "text": RECORD},
        {"_id": "q-7", "text": RECORD},
        {"_id": "titled", "title": "Accounts of the Brenner estate", "text": RECORD},
    ]
    (notes.sources / "mill.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    notes.rebuild()
    index = notes.generation()
    rows = [
        int(np.flatnonzero(index.passages["source"] == index.find(f"mill.jsonl#{record['_id']}"))[0])
        for record in records
    ]
    zanzibar, other, titled = index.vectors[rows]
    assert zanzibar.tolist() == other.tolist()
    plain, headed = index.encoder.encode_queries([RECORD, f"Accounts of the Brenner estate. {RECORD}"])
    assert float(zanzibar @ plain) > 0.9999
    assert float(titled @ headed) > 0.9999
    assert float(titled @ plain) < 0.99
    for word in ("zanzibar", "mill.jsonl", "titled"):
        assert [index.lexical.frequency(term) for term in index.analyser.terms(word)][-1] == 0
    shares = index.lexical.heading_shares({"brenner": 1.0}, np.sort(rows))
    assert shares.tolist() == [float(row == rows[2]) for row in sorted(rows)]
