"""`assistant evaluate`: a small collection of invented documents with the real model, and the statistics by hand."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import Library, Turn
from assistant.cli import main
from assistant.errors import UsageError
from assistant.evaluation import measures
from assistant.evaluation.collection import Mark, Said, load
from assistant.evaluation.judging import (
    Shown,
    answer_end,
    coverage,
    locate,
    sentence_holds,
    words_until,
)
from assistant.evaluation.ranking import score
from assistant.retrieval import parse, stages

DOCUMENTS = {
    "oskelund": (
        "The ferry Oskelund",
        "The ferry Oskelund crosses the sound at seven every morning. It carries forty cars. "
        "Captain Brita Moen has steered the Oskelund since 1998.",
    ),
    "tindra": (
        "The ferry Tindra",
        "The ferry Tindra crosses the sound only in summer. Its engine was replaced in 2011.",
    ),
    "bakery": (
        "The bakery on Mill Street",
        "The bakery opens at five. Its rye bread comes from a stone oven that Odd Hallan built in 1931.",
    ),
    "observatory": (
        "The observatory on Kestrel Hill",
        "The observatory has a copper dome. Its great refractor was ground in Jena and shipped north in 1907.",
    ),
    "clock": ("The clock tower", "The clock tower strikes the quarters. Its bell cracked in the frost of 1963."),
    "lace": (
        "The lace school",
        "Forty pupils learned bobbin lace in the old customs house. The school closed in 1952.",
    ),
    "glass": ("The glass works", "The glass works blew green bottles for the brewery. Its chimney still stands."),
    "quarry": ("The slate quarry", "Slate from the quarry roofs the town hall. The last blast was fired in 1988."),
    "tram": ("The tram", "A single tram line climbed to the hospital. Its rails lie under the asphalt."),
    "salt": ("The salt pans", "Sea water was boiled to salt on the north shore. Peat fired the pans."),
    "orchard": ("The pear orchard", "The orchard grows nine kinds of pear. Wasps took half of the crop last year."),
    "choir": (
        "The harbour choir",
        "The choir of dockers sings on the quay at midsummer. Its conductor is a crane driver.",
    ),
}
HIRED = "Captain Brita Moen has steered the Oskelund since 1998."
ENGINE = "Its engine was replaced in 2011."
QUESTIONS: list[dict[str, Any]] = [
    {
        "_id": "captain",
        "text": "Who has steered the ferry Oskelund since 1998?",
        "answers": [{"text": HIRED, "start": DOCUMENTS["oskelund"][1].index(HIRED)}],
    },
    {
        "_id": "oven",
        "text": "Who built the stone oven of the bakery?",
        "doc": "bakery",
        "answers": [{"text": "Odd Hallan", "start": DOCUMENTS["bakery"][1].index("Odd Hallan")}],
    },
    {
        "_id": "refractor",
        "text": "Where was the great refractor of the observatory ground?",
        "answers": [{"text": "Jena", "start": 3}],
    },
    {"_id": "lisbon", "text": "What does a submarine ticket to Lisbon cost?", "answerable": False},
    {
        "_id": "engine",
        "text": "And when was its engine replaced?",
        "rewrite": "When was the engine of the ferry Tindra replaced?",
        "turns": [
            {"role": "user", "text": "Does the ferry Tindra cross the sound in winter?"},
            {"role": "assistant", "text": "It crosses the sound only in summer."},
            {"role": "user", "text": "And when was its engine replaced?"},
        ],
        "selected_sentences": [ENGINE],
    },
    {"_id": "crossing", "text": "The ferry Oskelund crosses the sound"},
]
JUDGEMENTS = [
    ("captain", "oskelund", 1),
    ("oven", "bakery", 1),
    ("oven", "nowhere", 1),
    ("refractor", "observatory", 2),
    ("refractor", "clock", 0),
    ("engine", "tindra", 1),
    ("crossing", "tindra", 1),
    ("stranger", "tindra", 1),
]


def write_lines(path: Path, values: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")
    return path


def write_collection(folder: Path) -> Path:
    folder.mkdir()
    documents = [{"_id": key, "title": title, "text": text} for key, (title, text) in DOCUMENTS.items()]
    write_lines(folder / "corpus.jsonl", documents)
    write_lines(folder / "queries.jsonl", QUESTIONS)
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in JUDGEMENTS)]
    (folder / "qrels.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "source_docs.tsv").write_text("query-id\tcorpus-id\ncrossing\toskelund\n", "utf-8")
    return folder


@dataclass(frozen=True)
class Measured:
    folder: Path
    index: Path
    report: dict[str, Any]
    questions: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The collection, its index, and what one run wrote; not to be changed."""
    made = tmp_path_factory.mktemp("evaluate")
    folder = write_collection(made / "town")
    with redirect_stdout(io.StringIO()) as printed:
        arguments = ["--index", str(made / "index"), "--per-query", str(made / "questions.jsonl"), "--json"]
        assert main(["evaluate", str(folder), *arguments]) == 0
    lines = (made / "questions.jsonl").read_text("utf-8").splitlines()
    questions = {record["id"]: record for record in map(json.loads, lines)}
    return Measured(folder, made / "index", json.loads(printed.getvalue()), questions)


