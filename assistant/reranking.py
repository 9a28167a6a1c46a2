"""A cross-encoder, for those who have one: it reads the question with each of the best passages, and reorders them.

It comes between ranking and excerpts, and only where one is named; nothing else imports PyTorch to answer a question.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from assistant.embedding import load_model, silence_loading
from assistant.errors import ModelUnusable
from assistant.index.generation import Generation
from assistant.passages import context, heading, sections_of
from assistant.records import Hit, Query
from assistant.settings import RERANKED, Recipe

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_OPTION = "--reranker"


class Reranker:
    """A sentence-transformers cross-encoder with one score, loaded at its first use. Thread-safe."""

    def __init__(self, name: str) -> None:
        """Names the model: a folder, or a name on a hub, which is asked only for what is not on this machine yet."""
        self.name = name
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    def load(self) -> None:
        """Loads the model now, if it is not loaded yet.

        Raises:
            ModelUnusable: there is no such model, it cannot be loaded, or it gives not one score but several.
        """
        with self._lock:
            self._loaded()

    def scores(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """How well each text answers the question, in [0, 1]: the sigmoid of the model's logit; shape (len(texts),).

        Raises:
            ModelUnusable: as for `load`.
        """
        with self._lock:  # the tokenizer is not for several threads at once
            model = self._loaded()
            if not texts:
                return np.empty(0)
            from torch.nn import Identity

            pairs = [[question, text] for text in texts]
            logits = model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        # In float64, where scores near 1 are still told apart, and in the form of the sigmoid that cannot overflow.
        return np.asarray(np.exp(-np.logaddexp(0, -np.asarray(logits, np.float64))), np.float64)

    def _loaded(self) -> CrossEncoder:
        if self._model is None:
            self._model = load_model(self.name, _cross_encoder, _OPTION)
        return self._model


def _cross_encoder(name: str, local: bool) -> CrossEncoder:
    """The model, loaded.

    Raises:
        ModelUnusable: it is of another kind.
    """
    from sentence_transformers import CrossEncoder  # imports torch: seconds

    silence_loading()
    model = CrossEncoder(name, local_files_only=local)
    if model.num_labels != 1:
        raise ModelUnusable(f"the model {name} gives {model.num_labels} scores for a passage, not one: check {_OPTION}")
    if type(model.model).__name__ not in (model.config.architectures or ()):
        # It was saved without what makes the score, and got one of random weights.
        raise ModelUnusable(f"the model {name} is not a cross-encoder: check {_OPTION}")
    return model


def reorder(query: Query, hits: Sequence[Hit], index: Generation, reranker: Reranker) -> list[Hit]:
    """The hits with the best of them reordered by the mean of their score and the cross-encoder's, ties by row.

    Those that it did not read keep their order behind them, none with a higher score.

    Raises:
        ModelUnusable: the cross-encoder cannot be loaded.
    """
    best, others = hits[:RERANKED], hits[RERANKED:]
    read = reranker.scores(query.full_text, _texts([hit.row for hit in best], index))
    scored = [
        Hit(hit.row, hit.cosine, hit.share, (hit.score + float(score)) / 2)
        for hit, score in zip(best, read, strict=True)
    ]
    reordered = sorted(scored, key=lambda hit: (-hit.score, hit.row))
    behind = [Hit(hit.row, hit.cosine, hit.share, min(hit.score, reordered[-1].score)) for hit in others]
    return reordered + behind


def _texts(rows: Sequence[int], index: Generation) -> list[str]:
    """The passages as the embedding model was given them: title, section and their own words."""
    made = []
    for row in rows:
        source = index.source(int(index.passages[row]["source"]))
        sections = {start: section for start, _, section in sections_of(source)}
        section = sections.get(int(index.passages[row]["section"]), "")
        before = context(heading(source), section, index.encoder.count, Recipe().context_pieces)
        made.append(f"{before}. {index.text(row)}" if before else index.text(row))
    return made
