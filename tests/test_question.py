"""From a question to a cited answer, on the sample library."""

from __future__ import annotations

import re

import pytest

from assistant import Answer, Library
from assistant.notes import NOTES
from assistant.settings import FOUND_AT


def test_the_answer_quotes_the_joint_statement(sample: Library) -> None:
    answer = sample.ask("What did the September 2005 joint statement commit North Korea to?")
    assert answer.found
    first = answer.statements[0]
    assert "give up" in first.text
    assert "all nuclear weapons" in first.text
    assert first.citation.source_id == "joint-statement-2005.md"
    assert answer.excerpts[first.numbers[0] - 1].text.count(first.text) == 1


def test_every_quotation_is_a_slice_of_its_source(sample: Library) -> None:
    for question in ("Who chaired the talks?", "When did North Korea leave the NPT?", "How was the money returned?"):
        answer = sample.ask(question, k=8)
        for citation in [e.citation for e in answer.excerpts] + [s.citation for s in answer.statements]:
            text = sample.source(citation.source_id).text
            assert text[citation.start : citation.end] == citation.quote
            assert text[: citation.start].endswith(citation.prefix)
            assert text[citation.end :].startswith(citation.suffix)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("What happened to the Cheonan in {}?", "2010"),
        ("What did Security Council resolution {} prohibit?", "1718"),
        ("What did the joint statement of September {} commit North Korea to?", "2005"),
    ],
)
@pytest.mark.parametrize("other", ["1995", "1716", "2044"])
def test_a_question_with_a_number_that_no_excerpt_has_is_not_answered(
    sample: Library, question: str, number: str, other: str
) -> None:
    assert sample.ask(question.format(number)).found
    answer = sample.ask(question.format(other))
    assert not any(other in f"{e.citation.title} {e.citation.locator} {e.text}" for e in answer.excerpts)
    assert not answer.found
    assert answer.confidence < FOUND_AT
    assert answer.statements == ()
    assert f"“{other}”" in answer.message
    assert answer.excerpts


def test_a_number_may_be_spelt_out_in_the_source(sample: Library) -> None:
    answer = sample.ask("Which 3 countries founded KEDO?")
    assert answer.found
    assert not any("mentions" in note for note in answer.notes)


def test_a_name_that_no_excerpt_has_is_told_beside_the_answer(sample: Library) -> None:
    answer = sample.ask("When was the first nuclear test of Pakistan?")
    plain = sample.ask("When was the first nuclear test of North Korea?")
    assert "Pakistan" in answer.message + " ".join(answer.notes)
    assert answer.confidence < plain.confidence - 0.2


def keys(answer: Answer) -> list[str]:
    """Which template each note of an answer was made from."""
    patterns = {key: re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(template)) for key, template in NOTES.items()}
    return [next(key for key, pattern in patterns.items() if re.fullmatch(pattern, note)) for note in answer.notes]


def test_every_note_is_made_from_a_template(notes: Library) -> None:
    (notes.sources / "rain.txt").write_text("Rain in the harbour\n\nIt rained on 12 days in May.\n", "utf-8")
    notes.rebuild()
    question = "When was the lighthouse at Skarn Point lit, and what does Bristol say?"
    assert keys(notes.ask(question, after="1800")) == ["undated_many", "not_mentioned"]
    assert keys(notes.ask(question, after="1800", sources=["bees.txt", "*.md"])) == ["undated_one", "not_mentioned"]
    (notes.sources / "harbour.md").unlink()
    assert "changed_one" in keys(notes.ask("What did the dredger clear from the harbour?"))
    (notes.sources / "rain.txt").unlink()
    assert "changed_many" in keys(notes.ask("How often did it rain in the harbour?"))


def test_what_is_left_out_of_a_long_question_is_told(sample: Library) -> None:
    asked = "When was the Agreed Framework signed?"
    padded = " ".join([asked, *(f"harbour{number}" for number in range(200))])
    answer = sample.ask(padded)
    assert "The question is long: only the 64 rarest of its 203 words were searched for." in answer.notes
    assert "long" not in keys(sample.ask(asked))
    assert len(sample.ask("* ? ~ AND ( OR NOT [a TO b] ^2 treaty").excerpts) == len(sample.ask("of the").excerpts) == 5


def test_the_numbers_and_names_that_no_excerpt_has_are_listed(sample: Library, notes: Library) -> None:
    assert sample.ask("What happened to the Cheonan in 1995?").missing == ("1995",)
    assert sample.ask("When was KEDO founded?").missing == ()
    answer = notes.ask("When was the lighthouse at Skarn Point lit, before Marabel?", sources="lighthouse.md")
    assert (answer.missing, answer.unseen_words) == (("Marabel",), ())
    unseen = notes.ask("When was the lighthouse at Skarn Point lit, before Bristol?")
    assert (unseen.missing, unseen.unseen_words) == ((), ("Bristol",))
    before = unseen.to_dict()
    del before["missing"]
    assert Answer.from_dict(before) == unseen


QUESTIONS = [
    "When was KEDO founded?",
    "What were the dates of the last Six-Party Talks meeting?",
    "On what date did North Korea declare its withdrawal from the NPT, the one that was not reversed?",
    "Why was Beijing so irritated with Kim Jong Un by 2014?",
    "How much cryptocurrency did North Korean hackers steal in 2024?",
    "Write a Python function that reverses a string.",
    "Wer leitete die amerikanische Delegation in Stockholm?",
    "Who chaired the talks?",
    "KEDO",
    "zzzz",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_confidence_is_a_probability_that_hardly_depends_on_the_number_of_excerpts(
    sample: Library, question: str
) -> None:
    """Of more excerpts the best sentence can only be better, and the margin of the first passage stays what it is."""
    few, middle, many = (sample.ask(question, k=k) for k in (3, 5, 10))
    assert 0 <= few.confidence <= middle.confidence <= many.confidence <= 1
    assert many.confidence - few.confidence <= 0.2
    for answer in (few, middle, many):
        assert answer.found == (answer.confidence >= FOUND_AT)


def test_confidence_tells_answered_questions_from_others(sample: Library) -> None:
    sure, unsure, nothing = (
        sample.ask(question).confidence
        for question in (
            "When was Jang Song Thaek executed?",
            "Write a Python function that reverses a string.",
            '"no such words"',
        )
    )
    assert sure > 0.8
    assert unsure < 0.1
    assert nothing == 0
