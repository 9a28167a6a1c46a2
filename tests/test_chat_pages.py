"""The pages of a PDF in the reader: their pictures, the marks on them, and links that lead there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import CHROMIUM, FLAGS, ask, free_port, in_view, start_chat, watched
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pdf_files import ROMAN, Word, column, pdf
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant import Library, open_library
from assistant.bibliography import cite_slice
from assistant.chat import pages as module
from assistant.chat.pages import Pages
from assistant.chat.server import Guard
from assistant.links import deep_link, reader_link
from assistant.readers.isolated import Isolated
from assistant.records import Citation, Metadata, Source

WORDS = "The storm bell of Nordvik cost ninety crowns."
RED: Word = b"1 0 0 rg /F 10 Tf 1 0 0 1 60 140 Tm (%b) Tj 0 g" % WORDS.encode()
FILLING = ["The log of the harbour names", "every ship that passed the mole", "in the winter of that year."]
PAGES = [
    column(40, 500, ["Of bells and lights.", "A log of the harbour."]),
    [*column(40, 500, FILLING), RED],
    column(40, 500, FILLING),
    column(40, 500, ["A lamp was lit on the mole."]),
]
BELLS = pdf(PAGES, catalog=ROMAN)
MOTHS = pdf([[(40, 500, "Moths came to the lamp of Skarn.")]] * 2)
SIDECAR = "title: Bells and lights\nurl: https://example.org/bells.pdf\n"
Client = Callable[..., TestClient]


class Chat:
    """The library and the chat over it that all tests share."""

    def __init__(self, folder: Path) -> None:
        (folder / "sources").mkdir(parents=True)
        for name, data in (("bells", BELLS), ("moth", MOTHS), ("hang", MOTHS + b"%HANG"), ("crash", MOTHS + b"%CRASH")):
            (folder / "sources" / f"{name}.pdf").write_bytes(data)
        (folder / "sources" / "bells.pdf.yaml").write_text(SIDECAR, "utf-8")
        (folder / "sources" / "mole.txt").write_text("The mole is as long as ten ships.", "utf-8")
        (folder / "secret.pdf").write_bytes(BELLS)
        self.library = open_library(folder / "sources", index=folder / "index")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def cited(self, start: str, end: str) -> Citation:
        """The citation of the words from some to others in the file with the bells."""
        source = self.library.source("bells.pdf")
        return cite_slice(source, source.text.index(start), source.text.rindex(end) + len(end))


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Chat:
    return Chat(tmp_path_factory.mktemp("pages") / "library")


@pytest.fixture
def client(chat: Chat) -> Iterator[Client]:
    opened = []

    def serve(library: Library = chat.library) -> TestClient:
        pages = Pages(library)
        opened.append(pages)
        api = FastAPI()
        api.add_middleware(Guard)
        api.add_api_route("/pages", pages.picture, methods=["GET"], response_model=None)
        return TestClient(api, base_url="http://127.0.0.1:7860")

    yield serve
    for pages in opened:
        pages.close()


def asked(source: str = "bells.pdf", page: object = 2, width: object = 400) -> dict[str, str]:
    return {"source": source, "page": str(page), "width": str(width)}


def test_a_page_is_sent_as_a_picture_and_not_twice(client: Client) -> None:
    served = client()
    reply = served.get("/pages", params=asked())
    assert (reply.status_code, reply.content[:4], reply.headers["content-type"]) == (200, b"\x89PNG", "image/png")
    assert (reply.headers["x-page-label"], reply.headers["x-page-count"]) == ("ii", "4")
    assert int.from_bytes(reply.content[16:20], "big") == 400
    again = served.get("/pages", params=asked(), headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert reply.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("params", "status", "reason"),
    [
        (asked("none.pdf"), 404, "there is no source"),
        (asked("../secret.pdf"), 404, "there is no source"),
        (asked(".."), 404, "there is no source"),
        (asked("bells.pdf.yaml"), 404, "there is no source"),
        (asked("mole.txt"), 404, "it has no pages"),
        (asked(page=0), 404, "there is no page 0: it has 4"),
        (asked(page=5), 404, "there is no page 5: it has 4"),
        (asked(page=10**30), 404, "there is no page"),
        (asked(width=1_000_000), 400, "a picture is from"),
        (asked(width=-1), 400, "a picture is from"),
        (asked(page="one"), 422, ""),
    ],
)
def test_nothing_but_pages_of_the_index_is_sent(
    client: Client, params: dict[str, str], status: int, reason: str
) -> None:
    reply = client().get("/pages", params=params)
    assert (reply.status_code, reply.text.startswith(reason)) == (status, True)


def test_another_site_gets_no_page(client: Client) -> None:
    reply = client().get("/pages", params=asked(), headers={"Origin": "https://evil.example"})
    assert (reply.status_code, b"PNG" in reply.content) == (403, False)


def test_a_file_that_has_changed_is_not_drawn(client: Client, chat: Chat) -> None:
    path = chat.library.sources / "moth.pdf"
    before = path.read_bytes()
    served = client()
    assert served.get("/pages", params=asked("moth.pdf")).status_code == 200
    path.write_bytes(BELLS)
    try:
        reply = served.get("/pages", params=asked("moth.pdf"))
    finally:
        path.write_bytes(before)
    assert reply.status_code == 422 and "no longer the one that was indexed" in reply.text


@pytest.mark.parametrize(
    ("name", "reason"), [("hang.pdf", "its reader made no headway"), ("crash.pdf", "its reader crashed")]
)
def test_a_page_that_breaks_the_drawing_is_told_and_the_next_is_drawn(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    paths = [str(Path(__file__).parent / "faulty"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setattr(module, "PAGE_SECONDS", 2.0)
    served = client()
    reply = served.get("/pages", params=asked(name))
    assert reply.status_code == 422 and reply.text.startswith(reason)
    assert served.get("/pages", params=asked()).status_code == 200


def test_a_page_of_enormous_size_is_drawn_small() -> None:
    huge = pdf([[(40, 500, "Seven men.")]], page=b"/MediaBox[0 0 10 14400]")
    with Isolated() as drawer:
        png = drawer.draw(huge, 1, 2400).png
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert 0 < width * height <= 9_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running(chat: Chat) -> Iterator[None]:
    with start_chat(chat.library.sources, chat.library.index, chat.port) as process:
        yield
        process.terminate()


@pytest.fixture
def open_page(browser: Browser, chat: Chat, running: None) -> Iterator[Callable[[str], Page]]:
    """Opens an address of the chat; at the end no other host was asked for anything, and no error was met."""
    with watched(browser, chat.url) as open_at:
        yield open_at


RED_BOX = """image => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < data.length; at += 4) if (data[at] > 150 && data[at + 1] < 120 && data[at + 2] < 120) {
    const x = at / 4 % width, y = Math.floor(at / 4 / width);
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  return [left / width, top / height, right / width, bottom / height];
}"""
MARK_BOX = """mark => {
  const at = mark.getBoundingClientRect(), sheet = mark.closest(".sheet").getBoundingClientRect();
  return [(at.left - sheet.left) / sheet.width, (at.top - sheet.top) / sheet.height,
          (at.right - sheet.left) / sheet.width, (at.bottom - sheet.top) / sheet.height];
}"""


def test_a_citation_is_shown_on_its_page_with_the_words_marked(open_page: Callable[[], Page]) -> None:
    page = open_page()
    ask(page, "What did the storm bell of Nordvik cost?")
    row = page.locator(".card", has_text="Bells and lights").locator(".excerpt").first
    assert row.get_by_role("link", name="original").get_attribute("href") == "https://example.org/bells.pdf#page=2"
    page.locator(".statement .number").first.click()
    page.wait_for_function("document.activeElement.matches('.page-mark')")
    image, mark = page.locator(".sheet img"), page.locator(".page-mark")
    assert page.inner_text(".page-label") == "Page ii, 2 of 4"
    assert image.get_attribute("alt") == "Page ii of Bells and lights"
    assert image.evaluate("image => image.naturalWidth") > 300
    assert mark.count() == 1 and mark.evaluate(MARK_BOX) == pytest.approx(image.evaluate(RED_BOX), abs=0.015)
    frame = page.locator(".page-scroll").bounding_box()
    box = mark.bounding_box()
    assert frame and box and frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"]
    page.get_by_role("button", name="Next page").press("Enter")
    expect(page.locator(".page-label")).to_have_text("Page iii, 3 of 4")
    expect(mark).to_have_count(0)
    page.get_by_role("button", name="Previous page").press("Enter")
    expect(mark).to_have_count(1)
    text = page.get_by_role("button", name="Text", exact=True)
    text.press("Enter")
    assert text.get_attribute("aria-pressed") == "true" and page.inner_text("#cited") == WORDS
    assert not image.is_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(image).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.statement .number')")


def test_a_copied_link_opens_the_reader_at_the_words(open_page: Callable[..., Page], chat: Chat) -> None:
    page = open_page(reader_link(chat.cited(WORDS, WORDS), "another index"))
    page.wait_for_function("document.activeElement.matches('.page-mark')")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector("#toast:has-text('Link copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{chat.url}{reader_link(chat.cited(WORDS, WORDS), chat.library.index_id)}"
    page.keyboard.press("Escape")
    assert page.url == f"{chat.url}/"
    page.evaluate("link => { location.href = link; }", f"{chat.url}/#source=mole.txt&quote=ten%20ships")
    page.wait_for_selector("#cited:has-text('ten ships')")
    page.evaluate("link => { location.href = link; }", f"{chat.url}/#source=gone.pdf&quote=ten%20ships&start=x")
    page.wait_for_selector("#reader .notice:has-text('gone.pdf is not in the index any more')")


def test_a_quotation_over_two_pages_is_marked_on_both(open_page: Callable[..., Page], chat: Chat) -> None:
    page = open_page(reader_link(chat.cited("Nordvik", "every ship"), "g"))
    mark = page.locator(".page-mark")
    expect(mark).to_have_count(1)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".page-label")).to_have_text("Page iii, 3 of 4")
    expect(mark).to_have_count(2)
    page.get_by_role("button", name="Go to the cited words").click()
    page.wait_for_function("document.activeElement.matches('.page-mark')")


def test_a_page_that_cannot_be_shown_is_told_in_its_place(open_page: Callable[..., Page], chat: Chat) -> None:
    path = chat.library.sources / "moth.pdf"
    before = path.read_bytes()
    page = open_page("/#source=moth.pdf&quote=Moths%20came")
    page.wait_for_selector(".page-mark")
    path.write_bytes(BELLS)
    try:
        page.get_by_role("button", name="Next page").click()
        page.wait_for_selector(".page-problem:has-text('Page 2 cannot be shown: its file is no longer the one')")
        assert not page.locator(".sheet").is_visible()
        page.reload()
        page.wait_for_selector("#reader .notice:has-text('changed since it was indexed')")
        assert page.inner_text("#cited") == "Moths came" and page.locator(".page-view").count() == 0
    finally:
        path.write_bytes(before)


def test_a_text_fragment_leads_the_browser_to_the_words(browser: Browser, tmp_path: Path) -> None:
    line = "The bell was rung, well-nigh daily & at night, by seven men who kept the old light of the harbour."
    gap = '<p style="height:3000px">Of bells.</p>'
    (tmp_path / "a.html").write_text(f"<!doctype html>{gap}<p>{line}</p><p>They slept.</p>{gap}", "utf-8")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda self, *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        known = Metadata(url=f"http://127.0.0.1:{server.server_address[1]}/a.html")
        source = Source("a.html", f"Of bells.\n\n{line}\n\nThey slept.\n\nOf bells.", known, "d")
        for quote in ("well-nigh daily & at", "bell", f"{line}\n\nThey slept."):
            start = source.text.rindex(quote) if quote != "bell" else source.text.index("The bell") + 4
            page = browser.new_page()
            page.goto(deep_link(cite_slice(source, start, start + len(quote))) or "")
            page.wait_for_function("scrollY > 0")
            assert in_view(page, "p:nth-of-type(2)")
            page.close()
        server.shutdown()
