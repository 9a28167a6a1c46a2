"""What people say of answers: it is kept beside the index, whatever happens, and can be measured."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

from assistant import Answer, Library
from assistant.cli import main
from assistant.errors import FeedbackFailed, UsageError
from assistant.feedback import MOST_REASON

LIT = "When was the lighthouse at Skarn Point lit?"
HIVES = "How many hives does the orchard keep?"
LISBON = "What does a submarine ticket to Lisbon cost?"

Measure = Callable[..., dict[str, Any]]
Evaluate = Callable[..., Ran]


@pytest.fixture
def evaluate(notes: Library, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """Runs `assistant evaluate` on the notes and what was said of their answers."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        index, feedback = str(notes.index), str(notes.feedback_file)
        status = main(["evaluate", str(notes.sources), "--index", index, "--feedback", feedback, *arguments])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def measure(evaluate: Evaluate) -> Measure:
    """The report of such a run."""

    def run(*arguments: str) -> dict[str, Any]:
        ran = evaluate("--json", *arguments)
        assert ran.status == 0, ran.err
        report: dict[str, Any] = json.loads(ran.out)
        return report

    return run


def lines(library: Library) -> list[dict[str, Any]]:
    return [json.loads(line) for line in library.feedback_file.read_text("utf-8").splitlines() if line]


def change(library: Library, **values: object) -> None:
    """Changes fields of the last line."""
    *before, last = lines(library)
    changed = [*before, {**last, **values}]
    library.feedback_file.write_text("".join(json.dumps(line) + "\n" for line in changed), "utf-8")


def test_a_line_says_what_was_judged(notes: Library) -> None:
    answer = notes.ask(LIT, sources="light*")
    path = notes.give_feedback(answer, good=False, reason="  Wrong day:\r\nsee the log.  ")
    assert path == notes.feedback_file == notes.index / "feedback.jsonl"
    (line,) = lines(notes)
    assert (line["feedback"], line["verdict"], line["reason"]) == (1, "bad", "Wrong day:\nsee the log.")
    assert (line["question"], line["read_as"], line["filters"]["sources"]) == (LIT, LIT, ["light*"])
    assert (line["found"], line["index_id"], line["model"]) == (True, answer.index_id, answer.model)
    for kind in ("statements", "excerpts"):
        for shown in line[kind]:
            text = notes.source(shown["source_id"]).text
            assert text[shown["start"] : shown["end"]] == shown["quote"]
        assert len(line[kind]) == len(getattr(answer, kind)) > 0


def test_a_follow_up_is_kept_with_what_it_was_read_as(notes: Library, measure: Measure) -> None:
    first = notes.ask(LIT)
    follow_up = notes.ask("And who kept its log?", [first.turn()])
    assert "Ines Aldous" in follow_up.statements[0].text
    notes.give_feedback(follow_up, good=True)
    (line,) = lines(notes)
    assert line["read_as"] == follow_up.query.full_text != "And who kept its log?"
    assert line["context"] == [LIT]
    report = measure()
    assert report["turns"]["all"]["follow_ups"] == 1
    assert report["answers"]["first_sentence"]["mean"] == 1


def test_a_rebuild_leaves_it_alone(notes: Library) -> None:
    notes.give_feedback(notes.ask(LIT), good=True)
    before = notes.feedback_file.read_bytes()
    for number in range(2):
        (notes.sources / f"more-{number}.txt").write_text("High tide comes twice a day.\n", "utf-8")
        notes.rebuild(full=bool(number))
    assert notes.feedback_file.read_bytes() == before
    assert notes.ask(LIT).found


def test_feedback_at_the_same_time_loses_nothing(notes: Library) -> None:
    answer = notes.ask(LIT)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(notes.give_feedback, answer, True, f"reason {number}") for number in range(20)]:
            done.result()
    assert sorted(line["reason"] for line in lines(notes)) == sorted(f"reason {number}" for number in range(20))


def test_words_of_any_script_come_back(notes: Library) -> None:
    answer = replace(notes.ask(LIT), question="六方会谈 or \udc80?")
    notes.give_feedback(answer, good=True, reason="Yŏngbyŏn\u2028“so” 🙂")
    (line,) = lines(notes)
    assert (line["question"], line["reason"]) == (answer.question, "Yŏngbyŏn\n“so” 🙂")


def test_a_reason_that_is_too_long_is_said(notes: Library) -> None:
    answer = notes.ask(LIT)
    with pytest.raises(UsageError, match="the reason has 2001 characters, more than 2000: shorten it"):
        notes.give_feedback(answer, good=True, reason="x" * (MOST_REASON + 1))
    assert not notes.feedback_file.exists()
    notes.give_feedback(answer, good=True, reason="x" * MOST_REASON)
    assert len(lines(notes)[0]["reason"]) == MOST_REASON


