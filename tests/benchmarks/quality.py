"""Writes the README's tables of quality from the reports of `assistant evaluate --json`.

assistant evaluate COLLECTION --json > COLLECTION.json      (once for each collection)
python tests/benchmarks/quality.py *.json                   (prints the tables)
python tests/benchmarks/quality.py *.json --write README.md (puts them between the marks in the file)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- quality: begin -->", "<!-- quality: end -->"
BASELINES = ("dense", "lexical", "rrf")
PUBLISHED = {
    "scifact": "MiniLM .660, bm25s .696; test split: BGE-base .741, RRF of it and BM25 .742, txtai hybrid .713",
    "feedbackqa": "MiniLM .580, BM25 .570; test split: MiniLM .582",
    "mlquestions": "MiniLM .554 (with duplicates) to .616, BM25 .398",
    "xquad-de": "MiniLM .703, bm25s .925",
    "xquad-es": "MiniLM .632, bm25s .952",
    "cranfield": "MiniLM .375, BM25 .365",
    "time": "MiniLM .655, BM25 .747, txtai hybrid .780",
    "squad2-dev": "MiniLM .804, BM25 .890",
    "inscit": "MiniLM .764, BM25 .699",
    "mtrag-clapnq": "MiniLM .416, BM25 .251 (last turn, one vector a document)",
}
"""nDCG@10 of others on the same collections: of one vector or one text a document, and as published."""
Report = dict[str, Any]


def read(files: Iterable[Path]) -> list[Report]:
    """The reports in the files, by name of collection."""
    reports = [json.loads(file.read_text("utf-8")) for file in files]
    return sorted(reports, key=lambda report: str(report["collection"]["name"]))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float, digits: int = 3) -> str:
    """A share as it is printed: .739."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def signed(compared: Report) -> str:
    """A difference with its interval."""
    return f"{compared['difference']:+.3f} [{compared['low']:+.3f}, {compared['high']:+.3f}]"


def ranking(reports: Sequence[Report]) -> str:
    """nDCG@10 of each stage, and the final one against the best of the three that others use."""
    rows = []
    for report in (report for report in reports if report["stages"]):
        of = {stage: measures["nDCG@10"]["mean"] for stage, measures in report["stages"].items()}
        best = max(BASELINES, key=lambda stage: of[stage])
        name, against = report["collection"]["name"], report["comparisons"][best]["nDCG@10"]
        cells = [number(of[stage]) for stage in (*BASELINES, "fused", "final")]
        count = str(report["collection"]["ranked_questions"])
        rows.append([name, count, *cells, f"{signed(against)} ({best})", PUBLISHED.get(name, "")])
    head = ["collection", "questions", *BASELINES, "fused", "**final**", "final − best of three", "others"]
    return table(head, rows)


def answers(reports: Sequence[Report]) -> str:
    """What the answers hold, and what is declined."""
    rows = []
    for report in (report for report in reports if report["answers"] or report["declining"]):
        found, declining = report["answers"] or {}, report["declining"] or {}
        shares = ("baseline", "first_sentence", "first_sentence_if_not_declining", "excerpts")
        rows.append(
            [
                report["collection"]["name"],
                *(number(found[name]["mean"]) if name in found else "" for name in shares),
                f"{found['words_shown']['mean']:.0f}" if found else "",
                *(
                    number(declining[name]) if declining.get(name) is not None else ""
                    for name in ("wrongly_declined", "recall", "precision", "auroc")
                ),
            ]
        )
    head = [
        *("collection", "baseline", "first sentence", "… never declining", "five excerpts", "words in them"),
        *("wrongly declined", "rightly declined", "precision", "AUROC"),
    ]
    return table(head, rows)


def follow_ups(reports: Sequence[Report]) -> str:
    """nDCG@10 of the last turn alone, with its history, and as the benchmark rewrites it."""
    rows = []
    for report in (report for report in reports if report["turns"]):
        for which in ("all", "rewritten"):
            of = report["turns"].get(which)
            if of:
                forms = {form: measures["nDCG@10"]["mean"] for form, measures in of["forms"].items()}
                rows.append(
                    [
                        report["collection"]["name"] + (" (those with a rewrite)" if which == "rewritten" else ""),
                        str(of["questions"]),
                        *(number(forms[form]) if form in forms else "" for form in ("last_turn", "history", "rewrite")),
                        signed(of["history_above_last_turn"]["nDCG@10"]),
                    ]
                )
    return table(["collection", "questions", "last turn", "**history**", "rewrite", "history − last turn"], rows)


def render(reports: Sequence[Report]) -> str:
    """All the tables, each under a line that says what it shows."""
    return "\n\n".join(
        [
            "Ranking of documents, nDCG@10; the difference with its 95 % interval (paired bootstrap):",
            ranking(reports),
            "Answers: the share that holds the answer. The baseline is the first sentence of the first excerpt:",
            answers(reports),
            "Follow-up questions, nDCG@10:",
            follow_ups(reports),
        ]
    )


def main(arguments: Sequence[str]) -> None:
    """Prints the tables, or writes them into a file between its marks."""
    target = Path(arguments[arguments.index("--write") + 1]) if "--write" in arguments else None
    files = [Path(name) for name in arguments if name.endswith(".json")]
    if not files:
        sys.exit("name the reports that assistant evaluate --json wrote")
    text = render(read(files))
    if target is None:
        print(text)  # noqa: T201
        return
    page = target.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        sys.exit(f"{target} has no {BEGIN} … {END}")
    target.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