Evaluate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]) -> Evaluate:
    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["evaluate", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def test_only_the_corpus_is_indexed(measured: Measured) -> None:
    about = measured.report["collection"]
    assert (about["name"], about["documents"], about["questions"]) == ("town", len(DOCUMENTS), len(QUESTIONS))
    assert (about["ranked_questions"], about["judged_answers"], about["unanswerable_questions"]) == (5, 4, 1)


def test_a_report_has_every_part(measured: Measured) -> None:
    report = measured.report
    assert list(report) == [
        "collection",
        "stages",
        "comparisons",
        "answers",
        "declining",
        "turns",
        "time",
        "notes",
    ]
    assert {"dense", "lexical", "rrf", "fused", "final"} <= report["stages"].keys()
    assert report["comparisons"].keys() == report["stages"].keys() - {"final"}
    assert report["comparisons"]["dense"]["RR@10"].keys() == {"difference", "low", "high", "p"}
    assert set(report["stages"]["final"]) == {"nDCG@10", "RR@10", "recall@5", "recall@10", "recall@100"}
    assert report["time"]["p95_ms"] >= report["time"]["median_ms"] > 0
    assert report["time"]["parts_median_ms"].keys() == {"embedding", "retrieving"}


def test_the_scores_of_a_question_are_those_computed_by_hand(measured: Measured) -> None:
    """One of two relevant documents is first, the other is not in the index."""
    scores = measured.questions["oven"]["stages"]["final"]
    assert scores["RR@10"] == 1
    assert scores["recall@5"] == scores["recall@100"] == 0.5
    assert scores["nDCG@10"] == round(1 / (1 + 1 / math.log2(3)), 4)
    assert measured.questions["captain"]["stages"]["final"]["nDCG@10"] == 1


def test_means_are_those_of_the_ranks_that_the_search_gives(measured: Measured) -> None:
    index = Library(measured.folder, measured.index).generation()
    relevant = {"captain": "oskelund", "oven": "bakery", "refractor": "observatory", "engine": "tindra"}
    reciprocals = {stage: [1.0] for stage in measured.report["stages"]}  # of `crossing`, see below
    for question in QUESTIONS:
        if question["_id"] in relevant:
            wanted = index.numbers["corpus.jsonl#" + relevant[question["_id"]]]
            for stage, rows in stages(parse(question["text"]), index).items():
                found = list(dict.fromkeys(int(index.passages[row]["source"]) for row in rows)).index(wanted)
                reciprocals[stage].append(1 / (found + 1) if found < 10 else 0.0)
    means = {stage: round(sum(values) / 5, 4) for stage, values in reciprocals.items()}
    assert {stage: found["RR@10"]["mean"] for stage, found in measured.report["stages"].items()} == means


def test_the_document_that_a_question_was_made_from_is_left_out(measured: Measured, evaluate: Evaluate) -> None:
    assert measured.questions["crossing"]["stages"]["final"]["RR@10"] == 1
    pairs = measured.folder / "source_docs.tsv"
    text = pairs.read_text("utf-8")
    pairs.unlink()
    try:
        chosen = write_lines(measured.index.parent / "crossing.jsonl", [QUESTIONS[-1]])
        _, out, _ = evaluate(measured.folder, "--index", measured.index, "--questions", chosen, "--json")
    finally:
        pairs.write_text(text, "utf-8")
    assert json.loads(out)["stages"]["final"]["RR@10"]["mean"] == 0.5


def test_answers_are_judged_where_they_stand(measured: Measured) -> None:
    """By an offset, by the nearest place to a wrong offset, and by sentences that someone picked out."""
    library = Library(measured.folder, measured.index)
    before = [Turn("Does the ferry Tindra cross the sound in winter?", "It crosses the sound only in summer.")]
    for name, words in {"captain": HIRED, "oven": "Odd Hallan", "refractor": "Jena", "engine": ENGINE}.items():
        (text,) = (question["text"] for question in QUESTIONS if question["_id"] == name)
        answer = library.ask(text, before if name == "engine" else [])
        judged = measured.questions[name]["judgement"]
        assert judged["first_sentence"] == any(words in statement.text for statement in answer.statements[:1]), name
        assert judged["any_sentence"] == any(words in statement.text for statement in answer.statements), name
        assert judged["first_excerpt"] == (words in answer.excerpts[0].text), name
        assert judged["excerpts"], name
        assert not judged["baseline"], name  # all are in the last sentence of their document
    assert measured.questions["captain"]["judgement"]["first_sentence"]
    answers = measured.report["answers"]
    records = [record for record in measured.questions.values() if record["judgement"]]
    assert answers["questions"] == len(records) == 4
    first = [record["judgement"]["first_sentence"] for record in records]
    assert answers["first_sentence"]["mean"] == sum(first) / 4
    assert answers["wrongly_declined"]["questions"] == sum(not record["found"] for record in records)
    assert answers["words_shown"]["most"] == max(record["words_shown"] for record in records)
    assert answers["baseline"]["mean"] == 0


def test_declined_answers_are_counted(measured: Measured) -> None:
    index = Library(measured.folder, measured.index)
    found = {question["_id"]: index.ask(question["text"]).found for question in QUESTIONS if "turns" not in question}
    assert {name: measured.questions[name]["found"] for name in found} == found
    assert not found["lisbon"]
    declining = measured.report["declining"]
    declined = sum(not record["found"] for record in measured.questions.values())
    assert (declining["unanswerable"], declining["declined"], declining["recall"]) == (1, declined, 1)
    assert declining["precision"] == round(1 / declined, 4)
    assert declining["wrongly_declined"] == (declined - 1) / 5
    assert declining["auroc"] == 1
    assert declining["risk_coverage"][-1]["coverage"] == 1
    assert sum(item["questions"] for item in declining["reliability"]) == len(QUESTIONS)


def test_the_forms_of_a_follow_up_are_compared(measured: Measured) -> None:
    found = measured.report["turns"]["rewritten"]
    assert (found["questions"], found["follow_ups"]) == (1, 1)
    forms = {form: values["RR@10"]["mean"] for form, values in found["forms"].items()}
    assert forms["last_turn"] == measured.questions["engine"]["stages"]["final"]["RR@10"]
    assert forms["rewrite"] == 1
    assert found["history_above_last_turn"]["RR@10"]["difference"] == forms["history"] - forms["last_turn"]
    assert measured.report["turns"]["all"]["forms"].keys() == {"last_turn", "history"}


def test_what_is_odd_is_noted_and_the_run_goes_on(measured: Measured) -> None:
    strangers, missing = measured.report["notes"]
    assert strangers == "1 question ids of qrels.tsv are not among the questions (first: stranger)"
    assert "1 relevant documents are not in the index" in missing
    assert "corpus.jsonl#nowhere" in missing


def test_a_kept_index_is_used_again_and_gives_the_same(measured: Measured, evaluate: Evaluate) -> None:
    status, out, err = evaluate(measured.folder, "--index", measured.index, "--json")
    again = json.loads(out)
    assert status == 0
    assert "Embedding passages" not in err
    assert out.count("\n") == 1
    del again["time"]
    assert again == {name: part for name, part in measured.report.items() if name != "time"}


def test_tables_and_a_plot(measured: Measured, evaluate: Evaluate, tmp_path: Path) -> None:
    status, out, _ = evaluate(measured.folder, "--index", measured.index, "--plot", tmp_path / "plot.png")
    assert status == 0
    assert "town: 12 documents, 12 passages, 6 questions" in out
    means = measured.report["stages"]["final"]["nDCG@10"]
    assert f"{means['mean']:.3f} [{means['low']:.3f}, {means['high']:.3f}]" in out
    assert "first quoted sentence holds the answer" in out
    assert "note: 1 question ids" in out
    assert "history − last turn" in out
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_limit_draws_the_same_questions(measured: Measured) -> None:
    drawn = [[question.id for question in load(measured.folder, limit=3).questions] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] == [question["_id"] for question in QUESTIONS if question["_id"] in drawn[0]]
    assert len(drawn[0]) == 3


def test_without_a_folder_for_it_no_index_is_left(
    evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_collection(tmp_path / "town")
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "here")
    before = sorted(folder.rglob("*"))
    status, out, _ = evaluate(folder, "--limit", 2, "--json")
    assert status == 0
    assert json.loads(out)["collection"]["questions"] == 2
    assert sorted(folder.rglob("*")) == before
    assert not list((tmp_path / "temporary").glob("assistant-*"))
    assert not list((tmp_path / "here").iterdir())


OWN: list[dict[str, Any]] = [
    {
        "_id": "lit",
        "text": "When was the lighthouse at Skarn Point lit?",
        "answerable": True,
        "answers": [
            {
                "source_id": "lighthouse.md",
                "quote": "The lighthouse at Skarn Point was lit for the first time\non 3 October 1871.",
            }
        ],
    },
    {
        "_id": "log",
        "text": "And who kept its log?",
        "answers": [
            {"source_id": "lighthouse.md", "quote": "Its keeper, Ines Aldous, kept the log for thirty-one years."}
        ],
        "turns": [{"user": "When was the lighthouse at Skarn Point lit?"}],
    },
    {"_id": "none", "text": "What does a submarine ticket to Lisbon cost?", "answerable": False, "answers": []},
]


def test_questions_about_ones_own_sources(notes: Library, evaluate: Evaluate) -> None:
    write_lines(notes.sources / "questions.jsonl", OWN)
    (notes.sources / "tides.txt").write_text("High tide comes twice a day.\n", "utf-8")
    status, out, _ = evaluate(notes.sources, "--index", notes.index, "--json")
    report = json.loads(out)
    assert status == 0
    assert report["collection"]["documents"] == 4  # the new file was indexed, the questions were not
    assert report["notes"] == []
    assert report["stages"]["final"]["RR@10"]["mean"] == 1
    assert report["answers"]["questions"] == 2
    assert report["answers"]["excerpts"]["mean"] == 1
    assert report["answers"]["reference_coverage"]["mean"] == 1
    first = notes.ask(OWN[0]["text"])
    follow_up = notes.ask(OWN[1]["text"], [first.turn()])
    said = [[statement.text for statement in answer.statements[:1]] for answer in (first, follow_up)]
    right = ["was lit for the first time" in " ".join(said[0]), "kept the log" in " ".join(said[1])]
    assert right[0]
    assert report["answers"]["first_sentence"]["mean"] == sum(right) / 2
    assert report["declining"]["unanswerable"] == 1
    assert report["turns"]["all"]["follow_ups"] == 1
    assert report["turns"]["rewritten"] is None


def test_a_question_that_cannot_be_asked_is_left_out(notes: Library, evaluate: Evaluate, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "mine.jsonl", [{"_id": "odd", "text": "???"}, OWN[0]])
    status, out, _ = evaluate(notes.sources, "--index", notes.index, "--questions", file, "--json")
    report = json.loads(out)
    assert (status, report["collection"]["questions"]) == (0, 1)
    (note,) = report["notes"]
    assert note.startswith("question odd was left out: there is no question")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda folder: (folder / "corpus.jsonl").unlink(), "holds neither corpus.jsonl"),
        (lambda folder: (folder / "qrels.tsv").unlink(), "there are no judgements in"),
        (
            lambda folder: (folder / "queries.jsonl").write_text('{"_id": 1, "text": "a"}\n{"_id"\n'),
            "line 2: it is not",
        ),
        (lambda folder: (folder / "queries.jsonl").write_text("\n[]\n"), "line 2: it is no object"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"_id": "a"}\n'), "line 1: text is no text"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"text": "a", "answers": [1]}'), "answers are not"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"text": "a", "answerable": 0}'), "answerable is"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"text": "a", "turns": ["b"]}'), "turns is no list"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"_id": 1, "text": "a"}\n' * 2), "line 2: the id 1 is"),
        (lambda folder: (folder / "queries.jsonl").write_text(""), "there is no question in"),
        (lambda folder: (folder / "queries.jsonl").write_bytes(b'{"text": "\xff"}'), "is not UTF-8"),
        (lambda folder: (folder / "queries.jsonl").unlink(), "cannot read"),
        (lambda folder: (folder / "qrels.tsv").write_text("q\td\ts\nq\td\tmuch\n"), "line 2: the score 'much'"),
        (lambda folder: (folder / "qrels.tsv").write_text("q d 1\n"), "line 1: it has 1 columns"),
        (lambda folder: (folder / "source_docs.tsv").write_text("q\n"), "source_docs.tsv, line 1: it has 1 columns"),
    ],
)
def test_what_is_malformed_is_said_in_one_line(
    broken: Callable[[Path], object], message: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    folder = write_collection(tmp_path / "town")
    broken(folder)
    status, out, err = evaluate(folder)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("assistant: ")
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "0"], "the limit is 0"),
        (["--plot", "nowhere/plot.png"], "cannot write"),
        (["--per-query", "."], "cannot write"),
        (["--qrels", "nowhere.tsv"], "cannot read"),
    ],
)
def test_arguments_that_make_no_sense(
    arguments: list[str], message: str, measured: Measured, evaluate: Evaluate
) -> None:
    status, out, err = evaluate(measured.folder, "--index", measured.index, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert evaluate(measured.folder / "nowhere")[0] == 2


def test_both_forms_of_turns(tmp_path: Path) -> None:
    said = [{"role": "user", "text": "One?"}, {"role": "assistant", "text": "First."}, {"role": "user", "text": "Two?"}]
    lines: list[dict[str, Any]] = [
        {"text": "Two?", "turns": said},
        {"text": "One?", "turns": said[:1]},
        {"text": "Three?", "turns": [{"user": "One?"}, {"user": "Two?", "assistant": "Second."}]},
        {"text": "Alone?"},
    ]
    write_lines(tmp_path / "questions.jsonl", lines)
    earlier = [question.earlier for question in load(tmp_path).questions]
    assert earlier == [(Said("One?", "First."),), (), (Said("One?", None), Said("Two?", "Second.")), None]


def test_an_answer_is_in_the_document_asked_about_else_in_the_relevant_ones(tmp_path: Path) -> None:
    folder = write_collection(tmp_path / "town")
    marks = {question.id: question.marks for question in load(folder).questions}
    assert [mark.source_id for mark in marks["oven"]] == ["corpus.jsonl#bakery"]  # not that of `nowhere`
    assert marks["refractor"] == (Mark("corpus.jsonl#observatory", "Jena", 3),)
    assert marks["engine"] == (Mark("corpus.jsonl#tindra", ENGINE, whole=True),)
    assert marks["lisbon"] == ()


def test_a_folder_without_questions(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A note.\n", "utf-8")
    with pytest.raises(UsageError, match="--questions"):
        load(tmp_path)


TEXT = "Red is warm. Blue is cold and red is not. Green is mild."


def shown(words: str, source_id: str = "a") -> Shown:
    start = TEXT.index(words)
    return Shown(source_id, start, start + len(words), words)


def test_an_answer_is_located() -> None:
    assert locate(Mark("a", "is cold", 18), TEXT).spans == ((18, 25),)
    assert locate(Mark("a", "Red is", 30), TEXT).spans == ((0, 6),)
    assert locate(Mark("a", "is", 40), TEXT).spans == ((34, 36),)  # the nearest of four
    assert locate(Mark("a", "is\n cold"), TEXT).spans == ((18, 25),)
    assert len(locate(Mark("a", "is"), TEXT).spans) == 4
    assert locate(Mark("a", "is hot", 18), TEXT).spans == ()


def test_a_sentence_holds_an_answer_of_which_it_has_half() -> None:
    blue = locate(Mark("a", "Blue is cold and red is not. Green", 13), TEXT)
    assert sentence_holds(shown("Blue is cold and red is not."), [blue])
    assert not sentence_holds(shown("Red is warm."), [blue])
    assert not sentence_holds(shown("Green is mild."), [blue])  # 5 of its 14 characters
    assert sentence_holds(shown("Green is"), [blue])  # 5 of 8
    assert not sentence_holds(shown("Blue is cold and red is not.", "b"), [blue])
    assert not sentence_holds(shown("Red is warm."), [locate(Mark("a", "red", 30), TEXT)])  # the word, elsewhere


def test_sentences_picked_out_hold_either_way() -> None:
    picked = locate(Mark("a", "Blue is cold and\nred is not. And more.", whole=True), TEXT)
    assert sentence_holds(shown("Blue is cold and red is not."), [picked])
    assert not sentence_holds(shown("Green is mild."), [picked])
    assert not sentence_holds(shown("Blue is cold and red is not."), [locate(Mark("a", "Blue is cold, more"), TEXT)])


def test_words_are_counted_until_the_answer_is_read() -> None:
    mild = [locate(Mark("a", "mild", TEXT.index("mild")), TEXT)]
    red, blue, all_of_it = shown("Red is warm."), shown("Blue is cold and red is not."), shown(TEXT)
    assert words_until([red], [blue, all_of_it], mild) == 3 + 7 + 13
    assert words_until([shown("Green is mild."), red], [all_of_it], mild) == 3
    assert words_until([red], [blue], mild) == 3 + 7  # never shown: all that there is
    assert words_until([], [all_of_it], [locate(Mark("a", "cold", 21), TEXT)]) == 6
    picked = [locate(Mark("a", "Blue is cold and red is not.", whole=True), TEXT)]
    assert words_until([], [all_of_it], picked) == 10


def test_an_excerpt_holds_an_answer_of_which_it_has_half() -> None:
    answer = [locate(Mark("a", "cold and", 21), TEXT)]
    assert answer_end(shown("Blue is cold"), answer) == 12  # 4 of 8, up to the end of the excerpt
    assert answer_end(shown("Blue is col"), answer) is None


def test_coverage_counts_characters_once() -> None:
    overlapping = [locate(Mark("a", "Red is", 0), TEXT), locate(Mark("a", "is warm.", 4), TEXT)]
    assert coverage([shown("Red is warm.")], overlapping) == 1
    assert coverage([shown("Red")], overlapping) == 3 / 12
    assert coverage([shown("Red", "b")], overlapping) == 0
    assert coverage([shown("Red")], [locate(Mark("a", "is"), TEXT)]) is None


def test_scores_of_a_ranking_by_hand() -> None:
    found = score({"q": ["x", "two", "y", "one"], "empty": []}, {"q": {"one": 1, "two": 2, "x": 0}, "empty": {"z": 1}})
    gained = 2 / math.log2(3) + 1 / math.log2(5)
    best = 2 + 1 / math.log2(3)
    assert found["nDCG@10"].tolist() == pytest.approx([gained / best, 0])
    assert found["RR@10"].tolist() == [0.5, 0]
    assert found["recall@5"].tolist() == [1, 0]
    late = score({"q": [str(number) for number in range(30)]}, {"q": {"10": 1, "4": 1, "25": 1, "5": 1}})
    assert [late[name][0] for name in ("recall@5", "recall@10", "recall@100")] == [0.25, 0.5, 1]
    assert late["RR@10"][0] == 0.2


def test_an_interval_is_that_of_the_mean() -> None:
    assert measures.estimate(np.full(7, 0.25)) == {"mean": 0.25, "low": 0.25, "high": 0.25}
    found = measures.estimate(np.tile([0.0, 1.0], 50))
    assert found["mean"] == 0.5
    assert found["low"] == pytest.approx(0.5 - 1.96 * 0.05, abs=0.015)
    assert found["high"] == pytest.approx(0.5 + 1.96 * 0.05, abs=0.015)
    with pytest.raises(ValueError, match="no values"):
        measures.estimate(np.array([]))


def test_a_comparison_is_paired() -> None:
    spread = np.tile([0.0, 0.5], 4)
    found = measures.compare(spread + 0.25, spread)
    assert (found["difference"], found["low"], found["high"]) == (0.25, 0.25, 0.25)
    assert found["p"] == pytest.approx(2 / 2**8, abs=0.003)  # all eight signs alike
    assert measures.compare(spread, spread)["p"] == 1
    with pytest.raises(ValueError, match="not paired"):
        measures.compare(spread, spread[:3])


def test_the_sign_flip_test_is_two_sided() -> None:
    differences = np.array([3.0, 2.0, -1.0])  # of 8 sums 4 are as far from 0 as 4: 6, 4 and their opposites
    assert measures.sign_flip_p(differences) == pytest.approx(4 / 8, abs=0.02)
    assert measures.sign_flip_p(-differences) == measures.sign_flip_p(differences)


def test_the_share_of_the_way() -> None:
    low, high = np.array([0.0, 0.2, 0.4]), np.array([0.4, 0.6, 0.8])
    found = measures.share_of_the_way(low, low + 0.1, high)
    assert found is not None
    assert [found["mean"], found["low"], found["high"]] == pytest.approx([0.25] * 3)
    assert measures.share_of_the_way(low, high, low) is None


def test_auroc_counts_ties_half() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.1])
    assert measures.auroc(scores, np.array([True, True, False, False])) == 3.5 / 4
    assert measures.auroc(scores, np.array([True] * 4)) is None


def test_risk_and_coverage() -> None:
    right = np.array([True, False, True, False])
    curve, area = measures.risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), right)
    assert [(point["coverage"], point["risk"]) for point in curve] == [(0.25, 0), (0.5, 0.5), (0.75, 1 / 3), (1, 0.5)]
    assert area == pytest.approx((0 + 0.5 + 1 / 3 + 0.5) / 4)
    tied, area = measures.risk_coverage(np.full(4, 0.5), right)
    assert [point["risk"] for point in tied] == [0.5] * 4
    assert len(measures.risk_coverage(np.linspace(0, 1, 1234), np.ones(1234, bool))[0]) == 100


def test_reliability_and_its_error() -> None:
    bins, error = measures.reliability(np.array([0.15, 0.15, 0.95, 1.0]), np.array([False, True, True, True]))
    assert [item["questions"] for item in bins] == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (bins[1]["confidence"], bins[1]["observed"]) == (0.15, 0.5)
    assert (bins[0]["confidence"], bins[0]["observed"]) == (None, None)
    assert error == pytest.approx(0.5 * 0.35 + 0.5 * 0.025)
