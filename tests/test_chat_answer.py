"""An answer as it stands in the conversation: what it shows, what can be done with it, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from browser import CHROMIUM, NO_CHROMIUM, Chat, OpenPage, ask
from playwright.sync_api import Page

from assistant import Library
from assistant.chat.citing import Citing
from assistant.chat.given import Given, neighbours
from assistant.records import CitationState

in_browser = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
FERRY = "How often does the harbour ferry cross the bay?"


# ----- without a browser


def test_the_text_around_an_excerpt_is_the_sources_own(notes: Library) -> None:
    citation = notes.ask("How many metres of water did the pilots report?").excerpts[0].citation
    source = notes.source(citation.source_id)
    nothing = neighbours(source, citation, 0, 0)
    assert (nothing["before"], nothing["after"]) == ("", "")
    everything = neighbours(source, citation, 20, 20)
    assert everything["before"] + citation.quote + everything["after"] == source.text.strip()
    assert not everything["earlier"] and not everything["later"]
    one = neighbours(source, citation, 1, 0)["before"]
    assert source.text[: citation.start].endswith(one) and 0 < len(one) <= len(everything["before"])


def test_the_next_paragraph_comes_with_the_heading_between(notes: Library) -> None:
    (notes.sources / "mill.md").write_text(
        "# The mill\n\nFirst of all.\n\n## Wheat\n\nThe mill ground wheat for Ostrava.\n\n## Rye\n\nThen it was rye.\n",
        "utf-8",
    )
    notes.rebuild()
    source = notes.source("mill.md")
    start = source.text.index("The mill ground")
    citation = notes.find("The mill ground wheat for Ostrava")[0].citation
    assert citation.start == start
    found = neighbours(source, citation, 1, 2)
    assert found["before"].split("\n\n")[-3:] == ["First of all.", "Wheat", ""]
    assert found["after"].split("\n\n") == [".", "Rye", "Then it was rye."]


@pytest.fixture
def given(notes: Library) -> Iterator[Given]:
    citing = Citing()
    citing.keep(notes.ask("How much silt did the dredger Marabel clear?"), "one")
    yield Given(notes, citing)


def test_an_excerpt_says_what_became_of_its_file(notes: Library, given: Given) -> None:
    def state() -> CitationState:
        return given.answer("one").excerpts[0].citation.state

    file = notes.sources / "harbour.md"
    assert state() is CitationState.VERIFIED
    assert "before" in given.around({"answer": "one", "excerpt": "1", "before": 1})
    file.write_text(file.read_text("utf-8").replace("forty thousand", "fifty thousand"), "utf-8")
    assert state() is CitationState.CHANGED
    assert (
        "Datei wurde seit dem Zitat geändert"
        in given.around({"answer": "one", "excerpt": "1", "before": 1, "language": "de"})["reason"]
    )
    notes.rebuild()
    assert state() is CitationState.CHANGED  # the index has the new text, the answer quotes the old one
    file.unlink()
    assert state() is CitationState.MISSING
    notes.rebuild()
    assert state() is CitationState.MISSING


def test_an_excerpt_of_which_the_source_says_otherwise_does_not_pass_for_one_of_it(notes: Library) -> None:
    answer, citing = notes.ask("How much silt did the dredger Marabel clear?"), Citing()
    forged = json.loads(json.dumps(answer.to_dict()).replace("forty thousand", "fifty thousand"))
    citing.restore("one", forged)
    given = Given(notes, citing)
    assert given.answer("one").excerpts[0].citation.state is CitationState.CHANGED
    assert given.around({"answer": "one", "excerpt": "1", "before": 1}).keys() == {"reason"}


@pytest.mark.parametrize("request_", [{"excerpt": "0"}, {"excerpt": "x"}, {"excerpt": "99"}, {"answer": "two"}])
def test_what_is_not_held_has_nothing_around_it(given: Given, request_: dict[str, str]) -> None:
    assert given.around({"answer": "one", "excerpt": "1", **request_}).keys() == {"reason"}


def test_feedback_is_written_beside_the_index(notes: Library, given: Given) -> None:
    said = given.feedback({"answer": "one", "good": False, "reason": "Which year?"})
    assert said == {"file": str(notes.feedback_file.resolve())}
    assert given.feedback({"answer": "two", "good": True}).keys() == {"failure"}
    assert given.feedback({"answer": "one", "good": True, "reason": "x" * 9000}).keys() == {"failure"}
    lines = [json.loads(line) for line in notes.feedback_file.read_text("utf-8").splitlines()]
    assert [(line["verdict"], line["reason"]) for line in lines] == [("bad", "Which year?")]


# ----- in a browser


def card_shown(page: Page, shown: bool) -> None:
    page.wait_for_function("shown => document.getElementById('quote-card').hidden !== shown", arg=shown)


@in_browser
def test_a_number_shows_what_it_quotes_and_keys_open_it(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What is the oldest boat of the harbour ferry called?")
    number = page.locator("#chat .statement .number").first
    number.hover()
    card_shown(page, True)
    assert page.inner_text("#quote-card .title") == "The Harbour Ferry"
    assert "the oldest is called Kittiwake." in page.inner_text("#quote-card .quote")
    assert "4 May 2021, covers 1998 – 2021" in page.inner_text("#quote-card .place")
    assert number.get_attribute("aria-describedby") == "quote-card"
    page.hover("#quote-card .quote")  # one can go to it
    page.wait_for_timeout(400)
    card_shown(page, True)
    page.mouse.move(5, 5)
    card_shown(page, False)
    page.locator("#ask textarea").focus()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.statement .number')"):
            break
    card_shown(page, True)
    page.keyboard.press("Escape")
    card_shown(page, False)
    assert page.evaluate("document.activeElement.matches('.statement .number:not([aria-describedby])')")

    ask(page, FERRY)
    page.keyboard.type("1")
    assert page.input_value("#ask textarea") == "1" and not page.locator("#cited").count()
    page.locator("#chat [role=log]").focus()
    page.keyboard.press("1")  # of the last answer, as none was read since
    page.wait_for_selector("#cited:has-text('every forty minutes')")
    page.keyboard.press("Escape")
    page.locator("#chat .answer").first.locator("summary").first.click()
    page.keyboard.press("1")
    page.wait_for_selector("#cited:has-text('Kittiwake')")


@in_browser
def test_an_excerpt_grows_in_its_place(open_page: OpenPage, chat: Chat) -> None:
    page = open_page()
    ask(page, "How many barrels does entry 650 of the ledger record?")
    excerpt = page.locator("#chat .excerpt").first
    excerpt.locator("summary").click()
    own = excerpt.locator(".own")
    words, marked = own.text_content(), own.locator("mark").count()
    excerpt.locator("[data-side=later]").scroll_into_view_if_needed()
    top = own.evaluate("node => node.getBoundingClientRect().top")
    for side in ("earlier", "earlier", "later"):
        was = excerpt.locator(f".near.{side}").text_content()
        excerpt.locator(f"[data-side={side}]").click()
        page.wait_for_function(
            "([side, was]) => document.querySelector(`.excerpt .near.${side}`).textContent !== was", arg=[side, was]
        )
    assert abs(own.evaluate("node => node.getBoundingClientRect().top") - top) < 2
    assert (own.text_content(), own.locator("mark").count()) == (words, marked)
    ledger = (chat.sources / "ledger.md").read_text("utf-8")
    shown = excerpt.locator("blockquote").text_content() or ""
    assert shown in ledger and shown.count("Entry") == (words or "").count("Entry") + 3
    assert page.evaluate("document.activeElement.dataset.side") == "later"
    (chat.sources / "ledger.md").write_text(f"{ledger}\n\nEntry 701 is new.\n", "utf-8")
    excerpt.locator("[data-side=later]").click()
    page.wait_for_selector("#toast:has-text('changed since this was quoted')")
    assert excerpt.locator("blockquote").text_content() == shown
    ask(page, FERRY)
    page.wait_for_selector("#chat .excerpt .state:has-text('file changed since then')")
    (chat.sources / "ledger.md").write_text(ledger, "utf-8")


@in_browser
def test_what_is_thought_of_an_answer_is_written_shown_and_taken_back(open_page: OpenPage, chat: Chat) -> None:
    file = chat.index / "feedback.jsonl"

    def said() -> list[tuple[str, str, str]]:
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        return [(line["question"], line["verdict"], line["reason"]) for line in lines]

    page = open_page()
    ask(page, FERRY)
    answer = page.locator("#chat .answer").first
    answer.get_by_role("button", name="Bad answer").click()
    page.wait_for_function("document.activeElement.matches('.why input')")
    assert str(file.resolve()) in answer.locator(".judged").inner_text()
    page.keyboard.type("Not in winter")
    page.focus("#ask textarea")
    answer.locator("button.number").first.hover()
    card_shown(page, True)
    assert answer.get_by_label("Why?").input_value() == "Not in winter"  # though it is not sent yet
    answer.get_by_label("Why?").press("Enter")
    page.wait_for_function("document.activeElement.matches('.thumb[aria-pressed=true]')")
    ask(page, "Who won the chess olympiad in Yerevan?")
    assert answer.get_by_role("button", name="Bad answer").get_attribute("aria-pressed") == "true"
    assert answer.get_by_label("Why?").input_value() == "Not in winter"
    last = page.locator("#chat .answer").last
    last.get_by_role("button", name="Good answer").click()
    last.get_by_role("button", name="Take back").click()
    page.wait_for_function("document.activeElement.matches('.thumb')")
    assert last.locator(".thumb[aria-pressed=true]").count() == 0
    assert said() == [
        (FERRY, "bad", ""),
        (FERRY, "bad", "Not in winter"),
        ("Who won the chess olympiad in Yerevan?", "good", ""),
        ("Who won the chess olympiad in Yerevan?", "none", ""),
    ]


@in_browser
def test_what_the_filters_kept_out_is_found_when_all_sources_are_searched(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, f"{FERRY} in:lighthouse")
    answer = page.locator("#chat .answer.not-found")
    assert "1 source · Only sources in “lighthouse”" in answer.locator(".searched").inner_text()
    answer.get_by_role("button", name="Search all sources instead").click()
    page.wait_for_selector("#chat .statement:has-text('every forty minutes')")
    assert "Searching all" in page.inner_text("#scope")


@in_browser
def test_a_link_to_an_answer_asks_the_question_as_it_was_read(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What is the oldest boat of the harbour ferry called?")
    ask(page, "When was it launched?")
    answer = page.locator("#chat .answer").last
    assert "Searched for:" in answer.inner_text()
    answer.get_by_role("button", name="Copy link").click()
    page.wait_for_selector("#toast:has-text('Link copied')")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    page.wait_for_selector("#chat .statement")
    assert (page.inner_text("#chat .question") or "").startswith("When was it launched? ")
    assert "Kittiwake was launched in 1998" in page.locator("#chat .answer").inner_text()


@in_browser
def test_printing_gives_questions_answers_and_sources_only(open_page: OpenPage, tmp_path: Path) -> None:
    def printed() -> str:
        path = tmp_path / "page.pdf"
        page.pdf(path=path, print_background=True)
        with pypdfium2.PdfDocument(path) as document:
            texts = [leaf.get_textpage().get_text_range() for leaf in document]
            corner = document[0].render().to_pil().getpixel((5, 5))
        assert corner == (255, 255, 255)
        return " ".join(" ".join(texts).split())

    page = open_page(color_scheme="dark")
    ask(page, FERRY)
    ask(page, "Until when did the lighthouse have a keeper?")
    everything = printed()
    for words in (
        FERRY,
        "Until when did the lighthouse",
        "forty minutes. [1]",
        "Port Authority",
        "winter the last boat",
    ):
        assert words in everything
    for words in ("Copy", "Save and cite", "Print", "Excerpt", "Sources", "Ask about", "More before", "127.0.0.1"):
        assert words not in everything
    assert page.locator(".excerpt details[open]").count() == 0
    page.evaluate("window.print = () => { window.asked = true; }")  # headless, there is no dialogue to wait for
    page.locator("#chat .answer").first.get_by_role("button", name="Print").click()
    assert page.evaluate("window.asked")
    one = printed()
    assert FERRY in one and "forty minutes" in one and "lighthouse" not in one
    assert "lighthouse" in printed()  # and that was for once
