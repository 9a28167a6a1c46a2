"""How long a question takes over the number of passages, and what an open library holds in memory.

    python tests/benchmarks/asking.py [SIZES...] [--vectors INDEX] [--keep FOLDER] [--by-hand N] [--txtai N]

SIZES are numbers of passages (default: 1000 10000 100000). Each library is built by the program's own build from real
passages and their real vectors, those of INDEX (`building.py --keep`; without it, an index of up to 2,000 passages is
built for real first); above the number of passages that INDEX has, texts are halves of real passages put together, and
vectors are real ones moved by Gaussian noise as long as the median distance of nearest neighbours (`libraries.py`);
above two millions, the rows of INDEX are repeated with vectors moved in that way (`multiplying.py`).
FOLDER keeps the libraries for later runs. The same hundred questions are asked of each, after twenty others. Compared,
up to N passages, with a search written by hand (`by_hand.py`) on the same texts and vectors, and with txtai's hybrid
search, where they are installed. Prints tables; writes asking.json and asking.png.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import corpus
import measuring
import plotting
from libraries import Real
from questions import questions_of

HERE = Path(__file__).parent
DEFAULT_SIZES = (1000, 10_000, 100_000)
BUILT = 2000
BUILT_MOST = 2_000_000
"""Passages of the largest library that the program's own build makes: it would take hours."""
RIVALS = {"by-hand": "bm25s", "txtai": "txtai"}
KINDS = ("ask", "one year", "one source", "long", "stop words only", "like wildcards")
STAGES = ("embedding", "dense", "lexical", "ranking in all", "retrieve")
Figures = dict[int, dict[str, Any]]


def main() -> None:
    """Makes the libraries, asks them, prints and writes."""
    parser = measuring.arguments(__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=list(DEFAULT_SIZES), metavar="PASSAGES")
    parser.add_argument("--vectors", type=Path, metavar="INDEX")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--by-hand", type=int, default=100_000, metavar="N")
    parser.add_argument("--txtai", type=int, default=100_000, metavar="N")
    options = parser.parse_args()
    limits = {"by-hand": options.by_hand, "txtai": options.txtai}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        real = Real(options.vectors or _built(folder, min(BUILT, max(options.sizes))))
        asked = folder / "questions.json"
        folder.mkdir(parents=True, exist_ok=True)
        asked.write_text(json.dumps(questions_of(real, min(options.sizes))), "utf-8")
        figures = {size: _measured(size, real, folder, asked, limits) for size in sorted(options.sizes)}
    _show(figures, options.markdown)
    about = {"passages_embedded_for_real": real.passages, "machine": measuring.machine()}
    measuring.write_json(options.out, "asking", {**about, "sizes": figures})
    plotting.growth(options.out, "asking", "milliseconds, median", _lines(figures))


def _built(folder: Path, passages: int) -> Path:
    """An index that is built for real."""
    real = folder / "real"
    if not (real / "index" / "CURRENT").exists():
        print(f"building an index of {passages} passages for real; name a larger one with --vectors")  # noqa: T201
        corpus.write(real / "sources", passages)
        measuring.watch(measuring.assistant("rebuild", "--sources", real / "sources", "--index", real / "index"))
    return real / "index"


def _measured(size: int, real: Real, folder: Path, asked: Path, limits: dict[str, int]) -> dict[str, Any]:
    """What one size takes: ours and what it is compared with, each in a process of its own."""
    library = folder / str(size)
    made = library / "made.json"
    if not made.exists():
        making = [sys.executable, str(HERE / "libraries.py"), str(real.library.index), str(size), str(library)]
        if size > BUILT_MOST:
            library.mkdir(parents=True)
            (library / "sources").symlink_to(real.root)
            given = (real.root, real.library.index, size, library / "index")
            making = [sys.executable, str(HERE / "multiplying.py"), *map(str, given)]
        made.write_text(measuring.watch(making).output.splitlines()[-1], "utf-8")
    found = {"made": json.loads(made.read_text("utf-8"))}
    index = library / "index"
    found["index_bytes"] = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    for name in ("assistant", *RIVALS):
        if name in RIVALS and size > limits[name]:
            continue
        if name in RIVALS and find_spec(RIVALS[name]) is None:
            print(f"{name}: left out, as {RIVALS[name]} is not installed: pip install 'assistant[bench]'")  # noqa: T201
            continue
        measured = measuring.watch([sys.executable, str(HERE / "asked.py"), name, str(library), str(asked)])
        found[name] = json.loads(measured.output.splitlines()[-1])
    return found


