"""The server around the page: the socket, the headers, `/healthz`, and a clean stop."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import signal
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, ServerError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.chat.citing import Citing
    from assistant.library import Library

OFFLINE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""Read by gradio and the Hugging Face libraries when they are imported: nothing is sent, nothing is fetched."""

# Gradio builds its templates with `new Function` and styles inline; everything else comes from this server alone.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
WARM_AFTER_SECONDS = 1.0
"""How long after the start what the first question needs is loaded: the page goes first."""
OPEN_PAGES_SECONDS = 1
"""How long a stop waits for requests that are under way; an open page always has one."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address.

    Raises:
        ServerError: the port is in use, or the address is not one of this computer.
    """
    if not 0 <= port <= 65535:
        raise ServerError(f"there is no port {port}: choose one from 1 to 65535 with --port")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise ServerError(f"{host} can be reached from other computers and the chat has no login: use 127.0.0.1")
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "stop the other program, or choose another with --port"
            raise ServerError(f"port {port} is in use: {remedy}") from error
        raise ServerError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error


def run(
    library: Library,
    listener: socket.socket,
    open_browser: bool,
    announce: Callable[[str], None] | None,
    style: str,
) -> None:
    """Serve the page on a listening socket until SIGINT or SIGTERM.

    Raises:
        UsageError: there is no such citation style.
    """
    import_all()
    import uvicorn

    from assistant.chat.citing import Citing

    name, port = listener.getsockname()[:2]
    url = f"http://{f'[{name}]' if ':' in name else name}:{port}"

    warming = threading.Timer(WARM_AFTER_SECONDS, warm, (library,))

    def ready() -> None:
        warming.start()
        if announce:
            announce(url)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    config = uvicorn.Config(
        application(library, Citing(style), ready), log_level="warning", timeout_graceful_shutdown=OPEN_PAGES_SECONDS
    )
    server = uvicorn.Server(config)
    # Once a stop was asked for, cutting off the pages that are still open is not an error to report.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises the signal again once it has stopped: with this handler that ends the call, not the process.
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listener])
    finally:
        warming.cancel()
        if warming.is_alive():  # a process that ends under a library's own threads is aborted
            warming.join()
        for number, handler in before.items():
            signal.signal(number, handler)


def import_all() -> None:
    """Imports what the page is made with: seconds."""
    os.environ.update(OFFLINE)
    import gradio  # noqa: F401
    import uvicorn  # noqa: F401


def warm(library: Library) -> None:
    """Loads what the first question would wait for; what is wrong with it, that question is told."""
    import assistant.answering  # noqa: F401

    with contextlib.suppress(AssistantError):
        library.generation().encoder.encode_queries(["?"])


def application(library: Library, citing: Citing, ready: Callable[[], None]) -> FastAPI:
    """The web application: `/`, `/healthz`, `/documents`, `/pages`, `/export`; `ready` is called once it answers."""
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from assistant.chat.front import Front
    from assistant.chat.page import Page
    from assistant.chat.pages import Pages
    from assistant.chat.rebuild import Rebuild
    from assistant.chat.uploads import Uploads

    rebuild, pages = Rebuild(library), Pages(library)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        ready()
        yield
        rebuild.cancel()
        pages.close()

    api = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    api.add_middleware(Front)
    api.add_middleware(Guard)
    # A page of another site must not reach the documents by pointing its own name at this address.
    api.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    api.add_api_route("/healthz", lambda: health(library), methods=["GET"], response_model=None)
    api.add_api_route("/documents", Uploads(library).receive, methods=["PUT"], response_model=None)
    api.add_api_route("/export", citing.send, methods=["GET"], response_model=None)
    api.add_api_route("/pages", pages.picture, methods=["GET"], response_model=None)
    page = Page(library, rebuild, pages, citing)
    blocks = page.build()
    blocks.queue(default_concurrency_limit=8, max_size=64)
    app: FastAPI = gr.mount_gradio_app(
        api, blocks, path="/", show_error=False, max_file_size="1mb", pwa=False, ssr_mode=False, **page.look()
    )
    return app


def health(library: Library) -> JSONResponse:
    """Whether questions can be answered, and from which generation of the index."""
    from fastapi.responses import JSONResponse

    try:
        return JSONResponse({"status": "ok", "index_id": library.index_id})
    except AssistantError as error:
        return JSONResponse({"status": "error", "message": str(error)}, status_code=503)


class Guard:
    """Refuses what a page of another site sends, and adds the security headers to every reply.

    Plain ASGI, so that streamed answers are not held back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it comes from another site, and add to the start of its reply."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = dict(scope["headers"])
        origin = sent.get(b"origin")
        if origin is not None and origin != b"http://" + sent.get(b"host", b""):
            await send({"type": "http.response.start", "status": 403, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b"This request comes from another site."})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)
