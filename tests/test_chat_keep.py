"""Conversations that the browser keeps: what comes back, and that nothing which a person put in is lost."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from browser import CHROMIUM, HOSTILE, NO_CHROMIUM, Chat, OpenPage, ask, free_port, start_chat, watched
from playwright.sync_api import Browser, Page, Route

from assistant.readers import read

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
FERRY = "How often does the harbour ferry cross the bay?"
KEEPER = "Until when did the lighthouse have a keeper?"
IN_STORE = """([name, change]) => new Promise((resolve) => {
  indexedDB.open("assistant").onsuccess = ({ target }) => {
    const transaction = target.result.transaction(name, "readwrite"), store = transaction.objectStore(name);
    store.getAll().onsuccess = ({ target: { result } }) => {
      for (const each of result) if (change) { Object.assign(each.record, change); store.put(each); }
      transaction.oncomplete = () => resolve(result);
    };
  };
})"""


def kept(page: Page, store: str, change: dict[str, object] | None = None) -> list[dict[str, Any]]:
    """What a store of the browser holds; `change` is made to each of its records."""
    found: list[dict[str, Any]] = page.evaluate(IN_STORE, [store, change])
    return found


def questions(page: Page) -> list[str]:
    return page.locator("#chat .question").all_text_contents()


def wait_for_answers(page: Page, number: int) -> None:
    page.wait_for_function("n => document.querySelectorAll('#chat .answer').length === n", arg=number)


def wait_until_kept(page: Page, records: int) -> None:
    """The page has written down so many answers."""
    wait_for_kept(page, "records", records)


def wait_for_kept(page: Page, store: str, number: int) -> None:
    page.evaluate(
        f"async () => {{ while ((await ({IN_STORE})(['{store}', null])).length !== {number}) "
        "await new Promise(requestAnimationFrame); }"
    )


def show_list(page: Page) -> None:
    page.get_by_role("button", name="Conversations").click()
    page.wait_for_selector("#conversations[open] #kept-search:focus")


def new_chat(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    wait_for_answers(page, 0)


def names(page: Page) -> list[str]:
    """Those that are listed; `inner_text` is empty until a row that has just come is painted (content-visibility)."""
    return page.locator("#kept-list .kept-name:visible").all_text_contents()


def test_a_conversation_comes_back_and_other_tabs_find_it(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, FERRY)
    ask(page, "Who won the chess olympiad in Yerevan?")
    ask(page, f"zebra {HOSTILE}")
    wait_until_kept(page, 3)
    asked, answers = questions(page), page.locator("#chat .answer").all_inner_texts()
    page.fill("#ask textarea", "half a")
    page.reload()
    wait_for_answers(page, 3)
    assert (questions(page), page.locator("#chat .answer").all_inner_texts()) == (asked, answers)
    assert page.input_value("#ask textarea") == "half a"
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".welcome .suggestions")  # a new tab starts anew
    assert questions(other) == []
    show_list(other)
    assert names(other) == [FERRY]
    ask(page, KEEPER)
    other.wait_for_selector("#kept-list :text('4 questions')")  # it is told of at once
    new_chat(page)
    ask(page, f"{HOSTILE} **bold**")
    other.wait_for_function("document.querySelectorAll('.kept-row').length === 2")
    assert names(other) == [f"{HOSTILE} **bold**", FERRY]
    other.locator(".kept-open").nth(1).click()
    wait_for_answers(other, 4)
    assert other.evaluate("document.activeElement.tagName") == "TEXTAREA"
    ask(other, "When was the lighthouse damaged?")  # two tabs add to the same conversation
    show_list(page)
    page.locator(".kept-open").nth(0).click()
    wait_for_answers(page, 5)
    ask(page, "What is the oldest boat of the fleet called?")
    ask(other, "Which boat was launched at the Nordvik yard?")
    wait_until_kept(page, 8)
    page.reload()
    wait_for_answers(page, 7)
    assert questions(page)[-2:] == [
        "What is the oldest boat of the fleet called?",
        "Which boat was launched at the Nordvik yard?",
    ]
    for tab in (page, other):
        assert tab.evaluate("[window.pwned ?? null, document.documentElement.hasAttribute('string')]") == [None, False]


class Restarted:
    """A server of its own, which can be stopped and started again at the same address."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.port = chat, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Popen[str] | None = None

    def start(self) -> None:
        self.process = start_chat(self.chat.sources, self.chat.index, self.port)

    def stop(self) -> None:
        if self.process:
            with self.process as process:
                process.send_signal(signal.SIGTERM)
        self.process = None


@pytest.fixture
def server(chat: Chat) -> Iterator[Restarted]:
    server = Restarted(chat)
    server.start()
    yield server
    server.stop()


