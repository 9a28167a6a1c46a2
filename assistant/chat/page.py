"""The page: its components, what happens on each event, and what the script in the browser may ask for.

A conversation lives in the browser. With each question the page names the answers before it; those that this server
does not hold any more, or never held, the page sends again (see `Citing`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from assistant.chat import listing, reader, render
from assistant.chat.answers import answer_html
from assistant.chat.citing import Citing
from assistant.chat.frame import ASK, NAME, PANEL, TOP_BAR, frame
from assistant.chat.given import Given
from assistant.chat.keeping import Keeping
from assistant.chat.pages import Pages
from assistant.chat.rebuild import Rebuild
from assistant.chat.scope import choices_html, filters_of, narrowing, scope_html, wrong_html
from assistant.chat.texts import Texts, texts, translations
from assistant.errors import AssistantError, UsageError
from assistant.records import NO_FILTERS, Filters

if TYPE_CHECKING:
    from assistant.library import Library

log = logging.getLogger(__name__)
Reply = TypeVar("Reply")
Request = Mapping[str, Any]
"""What the page sends, which is not trusted; `language` is the one that it is shown in."""
WEB = Path(__file__).parent / "web"
SCRIPTS = (
    *("core", "panel", "pages", "reader", "within", "library", "keeping", "adding", "citing"),
    *("answer", "keep", "conversations", "scope", "ask", "start"),
)
"""The parts of the script, in order: they make one function."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with what is shown under it."""

    question: str
    html: str


