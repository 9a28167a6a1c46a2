"""Records as escaped HTML: the answers in the chat. Pure functions, no gradio.

Nothing is trusted: every title, quotation, question and message passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from assistant.bibliography import also_words, count
from assistant.chat.texts import Texts
from assistant.links import anchor, deep_link
from assistant.records import (
    NOT_FOUND,
    Answer,
    AnswerKind,
    Citation,
    CitationState,
    Excerpt,
    Metadata,
    Span,
    Statement,
)

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FORMATS = (
    *(("docx", "Word"), ("markdown", "Markdown"), ("html", "Web page")),
    *(("bibtex", "BibTeX"), ("ris", "RIS"), ("csl-json", "CSL-JSON"), ("answers", "Record to check")),
)
"""What answers are saved as, each with the words that are shown for it."""
NO_STYLES: Mapping[str, str] = {}
STRENGTHS = ((0.6, "Strong", 3), (0.4, "Good", 2), (0.0, "Weak", 1))
STATES = {
    CitationState.CHANGED: "file changed since it was indexed",
    CitationState.MISSING: "file no longer in the folder",
}
ICONS = {
    "after": '<path d="M9 5l7 7-7 7"/>',
    "back": '<path d="M19 12H5M11 6l-6 6 6 6"/>',
    "before": '<path d="M15 5l-7 7 7 7"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h9"/>',
    "enlarge": '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4 4M11 8.5v5M8.5 11h5"/>',
    "history": '<path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2"/>',
    "link": '<path d="M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 5l1-1M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-5l-1 1"/>',
    "new": '<path d="M12 5v14M5 12h14"/>',
    "panel": '<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M14.5 4v16"/>',
    "send": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "settings": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/>'
    '<circle cx="8" cy="17" r="2"/>',
    "stop": '<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>',
}


def icon(name: str) -> str:
    """A decorative line icon."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>'


def button(style: str, do: str, inner: str, data: Mapping[str, object] | None = None, title: str = "") -> str:
    """A button of a CSS class: `do` names what a click does (in page.js) and `data` is what that needs.

    `inner` is HTML; everything else is escaped.
    """
    shown = f' title="{escape(title)}"' if title else ""
    values = "".join(f' data-{name}="{escape(str(value))}"' for name, value in (data or {}).items())
    return f'<button type="button" class="{style}" data-do="{do}"{shown}{values}>{inner}</button>'


def notice_html(words: str) -> str:
    """Something that the reader of the page must know before going on."""
    return f'<p class="notice" role="alert">{escape(words)}</p>'


def date_words(date: str) -> str:
    """A partial ISO date in words: 2005-09-19 is 19 September 2005; what is not such a date stays as it is."""
    year, *rest = date.split("-")
    if not year.isdigit() or len(rest) > 2 or not all(part.isdigit() for part in rest):
        return date
    if rest and not 1 <= int(rest[0]) <= 12:
        return date
    return " ".join([*(str(int(day)) for day in rest[1:]), *(MONTHS[int(month) - 1] for month in rest[:1]), year])


def interval_words(interval: str) -> str:
    """An ISO interval in words, its two dates joined by a dash."""
    dates = [date_words(date) if date not in ("", "..") else "…" for date in interval.split("/")]
    return " – ".join(dict.fromkeys(dates))


def details_line(metadata: Metadata, source_id: str, url: str | None = None) -> str:
    """Authors, publisher and dates of a source, its file, and a link to the original, on one line."""
    parts = list(dict.fromkeys([*metadata.authors, metadata.publisher]))  # an office often publishes itself
    parts += [date_words(metadata.issued) if metadata.issued else None]
    parts += [f"covers {interval_words(metadata.covers)}" if metadata.covers else None]
    parts += [source_id if metadata.title else None]  # without a title, the file's name stands in its place
    html = [escape(part) for part in parts if part] + [_link(url, "original")]
    return f'<p class="details">{"".join(f"<span>{part}</span>" for part in html if part)}</p>'


def references_html(metadata: Metadata) -> str:
    """The works that a source names as its own sources, folded away."""
    if not metadata.references:
        return ""
    items = []
    for reference in metadata.references:
        known = [reference.get(key) for key in ("author", "title", "publisher", "date")]
        words = ", ".join(escape(part) for part in known if part)
        items.append(f"<li>{words} {_link(reference.get('url'), 'link')}</li>")
    return (
        f'<details class="references"><summary>{count(len(items), "reference")} of this source</summary>'
        f"<ul>{''.join(items)}</ul></details>"
    )


def _link(url: str | None, words: str) -> str:
    """A link to a web address; nothing for any other scheme, which could be a script."""
    if url is None or not url.startswith(("http://", "https://")):
        return ""
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{words}</a>'


