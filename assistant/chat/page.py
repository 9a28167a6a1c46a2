"""The page: its components, what happens on each event, and what the script in the browser may ask for."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from assistant.chat import listing, render
from assistant.chat.citing import Citing
from assistant.chat.pages import Pages
from assistant.chat.reader import source_html
from assistant.chat.rebuild import Rebuild
from assistant.errors import AssistantError
from assistant.records import Turn
from assistant.reports import SourceSummary

if TYPE_CHECKING:
    from assistant.library import Library

log = logging.getLogger(__name__)
Reply = TypeVar("Reply")
HERE = Path(__file__).parent
LOOK_SECONDS = 3.0
"""How long the list of changed files is good for; each open page asks every four seconds."""
UNEXPECTED = "Something went wrong while searching. The details are in the terminal where the assistant was started."


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows of one generation of the index."""

    index_id: str
    sources: tuple[SourceSummary, ...]
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer as shown, and as a follow-up may refer to it (`None` where it failed)."""

    question: str
    html: str
    turn: Turn | None


class Page:
    """The chat page of one library. The conversation lives in the browser session's state, not here."""

    def __init__(self, library: Library, rebuild: Rebuild, pages: Pages, citing: Citing) -> None:
        self.library = library
        self._pages = pages
        self._citing = citing
        self._rebuild = rebuild
        self._cache: Shown | None = None
        self._looked: tuple[str, float, list[str]] = ("", 0.0, [])

    def _shown(self) -> Shown:
        """What the page shows of the index now in use, worked out once for each."""
        if self._cache is None or self._cache.index_id != self.library.index_id:
            library = self.library
            self._cache = Shown(library.index_id, tuple(library.list_sources()), tuple(library.suggestions()))
        return self._cache

    def _changed(self, index_id: str) -> list[str]:
        """Files that the index in use does not know as they are now; looked for at most every few seconds."""
        known, at, files = self._looked
        if known != index_id or time.monotonic() - at > LOOK_SECONDS:
            files = self.library.outdated()
            self._looked = (index_id, time.monotonic(), files)
        return files

    def respond(self, question: str, past: list[Exchange]) -> Iterator[tuple[Any, Any, Any]]:
        """Show the question at once, then its answer: yields (question box, messages, conversation)."""
        question = (question or "").strip()
        if not question:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        turn = None
        try:
            waiting = Exchange(question, render.searching_html(len(self._shown().sources)), None)
            yield "", messages([*past, waiting]), gr.skip()
            answer = self.library.ask(question, [exchange.turn for exchange in past if exchange.turn])
            name, styles = self._citing.keep(answer), self._citing.choices
            html, turn = render.answer_html(answer, self._shown().suggestions, name, styles), answer.turn()
        except AssistantError as error:
            html = render.failure_html(str(error), question)
        except Exception:
            log.exception("no answer to %r", question)
            html = render.failure_html(UNEXPECTED, question)
        past = [*past, Exchange(question, html, turn)]
        yield gr.skip(), messages(past), past

    def read_source(self, request: object) -> str:
        """For the script: the reader's content (see `source_html`)."""
        try:
            return source_html(self.library, request if isinstance(request, dict) else {})
        except AssistantError as error:
            return render.notice_html(str(error))

    def cite(self, request: object) -> dict[str, str]:
        """For the script: what goes to the clipboard (see `Citing.copy`), or the `reason` why nothing does."""
        try:
            return self._citing.copy(request if isinstance(request, dict) else {})
        except AssistantError as error:
            return {"reason": str(error)}

    def marks(self, request: object) -> dict[str, Any]:
        """For the script: where the cited words stand on the pages (see `Pages.marks`)."""
        return self._pages.marks(request if isinstance(request, dict) else {})

    def overview(self, request: object) -> dict[str, Any]:
        """For the script: the rebuild's status and, if the index is not the one that the page shows, the new lists."""
        status = self._rebuild.status
        shown = request.get("index") if isinstance(request, dict) else None
        state: dict[str, Any] = {"running": status.running, "status": listing.status_html(status), "index": shown}
        try:
            now = self._shown()
            if now.index_id != shown:
                state["sources"] = listing.sources_html(now.sources)
                state["welcome"] = listing.welcome_html(now.suggestions, len(now.sources))
                state["index"] = now.index_id
            if not status.running:
                state["status"] += listing.changed_html(self._changed(now.index_id))
        except AssistantError as error:
            state["status"] += "" if status.running else render.notice_html(str(error))
        return state

    def rebuild(self, request: object) -> dict[str, Any]:
        """For the script: start a rebuild."""
        self._rebuild.start()
        return self.overview(request)

    def cancel(self, request: object) -> dict[str, Any]:
        """For the script: stop the rebuild."""
        self._rebuild.cancel()
        return self.overview(request)

    def build(self) -> gr.Blocks:
        """The components and the events between them."""
        with gr.Blocks(title=listing.NAME, fill_width=True, fill_height=True, analytics_enabled=False) as blocks:
            past = gr.State([])
            _html(listing.TOP_BAR, "top")
            with gr.Row(elem_id="shell", equal_height=True):
                with gr.Column(elem_id="talk", scale=1, min_width=0):
                    _html('<div class="welcome"></div>', "welcome")
                    chat, box = _conversation()
                panel = gr.HTML(
                    listing.PANEL,
                    elem_id="panel",
                    apply_default_css=False,
                    padding=False,
                    server_functions=[
                        served(each)
                        for each in (self.read_source, self.marks, self.cite, self.overview, self.rebuild, self.cancel)
                    ],
                    js_on_load=(HERE / "page.js").read_text(encoding="utf-8"),
                )
            self._connect(past, chat, box, panel)
        return blocks

    def _connect(self, past: gr.State, chat: gr.Chatbot, box: gr.Textbox, panel: gr.HTML) -> None:
        """Tie the events: a question sent, a suggestion clicked, a new chat."""

        def suggested(past: list[Exchange], event: gr.EventData) -> Iterator[tuple[Any, Any, Any]]:
            for _, shown, conversation in self.respond(str(event.question), past):
                yield gr.skip(), shown, conversation  # a question being typed stays in the box

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        outputs = [box, chat, past]
        sent = box.submit(self.respond, [box, past], outputs, **quiet)
        asked = panel.suggested(suggested, past, outputs, **quiet)
        # A question still being answered belongs to the old conversation: its answer is dropped.
        panel.renew(lambda: ("", [], []), None, outputs, queue=False, cancels=[sent, asked], **quiet)

    def look(self) -> dict[str, Any]:
        """How the page looks, as `gr.mount_gradio_app` takes it."""
        # In `head`, because gradio rewrites the selectors of `css` so that rules on `body` no longer apply.
        style = (HERE / "style.css").read_text(encoding="utf-8")
        fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
        return {
            "theme": gr.themes.Base(**fonts),
            "head": f'<meta name="color-scheme" content="light dark"><style>{style}</style>',
            "footer_links": [],
            "run_history": False,
            "enable_monitoring": False,
        }


