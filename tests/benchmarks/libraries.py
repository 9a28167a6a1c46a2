"""Libraries of any number of passages, made by the program's own build from real passages and their real vectors.

    python tests/benchmarks/libraries.py INDEX PASSAGES FOLDER

INDEX was built for real (`building.py --keep`). Up to its number of passages, FOLDER gets documents of its sources;
above it, further documents, each of whose passages is the first half of one real passage and the second half of
another. The build is the program's own but for its passage encoder (`StandIn`), which embeds nothing: a real passage
has its real vector, a made one that of the passage that it begins with, moved by Gaussian noise as long as the median
distance between real passages that are nearest neighbours.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np
from corpus import front_matter

from assistant import Library, open_library
from assistant.embedding import Vectors, unit
from assistant.passage_encoder import PassageEncoder
from assistant.records import Span

PASSAGES_EACH = 100
"""Of a made document."""
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BEGINNING = 6
"""Words."""
_SAMPLE = 2000


class Real:
    """An index that was built for real: its passages, their vectors, and how far they lie from their nearest."""

    def __init__(self, index: Path) -> None:
        manifest = json.loads((index / (index / "CURRENT").read_text("utf-8").strip() / "manifest.json").read_text())
        self.root = Path(index, manifest["sources_root"]).resolve()
        self.library: Library = open_library(self.root, index=index)
        self.index = self.library.generation()
        self.passages = len(self.index.passages)

    @cached_property
    def texts(self) -> list[str]:
        """The words of each passage, all in memory."""
        return [self.index.text(row) for row in range(self.passages)]

    def documents(self, passages: int) -> list[str]:
        """The ids of sources, in order, that have just so many passages together, or nearly."""
        chosen, held = [], 0
        for source_id, count in zip(self.index.ids, self.index.passages_by_source(), strict=True):
            if held + count <= passages:
                chosen.append(source_id)
                held += count
        return chosen

    def name(self, row: int) -> str:
        """The words in the id of a passage's source."""
        return re.sub(r"[\W_]+", " ", self.index.ids[int(self.index.passages[row]["source"])])[-50:].strip()

    def noise(self) -> float:
        """The median distance of a passage's vector from its nearest neighbour's, the very same vector left out."""
        vectors = np.ascontiguousarray(self.index.vectors, np.float32)
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        step = max(1, len(vectors) // _SAMPLE)
        cosines, _ = flat.search(vectors[::step], min(10, len(vectors)))
        distances = np.sqrt(np.maximum(0, 2 - 2 * cosines))
        distances[distances < 1e-2] = np.nan
        nearest = np.nanmin(distances[~np.isnan(distances).all(axis=1)], axis=1)
        return float(np.median(nearest))


class StandIn(PassageEncoder):
    """The real model for questions and word pieces; for passages, stored vectors.

    `real` and `noise` are set before it is made. A passage is known by its words, else by those that it begins with;
    what is known by neither, since Markdown or the splitter changed it, takes any vector, chosen by its digest. `found`
    counts these three.
    """

    real: Real
    noise: float
    found: ClassVar[Counter[str]] = Counter()

    def __init__(self, name: str, *, local: bool = False) -> None:
        super().__init__(name, local=local)
        self._whole: dict[bytes, int] = {}
        self._begun: dict[bytes, list[int]] = {}
        for row, text in enumerate(self.real.texts):
            self._whole[_digest(text)] = row
            self._begun.setdefault(_beginning(text), []).append(row)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]], told: Callable[[int], None] = lambda done: None
    ) -> list[Vectors]:
        """As the model's own, without the model."""
        return [self._vectors(text, spans) for text, spans in zip(texts, sentences, strict=True)]

    def _vectors(self, text: str, spans: Sequence[Span]) -> Vectors:
        words = text[spans[0][0] : spans[-1][1]]
        seed = int.from_bytes(_digest(words), "little")
        row = self._whole.get(_digest(words))
        known = row is not None
        if row is None:
            rows = self._begun.get(_beginning(words))
            self.found["begun" if rows else "unknown"] += 1
            row = rows[seed % len(rows)] if rows else seed % self.real.passages
        self.found["real"] += known
        vector = np.asarray(self.real.index.vectors[row], np.float32)
        of_sentences = self.real.index.sentence_vectors_of(row)
        if not known:
            moved = np.random.default_rng(seed).normal(0, self.noise / np.sqrt(len(vector)), len(vector))
            vector = unit(vector + moved.astype(np.float32))
        return np.vstack([vector, np.resize(of_sentences, (len(spans), of_sentences.shape[1]))])


def _beginning(text: str) -> bytes:
    """The digest of the first words of a passage, without their punctuation."""
    return _digest(" ".join(re.findall(r"\w+", text[:200])[:_BEGINNING]))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def write_sources(real: Real, passages: int, folder: Path) -> None:
    """Fills a new folder of sources with about so many passages."""
    folder.mkdir(parents=True)
    chosen = real.documents(passages)
    for source_id in chosen:
        target = folder / source_id
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real.root / source_id, target)
    wanted = passages - real.passages
    lines = _made(real)
    for number in range(-(-wanted // PASSAGES_EACH) if wanted > 0 else 0):
        count = min(PASSAGES_EACH, wanted - number * PASSAGES_EACH)
        body = "\n\n".join(next(lines) for _ in range(count))
        below = folder / f"made-{number // 1000:03}"
        below.mkdir(exist_ok=True)
        (below / f"made-{number:06}.md").write_text(front_matter(len(chosen) + number) + body, "utf-8")


def _made(real: Real) -> Iterator[str]:
    """Sections of made documents, without end and each another: a heading and half the words of two passages each."""
    choose = random.Random(0)
    rows = list(range(real.passages))
    while True:
        choose.shuffle(rows)
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
            one, two = real.texts[row].split(), real.texts[other].split()
            words = (*one[: max(_BEGINNING, len(one) // 2)], *two[len(two) // 2 :])
            yield f"## {_escaped(real.name(other))}\n\n{_escaped(' '.join(words))}"


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return _PUNCTUATION.sub(r"\\\1", text)


def make(real: Real, passages: int, folder: Path) -> dict[str, Any]:
    """Writes sources and builds the index of about so many passages in `folder`; returns the build's report."""
    import assistant.passage_encoder as module

    write_sources(real, passages, folder / "sources")
    StandIn.real, StandIn.noise = real, real.noise()
    setattr(module, "PassageEncoder", StandIn)  # noqa: B010  # which a type checker would not allow
    report = Library(folder / "sources", folder / "index").rebuild().to_dict()
    kept = {name: report[name] for name in ("passages", "sources", "seconds")}
    return kept | {"noise": StandIn.noise, "vectors": dict(StandIn.found)}


if __name__ == "__main__":
    print(json.dumps(make(Real(Path(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[3]))))  # noqa: T201
