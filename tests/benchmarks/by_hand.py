"""What a user would write by hand for a search in passages: sentence-transformers, faiss.IndexFlatIP and bm25s.

    python tests/benchmarks/by_hand.py FOLDER QUESTION

FOLDER holds what `prepare` wrote. Both rankings are joined by reciprocal rank fusion (Cormack, Clarke and Büttcher
2009; k = 60).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import faiss
import numpy as np
import numpy.typing as npt
from sentence_transformers import SentenceTransformer

CANDIDATES = 100


def prepare(folder: Path, model: str, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
    """Writes both indexes of passages and their texts to a new folder; `model` is the folder of the one embedding."""
    folder.mkdir(parents=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    faiss.write_index(index, str(folder / "dense.faiss"))
    lexical = bm25s.BM25()
    lexical.index(bm25s.tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False)
    lexical.save(str(folder / "bm25s"))
    (folder / "texts.json").write_text(json.dumps({"model": model, "texts": list(texts)}), "utf-8")


class ByHand:
    """The indexes that `prepare` wrote, and the model, loaded."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / "texts.json").read_text("utf-8"))
        self.texts: list[str] = about["texts"]
        self.model: Any = SentenceTransformer(about["model"])
        self.dense = faiss.read_index(str(folder / "dense.faiss"))
        self.lexical: Any = bm25s.BM25.load(str(folder / "bm25s"), mmap=True)

    def retrieve(self, question: str, k: int = 5) -> list[str]:
        """The `k` passages that are best in both rankings together."""
        wanted = min(CANDIDATES, len(self.texts))
        _, near = self.dense.search(self.model.encode([question], normalize_embeddings=True), wanted)
        terms = bm25s.tokenize([question], stopwords="en", show_progress=False)
        rows, scores = self.lexical.retrieve(terms, k=wanted, show_progress=False)
        fused: dict[int, float] = {}
        for found in (near[0], rows[0][scores[0] > 0]):
            for place, row in enumerate(found.tolist(), 1):
                fused[row] = fused.get(row, 0.0) + 1 / (60 + place)
        return [self.texts[row] for row in sorted(fused, key=lambda row: (-fused[row], row))[:k]]


if __name__ == "__main__":
    print("\n\n".join(ByHand(Path(sys.argv[1])).retrieve(sys.argv[2])))  # noqa: T201
