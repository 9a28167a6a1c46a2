"""What bfloat16 costs in quality: a test collection evaluated with its passages embedded in it, and in float32.

    python tests/benchmarks/precision.py COLLECTION [--json FILE]

COLLECTION is a folder as `assistant evaluate` takes it. Prints nDCG@10 of each stage for both, from one run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assistant import passage_encoder
from assistant.evaluation.run import evaluate
from assistant.printing import progress_bars


def stages(collection: Path, faster: bool) -> tuple[dict[str, float], dict[str, Any]]:
    """nDCG@10 by stage, and what the report says of the collection, with bfloat16 allowed or not."""
    measured = passage_encoder._bfloat16_is_faster
    if not faster:
        passage_encoder._bfloat16_is_faster = lambda device: False
    try:
        with progress_bars() as progress:
            report = evaluate(collection, progress=progress).report
    finally:
        passage_encoder._bfloat16_is_faster = measured
    return {name: values["nDCG@10"]["mean"] for name, values in report["stages"].items()}, report["collection"]


def main() -> None:
    """Evaluates twice and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    (fast, about), (exact, _) = (stages(options.collection, faster) for faster in (True, False))
    print(f"{about['name']}: {about['documents']} documents, {about['passages']} passages; nDCG@10")  # noqa: T201
    print(f"{'stage':10} {'as it is':>9} {'float32':>9} {'lost':>9}")  # noqa: T201
    for name, value in fast.items():
        print(f"{name:10} {value:9.4f} {exact[name]:9.4f} {exact[name] - value:+9.4f}")  # noqa: T201
    if options.json:
        options.json.write_text(json.dumps({"collection": about, "as it is": fast, "float32": exact}), "utf-8")


if __name__ == "__main__":
    main()
