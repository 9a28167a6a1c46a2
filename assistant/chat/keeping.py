"""What the page does to look after the library, and what it shows of it; the script calls these functions."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.chat import details, glance, listing, rebuilding
from assistant.chat.rebuild import Rebuild
from assistant.chat.render import notice_html
from assistant.chat.texts import Texts, texts
from assistant.errors import AssistantError, UsageError
from assistant.reports import FileState, Overview, Removal, SourceSummary

if TYPE_CHECKING:
    from assistant.library import Library

log = logging.getLogger(__name__)
Request = Mapping[str, Any]
"""What the page sends, which is not trusted; `language` is the one that it is shown in."""
LOOK_SECONDS = 3.0
"""How long what was seen of the files is good for; each open page asks every four seconds."""
_SHARE = 20
"""A look at the files that takes long is good for so many times as long."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows of one generation of the index."""

    index_id: str
    sources: tuple[SourceSummary, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the files in the sources folder: `outdated`, their `states`, and what is in the `trash`."""

    outdated: tuple[str, ...]
    states: tuple[FileState, ...]
    trash: tuple[Removal, ...]


class Keeping:
    """Looks after one library for every open page."""

    def __init__(self, library: Library, rebuild: Rebuild) -> None:
        self._library = library
        self._rebuild = rebuild
        self._cache: Shown | None = None
        self._seen: Seen | None = None
        self._seen_of, self._good_until = "", 0.0
        self._token = self._trouble = ""
        self._looking = threading.Lock()
        self._overview: tuple[str, Overview, list[glance.Bar]] | None = None
        self._reading = threading.Lock()

    def shown(self) -> Shown:
        """What the page shows of the index now in use, worked out once for each.

        Raises:
            IndexUnusable: there is none that can be used.
        """
        if self._cache is None or self._cache.index_id != self._library.index_id:
            self._cache = Shown(self._library.index_id, tuple(self._library.list_sources()))
        return self._cache

    def _look(self, index_id: str) -> None:
        """See to it that the files are looked at every few seconds: in the background, as it takes time with many."""
        fresh = self._seen_of == index_id and time.monotonic() < self._good_until
        if not fresh and self._looking.acquire(blocking=False):
            threading.Thread(target=self._look_now, args=(index_id,), daemon=True).start()

    def _look_now(self, index_id: str) -> None:
        start, library = time.monotonic(), self._library
        self._good_until = float("inf")  # unless something is changed meanwhile
        try:
            seen = Seen(tuple(library.outdated()), tuple(library.file_states()), tuple(library.trash()))
            if seen != self._seen:
                self._seen, self._token = seen, secrets.token_hex(4)
            self._trouble = ""
        except AssistantError as error:
            self._trouble = str(error)
        finally:
            now = time.monotonic()
            self._seen_of = index_id
            self._good_until = min(self._good_until, now + max(LOOK_SECONDS, _SHARE * (now - start)))
            self._looking.release()

    # ----- served to the script

    def status(self, request: Request) -> dict[str, Any]:
        """For the script: the rebuild's progress; the list and the files' states where they are not those of the page.

        The page says which it has: the `index` of the list, the `seen` of the states.
        """
        say, status = texts(request.get("language")), self._rebuild.status
        state: dict[str, Any] = {"running": status.running, "run": status.run, "index": request.get("index")}
        if status.running:
            state["progress"] = rebuilding.progress(status, say)
        else:
            state["outcome"] = rebuilding.outcome_html(status, say)
        try:
            now = self.shown()
            if now.index_id != request.get("index"):
                state |= {"index": now.index_id, "rows": listing.rows(now.sources, say)}
            self._look(now.index_id)
            if self._seen and self._token != request.get("seen"):
                state |= {"seen": self._token, **_seen_html(self._seen, say)}
            if self._trouble:
                state["trouble"] = notice_html(self._trouble)
        except AssistantError as error:
            state["trouble"] = notice_html(str(error))
        return state

    def rebuild(self, request: Request) -> dict[str, Any]:
        """For the script: start a rebuild."""
        self._rebuild.start()
        return self.status(request)

    def cancel(self, request: Request) -> dict[str, Any]:
        """For the script: stop the rebuild."""
        self._rebuild.cancel()
        return self.status(request)

    def overview(self, request: Request) -> dict[str, Any]:
        """For the script: the library at a glance, and of which `index`; empty where there is none that can be used."""
        try:
            shown = self.shown()
            with self._reading:  # two pages must not read all texts at the same time
                if self._overview is None or self._overview[0] != shown.index_id:
                    self._overview = (shown.index_id, self._library.overview(), glance.bars(shown.sources))
                _, overview, bars = self._overview
        except AssistantError as error:
            log.warning("no overview: %s", error)
            return {"index": None, "html": ""}
        html = glance.overview_html(overview, bars, texts(request.get("language")))
        return {"index": shown.index_id, "html": html}

    def going(self, request: Request) -> dict[str, Any]:
        """For the script: what a removal of a `source`, or of a file that is none, would take with it."""
        name = str(request.get("source") or "")

        def look() -> dict[str, Any]:
            files, sources = self._library.going(name)
            titles = {each.id: each.title for each in self.shown().sources} if sources else {}
            return {
                "title": titles.get(name, name),
                "file": files[0],
                "beside": list(files[1:]),
                "others": [titles.get(source, source) for source in sources if source != name],
            }

        return _attempt(look)

    def remove(self, request: Request) -> dict[str, Any]:
        """For the script: move a `source`, or a file that is none, into the trash: the id of the `removal`."""

        def move() -> dict[str, Any]:
            removal = self._library.remove(str(request.get("source") or ""))
            self._good_until = 0.0
            return {"removal": removal.id}

        return _attempt(move)

    def put_back(self, request: Request) -> dict[str, Any]:
        """For the script: move what a `removal` took back into the sources: the `files`."""

        def move() -> dict[str, Any]:
            files = self._library.put_back(str(request.get("removal") or ""))
            self._good_until = 0.0
            return {"files": list(files)}

        return _attempt(move)

    def details(self, request: Request) -> dict[str, Any]:
        """For the script: the form for what is known of a `source`."""
        say, name = texts(request.get("language")), str(request.get("source") or "")

        def form() -> dict[str, Any]:
            for source in self.shown().sources:
                if source.id == name:
                    return {"html": details.form_html(source, say)}
            raise UsageError(say("library.gone", source=name))

        return _attempt(form)

    def describe(self, request: Request) -> dict[str, Any]:
        """For the script: fill in `values` of a `source`: the `file` that has them, or the `reason` and the `field`."""
        say, sent = texts(request.get("language")), request.get("values")
        given = sent if isinstance(sent, dict) else {}
        values = {name: str(given[name]) for name in details.FIELDS if name in given}
        try:
            file = self._library.describe(str(request.get("source") or ""), values)
        except AssistantError as error:
            return details.wrong(str(error), say)
        self._good_until = 0.0
        return {"file": file}

    @property
    def served(self) -> tuple[Callable[[Request], dict[str, Any]], ...]:
        """The functions that the script may call."""
        return (
            *(self.status, self.rebuild, self.cancel, self.overview),
            *(self.going, self.remove, self.put_back, self.details, self.describe),
        )


def _seen_html(seen: Seen, say: Texts) -> dict[str, Any]:
    return {
        "changed": rebuilding.changed_html(seen.outdated, say),
        "conditions": listing.conditions(seen.states, say),
        "files": listing.files_html(seen.states, say),
        "trash": listing.trash_html(seen.trash, say),
    }


def _attempt(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was done, or the `reason` why not."""
    try:
        return act()
    except AssistantError as error:
        return {"reason": str(error)}
