"""Another model than the default: a small one of random weights, made here, with prompts and another pooling."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from browser import free_port
from conftest import ROOT

from assistant import Library
from assistant.embedding import DEFAULT_MODEL, QueryEncoder, model_folder
from assistant.errors import IndexOutdated
from assistant.export import ExportFailed
from assistant.passage_encoder import PassageEncoder


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model that pools by the first token and prompts both sides."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("model")
    default = model_folder(DEFAULT_MODEL)
    assert default is not None
    tokenizer = AutoTokenizer.from_pretrained(default)
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(tokenizer), **size)).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=128)
    prompts = {"query": "query: ", "document": "passage: "}
    model = SentenceTransformer(modules=[transformer, Pooling(32, "cls")], prompts=prompts, device="cpu")
    model.save(str(folder / "made"))
    return folder / "made"


def test_its_prompts_are_honoured_on_both_sides(other_model: Path, notes: Library) -> None:
    library = Library(notes.sources, notes.index, str(other_model))
    with pytest.raises(IndexOutdated, match="was built with the model all-MiniLM-L6-v2"):
        library.generation()
    report = library.rebuild()
    assert (report.notes, report.embedded) == ((), report.passages)
    index = library.generation()
    assert isinstance(index.encoder, QueryEncoder)
    model = PassageEncoder(str(other_model)).model
    given = index.encoder.encode_queries(["When was it lit?"])
    assert np.allclose(given, model.encode(["query: When was it lit?"], normalize_embeddings=True), atol=1e-4)
    row = next(n for n in range(len(index.passages)) if "nine hives" in index.text(n))
    start = int(index.passages[row]["start"])
    sentences = [index.text(row)[a - start : b - start] for a, b in index.sentence_spans(row)]
    own = model.encode([f"passage: {sentence}" for sentence in sentences], normalize_embeddings=True)
    assert np.allclose(index.sentence_vectors_of(row), own, atol=4e-3)
    assert library.ask("How many hives does the orchard keep?").excerpts


def test_an_index_keeps_its_model_until_another_is_named(other_model: Path, notes: Library) -> None:
    Library(notes.sources, notes.index, str(other_model)).rebuild()
    assert notes.rebuild().embedded == 0
    assert notes.generation().manifest["model"]["name"] == str(other_model)
    Library(notes.sources, notes.index, DEFAULT_MODEL).rebuild()
    assert notes.ask("When was the lighthouse lit?").found


def test_a_model_that_cannot_be_exported_answers_all_the_same(notes: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> float:
        raise ExportFailed("it has no fast tokenizer")

    for file in (notes.index / "encoders").rglob("*.onnx"):
        file.unlink()
    monkeypatch.setattr("assistant.export.export", fail)
    report = notes.rebuild(full=True)
    assert report.notes == ("questions are embedded by the model itself, more slowly: it has no fast tokenizer",)
    assert isinstance(notes.generation().encoder, PassageEncoder)
    assert notes.ask("When was the lighthouse lit?").statements[0].citation.source_id == "lighthouse.md"


def test_the_first_build_of_a_chat_asks_a_hub_for_its_model(tmp_path: Path) -> None:
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        """Has no model, and keeps what it is asked for."""

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "log.txt").write_text("The lamp was lit in May.", "utf-8")
    folders = ["--sources", str(tmp_path / "sources"), "--index", str(tmp_path / "index")]
    command = [sys.executable, "-m", "assistant", "chat", "--model", "nobody/none", "--port", str(free_port())]
    with HTTPServer(("127.0.0.1", 0), Hub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        named = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
        named |= {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}"}
        ran = subprocess.run(
            [*command, *folders], cwd=ROOT, env=named, encoding="utf-8", capture_output=True, check=False
        )
        hub.shutdown()
    assert ran.returncode == 3
    assert "cannot load the model nobody/none" in ran.stderr
    assert any("nobody/none" in path for path in asked)
