"""Prints an evaluation as tables: coloured at a terminal, plain in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 200
"""Columns in a pipe."""
_ANSWERS = {
    "first_sentence": "first quoted sentence holds the answer",
    "first_sentence_if_not_declining": "the same, had none been declined",
    "any_sentence": "any quoted sentence holds it",
    "baseline": "baseline: first sentence of the first excerpt",
    "first_excerpt": "first excerpt holds it",
    "excerpts": "the excerpts hold it",
    "wrongly_declined": "declined, though answerable",
    "reference_coverage": "share of the answers' characters in the excerpts",
    "words_shown": "words in the excerpts",
    "words_until_read": "words until the answer is read",
}
_DECLINING = {
    "auroc": "AUROC of confidence, answerable or not",
    "precision": "precision of declining",
    "recall": "recall of declining",
    "wrongly_declined": "answerable, wrongly declined",
    "risk_coverage_area": "area under the risk-coverage curve",
    "calibration_error": "expected calibration error",
}


def print_tables(report: dict[str, Any]) -> None:
    """Everything in a report but the curve of risk and coverage."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_WIDE)
    about = report["collection"]
    counts = (
        f"{about['ranked_questions']} with a relevant document, {about['judged_answers']} with a known answer, "
        f"{about['unanswerable_questions']} unanswerable"
    )
    console.print(
        f"{about['name']}: {about['documents']} documents, {about['passages']} passages, "
        f"{about['questions']} questions ({counts})"
    )
    for note in report["notes"]:
        console.print(Text(f"note: {note}", "yellow"))
    for table in _tables(report):
        console.print(table)
    time = report["time"]
    parts = time["parts_median_ms"]
    console.print(
        f"A question: median {time['median_ms']:.1f} ms, 95th percentile {time['p95_ms']:.1f} ms; of its parts: "
        f"embedding {parts['embedding']:.1f} ms, retrieving (embedding included) {parts['retrieving']:.1f} ms"
    )


def _tables(report: dict[str, Any]) -> Iterable[Table]:
    if report["stages"]:
        yield _means("Documents ranked, mean and 95 % interval", report["stages"])
        yield _differences(
            "Difference of the final stage, 95 % interval and p",
            {f"final − {stage}": found for stage, found in report["comparisons"].items()},
        )
    if report["turns"]:
        for kind, found in report["turns"].items():
            if found:
                yield from _turns(kind, found)
    if report["answers"]:
        yield _answers(report["answers"])
    if report["declining"]:
        yield _declining(report["declining"])
        yield _reliability(report["declining"]["reliability"])


def _turns(kind: str, found: dict[str, Any]) -> Iterable[Table]:
    title = f"Questions in conversations ({kind}): {found['questions']}, of them {found['follow_ups']} follow-ups"
    yield _means(title, found["forms"])
    names = {"history_above_last_turn": "history − last turn", "rewrite_above_history": "rewrite − history"}
    table = _differences("Differences, 95 % interval and p", {names[key]: found[key] for key in names if key in found})
    if "share_of_the_way" in found:
        table.add_row("share of the way", *(_estimate(item) for item in found["share_of_the_way"].values()))
    yield table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _means(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _table(title, "", *next(iter(rows.values())))
    for name, found in rows.items():
        table.add_row(name.replace("_", " "), *(_estimate(item) for item in found.values()))
    return table


def _differences(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _table(title, "", *next(iter(rows.values())))
    for name, found in rows.items():
        table.add_row(name, *(_difference(item) for item in found.values()))
    return table


def _answers(found: dict[str, Any]) -> Table:
    table = _table(f"Answers to {found['questions']} questions", "", "mean, 95 % interval", "most")
    for key, words in _ANSWERS.items():
        if found[key]:
            table.add_row(words, _estimate(found[key]), str(found[key].get("most", "")))
    table.add_row("first quoted sentence − baseline", _difference(found["above_baseline"]), "")
    return table


def _declining(found: dict[str, Any]) -> Table:
    table = _table(f"Declining: {found['questions']} questions, {found['unanswerable']} unanswerable", "", "")
    for key, words in _DECLINING.items():
        if key in found:
            table.add_row(words, _number(found[key]))
    return table


def _reliability(bins: list[dict[str, Any]]) -> Table:
    table = _table("Reliability of confidence", "confidence", "questions", "mean confidence", "answer shown")
    for item in bins:
        table.add_row(
            f"{item['low']:.1f} to {item['high']:.1f}",
            str(item["questions"]),
            _number(item["confidence"]),
            _number(item["observed"]),
        )
    return table


def _estimate(item: Mapping[str, float] | None) -> str:
    return f"{_number(item['mean'])} [{_number(item['low'])}, {_number(item['high'])}]" if item else "–"


def _difference(item: Mapping[str, float]) -> str:
    p = "<0.001" if item["p"] < 0.001 else f"{item['p']:.3f}"
    return f"{item['difference']:+.3f} [{item['low']:+.3f}, {item['high']:+.3f}] p {p}"


def _number(value: float | None) -> str:
    """A share with three digits, a count of words with none."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"
