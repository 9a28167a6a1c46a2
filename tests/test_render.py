"""Records as HTML: what is shown, and that nothing in a record can become markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from assistant.chat.listing import report_html, sources_html, status_html, welcome_html
from assistant.chat.reader import WINDOW_BLOCKS, Anchor, blocks, find_words, gone_html, source_html
from assistant.chat.rebuild import Status
from assistant.chat.render import (
    answer_html,
    answer_text,
    date_words,
    failure_html,
    highlighted,
    interval_words,
    question_html,
    strength_html,
)
from assistant.errors import UsageError
from assistant.records import (
    Answer,
    AnswerKind,
    BuildReport,
    Citation,
    CitationState,
    Excerpt,
    Locator,
    LocatorKind,
    Metadata,
    Query,
    Skipped,
    Source,
    SourceSummary,
    Statement,
)

HOSTILE = """"><script>x</script><img src=x onerror='y'>${z}{{z}} & [1] `b`"""
TEXT = "Findings\n\nThe bridge opened in 1932. It closed in 1970.\n\nThe bridge opened in 1932. Trains used it."
LOCATORS = (
    Locator(0, LocatorKind.PAGE, "7"),
    Locator(0, LocatorKind.SECTION, "Findings", 2),
    Locator(10, LocatorKind.PARAGRAPH, "1"),
    Locator(37, LocatorKind.PAGE, "8"),
    Locator(57, LocatorKind.PARAGRAPH, "2"),
)
KNOWN = Metadata(title="The Bridge", publisher="City Archive", issued="1971-03", covers="1932/1970")
SOURCE = Source("bridge.md", TEXT, KNOWN, "d", LOCATORS)