def refused(library: Library, answer: Answer) -> str:
    """What is said when feedback cannot be kept."""
    with pytest.raises(FeedbackFailed) as raised:
        library.give_feedback(answer, good=True)
    message = str(raised.value)
    assert str(library.feedback_file) in message and "\n" not in message
    return message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_said(notes: Library) -> None:
    notes.feedback_file.symlink_to("/dev/full")
    assert "No space left" in refused(notes, notes.ask(LIT))


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_file_that_may_not_be_written_is_said(shared: Library) -> None:
    answer = shared.ask(LIT)
    shared.give_feedback(answer, good=True)
    before = shared.feedback_file.read_bytes()
    shared.feedback_file.chmod(0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        message = refused(shared, answer)
    finally:
        if root:
            os.seteuid(0)
    assert "ermission denied" in message
    assert shared.feedback_file.read_bytes() == before


def test_no_folder_for_it_is_said(notes: Library) -> None:
    refused(Library(notes.sources, notes.index / "nowhere"), notes.ask(LIT))


def test_a_right_answer_is_found_again_until_its_document_is_another(notes: Library, measure: Measure) -> None:
    answer = notes.ask(LIT)
    assert "was lit for the first time" in answer.statements[0].text
    notes.give_feedback(answer, good=True)
    report = measure()
    assert report["notes"] == ["feedback.jsonl: 1 questions, from judgements: 1 of an answer judged right"]
    assert report["stages"]["final"]["recall@5"]["mean"] == report["stages"]["final"]["RR@10"]["mean"] == 1
    assert report["answers"]["first_sentence"]["mean"] == report["answers"]["excerpts"]["mean"] == 1
    path = notes.sources / "lighthouse.md"
    path.write_text("# Tides\n\nHigh tide comes twice a day at Skarn Point.\n", "utf-8")
    report = measure()
    assert report["answers"]["excerpts"]["mean"] == report["answers"]["any_sentence"]["mean"] == 0
    assert "the known answers of 1 questions do not stand in their documents as they are now" in report["notes"][-1]
    path.rename(notes.sources / "tides.md")
    report = measure()
    assert report["stages"]["final"]["recall@100"]["mean"] == 0
    assert "1 relevant documents are not in the index" in report["notes"][-1]


def test_a_wrong_answer_is_reported_and_counts_for_nothing_else(
    notes: Library, measure: Measure, tmp_path: Path
) -> None:
    notes.give_feedback(notes.ask(LIT), good=False, reason="not what I meant")
    records = tmp_path / "records.jsonl"
    report = measure("--per-query", str(records))
    assert report["notes"][0].startswith("feedback.jsonl: 1 questions, from judgements: 1 of an answer judged wrong (")
    assert "of 1 questions with an answer judged wrong, 1 get it again" in report["notes"]
    assert (report["answers"], report["declining"], report["stages"]) == (None, None, {})
    about = report["collection"]
    assert (about["questions"], about["ranked_questions"], about["unanswerable_questions"]) == (1, 0, 0)
    record = json.loads(records.read_text("utf-8"))
    assert (record["answerable"], record["quotes_wrong"]) == (None, True)
    (notes.sources / "lighthouse.md").unlink()
    assert "of 1 questions with an answer judged wrong, 0 get it again" in measure()["notes"]


def test_what_is_said_of_not_found_tells_how_well_answers_are_declined(notes: Library, measure: Measure) -> None:
    declined = [notes.ask(LISBON), notes.ask("What does the Ferris wheel at Torvik cost?")]
    assert not any(answer.found for answer in declined)
    notes.give_feedback(declined[0], good=True)
    notes.give_feedback(declined[1], good=False, reason="it is in the tariff")
    notes.give_feedback(notes.ask(HIVES), good=True)
    report = measure()
    assert report["collection"]["unanswerable_questions"] == 1
    found = report["declining"]
    assert (found["questions"], found["unanswerable"], found["declined"]) == (3, 1, 2)
    assert (found["precision"], found["recall"], found["wrongly_declined"]) == (0.5, 1, 0.5)
    assert report["answers"]["questions"] == 1
    (note,) = report["notes"]
    assert '1 of a "not found" judged right' in note and '1 of a "not found" judged wrong (' in note


def test_the_last_verdict_holds(notes: Library, measure: Measure) -> None:
    lit, hives = notes.ask(LIT), notes.ask(HIVES)
    for good in (False, None, True):
        notes.give_feedback(lit, good)
    for verdict in (True, None):
        notes.give_feedback(hives, verdict)
    report = measure()
    assert report["collection"]["questions"] == report["collection"]["judged_answers"] == 1
    assert report["answers"]["first_sentence"]["mean"] == 1
    assert report["notes"][0].endswith("1 questions, from judgements: 1 of an answer judged right")
    assert report["notes"][1] == "feedback.jsonl: left out: 3 replaced by a later one on the same answer, 1 taken back"
    assert len(lines(notes)) == 5


def test_answers_of_two_indexes_to_one_question_are_one_question(notes: Library, measure: Measure) -> None:
    """The same words, judged on two indexes: the later judgement holds, though they have moved."""
    notes.give_feedback(notes.ask(LIT), good=False)
    path = notes.sources / "lighthouse.md"
    path.write_text(path.read_text("utf-8").replace("# The lighthouse", "# Of the old lighthouse"), "utf-8")
    notes.rebuild()
    notes.give_feedback(notes.ask(LIT), good=True)
    report = measure()
    assert report["collection"]["questions"] == 1
    assert report["answers"]["first_sentence"]["mean"] == 1
    assert len(report["notes"]) == 1  # nothing is left that was judged wrong
    assert "1 of an answer judged wrong" in report["notes"][0] and "1 of an answer judged right" in report["notes"][0]


def test_a_question_is_asked_with_its_filters(notes: Library, measure: Measure) -> None:
    """What the whole library answers, one document does not."""
    declined = notes.ask(HIVES, sources="lighthouse.md")
    assert not declined.found and notes.ask(HIVES).found
    notes.give_feedback(declined, good=True)
    notes.give_feedback(notes.ask(HIVES), good=True)
    notes.give_feedback(notes.ask(LIT, tags="harbour"), good=True)
    report = measure()
    assert report["collection"]["questions"] == 3
    assert (report["declining"]["recall"], report["declining"]["wrongly_declined"]) == (1, 0)
    assert report["stages"]["lexical"]["recall@100"]["mean"] == 1
    (notes.sources / "lighthouse.md").unlink()
    notes_of_run = measure()["notes"]
    assert any("question 1 was left out: no source fits 'lighthouse.md'" in note for note in notes_of_run)


def test_what_cannot_be_measured_is_counted(notes: Library, measure: Measure, evaluate: Evaluate) -> None:
    notes.give_feedback(notes.ask("hello"), good=True)
    ran = evaluate()
    assert (ran.status, "that can be measured; feedback.jsonl: left out: 1 of a greeting" in ran.error) == (2, True)
    notes.give_feedback(notes.ask(LIT), good=True)
    change(notes, filters={"sources": [], "publishers_of_a_later_version": ["Coast Society"]})
    notes.give_feedback(notes.ask(HIVES), good=True)
    change(notes, filters={"sources": [], "publishers_of_a_later_version": []}, colour="red")
    report = measure()
    assert report["collection"]["questions"] == 1
    assert "1 of a question with a filter that this program does not know" in report["notes"][1]
    assert "1 of a greeting or an overview" in report["notes"][1]


def test_a_torn_line_swallows_nothing(notes: Library, measure: Measure) -> None:
    notes.give_feedback(notes.ask(LIT), good=True)
    notes.give_feedback(notes.ask(HIVES), good=True, reason="ja, neun Stöcke")
    whole = notes.feedback_file.read_bytes()
    notes.feedback_file.write_bytes(whole[:-40])
    report = measure()
    assert report["collection"]["questions"] == 1
    assert "feedback.jsonl, line 2: it was left unfinished and does not count" in report["notes"]
    notes.give_feedback(notes.ask(HIVES), good=True)
    assert notes.feedback_file.read_bytes().startswith(whole[:-40] + b"\n")
    report = measure()
    assert report["collection"]["questions"] == 2
    assert "feedback.jsonl, line 2: it was left unfinished and does not count" in report["notes"]


def broken(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    def make(line: str) -> str:
        values = json.loads(line)
        change(values)
        return json.dumps(values)

    return make


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda line: line[:-9], "it is not JSON"),
        (lambda line: "[]", "it is no object"),
        (broken(lambda line: line.update(feedback=2)), "it is feedback in format 2, and this program knows format 1"),
        (broken(lambda line: line.pop("feedback")), "it is no feedback"),
        (broken(lambda line: line.update(verdict="fine")), "verdict is none of good, bad, none"),
        (broken(lambda line: line.pop("question")), "question is missing"),
        (broken(lambda line: line.update(filters=None)), "filters is not an object"),
        (broken(lambda line: line.update(found=False)), "what is found does not fit the statements"),
        (broken(lambda line: line["statements"][0].update(quote="Two words")), "do not fit its words"),
        (broken(lambda line: line["excerpts"][0].update(start="4")), "excerpts[0].start is not a whole number"),
    ],
)
def test_a_malformed_line_is_refused_with_its_number(
    notes: Library, evaluate: Evaluate, make: Callable[[str], str], reason: str
) -> None:
    notes.give_feedback(notes.ask(LIT), good=True)
    line = notes.feedback_file.read_text("utf-8").strip()
    notes.feedback_file.write_text(f"{line}\n{make(line)}\n{line}\n", "utf-8")
    ran = evaluate()
    assert (ran.status, ran.out) == (2, "")
    assert f"{notes.feedback_file}, line 2: " in ran.error and reason in ran.error


def test_arguments_that_make_no_sense(notes: Library, evaluate: Evaluate) -> None:
    assert "cannot read" in evaluate().error
    notes.give_feedback(notes.ask(LIT), good=True)
    assert "leave out --questions and --qrels" in evaluate("--qrels", "qrels.tsv").error
    assert evaluate("--limit", "1").status == 0
    assert "the limit is 0" in evaluate("--limit", "0").error
