"""The chat: a page in the browser that asks the library and shows where each answer stands.

Importing this package is light; gradio is imported when the chat is served.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.settings import DEFAULT_STYLE

if TYPE_CHECKING:
    from assistant.library import Library

__all__ = ["check_address", "prepare", "serve"]


def prepare() -> None:
    """Begins to import what the page is made with, which takes seconds, in a thread."""
    from assistant.chat.server import import_all

    threading.Thread(target=import_all, daemon=True).start()


def serve(
    library: Library,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    announce: Callable[[str], None] | None = None,
    style: str = DEFAULT_STYLE,
) -> None:
    """Serve the chat until the process is told to stop (Ctrl-C or SIGTERM).

    `announce` is called once with the page's address, when the page answers. Port 0 takes any free port. `style` is the
    citation style that is offered first, by name or as a `.csl` file.

    Raises:
        ServerError: the address cannot be listened on.
        UsageError: there is no such style.
    """
    from assistant.chat.server import listen, run

    # The address is taken first, so that a port in use is said at once and not after seconds of imports.
    with listen(host, port) as listener:
        run(library, listener, open_browser, announce, style)


def check_address(host: str = "127.0.0.1", port: int = 7860) -> None:
    """Sees to it that the chat could be served there now.

    Raises:
        ServerError: the address cannot be listened on.
    """
    from assistant.chat.server import listen

    with listen(host, port):
        pass
