"""Follow-ups, greetings and overviews."""

from __future__ import annotations

import pytest

from assistant import Library
from assistant.conversation import is_greeting, overview_topic
from assistant.records import AnswerKind, Turn


def turns(library: Library, *questions: str) -> list[Turn]:
    found: list[Turn] = []
    for question in questions:
        found.append(library.ask(question, found).turn())
    return found


@pytest.mark.parametrize("follow_up", ["And when was it lit?", "When was that?", "Who kept its log?"])
def test_a_follow_up_is_answered_from_the_turn_before(notes: Library, follow_up: str) -> None:
    before = turns(notes, "Where is the Skarn Point lighthouse?")
    answer = notes.ask(follow_up, before)
    assert "lighthouse" in answer.query.carried
    assert answer.statements[0].citation.source_id == "lighthouse.md"


def test_a_chain_of_follow_ups_keeps_the_topic(notes: Library) -> None:
    before = turns(notes, "Tell me about the orchard", "How many hives does it keep?")
    assert "orchard" in notes.ask("And why?", before).query.carried


def test_a_new_topic_inherits_nothing(notes: Library) -> None:
    before = turns(notes, "Where is the Skarn Point lighthouse?")
    assert notes.ask("Which dredger cleared the inner basin of silt?", before).query.carried == ()


def test_a_first_question_carries_nothing(notes: Library) -> None:
    assert notes.ask("And when was that?").query.carried == ()


@pytest.mark.parametrize("text", ["Hello", "hi there!", "Good morning.", "Thank you very much", "thanks"])
def test_a_greeting_gets_a_reply_that_says_what_there_is(notes: Library, text: str) -> None:
    answer = notes.ask(text)
    assert answer.kind is AnswerKind.GREETING
    assert "3 documents" in answer.message
    assert "Harbour dredging" in answer.message


@pytest.mark.parametrize("text", ["Hello, when was the lighthouse lit?", "Hi-tech hives", "Thanks to whom was it lit?"])
def test_a_question_with_a_greeting_is_a_question(text: str) -> None:
    assert not is_greeting(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("What do you have on the harbour?", "the harbour"),
        ("what do your sources say about bees", "bees"),
        ("Please summarise the lighthouse.", "the lighthouse"),
        ("What sources do you have?", ""),
        ("What is in the library?", ""),
        ("What weapons does the North have?", None),
        ("How many hives does the orchard have?", None),
        ("What are the sources of the money?", None),
    ],
)
def test_an_overview_is_told_from_a_question(text: str, topic: str | None) -> None:
    assert overview_topic(text) == topic


def test_an_overview_shows_the_closest_passages(notes: Library) -> None:
    answer = notes.ask("Summarise the works in the harbour")
    assert answer.kind is AnswerKind.OVERVIEW
    assert answer.excerpts[0].citation.source_id == "harbour.md"
    assert answer.statements
    assert "Harbour dredging" in answer.message


def test_what_the_library_holds_is_listed(notes: Library) -> None:
    answer = notes.ask("What do you have?")
    assert answer.kind is AnswerKind.OVERVIEW
    assert "3 documents" in answer.message


def test_what_the_sources_do_not_answer_is_said_and_the_unseen_words_named(notes: Library) -> None:
    answer = notes.ask("What does a submarine ticket to Lisbon cost?")
    assert not answer.found
    assert answer.statements == ()
    assert {"submarine", "ticket", "Lisbon", "cost"} == set(answer.unseen_words)
    assert "Lisbon" in answer.message
    assert answer.excerpts


def test_suggestions_are_answered(sample: Library) -> None:
    suggestions = sample.suggestions(4)
    assert len(set(suggestions)) == 4
    for question in suggestions:
        assert sample.ask(question).found
