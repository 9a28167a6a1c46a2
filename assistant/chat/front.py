"""What stands in the page's head before gradio draws anything: the style sheet, the appearance and the language."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.chat.texts import LANGUAGES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

WEB = Path(__file__).parent / "web"
STYLES = ("page", "answer", "library", "reader", "keep", "print")
"""The parts of the style sheet, in order."""


@cache
def head() -> bytes:
    """The elements, as they stand right after `<head>`."""
    style = "".join((WEB / f"{name}.css").read_text("utf-8") for name in STYLES)
    script = f"{(WEB / 'head.js').read_text('utf-8').rstrip()}({json.dumps(list(LANGUAGES))});"
    scheme = '<meta name="color-scheme" content="light dark">'
    return f"{scheme}<style id='style'>{style}</style><script>{script}</script>".encode()


class Front:
    """Puts `head()` into the page; gradio's own `head=` comes too late, by its script, so that the page would flash."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the reply to one for the page is held back until it is whole."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        packed = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        page = b""

        async def gather(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                start = message
                return
            page += message.get("body", b"")
            if message.get("more_body"):
                return
            whole = page.replace(b"<head>", b"<head>" + head(), 1)
            whole = gzip.compress(whole, 6) if packed else whole
            await send(_start(start, whole, packed))
            await send({"type": "http.response.body", "body": whole})

        await self.app({**scope, "headers": plain}, receive, gather)


def _start(start: Message, body: bytes, packed: bool) -> Message:
    """The beginning of a reply whose body was changed."""
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    return {**start, "headers": [*headers, (b"vary", b"accept-encoding"), (b"cache-control", b"no-store")]}
