"""The embedding model itself, through sentence-transformers and PyTorch: embeds passages in bulk.

Passages go to it in order of length, in batches by tokens, in bfloat16 where the processor is made for it.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.embedding import (
    BATCH_TOKENS,
    Vectors,
    batches,
    folder_digest,
    load_model,
    model_folder,
    pool,
    silence_loading,
)
from assistant.records import Span

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_ON_GPU = 16
"""How many times as many tokens a GPU takes in one pass."""


class PassageEncoder:
    """A sentence-transformers model, which embeds passages in bulk and, where it must, questions."""

    def __init__(self, name: str, *, local: bool = False) -> None:
        """Loads the model `name`: the default, a folder, or a name on a hub.

        A hub is asked only for a model that is not on this machine yet, and never if `local`.

        Raises:
            ModelUnusable: there is no such model, or it cannot be loaded.
        """
        self.model: SentenceTransformer = load_model(name, _sentence_transformer, "--model", local=local)
        folder = model_folder(name)
        self.name = name
        self.digest = folder_digest(folder) if folder else _weights_digest(self.model)
        self.dimensions = int(self.model.get_embedding_dimension() or 0)
        self.max_pieces = int(self.model.max_seq_length or 512)
        self.pools_tokens = self._pools_by_mean()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, with the model's own query prompt; shape (len(texts), dimensions)."""
        return np.asarray(self.model.encode_query(list(texts), normalize_embeddings=True), np.float32)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]], told: Callable[[int], None] = lambda done: None
    ) -> list[Vectors]:
        """The vectors of passages and of their sentences, with the model's own document prompt.

        Args:
            texts: The passages.
            sentences: For each of them, the offsets of its sentences in it.
            told: Told after each batch how many passages are done.

        Returns:
            For each passage its vector and below it those of its sentences, shape (1 + sentences, dimensions). A
            sentence's vector is the mean of its token states in the passage's own forward pass where the model pools by
            the mean, and an embedding of its own where it does not.
        """
        if not self.pools_tokens:
            return [
                np.vstack([whole, self._encode([text[a:b] for a, b in spans])])
                for whole, text, spans in zip(self._encode(texts), texts, sentences, strict=True)
            ]
        read = self.model.tokenizer(
            list(texts), truncation=True, max_length=self.max_pieces, return_offsets_mapping=True
        )
        sizes = [len(ids) for ids in read["input_ids"]]
        made: dict[int, Vectors] = {}
        for places in batches(sizes, BATCH_TOKENS * (1 if self._on_cpu else _ON_GPU)):
            states = self._states({name: [values[p] for p in places] for name, values in read.items()})
            pooled = pool(
                states, [sizes[p] for p in places], [read["offset_mapping"][p] for p in places],
                [sentences[p] for p in places],
            )  # fmt: skip
            made |= dict(zip(places, pooled, strict=True))
            told(len(made))
        return [made[place] for place in range(len(texts))]

    @property
    def precision(self) -> str:
        """The number format in which passages are embedded, "bfloat16" or "float32"."""
        return str(next(self._fast.parameters()).dtype).removeprefix("torch.")

    @property
    def _on_cpu(self) -> bool:
        return str(self.model.device) == "cpu"

    @cached_property
    def _fast(self) -> torch.nn.Module:
        """The transformer in the number format in which passages are embedded."""
        import torch

        transformer = self.model[0]
        if not self.pools_tokens or not _bfloat16_is_faster(self.model.device):
            return transformer
        return copy.deepcopy(transformer).to(torch.bfloat16)

    def _states(self, read: dict[str, list[Any]]) -> Vectors:
        """The token states of one batch, shape (texts, tokens, dimensions)."""
        import torch

        features = self.model.tokenizer.pad(
            {name: values for name, values in read.items() if name != "offset_mapping"}, return_tensors="pt"
        )
        with torch.inference_mode():
            out = self._fast({name: tensor.to(self.model.device) for name, tensor in features.items()})
            states: Vectors = out["token_embeddings"].float().cpu().numpy()
        return states

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self.model.encode_document(list(texts), normalize_embeddings=True), np.float32)

    def _pools_by_mean(self) -> bool:
        """Whether a passage's vector is the mean of its token states, so that a part of them is a vector too."""
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        parts = list(self.model)
        pooling = parts[1] if len(parts) > 1 else None
        return (
            bool(getattr(self.model.tokenizer, "is_fast", False))
            and isinstance(pooling, Pooling)
            and pooling.pooling_mode == "mean"
            and pooling.include_prompt
            and all(isinstance(part, Normalize) for part in parts[2:])
            and not self.model.prompts.get("document")
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has; may be called while passages are embedded in another thread."""
        if not texts:
            return []
        pieces = self._counting(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in pieces["input_ids"]]

    @cached_property
    def _counting(self) -> Any:  # noqa: ANN401  # transformers comes without types here
        """A tokenizer of its own: one keeps how it truncates and pads between calls, so it is for one thread."""
        return copy.deepcopy(self.model.tokenizer)


def _bfloat16_is_faster(device: torch.device) -> bool:
    """Whether the processor multiplies matrices in bfloat16 by instructions of its own; without them it is slower."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    able = torch.cpu.get_capabilities()
    return device.type == "cpu" and bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _sentence_transformer(name: str, local: bool) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer  # imports torch: seconds

    silence_loading()
    return SentenceTransformer(name, local_files_only=local)


def _weights_digest(model: SentenceTransformer) -> str:
    total = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        total.update(name.encode() + tensor.detach().cpu().float().numpy().tobytes())
    return total.hexdigest()
