"""Retrieval and answers on the library's own questions do not fall below what they once reached."""

from __future__ import annotations

import json
from pathlib import Path

from assistant import Library
from assistant.evaluation.run import evaluate

QUESTIONS = Path(__file__).parent / "questions.jsonl"


def plain(text: str) -> str:
    """The words of a text with single spaces between them."""
    return " ".join(text.split())


def test_every_marked_sentence_stands_in_its_source(sample: Library) -> None:
    texts = {summary.id: plain(sample.source(summary.id).text) for summary in sample.list_sources()}
    marks = [mark for line in QUESTIONS.read_text("utf-8").splitlines() for mark in json.loads(line).get("answers", [])]
    assert len(marks) > 150
    assert [mark for mark in marks if plain(mark["quote"]) not in texts[mark["source_id"]]] == []


def test_the_figures_hold(sample: Library) -> None:
    report = evaluate(sample.sources, sample.index, questions=QUESTIONS).report
    answers, declining = report["answers"], report["declining"]
    history = report["turns"]["all"]["forms"]["history"]
    assert answers["excerpts"]["mean"] >= 0.94
    assert answers["first_excerpt"]["mean"] >= 0.76
    assert answers["first_sentence"]["mean"] >= 0.53
    assert answers["any_sentence"]["mean"] >= 0.70
    assert answers["baseline"]["mean"] <= 0.5 * answers["first_sentence"]["mean"]
    assert answers["words_shown"]["most"] <= 900
    assert declining["wrongly_declined"] <= 0.21
    assert declining["recall"] >= 0.64
    assert history["nDCG@10"]["mean"] >= 0.75
    assert report["stages"]["final"]["nDCG@10"]["mean"] >= 0.88


def test_a_question_changed_in_one_word_is_not_answered_as_if_it_were_not(sample: Library) -> None:
    lines = (Path(__file__).parent / "minimal_pairs.jsonl").read_text("utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    assert len(pairs) == 20
    assert [pair["question"] for pair in pairs if not sample.ask(pair["question"]).found] == []
    wrong = []
    for pair in pairs:
        answer = sample.ask(pair["changed"])
        new = set(pair["changed"].strip("?").split()) - set(pair["question"].strip("?").split())
        missing = [note for note in answer.notes if note.startswith("None of the excerpts mentions")]
        if answer.found and not any(f"“{word}”" in note for word in new for note in missing):
            wrong.append(pair["changed"])
    assert len(wrong) <= 1, wrong
