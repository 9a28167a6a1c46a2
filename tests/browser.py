"""A chat server as a real process over a few small documents, and what the browser tests do on its page."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = "no Chromium: install it, or name it in CHROMIUM"
OpenPage = Callable[..., Page]
HOSTILE = (
    '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>'
    "${document.documentElement.toggleAttribute(String.name)} ![t](https://evil.example/t.png)"
)
FERRY = """---
title: The Harbour Ferry
publisher: Port Authority
issued: 2021-05-04
covers: 1998/2021
---
# The Harbour Ferry

## Timetable

The harbour ferry crosses the bay every forty minutes. In winter the last boat leaves at nine in the evening.

## Fleet

The fleet has three boats, and the oldest is called Kittiwake. Kittiwake was launched in 1998 at the Nordvik yard.
"""
LIGHTHOUSE = """---
title: The Lighthouse at Skerry Point
publisher: Coastal Society
issued: 2019
---
# The Lighthouse at Skerry Point

## Keepers

The lighthouse had a resident keeper until 1974. Its lamp has been automatic since that year.

## Damage

A storm in January 1953 broke the lantern glass of the lighthouse.
"""
TRAP_TITLE = f"""---
title: '{HOSTILE}'
publisher: '"><script>window.pwned=3</script>'
---
The giraffe protocol is read aloud before dinner.
"""
TRAP_TEXT = f"The zebra protocol says {HOSTILE} and <svg onload='window.pwned=4'> [1] **bold** end of the protocol."
LEDGER = "\n\n".join(f"Entry {n} of the ledger records {n * 3} barrels of salted herring." for n in range(1, 701))


class Chat:
    """A chat that is served while the tests of a module run, on a library of its own that they may change."""

    def __init__(self, folder: Path) -> None:
        self.sources, self.index, self.port = folder / "sources", folder / "index", free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def index_id(self) -> str:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as reply:
            return str(json.load(reply)["index_id"])


def write_sources(folder: Path) -> None:
    """The documents that the tests ask about."""
    folder.mkdir()
    for name, text in (("ferry.md", FERRY), ("lighthouse.md", LIGHTHOUSE), ("ledger.md", LEDGER)):
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in (("giraffe.md", TRAP_TITLE), ("zebra.txt", TRAP_TEXT)):
        (folder / name).write_text(text, encoding="utf-8")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start_chat(sources: Path, index: Path, port: int) -> subprocess.Popen[str]:
    """The chat as a process of its own, once it has said that the page answers."""
    command = [sys.executable, "-m", "assistant", "chat", "--port", str(port)]
    guard = {"PYTHONPATH": str(Path(__file__).parent / "guard"), "NETWORK_LOG": str(network_log(index))}
    process = subprocess.Popen(
        [*command, "--sources", str(sources), "--index", str(index)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **guard},
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if f"http://127.0.0.1:{port}" in line:
            return process
    with process:
        raise AssertionError(f"the chat ended with status {process.wait()}: {''.join(said)}")


def network_log(index: Path) -> Path:
    """Where the chat's process, and those that it starts, write down what they asked of other machines."""
    return index.parent / "network.log"


def rebuild_elsewhere(sources: Path, index: Path) -> None:
    command = [sys.executable, "-m", "assistant", "rebuild", "--json"]
    subprocess.run([*command, "--sources", str(sources), "--index", str(index)], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens addresses of a chat; at the end no page may have asked another host for anything, or met an error."""
    contexts, outside, errors = [], [], []

    def open_(address: str = "/", **options: object) -> Page:
        permissions = ["clipboard-read", "clipboard-write"]
        chosen = {"locale": "en-US", "permissions": permissions, **options}
        context = browser.new_context(**chosen)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda r: None if r.url.startswith((url, "data:", "blob:")) else outside.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}{address}")
        page.wait_for_selector("[data-ready] .sources", state="attached")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert (outside, errors) == ([], []), (outside, errors)


def ask(page: Page, question: str) -> None:
    """Types a question, and waits until its answer is shown and kept: a key pressed then is meant for what follows."""
    before = page.locator("#chat .answer").count()
    page.fill("#ask textarea", question)
    page.press("#ask textarea", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('#chat .answer').length > n && !document.body.classList.contains('asking')",
        arg=before,
    )


def in_view(page: Page, selector: str) -> bool:
    """Whether an element lies within the window, as a person sees it."""
    found: bool = page.locator(selector).first.evaluate(
        """node => { const box = node.getBoundingClientRect(), at = document.elementFromPoint(box.x + 4, box.y + 4);
        return box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth && node.contains(at); }"""
    )
    return found
