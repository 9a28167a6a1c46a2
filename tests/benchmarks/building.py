"""How fast an index is built and brought up to date, against the model's own speed and the machine's.

    python tests/benchmarks/building.py [PASSAGES...] [--keep FOLDER] [--sample N] [--longest CHARACTERS]

Writes about so many passages (default: 10000) of real text into a folder of sources (`corpus.py`) and runs `assistant
rebuild` on it as a user would, in a process whose memory is watched. In the same run: `SentenceTransformer.encode` with
its defaults on a sample (N, default 1500, evenly spread) of the very texts that the program gives the model, and the
machine's fastest matrix products. Then the rebuilds (a file changed, nothing changed, one added, one removed), each
against the full build, and whether passages and rankings after a change are those of a full build. FOLDER keeps sources
and index of each size, for `asking.py --vectors FOLDER/PASSAGES/index`. With --longest, each document is cut to so many
characters, so that there are more of them. Prints tables; writes building.json and building.png.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import corpus
import encoding
import measuring
import numpy as np
import plotting

from assistant import Library
from assistant.records import LocatorKind

K = 10
QUESTIONS = 50
EVERY = 0.1
"""Seconds between two looks at the memory."""
ADDED = "# A document that was added\n\nThe quarry at Oldham Cross was worked until the floods of 1911.\n"
CHANGE = "\n\nThis sentence was added when the document was revised: the lantern of Skarn Point burns paraffin.\n"
Measured = dict[str, Any]


def main() -> None:
    """Builds, measures, prints, writes."""
    parser = measuring.arguments(__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000], metavar="PASSAGES")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--sample", type=int, default=1500, metavar="N")
    parser.add_argument("--longest", type=int, default=corpus.LONGEST, metavar="CHARACTERS")
    options = parser.parse_args()
    machine = measuring.machine()
    figures = []
    with tempfile.TemporaryDirectory() as temporary:
        for size in sorted(options.sizes):
            folder = Path(options.keep or temporary, str(size))
            if folder.exists():
                sys.exit(f"{folder} is there already: remove it, or name another folder with --keep")
            documents = corpus.write(folder / "sources", size, options.longest)
            figures.append(measured(folder, documents, options.sample, machine))
    for found in figures:
        show(found, options.markdown)
    measuring.write_json(options.out, "building", {"machine": machine, "sizes": figures})
    sizes = [found["passages"] for found in figures]
    lines = [(name, sizes, [found["seconds"][name] for found in figures]) for name in figures[0]["seconds"]]
    plotting.growth(options.out, "building", "seconds", lines)


def measured(folder: Path, documents: int, sample: int, machine: Measured) -> Measured:
    """All figures of so many documents, which stand in `folder`."""
    sources, index = folder / "sources", folder / "index"
    report, built = rebuild(sources, index, EVERY)
    library = Library(sources, index)
    found: Measured = {
        "passages": report["passages"], "documents": documents, "seconds": {"full": built.seconds},
        "peak_bytes": built.peak, "peak_less_64_a_passage": built.peak - 64 * report["passages"],
        "passages_per_second": report["passages"] / built.seconds,
        "report": {name: report.get(name) for name in ("seconds", "encoding_seconds", "precision", "embedded")},
    }  # fmt: skip
    found |= encoding.against_model(library, report, built.seconds, sample, machine)
    found |= rebuilds(library, folder, found["seconds"])
    return found


def rebuild(sources: Path, index: Path, every: float | None = None) -> tuple[Measured, measuring.Watched]:
    """Runs `assistant rebuild` in a new process: its report, and what was seen of it."""
    command = measuring.assistant("rebuild", "--json", "--sources", sources, "--index", index)
    done = measuring.watch(command, every)
    report: Measured = json.loads(done.output.splitlines()[-1])
    return report, done


def rebuilds(library: Library, folder: Path, seconds: dict[str, float]) -> Measured:
    """Changes, leaves, adds, removes a file; `seconds` gets how long each takes. Whether a full build does the same."""
    sources, index = library.sources, library.index
    files = sorted(sources.glob("*.md"))
    changed = files[len(files) // 2]
    changed.write_text(changed.read_text("utf-8") + CHANGE, "utf-8")
    seconds["one file changed"] = rebuild(sources, index)[1].seconds
    seconds["full, once more"] = rebuild(sources, folder / "index-full")[1].seconds
    same = compare(library, Library(sources, folder / "index-full"))
    seconds["nothing changed"] = rebuild(sources, index)[1].seconds
    (sources / "added.md").write_text(ADDED, "utf-8")
    seconds["one file added"] = rebuild(sources, index)[1].seconds
    (sources / "added.md").unlink()
    seconds["one file removed"] = rebuild(sources, index)[1].seconds
    return {"files": len(files), **same}


def compare(one: Library, other: Library) -> Measured:
    """Whether two libraries have the same passages and, for questions made from headings, the same rankings."""
    first, second = one.generation(), other.generation()
    questions = headings(one, QUESTIONS)
    alike, apart = 0, 0.0
    for question in questions:
        found, beside = ranking(one, question), ranking(other, question)
        alike += list(found) == list(beside)
        apart = max([apart, *(abs(found[place] - beside[place]) for place in found.keys() & beside.keys())])
    same = first.ids == second.ids and np.array_equal(first.passages, second.passages)
    return {"same_passages": bool(same), "same_rankings": alike, "questions": len(questions), "scores_apart": apart}


def headings(library: Library, count: int) -> list[str]:
    """Questions made from the headings of documents, evenly spread."""
    index = library.generation()
    found: dict[str, None] = {}
    for number in range(0, len(index.ids), max(1, len(index.ids) // (2 * count))):
        labels = [each.label for each in index.source(number).locators if each.kind is LocatorKind.SECTION]
        found |= dict.fromkeys(f"What does {labels[0]} say about {label}?"[:200] for label in labels[1:2])
    return [question.replace('"', "").replace(":", "") for question in list(found)[:count]]


def ranking(library: Library, question: str) -> dict[tuple[str, int, int], float]:
    """The excerpts of a question, best first: where each stands, and its score."""
    found = library.retrieve(question, K)
    return {(each.citation.source_id, each.citation.start, each.citation.end): each.score for each in found}


def show(found: Measured, markdown: bool) -> None:
    """Prints the tables of one size."""
    seconds = found["seconds"]
    rows: list[Sequence[str]] = [
        ("passages", f"{found['passages']:,} of {found['documents']:,} documents"),
        ("the whole build", f"{seconds['full']:.1f} s, {found['passages_per_second']:.1f} passages/s"),
        ("peak memory", f"{found['peak_bytes'] / 1e6:.0f} MB"),
        ("less 64 bytes a passage", f"{found['peak_less_64_a_passage'] / 1e6:.0f} MB"),
        *encoding.rows(found),
    ]
    measuring.table(("build", ""), rows, markdown)
    rows = [(name, f"{value:.2f}", f"{100 * value / seconds['full']:.1f}") for name, value in seconds.items()]
    measuring.table((f"rebuild of {found['files']:,} files", "s", "% of full"), rows, markdown)
    print(  # noqa: T201
        f"after the change: passages {'as' if found['same_passages'] else 'NOT as'} in a full build, rankings the same "
        f"for {found['same_rankings']} of {found['questions']} questions, "
        f"scores at most {found['scores_apart']:.1e} apart\n"
    )


if __name__ == "__main__":
    main()
