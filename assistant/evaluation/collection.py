"""Loads what is evaluated: a test collection in the BEIR layout, or questions about a folder of one's own sources.

In both, documents are named by their source ids: `corpus.jsonl#ID` in a collection.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation.files import Judgements, malformed, read_judgements, read_objects, read_pairs
from assistant.evaluation.measures import SEED
from assistant.readers.text import one_line
from assistant.records import NO_FILTERS, Filters

CORPUS = "corpus.jsonl"
_QUERIES = "queries.jsonl"
_OWN = "questions.jsonl"
_JUDGEMENTS = ("qrels.tsv", "qrels/test.tsv")
_SOURCE_DOCUMENTS = "source_docs.tsv"


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of a source that answer a question; `start` is their offset in its text, None where that is not known.

    With `whole`, they are sentences that someone picked out, which may be longer than what is shown.
    """

    source_id: str
    text: str
    start: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier question and the reply to it; None: the program is asked for its own."""

    question: str
    reply: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer; `marks` are alternatives. `rewrite` is its stand-alone form.

    `earlier` is None where the file says nothing of a conversation, empty for the first question of one. `answerable`
    is None where it is not known. `filters` narrow what is searched. `wrong` are words that do not answer it.
    """

    id: str
    text: str
    answerable: bool | None = True
    marks: tuple[Mark, ...] = ()
    earlier: tuple[Said, ...] | None = None
    rewrite: str | None = None
    filters: Filters = NO_FILTERS
    wrong: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Sources, the questions about them, and judgements.

    `names` are the files to index (None: all). `left_out` are the sources that a question was made from, which do not
    count in its rankings. `notes` tell what was odd.
    """

    folder: Path
    names: frozenset[str] | None
    questions: tuple[Question, ...]
    judgements: Judgements
    left_out: Mapping[str, frozenset[str]]
    notes: tuple[str, ...] = ()

    def relevant(self, question: Question) -> list[str]:
        """The sources judged relevant to a question."""
        return [source for source, score in self.judgements.get(question.id, {}).items() if score > 0]


def load(
    folder: Path, questions: Path | None = None, qrels: Path | None = None, limit: int | None = None
) -> Collection:
    """The collection in a folder; `questions` and `qrels` name other files than those that are looked for there.

    With `limit`, at most so many questions, drawn at random, always the same ones, in the order of the file.

    Raises:
        UsageError: the folder holds no collection and no questions, or a file of it is malformed.
    """
    check_arguments(folder, limit)
    corpus, queries, own = (folder / name for name in (CORPUS, _QUERIES, _OWN))
    if corpus.is_file() and (queries.is_file() or not own.is_file()):
        found = _load_test(folder, questions or queries, qrels)
    elif questions or own.is_file():
        found = _load_own(folder, questions or own, qrels)
    else:
        raise UsageError(
            f"{folder} holds neither {CORPUS} (a test collection) nor {_OWN} (questions about your own sources): "
            "name a file of questions with --questions"
        )
    if not found.questions:
        raise UsageError(f"there is no question in {questions or (queries if found.names else own)}")
    return limited(found, limit)


def check_arguments(folder: Path, limit: int | None) -> None:
    """Checks what a collection is to be loaded from.

    Raises:
        UsageError: there is no such folder, or the limit leaves no question.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    if limit is not None and limit < 1:
        raise UsageError(f"the limit is {limit}: ask for at least one question")


def limited(found: Collection, limit: int | None) -> Collection:
    """The collection with at most `limit` questions, drawn at random, always the same ones, in their order."""
    if limit is None or limit >= len(found.questions):
        return found
    chosen = sorted(random.Random(SEED).sample(range(len(found.questions)), limit))
    return replace(found, questions=tuple(found.questions[number] for number in chosen))


def _load_test(folder: Path, queries: Path, qrels: Path | None) -> Collection:
    prefix = f"{CORPUS}#"
    file = qrels or next((folder / name for name in _JUDGEMENTS if (folder / name).is_file()), None)
    if file is None:
        raise UsageError(f"there are no judgements in {folder}: put qrels.tsv there, or name a file with --qrels")
    judgements = read_judgements(file, prefix)
    pairs = folder / _SOURCE_DOCUMENTS
    left_out = read_pairs(pairs, prefix) if pairs.is_file() else {}
    questions = _read(queries, lambda document: prefix + one_line(document), judgements)
    return Collection(
        folder, frozenset({CORPUS}), questions, judgements, left_out, _strangers(judgements, questions, file)
    )


