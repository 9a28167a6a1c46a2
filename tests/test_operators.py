"""Filters typed in a question: in:, tag:, publisher:, after: and before:."""

from __future__ import annotations

import json

import pytest
from conftest import Command

from assistant import Library
from assistant.errors import UsageError
from assistant.records import AnswerKind, Filters
from assistant.retrieval import parse


@pytest.mark.parametrize(
    ("typed", "text", "filters"),
    [
        ("When was it lit in:lighthouse.md", "When was it lit", Filters(sources=("lighthouse.md",))),
        ("in:lighthouse.md When was it lit?", "When was it lit?", Filters(sources=("lighthouse.md",))),
        ("When was it lit tag:harbour?", "When was it lit?", Filters(tags=("harbour",))),
        ("Who In:reports/ paid,  then?", "Who paid, then?", None),
        ('Who paid in:"joint statement"?', "Who paid?", Filters(sources=("joint statement",))),
        ("Who paid in:“joint statement”, and why?", "Who paid, and why?", Filters(sources=("joint statement",))),
        ("who in:a.md in:b.md paid", "who paid", Filters(sources=("a.md", "b.md"))),
        ("who after:2004 after:2005 paid", "who paid", Filters(after="2005")),
        (
            'What after:2005 before:2010-06 tag:harbour publisher:"Port Office" Tag:works',
            "What",
            Filters(tags=("harbour", "works"), publishers=("Port Office",), after="2005", before="2010-06"),
        ),
    ],
)
def test_operators_become_filters(typed: str, text: str, filters: Filters | None) -> None:
    query = parse(typed)
    assert query.text == text
    assert query.filters == (filters or Filters(sources=("reports/",)))


@pytest.mark.parametrize(
    "typed",
    [
        "What is in: the harbour?",
        "after: the war",
        "Which plug-in:x is it?",
        "See https://example.org/in:x",
        "login:x and begin:y",
        'What is in:""?',
        'What is in:" "?',
        'Who said in:"never closed',
        "The train at 12:30, before: noon",
        'Who wrote "see in:kedo.md for more"?',
        "Who wrote “after:2005”?",
    ],
)
def test_what_only_looks_like_an_operator_is_left_in_the_question(typed: str) -> None:
    query = parse(typed, Filters(tags=("harbour",)))
    assert query.text == typed
    assert query.filters == Filters(tags=("harbour",))


def test_what_is_typed_replaces_that_field_only() -> None:
    given = Filters(sources=("a.md",), tags=("works",), after="2001")
    assert parse("who in:b.md before:2009 paid", given).filters == Filters(
        sources=("b.md",), tags=("works",), after="2001", before="2009"
    )


def test_phrases_stay_phrases_beside_an_operator_with_quotation_marks() -> None:
    query = parse('in:"joint statement" "action for action" tag:“six party”')
    assert query.phrases == ("action for action",)
    assert query.text == '"action for action"'
    assert query.filters == Filters(sources=("joint statement",), tags=("six party",))


def test_a_phrase_alone_is_answered_by_the_sentences_that_hold_it(sample: Library) -> None:
    answer = sample.ask('in:"joint statement" after:2005 "action for action"')
    assert answer.found and answer.confidence == 1.0
    assert all("action for action" in statement.text for statement in answer.statements)
    assert not sample.ask('in:"joint statement" "action for inaction"').found


@pytest.mark.parametrize("typed", ["in:kedo.md", 'after:2005 tag:"six party"?', "before:2010 ?!"])
def test_operators_alone_are_no_question(typed: str) -> None:
    with pytest.raises(UsageError, match=r"^there is no question: write at least one word besides "):
        parse(typed)


@pytest.mark.parametrize(
    "typed", ["who paid after:spring", "who before:2005-13 paid", "who after:2010 before:2005 paid"]
)
def test_a_date_that_makes_no_sense_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match=r"is not a date: write 2005|nothing lies after 2010 and before 2005"):
        parse(typed)


