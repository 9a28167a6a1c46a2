"""Makes what people said of answers into questions with judgements.

Words that were judged right are the known answer. Words that were judged wrong are not; whether anything is, stays
unknown. Where "your sources do not answer this" was judged right, the question is one to be declined; where it was
judged wrong, it is answerable, by what is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation.collection import Collection, Mark, Question, Said, check_arguments, limited
from assistant.evaluation.files import malformed, read_lines, read_object
from assistant.feedback import Feedback, Quotation, Verdict
from assistant.records import AnswerKind, Filters

Key = tuple[str, tuple[str, ...], Filters]
"""A question as it was asked: its words, what it was read together with, and where it was asked."""

_REPLACED = "replaced by a later one on the same answer"
_WITHDRAWN = "taken back"
_OTHER = "of a greeting or an overview, which are no answers"
_FILTER = "of a question with a filter that this program does not know"
_KINDS = {
    (True, Verdict.GOOD): "of an answer judged right",
    (True, Verdict.BAD): "of an answer judged wrong (measured is only whether the same words are quoted again)",
    (False, Verdict.GOOD): 'of a "not found" judged right',
    (False, Verdict.BAD): 'of a "not found" judged wrong (measured is only whether it is declined again)',
}


def load_feedback(folder: Path, file: Path, limit: int | None = None) -> Collection:
    """The collection that a folder of sources and the feedback in a file make; `limit` as for `load`.

    Raises:
        UsageError: there is no such folder, the file is malformed, or holds no judgement that can be measured.
    """
    check_arguments(folder, limit)
    held, left_out, notes = _read(file)
    groups: dict[Key, list[tuple[int, Feedback]]] = {}
    used: Counter[str] = Counter()
    for number, said in held:
        if said.verdict is Verdict.NONE:
            left_out[_WITHDRAWN] += 1
        elif said.kind not in (AnswerKind.ANSWER, AnswerKind.NOT_FOUND):
            left_out[_OTHER] += 1
        else:
            used[_KINDS[said.found, said.verdict]] += 1
            groups.setdefault((said.question, said.context, said.filters), []).append((number, said))
    if left_out:
        notes.append(f"{file.name}: left out: {_counted(left_out)}")
    questions = tuple(_question(group) for group in groups.values())
    if not questions:
        raise UsageError("; ".join([f"there is no judgement in {file} that can be measured", *notes]))
    notes.insert(0, f"{file.name}: {len(questions)} questions, from judgements: {_counted(used)}")
    judgements = {question.id: _judged(question) for question in questions}
    return limited(Collection(folder, None, questions, judgements, {}, tuple(notes)), limit)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _read(file: Path) -> tuple[list[tuple[int, Feedback]], Counter[str], list[str]]:
    """The last line on each answer, with its number, in order; how many lines do not count, and notes.

    Raises:
        UsageError: the file cannot be read, or a line is malformed (not: left unfinished).
    """
    objects, notes = _objects(file)
    last: dict[tuple[Key, str], tuple[int, Feedback]] = {}
    left_out: Counter[str] = Counter()
    known = {field.name for field in fields(Filters)}
    for number, values in objects:
        try:
            said = Feedback.from_plain(values)
        except ValueError as error:
            raise malformed(file, number, str(error)) from error
        if any(value for name, value in values["filters"].items() if name not in known):
            left_out[_FILTER] += 1
            continue
        key = ((said.question, said.context, said.filters), said.index_id)
        if key in last:
            left_out[_REPLACED] += 1
            del last[key]  # so that it stands in the order of its last line
        last[key] = (number, said)
    return list(last.values()), left_out, notes


def _objects(file: Path) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    """The object on each line, with its number, and a note on each line that was left unfinished.

    That is the last line if it has no end, and one with a blank line after it: whoever wrote the next line saw it so.
    """
    lines = read_lines(file)
    objects, notes = [], []
    for place, (number, line) in enumerate(lines):
        try:
            if line.strip():
                objects.append((number, read_object(file, number, line)))
        except UsageError:
            after = [text for _, text in lines[place + 1 : place + 3]]
            if after == [""] or after[:1] not in ([], [""]):
                raise
            notes.append(f"{file.name}, line {number}: it was left unfinished and does not count")
    return objects, notes


def _question(group: Sequence[tuple[int, Feedback]]) -> Question:
    """The question that was judged, on one or more indexes; where judgements disagree, the later one holds."""
    words: dict[tuple[str, str], tuple[Mark, bool]] = {}
    declining: bool | None = None
    for _, said in group:
        good = said.verdict is Verdict.GOOD
        if said.found:
            words |= {(each.source_id, each.quote): (_mark(each), good) for each in said.statements}
            declining = None if good else declining
        else:
            declining = good
    right = [] if declining else [mark for mark, good in words.values() if good]
    wrong = [mark for mark, good in words.values() if not good]
    number, said = group[-1]
    answerable = False if declining else True if right or declining is False else None
    # What it was read together with is what was asked before, the nearest first; the program gives its replies anew.
    earlier = tuple(Said(question, None) for question in reversed(said.context))
    return Question(
        str(number), said.question, answerable, tuple(right), earlier, filters=said.filters, wrong=tuple(wrong)
    )


def _mark(quotation: Quotation) -> Mark:
    return Mark(quotation.source_id, quotation.quote, quotation.start)


def _judged(question: Question) -> dict[str, int]:
    """The sources that are judged relevant (1) or not (0)."""
    return {mark.source_id: 0 for mark in question.wrong} | {mark.source_id: 1 for mark in question.marks}