def strength_html(score: float) -> str:
    """How well an excerpt matches, as a word and the figure (0 to 1)."""
    word, bars = next((word, bars) for least, word, bars in STRENGTHS if score >= least or least == 0)
    meter = '<i class="on"></i>' * bars + "<i></i>" * (3 - bars)
    return (
        f'<span class="strength" title="How well the excerpt matches the question, from 0 to 1">'
        f'<span class="bars" aria-hidden="true">{meter}</span>{word} match {score:.2f}</span>'
    )


def answer_html(answer: Answer, say: Texts, name: str = "", styles: Mapping[str, str] = NO_STYLES) -> str:
    """An answer: the program's words, the statements with their numbers, and a card for each document.

    `name` is the id by which it can be cited, in the `styles`: their names, each with the words that are shown for it.
    """
    parts = [_heading(answer)]
    if message := answer.message.removeprefix(NOT_FOUND).strip():  # the heading says it already
        parts.append(f'<p class="message">{escape(message)}</p>')
    if unsaid := answer.unsaid_words:
        words = ", ".join(f"<q>{escape(word)}</q>" for word in unsaid)
        parts.append(f'<p class="unseen">In none of your sources: {words}</p>')
    parts.append("".join(f'<p class="notice">{escape(note)}</p>' for note in answer.notes))
    parts.append("".join(statement_html(statement, answer) for statement in answer.statements))
    if answer.excerpts:
        title = "Where it stands" if answer.found else "Closest passages, not an answer"
        parts.append(f'<section class="evidence"><h3>{title}</h3>{cards_html(answer)}</section>')
    if answer.excerpts:
        copy = copy_button("Copy answer with citations", "Answer copied") if answer.statements else ""
        searched = count(answer.searched, "source")
        parts.append(f'<p class="foot">{copy}<span>Word for word. {searched} searched.</span></p>{export_html(styles)}')
    kind = answer.kind.value.replace("_", "-")
    return f'<div class="answer {kind}" data-answer="{escape(name)}">{"".join(parts)}</div>'


def _heading(answer: Answer) -> str:
    """What stands above the answer: the state, and the words that a follow-up took over."""
    if answer.kind is AnswerKind.NOT_FOUND:
        heading = f"<h2>{NOT_FOUND.rstrip('.')}</h2>"
    else:
        heading = '<h2 class="unseen-heading">Answer</h2>'
    if not answer.query.carried:
        return heading
    words = ", ".join(escape(word) for word in answer.query.carried)
    edit = button("text-button", "edit", "Edit", {"question": answer.query.full_text})
    return f'{heading}<p class="carried">Read together with your earlier questions: {words}. {edit}</p>'


def statement_html(statement: Statement, answer: Answer) -> str:
    """One quoted sentence with a button for each excerpt that it rests on."""
    buttons = "".join(_number(number, statement, answer) for number in statement.numbers)
    return f'<p class="statement">{escape(statement.text)}<span class="numbers"> {buttons}</span></p>'


def _number(number: int, statement: Statement, answer: Answer) -> str:
    """The button [n]: it opens the statement's own words where excerpt n holds them, else that excerpt."""
    excerpt, own = answer.excerpts[number - 1], statement.citation
    cited = excerpt.citation
    holds = _holds(cited, own)
    target = anchor(own, answer.index_id) if holds else excerpt_anchor(excerpt, answer.index_id)
    shown = f'<span class="unseen-words">[</span>{number}<span class="unseen-words">]</span>'
    return button("number", "read", shown, target, title=f"{cited.title}, {own.locator if holds else cited.locator}")


def _holds(cited: Citation, own: Citation) -> bool:
    """Whether the words of one citation are among those of another."""
    return own.source_id == cited.source_id and cited.start <= own.start and own.end <= cited.end


def _original(number: int, answer: Answer) -> str:
    """A link to the original of an excerpt, at the first sentence that is quoted from it, else at its beginning."""
    cited = answer.excerpts[number - 1].citation
    quoted = (each.citation for each in answer.statements if number in each.numbers and _holds(cited, each.citation))
    return _link(deep_link(next(quoted, cited)), "original")


def excerpt_anchor(excerpt: Excerpt, index_id: str) -> dict[str, object]:
    """The anchor of an excerpt's best sentence, or of all of it where none is marked."""
    return anchor(excerpt.citation, index_id, excerpt.highlights[0] if excerpt.highlights else None)


