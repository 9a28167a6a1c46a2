"""Citations and exports for the page: answers that were shown are kept for a while, to be cited in a style."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from pathlib import Path

from fastapi.responses import JSONResponse, Response

from assistant.citing.documents import write_answers
from assistant.citing.formats import Format
from assistant.citing.styles import NAMES, STYLES, Form, Style, find_style, render_as
from assistant.errors import AssistantError, UsageError
from assistant.records import Answer, Citation, Excerpt
from assistant.saving import restore_answer
from assistant.settings import DEFAULT_STYLE

MAX_KEPT = 1000
"""Answers that are kept, over all open pages; the oldest are dropped."""
GONE = "This answer is no longer held by the assistant: ask again, then export or copy."


class Citing:
    """The last answers, by ids that only the pages they were given to know, and the styles to cite them in."""

    def __init__(self, style: str = DEFAULT_STYLE) -> None:
        """Chooses the styles that the page offers.

        Args:
            style: The one that is chosen at first; see `find_style`.

        Raises:
            UsageError: there is no such style.
        """
        self._styles = {each: find_style(each) for each in dict.fromkeys((style, *STYLES))}
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def choices(self) -> dict[str, str]:
        """The styles by name, as they are shown; the first is the default."""
        return {name: NAMES.get(name, Path(name).stem) for name in self._styles}

    def keep(self, answer: Answer, name: str) -> None:
        """Keep an answer under an id, which a page made up: one that is held already stays as it is."""
        with self._lock:
            self._answers.setdefault(name, answer)
            self._answers.move_to_end(name)
            if len(self._answers) > MAX_KEPT:
                self._answers.popitem(last=False)

    def restore(self, name: str, record: object) -> None:
        """Keep an answer of which a browser kept the record.

        Raises:
            ValueError: it is none.
        """
        self.keep(restore_answer(record), name)

    def holds(self, name: str) -> bool:
        """Whether the answer of that id is held; if so, it is the last to be dropped."""
        with self._lock:
            if name in self._answers:
                self._answers.move_to_end(name)
            return name in self._answers

    def answer(self, name: str) -> Answer:
        """The answer of that id.

        Raises:
            UsageError: it is not held.
        """
        with self._lock:
            if name not in self._answers:
                raise UsageError(GONE)
            self._answers.move_to_end(name)
            return self._answers[name]

    def copy(self, request: Mapping[str, object]) -> dict[str, str]:
        """What goes to the clipboard, as `text` and as `html`: a citation, or an answer with its citations.

        `request` names the `answer`, the `style`, and for one citation the number of its `excerpt`.

        Raises:
            UsageError, CitingFailed: it cannot be cited.
        """
        answer, style = self.answer(str(request.get("answer"))), self._style(str(request.get("style")))
        number = str(request.get("excerpt") or "")
        if not number:
            return _answer_cited(answer, style)
        one = [excerpt_of(answer, number).citation]
        plain, rich = render_as(one, style, (Form.TEXT, Form.HTML))
        return {"text": plain.citations[0], "html": rich.citations[0]}

    def quote(self, citation: Citation, style: str) -> dict[str, str]:
        """What goes to the clipboard for words that were selected in a source: they and their citation.

        Args:
            citation: That of the words.
            style: Its name, or nothing for the first of `choices`.

        Raises:
            UsageError, CitingFailed: they cannot be cited.
        """
        plain, rich = render_as([citation], self._style(style or next(iter(self._styles))), (Form.TEXT, Form.HTML))
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", citation.quote)]
        cited = re.sub("^<p>|</p>$", "", rich.citations[0])
        html = "".join(f"<p>{escape(part)}</p>" for part in paragraphs)
        return {
            "text": "“" + "\n\n".join(paragraphs) + f"” {plain.citations[0]}",
            "html": f"<p>“{html.removeprefix('<p>').removesuffix('</p>')}” {cited}</p>",
        }

    def send(self, answers: str, style: str, format: str, excerpts: bool = False) -> Response:
        """The answers of these ids, joined by commas, in a style and a format, as a file to be saved."""
        try:
            found = [self.answer(name) for name in answers.split(",")]
            if format not in [each.value for each in Format]:
                raise UsageError(f"There is no format {format}.")
            data = write_answers(found, self._style(style), Format(format), excerpts)
        except AssistantError as error:
            return JSONResponse({"reason": str(error)}, status_code=404 if isinstance(error, UsageError) else 500)
        name = f"{_file_name(found[0])}{Format(format).suffix}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=Format(format).media_type, headers=headers)

    def _style(self, name: str) -> Style:
        if name not in self._styles:  # any other name could be a path
            raise UsageError(f"The page does not offer the citation style {name}.")
        return self._styles[name]


def excerpt_of(answer: Answer, number: object) -> Excerpt:
    """The excerpt of the number, from 1, that a page gave.

    Raises:
        UsageError: there is none.
    """
    wanted = str(number)
    if not (wanted.isascii() and wanted.isdecimal() and 0 < int(wanted) <= len(answer.excerpts)):
        raise UsageError(f"The answer has no excerpt {wanted}.")
    return answer.excerpts[int(wanted) - 1]


def _answer_cited(answer: Answer, style: Style) -> dict[str, str]:
    """The quotations of an answer, each with its citation, then the bibliography."""
    cited = [statement.citation for statement in answer.statements]
    plain, rich = render_as(cited, style, (Form.TEXT, Form.HTML))
    quotes = [f"“{statement.text}”" for statement in answer.statements]
    lines = [f"{quote} {citation}" for quote, citation in zip(quotes, plain.citations, strict=True)]
    text = "\n".join([answer.question, "", *lines, "", style.heading, *plain.entries])
    marked = [
        f"<p>{escape(quote)} {re.sub('^<p>|</p>$', '', citation)}</p>"
        for quote, citation in zip(quotes, rich.citations, strict=True)
    ]
    heads = [f"<p><b>{escape(words)}</b></p>" for words in (answer.question, style.heading)]
    return {"text": text, "html": "".join([heads[0], *marked, heads[1], *rich.entries])}


def _file_name(answer: Answer) -> str:
    """A file name from the question: its words in ASCII, or "answer"."""
    words = re.findall(r"[a-z0-9]+", answer.question.lower())
    return "-".join(words)[:60].strip("-") or "answer"
