"""Writes a sentence-transformers model as ONNX, once, so that questions are embedded without torch.

The graph holds the whole model (transformer, pooling and what follows); the tokenizer and the query prompt stand
beside it. A model that cannot be exported faithfully is left alone, with the reason.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch

from assistant.embedding import QueryEncoder
from assistant.errors import AssistantError
from assistant.passage_encoder import PassageEncoder

EXPORTER_VERSION = 2
LEAST_COSINE = 0.9999
"""Between the exported and the original model, on each text of the sample."""
_SAMPLE = (
    "?",
    "What did the parties agree?",
    "When were the inspectors asked to leave, and who asked them?",
    "六方会谈 Yŏngbyŏn naïve façade",
    "A longer question, with several clauses, that asks for the dates on which each of the documents was signed. " * 4,
)


class ExportFailed(AssistantError):
    """The model cannot be exported; the message says why."""


class _Whole(torch.nn.Module):  # type: ignore[misc]  # torch comes without types here
    """The model as a function of tensors, as the exporter wants it."""

    def __init__(self, model: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], inputs: list[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The embedding of each row, shape (batch, dimensions), and its token states, (batch, pieces, dimensions)."""
        made = self.model(dict(zip(self.inputs, tensors, strict=True)))
        return made["sentence_embedding"], made["token_embeddings"]


def export(encoder: PassageEncoder, folder: Path) -> float:
    """Writes the query encoder of a model to `folder`, and returns the least cosine to the original on a sample.

    The folder appears complete or not at all.

    Raises:
        ExportFailed: the tokenizer or the graph cannot be written, or the copy is not faithful.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".encoder-", dir=folder.parent))
    try:
        _write(encoder, made)
        copy = QueryEncoder(made)
        cosine = float(np.min(np.sum(copy.encode_queries(_SAMPLE) * encoder.encode_queries(_SAMPLE), axis=1)))
        if cosine < LEAST_COSINE:
            raise ExportFailed(f"its ONNX copy differs (cosine {cosine:.5f}, at least {LEAST_COSINE} wanted)")
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return cosine


def _write(encoder: PassageEncoder, folder: Path) -> None:
    model = encoder.model
    tokenizer = model.tokenizer
    if not getattr(tokenizer, "is_fast", False):
        raise ExportFailed("it has no fast tokenizer")
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    batch = tokenizer(
        ["A short text.", "Another one, somewhat longer than the first."], padding=True, return_tensors="pt"
    )
    inputs = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in batch]
    tensors = tuple(batch[name].to(model.device) for name in inputs)
    axes = {name: {0: "batch", 1: "pieces"} for name in (*inputs, "tokens")} | {"embedding": {0: "batch"}}
    whole = folder / "whole.onnx"
    try:
        with warnings.catch_warnings():
            # The tracer warns of every branch on a shape; the comparison with the original is the real check.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Whole(model, inputs).eval(), tensors, str(whole), input_names=inputs,
                output_names=["embedding", "tokens"], dynamic_axes=axes, opset_version=17, dynamo=False,
            )  # fmt: skip
    except Exception as error:  # the exporter raises many private types, and any of them means the same here
        raise ExportFailed(f"it cannot be written as ONNX ({type(error).__name__})") from error
    # The weights beside the graph: they are then mapped into memory, and of the word embeddings only what is asked for.
    onnx.save(onnx.load(whole), folder / "model.onnx", save_as_external_data=True, location="model.data")
    (folder / "model.data").chmod(whole.stat().st_mode)  # which only its owner may read otherwise
    whole.unlink()
    about = {
        "exporter": EXPORTER_VERSION,
        "model": encoder.name,
        "digest": encoder.digest,
        "dimensions": encoder.dimensions,
        "max_pieces": encoder.max_pieces,
        "pools_tokens": encoder.pools_tokens,
        "query_prompt": model.prompts.get("query") or "",
        "inputs": inputs,
        "pad_id": tokenizer.pad_token_id,
        "pad_token": tokenizer.pad_token,
    }
    with (folder / "encoder.json").open("w", encoding="utf-8") as file:
        json.dump(about, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
