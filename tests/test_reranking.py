"""A cross-encoder as the last word on the order: a small one, made here, whose scores are known by its weights."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import Command

from assistant import Library, open_library
from assistant.cli import main
from assistant.embedding import DEFAULT_MODEL, model_folder
from assistant.errors import ModelUnusable
from assistant.evaluation.run import evaluate
from assistant.records import Hit, Query
from assistant.reranking import Reranker, reorder
from assistant.retrieval import parse, retrieve, stages
from assistant.settings import RERANKED

SLOPE = 1000.0
PLAIN = math.tanh(1 / math.sqrt(3))
"""The model's last state, but for the sign, where the liked word does not occur."""
LIKED = "frost"
"""The one word that the model looks for; it stands in bees.txt alone."""


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder with a cross-encoder of `labels` scores, whose logit rises with the words that it likes."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    default = model_folder(DEFAULT_MODEL)
    assert default is not None
    tokenizer = AutoTokenizer.from_pretrained(default)

    def make(liked: str = LIKED, labels: int = 1) -> Path:
        size = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
        model = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), num_labels=labels, **size))
        with torch.no_grad():
            for weights in model.parameters():
                weights.zero_()
            embedded = model.bert.embeddings
            embedded.LayerNorm.weight.fill_(1)
            embedded.word_embeddings.weight[:, 0] = 1  # every word: (1, 0, 0, 0), but the liked one: (0, 1, 0, 0)
            (piece,) = tokenizer(liked, add_special_tokens=False)["input_ids"]
            embedded.word_embeddings.weight[piece] = torch.tensor([0.0, 1, 0, 0])
            (layer,) = model.bert.encoder.layer
            # Attention looks alike at all words and passes their mean on; the norms keep which of the two it leans to.
            layer.attention.self.value.weight.copy_(torch.eye(4))
            layer.attention.output.dense.weight.copy_(torch.eye(4))
            layer.attention.output.LayerNorm.weight.fill_(1)
            layer.output.LayerNorm.weight.fill_(1)
            model.bert.pooler.dense.weight.copy_(torch.eye(4))
            model.classifier.weight[:, 1] = SLOPE
            model.classifier.bias.fill_(SLOPE * PLAIN - 5)  # without the word, the logit is -5
        folder = tmp_path_factory.mktemp("cross-encoder")
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def likes_frost(cross_encoder: Callable[..., Path]) -> Path:
    return cross_encoder()


