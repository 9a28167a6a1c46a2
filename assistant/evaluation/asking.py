"""Asks the questions of a collection and judges what the reader is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.answering import answer, choose
from assistant.evaluation.collection import Mark, Question, Said
from assistant.evaluation.judging import (
    Reference,
    Shown,
    answer_end,
    count_words,
    coverage,
    locate,
    sentence_holds,
    words_until,
)
from assistant.index.generation import Generation
from assistant.records import Answer, Citation, Query, Turn
from assistant.reranking import Reranker
from assistant.retrieval import retrieve

EXCERPTS = 5
"""How many excerpts an answer may show."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether what was shown holds the answer.

    `first_sentence` is false where the answer was declined; `first_sentence_if_not_declining` is of the sentence that
    would have been quoted. `baseline` is of the first sentence of the first excerpt. `coverage` is the share of the
    answers' characters in the excerpts, None where their places are not known.
    """

    first_sentence: bool
    first_sentence_if_not_declining: bool
    any_sentence: bool
    baseline: bool
    first_excerpt: bool
    excerpts: bool
    words_until_read: int
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question: `words` are those of the excerpts shown, `milliseconds` the time of the answer.

    `quotes_wrong` is whether a sentence is quoted that is known not to answer it; None where none is known.
    """

    question: Question
    found: bool
    confidence: float
    words: int
    milliseconds: float
    judgement: Judgement | None
    quotes_wrong: bool | None


def history(earlier: Sequence[Said], index: Generation, reranker: Reranker | None = None) -> list[Turn]:
    """The turns before a question; where the file has no reply, the program's own answer is taken.

    Raises:
        UsageError: an earlier question cannot be asked.
    """
    turns: list[Turn] = []
    for said in earlier:
        if said.reply is None:
            turns.append(answer(said.question, index, turns, k=EXCERPTS, reranker=reranker).turn())
        else:
            turns.append(Turn(said.question, said.reply))
    return turns


def ask(question: Question, turns: Sequence[Turn], index: Generation, reranker: Reranker | None = None) -> Outcome:
    """Asks a question after its turns, takes the time of the answer, and judges it if it is known what answers it.

    Raises:
        UsageError: the question cannot be asked.
    """
    started = time.perf_counter()
    given = answer(question.text, index, turns, question.filters, EXCERPTS, reranker)
    milliseconds = 1000 * (time.perf_counter() - started)
    words = sum(count_words(excerpt.text) for excerpt in given.excerpts)
    judged = judge(given, question, index, reranker) if question.answerable and question.marks else None
    quotes_wrong = _quotes(given, question.wrong, index) if question.wrong else None
    return Outcome(question, given.found, given.confidence, words, milliseconds, judged, quotes_wrong)


def _quotes(given: Answer, marks: Sequence[Mark], index: Generation) -> bool:
    """Whether a sentence of an answer holds what is marked."""
    references = references_of(marks, index)
    return any(sentence_holds(_shown(statement.citation), references) for statement in given.statements)


def judge(given: Answer, question: Question, index: Generation, reranker: Reranker | None = None) -> Judgement:
    """Whether an answer holds what the question's marks say that it should."""
    references = references_of(question.marks, index)
    sentences = [_shown(statement.citation) for statement in given.statements]
    excerpts = [_shown(excerpt.citation) for excerpt in given.excerpts]
    holding = [sentence_holds(sentence, references) for sentence in sentences]
    unsaid = None if given.found else _would_say(given.query, index, reranker)
    ends = [answer_end(excerpt, references) is not None for excerpt in excerpts]
    lead = _first_sentence(excerpts[0], index) if excerpts else None
    return Judgement(
        first_sentence=holding[:1] == [True],
        first_sentence_if_not_declining=holding[:1] == [True]
        or (unsaid is not None and sentence_holds(unsaid, references)),
        any_sentence=any(holding),
        baseline=lead is not None and sentence_holds(lead, references),
        first_excerpt=ends[:1] == [True],
        excerpts=any(ends),
        words_until_read=words_until(sentences, excerpts, references),
        coverage=coverage(excerpts, references),
    )


def references_of(marks: Sequence[Mark], index: Generation) -> list[Reference]:
    """Where marks stand in the sources that are in the index."""
    indexed = [mark for mark in marks if mark.source_id in index.numbers]
    return [locate(mark, index.source(index.numbers[mark.source_id]).text) for mark in indexed]


def _shown(citation: Citation) -> Shown:
    return Shown(citation.source_id, citation.start, citation.end, citation.quote)


def _would_say(query: Query, index: Generation, reranker: Reranker | None) -> Shown | None:
    """The sentence that an answer to a declined query would have quoted first."""
    found = retrieve(query, index, EXCERPTS, reranker)
    chosen = choose(found)
    if not chosen:
        return None
    source_id = found.excerpts[chosen[0].excerpt].citation.source_id
    return _cut(source_id, chosen[0].start, chosen[0].end, index)


def _first_sentence(excerpt: Shown, index: Generation) -> Shown:
    """The first sentence of an excerpt; the whole excerpt where it has no sentences."""
    passages = index.passages
    rows = np.flatnonzero((passages["source"] == index.numbers[excerpt.source_id]) & (passages["end"] > excerpt.start))
    for row in rows[:1].tolist():
        for start, end in index.sentence_spans(row):
            if start >= excerpt.start:
                return _cut(excerpt.source_id, start, end, index)
    return excerpt


def _cut(source_id: str, start: int, end: int, index: Generation) -> Shown:
    return Shown(source_id, start, end, index.source(index.numbers[source_id]).cut(start, end))
