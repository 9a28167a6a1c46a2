"""Reading a source in the browser: what is cited in it, more of a long text, search, contents, size, selections."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from browser import CHROMIUM, NO_CHROMIUM, Chat, OpenPage, ask, in_view, start_chat
from pdf_files import column, pdf
from playwright.sync_api import Page, expect

from assistant import open_library

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
DAYS = "\n\n".join(
    f"## Week {week}\n\n"
    + "\n\n".join(f"Day {week}.{day}: calm sea, and {week * day} sacks of barley were landed." for day in range(1, 8))
    for week in range(1, 101)
)
LOG = f"""---
title: Log of the quay
publisher: Port Office
issued: 1935
---
# Log of the quay

The cutter Halvorsen was built at Nordvik in 1911. Her mast was of Dutch pine.

{DAYS}

The cutter Halvorsen sank off Skarn Point in 1934. Nobody was lost.
"""
LETTER = """---
title: A letter from the yard
authors: [Ines Aldous]
issued: 1912
---
The cutter Halvorsen was painted green in 1912. The 😀𝔘 sign on her bow is a jest.

The bill for it came to é40.
"""
ARABIC = "كان السفينة الخضراء في الميناء.\n\nغادرت السفينة في الصباح."
SHEETS = [
    column(40, 500, ["Of lamps and moths.", "A log of the lights."]),
    column(40, 500, ["The lamp was lit at dusk."]),
    column(40, 500, ["A moth came to the lamp,", "and it was a Goliath moth."]),
]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    chat = Chat(tmp_path_factory.mktemp("reading"))
    chat.sources.mkdir()
    for name, text in (("log.md", LOG), ("letter.md", LETTER), ("arabic.txt", ARABIC)):
        (chat.sources / name).write_text(text, "utf-8")
    (chat.sources / "lamps.pdf").write_bytes(pdf(SHEETS))
    open_library(chat.sources, index=chat.index)
    with start_chat(chat.sources, chat.index, chat.port) as process:
        yield chat
        process.terminate()


def link(source: str, words: str = "") -> str:
    return f"/#source={source}" + (f"&quote={quote(words)}" if words else "")


def until(page: Page, condition: str, arg: object = None) -> None:
    page.wait_for_function(condition, arg=arg)


MARKED = "name => [...CSS.highlights.get(name)].map(range => range.toString())"
IN_SIGHT = """() => { const line = document.querySelector('#cited').getClientRects()[0];
  const frame = document.querySelector('.reader-text').getBoundingClientRect();
  return line.top >= frame.top && line.bottom <= frame.bottom; }"""
TO_TOP = """() => { document.querySelector('.reader-text').scrollTop = 0; // and what stands there, before more comes
  const first = document.querySelector('.window'), words = first.querySelector('[data-start]').textContent;
  return [Number(first.dataset.first), words]; }"""
PLACE_OF = """words => { const text = document.querySelector('.reader-text');
  const block = [...text.querySelectorAll('[data-start]')].find(each => each.textContent.startsWith(words));
  return block ? Math.round(block.getBoundingClientRect().top - text.getBoundingClientRect().top) : null; }"""


def test_cited_places_follow_one_another_and_then_the_next_source(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "What happened to the cutter Halvorsen?")
    page.locator(".statement .number").first.click()
    page.wait_for_selector("#cited")
    label, cited = page.locator(".cited-places .steps-label"), page.locator("#cited")
    before, after = page.locator(".cited-places .step").first, page.locator(".cited-places .step").last
    while before.get_attribute("aria-disabled") == "false":
        shown = cited.inner_text()
        before.click()
        expect(cited).not_to_have_text(shown)
    seen = []
    while True:
        assert page.is_visible(".page-view") or page.evaluate(IN_SIGHT)
        seen.append((page.inner_text("#reader-title"), label.inner_text(), cited.inner_text()))
        if after.get_attribute("aria-disabled") == "true":
            break
        if page.locator(".reader-text mark.other").count():
            assert page.locator(".reader-text mark.other").first.inner_text() != seen[-1][2]
        after.press("Enter")
        expect(cited).not_to_have_text(seen[-1][2])
        assert page.evaluate("document.activeElement.matches('.cited-places .step')")
    titles = [title for title, *_ in seen]
    assert set(titles) >= {"Log of the quay", "A letter from the yard"} and len(set(seen)) == len(seen)
    for title in set(titles):
        own = [place for name, place, _ in seen if name == title]
        assert own == [f"Cited place {number} of {len(own)}" for number in range(1, len(own) + 1)]
    log = [words for name, _, words in seen if name == "Log of the quay"]
    assert "built at Nordvik" in log[0] and "sank off Skarn" in log[-1]
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('#chat [data-do=read]')")


def test_a_long_text_comes_as_one_scrolls_and_nothing_jumps(open_page: OpenPage) -> None:
    page = open_page(address=link("log.md", "Day 50.3: calm sea"))
    until(page, "document.activeElement.id === 'cited'")
    text = page.locator(".reader-text")
    until(page, "Number(document.querySelector('.window').dataset.first) < 380")  # more than the first window
    assert page.evaluate(IN_SIGHT)
    at, words, place = page.evaluate(
        f"() => {{ const [at, words] = ({TO_TOP})(); return [at, words, ({PLACE_OF})(words)]; }}"
    )
    until(page, "at => Number(document.querySelector('.window').dataset.first) < at", at)
    assert abs(page.evaluate(PLACE_OF, words) - place) <= 1
    seen = "document.querySelector('.window').dataset.first === '0'"
    until(page, f"() => {{ document.querySelector('.reader-text').scrollTop = 0; return {seen}; }}")
    assert not page.get_by_role("button", name="Earlier text").is_visible()
    assert "The cutter Halvorsen was built" in text.inner_text()
    bottom = "(node => { node.scrollTop = node.scrollHeight; })(document.querySelector('.reader-text'))"
    until(
        page, f"() => {{ {bottom}; return document.querySelector('.reader-text').textContent.includes('sank off'); }}"
    )
    assert page.locator("[data-start]").count() < 500 and page.locator("#cited").count() == 1  # it has the focus
    order = page.locator("[data-start]").evaluate_all("nodes => nodes.map(node => Number(node.dataset.start))")
    assert order == sorted(set(order))
    page.get_by_role("button", name="Go to the cited words").click()
    until(page, "document.activeElement.id === 'cited'")
    assert page.evaluate(IN_SIGHT)


def test_search_within_a_source(open_page: OpenPage) -> None:
    page = open_page(address=link("log.md", "Day 50.3: calm sea"))
    until(page, "document.activeElement.id === 'cited'")
    page.keyboard.press("/")
    page.keyboard.type("cutter HALVORSEN")
    hits = page.locator("#hits")
    expect(hits).to_have_text("2 of 2")
    until(page, f"({MARKED})('hit-now')[0] === 'cutter Halvorsen'")
    expect(page.locator(".reader-text")).to_contain_text("sank off Skarn Point")
    page.keyboard.press("Enter")
    expect(hits).to_have_text("1 of 2")
    expect(page.locator(".reader-text")).to_contain_text("built at Nordvik")
    assert page.evaluate("document.activeElement.id") == "within"
    page.keyboard.press("Shift+Enter")
    expect(hits).to_have_text("2 of 2")
    page.fill("#within", "barley")
    expect(hits).to_have_text("699 of 700")  # the next one from where one reads
    until(page, f"({MARKED})('hit').length > 5")
    page.fill("#within", "whale")
    expect(hits).to_have_text("Not in this source")
    assert page.evaluate(MARKED, "hit") == []
    page.keyboard.press("Escape")
    expect(hits).to_have_text("")
    assert page.is_visible("#reader-title") and page.input_value("#within") == ""
    page.keyboard.press("Escape")
    assert not page.is_visible("#reader")


def test_contents_size_of_the_text_and_ways_out(open_page: OpenPage) -> None:
    page = open_page(address=link("log.md", "Day 50.3: calm sea"))
    until(page, "document.activeElement.id === 'cited'")
    contents = page.locator("#reader .contents summary")
    contents.press("Enter")
    now = page.locator(".entry[aria-current=location]")
    expect(now).to_have_text("Week 50")
    assert in_view(page, ".entry[aria-current]")
    page.locator(".entry", has_text="Week 97").click()
    until(page, "document.activeElement.textContent === 'Week 97'")
    assert page.evaluate("document.activeElement.tagName") == "H4" and not page.is_visible(".entry")
    ranks = page.locator(".reader-text :is(h3, h4, h5):not([hidden] *)").evaluate_all("all => all.map(h => h.tagName)")
    assert ranks[:2] == ["H3", "H4"]
    contents.press("Enter")
    expect(now).to_have_text("Week 97")
    page.keyboard.press("Escape")
    assert not page.is_visible(".entry") and page.is_visible("#reader")
    place = page.evaluate(PLACE_OF, "Week 97")
    size = "parseFloat(getComputedStyle(document.querySelector('.reader-text')).fontSize)"
    small = page.evaluate(size)
    page.get_by_role("button", name="Larger text").click()
    large = page.evaluate(size)
    assert large > small and abs(page.evaluate(PLACE_OF, "Week 97") - place) < 40
    page.reload()
    page.wait_for_selector("#cited")
    assert page.evaluate(size) == large
    page.locator("#ask textarea").focus()
    page.keyboard.press("Escape")
    assert not page.is_visible("#reader")
    source = page.locator(".sources .source", has_text="Log of the quay")
    source.click()
    page.wait_for_selector("#reader-title")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#reader').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert source.evaluate("node => node === document.activeElement")


SELECT = """([from, to]) => {
  const text = document.querySelector('.reader-text');
  const find = words => { const all = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
      const at = node.data.indexOf(words);
      if (at >= 0) return [node, at];
    } };
  const [start, at] = find(from), [end, before] = find(to);
  getSelection().setBaseAndExtent(start, at, end, before + to.length);
}"""


def test_a_selection_is_copied_with_its_citation(open_page: OpenPage) -> None:
    page = open_page(address=link("letter.md", "The bill"))
    page.wait_for_selector("#cited")
    button = page.get_by_role("button", name="Copy with citation")
    assert not button.is_visible()
    page.evaluate(SELECT, ["sign on", "for it"])
    button.click()
    page.wait_for_selector("#toast:has-text('Copied with its citation')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("“sign on her bow is a jest.\n\nThe bill for it” ") and "Aldous" in copied
    assert page.evaluate("getSelection().toString()") != ""
    page.evaluate(SELECT, ["😀", "𝔘"])
    page.locator(".reader-text").press("Control+Shift+C")
    until(page, "async () => (await navigator.clipboard.readText()).startsWith('“😀𝔘” ')")
    page.evaluate("getSelection().removeAllRanges()")
    expect(button).not_to_be_visible()
    page.evaluate(SELECT, ["jest", "jest"])
    page.locator(".window p").first.evaluate("node => { node.append(' of ours'); }")  # not the words of the source
    page.evaluate(SELECT, ["jest", "of ours"])
    button.click()
    page.wait_for_selector("#toast:has-text('do not stand there')")


def test_search_and_contents_of_a_pdf_lead_to_its_pages(open_page: OpenPage) -> None:
    page = open_page(address=link("lamps.pdf", "The lamp was lit"))
    until(page, "document.activeElement.matches('.page-mark')")
    label, mark = page.locator(".page-label"), page.locator(".page-mark")
    page.fill("#within", "goliath MOTH")
    expect(page.locator("#hits")).to_have_text("1 of 1")
    expect(label).to_have_text("Page 3 of 3")
    expect(mark).to_have_attribute("aria-label", "The words: Goliath moth")
    page.get_by_role("button", name="Go to the cited words").click()
    expect(label).to_have_text("Page 2 of 3")
    expect(mark).to_have_attribute("aria-label", "The words: The lamp was lit")
    page.locator("#reader .contents summary").click()
    expect(page.locator(".entry[aria-current]")).to_have_text("Page 2")
    page.locator(".entry", has_text="Page 3").click()
    expect(label).to_have_text("Page 3 of 3")
    page.get_by_role("button", name="Text", exact=True).click()
    page.press("#within", "Enter")
    until(page, f"({MARKED})('hit-now')[0] === 'Goliath moth'")
    assert not label.is_visible()


def test_reading_in_other_languages_and_small_windows(open_page: OpenPage) -> None:
    page = open_page(width=320, height=560, address=link("arabic.txt", "غادرت السفينة"))
    page.wait_for_selector("#cited")
    line = page.locator(".window p").last
    assert line.evaluate("node => getComputedStyle(node).direction") == "rtl"
    page.evaluate("localStorage.setItem('assistant-language', 'de')")
    page.goto(page.url.split("#")[0])
    page.evaluate("link => { location.hash = link; }", link("log.md", "Day 50.3: calm sea")[2:])
    page.wait_for_selector("#cited")
    until(page, "document.querySelector('#panel').getAnimations().length === 0")
    assert page.evaluate(IN_SIGHT) and page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.locator(".reader-text").evaluate("node => node.clientHeight / innerHeight") > 0.45
    assert page.get_by_role("button", name="Zu den zitierten Worten").is_visible()
    about = page.locator("#reader .about")
    assert not about.locator(".details").is_visible()
    about.locator("summary").first.click()
    assert about.locator(".details").is_visible()
    page.fill("#within", "Wal")
    expect(page.locator("#hits")).to_have_text("Nicht in dieser Quelle")
