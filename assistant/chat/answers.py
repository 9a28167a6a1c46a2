"""An answer as escaped HTML, in the words of the page's language. Pure functions, no gradio.

Nothing is trusted: every title, quotation, question and message passes through `escape`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape

from assistant.chat.cards import cards_html, copy_button, excerpt_anchor, holds
from assistant.chat.render import button, icon
from assistant.chat.texts import Texts
from assistant.feedback import MOST_REASON
from assistant.links import anchor, answer_link
from assistant.notes import NOTES
from assistant.records import Answer, AnswerKind, Filters, Metadata, Statement

FORMATS = (*("docx", "markdown", "html"), *("bibtex", "ris", "csl-json", "answers"))
"""What answers are saved as."""
NO_STYLES: Mapping[str, str] = {}
LEVELS = ((0.9, "sure"), (0.75, "likely"), (0.0, "perhaps"))
"""The least confidence for each of the words that are said of an answer."""
MOST_TITLES = 8


def answer_html(
    answer: Answer, say: Texts, name: str = "", styles: Mapping[str, str] = NO_STYLES, titles: Sequence[str] = ()
) -> str:
    """An answer: the program's words, the statements with their numbers, and a card for each document.

    `name` is the id by which it can be cited, in the `styles`: their names, each with the words that are shown for it.
    `titles` are those of all sources, which are named where it is asked what there is.
    """
    parts = [_heading(answer, say), _read_as(answer, say), _said(answer, say, titles)]
    notes = [note for note in answer.notes if not (answer.differing and _fits(note)[0].startswith("differ"))]
    parts += [f'<p class="notice" dir="auto">{escape(note_words(note, say))}</p>' for note in notes]
    parts += [_statements(answer, say), _confidence(answer, say)]
    if answer.excerpts:
        parts.append(_evidence(answer, say))
    if answer.kind is not AnswerKind.GREETING:
        parts.append(_foot(answer, say))
    if answer.excerpts:
        parts.append(export_html(styles, say))
    kind = answer.kind.value.replace("_", "-")
    return f'<div class="answer {kind}" data-answer="{escape(name)}">{"".join(parts)}</div>'


def _heading(answer: Answer, say: Texts) -> str:
    """The state of the answer; that there is one is only read out."""
    if answer.kind is AnswerKind.NOT_FOUND:
        heading = say("answer.not_found_there" if answer.query.filters else "answer.not_found")
        return f"<h2>{escape(heading)}</h2>"
    return f'<h2 class="unseen-heading">{escape(say("page.answer"))}</h2>'


def _read_as(answer: Answer, say: Texts) -> str:
    """How a follow-up was read, to be edited, and the filters that it was asked under."""
    query, html = answer.query, ""
    if query.carried:
        edit = button("text-button", "edit", escape(say("answer.edit")), {"question": query.full_text})
        read = f'{escape(say("answer.read_as"))} <q dir="auto">{escape(query.full_text)}</q>'
        html += f'<p class="read-as"><span>{read}</span> {edit}</p>'
    if query.filters and answer.kind is not AnswerKind.NOT_FOUND:  # which says so by itself
        html += f'<p class="read-as">{escape(filter_words(query.filters, say))}</p>'
    return html


def filter_words(filters: Filters, say: Texts) -> str:
    """Filters in words: only in “kedo”, from 2005."""
    named = (("in", filters.sources), ("tag", filters.tags), ("publisher", filters.publishers))
    parts = [say(f"answer.filter.{name}", value=value) for name, values in named for value in values]
    dates = (("after", filters.after), ("before", filters.before))
    parts += [say(f"answer.filter.{name}", date=say.date(date)) for name, date in dates if date]
    return say("answer.filter.only", filters=", ".join(parts))


def _said(answer: Answer, say: Texts, titles: Sequence[str]) -> str:
    """What the program says itself, by the kind of the answer."""
    if answer.kind is AnswerKind.NOT_FOUND:
        return _not_found(answer, say)
    if answer.kind is AnswerKind.OVERVIEW and answer.excerpts:
        named = "; ".join(dict.fromkeys(excerpt.citation.title for excerpt in answer.excerpts))
        return f'<p class="message" dir="auto">{escape(say("answer.overview", titles=named))}</p>'
    if answer.kind is AnswerKind.ANSWER:
        return ""
    greeting = f"{say('answer.greeting')} " if answer.kind is AnswerKind.GREETING else ""
    message = escape(greeting + say("answer.holds", documents=say.count("document", answer.searched)))
    more = len(titles) - MOST_TITLES
    items = [f'<li dir="auto">{escape(title)}</li>' for title in titles[:MOST_TITLES]]
    items += [f"<li>{escape(say('answer.and_more', n=say.number(more)))}</li>"] if more > 0 else []
    return f'<p class="message">{message}</p>' + (f'<ul class="holdings">{"".join(items)}</ul>' if items else "")


def _not_found(answer: Answer, say: Texts) -> str:
    """What was searched, what of the question the sources lack, and what to try."""
    query = answer.query
    searched = escape(say.count("source", answer.searched))
    searched += f" · {escape(filter_words(query.filters, say))}" if query.filters else ""
    facts = [("answer.searched", searched)]
    facts += [("answer.unseen", _quoted(answer.unseen_words))] if answer.unseen_words else []
    facts += [("answer.missing", _quoted(answer.missing))] if answer.missing and answer.excerpts else []
    facts += [("answer.phrases", _quoted(query.phrases))] if query.phrases else []
    rows = "".join(f"<div><dt>{escape(say(key))}</dt><dd>{words}</dd></div>" for key, words in facts)
    tries = [escape(say("answer.try_words"))]
    tries += [escape(say("answer.try_phrases"))] if query.phrases else []
    if query.filters:
        tries.append(button("text-button", "everywhere", escape(say("answer.try_all")), {"question": query.full_text}))
    advice = "".join(f"<li>{each}</li>" for each in tries)
    why = escape(say("answer.too_far" if answer.excerpts else "answer.nothing"))
    return (
        f'<p class="message">{why}</p><dl class="searched">{rows}</dl>'
        f'<section class="try"><h3>{escape(say("answer.try"))}</h3><ul>{advice}</ul></section>'
    )


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'<q dir="auto">{escape(word)}</q>' for word in words)


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """The notes that an answer can carry, as patterns with a group for each field."""
    return [
        (key, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(template)), re.DOTALL))
        for key, template in NOTES.items()
    ]


def _fits(note: str) -> tuple[str, dict[str, str]]:
    """The key of the template that a note was made from, with its fields; an empty key where it fits none."""
    for key, pattern in _templates():
        if match := pattern.fullmatch(note):
            return key, match.groupdict()
    return "", {}


def note_words(note: str, say: Texts) -> str:
    """A note of an answer in the page's language; one of no known form stays as it is."""
    key, fields = _fits(note)
    return say(f"answer.note.{key}", **fields) if key else note