def run(notes: Library, *arguments: str, offline: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own, which may reach no other machine."""
    log = notes.index.parent / "network.log"
    guard = {"PYTHONPATH": str(Path(__file__).parent / "guard"), "NETWORK_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments, "--sources", str(notes.sources), "--index", str(notes.index)],
        env={**os.environ, **guard, **({"HF_HUB_OFFLINE": "1"} if offline else {})},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert not log.exists(), log.read_text("utf-8")
    return done


def test_scores_are_those_of_the_model(likes_frost: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Sigmoid

    texts = ["A late frost.", "Nine hives.", "Frost, frost and frost again.", ""]
    reranker = Reranker(str(likes_frost))
    scores = reranker.scores("What happened?", texts)
    model = CrossEncoder(str(likes_frost), local_files_only=True)
    expected = model.predict([["What happened?", text] for text in texts], activation_fn=Sigmoid())
    assert scores.dtype == np.float64
    assert np.allclose(scores, expected, atol=1e-6)
    assert np.all((scores >= 0) & (scores <= 1))
    assert math.isclose(scores[1], 1 / (1 + math.exp(5)), rel_tol=0.01)
    assert scores[2] >= scores[0] > 0.99
    assert reranker.scores("What happened?", []).shape == (0,)


def test_the_order_is_by_the_mean_of_both_scores(likes_frost: Path, notes: Library) -> None:
    index, query, reranker = notes.generation(), parse("When was the lighthouse lit?"), Reranker(str(likes_frost))
    before = {row: place for place, row in enumerate(stages(query, index)["final"])}
    after = stages(query, index, reranker)["final"]
    bees = next(row for row in before if LIKED in index.text(row))
    assert before[bees] > 0
    assert after[0] == bees
    assert sorted(after) == sorted(before)
    assert retrieve(query, index, 5).excerpts[0].citation.source_id == "lighthouse.md"
    (first, *others) = retrieve(query, index, 5, reranker).excerpts
    assert first.citation.source_id == "bees.txt"
    scores = [first.score, *(excerpt.score for excerpt in others)]
    assert scores == sorted(scores, reverse=True)
    assert Library(notes.sources, notes.index).retrieve(query.text)[0].citation.source_id == "lighthouse.md"


class Told(Reranker):
    """Keeps what it is told, and scores as it is told."""

    def __init__(self, given: list[float]) -> None:
        super().__init__("told")
        self.given = given
        self.question = ""
        self.texts: list[str] = []

    def scores(self, question: str, texts: object) -> np.ndarray:
        assert isinstance(texts, list)
        self.question, self.texts = question, texts
        return np.asarray(self.given[: len(texts)])


def test_it_reads_title_section_and_the_passages_own_words(notes: Library) -> None:
    index, told = notes.generation(), Told([0.5] * 2)
    rows = [next(row for row in range(len(index.passages)) if word in index.text(row)) for word in ("Marabel", "hives")]
    reorder(Query("And then?", carried=("Marabel",)), [Hit(row, 0, 0, 0.5) for row in rows], index, told)
    assert told.question == "And then? Marabel"
    assert told.texts[0].startswith("Harbour dredging. The works of 2020. The dredger Marabel cleared forty thousand")
    assert told.texts[1] == "bees. " + index.text(rows[1])


def test_only_the_best_are_read_and_the_others_stay_behind_them(
    notes: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RERANKED == 50
    monkeypatch.setattr("assistant.reranking.RERANKED", 2)
    hits = [Hit(row, 0, 0, score) for row, score in ((2, 0.9), (3, 0.8), (1, 0.7), (0, 0.3))]
    index, told = notes.generation(), Told([0.1, 0.6])
    found = reorder(parse("Who?"), hits, index, told)
    assert len(told.texts) == 2
    assert [hit.row for hit in found] == [3, 2, 1, 0]
    assert [hit.score for hit in found] == pytest.approx([0.7, 0.5, 0.5, 0.3])
    assert reorder(parse("Who?"), [], index, told) == []


def test_ties_go_by_row(notes: Library) -> None:
    hits = [Hit(row, 0, 0, 0.5) for row in (2, 0, 1)]
    assert [hit.row for hit in reorder(parse("frost"), hits, notes.generation(), Told([0.5] * 3))] == [0, 1, 2]


def test_a_library_answers_with_it(likes_frost: Path, notes: Library) -> None:
    library = open_library(notes.sources, index=notes.index, reranker=str(likes_frost))
    assert library.retrieve("When was the lighthouse lit?")[0].citation.source_id == "bees.txt"
    answer = library.ask("When was the lighthouse lit?")
    assert answer.excerpts[0].citation.source_id == "bees.txt"
    assert library.ask("Tell me about the lighthouse").excerpts[0].citation.source_id == "bees.txt"
    with ThreadPoolExecutor(4) as pool:
        fresh = Library(notes.sources, notes.index, reranker=str(likes_frost))
        for again in pool.map(fresh.ask, ["When was the lighthouse lit?"] * 8):
            assert again.to_dict() == answer.to_dict()


def test_the_command_reorders_and_quotes_word_for_word(likes_frost: Path, notes: Library) -> None:
    question = "When was the lighthouse lit?"
    done = run(notes, "retrieve", question, "--reranker", str(likes_frost), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    excerpts = json.loads(done.stdout)
    assert excerpts[0]["citation"]["source_id"] == "bees.txt"
    for excerpt in excerpts:
        cited = excerpt["citation"]
        text = notes.source(cited["source_id"]).text
        assert excerpt["text"] == cited["quote"] == text[cited["start"] : cited["end"]]
        assert 0 <= excerpt["score"] <= 1
    assert {e["citation"]["source_id"] for e in excerpts} == {e.citation.source_id for e in notes.retrieve(question)}


def test_ask_takes_it_too(likes_frost: Path, notes: Library, command: Command) -> None:
    ran = command(notes, "ask", "When was the lighthouse lit?", "--reranker", str(likes_frost), "--json")
    assert json.loads(ran.out)["excerpts"][0]["citation"]["source_id"] == "bees.txt"
    assert "--reranker" in _help("chat") and "--reranker" not in _help("find")


def _help(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", command, "--help"], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", ["no/such/folder/anywhere", "nobody/no-such-model"])
def test_one_that_is_not_there_is_named_in_one_line(name: str, notes: Library) -> None:
    done = run(notes, "retrieve", "frost", "--reranker", name, offline=True)
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"assistant: cannot load the model {name}: ")
    assert line.endswith("; check --reranker")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"cannot load the model .*; check --reranker") as caught:
        Reranker(str(tmp_path)).scores("a", ["b"])
    assert "\n" not in str(caught.value)


def test_a_model_of_several_scores_is_refused(
    cross_encoder: Callable[..., Path], notes: Library, command: Command
) -> None:
    folder = cross_encoder(labels=3)
    ran = command(notes, "retrieve", "frost", "--reranker", str(folder))
    assert (ran.status, ran.out) == (3, "")
    assert ran.error == f"assistant: the model {folder} gives 3 scores for a passage, not one: check --reranker"


def test_an_embedding_model_is_not_taken_for_one(notes: Library, command: Command) -> None:
    """The library would give it a score of random weights."""
    ran = command(notes, "retrieve", "frost", "--reranker", DEFAULT_MODEL)
    assert (ran.status, ran.out) == (3, "")
    assert ran.error.endswith("is not a cross-encoder: check --reranker")


def test_after_a_model_on_disk_a_hub_can_still_be_asked(likes_frost: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build loads the embedding model from disk, without a hub; the cross-encoder may be on one."""
    from huggingface_hub import constants

    tried = []

    def make(name: str, local: bool) -> str:
        tried.append((local, constants.HF_HUB_OFFLINE))
        if local:
            raise OSError("not on this machine")
        return name

    from assistant.embedding import load_model

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    Reranker(str(likes_frost)).load()
    assert load_model("nobody/made-up", make, "--reranker") == "nobody/made-up"
    assert tried == [(True, True), (False, False)]


def test_evaluate_measures_what_it_gives(likes_frost: Path, notes: Library, capsys: pytest.CaptureFixture[str]) -> None:
    question = {
        "_id": "late",
        "text": "When was the lighthouse lit?",
        "answers": [{"quote": "In 2018 a late frost killed the blossom.", "source_id": "bees.txt"}],
    }
    (notes.sources / "questions.jsonl").write_text(json.dumps(question) + "\n", "utf-8")
    plain = evaluate(notes.sources, notes.index).report
    assert plain["collection"]["reranker"] is None
    capsys.readouterr()
    arguments = ["--index", str(notes.index), "--reranker", str(likes_frost), "--json"]
    assert main(["evaluate", str(notes.sources), *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["collection"]["reranker"] == str(likes_frost)
    means = [{stage: found["RR@10"]["mean"] for stage, found in each["stages"].items()} for each in (plain, report)]
    assert means[0]["final"] < means[1]["final"] == 1
    assert means[0]["fused"] == means[1]["fused"]
    assert report["answers"]["first_excerpt"]["mean"] == 1 > plain["answers"]["first_excerpt"]["mean"]
