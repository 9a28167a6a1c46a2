"""The vector index: both kinds against scoring every vector, with and without a filter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import columns, dense
from assistant.columns import Stored
from assistant.dense import DenseIndex, HalfVectors, Rows, Scores
from assistant.embedding import DEFAULT_MODEL, unit
from assistant.passage_encoder import PassageEncoder

SOURCES = Path(__file__).parent.parent / "sources"
QUESTIONS = [
    "When was KEDO founded?",
    "What did the Agreed Framework freeze?",
    "How many sailors died on the Cheonan?",
    "Which bank was sanctioned in 2005?",
    "light water reactors",
    "Why did the talks break down?",
]
ROWS = 5000
LEAST = {dense.EXACT: 1.0, dense.CODES: 0.96}
"""The share of the nearest rows to be found: a little less than promised, as these are 60 rows, not some thousand."""


@pytest.fixture(scope="module")
def model() -> PassageEncoder:
    return PassageEncoder(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def questions(model: PassageEncoder) -> Scores:
    return model.encode_queries(QUESTIONS)


@pytest.fixture(scope="module")
def vectors(model: PassageEncoder, tmp_path_factory: pytest.TempPathFactory) -> HalfVectors:
    """A memory map: lines of the sample's files embedded for real, then copies moved by noise; two rows are equal."""
    lines = [line for path in sorted(SOURCES.glob("*.md")) for line in path.read_text("utf-8").splitlines()]
    real = model.encode_queries([line[:120] for line in lines if len(line) > 40][:400])
    random = np.random.default_rng(0)
    copies = real[np.arange(ROWS - len(real)) % len(real)]
    noise = random.standard_normal(copies.shape, np.float32) * 0.6 / np.sqrt(real.shape[1])
    rows = np.vstack([real, unit(copies + noise)]).astype(np.float16)
    rows[4000] = rows[7]
    path = tmp_path_factory.mktemp("dense") / "vectors.npy"
    np.save(path, rows)
    return np.asanyarray(np.load(path, mmap_mode="r"))


@pytest.fixture(params=[dense.EXACT, dense.CODES])
def about(
    request: pytest.FixtureRequest, vectors: HalfVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """What is known of an index of either kind, at `tmp_path / "dense.faiss"`."""
    if request.param == dense.CODES:
        monkeypatch.setattr(dense, "EXACT_ROWS", 1000)
    return dense.write(vectors, np.asarray(vectors[:400:8], np.float32), tmp_path / "dense.faiss")


def best(vectors: HalfVectors, query: Scores, k: int, within: Rows | None = None) -> tuple[list[int], Scores]:
    """The nearest rows and their cosines, by scoring each."""
    rows = np.arange(len(vectors)) if within is None else within
    cosines = np.einsum("ij,j->i", vectors[rows].astype(np.float32), query)
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order].tolist(), cosines[order]