def test_a_conversation_goes_on_after_the_server_was_started_again(server: Restarted, browser: Browser) -> None:
    with watched(browser, server.url) as open_at:
        page = open_at()
        ask(page, "What is the oldest boat of the harbour ferry called?")
        wait_until_kept(page, 1)
        server.stop()
        page.fill("#ask textarea", "When was it launched?")
        page.press("#ask textarea", "Enter")
        page.wait_for_selector("#trouble:has-text('does not answer')")
        assert page.input_value("#ask textarea") == "When was it launched?"
        assert page.locator("#chat .statement").first.is_visible()
        server.start()
        page.press("#ask textarea", "Enter")  # the page stayed open
        wait_for_answers(page, 2)
        follow_up = page.locator("#chat .answer").nth(1).inner_text()
        assert "Kittiwake was launched in 1998" in follow_up and "Searched for:" in follow_up
        wait_until_kept(page, 2)
        server.stop()
        server.start()
        page.locator("#chat .answer").first.get_by_role("button", name="Good answer").click()
        page.wait_for_selector("#chat .judged:has-text('Noted in')")
        page.locator("#chat .answer").nth(1).get_by_role("button", name="Copy citation").first.click()
        page.wait_for_selector("#toast:has-text('Citation copied')")
        page.reload()
        wait_for_answers(page, 2)
        assert page.locator("#chat .answer").nth(1).inner_text() == follow_up
        page.get_by_text("Save and cite").first.click()
        with page.expect_download() as waiting:
            page.get_by_role("group", name="Save the conversation").first.get_by_role("button", name="Word").click()
        words = read(waiting.value.path().read_bytes(), "conversation.docx").sources[0].text
        assert "oldest boat of the harbour ferry called?" in words and "Kittiwake was launched in 1998" in words
        assert questions(page) == ["What is the oldest boat of the harbour ferry called?", "When was it launched?"]
        assert len(kept(page, "entries")) == 2  # the question that was asked twice is there once


def test_a_question_is_kept_when_the_page_is_closed_before_its_answer(open_page: OpenPage, chat: Chat) -> None:
    page = open_page()
    ask(page, FERRY)
    wait_until_kept(page, 1)
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route))  # the answer does not come
    page.fill("#ask textarea", KEEPER)
    page.press("#ask textarea", "Enter")
    wait_for_kept(page, "entries", 2)
    page.goto("about:blank")
    for route in held:  # the page may have gone before it asked
        route.abort()
    other = page.context.new_page()
    other.goto(chat.url)
    other.wait_for_selector("[data-ready]")
    show_list(other)
    other.get_by_text(FERRY).click()
    wait_for_answers(other, 2)
    assert questions(other) == [FERRY, KEEPER]
    last = other.locator("#chat .answer").nth(1)
    assert "This question has not been answered." in last.inner_text()
    last.get_by_role("button", name="Ask again").click()
    other.wait_for_selector("#chat .statement:has-text('until 1974')")


def test_conversations_are_found_renamed_and_deleted(open_page: OpenPage) -> None:
    page = open_page(width=390)
    for question in (FERRY, KEEPER):
        new_chat(page)
        ask(page, question)
    ask(page, "What broke the lantern glass?")
    wait_until_kept(page, 3)
    show_list(page)
    assert page.inner_text("#kept-list h3") == "Today" and page.inner_text("#kept-shown") == "2 conversations"
    assert page.evaluate("document.querySelector('#conversations').scrollWidth <= innerWidth")
    page.keyboard.type("lantern")  # in a question that is not the first
    assert names(page) == [KEEPER] and page.text_content(".kept-hit:visible") == "What broke the lantern glass?"
    assert page.inner_text("#kept-shown") == "1 of 2 conversations"
    page.fill("#kept-search", "every forty minutes")  # in an answer
    assert names(page) == [FERRY]
    page.fill("#kept-search", "")
    page.get_by_role("button", name=f"Rename: {KEEPER}").click()
    page.keyboard.type(f"Not {HOSTILE}")
    page.keyboard.press("Escape")
    assert names(page) == [KEEPER, FERRY]
    assert page.evaluate("document.activeElement.title") == "Rename"
    page.keyboard.press("Enter")
    page.keyboard.type(f"Keepers {HOSTILE}")
    page.keyboard.press("Enter")
    page.wait_for_selector(".kept-name:has-text('Keepers')")
    assert names(page) == [f"Keepers {HOSTILE}", FERRY]
    page.get_by_role("button", name="Delete: Keepers").click()
    page.keyboard.press("Escape")  # it is asked first, and was not meant
    assert names(page) == [f"Keepers {HOSTILE}", FERRY]
    for again in (True, False):  # put back, and for good
        page.get_by_role("button", name="Delete: Keepers").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.wait_for_selector(".kept-said:has-text('Deleted') button:focus")
        assert len(kept(page, "entries")) == len(kept(page, "records")) == 1
        if again:
            page.keyboard.press("Enter")
            wait_for_answers(page, 2)  # it was the one on the page
            page.wait_for_selector(".kept-open:focus")
            assert names(page) == [f"Keepers {HOSTILE}", FERRY]
    page.keyboard.press("Escape")
    page.wait_for_selector("#conversations:not([open])", state="attached")
    assert page.evaluate("document.activeElement.dataset.do") == "conversations"
    assert questions(page) == []
    page.reload()
    page.wait_for_selector(".welcome .suggestions")
    show_list(page)
    assert names(page) == [FERRY]


