"""Records as HTML: what is shown, and that nothing in a record can become markup."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from markup import HOSTILE, SOURCE, TEXT, Tags, assert_only_text

from assistant.chat.answers import answer_html, note_words
from assistant.chat.cards import strength_html
from assistant.chat.details import form_html, wrong
from assistant.chat.glance import MAX_BARS, bars, overview_html
from assistant.chat.listing import conditions, files_html, lacks, row_html, rows, trash_html, welcome_html
from assistant.chat.rebuild import Status
from assistant.chat.rebuilding import changed_html, outcome_html, progress, report_html
from assistant.chat.render import failure_html, highlighted, question_html
from assistant.chat.texts import texts
from assistant.notes import NOTES
from assistant.records import (
    Answer,
    AnswerKind,
    Citation,
    CitationState,
    Excerpt,
    Filters,
    Locator,
    LocatorKind,
    Metadata,
    Query,
    Source,
    Statement,
)
from assistant.reports import (
    BuildReport,
    FileCondition,
    FileState,
    FrequentName,
    Overview,
    Removal,
    Skipped,
    SourceSummary,
)

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
    both = (Statement(TEXT[10:36], (1, 2), citation(SOURCE, 10, 36)),)
    html = answer_html(an_answer(excerpts=(one, one), statements=both), SAY)
    assert html.count('class="card"') == 1 and html.count('class="excerpt"') == 2 and "not quoted" not in html


def test_what_is_quoted_stands_apart_from_what_was_only_found() -> None:
    one = an_answer().excerpts[0]
    quoted, _, further = answer_html(an_answer(excerpts=(one, one, one)), SAY).partition('<details class="further">')
    assert "Also found, not quoted: 2 passages" in further
    assert [n for n in "123" if f'data-excerpt="{n}"><div' in quoted] == ["1"]
    assert [n for n in "123" if f'data-excerpt="{n}"><div' in further] == ["2", "3"]


def not_found(**changes: object) -> Answer:
    gone = {"kind": AnswerKind.NOT_FOUND, "found": False, "statements": (), "confidence": 0.2}
    return an_answer(**{**gone, **changes})  # type: ignore[arg-type]


def test_not_found_says_what_was_searched_what_is_lacking_and_what_to_try() -> None:
    filters = Filters(sources=("kedo",), publishers=("City Archive",), after="2005-09")
    query = Query("Which “tram line” ran?", ("tram line",), filters)
    answer = not_found(query=query, message="in English", unseen_words=("funicular",), missing=("1873",))
    html = answer_html(answer, SAY)
    words = Tags(html).words
    for expected in (
        "The sources that were searched do not answer this",
        "Searched3 sources · Only sources in “kedo”, published by “City Archive”, about the time from",
        "from September 2005 on",
        "In none of your sourcesfunicular",
        "In none of the closest passages1873",
        "Required word for wordtram line",
        "Leave out the quotation marks",
        "Search all sources instead",
        "Closest passages, not an answer",
    ):
        assert expected in words
    assert "in English" not in words and "Quoted word for word" not in words
    assert "<mark>" not in html and 'class="number"' not in html and "Copy with citations" not in html
    assert "Search all" not in Tags(answer_html(not_found(), SAY)).words
    assert "Ihre Quellen beantworten das nicht" in Tags(answer_html(not_found(), texts("de"))).words


def test_an_answer_that_was_asked_under_filters_says_so() -> None:
    html = answer_html(an_answer(query=Query("When?", filters=Filters(tags=("rail",), before="1980"))), texts("fr"))
    assert "Sources retenues : avec le mot-clé « rail », portant sur 1980 et avant" in Tags(html).words.replace(
        "\u00a0", " "
    )


def test_changed_file_notes_and_the_question_as_it_was_read_are_shown() -> None:
    cited = replace(citation(SOURCE, 10, 55), state=CitationState.CHANGED)
    excerpt = replace(an_answer().excerpts[0], citation=cited, duplicates=(citation(SOURCE, 57, 83),))
    answer = an_answer(excerpts=(excerpt,), notes=("Two files are newer.",), query=Query("When?", carried=("bridge",)))
    words = Tags(answer_html(answer, SAY)).words
    for expected in ("file changed since then", "Two files are newer.", "Searched for: When? bridge", "also stands in"):
        assert expected in words
    assert "Searched for" not in Tags(answer_html(an_answer(), SAY)).words


def test_notes_are_said_in_the_language_of_the_page() -> None:
    german = texts("de")
    filled = {
        "count": 4,
        "kept": 64,
        "source": "a {b}.md",
        "words": "“1873”",
        "title": "The (old) Bridge",
        "titles": "“A”; “B”",
    }
    for key, template in NOTES.items():
        assert note_words(template.format(**filled), german) == german(f"answer.note.{key}", **filled)
    assert note_words("Something of another kind.", german) == "Something of another kind."


def test_confidence_is_in_words_with_what_was_counted() -> None:
    again = replace(citation(SOURCE, 57, 83), source_id="copy.md")
    excerpt = replace(an_answer().excerpts[0], duplicates=(again,))
    said = [
        Tags(answer_html(an_answer(confidence=confidence, excerpts=excerpts), SAY)).words
        for confidence, excerpts in ((1.0, (excerpt, excerpt)), (0.8, an_answer().excerpts), (0.6, (excerpt,)))
    ]
    assert "Very likely an answer99%quoted from 1 passage in 1 document · word for word also in 1 document" in said[0]
    assert "Probably an answer80%quoted from 1 passage in 1 document" in said[1] and "also in" not in said[1]
    assert "Possibly an answer60%" in said[2]


def test_sentences_whose_figures_differ_stand_under_their_sources_and_dates() -> None:
    other = replace(SOURCE, id="other.md", metadata=replace(SOURCE.metadata, title="Another Bridge", issued="1999"))
    excerpts = (*an_answer().excerpts, Excerpt(TEXT[57:], (), citation(other, 57, len(TEXT)), 0.5))
    statements = (*an_answer().statements, Statement(TEXT[57:83], (2,), citation(other, 57, 83)))
    note = NOTES["differ_between"].format(titles="“The Bridge”; “Another Bridge”")
    html = answer_html(an_answer(statements=statements, excerpts=excerpts, notes=(note,), differing=(1, 2)), SAY)
    words = Tags(html).words
    assert "These passages give different figures" in words and note not in words
    assert words.index("The BridgeMarch 1971, covers") < words.index("Another Bridge1999, covers 1932 – 1970p. 7")
    alike = Tags(answer_html(an_answer(statements=statements, excerpts=excerpts), SAY)).words
    assert "different figures" not in alike


def test_a_number_names_its_source_and_has_what_its_card_shows() -> None:
    number = next(each for _, each in Tags(answer_html(an_answer(), SAY)).elements if each.get("class") == "number")
    assert number["aria-label"] == "Citation 1: The Bridge, p. 7"
    assert (number["data-title"], number["data-place"]) == ("The Bridge", "p. 7 · March 1971, covers 1932 – 1970")


def test_headings_are_in_order() -> None:
    for answer in (an_answer(), an_answer(differing=(1,)), not_found()):
        levels = [int(tag[1]) for tag, _ in Tags(answer_html(answer, SAY)).elements if tag in ("h2", "h3", "h4")]
        assert levels[0] == 2 and all(after - before <= 1 for before, after in pairwise(levels))


def test_greetings_and_overviews_are_said_in_the_language_of_the_page() -> None:
    greeting = an_answer(kind=AnswerKind.GREETING, found=False, statements=(), excerpts=())
    titles = [f"Band {n}" for n in range(12)]
    words = Tags(answer_html(greeting, texts("de"), titles=titles)).words
    assert "Stellen Sie eine Frage" in words and "enthält 3 Dokumente" in words
    assert "Band 7" in words and "Band 8" not in words and "und 4 weitere" in words
    overview = answer_html(an_answer(kind=AnswerKind.OVERVIEW, message="in English"), texts("fr"))
    assert "Les passages les plus proches proviennent de\u00a0: The Bridge." in Tags(overview).words
    assert "in English" not in overview and "probablement" not in overview


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
        missing=(HOSTILE,),
        differing=(1,),
        query=Query(HOSTILE, (HOSTILE,), Filters((HOSTILE,), (HOSTILE,), (HOSTILE,), HOSTILE, HOSTILE), (HOSTILE,)),
        index_id=HOSTILE,
    )
    report = BuildReport("g", (HOSTILE,), (HOSTILE,), (), 0, (Skipped(HOSTILE, HOSTILE),), 1, 1, 1, 0.1, (HOSTILE,))
    pieces = [
        answer_html(answer, SAY, HOSTILE),
        answer_html(replace(answer, kind=AnswerKind.OVERVIEW), SAY, HOSTILE),
        answer_html(replace(answer, kind=AnswerKind.GREETING, excerpts=(), statements=()), SAY, titles=[HOSTILE]),
        answer_html(replace(answer, kind=AnswerKind.NOT_FOUND, found=False), SAY, HOSTILE),
        question_html(HOSTILE),
        failure_html(HOSTILE, HOSTILE, HOSTILE, SAY),
        welcome_html([HOSTILE], 3, SAY),
        row_html(SourceSummary(HOSTILE, known, 1, 2), True, SAY),
        form_html(SourceSummary(HOSTILE, known, 1, 2), SAY),
        files_html([FileState(HOSTILE, FileCondition.REFUSED, (HOSTILE,))], SAY),
        conditions([FileState("a", FileCondition.PARTLY, (HOSTILE,), (HOSTILE,))], SAY)[HOSTILE],
        trash_html([Removal(HOSTILE, (HOSTILE, HOSTILE), (), "2026-05-04T10:00:00+00:00")], SAY),
        overview_html(Overview(1, 1, 1, (), 1, (FrequentName(HOSTILE, 1),)), [(2000, 2001, 1)], SAY),
        changed_html([HOSTILE], SAY),
        outcome_html(Status(error=HOSTILE), SAY),
        report_html(report, SAY),
    ]
    for piece in pieces:
        assert_only_text(piece, HOSTILE)


def test_marks_may_overlap_and_come_in_any_order() -> None:
    assert highlighted("a<b>c", ((3, 5), (0, 2), (1, 2))) == "<mark>a&lt;</mark>b<mark>&gt;c</mark>"


def test_strength_is_a_word_and_a_figure() -> None:
    shown = [Tags(strength_html(score, SAY)).words for score in (0.9, 0.45, 0.1, -0.02)]
    assert shown == ["Strong match 0.90", "Good match 0.45", "Weak match 0.10", "Weak match -0.02"]


def test_report_names_every_file_that_was_left_out() -> None:
    skipped = (Skipped("scan.pdf", "it holds no text"), Skipped("old.doc", "not a format that can be read"))
    report = BuildReport("g", ("a.md",), (), ("b.md", "c.md"), 4, skipped, 5, 60, 10, 1.25)
    words = Tags(report_html(report, SAY)).words
    for expected in (
        "1 added, 0 changed, 2 removed, 4 unchanged",
        "scan.pdf: it holds no text",
        "old.doc: not a format",
    ):
        assert expected in words


def test_progress_and_outcome_in_words() -> None:
    running = Status(1, running=True, stage="Embedding passages", done=12, total=1300)
    assert progress(running, SAY)["figures"] == "12 of 1,300"
    assert progress(running, texts("de"))["stage"] == "Stellen werden verarbeitet"
    assert progress(Status(1, running=True, stage="Something new"), SAY)["stage"] == "Something new"
    assert "was cancelled" in outcome_html(Status(1, cancelled=True), SAY) and outcome_html(Status(), SAY) == ""


def test_what_a_citation_lacks_is_said() -> None:
    bare = SourceSummary("log.txt", Metadata(title="The log", publisher="Port Office"), 1, 20)
    assert lacks(bare, SAY) == "Missing: author, date"
    named = replace(bare, metadata=replace(bare.metadata, authors=("Ines Aldous",), issued="1902"))
    assert lacks(named, SAY) == "check the names" and "Ines Aldous" in Tags(form_html(named, SAY)).words
    parts = replace(named, metadata=replace(named.metadata, csl={"author": [{"family": "Aldous", "given": "Ines"}]}))
    assert lacks(parts, SAY) == ""


def test_sources_of_one_title_are_told_apart() -> None:
    same = [SourceSummary(name, Metadata(title="Minutes"), 1, 2) for name in ("a.md", "b.md")]
    assert ["a.md" in Tags(row["html"]).words for row in rows(same, SAY)] == [True, False]
    assert "a.md" not in Tags(rows(same[:1], SAY)[0]["html"]).words


def test_only_sources_that_are_not_as_indexed_have_a_state() -> None:
    states = [
        FileState("a.md", FileCondition.INDEXED, (), ("a.md",)),
        FileState("b.jsonl", FileCondition.CHANGED, (), ("b.jsonl#1", "b.jsonl#2")),
        FileState("new.md", FileCondition.NEW),
        FileState("film.mkv", FileCondition.REFUSED, ("no reader",)),
    ]
    assert conditions(states, SAY).keys() == {"b.jsonl#1", "b.jsonl#2"}
    words = Tags(files_html(states, SAY)).words
    assert "1 file not searched until the next rebuild" in words and "1 file left out" in words and "no reader" in words
    many = files_html([FileState(f"{n}.mkv", FileCondition.REFUSED) for n in range(1000)], SAY)
    assert "1,000 files left out" in many and "and 800 more" in many


def test_histogram_has_a_bar_for_each_year_or_span() -> None:
    def source(covers: str) -> SourceSummary:
        return SourceSummary("a", Metadata(covers=covers), 1, 1)

    assert bars([source("2001/2003"), source("2003-05"), SourceSummary("b", Metadata(), 1, 1)]) == [
        *((2001, 2001, 1), (2002, 2002, 1)),
        (2003, 2003, 2),
    ]
    long = bars([source("1789/1815"), source("1994"), source("1996/1997")])
    assert len(long) <= MAX_BARS and (long[0], long[-1]) == ((1789, 1789, 1), (1995, 1997, 1))
    assert all(one[1] + 1 == other[0] for one, other in pairwise(long))
    assert bars([]) == []


def test_value_that_cannot_be_saved_is_told_at_its_field() -> None:
    assert wrong("issued is not usable: soon (write 2005)", SAY) == {
        "reason": "Write the date as 2005, 2005-09 or 2005-09-19.",
        "field": "issued",
    }
    assert wrong("a.yaml is broken: mend it by hand", SAY) == {
        "reason": "a.yaml is broken: mend it by hand",
        "field": "",
    }
