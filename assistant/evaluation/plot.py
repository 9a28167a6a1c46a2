"""Draws an evaluation: risk and coverage, confidence and what it is worth, recall by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_RECALLS = ("recall@5", "recall@10", "recall@100")


def draw(report: dict[str, Any], file: Path) -> None:
    """Writes what a report holds of the three as a PNG.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # most of a second to import
    from matplotlib.figure import Figure

    panels = [_recall] if report["stages"] else []
    if report["declining"]:
        panels = [_risk_coverage, _reliability, *panels]
    figure = Figure(figsize=(5 * max(1, len(panels)), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for number, panel in enumerate(panels, 1):
        panel(figure.add_subplot(1, len(panels), number), report)
    about = report["collection"]
    figure.suptitle(f"{about['name']}: {about['questions']} questions, {about['documents']} documents")
    figure.savefig(file, format="png", dpi=120)


def _risk_coverage(axes: Any, report: dict[str, Any]) -> None:  # noqa: ANN401 - matplotlib is loaded when it draws
    curve = report["declining"]["risk_coverage"]
    axes.plot([point["coverage"] for point in curve], [point["risk"] for point in curve])
    axes.set(
        title="Risk and coverage",
        xlabel="share of questions answered",
        ylabel="share of those not right",
        xlim=(0, 1),
        ylim=(0, 1),
    )


def _reliability(axes: Any, report: dict[str, Any]) -> None:  # noqa: ANN401
    bins = [item for item in report["declining"]["reliability"] if item["questions"]]
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([item["confidence"] for item in bins], [item["observed"] for item in bins], marker="o")
    for item in bins:
        axes.annotate(
            str(item["questions"]),
            (item["confidence"], item["observed"]),
            textcoords="offset points",
            xytext=(4, -10),
            fontsize=8,
        )
    axes.set(
        title="Reliability", xlabel="confidence", ylabel="share with the answer shown", xlim=(0, 1), ylim=(-0.03, 1.03)
    )


def _recall(axes: Any, report: dict[str, Any]) -> None:  # noqa: ANN401
    stages = list(report["stages"])
    width = 0.8 / len(_RECALLS)
    for number, name in enumerate(_RECALLS):
        found = [report["stages"][stage][name] for stage in stages]
        errors = [
            [item["mean"] - item["low"] for item in found],
            [item["high"] - item["mean"] for item in found],
        ]
        places = [place + (number - 1) * width for place in range(len(stages))]
        axes.bar(places, [item["mean"] for item in found], width, yerr=errors, label=name, error_kw={"linewidth": 1})
    axes.set_xticks(range(len(stages)), stages)
    axes.set(title="Recall by stage (95 % intervals)", ylim=(0, 1))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(_RECALLS), frameon=False)