def test_few_vectors_need_no_file(vectors: HalfVectors, tmp_path: Path) -> None:
    about = dense.write(vectors, np.asarray(vectors[:5], np.float32), tmp_path / "dense.faiss")
    assert about["kind"] == dense.EXACT
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_rows_are_found_with_their_exact_cosines(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    shared = []
    for query in questions:
        rows, cosines = index.search(query, 10)
        expected, _ = best(vectors, query, 10)
        shared.append(len({*rows.tolist()} & {*expected}) / 10)
        assert cosines.tolist() == pytest.approx((vectors[rows].astype(np.float32) @ query).tolist(), abs=1e-6)
        assert cosines.tolist() == index.cosines(query, rows).tolist() == sorted(cosines.tolist(), reverse=True)
    assert np.mean(shared) >= LEAST[about["kind"]]


def test_equal_vectors_come_in_the_order_of_their_rows(
    vectors: HalfVectors, about: dict[str, Any], tmp_path: Path
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    query = np.asarray(vectors[7], np.float32)
    assert index.search(query, 2)[0].tolist() == [7, 4000]
    assert index.search(query, 1)[0].tolist() == [7]


@pytest.mark.parametrize(
    "within",
    [np.arange(0, ROWS, 2), np.arange(1000, 3000), np.array([3, 7, 4999]), np.arange(40, 60), np.array([], np.int64)],
    ids=["half", "one source", "three", "twenty in a row", "none"],
)
def test_a_filter_gives_the_nearest_of_its_rows(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path, within: Rows
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    shared = []
    for query in questions:
        rows, cosines = index.search(query, 10, within)
        expected, scores = best(vectors, query, 10, within)
        assert len(rows) == len(expected)
        assert np.isin(rows, within).all()
        assert cosines[:1].tolist() == pytest.approx(scores[:1].tolist(), abs=1e-6)
        shared.append(len({*rows.tolist()} & {*expected}) / max(1, len(expected)))
    assert len(within) == 0 or np.mean(shared) >= LEAST[about["kind"]]


def test_a_filter_of_the_farthest_rows_still_fills_every_place(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    for query in questions:
        farthest = np.sort(np.argsort(vectors.astype(np.float32) @ query)[:1500])
        rows, _ = index.search(query, 1200, farthest)
        assert len(rows) == len({*rows.tolist()}) == 1200
        assert np.isin(rows, farthest).all()


def test_as_many_rows_as_there_are_can_be_asked_for(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    assert np.sort(index.search(questions[0], 2 * ROWS)[0]).tolist() == list(range(ROWS))
    assert len(index.search(questions[0], 0)[0]) == 0


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
def test_the_recall_is_measured_on_what_is_searched(about: dict[str, Any]) -> None:
    assert about["queries"] == 50
    assert about["enough"]
    assert dense.RECALL <= about["recall@10"] <= 1
    assert about["candidates"] in dense._CANDIDATES


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
def test_two_threads_find_what_one_finds(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    one = [index.search(query, 10)[0].tolist() for query in questions]
    monkeypatch.setattr(dense, "_HALVED", 0)
    halved = dense.write(vectors, np.asarray(vectors[:400:8], np.float32), tmp_path / "halved.faiss")
    index = DenseIndex(tmp_path / "halved.faiss", vectors, halved)
    assert [index.search(query, 10)[0].tolist() for query in questions] == one


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
def test_the_same_vectors_make_the_same_index(vectors: HalfVectors, about: dict[str, Any], tmp_path: Path) -> None:
    again = dense.write(vectors, np.asarray(vectors[:400:8], np.float32), tmp_path / "again.faiss")
    assert again == about
    assert (tmp_path / "again.faiss").read_bytes() == (tmp_path / "dense.faiss").read_bytes()


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
@pytest.mark.parametrize("size", [None, 0, 3, 40, 100_000])
def test_a_file_that_is_missing_or_cut_off_is_refused(
    vectors: HalfVectors, about: dict[str, Any], tmp_path: Path, size: int | None
) -> None:
    path = tmp_path / "dense.faiss"
    data = path.read_bytes()
    path.unlink()
    if size is not None:
        path.write_bytes(data[:size])
    with pytest.raises(RuntimeError):
        DenseIndex(path, vectors, about)


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
def test_an_altered_head_is_refused(vectors: HalfVectors, about: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "dense.faiss"
    data = path.read_bytes()
    for at in range(0, 2000, 90):  # FAISS would believe the sizes that stand there
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        with pytest.raises(RuntimeError, match="altered"):
            DenseIndex(path, vectors, about)


def test_codes_take_vectors_of_any_length(
    vectors: HalfVectors, questions: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_ROWS", 1000)
    path = tmp_path / "short.npy"
    np.save(path, unit(np.asarray(vectors[:, :300], np.float32)).astype(np.float16))
    short = np.asanyarray(np.load(path, mmap_mode="r"))
    about = dense.write(short, np.asarray(short[:400:8], np.float32), tmp_path / "dense.faiss")
    assert about["kind"] == dense.CODES
    index = DenseIndex(tmp_path / "dense.faiss", short, about)
    for query in unit(questions[:, :300]):
        assert index.search(query, 1)[0].tolist() == best(short, query, 1)[0]


@pytest.mark.parametrize("about", [dense.CODES], indirect=True)
def test_many_rows_that_lie_far_away_are_scored_piece_by_piece(
    vectors: HalfVectors, questions: Scores, about: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    cosines = DenseIndex.cosines
    monkeypatch.setattr(dense, "_CHUNK", 256)
    monkeypatch.setattr(dense, "_DEEPEST", 0)  # as if all of the nearest were outside

    def watched(self: DenseIndex, query: Scores, rows: Rows) -> Scores:
        held.append(len(rows))
        return cosines(self, query, rows)

    monkeypatch.setattr(DenseIndex, "cosines", watched)
    index = DenseIndex(tmp_path / "dense.faiss", vectors, about)
    within = np.arange(0, ROWS, 3)
    for query in questions:
        rows, scores = index.search(query, 20, within)
        expected, known = best(vectors, query, 20, within)
        assert rows.tolist() == expected
        assert scores.tolist() == pytest.approx(known.tolist(), abs=1e-6)
    assert max(held) == 256


def test_an_index_of_other_vectors_is_refused(vectors: HalfVectors, about: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        DenseIndex(tmp_path / "dense.faiss", vectors[:-1], about)


@pytest.mark.parametrize("mapped", [0, 1 << 30], ids=["read", "mapped"])
def test_rows_are_read_as_they_are_stored(vectors: HalfVectors, monkeypatch: pytest.MonkeyPatch, mapped: int) -> None:
    monkeypatch.setattr(columns, "_MAPPED", mapped)
    for rows in ([0], [4999], [5, 6, 7, 100, 3, 3, 4], list(range(300)), []):
        chosen = np.array(rows, np.int64)
        assert Stored(vectors).take(chosen).tolist() == vectors[chosen].tolist()
        sizes = np.arange(len(rows)) % 3
        runs = [vectors[row : row + size] for row, size in zip(rows, sizes, strict=True)]
        assert Stored(vectors).runs(chosen, sizes).ravel().tolist() == [x for run in runs for x in run.ravel().tolist()]


def test_no_vectors_at_all_are_no_error(tmp_path: Path) -> None:
    nothing = np.empty((0, 384), np.float16)
    about = dense.write(nothing, np.empty((0, 384), np.float32), tmp_path / "dense.faiss")
    rows, cosines = DenseIndex(tmp_path / "dense.faiss", nothing, about).search(np.ones(384, np.float32), 5)
    assert (len(rows), len(cosines)) == (0, 0)