def test_a_damaged_answer_leaves_its_question_and_the_others(server: Restarted, browser: Browser) -> None:
    with watched(browser, server.url) as open_at:
        page = open_at()
        ask(page, KEEPER)
        wait_until_kept(page, 1)
        damaged: dict[str, object] = {"statements": [{"text": 7, "numbers": "x"}], "kind": HOSTILE}
        kept(page, "records", damaged)
        ask(page, FERRY)
        wait_until_kept(page, 2)
        server.stop()
        server.start()
        page.reload()
        wait_for_answers(page, 2)
        assert questions(page) == [KEEPER, FERRY]
        first, second = page.locator("#chat .answer").all()
        assert "The answer that was kept cannot be shown" in first.inner_text()
        assert "every forty minutes" in second.inner_text()
        assert len(kept(page, "records")) == 2  # a later version may know better
        ask(page, "And in winter?")
        assert "last boat leaves at nine" in page.locator("#chat .answer").nth(2).inner_text()


def test_a_link_asks_under_its_filters_in_a_conversation_of_its_own(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, FERRY)
    wait_until_kept(page, 1)
    page.goto(f"{page.url}?q=When+did+it+happen%3F&in=lighthouse.md&in=ferry.md&after=2015&alone=1")
    wait_for_answers(page, 1)
    assert questions(page) == ["When did it happen?"]
    assert "?" not in page.url
    wait_until_kept(page, 2)
    filters = [entry["filters"] for entry in kept(page, "entries") if entry["question"] != FERRY]
    assert [(each["sources"], each["after"]) for each in filters] == [(["lighthouse.md", "ferry.md"], "2015")]
    record = next(each["record"] for each in kept(page, "records") if each["record"]["question"] != FERRY)
    assert record["query"]["filters"]["sources"] == ["lighthouse.md", "ferry.md"]
    page.reload()
    wait_for_answers(page, 1)
    assert len(kept(page, "entries")) == 2
    show_list(page)
    assert names(page) == ["When did it happen?", FERRY]


def test_all_conversations_are_saved_and_loaded(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    ask(page, FERRY)
    wait_until_kept(page, 1)
    show_list(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save all").click()
    saved = json.loads(waiting.value.path().read_text("utf-8"))
    [entry] = saved["conversations"][0]["entries"]
    assert entry["question"] == FERRY and entry["record"]["statements"]
    assert waiting.value.suggested_filename.startswith("assistant-conversations-20")
    more = [{**entry, "id": f"{n:016x}", "at": n, "question": f"Question {n}"} for n in range(1, 71)]
    saved["conversations"] += [
        {"id": "f" * 16, "name": HOSTILE, "entries": [*more, {"id": "../x", "question": 1}]},
        {"id": 5},
    ]
    backup, foreign = tmp_path / "backup.json", tmp_path / "letter.json"
    backup.write_text(json.dumps(saved), "utf-8")
    foreign.write_text('{"format": "assistant-answers"}', "utf-8")
    load(page, foreign)
    page.wait_for_selector("#kept-told:has-text('does not hold saved conversations')")
    load(page, backup)
    page.wait_for_selector("#kept-told:has-text('Left out, as they are damaged: 2')")
    assert names(page) == [FERRY, HOSTILE]
    load(page, backup)
    page.wait_for_selector("#kept-told:has-text('0 conversations')")  # what is there stays as it is
    page.locator(".kept-open").nth(1).click()
    wait_for_answers(page, 30)
    assert "Not shown: 40 questions" in page.inner_text("#earlier")
    page.get_by_role("button", name="Show earlier ones").click()
    wait_for_answers(page, 60)
    page.fill("#ask textarea", "When does the last ferry leave in winter?")
    page.press("#ask textarea", "Enter")
    page.wait_for_selector("#chat .statement:has-text('last boat leaves at nine')")
    wait_for_answers(page, 30)  # and the earlier ones are put away again


def load(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load").click()
    chooser.value.set_files(path)


@pytest.mark.parametrize(
    "refuses",
    [
        "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError'); } });",
        "IDBObjectStore.prototype.put = function () { throw new DOMException('full', 'QuotaExceededError'); };",
    ],
    ids=["no database", "no room"],
)
def test_where_the_browser_keeps_nothing_the_page_says_so_and_works(open_page: OpenPage, refuses: str) -> None:
    page = open_page()
    page.add_init_script(refuses)
    page.reload()
    page.wait_for_selector("[data-ready] .welcome .suggestions")
    ask(page, FERRY)
    page.wait_for_selector("#trouble:has-text('does not keep conversations')")
    new_chat(page)
    ask(page, KEEPER)
    assert page.inner_text("#trouble") == ""
    show_list(page)
    assert names(page) == [KEEPER, FERRY]
    assert page.locator("#kept-unsaved").is_visible()
    page.locator(".kept-open").nth(1).click()
    page.wait_for_selector("#chat .statement:has-text('every forty minutes')")
