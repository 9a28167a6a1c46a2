"""The exported question encoder against the model itself, and sentence vectors from a passage's own pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant import Library
from assistant.embedding import DEFAULT_MODEL, QueryEncoder
from assistant.errors import ModelUnusable
from assistant.export import export
from assistant.passage_encoder import PassageEncoder

QUESTIONS = ["When was it signed?", "六方会谈", "x", "word " * 2000, "Yŏngbyŏn — “naïve” 😀"]


@pytest.fixture(scope="module")
def model() -> PassageEncoder:
    return PassageEncoder(DEFAULT_MODEL)


def test_the_indexs_own_encoder_gives_the_models_vectors(model: PassageEncoder, sample: Library) -> None:
    own = sample.generation().encoder
    assert isinstance(own, QueryEncoder)
    cosines = np.sum(own.encode_queries(QUESTIONS) * model.encode_queries(QUESTIONS), axis=1)
    assert cosines.min() >= 0.9999


def test_passage_vectors_are_those_of_sentence_transformers(model: PassageEncoder) -> None:
    texts = ["The reactor was shut down in July.", "A longer text about inspectors, seals and cameras. " * 30]
    vectors = np.array([each[0] for each in model.encode_passages(texts, [[(0, 34)], [(0, 51)]])])
    assert np.sum(vectors * model.model.encode_document(texts, normalize_embeddings=True), axis=1).min() >= 0.9999


def test_a_sentence_vector_is_nearest_to_its_own_sentence(model: PassageEncoder) -> None:
    first, second = "The bank in Macau froze the accounts.", "The satellite was launched in April."
    text = f"{first} {second}"
    (made,) = model.encode_passages([text], [[(0, len(first)), (len(first) + 1, len(text))]])
    vectors = made[1:]
    likeness = vectors @ model.encode_queries(["Which accounts were frozen?", "When was the satellite launched?"]).T
    assert likeness[0, 0] > likeness[1, 0]
    assert likeness[1, 1] > likeness[0, 1]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_an_export_replaces_a_damaged_one(model: PassageEncoder, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "model.onnx").write_bytes(b"damaged")
    assert export(model, tmp_path / "made") >= 0.9999
    assert QueryEncoder(tmp_path / "made").encode_queries(["x"]).shape == (1, 384)
    assert [entry.name for entry in tmp_path.iterdir()] == ["made"]


def test_a_model_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelUnusable, match="check --model") as caught:
        PassageEncoder(str(tmp_path / "model"))
    assert "\n" not in str(caught.value)
