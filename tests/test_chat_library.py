"""Looking after the library on the page: documents added, removed, described, their states, the overview."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CHROMIUM, NO_CHROMIUM, Chat, OpenPage, ask, rebuild_elsewhere
from playwright.sync_api import FilePayload, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
REBUILT = 120_000  # milliseconds: a rebuild starts torch
DROP = """([kind, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector('#chat, #talk').dispatchEvent(event);
    return event.defaultPrevented;
}"""


def focused(page: Page, selector: str) -> None:
    page.wait_for_function("selector => document.activeElement.matches(selector)", arg=selector)


def reported(page: Page, words: str) -> str:
    """Waits for the report of a rebuild that says `words`."""
    report = page.locator(".report", has_text=words)
    report.wait_for(timeout=REBUILT)
    return report.inner_text()


def test_added_documents_are_answered_from_and_nothing_else_is_disturbed(
    open_page: OpenPage, chat: Chat, tmp_path: Path
) -> None:
    page = open_page()
    ask(page, "How often does the harbour ferry cross the bay?")
    page.fill("#ask textarea", "When did the tan")
    (tmp_path / "tannery.txt").write_text("The tannery on the north quay closed in 1911.", "utf-8")
    (tmp_path / "film.mkv").write_bytes(b"\x1aE\xdf\xa3")
    (tmp_path / "ledger.md").write_text("This is another ledger altogether.", "utf-8")
    (tmp_path / "ferry.md").write_bytes((chat.sources / "ferry.md").read_bytes())
    with (tmp_path / "huge.txt").open("wb") as huge:
        huge.truncate(500_000_001)
    names = ("tannery.txt", "film.mkv", "ledger.md", "ferry.md", "huge.txt")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add", exact=True).click()
    chooser.value.set_files([tmp_path / name for name in names])
    page.wait_for_selector("#adding p:has-text('2 added, 1 there already, 2 refused')")
    said = [line.replace("\n", " ") for line in page.locator("#adding li").all_inner_texts()]
    assert (said[0], said[2], said[3]) == (
        "tannery.txt added",
        "ledger.md added as ledger (2).md",
        "ferry.md there already",
    )
    assert said[1].startswith("film.mkv no reader for .mkv files; ") and "larger than 500 MB" in said[4]
    page.wait_for_selector("#rebuild-progress progress", state="visible")
    assert "tannery.txt" in reported(page, "2 added")
    page.locator(".sources li", has_text="tannery.txt").wait_for()
    assert (chat.sources / "ledger.md").read_text("utf-8").startswith("Entry 1 of the ledger")
    assert (
        page.input_value("#ask textarea") == "When did the tan" and page.locator("#chat .statement").first.is_visible()
    )
    page.get_by_role("button", name="Dismiss").first.click()
    focused(page, "[data-do=add]")
    assert page.locator("#adding > *").count() == 0
    ask(page, "When did the tannery close?")
    assert "The tannery on the north quay closed in 1911." in page.locator("#chat .answer").last.inner_text()


def test_files_dropped_on_the_page_are_added(open_page: OpenPage, chat: Chat) -> None:
    page = open_page()
    page.route("**/documents?name=lost.txt", lambda route: route.abort())
    assert page.evaluate(DROP, ["dragenter", "kiln.txt", ""])
    page.get_by_text("Drop documents to add them").wait_for()
    assert page.evaluate(DROP, ["drop", "lost.txt", "Lost on the way."])
    page.get_by_text("Drop documents to add them").wait_for(state="hidden")
    page.wait_for_selector("#adding .refused:has-text('could not be sent')")
    page.evaluate(DROP, ["drop", "kiln.txt", "The kiln behind the church fired tiles until 1880."])
    page.wait_for_selector("#adding .added:has-text('kiln.txt')")
    assert (chat.sources / "kiln.txt").read_text("utf-8").startswith("The kiln behind")
    reported(page, "1 added")
    many: list[FilePayload] = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(201)]
    page.set_input_files("#files", many)
    page.wait_for_selector("#library-said:has-text('201 files are too many at once')")
    assert not (chat.sources / "0.txt").exists()


def long_list(page: Page) -> None:
    """Looks through a list of more than a hundred sources, 130 of them in one file."""
    assert page.locator(".sources li").count() == 100
    page.get_by_role("button", name="Show ").click()
    focused(page, ".sources li:nth-child(101) .source")
    page.fill("#filter", "tide 129")
    assert page.locator(".sources .title").all_text_contents() == ["Tide table 129"]
    assert page.inner_text("#shown").startswith("1 of ")
    page.locator(".sources [data-do=remove]").click()
    dialog = page.get_by_role("dialog", name="Remove “Tide table 129”?")
    dialog.get_by_text("tides.jsonl holds other sources too").wait_for()
    assert "Tide table 7," in dialog.inner_text()
    dialog.get_by_role("button", name="Cancel").click()


def test_a_source_is_removed_after_asking_and_put_back(open_page: OpenPage, chat: Chat) -> None:
    tides = [f'{{"_id": "{n}", "title": "Tide table {n}", "text": "High tide {n} at six."}}\n' for n in range(130)]
    (chat.sources / "tides.jsonl").write_text("".join(tides), "utf-8")
    (chat.sources / "lighthouse.yaml").write_text("language: en\n", "utf-8")
    page = open_page()
    remove = page.get_by_role("button", name="Remove The Lighthouse at Skerry Point")
    remove.click()
    dialog = page.get_by_role("dialog", name="Remove “The Lighthouse at Skerry Point”?")
    assert "lighthouse.yaml" in dialog.inner_text() and ".trash" in dialog.inner_text()
    focused(page, "dialog [data-do=closed]")
    page.keyboard.press("Escape")
    focused(page, "[data-do=remove][data-source='lighthouse.md']")
    assert (chat.sources / "lighthouse.md").exists()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Remove").click()
    focused(page, "#library-said [data-do=back]")
    assert not (chat.sources / "lighthouse.md").exists()
    reported(page, "1 removed")
    page.locator(".sources li", has_text="Skerry Point").wait_for(state="detached")
    page.get_by_text("Removed (1)").click()
    assert "lighthouse.yaml" in (page.locator("[data-group=trash] li").text_content() or "")
    page.locator("[data-group=trash]").get_by_role("button", name="Put back").click()
    page.wait_for_selector("#library-said:has-text('Put back: lighthouse.md, lighthouse.yaml')")
    focused(page, "#library-title")
    reported(page, "1 added")
    page.locator(".sources li", has_text="Skerry Point").wait_for()
    page.wait_for_selector("[data-group=trash]", state="detached")
    long_list(page)
    (chat.sources / "tides.jsonl").unlink()  # the lists of the other tests are short
    rebuild_elsewhere(chat.sources, chat.index)


def test_states_are_shown_and_missing_metadata_is_filled_in(open_page: OpenPage, chat: Chat) -> None:
    page = open_page()
    row = page.locator(".sources li", has_text="zebra.txt")
    (chat.sources / "zebra.txt").write_text("The zebra protocol was written anew.", "utf-8")
    (chat.sources / "quarry.md").write_text("# The Quarry\n\nThe quarry closed in 1967 after a flood.\n", "utf-8")
    (chat.sources / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    row.get_by_text("Changed since the last rebuild").wait_for()
    page.get_by_text("not searched until the next rebuild").click()
    assert "quarry.md" in page.locator("[data-group=new]").inner_text()
    row.get_by_role("button", name="Missing: title, author, date, publisher").click()
    form = page.get_by_role("dialog", name="Details of zebra.txt")
    focused(page, "dialog [name=title]")
    page.keyboard.type("The zebra protocol")
    form.get_by_label("Date").fill("last spring")
    page.keyboard.press("Enter")
    focused(page, "[name=issued][aria-invalid=true]")
    assert page.inner_text("#error-issued").startswith("Write the date as 2005")
    form.get_by_label("Date").fill("1999-04")
    form.get_by_label("Authors").fill("Aldous, Ines")
    form.get_by_role("button", name="Save").click()
    page.wait_for_selector("#library-said:has-text('Saved in zebra.txt.yaml')")
    focused(page, "[data-do=details][data-source='zebra.txt']")
    told = reported(page, "1 added")
    assert "quarry.md" in told and "broken.pdf: " in told
    row = page.locator(".sources li", has_text="April 1999")
    row.get_by_role("button", name="Missing: publisher").wait_for()
    assert 'title: "The zebra protocol"' in (chat.sources / "zebra.txt.yaml").read_text("utf-8")
    page.get_by_text("1 file left out", exact=True).click()
    assert "broken.pdf" in page.locator("[data-group=refused]").inner_text()
    page.locator("#rebuild-status").get_by_role("button", name="Dismiss").click()
    focused(page, "[data-do=rebuild]")
    assert page.locator(".report").count() == 0
    page.reload()  # what was told already is not told again
    page.wait_for_selector("[data-group=refused]", state="attached")
    assert page.locator(".report").count() == 0


def test_cancelled_rebuild_leaves_the_index(open_page: OpenPage, chat: Chat) -> None:
    page = open_page()
    before = chat.index_id()
    page.get_by_role("button", name="Rebuild").click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("#rebuild-status :text('cancelled')")
    assert chat.index_id() == before
    focused(page, "[data-do=rebuild]")


def test_the_library_at_a_glance(open_page: OpenPage) -> None:
    page = open_page()
    page.wait_for_selector(".overview")
    assert " documents" in page.inner_text(".overview summary")
    bars = page.get_by_role("toolbar", name="Sources by year").get_by_role("button")
    assert bars.first.get_attribute("data-from") == "1998"
    bars.first.focus()
    page.keyboard.press("ArrowRight")
    focused(page, ".years [data-from='1999'][data-to='1999']")
    assert page.inner_text(".overview .figure") == bars.nth(1).get_attribute("aria-label")
    assert page.locator(".years [tabindex='0']").count() == 1
    name = page.locator(".overview .names button").first
    assert name.inner_text().startswith(name.get_attribute("data-name") or "?") and "in " in (name.text_content() or "")
    page.locator(".overview summary").click()
    page.reload()  # folded as it was left
    page.wait_for_selector(".overview", state="attached")
    assert not bars.first.is_visible()