def _show(figures: Figures, markdown: bool) -> None:
    """Prints the tables: in all, by kind of question, by stage, and beside others."""
    ours = {size: found["assistant"] for size, found in figures.items()}
    head = (
        "passages",
        "sources",
        "index GB",
        "opening s",
        "opened MB",
        "after 100 MB",
        "retrieve ms",
        "p95",
        "recall@10",
    )
    rows: measuring.Rows = [
        (
            f"{figures[size]['made']['passages']:,}",
            f"{figures[size]['made']['sources']:,}",
            f"{figures[size]['index_bytes'] / 1e9:.3f}",
            f"{found['opening_seconds']:.2f}",
            f"{found['memory_opened'] / 1e6:.0f}",
            f"{found['memory_after'] / 1e6:.0f}",
            *_pair(found["retrieve"]),
            f"{found.get('recall_at_10', ''):}",
        )
        for size, found in ours.items()
    ]
    measuring.table(head, rows, markdown)
    by_size = ("median ms / p95 ms", *(f"{size:,}" for size in figures))
    for names in (KINDS, STAGES):
        kinds: measuring.Rows = [
            (name, *(" / ".join(_pair(found.get(name))) for found in ours.values())) for name in names
        ]
        measuring.table(by_size, kinds, markdown)
    _filtered(figures)
    _compare(figures, markdown)


def _filtered(figures: Figures) -> None:
    """Prints what the filters leave, and how many excerpts there are then."""
    for name in ("one year", "one source"):
        ours = {size: found["assistant"][name] for size, found in figures.items()}
        kept = ", ".join(f"{one['sources']} of {figures[size]['made']['sources']}" for size, one in ours.items())
        mean = ", ".join(f"{one['mean']:.1f} (at least {one['least']})" for one in ours.values())
        print(f"{name}: sources searched {kept}; excerpts on average {mean}")  # noqa: T201
    print()  # noqa: T201


def _compare(figures: Figures, markdown: bool) -> None:
    """Prints ours beside the others."""
    rows: measuring.Rows = []
    for size, found in figures.items():
        for name in ("assistant", *RIVALS):
            one = found.get(name)
            if one:
                opening = f"{one['opening_seconds']:.2f}" if "opening_seconds" in one else ""
                held = f"{one['memory_after'] / 1e6:.0f}"
                rows.append((f"{size:,}", name, *_pair(one["retrieve"]), opening, held))
    measuring.table(("passages", "search", "retrieve ms", "p95 ms", "opening s", "MB"), rows, markdown)


def _pair(found: dict[str, Any] | None) -> tuple[str, str]:
    """Median and 95th percentile as printed; nothing where there are none."""
    if not found or "median" not in found:
        return "", ""
    return f"{found['median']:.2f}", f"{found['p95']:.2f}"


def _lines(figures: Figures) -> list[plotting.Line]:
    """The lines of the plot."""
    wanted = [("assistant", name) for name in ("retrieve", "ask", *STAGES[:-1])]
    wanted += [(name, "retrieve") for name in RIVALS]
    lines: list[plotting.Line] = []
    for name, kind in wanted:
        held = {size: found[name][kind] for size, found in figures.items() if kind in found.get(name, {})}
        if held:
            sizes = [figures[size]["made"]["passages"] for size in held]
            lines.append((f"{name}, {kind}", sizes, [each["median"] for each in held.values()]))
    return lines


if __name__ == "__main__":
    main()
