"""Retrieval and answers on the library's own questions do not fall below what they once reached."""

from __future__ import annotations

import json

from measure import QUESTIONS, measure, plain

from assistant import Library


def test_every_marked_sentence_stands_in_its_source(sample: Library) -> None:
    texts = {summary.id: plain(sample.source(summary.id).text) for summary in sample.list_sources()}
    marks = [mark for line in QUESTIONS.read_text("utf-8").splitlines() for mark in json.loads(line).get("answers", [])]
    assert len(marks) > 150
    assert [mark for mark in marks if plain(mark["quote"]) not in texts[mark["source_id"]]] == []


def test_the_figures_hold(sample: Library) -> None:
    figures, _ = measure(sample)
    assert figures["marked sentence in the top 5 excerpts"] >= 0.90
    assert figures["marked sentence in the first excerpt"] >= 0.75
    assert figures["first sentence of the answer is marked"] >= 0.45
    assert figures["answerable, wrongly declined"] <= 0.25
    assert figures["unanswerable, declined"] >= 0.60
    assert figures["most words in the excerpts of an answer"] <= 900
