"""The reader: a source's own text, and the cited words marked where they stand or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from markup import HOSTILE, SOURCE, TEXT, Tags, assert_only_text

from assistant.anchoring import find_words
from assistant.chat.layout import BLOCK_CHARACTERS, WINDOW_BLOCKS, blocks, outline
from assistant.chat.reader import (
    MOST_COPIED,
    Anchor,
    contents,
    find_in,
    gone_html,
    read_more,
    selected,
    source_html,
)
from assistant.chat.texts import texts
from assistant.errors import UsageError
from assistant.records import CitationState, Locator, LocatorKind, Metadata, Source


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

    index_id = "gen-1"


def request(start: int, end: int) -> dict[str, object]:
    return {"source": "bridge.md", "start": str(start), "end": str(end), "quote": TEXT[start:end], "index": "gen-1"}


def anchor_at(start: int, quote: str, prefix: str = "") -> Anchor:
    return Anchor("bridge.md", start, start + len(quote), quote, prefix, "gen-1")


def test_reader_shows_the_text_as_it_is_with_the_words_marked_once() -> None:
    article = read_more(Shelf(SOURCE), {**request(37, 55), "at": 0})  # type: ignore[arg-type]
    assert article in source_html(Shelf(SOURCE), request(37, 55))  # type: ignore[arg-type]
    assert Tags(article).words == TEXT.replace("\n\n", "")
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", article) == ["It closed in 1970."]
    assert ">Findings</h3>" in article and 'data-number="2"' in article
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
    place = find_words(TEXT, anchor)
    assert (place and place[:2]) == found


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
    gone = {"source": "other.md", "words": "a", "first": 0}
    assert read_more(shelf, gone) == contents(shelf, gone) == ""  # type: ignore[arg-type]
    assert find_in(shelf, gone) == {"count": 0, "hits": [], "digest": ""}  # type: ignore[arg-type]
    odd: dict[str, object] = {"source": "bridge.md", "start": [], "end": None, "quote": {}, "first": "many"}
    assert "<mark" not in source_html(shelf, odd)  # type: ignore[arg-type]


def test_long_source_comes_in_windows_around_the_words() -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(1000))
    shelf = Shelf(Source("bridge.md", text, Metadata(), "d"))
    start = text.index("Paragraph 500.")
    asked = {"source": "bridge.md", "start": start, "end": start + 14, "quote": "Paragraph 500."}

    def numbers(html: str) -> list[int]:
        return [int(number) for number in re.findall(r"Paragraph (\d+)\.", html)]

    html = source_html(shelf, asked)  # type: ignore[arg-type]
    shown = numbers(html[html.index("<article") :])
    assert len(shown) == WINDOW_BLOCKS and shown == list(range(shown[0], shown[-1] + 1)) and 500 in shown[1:-1]
    assert '<mark id="cited" tabindex="-1">Paragraph 500.</mark>' in html and 'data-total="1000"' in html
    later = read_more(shelf, {**asked, "first": str(shown[-1] + 1)})  # type: ignore[arg-type]
    assert numbers(later) == list(range(shown[-1] + 1, shown[-1] + 1 + WINDOW_BLOCKS)) and "<mark" not in later
    earlier = read_more(shelf, {**asked, "last": shown[0]})  # type: ignore[arg-type]
    assert numbers(earlier) == list(range(shown[0] - WINDOW_BLOCKS, shown[0]))
    assert numbers(read_more(shelf, {**asked, "last": 3})) == [0, 1, 2]  # type: ignore[arg-type]
    there = numbers(read_more(shelf, {**asked, "at": text.index("Paragraph 77.")}))  # type: ignore[arg-type]
    assert 77 in there and len(there) == WINDOW_BLOCKS
    for odd in ({"first": 10**30}, {"last": 0}, {"first": "x", "at": 10**30}):
        assert set(numbers(read_more(shelf, {**asked, **odd}))) <= set(range(960, 1000))  # type: ignore[arg-type]
    assert read_more(shelf, {"source": "gone.md", "first": 0}) == ""  # type: ignore[arg-type]


def test_other_cited_places_are_marked_lightly_and_never_twice() -> None:
    also = [{**request(10, 36)}, {**request(84, 99)}, {**request(37, 55)}, {**request(86, 99)}, "senseless", None]
    html = source_html(Shelf(SOURCE), {**request(37, 55), "also": also})  # type: ignore[arg-type]
    assert re.findall(r"<mark id=.cited.[^>]*>(.*?)</mark>", html) == ["It closed in 1970."]
    assert re.findall(r'<mark class="other">(.*?)</mark>', html) == ["The bridge opened in 1932.", "Trains used it."]


def sectioned(levels: list[int]) -> Source:
    """A source of sections of these levels, each with a paragraph."""
    text, locators = "", []
    for number, level in enumerate(levels):
        locators.append(Locator(len(text), LocatorKind.SECTION, f"Part {number}", level))
        text += f"Part {number}\n\nWords of part {number}.\n\n"
    return Source("bridge.md", text, Metadata(title="Parts"), "d", tuple(locators))


def test_headings_follow_one_another_in_every_window_as_in_the_contents() -> None:
    source = sectioned([2, 4, 4, 1, 3, 5] * 20)
    assert [entry.depth for entry in outline(source, texts("en"))][:6] == [1, 2, 2, 1, 2, 3]
    for at in (0, source.text.index("Words of part 4"), source.text.index("Words of part 59"), len(source.text)):
        html = read_more(Shelf(source), {"source": "bridge.md", "at": at})  # type: ignore[arg-type]
        ranks = [2, *(int(tag[1]) for tag, _ in Tags(html).elements if tag[0] == "h")]
        assert len(ranks) > 10 and all(after <= before + 1 for before, after in pairwise(ranks))
    listed = contents(Shelf(source), {"source": "bridge.md"})  # type: ignore[arg-type]
    assert f'data-start="{source.text.index("Part 3")}"' in listed and listed.count("<li") == 120


def test_contents_are_pages_where_there_are_no_sections_and_are_said_in_the_language() -> None:
    numbered = replace(
        SOURCE, locators=(Locator(0, LocatorKind.PAGE, "v", 0, 1), Locator(37, LocatorKind.PAGE, "1", 0, 2))
    )
    asked = {"source": "bridge.md", "language": "de"}
    listed = contents(Shelf(numbered), asked)  # type: ignore[arg-type]
    assert Tags(listed).words == "Seite vSeite 1" and 'data-page="2"' in listed
    german = source_html(Shelf(numbered, CitationState.MISSING), asked)  # type: ignore[arg-type]
    assert 'data-label="Seite 1"' in german and "liegt nicht mehr im Quellenordner" in german


def test_words_are_found_whatever_their_case_accents_and_line_ends() -> None:
    text = "😀 Die Straße nach Yŏngbyŏn.\n\nDie STRASSE\nnach yongbyon, ﬁnal; “l’été” — 핵실험 ספר סֵפֶר."
    source = Source("bridge.md", text, Metadata(), "d")

    def hits(words: str) -> list[str]:
        found = find_in(Shelf(source), {"source": "bridge.md", "words": words})  # type: ignore[arg-type]
        assert found["count"] == len(found["hits"])
        assert all(text[start:end] == quote for start, end, _, quote in found["hits"])
        return [quote for *_, quote in found["hits"]]

    assert hits("strasse nach YONGBYON") == ["Straße nach Yŏngbyŏn", "STRASSE\nnach yongbyon"]
    assert hits("yo\u0306ng") == ["Yŏng", "yong"] and hits("FINAL;") == ["ﬁnal;"] and hits("nal") == ["nal"]
    assert hits('"l\'ete" - ') == ["“l’été” —"] and hits("핵실") == ["핵실"] and hits("하") == []
    assert hits("ספר") == ["ספר", "סֵפֶר"] and hits("😀 die") == ["😀 Die"] and hits("[a-z]") == hits("  ") == []


def test_only_the_first_places_are_sent_and_all_are_counted() -> None:
    source = Source("bridge.md", "a b " * 5000, Metadata(), "d")
    found = find_in(Shelf(source), {"source": "bridge.md", "words": "a"})  # type: ignore[arg-type]
    assert (found["count"], len(found["hits"])) == (5000, 1000)


def test_selected_words_are_cited_if_they_stand_there() -> None:
    text = "𝔘nd so 😀 weiter.\n\nZweiter  Absatz\nhier."
    shelf = Shelf(Source("bridge.md", text, Metadata(title="Absätze"), "d"))

    def asked(start: int, end: int, words: str) -> dict[str, object]:
        return {"source": "bridge.md", "start": start, "end": end, "words": words}

    cited = selected(shelf, asked(7, 33, "😀 weiter.\nZweiter Absatz"))  # type: ignore[arg-type]
    assert (cited.start, cited.quote) == (7, "😀 weiter.\n\nZweiter  Absatz")
    assert selected(shelf, asked(6, 16, "\t😀 weiter.")).quote == "😀 weiter."  # type: ignore[arg-type]
    for wrong in (
        asked(7, 33, "😀 weiter"),
        asked(30, 7, "x"),
        asked(-5, 0, ""),
        asked(16, 18, ""),
        {"source": "bridge.md"},
    ):
        with pytest.raises(UsageError, match="do not stand there"):
            selected(shelf, wrong)  # type: ignore[arg-type]
    long = Shelf(Source("bridge.md", "x" * (MOST_COPIED + 1), Metadata(), "d"))
    with pytest.raises(UsageError, match="20,000 characters at most"):
        selected(long, asked(0, MOST_COPIED + 1, "x" * (MOST_COPIED + 1)))  # type: ignore[arg-type]


def test_blocks_hold_every_word_and_none_is_long() -> None:
    text = "One.\n \nTwo\nlines.\n\n\n" + "word " * 3000 + "\n\n" + "x" * 5000
    spans = blocks(text)
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
    assert max(b - a for a, b in spans) <= BLOCK_CHARACTERS and blocks(" \n\n ") == ()


def test_cited_words_of_a_pdf_are_shown_on_their_page_and_its_text_can_be_chosen() -> None:
    numbered = tuple(replace(place, number=3) if place.label == "8" else place for place in SOURCE.locators)
    paged = replace(SOURCE, locators=numbered)

    def shown(asked: dict[str, object], state: CitationState = CitationState.VERIFIED) -> dict[str, str]:
        """The attributes of the pages and of the text, by class."""
        elements = Tags(source_html(Shelf(paged, state), asked)).elements  # type: ignore[arg-type]
        views = [attributes for tag, attributes in elements if tag in ("section", "article")]
        return {str(each["class"]): "hidden" if "hidden" in each else str(each.get("data-page", "")) for each in views}

    assert shown(request(37, 55)) == {"page-view": "3", "reader-text": "hidden"}
    assert shown({"source": "bridge.md"}) == {"page-view": "hidden", "reader-text": ""}
    assert shown({**request(37, 55), "view": "text"}) == {"page-view": "hidden", "reader-text": ""}
    assert shown(request(37, 55), CitationState.CHANGED) == {"reader-text": ""}


def test_nothing_hostile_becomes_markup() -> None:
    known = Metadata(title=HOSTILE, url="javascript:alert(1)", references=({"url": "javascript:alert(2)"},))
    source = Source(HOSTILE, f"{HOSTILE}\n\n{HOSTILE}", known, "d", (Locator(0, LocatorKind.PAGE, HOSTILE),))
    asked = {
        "source": HOSTILE,
        "start": 0,
        "end": len(HOSTILE),
        "quote": HOSTILE,
        "first": HOSTILE,
        "also": [{"quote": HOSTILE}],
    }
    assert_only_text(source_html(Shelf(source), asked), HOSTILE)  # type: ignore[arg-type]
    listed = Source(HOSTILE, "x y", known, "d", tuple(Locator(at, LocatorKind.SECTION, HOSTILE, 1) for at in (0, 2)))
    assert_only_text(contents(Shelf(listed), asked), HOSTILE)  # type: ignore[arg-type]
    assert_only_text(gone_html(HOSTILE, texts("en")), HOSTILE)