def _statements(answer: Answer, say: Texts) -> str:
    """The quoted sentences; those whose figures differ stand side by side, under their sources."""
    differ = [statement for at, statement in enumerate(answer.statements, 1) if at in answer.differing]
    others = [statement for at, statement in enumerate(answer.statements, 1) if at not in answer.differing]
    html = "".join(statement_html(statement, answer, say) for statement in others)
    if not differ:
        return html
    columns = "".join(_column(statement, answer, say) for statement in differ)
    return (
        f'{html}<section class="differ"><h3>{escape(say("answer.differ"))}</h3>'
        f'<p>{escape(say("answer.differ_how"))}</p><ul class="columns">{columns}</ul></section>'
    )


def _column(statement: Statement, answer: Answer, say: Texts) -> str:
    citation = statement.citation
    known = filter(None, (_dated(citation.metadata, say), citation.locator))
    lines = "".join(f'<p class="dated" dir="auto">{escape(line)}</p>' for line in known)
    return f'<li><h4 dir="auto">{escape(citation.title)}</h4>{lines}{statement_html(statement, answer, say)}</li>'


def _dated(known: Metadata, say: Texts) -> str:
    """When a source was issued, and the time that it covers."""
    dates = [say.date(known.issued)] if known.issued else []
    dates += [say("answer.covers", time=say.interval(known.covers))] if known.covers else []
    return ", ".join(dates)


def statement_html(statement: Statement, answer: Answer, say: Texts) -> str:
    """One quoted sentence with a button for each excerpt that it rests on."""
    buttons = "".join(_number(number, statement, answer, say) for number in statement.numbers)
    words = f'<span dir="auto">{escape(statement.text)}</span>'
    return f'<p class="statement">{words}<span class="numbers"> {buttons}</span></p>'


def _number(number: int, statement: Statement, answer: Answer, say: Texts) -> str:
    """The button [n]: it opens the statement's own words where excerpt n holds them, else that excerpt."""
    excerpt, own = answer.excerpts[number - 1], statement.citation
    cited = excerpt.citation
    within = holds(cited, own)
    target = anchor(own, answer.index_id) if within else excerpt_anchor(excerpt, answer.index_id)
    place = own.locator if within else cited.locator
    shown = {"n": number, "title": cited.title, "place": " · ".join(filter(None, (place, _dated(cited.metadata, say))))}
    label = say("answer.number", n=number, what=", ".join(filter(None, (cited.title, place))))
    brackets = f'<span class="unseen-words">[</span>{number}<span class="unseen-words">]</span>'
    return button("number", "read", brackets, target | shown, label=label)


