"""Runs an evaluation from the folder to the report: index, ask every question, rank, sum up.

What is measured is what users run: the same build, the same answers, the same search.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.conversation import resolve
from assistant.errors import UsageError
from assistant.evaluation.asking import EXCERPTS, Outcome, ask, history, references_of
from assistant.evaluation.collection import Collection, Question, load
from assistant.evaluation.feedback import load_feedback
from assistant.evaluation.ranking import Scores, documents, score
from assistant.evaluation.summary import (
    FINAL,
    HISTORY,
    LAST,
    REWRITE,
    Report,
    of_answers,
    of_declining,
    of_stages,
    of_times,
    of_turns,
)
from assistant.index.build import build
from assistant.index.generation import Generation
from assistant.library import Library
from assistant.records import Progress, Query, Turn, silent
from assistant.reports import BuildReport
from assistant.reranking import Reranker
from assistant.retrieval import parse, retrieve, stages
from assistant.settings import DEFAULT_INDEX

_TIMED = 200
"""Questions whose parts are timed."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The report, and a record for each question, as plain data for JSON; numbers have four digits."""

    report: Report
    questions: list[dict[str, Any]]


def evaluate(
    folder: Path, index: Path | None = None, *, model: str | None = None, questions: Path | None = None,
    qrels: Path | None = None, limit: int | None = None, progress: Progress | None = None, reranker: str | None = None,
    feedback: Path | None = None,
) -> Evaluation:  # fmt: skip
    """Measures search and answers on a test collection, or on a folder of one's own sources with questions.

    Args:
        folder: The collection (corpus.jsonl, queries.jsonl, qrels.tsv), or the sources.
        index: Where the index is kept and brought up to date; None: for a collection a temporary folder, for one's own
            sources the usual one.
        model: As for `build`.
        questions: Another file of questions.
        qrels: Another file of judgements.
        limit: At most so many questions, drawn at random, always the same.
        progress: Told how far each stage is.
        reranker: As for `Library`.
        feedback: A file that `Library.give_feedback` wrote; the questions are those of its judgements.

    Raises:
        UsageError: there is nothing to evaluate there, or a file is malformed.
        AssistantError: the index cannot be built, as for `build`, or the reranker cannot be loaded.
    """
    if feedback and (questions or qrels):
        raise UsageError("--feedback brings questions and judgements of its own: leave out --questions and --qrels")
    collection = load_feedback(folder, feedback, limit) if feedback else load(folder, questions, qrels, limit)
    told = progress or silent
    second = Reranker(reranker) if reranker else None
    if second:
        second.load()  # before the build: that may take long, and this is not part of any answer's time
    with _index_folder(collection, index) as place:
        built = build(folder, place, model, progress=told, names=collection.names)
        return _Run(collection, Library(folder, place, model).generation(), told, second).evaluation(built)


@contextmanager
def _index_folder(collection: Collection, index: Path | None) -> Iterator[Path]:
    if index or collection.names is None:
        yield index or Path(DEFAULT_INDEX)
        return
    # On Windows what is still mapped into memory cannot be removed.
    with tempfile.TemporaryDirectory(prefix="assistant-", ignore_cleanup_errors=True) as made:
        yield Path(made) / "index"


