"""Asking on the page, and choosing what is asked: the box, filters, links, and what is said when something is wrong."""

from __future__ import annotations

import contextlib

import pytest
from browser import CHROMIUM, NO_CHROMIUM, OpenPage, ask
from playwright.sync_api import Error, Page, Route

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
BOX = "#ask textarea"


def scope(page: Page, words: str) -> None:
    """Waits until the page says by the question box that this is searched."""
    page.wait_for_selector(f"#scope:has-text('{words}')")


def test_keys_of_the_box(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_function("document.activeElement.matches('#ask textarea')")
    page.keyboard.type("How often does the harbour ferry")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("cross the bay?")
    assert page.input_value(BOX) == "How often does the harbour ferry\ncross the bay?"
    tall = page.locator(BOX).evaluate("node => node.clientHeight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .answer")
    assert "every forty minutes" in page.inner_text("#chat .statement")
    assert page.input_value(BOX) == "" and page.locator(BOX).evaluate("node => node.clientHeight") < tall
    assert page.evaluate("document.activeElement.matches('#ask textarea')")
    ask(page, "Until when did the lighthouse have a keeper?")
    page.keyboard.press("ArrowUp")
    assert page.input_value(BOX) == "Until when did the lighthouse have a keeper?"
    page.keyboard.press("ArrowUp")
    assert page.input_value(BOX) == "How often does the harbour ferry\ncross the bay?"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.input_value(BOX) == ""


def test_escape_stops_a_question_and_gives_it_back(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "Until when did the lighthouse have a keeper?")
    question, held = "ferry " * 3300, list[Route]()
    page.route("**/queue/join*", lambda route: held.append(route))  # its answer does not come
    page.fill(BOX, question)
    with page.expect_request("**/queue/join*"):
        page.press(BOX, "Enter")
    page.keyboard.press("Escape")
    page.wait_for_selector("#trouble:has-text('Stopped. The question is in the box.')")
    assert page.input_value(BOX).split() == question.split()
    for route in held:  # the answer comes all the same, too late
        route.continue_()
    page.unroute("**/queue/join*")
    page.wait_for_function("document.querySelectorAll('#chat .question').length === 1")
    ask(page, "How often does the harbour ferry cross the bay?")
    assert page.locator("#chat .answer").count() == 2 and page.inner_text("#trouble") == ""


def test_questions_sent_one_upon_another_are_neither_lost_nor_mixed_up(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "Until when did the lighthouse have a keeper?")
    slow, held = "ferry " * 30, list[Route]()
    hold = lambda route: held.append(route) if slow[:24] in (route.request.post_data or "") else route.continue_()  # noqa: E731
    page.route("**/queue/join*", hold)  # the answer to that does not come
    for question in (slow, "How often does the harbour ferry cross the bay?"):
        page.fill(BOX, question)
        page.press(BOX, "Enter")
    page.keyboard.press("Escape")  # the first is stopped, and the second asked all the same
    page.wait_for_selector("#chat .statement:has-text('every forty minutes')")
    page.unroute("**/queue/join*")
    for question in (slow, "When was Kittiwake launched?"):
        page.fill(BOX, question)
        page.press(BOX, "Enter")
    page.fill(BOX, "half a")
    page.get_by_role("button", name="New chat").click()
    page.wait_for_function("document.querySelectorAll('#chat .answer, #chat .question').length === 0")
    assert page.input_value(BOX) == "half a"
    page.get_by_role("button", name="Conversations").click()
    page.locator(".kept-open").first.click()
    page.wait_for_selector("#chat .question:has-text('When was Kittiwake launched?')")
    page.wait_for_selector("#chat .failed, #chat .statement:has-text('launched in 1998')")
    again = page.locator("#chat .failed").last.get_by_role("button", name="Ask again")
    if again.count():  # it was not answered before the chat was left
        again.click()
    page.wait_for_selector("#chat .statement:has-text('launched in 1998')")
    for route in held:
        with contextlib.suppress(Error):  # its question was stopped
            route.abort()


def test_filters_are_stated_and_apply(open_page: OpenPage) -> None:
    page = open_page()
    scope(page, "Searching all")
    page.get_by_role("button", name="Narrow down").click()
    page.get_by_label("Coastal Society").check()
    scope(page, "Searching 1 of")
    ask(page, "How often does the harbour ferry cross the bay?")
    assert "The sources that were searched do not answer this" in page.inner_text(".not-found h2")
    page.get_by_role("button", name="Remove the filter: Coastal Society").click()
    scope(page, "Searching all")
    assert not page.get_by_label("Coastal Society").is_checked()
    page.get_by_label("From", exact=True).fill("2020")
    page.get_by_label("From", exact=True).press("Enter")
    scope(page, "from 2020")
    page.get_by_label("Until", exact=True).fill("then")
    page.get_by_label("Until", exact=True).press("Tab")
    scope(page, "is not a date")
    page.get_by_role("button", name="Search all", exact=True).click()
    scope(page, "Searching all")
    assert page.get_by_label("From", exact=True).input_value() == ""
    page.reload()  # nothing is narrowed any more, also after it was
    scope(page, "Searching all")


def test_suggestions_follow_the_filters_and_are_answered(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="Narrow down").click()
    page.wait_for_selector(".welcome .suggestions")
    page.get_by_label("Coastal Society").check()
    page.wait_for_function("document.querySelector('.welcome').textContent.includes('ighthouse')")
    page.wait_for_function("!document.querySelector('.welcome').textContent.includes('Ferry')")
    page.locator(".welcome .suggestions button").first.click()
    page.wait_for_selector("#chat .answer .statement")
    assert "The Lighthouse at Skerry Point" in page.inner_text("#chat .answer")


def test_filters_in_the_question(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, 'in:"lighthouse at skerry point" When did the fleet\'s oldest boat get launched?')
    assert page.locator(".not-found").count() == 1
    assert page.inner_text("#chat .question").startswith('in:"lighthouse at skerry point"')
    ask(page, "before:2020-02-30 When was Kittiwake launched?")
    assert "is not a date" in page.locator("#chat .failed").inner_text()
    ask(page, "When was Kittiwake launched? after:2020")
    assert "Kittiwake was launched in 1998" in page.locator("#chat .statement").last.inner_text()


def test_a_page_in_another_language(open_page: OpenPage) -> None:
    page = open_page(locale="de-DE")
    assert page.get_attribute("html", "lang") == "de"
    assert page.get_attribute(BOX, "placeholder") == "Fragen Sie Ihre Dokumente"
    scope(page, "Suche in allen")
    page.locator(".settings summary").click()
    page.get_by_label("Sprache").select_option("fr")
    page.wait_for_selector("html[lang=fr] [data-ready]")
    assert page.get_by_role("button", name="Nouvelle conversation").is_visible()