def test_a_typed_date_must_agree_with_the_one_given(notes: Library) -> None:
    with pytest.raises(UsageError, match="nothing lies after 2010 and before 2005"):
        notes.ask("Who paid after:2010?", before="2005")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("in:lighthouse.md", {"lighthouse.md"}),
        ("in:light*", {"lighthouse.md"}),
        ('in:"skarn point"', {"lighthouse.md"}),
        ("in:HÁRBOUR", {"harbour.md"}),
        ("in:dredging in:*.txt", {"harbour.md", "bees.txt"}),
        ('publisher:"port office"', {"harbour.md"}),
        ("tag:harbour before:2019", {"lighthouse.md"}),
    ],
)
def test_only_what_the_operators_name_is_searched(notes: Library, typed: str, found: set[str]) -> None:
    excerpts = notes.retrieve(f"harbour lighthouse orchard {typed}", 9)
    assert {excerpt.citation.source_id for excerpt in excerpts} == found
    answer = notes.ask(f"{typed} harbour lighthouse orchard", k=9)
    assert answer.searched == len(found)
    assert answer.question == "harbour lighthouse orchard"


@pytest.mark.parametrize(
    "typed", ["in:zebra", "tag:zebra", "publisher:Port", 'in:"point skarn"', "in:dredg", "in:dredging/"]
)
def test_an_operator_that_fits_no_source_is_refused(notes: Library, typed: str) -> None:
    with pytest.raises(UsageError, match=r"assistant sources lists them$"):
        notes.ask(f"When was it lit? {typed}")


def test_an_id_means_that_source_only(notes: Library) -> None:
    (notes.sources / "more").mkdir()
    (notes.sources / "more" / "bees.txt").write_text("Bees again\n\nThe bees.txt file is about the bees.\n", "utf-8")
    (notes.sources / "about.md").write_text("---\ntitle: What bees.txt says\n---\nIt is about bees.\n", "utf-8")
    notes.rebuild()

    def ids(pattern: str) -> set[str]:
        return {e.citation.source_id for e in notes.retrieve("bees", 9, sources=pattern)}

    assert ids("bees.txt") == {"bees.txt"}
    assert ids("BEES.txt") == {"bees.txt", "more/bees.txt", "about.md"}
    assert ids("more") == {"more/bees.txt"}
    assert ids("*bees*") == {"bees.txt", "more/bees.txt"}  # a shell pattern is no title


def test_a_follow_up_keeps_its_own_operators(notes: Library) -> None:
    first = notes.ask("When was the lighthouse lit? in:lighthouse.md")
    second = notes.ask("And who kept its log tag:history?", [first.turn()])
    assert second.query.filters == Filters(tags=("history",))
    assert second.query.context
    assert second.searched == 1
    assert notes.ask("And who kept its log?", [first.turn()]).query.filters == Filters()


def test_greetings_and_overviews_are_told_without_the_operators(notes: Library) -> None:
    assert notes.ask("Hello tag:harbour").kind is AnswerKind.GREETING
    overview = notes.ask("Summarise the works in the harbour in:harbour.md")
    assert overview.kind is AnswerKind.OVERVIEW
    assert {excerpt.citation.source_id for excerpt in overview.excerpts} == {"harbour.md"}


def test_the_command_line_reads_them_too(notes: Library, command: Command) -> None:
    ran = command(notes, "ask", 'When was it lit? in:"skarn point"', "--tag", "history", "--json")
    answer = json.loads(ran.out)
    assert ran.status == 0
    assert answer["query"]["filters"]["sources"] == ["skarn point"]
    assert answer["query"]["filters"]["tags"] == ["history"]
    assert command(notes, "ask", "When was it lit? after:spring").error.startswith("assistant: 'spring' is not a date")
    assert command(notes, "ask", "in:harbour.md").status == 2
