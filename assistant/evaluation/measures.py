"""Statistics of an evaluation: intervals, paired tests, and measures of confidence. Pure functions of arrays.

Every draw is from a generator with a fixed seed, so the same values give the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
RESAMPLES = 2_000
PERMUTATIONS = 10_000
BINS = 10
"""Bins of equal width in a reliability table."""
SEED = 20_040_601
_AT_ONCE = 2_000_000
"""Numbers drawn at a time, which bounds memory."""
_EQUAL = 1e-12
_MOST_POINTS = 100


class Estimate(TypedDict):
    """A mean over questions, and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


class Comparison(TypedDict):
    """A mean paired difference, the bounds of its 95 % interval, and its two-sided p."""

    difference: float
    low: float
    high: float
    p: float


class Bin(TypedDict):
    """A bin of a reliability table; the two means are None where it holds no question."""

    low: float
    high: float
    questions: int
    confidence: float | None
    observed: float | None


def estimate(values: Values) -> Estimate:
    """The mean of values, shape (questions,), with a 95 % percentile bootstrap interval (Efron 1979; Sakai 2006).

    Raises:
        ValueError: there are no values.
    """
    low, high = np.percentile(_resampled(values[:, None])[:, 0], [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def compare(one: Values, other: Values) -> Comparison:
    """How much higher `one` is than `other`, both of shape (questions,) and of the same questions in the same order.

    The interval is that of a paired bootstrap; p is that of a paired randomization test, in which the sign of each
    difference is as likely to be the other way round (Smucker, Allan and Carterette 2007).

    Raises:
        ValueError: there are no values, or the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"values of {one.shape} and {other.shape} are not paired")
    differences = one - other
    found = estimate(differences)
    return {"difference": found["mean"], "low": found["low"], "high": found["high"], "p": sign_flip_p(differences)}


def sign_flip_p(differences: Values) -> float:
    """The two-sided p of a mean difference: how often flipped signs give one as far from 0, itself counted too."""
    generator = np.random.default_rng(SEED)
    observed = abs(differences.sum()) - _EQUAL
    as_far = 0
    for rows in _batches(PERMUTATIONS, len(differences)):
        signs = generator.integers(0, 2, (rows, len(differences)), np.int8) * 2 - 1
        as_far += int((np.abs(signs @ differences) >= observed).sum())
    return (as_far + 1) / (PERMUTATIONS + 1)


def share_of_the_way(low: Values, middle: Values, high: Values) -> Estimate | None:
    """How far `middle` comes from `low` to `high`, of the same questions: 0 at `low`, 1 at `high`; with an interval.

    The interval is over resampled questions; resamples in which `low` and `high` are equal are left out. None where
    they are equal over all.
    """
    gained, to_gain = middle - low, high - low
    if abs(to_gain.mean()) < _EQUAL:
        return None
    means = _resampled(np.stack([gained, to_gain], axis=1))
    usable = means[np.abs(means[:, 1]) >= _EQUAL]
    bounds = np.percentile(usable[:, 0] / usable[:, 1], [2.5, 97.5])
    return {"mean": float(gained.mean() / to_gain.mean()), "low": float(bounds[0]), "high": float(bounds[1])}


def auroc(scores: Values, positive: Flags) -> float | None:
    """How often a positive has a higher score than a negative, ties half (Hanley and McNeil 1982).

    `scores` and `positive` have the shape (questions,). None where there are no positives or no negatives.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, where, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where]  # tied scores share the mean of their ranks
    wins = float(ranks[positive].sum()) - positives * (positives + 1) / 2
    return wins / (positives * negatives)


def risk_coverage(confidence: Values, right: Flags) -> tuple[list[dict[str, float]], float]:
    """The risk-coverage curve, and the area under it (El-Yaniv and Wiener 2010).

    The questions of highest confidence are answered first; `coverage` is the share of questions answered and `risk`
    the share of those that are not right, at each of at most 100 points. Questions of equal confidence come in at
    once, each with the mean risk of them all, so that their order in the file does not matter. The area is the mean
    risk over all coverages.

    Raises:
        ValueError: there are no questions.
    """
    levels, where, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong_each = np.bincount(where, weights=~right, minlength=len(levels)) / counts
    risks = np.cumsum(np.repeat(wrong_each, counts)) / np.arange(1, len(right) + 1)
    shown = np.unique(np.ceil(np.linspace(0, len(right), _MOST_POINTS + 1)[1:]).astype(int))
    curve = [{"coverage": int(n) / len(right), "risk": float(risks[n - 1])} for n in shown]
    return curve, float(risks.mean())


def reliability(confidence: Values, right: Flags) -> tuple[list[Bin], float]:
    """Stated confidence against the observed share of right ones, by bins of equal width over [0, 1]; and their error.

    The second value is the expected calibration error: the mean distance of the two over bins, weighted by the
    questions in them (Naeini, Cooper and Hauskrecht 2015).

    Raises:
        ValueError: there are no questions.
    """
    if not len(confidence):
        raise ValueError("there are no questions")
    places = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    bins: list[Bin] = []
    error = 0.0
    for number in range(BINS):
        inside = places == number
        count = int(inside.sum())
        stated = float(confidence[inside].mean()) if count else None
        observed = float(right[inside].mean()) if count else None
        if stated is not None and observed is not None:
            error += count / len(confidence) * abs(stated - observed)
        bins.append(
            {
                "low": number / BINS,
                "high": (number + 1) / BINS,
                "questions": count,
                "confidence": stated,
                "observed": observed,
            }
        )
    return bins, error


def _resampled(values: Values) -> Values:
    """The means of columns over resampled rows: (questions, columns) to (RESAMPLES, columns).

    Raises:
        ValueError: there are no rows.
    """
    count = len(values)
    if not count:
        raise ValueError("there are no values")
    generator = np.random.default_rng(SEED)
    means = [values[generator.integers(0, count, (rows, count))].mean(axis=1) for rows in _batches(RESAMPLES, count)]
    return np.concatenate(means)


def _batches(rows: int, width: int) -> Iterator[int]:
    """Numbers of rows that add up to `rows`, few enough for rows of that width to be held at once."""
    most = max(1, _AT_ONCE // width)
    for first in range(0, rows, most):
        yield min(most, rows - first)