class Tags(HTMLParser):
    """The elements of a piece of HTML, each with its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


class Shelf:
    """What the reader asks of a library."""

    def __init__(self, source: Source, state: CitationState = CitationState.VERIFIED) -> None:
        self.held, self.held_state = source, state

    def source(self, source_id: str) -> Source:
        if source_id != self.held.id:
            raise UsageError("none")
        return self.held

    def state(self, source_id: str) -> CitationState:
        return self.held_state


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


def anchor_at(start: int, quote: str, prefix: str = "") -> Anchor:
    return Anchor("bridge.md", start, start + len(quote), quote, prefix, "gen-1")


def request(start: int, end: int) -> dict[str, object]:
    return {"source": "bridge.md", "start": str(start), "end": str(end), "quote": TEXT[start:end], "index": "gen-1"}


def test_statement_is_verbatim_and_its_number_opens_its_own_words() -> None:
    html = answer_html(an_answer())
    assert "The bridge opened in 1932." in Tags(html).words
    number = next(attributes for tag, attributes in Tags(html).elements if attributes.get("class") == "number")
    assert (number["data-source"], number["data-start"], number["data-end"]) == ("bridge.md", "10", "36")
    assert (number["data-quote"], number["data-index"]) == ("The bridge opened in 1932.", "gen-1")


def test_card_opens_the_best_sentence_with_the_words_before_it() -> None:
    elements = Tags(answer_html(an_answer())).elements
    place = next(attributes for _, attributes in elements if attributes.get("class") == "place-button")
    assert (place["data-start"], place["data-end"], place["data-quote"]) == ("37", "55", "It closed in 1970.")
    assert place["data-prefix"] == TEXT[37 - 32 : 37]


def test_card_says_what_is_known_of_the_source() -> None:
    words = Tags(answer_html(an_answer())).words
    for expected in ("The Bridge", "City Archive", "March 1971", "covers 1932 – 1970", "p. 7", "Strong match 0.66"):
        assert expected in words


def test_excerpts_of_one_source_share_a_card() -> None:
    one = an_answer().excerpts[0]
    html = answer_html(an_answer(excerpts=(one, one)))
    assert html.count('class="card"') == 1 and html.count('class="excerpt"') == 2


def test_not_found_is_a_state_of_its_own_and_marks_nothing() -> None:
    message = "Your sources do not answer this. No source has the word “tram”."
    html = answer_html(
        an_answer(
            kind=AnswerKind.NOT_FOUND, found=False, statements=(), message=message, unseen_words=("tram", "funicular")
        ),
        ["What about trains?"],
    )
    words = Tags(html).words
    assert words.count("Your sources do not answer this") == 1
    assert "No source has the word “tram”." in words and "In none of your sources: funicular" in words
    assert "Closest passages, not an answer" in words and "What about trains?" in words
    assert "<mark>" not in html and 'class="number"' not in html and "Copy answer" not in html


def test_changed_file_notes_and_carried_words_are_shown() -> None:
    cited = replace(citation(SOURCE, 10, 55), state=CitationState.CHANGED)
    excerpt = replace(an_answer().excerpts[0], citation=cited, duplicates=(citation(SOURCE, 57, 83),))
    answer = an_answer(excerpts=(excerpt,), notes=("Two files are newer.",), query=Query("When?", carried=("bridge",)))
    words = Tags(answer_html(answer)).words
    for expected in (
        "file changed since it was indexed",
        "Two files are newer.",
        "earlier questions: bridge",
        "also in",
    ):
        assert expected in words


def test_answer_for_the_clipboard() -> None:
    lines = answer_text(an_answer()).splitlines()
    assert lines[0] == "When?" and lines[2] == "“The bridge opened in 1932.” [1]"
    assert lines[4].startswith("[1] City Archive, “The Bridge”")


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
    asked = {"source": HOSTILE, "start": 0, "end": end, "quote": HOSTILE, "first": HOSTILE}
    pieces = [
        answer_html(answer, [HOSTILE]),
        answer_html(replace(answer, kind=AnswerKind.NOT_FOUND, found=False), [HOSTILE]),
        question_html(HOSTILE),
        failure_html(HOSTILE, HOSTILE),
        welcome_html([HOSTILE], 3),
        sources_html([SourceSummary(HOSTILE, known, 1, 2)]),
        status_html(Status(running=True, stage=HOSTILE, total=3)),
        status_html(Status(error=HOSTILE)),
        report_html(report),
        gone_html(HOSTILE),
        source_html(Shelf(source), asked),  # type: ignore[arg-type]
    ]
    for piece in pieces:
        tags = Tags(piece)
        assert HOSTILE in tags.words
        assert not {"script", "img"} & {tag for tag, _ in tags.elements}
        for _, attributes in tags.elements:
            assert not [name for name in attributes if name.startswith("on")]
            assert "javascript:" not in (attributes.get("href") or "")


def test_reader_shows_the_text_as_it_is_with_the_words_marked_once() -> None:
    html = source_html(Shelf(SOURCE), request(37, 55))  # type: ignore[arg-type]
    article = html[html.index("<article") :]
    assert Tags(article).words == TEXT.replace("\n\n", "")
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", article) == ["It closed in 1970."]
    assert "<h4>Findings</h4>" in article and 'data-number="2"' in article
    assert 'data-label="Page 7"' in article and '<span class="place" data-label="Page 8"></span>' in article


def test_quotation_over_two_paragraphs_is_marked_in_both() -> None:
    html = source_html(Shelf(SOURCE), request(37, 83))  # type: ignore[arg-type]
    marked = re.findall(r"<mark([^>]*)>(.*?)</mark>", html)
    assert [words for _, words in marked] == ["It closed in 1970.", "The bridge opened in 1932."]
    assert [' id="cited"' in attributes for attributes, _ in marked] == [True, False]


@pytest.mark.parametrize(
    ("anchor", "found"),
    [
        (anchor_at(10, "The bridge opened in 1932."), (10, 36)),
        (anchor_at(57, "The bridge opened in 1932."), (57, 83)),
        (anchor_at(400, "The bridge opened in 1932.", prefix="indings\n\n"), (10, 36)),
        (anchor_at(5, "The bridge opened in 1932.", prefix="in 1970.\n\n"), (57, 83)),
        (anchor_at(-3, "Trains used it."), (84, 99)),
        (anchor_at(10, "The bridge opened in 1933."), None),
        (anchor_at(10, ""), None),
    ],
)
def test_words_are_found_again_or_not_at_all(anchor: Anchor, found: tuple[int, int] | None) -> None:
    assert find_words(TEXT, anchor) == found


def test_changed_words_are_said_and_nothing_is_marked() -> None:
    asked = {**request(10, 36), "quote": "The bridge opened in 1933."}
    html = source_html(Shelf(SOURCE), asked)  # type: ignore[arg-type]
    assert "no longer in this source" in html and "<mark" not in html


def test_moved_words_and_changed_files_are_said() -> None:
    moved = {**request(10, 36), "start": "40", "end": "66"}
    html = source_html(Shelf(SOURCE, CitationState.CHANGED), moved)  # type: ignore[arg-type]
    assert "still stand in it" in html and "rebuild to read the file as it is now" in html


def test_removed_source_and_senseless_requests_are_answered() -> None:
    shelf = Shelf(SOURCE)
    assert "No longer in the library" in source_html(shelf, {"source": "other.md"})  # type: ignore[arg-type]
    assert "No longer in the library" in source_html(shelf, {})  # type: ignore[arg-type]
    odd: dict[str, object] = {"source": "bridge.md", "start": [], "end": None, "quote": {}, "first": "many"}
    assert "<mark" not in source_html(shelf, odd)  # type: ignore[arg-type]


def test_long_source_comes_in_windows_around_the_words() -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(1000))
    shelf = Shelf(Source("bridge.md", text, Metadata(), "d"))
    start = text.index("Paragraph 500.")
    asked = {"source": "bridge.md", "start": start, "end": start + 14, "quote": "Paragraph 500."}
    html = source_html(shelf, asked)  # type: ignore[arg-type]
    assert html.count("<p>") == WINDOW_BLOCKS and '<mark id="cited" tabindex="-1">Paragraph 500.</mark>' in html
    assert 'data-first="200"' in html and 'data-first="600"' in html
    later = source_html(shelf, {**asked, "first": "600"})  # type: ignore[arg-type]
    assert "Paragraph 600." in later and "<mark" not in later and "Go to the cited words" in later


def test_blocks_hold_every_word_and_none_is_long() -> None:
    text = "One.\n \nTwo\nlines.\n\n\n" + "word " * 3000 + "\n\n" + "x" * 5000
    spans = blocks(text)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert max(b - a for a, b in spans) <= 2000 and blocks(" \n\n ") == []


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