def _confidence(answer: Answer, say: Texts) -> str:
    """How sure the answer is, in words, and what it rests on: only what was counted in what is shown."""
    if answer.kind is not AnswerKind.ANSWER:
        return ""
    level = next(word for least, word in LEVELS if answer.confidence >= least)
    percent = min(round(100 * answer.confidence), 99)  # it is never certain
    numbers = {number for statement in answer.statements for number in statement.numbers}
    cited = {answer.excerpts[number - 1].citation.source_id for number in numbers}
    basis = say(
        "answer.basis", passages=say.count("passage", len(numbers)), documents=say.count("document", len(cited))
    )
    if elsewhere := _elsewhere(answer) - cited:
        basis += f" · {say('answer.elsewhere', documents=say.count('document', len(elsewhere)))}"
    return (
        f'<p class="confidence {level}"><span class="level" aria-hidden="true"></span>'
        f"<strong>{escape(say(f'answer.{level}'))}</strong>"
        f'<span title="{escape(say("answer.probability"))}">{escape(say("answer.percent", n=percent))}</span>'
        f"<span>{escape(basis)}</span></p>"
    )


def _evidence(answer: Answer, say: Texts) -> str:
    """The sources that are quoted, and folded away what was found besides; without an answer, the closest passages."""
    numbers = range(1, len(answer.excerpts) + 1)
    quoted = {number for statement in answer.statements for number in statement.numbers} or set(numbers)
    others = [number for number in numbers if number not in quoted]
    title = escape(say("answer.evidence" if answer.found else "answer.closest"))
    cards = cards_html(answer, sorted(quoted), say)
    if others:
        words = escape(say("answer.not_quoted", passages=say.count("passage", len(others))))
        cards += f'<details class="further"><summary>{words}</summary>{cards_html(answer, others, say)}</details>'
    return f'<section class="evidence"><h3>{title}</h3>{cards}</section>'


def _elsewhere(answer: Answer) -> set[str]:
    """Ids of the sources in which a quoted sentence stands as well, word for word."""
    return {
        copy.source_id
        for statement in answer.statements
        for number in statement.numbers
        for copy in answer.excerpts[number - 1].duplicates
        if " ".join(statement.text.split()) in " ".join(copy.quote.split())
    }


def _foot(answer: Answer, say: Texts) -> str:
    """What can be done with an answer, and what a person thinks of it."""
    copy = copy_button(say("answer.copy"), say("answer.copied")) if answer.statements else ""
    link = button(
        "text-button", "link", icon("link") + escape(say("answer.copy_link")), {"link": answer_link(answer.query)}
    )
    paper = button("text-button", "print", icon("print") + escape(say("answer.print")))
    searched = f"<p>{escape(say('answer.verbatim', sources=say.count('source', answer.searched)))}</p>"
    return (
        f'<div class="foot">{searched if answer.found else ""}<div class="tools">{copy}{link}{paper}'
        f"{_thumbs(say)}</div>{_why(say)}</div>"
    )


def _thumbs(say: Texts) -> str:
    """Whether the answer is right, to be said by a click."""
    thumbs = "".join(
        f'<button type="button" class="thumb" data-do="thumb" data-good="{good}" aria-pressed="false" '
        f'title="{escape(say(f"answer.{name}"))}" aria-label="{escape(say(f"answer.{name}"))}">{icon(shown)}</button>'
        for good, name, shown in (("true", "good_answer", "up"), ("false", "bad_answer", "down"))
    )
    return f'<span class="thumbs" role="group" aria-label="{escape(say("answer.judge"))}">{thumbs}</span>'


def _why(say: Texts) -> str:
    """Where what was said of an answer is confirmed, and a reason can be given."""
    back = button("text-button", "withdraw", escape(say("answer.withdraw")))
    return (
        f'<div class="judged" hidden><p><span role="status"></span> {back}</p>'
        f'<form class="why"><label>{escape(say("answer.reason"))}'
        f'<input maxlength="{MOST_REASON}" autocomplete="off" dir="auto">'
        f'</label><button type="submit" class="plain-button">{escape(say("answer.send"))}</button></form></div>'
    )


def export_html(styles: Mapping[str, str], say: Texts) -> str:
    """The choice of a citation style, and of what an answer, or the conversation so far, is saved as."""
    options = "".join(f'<option value="{escape(name)}">{escape(shown)}</option>' for name, shown in styles.items())
    rows = [
        f'<div role="group" aria-label="{escape(say(f"answer.save_{of}"))}"><span>{escape(say(f"answer.{of}"))}</span>'
        + "".join(
            button("text-button", "export", escape(say(f"answer.format.{name}")), {"format": name, "of": of})
            for name in FORMATS
        )
        + "</div>"
        for of in ("answer", "conversation")
    ]
    choice = (
        f'<label>{escape(say("answer.style"))} <select class="cite-style">{options}</select></label>'
        f'<label><input type="checkbox" class="with-excerpts"> {escape(say("answer.whole"))}</label>'
    )
    return f'<details class="export"><summary>{escape(say("answer.export"))}</summary>{choice}{"".join(rows)}</details>'
