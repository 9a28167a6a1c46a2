"""The plots of the benchmarks: growth over the number of passages with its fitted exponent, or bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Line = tuple[str, Sequence[float], Sequence[float]]
"""Its name, the numbers of passages, and what was measured at each."""


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """The power of the size with which the values grow, by least squares of the logarithms; None for fewer than two."""
    pairs = [(math.log(size), math.log(value)) for size, value in zip(sizes, values, strict=True) if value > 0]
    if len({size for size, _ in pairs}) < 2:
        return None
    logarithms = np.array(pairs)
    return float(np.polyfit(logarithms[:, 0], logarithms[:, 1], 1)[0])


def growth(out: Path, name: str, unit: str, lines: Sequence[Line]) -> None:
    """Draws the lines over the number of passages, both axes logarithmic, each named with its fitted exponent."""
    figure, axes = _figure()
    for label, sizes, values in lines:
        power = exponent(sizes, values)
        axes.loglog(sizes, values, marker="o", label=label if power is None else f"{label} (n^{power:.2f})")
    axes.set_xlabel("passages")
    axes.set_ylabel(unit)
    axes.grid(True, which="both", alpha=0.2)
    figure.legend(fontsize=8, loc="outside lower center", ncols=3)
    _save(figure, out, name)


def bars(out: Path, name: str, unit: str, values: Mapping[str, float]) -> None:
    """Draws a bar for each value."""
    figure, axes = _figure()
    bars = axes.barh(list(values), list(values.values()))
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(unit)
    _save(figure, out, name)


def _figure() -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5.5), layout="constrained")
    return figure, axes


def _save(figure: Any, out: Path, name: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / f"{name}.png", dpi=120)
    print(f"written: {out / f'{name}.png'}")  # noqa: T201
