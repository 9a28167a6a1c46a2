"""Measures the answers of one library, or those of what it is compared with, in a process of its own; prints JSON.

    python tests/benchmarks/asked.py assistant|by-hand|txtai FOLDER QUESTIONS.json

FOLDER holds `sources` and `index`. Times are in milliseconds, memory in bytes with mapped files included.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import measuring
import numpy as np
import numpy.typing as npt
from measuring import memory, spread, timed

from assistant import Library, open_library
from assistant.errors import UsageError

K = 5
CANDIDATES = 100
WARMING = 20
"""How many questions are asked before the measured ones."""
_CHUNK = 100_000
_EQUAL = 1e-5
Measured = dict[str, Any]


def assistant(folder: Path, questions: dict[str, list[str]]) -> Measured:
    """This program: opening, memory, and every kind of question."""
    opened: list[Library] = []
    opening = timed(lambda: opened.append(open_library(folder / "sources", index=folder / "index")))
    library = opened[0]
    found: Measured = {"opening_seconds": round(opening, 3), "memory_opened": memory()}
    again = Library(folder / "sources", folder / "index")
    found["opening_again_seconds"] = round(timed(again.generation), 3)
    del again
    ordinary = questions["ordinary"]
    found["first_ms"] = round(1000 * timed(lambda: library.retrieve(ordinary[0], K)), 1)
    for question in ordinary[1:WARMING]:
        library.ask(question, k=K)
    found["retrieve"] = _each(lambda question: library.retrieve(question, K), ordinary[WARMING:])
    found["memory_after"] = memory()
    found["ask"] = _each(lambda question: library.ask(question, k=K), ordinary[WARMING:])
    for kind, several in questions.items():
        if kind != "ordinary":
            found[kind] = _each(lambda question: library.retrieve(question, K), several)
    for name, filters in _filters(library).items():
        kept = library.scope(**filters).searched
        measured = _each(partial(library.retrieve, k=K, **filters), ordinary[WARMING:])
        found[name] = {**measured, "sources": kept}
    found["memory_at_the_end"] = memory()
    return found | _stages(library, ordinary[WARMING:])


def _each(ask: Callable[[str], Any], questions: Sequence[str]) -> Measured:
    """The times of questions, the least and the mean number of excerpts, and how many were refused."""
    times, counts = [], []
    for question in questions:
        started = time.perf_counter()
        try:
            answer = ask(question)
        except UsageError:
            continue
        times.append(time.perf_counter() - started)
        counts.append(len(getattr(answer, "excerpts", answer)))
    refused = len(questions) - len(times)
    if not times:
        return {"refused": refused}
    return {**spread(times), "least": min(counts), "mean": float(np.mean(counts)), "refused": refused}


def _filters(library: Library) -> dict[str, dict[str, Any]]:
    """A year that about one source in a hundred is about, and the one source about the middle that has 20 passages."""
    index = library.generation()
    counts = index.passages_by_source()
    middle = len(counts) // 2
    large = [number for number, count in enumerate(counts) if count >= 20] or [middle]
    one = min(large, key=lambda number: abs(number - middle))
    year = index.metadata[middle].covers
    return {"one year": {"after": year, "before": year}, "one source": {"sources": [index.ids[one]]}}


def _stages(library: Library, questions: Sequence[str]) -> Measured:
    """The times of the stages of a retrieval, and the recall of the dense one; or why they are left out."""
    from assistant.ranking import encode, rank
    from assistant.retrieval import parse

    index = library.generation()
    try:
        asked = [encode(parse(question), index) for question in questions]
        pairs = list(zip(questions, asked, strict=True))
        found: Measured = {
            "embedding": spread([timed(lambda q=q: index.encoder.encode_queries([q])) for q in questions]),  # type: ignore[misc]
            "dense": spread([timed(lambda a=a: index.dense.search(a.vector, CANDIDATES)) for a in asked]),  # type: ignore[misc]
            "lexical": spread([timed(lambda a=a: index.lexical.search(a.terms, CANDIDATES)) for a in asked]),  # type: ignore[misc]
            "ranking in all": spread([timed(lambda a=a: rank(index, a, CANDIDATES)) for _, a in pairs]),  # type: ignore[misc]
        }
        near = [index.dense.search(each.vector, 10)[1] for each in asked]
    except (AttributeError, TypeError) as error:  # the inside of the program is not promised to anyone
        return {"stages_left_out": str(error)}
    exact = _exact(index.vectors, np.array([each.vector for each in asked]), 10)
    shares = [(one >= least - _EQUAL).mean() for one, least in zip(near, exact, strict=True)]
    return {**found, "recall_at_10": round(float(np.mean(shares)), 4)}


def _exact(vectors: npt.NDArray[np.float32], queries: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.float32]:
    """The `k`-th largest inner product with each query, shape (queries,); which of equals is found does not matter."""
    k = min(k, len(vectors))
    best = np.full((len(queries), k), -np.inf, np.float32)
    for at in range(0, len(vectors), _CHUNK):
        products = np.hstack([best, queries @ np.asarray(vectors[at : at + _CHUNK], np.float32).T])
        best = -np.partition(-products, k - 1, axis=1)[:, :k]
    return np.asarray(best.min(axis=1), np.float32)


def by_hand(folder: Path, questions: dict[str, list[str]]) -> Measured:
    """sentence-transformers, faiss.IndexFlatIP and bm25s on the same texts and vectors; prepared, then loaded."""
    made = folder / "by_hand"
    if not made.exists():
        measuring.watch([sys.executable, __file__, "prepare", str(folder)])
    loaded: list[Any] = []

    def load() -> None:
        from by_hand import ByHand

        loaded.append(ByHand(made))

    found: Measured = {"opening_seconds": round(timed(load), 3), "memory_opened": memory()}
    return found | _asked(lambda question: loaded[0].retrieve(question, K), questions)


def prepare(folder: Path) -> None:
    """Writes what `by_hand` loads."""
    from by_hand import prepare as write

    texts, vectors, model = _contents(folder)
    write(folder / "by_hand", model, texts, vectors)


def txtai(folder: Path, questions: dict[str, list[str]]) -> Measured:
    """txtai with hybrid search and content, at its defaults but for the passages' vectors, which it is given."""
    from sentence_transformers import SentenceTransformer
    from txtai import Embeddings

    texts, vectors, name = _contents(folder)
    model: Any = SentenceTransformer(name)
    rows = {text: row for row, text in enumerate(texts)}

    def transform(several: list[str]) -> npt.NDArray[np.float32]:
        if all(text in rows for text in several):
            return np.asarray(vectors[[rows[text] for text in several]], np.float32)
        return np.asarray(model.encode(several, show_progress_bar=False), np.float32)

    search = Embeddings(method="external", transform=transform, hybrid=True, content=True)
    indexing = timed(lambda: search.index(texts))
    return {"indexing_seconds": round(indexing, 2)} | _asked(lambda question: search.search(question, K), questions)


def _contents(folder: Path) -> tuple[list[str], npt.NDArray[np.float32], str]:
    """The texts of a library's passages, their vectors, and the folder of the model."""
    from assistant.embedding import DEFAULT_MODEL, model_folder

    index = open_library(folder / "sources", index=folder / "index").generation()
    return [index.text(row) for row in range(len(index.passages))], index.vectors, str(model_folder(DEFAULT_MODEL))


def _asked(ask: Callable[[str], Any], questions: dict[str, list[str]]) -> Measured:
    for question in questions["ordinary"][:WARMING]:
        ask(question)
    return {"retrieve": _each(ask, questions["ordinary"][WARMING:]), "memory_after": memory()}


if __name__ == "__main__":
    what, place = sys.argv[1], Path(sys.argv[2])
    if what == "prepare":
        prepare(place)
    else:
        measure = {"assistant": assistant, "by-hand": by_hand, "txtai": txtai}[what]
        print(json.dumps(measure(place, json.loads(Path(sys.argv[3]).read_text("utf-8")))))  # noqa: T201
