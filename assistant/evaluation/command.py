"""The arguments and the output of `assistant evaluate`; light, so that the other commands start fast."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from assistant.errors import UsageError
from assistant.records import Progress
from assistant.settings import DEFAULT_INDEX

EVALUATE_HELP = "measure search and answers on questions whose answers are known"


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that are the command's own (not `--json` and `--reranker`)."""
    parser.add_argument(
        "folder", type=Path, metavar="DIR",
        help="a test collection (corpus.jsonl, queries.jsonl, qrels.tsv), or your sources with questions.jsonl",
    )  # fmt: skip
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw risk and coverage, reliability, recall")
    parser.add_argument("--per-query", type=Path, metavar="FILE.jsonl", help="write a line of JSON for each question")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="another file of questions")
    parser.add_argument("--qrels", type=Path, metavar="FILE", help="another file of judgements")
    parser.add_argument(
        "--feedback", type=Path, metavar="FILE",
        help="measure on what people said of answers: the file feedback.jsonl beside the index of your sources",
    )  # fmt: skip
    parser.add_argument(
        "--index", type=Path, metavar="DIR",
        help=f"keep the index there (default: for a collection a temporary folder, else {DEFAULT_INDEX})",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many questions, always the same")
    parser.add_argument(
        "--model", metavar="NAME", help="a sentence-transformers model, by name or folder (default: the index's own)"
    )


def run_evaluation(options: argparse.Namespace, bars: Callable[[], AbstractContextManager[Progress]]) -> int:
    """Evaluates, writes the files that were asked for, and prints the report; returns the exit status.

    Raises:
        AssistantError: as for `evaluate`; UsageError also if a file cannot be written where it is to be.
    """
    for file in filter(None, (options.plot, options.per_query)):
        if file.is_dir() or not file.parent.is_dir():
            raise UsageError(f"cannot write {file}: name a file in a folder that is there")
    from assistant.evaluation.run import evaluate

    with bars() as progress:
        found = evaluate(
            options.folder, options.index, model=options.model or None, questions=options.questions,
            qrels=options.qrels, limit=options.limit, progress=progress, reranker=options.reranker or None,
            feedback=options.feedback,
        )  # fmt: skip
    if options.per_query:
        lines = (json.dumps(question, ensure_ascii=False) + "\n" for question in found.questions)
        options.per_query.write_text("".join(lines), "utf-8")
    if options.plot:
        from assistant.evaluation.plot import draw

        draw(found.report, options.plot)
    if options.json:
        print(json.dumps(found.report, ensure_ascii=False), flush=True)  # noqa: T201
    else:
        from assistant.evaluation.tables import print_tables

        print_tables(found.report)
    return 0