def _load_own(folder: Path, file: Path, qrels: Path | None) -> Collection:
    judgements = read_judgements(qrels, "") if qrels else {}
    questions = _read(file, one_line, judgements)
    notes = _strangers(judgements, questions, qrels) if qrels else ()
    if not qrels:
        judgements = {question.id: {mark.source_id: 1 for mark in question.marks} for question in questions}
    return Collection(folder, None, questions, judgements, {}, notes)


def _strangers(judgements: Judgements, questions: Sequence[Question], file: Path) -> tuple[str, ...]:
    """A note on judgements of questions that there are none of."""
    unknown = sorted(judgements.keys() - {question.id for question in questions})
    if not unknown:
        return ()
    return (f"{len(unknown)} question ids of {file.name} are not among the questions (first: {unknown[0]})",)


def _read(path: Path, name: Callable[[str], str], judgements: Judgements) -> tuple[Question, ...]:
    """The questions of a file; `name` gives the source id of a document.

    Raises:
        UsageError: the file cannot be read, or a line is malformed.
    """
    found: dict[str, Question] = {}
    for number, values in read_objects(path):
        try:
            question = _question(values, number, name, judgements)
            if question.id in found:
                raise ValueError(f"the id {question.id} is there already")
        except ValueError as error:
            raise malformed(path, number, str(error)) from error
        found[question.id] = question
    return tuple(found.values())


def _question(values: dict[str, Any], number: int, name: Callable[[str], str], judgements: Judgements) -> Question:
    """The question on a line.

    Raises:
        ValueError: a field is malformed; the message says which.
    """
    key = one_line(str(values.get("_id", values.get("id", number))))
    answerable = values.get("answerable", True)
    if not isinstance(answerable, bool):
        raise ValueError("answerable is neither true nor false")
    document = values.get("doc")
    relevant = [source for source, score in judgements.get(key, {}).items() if score > 0]
    documents = relevant if document is None else [name(_string(document, "doc"))]
    rewrite = values.get("rewrite")
    return Question(
        key,
        _string(values.get("text"), "text"),
        answerable,
        (*_answers(values, documents, name), *_sentences(values, documents)),
        _earlier(values["turns"]) if values.get("turns") is not None else None,
        None if rewrite is None else _string(rewrite, "rewrite"),
    )


def _answers(values: dict[str, Any], documents: Sequence[str], name: Callable[[str], str]) -> list[Mark]:
    """The marks of `answers`: each names its source, or stands in `documents`."""
    marks = []
    for item in _list(values, "answers"):
        if not isinstance(item, dict):
            raise ValueError("answers are not objects")
        text = _string(item.get("quote", item.get("text")), "the text of an answer")
        start = item.get("start")
        if start is not None and (not isinstance(start, int) or isinstance(start, bool)):
            raise ValueError("the start of an answer is no whole number")
        named = item.get("source_id")
        sources = documents if named is None else [name(_string(named, "source_id"))]
        marks += [Mark(source, text, start) for source in sources]
    return list(dict.fromkeys(marks))


def _sentences(values: dict[str, Any], documents: Sequence[str]) -> list[Mark]:
    """The marks of `selected_sentences` or `selected_sentence`: a string or a list of them."""
    field = "selected_sentences" if "selected_sentences" in values else "selected_sentence"
    chosen = [values[field]] if isinstance(values.get(field), str) else _list(values, field)
    return [Mark(source, _string(text, field), whole=True) for text in chosen for source in documents]


def _earlier(turns: object) -> tuple[Said, ...]:
    """What was said before the question, from either form of `turns`.

    Turns with a `role` go up to the question itself, which is left off; turns with `user` (and `assistant`, if it is
    known) are earlier ones only.
    """
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise ValueError("turns is no list of objects")
    if not any("role" in turn for turn in turns):
        return tuple(
            Said(
                _string(turn.get("user"), "user"),
                _string(turn["assistant"], "assistant") if turn.get("assistant") is not None else None,
            )
            for turn in turns
        )
    said: list[Said] = []
    for turn in turns[:-1] if turns[-1].get("role") == "user" else turns:
        text = _string(turn.get("text"), "the text of a turn")
        if turn.get("role") == "user":
            said.append(Said(text, ""))
        elif said:
            said[-1] = replace(said[-1], reply=f"{said[-1].reply} {text}".strip())
    return tuple(said)


def _list(values: dict[str, Any], field: str) -> list[Any]:
    value = values.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{field} is no list")
    return value


def _string(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field} is no text")
    return value