class Page:
    """The chat page of one library; it keeps nothing of any conversation."""

    def __init__(self, library: Library, rebuild: Rebuild, pages: Pages, citing: Citing) -> None:
        self.library = library
        self._pages = pages
        self._citing = citing
        self._given = Given(library, citing)
        self._keeping = Keeping(library, rebuild)
        self._suggested: tuple[tuple[str, Filters], list[str]] = (("", NO_FILTERS), [])

    # ----- events: what changes the conversation on the page

    def respond(self, asked: Request) -> Iterator[list[dict[str, Any]]]:
        """Show the question at once, then its answer: yields the messages.

        `asked` has the `id` of the answer to be, the `question`, the `filters`, and the `entries` before it; with
        `alone` they are not taken into account.
        """
        say, name, question = texts(asked.get("language")), str(asked.get("id")), str(asked.get("question") or "")
        if not all(self._citing.holds(each) for each in answered(asked)):
            yield messages([Exchange(question, render.wanted_html(name))])
            return
        before, filters = self._entries(asked, say), filters_of(asked)
        yield messages([*before, Exchange(question, render.searching_html(say))])
        yield messages([*before, self._answered(asked, name, question, filters, say)])

    def _answered(self, asked: Request, name: str, question: str, filters: Filters, say: Texts) -> Exchange:
        """The answer to a question, or why there is none."""
        try:
            turns = [] if asked.get("alone") else [self._citing.answer(each).turn() for each in answered(asked)]
            answer = self.library.ask(question, turns, **narrowing(filters))
        except AssistantError as error:
            return Exchange(question, render.failure_html(str(error), question, name, say))
        except Exception:
            log.exception("no answer to %r", question)
            return Exchange(question, render.failure_html(say("ask.unexpected"), question, name, say))
        self._citing.keep(answer, name)
        return self._exchange(name, question, say)

    def conversation(self, asked: Request) -> list[dict[str, Any]]:
        """The messages of the `entries`, as a kept conversation is opened."""
        return messages(self._entries(asked, texts(asked.get("language"))))

    def _entries(self, asked: Request, say: Texts) -> list[Exchange]:
        """The entries of the page's conversation as they are shown; where an answer is not held, that is said."""
        shown = []
        for entry in entries(asked):
            name, question = str(entry.get("id")), str(entry.get("question") or "")
            failure = entry.get("failure")
            if failure is None and not self._citing.holds(name):
                failure = say("keep.lost")
            if failure is not None:
                html = render.failure_html(str(failure) or say("ask.unanswered"), question, name, say)
                shown.append(Exchange(question, html))
            else:
                shown.append(self._exchange(name, question, say))
        return shown

    def _exchange(self, name: str, question: str, say: Texts) -> Exchange:
        """A question as it was typed, with its answer."""
        answer = self._given.answer(name)
        return Exchange(question, answer_html(answer, say, name, self._citing.choices, self._given.titles()))

    # ----- what the script asks for, and gets without a change of the conversation

    def keep(self, request: Request) -> dict[str, Any]:
        """For the script: take back the `records` of answers, by id.

        Returns what was `refused`, as it is the record of no answer, and which of the `ids` are `wanted`: not held.
        """
        records, ids, refused = request.get("records"), request.get("ids"), []
        for name, record in records.items() if isinstance(records, dict) else ():
            try:
                self._citing.restore(str(name), record)
            except ValueError as error:
                refused.append({"id": name, "reason": str(error)})
        return {"refused": refused, "wanted": [name for name in _names(ids) if not self._citing.holds(name)]}

    def records(self, request: Request) -> dict[str, Any]:
        """For the script: the answers of these `ids` in full, for the browser to keep."""
        names = _names(request.get("ids"))
        return {name: self._citing.answer(name).to_dict() for name in names if self._citing.holds(name)}

    def read_source(self, request: Request) -> str:
        """For the script: the reader's content (see `reader.source_html`)."""
        try:
            return reader.source_html(self.library, request)
        except AssistantError as error:
            return render.notice_html(str(error))

    def quote(self, request: Request) -> dict[str, str]:
        """For the script: selected words with their citation in a `style`, or the `reason` why there is none."""
        try:
            return self._citing.quote(reader.selected(self.library, request), str(request.get("style") or ""))
        except AssistantError as error:
            return {"reason": str(error)}

    def cite(self, request: Request) -> dict[str, str]:
        """For the script: what goes to the clipboard (see `Citing.copy`), or the `reason` why nothing does."""
        try:
            return self._citing.copy(request)
        except AssistantError as error:
            return {"reason": str(error)}

    def marks(self, request: Request) -> dict[str, Any]:
        """For the script: where the cited words stand on the pages (see `Pages.marks`)."""
        return self._pages.marks(request)

    def scope(self, request: Request) -> dict[str, Any]:
        """For the script: what the `filters` leave to be searched, in `words`, and the `choices` there are."""
        say, filters = texts(request.get("language")), filters_of(request)
        try:
            sources = self._keeping.shown().sources
        except AssistantError as error:
            return {"words": render.notice_html(str(error)), "choices": ""}
        titles = {source.id: source.title for source in sources}
        try:
            words = scope_html(self.library.scope(**narrowing(filters)), filters, titles, say)
        except AssistantError as error:
            words = wrong_html(str(error), filters, titles, say)
        return {"words": words, "choices": choices_html(sources, filters, say)}

    def suggest(self, request: Request) -> str:
        """For the script: what an empty chat shows, with questions that the sources answer under the `filters`."""
        say, filters = texts(request.get("language")), filters_of(request)
        try:
            sources = len(self._keeping.shown().sources)
            return listing.welcome_html(self._suggestions(filters), sources, say)
        except AssistantError as error:
            return render.notice_html(str(error))

    def _suggestions(self, filters: Filters) -> list[str]:
        """Questions to start with; none where the filters cannot be applied, which the page says elsewhere."""
        key = (self.library.index_id, filters)
        if self._suggested[0] != key:
            try:
                self._suggested = (key, self.library.suggestions(**narrowing(filters)))
            except UsageError:
                self._suggested = (key, [])
        return self._suggested[1]

    def served(self) -> list[Callable[[object], Any]]:
        """The functions that the script in the browser may call, each with one object."""
        methods: tuple[Callable[[Request], Any], ...] = (
            *(self.read_source, self.quote, self.marks, self.cite, self.keep, self.records),
            *(self.scope, self.suggest),
            *(self._given.around, self._given.feedback),
            *self._keeping.served,
        )
        within = (reader.read_more, reader.find_in, reader.contents)
        return [*map(served, methods), *(served(method, self.library) for method in within)]

    def build(self) -> gr.Blocks:
        """The components and the events between them."""
        say = texts(None)
        with gr.Blocks(title=NAME, fill_width=True, fill_height=True, analytics_enabled=False) as blocks:
            _html(frame(TOP_BAR, say), "top")
            with gr.Row(elem_id="shell", equal_height=True):
                with gr.Column(elem_id="talk", scale=1, min_width=0):
                    _html('<div class="welcome"></div>', "welcome")
                    chat = _chatbot(say)
                    _html(frame(ASK, say), "ask")
                panel = gr.HTML(
                    frame(PANEL, say),
                    elem_id="panel",
                    apply_default_css=False,
                    padding=False,
                    server_functions=self.served(),
                    js_on_load="".join((WEB / f"{name}.js").read_text("utf-8") for name in SCRIPTS),
                )
            self._connect(chat, panel)
        return blocks

    def _connect(self, chat: gr.Chatbot, panel: gr.HTML) -> None:
        """Tie the events: a question asked, a conversation opened, an answer that is not waited for any more."""

        def asked(event: gr.EventData) -> Iterator[list[dict[str, Any]]]:
            yield from self.respond(event._data)

        def opened(event: gr.EventData) -> list[dict[str, Any]]:
            return self.conversation(event._data)

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        # A question that is not waited for any more cannot be cut off; its answer is passed over by the script.
        panel.asked(asked, None, chat, trigger_mode="multiple", **quiet)
        panel.opened(opened, None, chat, queue=False, trigger_mode="multiple", **quiet)

    def look(self) -> dict[str, Any]:
        """How the page looks, as `gr.mount_gradio_app` takes it."""
        fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
        return {
            "theme": gr.themes.Base(**fonts),
            "i18n": gr.I18n(**translations()),
            "footer_links": [],
            "run_history": False,
            "enable_monitoring": False,
        }


