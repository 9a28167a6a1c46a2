"""Measures retrieval and answers on the sample library's own questions, through the public functions.

    python tests/evaluation/measure.py

`questions.jsonl` was marked by reading, before any retrieval was run: `answers` are the sentences of the library that
answer a question, `turns` the questions before it, and `answerable` is false where no sentence does.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from assistant import Answer, Library, Turn, open_library

QUESTIONS = Path(__file__).parent / "questions.jsonl"


def plain(text: str) -> str:
    """The words of a text with single spaces between them."""
    return re.sub(r"\s+", " ", text).strip()


def ask(library: Library, question: dict[str, Any]) -> Answer:
    """The answer to a question after its earlier turns."""
    turns: list[Turn] = []
    for earlier in question.get("turns", []):
        turns.append(library.ask(earlier["user"], turns).turn())
    return library.ask(question["text"], turns)


def holds(text: str, source_id: str, marks: list[dict[str, str]]) -> bool:
    """Whether words of a source contain a marked sentence of it."""
    return any(mark["source_id"] == source_id and plain(mark["quote"]) in plain(text) for mark in marks)


def judge(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    """What the answer to one question got right."""
    answer = ask(library, question)
    marks = question.get("answers", [])
    excerpts = [holds(e.text, e.citation.source_id, marks) for e in answer.excerpts]
    return {
        "id": question["_id"],
        "text": question["text"],
        "answerable": question["answerable"],
        "turns": bool(question.get("turns")),
        "found": answer.found,
        "confidence": answer.confidence,
        "top5": any(excerpts),
        "first_excerpt": bool(excerpts and excerpts[0]),
        "first_sentence": bool(answer.statements)
        and holds(answer.statements[0].text, answer.statements[0].citation.source_id, marks),
        "any_statement": any(holds(s.text, s.citation.source_id, marks) for s in answer.statements),
        "words": sum(len(e.text.split()) for e in answer.excerpts),
        "said": answer.statements[0].text if answer.statements else "",
    }


def share(rows: list[dict[str, Any]], name: str) -> float:
    """The share of rows for which `name` holds."""
    return sum(bool(row[name]) for row in rows) / len(rows)


def measure(library: Library) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The figures, and the judgement of each question behind them."""
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    rows = [judge(library, question) for question in questions]
    answerable = [row for row in rows if row["answerable"]]
    others = [row for row in rows if not row["answerable"]]
    figures = {
        "answerable questions": len(answerable),
        "unanswerable questions": len(others),
        "marked sentence in the top 5 excerpts": share(answerable, "top5"),
        "marked sentence in the first excerpt": share(answerable, "first_excerpt"),
        "first sentence of the answer is marked": share(answerable, "first_sentence"),
        "any sentence of the answer is marked": share(answerable, "any_statement"),
        "answerable, wrongly declined": 1 - share(answerable, "found"),
        "unanswerable, declined": 1 - share(others, "found"),
        "follow-ups: marked sentence in the top 5": share([row for row in answerable if row["turns"]], "top5"),
        "most words in the excerpts of an answer": max(row["words"] for row in rows),
    }
    return figures, rows


if __name__ == "__main__":
    found, judged = measure(open_library(*sys.argv[1:2]))
    for name, value in found.items():
        print(f"{name:42} {value:.3f}" if value < 1 or isinstance(value, float) else f"{name:42} {value}")  # noqa: T201
    for row in judged:
        wrong = not (row["top5"] and row["first_sentence"]) if row["answerable"] else row["found"]
        if wrong:
            missed = "not declined" if not row["answerable"] else "" if row["top5"] else "not in top 5"
            print(f"- {row['id']} {row['confidence']:.2f} {missed}: {row['text']}\n      {row['said'] or '(declined)'}")  # noqa: T201
