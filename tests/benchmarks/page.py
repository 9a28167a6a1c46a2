"""How fast the page is in Chromium, against a bare Gradio echo chat (a `gr.ChatInterface` that returns the message).

    python tests/benchmarks/page.py [RUNS] [--json] [--no-long]

Builds an index of the sample library and of a text of 2 MB in a temporary folder (minutes; `--no-long` leaves out the
text), serves both chats on loopback, and opens each in fresh browser contexts, in turn. Prints the median of each
figure and its ratio to the echo chat, from one run on one machine: the time until a question can be typed, what was
transferred until then, the first and a later answer, and for our page how long the reader takes to show a cited
sentence, also in the long text.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from browser import CHROMIUM, FLAGS, free_port, start_chat  # noqa: E402

from assistant import open_library  # noqa: E402

ECHO = """import sys, gradio as gr
gr.ChatInterface(lambda message, history: message, analytics_enabled=False).launch(server_port=int(sys.argv[1]))"""
QUESTIONS = ("When was KEDO founded?", "Who founded it?")
IN_LONG = "How many barrels does entry 7000 of the ledger record?"
AFTER = """([selector, click, count]) => new Promise(resolve => {
    const started = performance.now();
    const done = () => document.querySelectorAll(selector).length >= count;
    const watch = new MutationObserver(() => {
        if (!done()) return;
        watch.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - started));
    });
    watch.observe(document.body, { childList: true, subtree: true, attributes: true });
    document.querySelector(click).click();
})"""
Figures = dict[str, list[float]]


def main() -> None:
    """Serves both, measures, and prints a table or JSON."""
    runs = int(next((each for each in sys.argv[1:] if each.isdecimal()), "5"))
    with tempfile.TemporaryDirectory() as folder:
        sources, index = Path(folder, "sources"), Path(folder, "index")
        shutil.copytree(ROOT / "sources", sources)
        entries = (
            f"Entry {n} of the ledger records {n * 3} barrels of salted herring from the {n % 31} boats of the "
            f"north quay, weighed, salted and stored in the long shed by the harbour wall."
            for n in range(12_500)
        )
        if "--no-long" not in sys.argv:
            (sources / "ledger.md").write_text("\n\n".join(entries), "utf-8")
        open_library(sources, index=index)
        measured = measure(sources, index, runs)
    medians = {
        chat: {name: statistics.median(values) for name, values in found.items()} for chat, found in measured.items()
    }
    if "--json" in sys.argv:
        print(json.dumps({"runs": runs, **medians}))  # noqa: T201
        return
    ours, echo = medians["assistant"], medians["echo chat"]
    print(f"{'median of ' + str(runs):34} {'assistant':>10} {'echo chat':>10} {'ratio':>7}")  # noqa: T201
    for name, figure in ours.items():
        beside = f"{echo[name]:10.0f} {figure / echo[name]:7.2f}" if name in echo else ""
        print(f"{name:34} {figure:10.0f} {beside}")  # noqa: T201


def measure(sources: Path, index: Path, runs: int) -> dict[str, Figures]:
    """The figures of both chats, run by run in turn."""
    ours, echo = free_port(), free_port()
    found: dict[str, Figures] = {"assistant": {}, "echo chat": {}}
    bare = subprocess.Popen([sys.executable, "-u", "-c", ECHO, str(echo)], stdout=subprocess.PIPE, encoding="utf-8")
    with start_chat(sources, index, ours) as chat, bare, sync_playwright() as playwright:
        try:
            assert bare.stdout is not None
            next(line for line in bare.stdout if str(echo) in line)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for run in range(-1, runs):  # the first warms both
                for name, port in (("assistant", ours), ("echo chat", echo)):
                    for figure, value in visit(browser, port, name == "assistant").items():
                        if run >= 0:
                            found[name].setdefault(figure, []).append(value)
            browser.close()
        finally:
            chat.terminate()
            bare.terminate()
    return found


def visit(browser: Browser, port: int, ours: bool) -> dict[str, float]:
    """What one visitor sees, whose browser has nothing of the page yet."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    started = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}")
    page.wait_for_selector("[data-ready] #ask textarea" if ours else "textarea:enabled")
    found = {"a question can be typed, ms": 1000 * (time.perf_counter() - started)}
    page.wait_for_load_state("load")
    if ours:
        page.wait_for_selector(".welcome .suggestions")
    found |= {"transferred until then, KB": sum(sizes) / 1000, "requests": float(len(sizes))}
    for number, name in enumerate(("first answer, ms", "later answer, ms")):
        found[name] = answer(page, QUESTIONS[number], number + 1, ours)
    if ours:
        found["reader shows the sentence, ms"] = read(page)
        if "--no-long" not in sys.argv:
            answer(page, IN_LONG, 3, ours)
            found["the same in 2 MB of text, ms"] = read(page)
    context.close()
    return found


def answer(page: Page, question: str, number: int, ours: bool) -> float:
    """Milliseconds from sending a question until its answer stands there."""
    page.wait_for_selector("body:not(.asking)")  # until then the button stops
    page.fill("textarea", question)
    shown = "#chat .answer" if ours else "[data-testid=bot]"
    taken: float = page.evaluate(AFTER, [shown, ".send" if ours else ".submit-button", number])
    return taken


def read(page: Page) -> float:
    """Milliseconds from a click on the last answer's first number until the reader shows the sentence."""
    page.evaluate("document.querySelector('#cited')?.removeAttribute('id')")
    page.locator(".answer").last.locator(".statement .number").first.evaluate("node => node.classList.add('measured')")
    taken: float = page.evaluate(AFTER, ["#cited", ".measured", 1])
    page.evaluate("document.querySelector('.measured')?.classList.remove('measured')")
    return taken


if __name__ == "__main__":
    main()