class _Run:
    """One evaluation: the open index, and what is gathered on the way."""

    def __init__(
        self, collection: Collection, index: Generation, told: Progress, reranker: Reranker | None = None
    ) -> None:
        self.collection = collection
        self.index = index
        self.told = told
        self.reranker = reranker
        self.notes = list(collection.notes)
        self.turns: dict[str, list[Turn]] = {}

    def evaluation(self, built: BuildReport) -> Evaluation:
        """Everything that is measured."""
        self.notes += [f"{item.file}: {item.reason}" for item in (*built.skipped, *built.problems)]
        self._note_missing()
        outcomes = self._ask()
        ranked = [
            outcome.question
            for outcome in outcomes
            if outcome.question.answerable and self.collection.relevant(outcome.question)
        ]
        if not ranked:
            self.notes.append("no question has a document judged relevant: no ranking is measured")
        scores = self._stages(ranked)
        report = {
            "collection": self._about(outcomes, ranked),
            **of_stages(scores),
            "answers": of_answers(outcomes),
            "declining": of_declining(outcomes),
            "turns": self._turns(ranked, scores),
            "time": self._times(outcomes),
            "notes": self.notes,
        }
        return Evaluation(rounded(report), rounded(_records(outcomes, ranked, scores)))

    def _about(self, outcomes: Sequence[Outcome], ranked: Sequence[Question]) -> Report:
        return {
            "name": self.collection.folder.resolve().name,
            "documents": len(self.index.ids),
            "passages": len(self.index.passages),
            "questions": len(outcomes),
            "ranked_questions": len(ranked),
            "judged_answers": sum(outcome.judgement is not None for outcome in outcomes),
            "unanswerable_questions": sum(outcome.question.answerable is False for outcome in outcomes),
            "model": self.index.manifest["model"]["name"],
            "reranker": self.reranker.name if self.reranker else None,
            "index_id": self.index.id,
        }

    def _note_missing(self) -> None:
        """Notes the relevant documents that are not in the index, and the answers that are not in their documents."""
        named = {source: None for question in self.collection.questions for source in self._named(question)}
        missing = [source for source in named if source not in self.index.numbers]
        if missing:
            self.notes.append(
                f"{len(missing)} relevant documents are not in the index and count as not found (first: {missing[0]})"
            )
        gone = [question.id for question in self.collection.questions if self._is_gone(question)]
        if gone:
            self.notes.append(
                f"the known answers of {len(gone)} questions do not stand in their documents as they are now, and "
                f"count as not shown (first: question {gone[0]})"
            )

    def _is_gone(self, question: Question) -> bool:
        """Whether a question's marks are in sources that are indexed, but at no place of them."""
        found = references_of(question.marks, self.index)
        return bool(found) and not any(reference.spans or reference.whole for reference in found)

    def _named(self, question: Question) -> list[str]:
        return [*self.collection.relevant(question), *(mark.source_id for mark in question.marks)]

    def _ask(self) -> list[Outcome]:
        """Asks every question; one that cannot be asked is noted and left out."""
        outcomes = []
        questions = self.collection.questions
        self.index.encoder.encode_queries([questions[0].text])  # loads it, which is not part of any answer's time
        for done, question in enumerate(questions):
            self.told("Asking questions", done, len(questions))
            try:
                self.turns[question.id] = history(question.earlier or (), self.index, self.reranker)
                outcomes.append(ask(question, self.turns[question.id], self.index, self.reranker))
            except UsageError as error:
                self.notes.append(f"question {question.id} was left out: {error}")
        self.told("Asking questions", len(questions), len(questions))
        if not outcomes:
            raise UsageError(f"no question can be asked; {self.notes[-1]}")
        wrong = [outcome.quotes_wrong for outcome in outcomes if outcome.quotes_wrong is not None]
        if wrong:
            self.notes.append(f"of {len(wrong)} questions with an answer judged wrong, {sum(wrong)} get it again")
        return outcomes

    def _stages(self, ranked: Sequence[Question]) -> dict[str, Scores]:
        """The scores of every stage of the search for the questions as they stand, without what was said before."""
        rankings: dict[str, dict[str, list[str]]] = {}
        for done, question in enumerate(ranked):
            self.told("Ranking documents", done, len(ranked))
            for stage, rows in stages(_asked(question), self.index, self.reranker).items():
                rankings.setdefault(stage, {})[question.id] = self._documents(question, rows)
        self.told("Ranking documents", len(ranked), len(ranked))
        return {stage: score(found, self.collection.judgements) for stage, found in rankings.items()}

    def _documents(self, question: Question, rows: Sequence[int]) -> list[str]:
        return documents(rows, self.index, self.collection.left_out.get(question.id, ()))

    def _turns(self, ranked: Sequence[Question], scores: Mapping[str, Scores]) -> Report | None:
        """Questions in conversations: as they stand, with what was said before, and rewritten; None if there are none.

        `all` are the questions of conversations, first ones included; `rewritten` those with a stand-alone form.
        """
        talked = [place for place, question in enumerate(ranked) if question.earlier is not None]
        if not any(ranked[place].earlier for place in talked):
            return None
        forms = {
            LAST: {name: values[talked] for name, values in scores[FINAL].items()},
            HISTORY: self._form("Ranking with history", [ranked[place] for place in talked], self._with_history),
        }
        report: Report = {"all": of_turns(forms, sum(bool(ranked[place].earlier) for place in talked))}
        kept = [number for number, place in enumerate(talked) if ranked[place].rewrite]
        report["rewritten"] = None
        if kept:
            questions = [ranked[talked[number]] for number in kept]
            forms = {form: {name: values[kept] for name, values in found.items()} for form, found in forms.items()}
            forms[REWRITE] = self._form("Ranking rewritten questions", questions, _rewritten)
            report["rewritten"] = of_turns(forms, sum(bool(question.earlier) for question in questions))
        return report

    def _with_history(self, question: Question) -> Query:
        return resolve(_asked(question), self.turns[question.id], self.index)

    def _form(self, stage: str, questions: Sequence[Question], query: Callable[[Question], Query]) -> Scores:
        """The scores of the final ranking for the questions in the form that `query` gives."""
        rankings = {}
        for done, question in enumerate(questions):
            self.told(stage, done, len(questions))
            rows = stages(query(question), self.index, self.reranker)[FINAL]
            rankings[question.id] = self._documents(question, rows)
        self.told(stage, len(questions), len(questions))
        return score(rankings, self.collection.judgements)

    def _times(self, outcomes: Sequence[Outcome]) -> Report:
        """Times of answers, and of two parts: embedding the question, and the retrieval that includes it."""
        parts: dict[str, list[float]] = {"embedding": [], "retrieving": []}
        for outcome in outcomes[:_TIMED]:
            query = _asked(outcome.question)
            started = time.perf_counter()
            self.index.encoder.encode_queries([query.text])
            parts["embedding"].append(1000 * (time.perf_counter() - started))
            started = time.perf_counter()
            retrieve(query, self.index, EXCERPTS, self.reranker)
            parts["retrieving"].append(1000 * (time.perf_counter() - started))
        return of_times([outcome.milliseconds for outcome in outcomes], parts)


def _asked(question: Question) -> Query:
    return parse(question.text, question.filters)


def _rewritten(question: Question) -> Query:
    return parse(question.rewrite or question.text, question.filters)


def _records(
    outcomes: Sequence[Outcome], ranked: Sequence[Question], scores: Mapping[str, Scores]
) -> list[dict[str, Any]]:
    """What is known of each question, in the order in which they were asked."""
    places = {question.id: place for place, question in enumerate(ranked)}
    return [
        {
            "id": outcome.question.id,
            "text": outcome.question.text,
            "answerable": outcome.question.answerable,
            "found": outcome.found,
            "confidence": outcome.confidence,
            "words_shown": outcome.words,
            "milliseconds": outcome.milliseconds,
            "judgement": asdict(outcome.judgement) if outcome.judgement else None,
            "quotes_wrong": outcome.quotes_wrong,
            "stages": {
                stage: {name: float(values[places[outcome.question.id]]) for name, values in found.items()}
                for stage, found in scores.items()
                if outcome.question.id in places
            },
        }
        for outcome in outcomes
    ]


def rounded(value: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    """Plain data with its numbers rounded to four digits after the point."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
