"""Records as HTML: what is shown, and that nothing in a record can become markup."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markup import HOSTILE, SOURCE, TEXT, Tags, assert_only_text

from assistant.chat.listing import report_html, sources_html, status_html, welcome_html
from assistant.chat.rebuild import Status
from assistant.chat.render import (
    answer_html,
    date_words,
    failure_html,
    highlighted,
    interval_words,
    question_html,
    strength_html,
)
from assistant.chat.texts import texts
from assistant.records import (
    Answer,
    AnswerKind,
    Citation,
    CitationState,
    Excerpt,
    Locator,
    LocatorKind,
    Metadata,
    Query,
    Source,
    Statement,
)
from assistant.reports import BuildReport, Skipped, SourceSummary

SAY = texts("en")


def citation(source: Source, start: int, end: int) -> Citation:
    prefix, suffix = source.text[max(0, start - 32) : start], source.text[end : end + 32]
    words = source.text[start:end]
    return Citation(source.id, source.metadata, "p. 7", start, end, words, prefix, suffix, source.digest)


def an_answer(source: Source = SOURCE, **changes: object) -> Answer:
    excerpt = Excerpt(source.text[10:55], ((27, 45),), citation(source, 10, 55), 0.66)
    statement = Statement(source.text[10:36], (1,), citation(source, 10, 36))
    kind = AnswerKind.ANSWER
    made = Answer("When?", Query("When?"), kind, True, "", (statement,), (excerpt,), (), 0.7, "gen-1", 3)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_statement_is_verbatim_and_its_number_opens_its_own_words() -> None:
    html = answer_html(an_answer(), SAY)
    assert "The bridge opened in 1932." in Tags(html).words
    number = next(attributes for tag, attributes in Tags(html).elements if attributes.get("class") == "number")
    assert (number["data-source"], number["data-start"], number["data-end"]) == ("bridge.md", "10", "36")
    assert (number["data-quote"], number["data-index"]) == ("The bridge opened in 1932.", "gen-1")


def test_card_opens_the_best_sentence_with_the_words_before_it() -> None:
    elements = Tags(answer_html(an_answer(), SAY)).elements
    place = next(attributes for _, attributes in elements if attributes.get("class") == "place-button")
    assert (place["data-start"], place["data-end"], place["data-quote"]) == ("37", "55", "It closed in 1970.")
    assert place["data-prefix"] == TEXT[37 - 32 : 37]


def test_card_says_what_is_known_of_the_source() -> None:
    words = Tags(answer_html(an_answer(), SAY)).words
    for expected in ("The Bridge", "City Archive", "March 1971", "covers 1932 – 1970", "p. 7", "Strong match 0.66"):
        assert expected in words


def test_an_author_that_is_the_publisher_too_is_named_once() -> None:
    office = replace(SOURCE, metadata=replace(SOURCE.metadata, authors=("City Archive",), publisher="City Archive"))
    assert Tags(answer_html(an_answer(office), SAY)).words.count("City Archive") == 1


def test_the_original_is_opened_at_the_first_sentence_that_is_quoted() -> None:
    known = replace(SOURCE, metadata=replace(SOURCE.metadata, url="https://example.org/bridge"))
    html = answer_html(
        an_answer(known, statements=(Statement("It closed in 1970.", (1,), citation(known, 37, 55)),)), SAY
    )
    links = [attributes["href"] for tag, attributes in Tags(html).elements if tag == "a"]
    assert links == ["https://example.org/bridge#:~:text=It%20closed%20in%201970."]


def test_excerpts_of_one_source_share_a_card() -> None:
    one = an_answer().excerpts[0]
    html = answer_html(an_answer(excerpts=(one, one)), SAY)
    assert html.count('class="card"') == 1 and html.count('class="excerpt"') == 2


def test_not_found_is_a_state_of_its_own_and_marks_nothing() -> None:
    message = "Your sources do not answer this. No source has the word “tram”."
    html = answer_html(
        an_answer(
            kind=AnswerKind.NOT_FOUND, found=False, statements=(), message=message, unseen_words=("tram", "funicular")
        ),
        SAY,
    )
    words = Tags(html).words
    assert words.count("Your sources do not answer this") == 1
    assert "No source has the word “tram”." in words and "In none of your sources: funicular" in words
    assert "Closest passages, not an answer" in words
    assert "<mark>" not in html and 'class="number"' not in html and "Copy answer" not in html


def test_changed_file_notes_and_carried_words_are_shown() -> None:
    cited = replace(citation(SOURCE, 10, 55), state=CitationState.CHANGED)
    excerpt = replace(an_answer().excerpts[0], citation=cited, duplicates=(citation(SOURCE, 57, 83),))
    answer = an_answer(excerpts=(excerpt,), notes=("Two files are newer.",), query=Query("When?", carried=("bridge",)))
    words = Tags(answer_html(answer, SAY)).words
    for expected in (
        "file changed since it was indexed",
        "Two files are newer.",
        "earlier questions: bridge",
        "also stands in",
    ):
        assert expected in words


def test_answer_can_be_cited_and_saved_in_the_styles_that_are_offered() -> None:
    tags = Tags(answer_html(an_answer(), SAY, "abc", {"mla": "MLA", HOSTILE: HOSTILE}))
    assert [attributes["data-answer"] for _, attributes in tags.elements if "data-answer" in attributes] == ["abc"]
    assert [attributes["value"] for tag, attributes in tags.elements if tag == "option"] == ["mla", HOSTILE]
    does = [attributes.get("data-do") for _, attributes in tags.elements]
    assert (does.count("cite"), does.count("export")) == (2, 14)


def test_nothing_hostile_becomes_markup() -> None:
    known = Metadata(
        *(HOSTILE, (HOSTILE,), HOSTILE, HOSTILE, HOSTILE, "javascript:alert(1)", None, (HOSTILE,), HOSTILE),
        references=({"title": HOSTILE, "url": "javascript:alert(2)"},),
    )
    source = Source(HOSTILE, f"{HOSTILE}\n\n{HOSTILE}", known, "d", (Locator(0, LocatorKind.PAGE, HOSTILE),))
    end = len(HOSTILE)
    cited = replace(citation(source, 0, end), locator=HOSTILE)
    excerpt = Excerpt(HOSTILE, ((0, 5),), cited, 0.5, (cited,))
    answer = an_answer(
        message=HOSTILE,
        statements=(Statement(HOSTILE, (1,), cited),),
        excerpts=(excerpt,),
        unseen_words=(HOSTILE,),
        notes=(HOSTILE,),
        query=Query(HOSTILE, carried=(HOSTILE,)),
        index_id=HOSTILE,
    )
    report = BuildReport("g", (HOSTILE,), (HOSTILE,), (), 0, (Skipped(HOSTILE, HOSTILE),), 1, 1, 1, 0.1, (HOSTILE,))
    pieces = [
        answer_html(answer, SAY, HOSTILE),
        answer_html(replace(answer, kind=AnswerKind.NOT_FOUND, found=False), SAY, HOSTILE),
        question_html(HOSTILE),
        failure_html(HOSTILE, HOSTILE, HOSTILE, SAY),
        welcome_html([HOSTILE], 3, SAY),
        sources_html([SourceSummary(HOSTILE, known, 1, 2)]),
        status_html(Status(running=True, stage=HOSTILE, total=3)),
        status_html(Status(error=HOSTILE)),
        report_html(report),
    ]
    for piece in pieces:
        assert_only_text(piece, HOSTILE)


def test_marks_may_overlap_and_come_in_any_order() -> None:
    assert highlighted("a<b>c", ((3, 5), (0, 2), (1, 2))) == "<mark>a&lt;</mark>b<mark>&gt;c</mark>"


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2005-09-19", "19 September 2005"),
        ("2005-09", "September 2005"),
        ("2005", "2005"),
        ("2005-13", "2005-13"),
        ("spring 2005", "spring 2005"),
        ("-0044-03-15", "-0044-03-15"),
    ],
)
def test_dates_in_words(date: str, words: str) -> None:
    assert date_words(date) == words


def test_intervals_in_words() -> None:
    assert interval_words("2005-06-17/2005-11") == "17 June 2005 – November 2005"
    assert interval_words("1998/..") == "1998 – …"


def test_strength_is_a_word_and_a_figure() -> None:
    shown = [Tags(strength_html(score)).words for score in (0.9, 0.45, 0.1, -0.02)]
    assert shown == ["Strong match 0.90", "Good match 0.45", "Weak match 0.10", "Weak match -0.02"]


def test_report_names_every_file_that_was_left_out() -> None:
    skipped = (Skipped("scan.pdf", "it holds no text"), Skipped("old.doc", "not a format that can be read"))
    report = BuildReport("g", ("a.md",), (), ("b.md", "c.md"), 4, skipped, 5, 60, 10, 1.25)
    words = Tags(report_html(report)).words
    for expected in (
        "1 added, 0 changed, 2 removed, 4 unchanged",
        "scan.pdf: it holds no text",
        "old.doc: not a format",
    ):
        assert expected in words


def test_status_in_words() -> None:
    assert (
        "Embedding 12 of 1,300" in Tags(status_html(Status(running=True, stage="Embedding", done=12, total=1300))).words
    )
    assert "cancelled" in status_html(Status(cancelled=True)) and status_html(Status()) == ""
