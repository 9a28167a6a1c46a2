"""What a program may rely on: names, light imports, plain data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import assistant
from assistant import Library

HEAVY = ("torch", "transformers", "sentence_transformers", "gradio", "trafilatura")


def loaded(code: str, folder: Path, heavy: tuple[str, ...] = HEAVY) -> list[str]:
    """Which heavy packages are loaded after `code` ran in a process of its own."""
    report = f"import sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], cwd=folder, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout.splitlines()[-1].replace("'", '"')))


def test_the_names_are_sorted_and_there() -> None:
    assert assistant.__all__ == sorted(assistant.__all__)
    assert all(hasattr(assistant, name) for name in assistant.__all__)


def test_importing_is_light(tmp_path: Path) -> None:
    assert (
        loaded("import assistant, assistant.cli, assistant.chat", tmp_path, (*HEAVY, "faiss", "onnxruntime", "rich"))
        == []
    )


def test_a_question_is_answered_without_the_training_stack(notes: Library) -> None:
    code = (
        "from assistant import ask, retrieve; assert ask('When was the lighthouse lit?').found; assert retrieve('silt')"
    )
    assert loaded(code, notes.sources.parent) == []


def test_an_answer_is_plain_data(notes: Library) -> None:
    answer = notes.ask("When was the lighthouse lit?")
    data = json.loads(json.dumps(answer.to_dict()))
    assert data["found"] is True
    assert data["index_id"] == notes.index_id
    anchor = data["statements"][0]["citation"]
    text = notes.source(anchor["source_id"]).text
    assert text[anchor["start"] : anchor["end"]] == anchor["quote"] == data["statements"][0]["text"]


def test_many_threads_may_ask_one_library(sample: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    questions = ["When was KEDO founded?", "What is byungjin?", "Who was executed in 2013?", "inspectors"] * 8
    alone = {question: sample.ask(question).to_dict() for question in set(questions)}
    fresh = Library(sample.sources, sample.index)
    with ThreadPoolExecutor(8) as pool:
        for question, answer in zip(questions, pool.map(fresh.ask, questions), strict=True):
            assert answer.to_dict() == alone[question]
