"""Answers in a file: what is saved comes back as it was, and nothing that was there is lost."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import Answer, Library
from assistant.errors import UsageError
from assistant.saving import load_answers, save_answers

QUESTIONS = ("When was the lighthouse lit?", "What does a submarine ticket to Lisbon cost?", "hello")


@pytest.fixture
def answers(notes: Library) -> list[Answer]:
    return [notes.ask(question) for question in QUESTIONS]


def test_what_is_saved_comes_back_as_it_was(answers: list[Answer], tmp_path: Path) -> None:
    save_answers(answers, tmp_path / "answers.json")
    assert load_answers(tmp_path / "answers.json") == answers
    assert [answer.found for answer in answers] == [True, False, False]
    assert all(answer.model for answer in answers)


def test_plain_data_comes_back_without_json_too(answers: list[Answer]) -> None:
    assert [Answer.from_dict(answer.to_dict()) for answer in answers] == answers


def test_an_answer_of_an_earlier_version_is_read(answers: list[Answer]) -> None:
    before = answers[0].to_dict()
    del before["query"]["filters"]["publishers"]
    assert Answer.from_dict(before) == answers[0]


def test_all_that_is_known_of_a_source_comes_back(answers: list[Answer], tmp_path: Path) -> None:
    citation = answers[0].statements[0].citation
    csl = {"volume": 3, "author": [{"family": "Aldous", "given": "Ines"}]}
    known = replace(citation.metadata, authors=("Ines Aldous",), csl=csl, references=({"title": "Log"},))
    statement = replace(answers[0].statements[0], citation=replace(citation, metadata=known, page=7))
    full = replace(answers[0], statements=(statement,), question="Yŏngbyŏn, 六方会谈 or \udc80?")
    save_answers([full], tmp_path / "answers.json")
    assert load_answers(tmp_path / "answers.json") == [full]


def test_answers_are_added_to_those_that_are_there(answers: list[Answer], tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    save_answers(answers[:1], path)
    held = json.loads(path.read_text("utf-8"))
    held["answers"][0]["remark"] = held["remark"] = "of a later version, or a person's own"
    path.write_text(json.dumps(held), "utf-8")
    save_answers(answers[1:], path)
    after = json.loads(path.read_text("utf-8"))
    assert load_answers(path) == answers
    assert after["answers"][0] == held["answers"][0] and after["remark"] == held["remark"]
    assert all(answer["saved"].endswith("Z") and answer["program"] for answer in after["answers"])


def test_saves_at_the_same_time_lose_nothing(answers: list[Answer], tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(save_answers, answers[:1], tmp_path / "answers.json") for _ in range(12)]:
            done.result()
    assert load_answers(tmp_path / "answers.json") == answers[:1] * 12


@pytest.mark.parametrize(
    "content", ["", "My notes.\n", "[]", '{"answers": []}', '{"format": "assistant-answers"}', "\0"]
)
def test_a_file_of_another_kind_is_left_alone(answers: list[Answer], tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=r"notes\.json does not hold saved answers"):
        save_answers(answers, path)
    assert path.read_text("utf-8") == content
    with pytest.raises(UsageError, match=r"notes\.json does not hold saved answers"):
        load_answers(path)


def test_a_file_of_a_later_format_is_left_alone(answers: list[Answer], tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    save_answers(answers, path)
    later = path.read_text("utf-8").replace('"version": 1', '"version": 2')
    path.write_text(later, "utf-8")
    with pytest.raises(UsageError, match="saved in format 2"):
        save_answers(answers, path)
    assert path.read_text("utf-8") == later


def test_a_link_stays_a_link_and_a_private_file_private(answers: list[Answer], tmp_path: Path) -> None:
    path, link = tmp_path / "answers.json", tmp_path / "link.json"
    save_answers(answers[:1], path)
    path.chmod(0o600)
    link.symlink_to(path)
    save_answers(answers[1:], link)
    assert link.is_symlink() and load_answers(path) == answers
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json: No such file"):
        load_answers(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a.pop("question"), "question is missing"),
        (lambda a: a.update(found="yes"), "found is not true or false"),
        (lambda a: a.update(kind="poem"), "kind is none of answer, "),
        (lambda a: a["query"].update(filters=None), "query.filters is not an object"),
        (lambda a: a["statements"][0]["citation"].update(start="4"), r"statements\[0\].citation.start is not a whole"),
        (lambda a: a["statements"][0]["citation"].update(end=True), r"statements\[0\].citation.end is not a whole"),
        (lambda a: a["excerpts"][0]["highlights"].append([1]), r"highlights\[\d\] has 1 items, not 2"),
        (lambda a: a["statements"][0].update(text="Other words."), "a statement is not the quotation that it cites"),
        (lambda a: a["statements"][0].update(numbers=[9]), "rests on an excerpt that is not there"),
        (lambda a: a.update(confidence=-1.0), "its confidence is no probability"),
        (lambda a: a.update(differing=[7]), "a statement that differs is not there"),
        (lambda a: a["excerpts"][0]["citation"].update(start=0), "the offsets of a quotation from"),
    ],
)
def test_a_damaged_answer_is_said_with_the_place(
    answers: list[Answer], tmp_path: Path, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    path = tmp_path / "answers.json"
    save_answers(answers, path)
    held = json.loads(path.read_text("utf-8"))
    change(held["answers"][0])
    path.write_text(json.dumps(held), "utf-8")
    with pytest.raises(UsageError, match=rf"answers\.json: answer 1 is damaged: .*{reason}") as raised:
        load_answers(path)
    assert "\n" not in str(raised.value)
