"""The reader: a source's own text, and the cited words marked where they stand or not at all."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markup import HOSTILE, SOURCE, TEXT, Tags, assert_only_text

from assistant.anchoring import find_words
from assistant.chat.reader import WINDOW_BLOCKS, Anchor, blocks, gone_html, source_html
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
    assert shown({**request(37, 55), "first": 0}) == {"page-view": "hidden", "reader-text": ""}
    assert shown(request(37, 55), CitationState.CHANGED) == {"reader-text": ""}


def test_nothing_hostile_becomes_markup() -> None:
    known = Metadata(title=HOSTILE, url="javascript:alert(1)", references=({"url": "javascript:alert(2)"},))
    source = Source(HOSTILE, f"{HOSTILE}\n\n{HOSTILE}", known, "d", (Locator(0, LocatorKind.PAGE, HOSTILE),))
    asked = {"source": HOSTILE, "start": 0, "end": len(HOSTILE), "quote": HOSTILE, "first": HOSTILE}
    assert_only_text(source_html(Shelf(source), asked), HOSTILE)  # type: ignore[arg-type]
    assert_only_text(gone_html(HOSTILE), HOSTILE)
