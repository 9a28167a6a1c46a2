"""The order of passages: every signal computed again from the index's arrays, and what the order promises."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise

import bm25
import numpy as np
import numpy.typing as npt
import pytest

from assistant import Library
from assistant.fusion import Signals, rerank
from assistant.index.generation import Generation
from assistant.ranking import Question, encode, rank
from assistant.records import LocatorKind, Query
from assistant.retrieval import parse
from assistant.settings import COSINE_WEIGHT, MOST_TERMS, SHARE_WEIGHT, SIMILAR, SIMILAR_WEIGHT, SMOOTHED, WEIGHTS

ENGLISH = "Which inspectors left Yongbyon when the Agreed Framework broke down?"
GERMAN = "Wer leitete die amerikanische Delegation in Stockholm?"
FOLLOW_UP = Query("And who watched it?", carried=("test",), context=("When was the sixth nuclear test?",), lean=2.0)
OF_MODEL = {"cosine", "sentence", "neighbour", "source"}
Array = npt.NDArray[np.float64]


def question(index: Generation, asked: str | Query) -> Question:
    return encode(parse(asked) if isinstance(asked, str) else asked, index)


def headings(index: Generation, row: int) -> str:
    """Title and path of section headings of a passage."""
    record = index.passages[row]
    source = index.source(int(record["source"]))
    path: dict[int, str] = {}
    for place in source.locators:
        if place.kind is LocatorKind.SECTION and place.start <= record["start"]:
            path = {level: label for level, label in path.items() if level < place.level} | {place.level: place.label}
    return " ".join([source.title, *(label for label in path.values() if label != source.title)])


def terms_by_hand(index: Generation) -> list[tuple[list[str], int]]:
    """The terms of every passage, and how many of them are title and section."""
    before = [index.analyser.terms(headings(index, row)) for row in range(len(index.passages))]
    return [(lead + index.analyser.terms(index.text(row)), len(lead)) for row, lead in enumerate(before)]


def pairs_by_hand(texts: list[list[str]], asked: Question) -> Array:
    """The rarity of neighbours among the question's words that each passage has, in order, at most one word apart."""
    weights = {pair: sum(bm25.rarity(texts, term) for term in pair) for pair in pairwise(asked.written)}
    close = [{*pairwise(text), *zip(text, text[2:], strict=False)} for text in texts]
    found = [sum(weight for pair, weight in weights.items() if pair in near) for near in close]
    return np.array(found) / (sum(weights.values()) or 1)


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
    in_sentences = np.asarray(index.sentence_vectors, np.float64) @ asked.vector * index.sentence_scales
    of_sources = np.array([vectors[sources == number].sum(axis=0) for number in range(len(index.ids))])
    of_sources /= np.linalg.norm(of_sources, axis=1, keepdims=True)
    passages = terms_by_hand(index)
    texts = [terms for terms, _ in passages]
    whole = [bm25.source_text(passages[row] for row in rows if sources[row] == n) for n in range(len(index.ids))]
    rarity = {term: weight * bm25.rarity(texts, term) for term, weight in asked.terms.items()}
    beside = [[b for b in (row - 1, row + 1) if 0 <= b < len(rows) and sources[b] == sources[row]] for row in rows]
    return {
        "cosine": cosines,
        "sentence": np.array([in_sentences[r["first"] : r["last"]].max() for r in index.passages]),
        "neighbour": np.array([max(cosines[b] for b in (beside[row] or [row])) for row in rows]),
        "source": (of_sources @ asked.vector)[sources],
        "share": np.array(bm25.shares(texts, asked.terms)),
        "source_share": np.array(bm25.shares(whole, asked.terms))[sources],
        "heading": np.array([sum(rarity[t] for t in rarity.keys() & {*terms[:n]}) for terms, n in passages])
        / sum(rarity.values()),
        "pairs": pairs_by_hand(texts, asked),
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


@pytest.mark.parametrize("step", [1, 2, 3, 40], ids=["all but one", "half", "a third", "few"])
@pytest.mark.parametrize("asked", [ENGLISH, GERMAN, FOLLOW_UP], ids=["english", "german", "follow-up"])
def test_words_are_searched_under_a_filter_as_in_what_it_leaves(sample: Library, asked: str | Query, step: int) -> None:
    index = sample.generation()
    posed = question(index, asked)
    within = np.arange(1, len(index.passages), step)
    shares = np.array(bm25.shares([terms for terms, _ in terms_by_hand(index)], posed.terms))
    holding = [row for row in within.tolist() if shares[row] > 0]
    for k in (3, 20, 10_000):
        found = rank(index, posed, k, within).lexical
        assert len(found) == len({*found}) == min(k, len(holding))
        assert {*found} <= {*holding}
        # The search rounds the lengths of passages, so neighbours may change places.
        assert shares[found].tolist() == pytest.approx(sorted(shares[holding], reverse=True)[:k], abs=0.02)


def test_a_filter_that_leaves_little_of_what_is_found_is_searched_to_the_end(sample: Library) -> None:
    index = sample.generation()
    posed = question(index, ENGLISH)
    shares = np.array(bm25.shares([terms for terms, _ in terms_by_hand(index)], posed.terms))
    for best in (20, 60, int((shares > 0).sum()) - 3):
        within = np.sort(np.argsort(-shares, kind="stable")[best:])
        found = rank(index, posed, 5, within).lexical
        expected = [share for share in sorted(shares[within], reverse=True)[:5] if share > 0]
        assert shares[found].tolist() == pytest.approx(expected, abs=0.02)


def test_of_a_long_question_the_rarest_words_of_the_library_are_searched(sample: Library) -> None:
    index = sample.generation()
    text = " ".join(index.text(row) for row in range(0, 90, 3))
    made = " ".join(f"zq{number}" for number in range(100))
    own = index.analyser.content(f"{made} {text}")
    posed = question(index, f"{made} {text}".replace('"', " "))
    assert len(own) > 500
    assert len(posed.terms) == len(posed.written) == MOST_TERMS
    assert posed.left_out == len(own) - MOST_TERMS
    most = max(map(index.terms.frequency, posed.terms))
    assert 0 < most <= min(index.terms.frequency(t) for t in own.keys() - posed.terms.keys() if t[:2] != "zq")
    assert list(posed.written) == [term for term in own if term in posed.terms]
    assert len(rank(index, posed, 10).lexical) == 10


def test_a_question_of_words_that_no_source_has_is_cut_too(sample: Library) -> None:
    posed = question(sample.generation(), " ".join(f"zq{number}" for number in range(2000)))
    assert [*posed.written] == [f"zq{number}" for number in range(MOST_TERMS)]


def test_earlier_questions_take_only_the_places_that_are_left(sample: Library) -> None:
    index = sample.generation()
    rare = " ".join(list(index.analyser.content(" ".join(index.text(row) for row in range(40))).values())[:200])
    posed = question(index, Query("Who met in Hanoi?", context=(rare, "When was the sixth nuclear test?"), lean=2.0))
    assert len(posed.terms) == MOST_TERMS
    assert posed.left_out == 0
    assert [posed.terms[term] for term in posed.written] == [1.0] * len(posed.written)
    assert {*index.analyser.content("met Hanoi")} <= posed.terms.keys()


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
    shares = index.terms.signals(terms, [], np.arange(4), index.passages["source"][:]).heading
    assert shares[[works, after]].tolist() == pytest.approx([dredging / (dredging + frost)] * 2, rel=1e-5)
    assert shares[orchard] == 0.0
    found = rank(index, question(index, "dredging"), 4)
    assert {hit.row for hit in found.final[:2]} == {works, after}
    assert set(found.lexical) == {works, after}


def test_a_source_is_found_by_words_that_stand_far_apart_in_it(notes: Library) -> None:
    index = notes.generation()
    works, after = row_of(index, "Marabel"), row_of(index, "Pilots")
    terms = question(index, "Marabel pilots").terms
    sources = index.passages["source"][:]
    said = index.terms.signals(terms, list(terms), np.arange(4), sources)
    harbour = sources == index.numbers["harbour.md"]
    assert min(said.source_share[harbour]) > max(said.share)
    assert said.source_share[~harbour].tolist() == [0.0, 0.0]
    assert min(said.share[[works, after]]) > 0


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
        assert [index.terms.frequency(term) for term in index.analyser.terms(word)][-1] == 0
    ordered = np.sort(rows)
    shares = index.terms.signals({"brenner": 1.0}, [], ordered, index.passages["source"][ordered]).heading
    assert shares.tolist() == [float(row == rows[2]) for row in sorted(rows)]
