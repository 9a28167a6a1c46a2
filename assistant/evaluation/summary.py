"""Sums up an evaluation: means with intervals, paired comparisons, and how well confidence tells right from wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assistant.evaluation.asking import Outcome
from assistant.evaluation.measures import (
    Comparison,
    Estimate,
    Flags,
    auroc,
    compare,
    estimate,
    reliability,
    risk_coverage,
    share_of_the_way,
)
from assistant.evaluation.ranking import Scores

FINAL = "final"
LAST, HISTORY, REWRITE = "last_turn", "history", "rewrite"
_SHARES = (
    "first_sentence",
    "first_sentence_if_not_declining",
    "any_sentence",
    "baseline",
    "first_excerpt",
    "excerpts",
)
Report = dict[str, Any]


def of_scores(scores: Scores) -> dict[str, Estimate]:
    """Mean and interval of each measure."""
    return {name: estimate(values) for name, values in scores.items()}


def of_stages(stages: Mapping[str, Scores]) -> Report:
    """Mean and interval of each measure of each stage, and by how much the final stage is above each other."""
    if not stages:
        return {"stages": {}, "comparisons": {}}
    final = stages[FINAL]
    return {
        "stages": {stage: of_scores(scores) for stage, scores in stages.items()},
        "comparisons": {stage: _above(final, scores) for stage, scores in stages.items() if stage != FINAL},
    }


def of_answers(outcomes: Sequence[Outcome]) -> Report | None:
    """Which share of answers hold what they should, and how much there is to read; None if no answer was judged."""
    judged = [(outcome, outcome.judgement) for outcome in outcomes if outcome.judgement]
    if not judged:
        return None
    shares = {name: np.array([getattr(judgement, name) for _, judgement in judged], float) for name in _SHARES}
    covered = [judgement.coverage for _, judgement in judged if judgement.coverage is not None]
    words = np.array([outcome.words for outcome, _ in judged], float)
    return {
        "questions": len(judged),
        **{name: estimate(values) for name, values in shares.items()},
        "above_baseline": compare(shares["first_sentence"], shares["baseline"]),
        "wrongly_declined": {
            "questions": sum(not outcome.found for outcome, _ in judged),
            **estimate(np.array([not outcome.found for outcome, _ in judged], float)),
        },
        "words_shown": {**estimate(words), "most": int(words.max())},
        "words_until_read": estimate(np.array([judgement.words_until_read for _, judgement in judged], float)),
        "reference_coverage": {"questions": len(covered), **estimate(np.array(covered))} if covered else None,
    }


def of_declining(outcomes: Sequence[Outcome]) -> Report | None:
    """How well answers are declined and what confidence is worth; None where nothing says which answers are right.

    An answer is right if its first sentence holds the answer (if that is not known: if the question is answerable);
    for the reliability table, if its excerpts do. A question of which it is not known whether it is answerable does not
    count.
    """
    outcomes = [outcome for outcome in outcomes if outcome.question.answerable is not None]
    answerable = np.array([outcome.question.answerable for outcome in outcomes], bool)
    if not len(outcomes) or (answerable.all() and not any(outcome.judgement for outcome in outcomes)):
        return None
    confidence = np.array([outcome.confidence for outcome in outcomes], float)
    curve, area = risk_coverage(confidence, _right(outcomes, "first_sentence_if_not_declining"))
    table, error = reliability(confidence, _right(outcomes, "excerpts"))
    report: Report = {"questions": len(outcomes), "unanswerable": int((~answerable).sum())}
    if not answerable.all():
        declined = np.array([not outcome.found for outcome in outcomes], bool)
        report |= {
            "auroc": auroc(confidence, answerable),
            "declined": int(declined.sum()),
            "precision": _share(~answerable, declined),
            "recall": _share(declined, ~answerable),
            "wrongly_declined": _share(declined, answerable),
        }
    return report | {
        "risk_coverage": curve,
        "risk_coverage_area": area,
        "reliability": table,
        "calibration_error": error,
    }


def of_turns(forms: Mapping[str, Scores], follow_ups: int) -> Report:
    """The forms of a question in a conversation, all of the same questions, compared measure by measure."""
    report: Report = {
        "questions": len(next(iter(forms[LAST].values()))),
        "follow_ups": follow_ups,
        "forms": {form: of_scores(scores) for form, scores in forms.items()},
        "history_above_last_turn": _above(forms[HISTORY], forms[LAST]),
    }
    if REWRITE in forms:
        report["rewrite_above_history"] = _above(forms[REWRITE], forms[HISTORY])
        report["share_of_the_way"] = {
            name: share_of_the_way(last, forms[HISTORY][name], forms[REWRITE][name])
            for name, last in forms[LAST].items()
        }
    return report


def of_times(whole: Sequence[float], parts: Mapping[str, Sequence[float]]) -> Report:
    """Median and 95th percentile of the milliseconds of a whole question, and the medians of its parts."""
    return {
        "questions": len(whole),
        "median_ms": float(np.median(whole)),
        "p95_ms": float(np.percentile(whole, 95)),
        "parts_median_ms": {name: float(np.median(times)) for name, times in parts.items() if len(times)},
    }


def _above(scores: Scores, others: Scores) -> dict[str, Comparison]:
    return {name: compare(values, others[name]) for name, values in scores.items()}


def _right(outcomes: Sequence[Outcome], name: str) -> Flags:
    return np.array(
        [
            bool(outcome.question.answerable) and (outcome.judgement is None or getattr(outcome.judgement, name))
            for outcome in outcomes
        ],
        bool,
    )


def _share(flags: Flags, among: Flags) -> float | None:
    return float(flags[among].mean()) if among.any() else None