def _conversation() -> tuple[gr.Chatbot, gr.Textbox]:
    """The messages, and the box for the next question."""
    chat = gr.Chatbot(
        elem_id="chat",
        label="Conversation",
        show_label=False,
        container=False,
        buttons=[],
        scale=1,
        height=None,
        autoscroll=False,
        latex_delimiters=[],
        allow_tags=False,
        group_consecutive_messages=False,
        placeholder=" ",
    )
    box = gr.Textbox(
        elem_id="ask",
        label="Your question",
        show_label=False,
        placeholder="Ask about your documents",
        lines=1,
        max_lines=6,
        submit_btn=True,
        autofocus=True,
    )
    return chat, box


def messages(exchanges: list[Exchange]) -> list[dict[str, Any]]:
    """The conversation as the chat component takes it: HTML that is escaped already, so nothing is read as Markdown."""
    return [
        {"role": role, "content": _html(html)}
        for exchange in exchanges
        for role, html in (("user", render.question_html(exchange.question)), ("assistant", exchange.html))
    ]


def served(method: Callable[[object], Reply]) -> Callable[[object], Reply]:
    """A method as a plain function: gradio marks what it serves, and a bound method takes no mark."""

    @functools.wraps(method)
    def call(request: object) -> Reply:
        return method(request)

    return call


def _html(html: str, name: str | None = None) -> gr.HTML:
    return gr.HTML(html, elem_id=name, apply_default_css=False, padding=False, js_on_load=None)