def cards_html(answer: Answer) -> str:
    """One card for each document, in order of first mention, with a row for each excerpt."""
    by_source: dict[str, list[int]] = {}
    for number, excerpt in enumerate(answer.excerpts, 1):
        by_source.setdefault(excerpt.citation.source_id, []).append(number)
    cards = []
    for source_id, numbers in by_source.items():
        citation = answer.excerpts[numbers[0] - 1].citation
        rows = "".join(_row(number, answer) for number in numbers)
        cards.append(
            f'<li class="card"><h4>{escape(citation.title)}</h4>{details_line(citation.metadata, source_id)}{rows}</li>'
        )
    return f'<ul class="cards">{"".join(cards)}</ul>'


def _row(number: int, answer: Answer) -> str:
    """One excerpt: where it stands, how well it matches, its words, and where else the same words stand."""
    excerpt = answer.excerpts[number - 1]
    citation = excerpt.citation
    chip = f'<span class="number">{number}</span>' if answer.found else ""
    state = f'<span class="state">{STATES[citation.state]}</span>' if citation.state in STATES else ""
    place = f"{chip}<span>{escape(citation.locator or 'Read in the source')}</span>"
    also = "".join(
        button("text-button", "read", escape(copy.title), anchor(copy, answer.index_id)) for copy in excerpt.duplicates
    )
    return (
        f'<div class="excerpt"><div class="row">'
        f"{button('place-button', 'read', place, excerpt_anchor(excerpt, answer.index_id))}"
        f"{state}{strength_html(excerpt.score)}{copy_button('Copy citation', 'Citation copied', number)}"
        f"{_original(number, answer)}</div>"
        f"<details{' open' if number == 1 and not answer.found else ''}><summary>Excerpt</summary>"
        f"<blockquote>{highlighted(excerpt.text, excerpt.highlights if answer.found else ())}</blockquote></details>"
        + (f'<p class="also">{also_words(excerpt, excerpt.duplicates[0])}: {also}</p></div>' if also else "</div>")
    )


def highlighted(text: str, spans: Iterable[Span]) -> str:
    """A text, escaped, with the words of the spans marked; spans may touch or overlap and come in any order."""
    html, position = [], 0
    for start, end in sorted(spans):
        start = max(start, position)
        if start < end:
            html.append(f"{escape(text[position:start])}<mark>{escape(text[start:end])}</mark>")
            position = end
    return "".join(html) + escape(text[position:])


def copy_button(label: str, done: str, excerpt: int | None = None) -> str:
    """A button that copies an answer, or the citation of an excerpt of it, and then says that it has."""
    data = {"done": done} | ({"excerpt": excerpt} if excerpt else {})
    return button("text-button", "cite", f"{icon('copy')}{label}", data)


def export_html(styles: Mapping[str, str]) -> str:
    """The choice of a citation style, and of what an answer, or the conversation so far, is saved as."""
    options = "".join(f'<option value="{escape(name)}">{escape(shown)}</option>' for name, shown in styles.items())
    rows = [
        f'<div role="group" aria-label="Save {what.lower()}"><span>{what}</span>'
        + "".join(button("text-button", "export", escape(shown), {"format": name, "of": of}) for name, shown in FORMATS)
        + "</div>"
        for of, what in (("answer", "This answer"), ("conversation", "The conversation"))
    ]
    choice = (
        f'<label>Citation style <select class="cite-style">{options}</select></label>'
        '<label><input type="checkbox" class="with-excerpts"> With the whole excerpts</label>'
    )
    return f'<details class="export"><summary>Save and cite</summary>{choice}{"".join(rows)}</details>'


def suggestions_html(questions: Iterable[str], say: Texts) -> str:
    """Questions that a click asks."""
    items = "".join(f"<li>{button('suggestion', 'ask', escape(q), {'question': q})}</li>" for q in questions)
    return f'<ul class="suggestions" aria-label="{escape(say("ask.suggestions"))}">{items}</ul>' if items else ""


def question_html(question: str) -> str:
    """A question as it was typed."""
    return f'<p class="question" dir="auto">{escape(question)}</p>'


def searching_html(sources: int, say: Texts) -> str:
    """What stands in an answer's place while it is looked for."""
    words = say("ask.searching", sources=say.count("source", sources))
    return f'<p class="searching" role="status">{escape(words)}</p>'


def failure_html(message: str, question: str, name: str, say: Texts) -> str:
    """What stands in an answer's place when there is none because something went wrong."""
    again = button("text-button", "ask", escape(say("ask.again")), {"question": question})
    return (
        f'<div class="answer failed" data-answer="{escape(name)}" data-failure="{escape(message)}" role="alert">'
        f"<h2>{escape(say('ask.failed'))}</h2><p>{escape(message)}</p>{again}</div>"
    )


def wanted_html(name: str) -> str:
    """What tells the script that answers before this one are not held, and that it is to send them again."""
    return f'<p class="searching" data-wanted="{escape(name)}"></p>'
