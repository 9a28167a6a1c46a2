"""The chat in a real browser, served by a real process."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request

import pytest
from browser import (
    CHROMIUM,
    HOSTILE,
    NO_CHROMIUM,
    Chat,
    OpenPage,
    ask,
    free_port,
    in_view,
    rebuild_elsewhere,
    start_chat,
)
from playwright.sync_api import Browser

from assistant.readers import read

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)


def test_number_opens_the_reader_at_the_cited_sentence(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "How often does the harbour ferry cross the bay?")
    statement = page.locator(".statement").first
    assert statement.inner_text().startswith("The harbour ferry crosses the bay every forty minutes.")
    assert statement.locator(".number").first.text_content() == "[1]"
    assert in_view(page, "#chat .question")
    statement.locator(".number").first.click()
    page.wait_for_function("document.activeElement.id === 'cited'")
    assert page.inner_text("#cited") == "The harbour ferry crosses the bay every forty minutes."
    assert page.inner_text("#reader-title") == "The Harbour Ferry"
    assert in_view(page, "#cited")
    assert "Timetable" in page.locator("#reader .reader-text :is(h3, h4)").all_inner_texts()


def test_card_shows_the_excerpt_and_opens_the_reader(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "How often does the harbour ferry cross the bay?")
    card = page.locator(".card", has_text="The Harbour Ferry").first
    for words in ("Port Authority", "4 May 2021", "1998 – 2021", "match 0."):
        assert words in card.inner_text()
    card.locator("summary").first.click()
    assert "forty minutes" in card.locator("blockquote mark").first.inner_text()
    card.locator(".place-button").first.click()
    assert "forty minutes" in page.inner_text("#cited")


def test_what_the_sources_do_not_answer(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "Who won the chess olympiad in Yerevan?")
    assert page.inner_text(".not-found h2") == "Your sources do not answer this"
    assert "olympiad" in page.inner_text(".not-found .searched")
    assert page.locator(".statement").count() == 0


def test_follow_up_is_read_with_the_question_before(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What is the oldest boat of the harbour ferry called?")
    ask(page, "When was it launched?")
    answers = page.locator("#chat .answer")
    assert "Kittiwake was launched in 1998" in (answers.nth(1).text_content() or "")
    assert "Searched for:" in answers.nth(1).inner_text()
    assert in_view(page, "#chat .user-row:nth-last-of-type(2) .question")


def test_a_follow_up_as_it_was_read_can_be_edited_before_it_is_asked_again(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What is the oldest boat of the harbour ferry called?")
    ask(page, "When was it launched?")
    page.fill("#ask textarea", "half a")
    page.locator("#chat .answer").nth(1).get_by_role("button", name="Edit").click()
    read_as = page.input_value("#ask textarea")
    page.keyboard.press("Control+z")
    assert page.input_value("#ask textarea") == "half a"
    page.locator("#chat .answer").nth(1).get_by_role("button", name="Edit").click()
    assert page.input_value("#ask textarea") == read_as
    box = page.locator("#ask textarea")
    assert box.input_value().startswith("When was it launched? ") and "boat" in box.input_value()
    asked = box.input_value()
    box.press("Enter")  # as it stands, so that the page must have taken it in
    page.wait_for_function("document.querySelectorAll('#chat .answer').length > 2")
    assert page.locator("#chat .question").nth(2).text_content() == asked
    assert "Kittiwake was launched in 1998" in (page.locator("#chat .answer").nth(2).text_content() or "")


def test_suggested_question(open_page: OpenPage) -> None:
    page = open_page()
    suggestion = page.locator(".welcome .suggestions button").first
    words = suggestion.inner_text()
    page.fill("#ask textarea", "half a")
    suggestion.click()
    page.wait_for_selector(".statement")
    assert page.inner_text("#chat .question") == words
    assert page.input_value("#ask textarea") == "half a"


def test_blank_question_does_nothing_and_a_new_chat_starts_over(open_page: OpenPage) -> None:
    page = open_page()
    page.fill("#ask textarea", "   ")
    page.press("#ask textarea", "Enter")
    ask(page, "Until when did the lighthouse have a keeper?")
    assert page.locator("#chat .question").count() == 1
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".welcome .suggestions", state="visible")
    page.wait_for_function("document.querySelectorAll('#chat .question').length === 0")


def test_rebuild_elsewhere_is_noticed_and_gone_words_are_not_marked(open_page: OpenPage, chat: Chat) -> None:
    mill = chat.sources / "mill.md"
    mill.write_text("# The Mill\n\nThe mill grinds barley.\n\nThe mill burned down in 1888.\n", encoding="utf-8")
    rebuild_elsewhere(chat.sources, chat.index)
    page = open_page()
    ask(page, "When did the mill burn down?")
    mill.write_text("# The Mill\n\nThe mill grinds barley.\n\nThe mill burned down in 1889.\n", encoding="utf-8")
    (chat.sources / "weir.md").write_text("# The Weir\n\nThe weir was raised in 1902.\n", encoding="utf-8")
    rebuild_elsewhere(chat.sources, chat.index)
    page.wait_for_selector(".sources li:has-text('The Weir')")
    page.locator(".number").first.click()
    page.wait_for_selector("#reader .notice")
    assert "no longer in this source" in page.inner_text("#reader .notice")
    assert "1889" in page.inner_text(".reader-text")
    assert page.locator("#reader mark").count() == 0
    ask(page, "When was the weir raised?")
    assert "The weir was raised in 1902." in page.locator("#chat .answer").last.inner_text()


def test_hostile_text_is_only_text(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What does the zebra protocol say?")
    page.locator(".number").first.click()
    page.wait_for_selector("#cited")
    assert HOSTILE in page.inner_text(".reader-text")
    ask(page, "When is the giraffe protocol read aloud?")
    answer = page.locator("#chat .answer").last
    assert HOSTILE in answer.inner_text()
    answer.locator(".number").first.click()
    page.wait_for_function("document.querySelector('.reader-text').textContent.includes('giraffe')")
    assert page.inner_text("#reader-title") == HOSTILE
    ask(page, f"zebra {HOSTILE} **stripes**")
    assert page.locator("#chat .question").last.inner_text() == f"zebra {HOSTILE} **stripes**"
    assert page.evaluate("[window.pwned ?? null, document.documentElement.hasAttribute('string')]") == [None, False]


def test_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("Until when did the lighthouse have a keeper?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .answer")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.statement .number')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'cited'")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.statement .number')")
    page.locator(".sources .source").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'reader-title'")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"  # it would be cut off


def test_narrow_window(open_page: OpenPage) -> None:
    page = open_page(width=390)
    ask(page, "How often does the harbour ferry cross the bay?")
    fits = """[document.scrollingElement, document.querySelector('#chat .bubble-wrap')]
        .every(node => node.scrollWidth <= innerWidth)"""
    assert page.evaluate(fits)
    page.locator(".number").first.click()
    page.wait_for_function("document.activeElement.id === 'cited'")
    assert page.get_attribute("#panel", "role") == "dialog"
    page.wait_for_function("document.querySelector('#panel').getAnimations().length === 0")
    assert in_view(page, "#cited") and page.evaluate(fits)
    page.locator("#reader [data-do=close]").click()
    assert page.evaluate("document.activeElement.matches('.number')")
    page.get_by_role("button", name="Sources", exact=True).click()
    page.wait_for_function("document.activeElement.id === 'library-title'")
    page.wait_for_function("document.querySelector('#panel').getAnimations().length === 0")
    assert page.evaluate("document.querySelector('#panel').getBoundingClientRect().right <= innerWidth")


def test_copy_citation_and_answer(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "How often does the harbour ferry cross the bay?")
    page.get_by_role("button", name="Copy citation").first.click()
    page.wait_for_selector("#toast:has-text('Citation copied')")
    citation = page.evaluate("navigator.clipboard.readText()")
    assert citation == "“The Harbour Ferry,” Port Authority, May 4, 2021, under “Timetable,” para. 1."
    page.get_by_text("Save and cite").click()
    page.get_by_label("Citation style").select_option(label="APA")
    page.get_by_role("button", name="Copy with citations").click()
    page.wait_for_selector("#toast:has-text('Answer copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    place = "(The Harbour Ferry, 2021, under “Timetable,” para. 1)"
    assert f"“The harbour ferry crosses the bay every forty minutes.” {place}\n" in copied
    assert "\nThe Harbour Ferry. (2021, May 4). Port Authority." in copied
    rich = """navigator.clipboard.read().then(([item]) => item.getType('text/html')).then((blob) => blob.text())"""
    assert "<em><span>The Harbour Ferry</span></em>" in page.evaluate(rich)
    page.reload()  # the answer comes back, and the style is remembered
    page.wait_for_selector("#chat .answer .cite-style[data-chosen]", state="attached")
    assert page.locator(".cite-style").input_value() == "apa"


def test_answers_are_saved_as_files(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "How often does the harbour ferry cross the bay?")
    ask(page, "Who won the world cup in 2030?")
    page.get_by_text("Save and cite").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("group", name="Save this answer").first.get_by_role("button", name="Markdown").click()
    assert waiting.value.suggested_filename == "how-often-does-the-harbour-ferry-cross-the-bay.md"
    text = waiting.value.path().read_text("utf-8")
    assert "> “The harbour ferry crosses the bay every forty minutes.”[^1]" in text and "world cup" not in text
    with page.expect_download() as waiting:
        page.get_by_role("group", name="Save the conversation").first.get_by_role("button", name="Word").click()
    words = read(waiting.value.path().read_bytes(), "conversation.docx").sources[0].text
    assert "The harbour ferry crosses the bay every forty minutes." in words and "world cup in 2030?" in words
    gone = "document.querySelector('.answer').dataset.answer = 'no-such-answer'"
    page.evaluate(gone)
    page.get_by_role("group", name="Save this answer").first.get_by_role("button", name="BibTeX").click()
    page.wait_for_selector("#toast:has-text('no longer held')")


def test_sources_are_filtered_and_long_ones_come_in_windows(open_page: OpenPage) -> None:
    page = open_page()
    page.fill("#filter", "ledger.md")
    assert page.locator(".sources li:visible").count() == 1
    page.locator(".sources li:visible .source").click()
    page.wait_for_selector(".reader-text")
    assert page.locator(".reader-text p").count() < 200
    page.get_by_role("button", name="Later text").press("Enter")
    page.wait_for_selector(".reader-text p:has-text('Entry 70 of')")
    page.locator("#reader [data-do=library]").click()
    ask(page, "How many barrels does entry 650 of the ledger record?")
    page.locator(".number").first.click()
    page.wait_for_selector("#cited")
    assert "Entry 650 of the ledger records 1950 barrels" in page.inner_text(".reader-text")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_until_it_is_chosen(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    dark = "document.body.classList.contains('dark')"
    assert page.evaluate(dark) == (scheme == "dark")
    page.locator(".settings summary").click()
    page.get_by_label("Appearance").select_option("light" if scheme == "dark" else "dark")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.evaluate(dark) == (scheme != "dark")
    page.locator(".settings summary").click()
    page.get_by_label("Appearance").select_option("system")
    assert page.evaluate(dark) == (scheme == "dark")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program can answer")
def test_stops_cleanly_with_a_page_open(browser: Browser, chat: Chat) -> None:
    port = free_port()
    with start_chat(chat.sources, chat.index, port) as process:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}")
        page.wait_for_selector("[data-ready]")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        page.close()


@pytest.mark.parametrize(
    ("headers", "status"), [({"Host": "evil.example"}, "400"), ({"Origin": "http://evil.example"}, "403")]
)
def test_other_sites_are_refused(chat: Chat, headers: dict[str, str], status: str) -> None:
    request = urllib.request.Request(f"{chat.url}/", headers=headers)
    with pytest.raises(urllib.error.HTTPError, match=status):
        urllib.request.urlopen(request, timeout=10)
