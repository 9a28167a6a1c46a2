"""Follow-ups, greetings and overviews."""

from __future__ import annotations

import numpy as np
import pytest

from assistant import Library
from assistant.conversation import is_greeting, overview_topic, resolve
from assistant.ranking import encode
from assistant.records import AnswerKind, Turn
from assistant.retrieval import parse
from assistant.settings import LITTLE


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


def test_a_follow_up_of_whose_own_words_no_source_has_any_does_not_live_on_the_question_before(notes: Library) -> None:
    before = turns(notes, "When was the Skarn Point lighthouse lit for the first time?")
    assert notes.ask("And who kept it?", before).found
    answer = notes.ask("And who vandalised it?", before)
    assert not answer.found
    assert "No source has the word “vandalised”." in answer.message


def test_a_new_topic_inherits_nothing(notes: Library) -> None:
    before = turns(notes, "Where is the Skarn Point lighthouse?")
    assert notes.ask("Which dredger cleared the inner basin of silt?", before).query.carried == ()


def test_a_first_question_carries_nothing(notes: Library) -> None:
    assert notes.ask("And when was that?").query.carried == ()


KEDO = "When was KEDO founded?"
STOCKHOLM = "Who led the American delegation at the Stockholm talks of October 2019?"


@pytest.mark.parametrize(
    "question",
    [
        "Which dredger cleared the inner basin of silt?",
        "And which dredger cleared the inner basin of all that silt in spring?",
        "Who paid the dredger?",
    ],
)
def test_a_question_that_says_enough_leans_only_a_little(notes: Library, question: str) -> None:
    query = resolve(parse(question), turns(notes, "Where is the Skarn Point lighthouse?"), notes.generation())
    assert query.lean == LITTLE
    assert query.carried == ()
    assert query.full_text == question
    assert query.context == ("Where is the Skarn Point lighthouse?",)


@pytest.mark.parametrize("question", ["Why?", "When was that?", "And its keeper?", "What about the log?"])
def test_a_question_that_points_back_leans_fully(notes: Library, question: str) -> None:
    query = resolve(parse(question), turns(notes, "Where is the Skarn Point lighthouse?"), notes.generation())
    assert query.lean >= 1 > 2 * LITTLE
    assert "lighthouse" in query.carried


def test_the_more_a_question_leans_the_nearer_it_is_searched_to_the_one_before(notes: Library) -> None:
    index = notes.generation()
    first = "Where is the Skarn Point lighthouse?"
    before = index.encoder.encode_queries([first])[0]

    def drawn(question: str) -> float:
        alone = encode(parse(question), index).vector
        followed = encode(resolve(parse(question), [Turn(first)], index), index).vector
        assert np.linalg.norm(followed) == pytest.approx(1, abs=1e-5)
        return float((followed - alone) @ before)

    assert drawn("When was that?") > 2 * drawn("Which dredger cleared the inner basin of silt?") > 0


def test_the_first_question_of_a_conversation_stays_in_its_context(sample: Library) -> None:
    index = sample.generation()
    query = resolve(parse("When was that?"), turns(sample, KEDO, STOCKHOLM), index)
    assert query.context == (STOCKHOLM, KEDO)
    assert "Stockholm" in query.carried
    assert "KEDO" not in query.carried
    terms = encode(query, index).terms
    assert 0 < terms["kedo"] < terms["stockholm"] <= 1
    assert resolve(parse("Why?"), turns(sample, KEDO), index).context == (KEDO,)


def test_words_of_the_question_itself_weigh_in_full(sample: Library) -> None:
    index = sample.generation()
    asked = encode(resolve(parse("And when was KEDO dissolved?"), turns(sample, STOCKHOLM), index), index)
    assert asked.terms["kedo"] == 1.0
    assert 0 < asked.terms["stockholm"] < 1
    assert set(asked.written.values()) == {"KEDO", "dissolved"}


def test_a_chain_of_follow_ups_is_answered_from_its_topic(sample: Library) -> None:
    alone = sample.ask("When did it end?")
    assert alone.excerpts[0].citation.source_id != "kedo.md"
    before = turns(sample, KEDO, "And which countries founded it?")
    assert any("Japan" in statement for statement in before[1].answer_text.split("”"))
    answer = sample.ask("When did it end?", before)
    assert "KEDO" in answer.query.carried
    assert answer.excerpts[0].citation.source_id == "kedo.md"
    assert any("end the reactor project" in excerpt.text for excerpt in answer.excerpts)


@pytest.mark.parametrize(
    ("question", "source_id"),
    [
        (STOCKHOLM, "summits-2018-2019.md"),
        ("How many sailors died when the corvette Cheonan sank in March 2010?", "cheonan-and-yeonpyeong-2010.md"),
        ("What did the Commission of Inquiry on human rights find?", "commission-of-inquiry-human-rights.md"),
        ("When was Jang Song Thaek executed?", "succession-and-jang-song-thaek.md"),
    ],
)
def test_after_a_conversation_another_topic_finds_its_own_document(
    sample: Library, question: str, source_id: str
) -> None:
    before = turns(sample, KEDO, "And which countries founded it?", "When did it end?")
    answer = sample.ask(question, before)
    assert answer.query.carried == ()
    assert answer.query.context
    assert answer.excerpts[0].citation.source_id == source_id
    assert answer.statements[0].citation.source_id == source_id


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
