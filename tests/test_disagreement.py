"""Figures by what they count, and answers whose sources give different ones."""

from __future__ import annotations

import pytest

from assistant import Answer, Library
from assistant.analysis import Analyser
from assistant.demands import Demands
from assistant.disagreement import differing, figures

ENGLISH = Analyser("english")


def found(sentence: str, analyser: Analyser = ENGLISH) -> dict[str, list[str]]:
    return {unit: sorted(values) for unit, values in figures(sentence, analyser).items()}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It was about 250 kilotons.", {"kiloton": ["250"]}),
        ("One kiloton or less: 0.48 kilotons by another count.", {"kiloton": ["0.48", "1"]}),
        ("It was put at 50 to 60 kilotons.", {"kiloton": ["50", "60"]}),
        ("It was put at 50–60 kilotons.", {"kiloton": ["50", "60"]}),
        ("They worked between three and five months.", {"month": ["3", "5"]}),
        ("It held 109 plus or minus 49 tons.", {"ton": ["109", "49"]}),
        ("It took 8,000 rods.", {"rod": ["8000"]}),
        ("It took 8000 rods.", {"rod": ["8000"]}),
        ("5 million barrels or 525,000 tons", {"barrel": ["5 million"], "ton": ["525000"]}),
        ("Seven ships left, and 12 ships came.", {"ship": ["12", "7"]}),
        ("It fell by 7 %, or 8%.", {"%": ["7", "8"]}),
    ],
)
def test_figures_are_known_by_what_they_count(sentence: str, expected: dict[str, list[str]]) -> None:
    assert found(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "It took place at 03:30:01-02 UTC.",
        "It took place at 10:30 on 4 June 2003.",
        "On June 4, 2003 the delegates left.",
        "Resolution 1718 followed in 2006.",
        "Six Party delegates met.",
        "Article 5 of the treaty",
        "The Hwasong-15 of 1994 flew.",
        "It has no figures.",
        "",
    ],
)
def test_times_names_and_resolutions_count_nothing(sentence: str) -> None:
    assert found(sentence) == {}


def test_a_figure_is_not_joined_with_a_unit_behind_a_date() -> None:
    assert found("They counted 40 in 2020 ships") == {}


def test_where_nouns_have_capitals_they_are_units() -> None:
    assert found("Der Hafen hat 40 Schiffe und 3 Kräne.", Analyser("german")) == {"schiff": ["40"], "kran": ["3"]}


TOWER = {"tower": 2.0, "high": 1.0}


def places(sentences: list[str], held: list[dict[str, float]], question: str = "How high is the tower?") -> list[int]:
    return differing(sentences, held, Demands(question, "english"), ENGLISH)


def test_other_figures_in_the_same_unit_differ() -> None:
    sentences = ["It is 40 metres high.", "It is 38 metres high.", "It is 40 metres high.", "It has 12 steps."]
    assert places(sentences, [TOWER] * 4) == [1]


def test_a_range_that_holds_the_figure_agrees() -> None:
    assert places(["It is 40 metres high.", "It is 38 to 40 metres high."], [TOWER] * 2) == []
    assert places(["It is 4,000 metres off.", "It is 4000 metres off."], [TOWER] * 2) == []
    assert places(["It has forty flags and two doors.", "It has 2 doors."], [TOWER] * 2) == []


def test_a_scale_is_a_part_of_the_figure() -> None:
    assert places(["It cost 2 million crowns.", "It cost 2 crowns."], [TOWER] * 2) == [1]


def test_a_sentence_about_something_else_does_not_differ() -> None:
    sentences = ["The tower is 40 metres high.", "The mast is 38 metres high."]
    assert places(sentences, [TOWER, {"high": 1.0}]) == []
    assert places(sentences, [TOWER, TOWER | {"mast": 3.0}]) == [1]
    assert places(sentences, [{}, {}]) == []  # nothing of the question in either


def test_figures_of_the_question_are_not_what_it_asks_for() -> None:
    sentences = ["In 5 days 40 ships came.", "In 9 days 40 ships came."]
    assert places(sentences, [TOWER] * 2, "How many ships came in 5 days?") == []
    assert places(sentences, [TOWER] * 2, "How fast did they come?") == [1]


def test_only_what_is_counted_can_differ_where_the_question_names_it() -> None:
    sentences = ["In 5 days 40 ships came.", "In 9 days 38 ships came.", "In 9 days 40 ships came."]
    assert places(sentences, [TOWER] * 3, "How many ships came?") == [1]


def test_nothing_differs_from_nothing() -> None:
    assert places([], []) == []
    assert places(["It is high.", "It is 38 metres high."], [TOWER] * 2) == []


def told(answer: Answer) -> list[str]:
    return [note for note in answer.notes if "different figures" in note]


def test_the_answer_shows_the_figures_of_both_sides(sample: Library) -> None:
    answer = sample.ask("What was the yield of the sixth nuclear test?")
    kilotons = [figures(statement.text, ENGLISH).get("kiloton", frozenset()) for statement in answer.statements]
    given = [values for values in kilotons if values]
    assert len(given) >= 2
    assert any(one.isdisjoint(other) for one in given for other in given)
    assert len(told(answer)) == 1
    assert "“North Korea's Six Nuclear Tests, 2006-2017”" in told(answer)[0]
    for statement in answer.statements:
        cited = statement.citation
        assert sample.source(cited.source_id).text[cited.start : cited.end] == statement.text == cited.quote
        assert statement.text in answer.excerpts[statement.numbers[0] - 1].text


def test_where_the_sources_agree_nothing_is_said(sample: Library) -> None:
    answer = sample.ask("How much heavy fuel oil was North Korea to get each year under the Agreed Framework?")
    agreeing = {e.citation.source_id for e in answer.excerpts if "500,000" in e.text}
    assert agreeing >= {"kedo.md", "agreed-framework-1994.md"}
    assert any("500,000" in statement.text for statement in answer.statements)
    assert told(answer) == [] and answer.differing == ()


def test_two_documents_that_disagree_are_both_named(notes: Library) -> None:
    for name, metres in (("chronicle", 40), ("survey", 38)):
        (notes.sources / f"{name}.md").write_text(
            f"# The {name} of Elm Hill\n\nThe tower of Elm Hill is {metres} metres high. "
            "The stair of Elm Hill has 212 steps.\n",
            "utf-8",
        )
    notes.rebuild()
    answer = notes.ask("How high is the tower of Elm Hill?")
    assert {statement.citation.source_id for statement in answer.statements} == {"chronicle.md", "survey.md"}
    assert "40 metres" in answer.text
    assert "38 metres" in answer.text
    assert answer.differing == (1, 2) and Answer.from_dict(answer.to_dict()) == answer
    assert len(told(answer)) == 1
    assert all(f"“The {name} of Elm Hill”" in told(answer)[0] for name in ("chronicle", "survey"))
    agreed = notes.ask("How many steps has the stair of Elm Hill?")
    assert "212 steps" in agreed.statements[0].text
    assert told(agreed) == []
