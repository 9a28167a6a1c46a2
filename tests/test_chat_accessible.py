"""Every state of the page under axe-core (WCAG 2.2 AA, best practices): wide and narrow, light and dark; 320 pixels."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import CHROMIUM, NO_CHROMIUM, OpenPage, ask
from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
EVERYTHING: dict[str, object] = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS: dict[str, object] = {"type": "rule", "values": ["color-contrast"]}
LOOKS: tuple[tuple[Literal["dark", "light"], dict[str, object]], ...] = (("dark", COLOURS), ("light", EVERYTHING))
"""In the dark only the colours differ."""
FERRY = "How often does the harbour ferry cross the bay?"
STILL = "document.getAnimations().every(each => each.playState !== 'running' || each.effect.getTiming().iterations > 1)"
WIDE = """limit => [...document.querySelectorAll('body *')].filter(node => {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    if (!box.width || style.visibility === 'hidden' || style.position === 'fixed' && box.left >= limit) return false;
    for (let up = node; up; up = up.parentElement) {
        if (up.inert || ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return false;
    }
    return box.right > limit + 1;
}).map(node => node.outerHTML.slice(0, 120))"""


def check(page: Page, state: str, width: int) -> None:
    """Nothing lies beside the window and, but for 320 pixels, axe-core finds nothing, light or dark."""
    assert page.evaluate(WIDE, width) == [], state
    if width == 320:
        return
    found = []
    for scheme, rules in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        page.wait_for_function(STILL)
        for violation in (
            Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]
        ):
            nodes = [f"{node['target']} {node['failureSummary']}" for node in violation["nodes"]]
            found.append(f"{state}, {width}, {scheme}: {violation['id']}: {nodes[:3]}")
    assert found == []


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_every_state(open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    page.wait_for_selector(".welcome .suggestions")
    check(page, "start", width)
    page.locator(".settings summary").click()
    check(page, "settings", width)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Narrow down").click()
    check(page, "filters", width)
    page.get_by_label("Coastal Society").check()
    page.wait_for_selector(".chip")
    check(page, "narrowed", width)
    close_sheet(page)
    ask(page, FERRY)
    check(page, "not found", width)
    page.locator("#scope [data-do=all]").click()
    ask(page, FERRY)
    page.locator(".statement .number").first.focus()
    page.locator(".card summary:visible").last.click()
    check(page, "answer", width)
    page.locator(".statement .number").last.hover()
    page.wait_for_selector("[role=tooltip]", state="visible")
    check(page, "card of a number", width)
    page.locator("[data-do=thumb]").last.click()
    page.wait_for_selector(".judged:visible")
    check(page, "feedback", width)
    page.locator("details.export summary").last.click()
    check(page, "saving", width)
    page.locator(".statement .number").last.click()
    page.wait_for_selector("#cited")
    check(page, "reader", width)
    page.locator("#reader [data-do=library]").click()
    page.locator(".sources [data-do=details]").first.click()
    page.wait_for_selector("dialog[open]")
    check(page, "details of a source", width)
    page.keyboard.press("Escape")
    page.locator(".sources [data-do=remove]").first.click()
    page.wait_for_selector("dialog[open]")
    check(page, "removal", width)
    page.keyboard.press("Escape")
    close_sheet(page)
    page.locator("[data-do=conversations]").click()
    page.wait_for_selector("#conversations[open]")
    check(page, "conversations", width)


def close_sheet(page: Page) -> None:
    """Closes the panel where it covers a narrow page."""
    if page.get_attribute("#panel", "role") == "dialog":
        page.locator("#panel [data-do=close]:visible").click()