def _chatbot(say: Texts) -> gr.Chatbot:
    """The messages."""
    return gr.Chatbot(
        elem_id="chat",
        label=say("page.conversation"),
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


def entries(asked: Request) -> list[Request]:
    """The entries of a conversation that the page sent, in order; what is none is left out."""
    sent = asked.get("entries")
    return [entry for entry in sent if isinstance(entry, dict)] if isinstance(sent, list) else []


def answered(asked: Request) -> list[str]:
    """The ids of those that have an answer."""
    return [str(entry.get("id")) for entry in entries(asked) if entry.get("failure") is None]


def _names(ids: object) -> list[str]:
    """Ids of answers that the page sent."""
    return [str(name) for name in ids] if isinstance(ids, list) else []


def messages(exchanges: list[Exchange]) -> list[dict[str, Any]]:
    """The conversation as the chat component takes it: HTML that is escaped already, so nothing is read as Markdown."""
    return [
        {"role": role, "content": _html(html)}
        for exchange in exchanges
        for role, html in (("user", render.question_html(exchange.question)), ("assistant", exchange.html))
    ]


def served(method: Callable[..., Reply], *first: object) -> Callable[[object], Reply]:
    """A method as a function of a request: gradio marks what it serves, and a bound method takes no mark."""

    def call(request: object) -> Reply:
        return method(*first, request if isinstance(request, dict) else {})

    call.__name__ = method.__name__
    return call


def _html(html: str, name: str | None = None) -> gr.HTML:
    return gr.HTML(html, elem_id=name, apply_default_css=False, padding=False, js_on_load=None)
