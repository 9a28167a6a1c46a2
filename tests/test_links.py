"""Links to the place of a citation: where they lead, and that nothing in a quotation breaks them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, unquote

import pytest

from assistant.anchoring import find_words
from assistant.bibliography import cite_slice
from assistant.chat.reader import Anchor
from assistant.links import answer_link, deep_link, reader_link
from assistant.records import Citation, Filters, Locator, LocatorKind, Metadata, Query, Source

WEB = Metadata(url="https://example.org/a?b=1&c=2")
TEXT = (
    "The tide turned.\n\nThe harbour board met on 3 May, in the old custom-house & voted for a new mole, a lamp and a "
    "bell.\n\nNobody objected. The tide turned again before the board went home."
)


def cited(quote: str, metadata: Metadata = WEB, text: str = TEXT, pages: bool = False) -> Citation:
    start = text.index(quote)
    labels = ((0, "xi"), (18, "xii"), (text.find("Nobody"), "1"))
    locators = [Locator(at, LocatorKind.PAGE, label, number=n) for n, (at, label) in enumerate(labels, 4)]
    source = Source("a.pdf" if pages else "a.html", text, metadata, "d", tuple(locators if pages else ()))
    return cite_slice(source, start, start + len(quote))


@pytest.mark.parametrize(
    ("quote", "directive"),
    [
        ("Nobody objected.", "Nobody%20objected.,-The%20tide%20turned"),
        ("The tide turned again", "The%20tide%20turned%20again"),
        ("old custom-house & voted", "old%20custom%2Dhouse%20%26%20voted"),
        ("a new mole, a lamp", "a%20new%20mole%2C%20a%20lamp"),
        ("lamp", "new%20mole%2C%20a-,lamp,-and%20a%20bell."),
        (
            "The harbour board met on 3 May, in the old custom-house & voted for a new mole, a lamp and a bell.",
            "The%20harbour%20board%20met%20on,a%20lamp%20and%20a%20bell.",
        ),
        ("a bell.\n\nNobody objected.", "a%20bell.,Nobody%20objected."),
    ],
)
def test_a_web_page_is_opened_at_the_words(quote: str, directive: str) -> None:
    assert deep_link(cited(quote)) == f"https://example.org/a?b=1&c=2#:~:text={directive}"


def test_words_that_may_be_cut_off_are_no_context() -> None:
    text = f"unmistakably the {'harbour ' * 3}bell rang {'harbour ' * 3}unmistakably"
    link = deep_link(cited("bell rang", text=text)) or ""
    assert unquote(link.partition("text=")[2]) == "harbour harbour harbour-,bell rang,-harbour harbour harbour"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a#part-2", "https://example.org/a#part-2:~:text=The%20tide%20turned%20again"),
        ("https://example.org/a#:~:text=old", "https://example.org/a#:~:text=The%20tide%20turned%20again"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://[address]", None),
        (None, None),
    ],
)
def test_the_fragment_of_an_address_is_kept_and_only_the_web_is_linked(url: str | None, link: str | None) -> None:
    assert deep_link(cited("The tide turned again", Metadata(url=url))) == link


@pytest.mark.parametrize(
    ("url", "accessed", "link"),
    [
        ("https://example.org/a.PDF", None, "https://example.org/a.PDF#page=5"),
        ("https://example.org/a.pdf?v=2#page=1", None, "https://example.org/a.pdf?v=2#page=5"),
        ("https://example.org/download/17", "2024-05-01", "https://example.org/download/17#page=5"),
        ("https://example.org/about#files", None, "https://example.org/about#files"),
    ],
)
def test_a_pdf_is_opened_at_its_page(url: str, accessed: str | None, link: str) -> None:
    citation = cited("The harbour board", Metadata(url=url, accessed=accessed), pages=True)
    assert (citation.locator, deep_link(citation)) == ("p. xii", link)


def test_what_is_no_pdf_has_no_page_at_the_address_of_one() -> None:
    assert deep_link(cited("lamp", Metadata(url="https://example.org/a.pdf"))) == "https://example.org/a.pdf"


def follow(link: str) -> Anchor:
    assert link.startswith("/#") and not set(link[2:]) & set(" \n#\"'<>")
    return Anchor.of(dict(parse_qsl(link[2:], strict_parsing=True)))


@pytest.mark.parametrize("quote", ["lamp", "custom-house & voted", "a bell.\n\nNobody objected."])
def test_a_link_to_the_reader_finds_the_words_again_wherever_they_went(quote: str) -> None:
    citation = replace(cited(quote), source_id="deep/ä & #1+2.html")
    anchor = follow(reader_link(citation, "gen-1"))
    assert (anchor.source_id, anchor.index_id) == (citation.source_id, "gen-1")
    place = find_words(TEXT, anchor)
    assert place and (place.start, place.end) == (citation.start, citation.end)
    place = find_words(f"A new beginning. {TEXT}", anchor)
    assert place and (place.start, place.end) == (citation.start + 17, citation.end + 17)
    assert find_words(TEXT.replace(quote, "gone"), anchor) is None


def test_a_link_to_a_long_quotation_holds_its_beginning() -> None:
    text = "harbour " * 4000
    citation = cited(text[:20_007], text=text)
    link = reader_link(citation, "gen-1")
    found = find_words(text, follow(link))
    assert len(link) < 2000 and found is not None
    assert found[0] == 0 and 400 < found[1] - found[0] <= 500 and text[found[1] - 1] == "r"


def test_a_link_to_an_answer_asks_the_question_as_it_was_read_under_its_filters() -> None:
    filters = Filters(("a&b/*", "c d"), ("rail",), ("Archive #1",), "2005", "2006-03")
    link = answer_link(Query("Who paid for it?", filters=filters, carried=("Elm", "Hill")))
    assert link.startswith("/?") and not set(link[2:]) & set(" \n#\"'<>")
    assert parse_qsl(link[2:], strict_parsing=True) == [
        *(("q", "Who paid for it? Elm Hill"), ("alone", "1"), ("in", "a&b/*"), ("in", "c d"), ("tag", "rail")),
        *(("publisher", "Archive #1"), ("after", "2005"), ("before", "2006-03")),
    ]
    assert answer_link(Query("Why?")) == "/?q=Why%3F&alone=1"
