"""Small pieces of the page as escaped HTML. Pure functions, no gradio.

Nothing is trusted: every title, quotation, question and message passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from assistant.chat.texts import Texts
from assistant.records import Metadata, Span

ICONS = {
    "after": '<path d="M9 5l7 7-7 7"/>',
    "back": '<path d="M19 12H5M11 6l-6 6 6 6"/>',
    "before": '<path d="M15 5l-7 7 7 7"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h9"/>',
    "down": '<path d="M7 4v10M7 14H4V4h13l3 10h-6l1 5a2 2 0 0 1-2 1L9 14z"/>',
    "earlier": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "delete": '<path d="M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 11v4.5M13.5 11v4.5"/>',
    "enlarge": '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4 4M11 8.5v5M8.5 11h5"/>',
    "history": '<path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2"/>',
    "later": '<path d="M12 5v14M6 13l6 6 6-6"/>',
    "link": '<path d="M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 5l1-1M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-5l-1 1"/>',
    "new": '<path d="M12 5v14M5 12h14"/>',
    "panel": '<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M14.5 4v16"/>',
    "print": '<path d="M7 9V4h10v5M7 17H4V9h16v8h-3"/><path d="M7 14h10v6H7z"/>',
    "remove": '<path d="M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.2 10.5v5.5M13.8 10.5v5.5"/>',
    "rename": '<path d="M5 19l1-4L16.5 4.5l3 3L9 18l-4 1M14 7l3 3"/>',
    "send": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "settings": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/>'
    '<circle cx="8" cy="17" r="2"/>',
    "stop": '<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>',
    "up": '<path d="M7 20V10M7 10H4v10h13l3-10h-6l1-5a2 2 0 0 0-2-1L9 10z"/>',
}


def icon(name: str) -> str:
    """A decorative line icon."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>'


def button(
    style: str, do: str, inner: str, data: Mapping[str, object] | None = None, title: str = "", label: str = ""
) -> str:  # fmt: skip
    """A button of a CSS class: `do` names what a click does (in page.js) and `data` is what that needs.

    `title` is shown when the pointer rests on it, `label` is read out in place of what it shows. `inner` is HTML;
    everything else is escaped.
    """
    named = {"title": title, "aria-label": label}
    shown = "".join(f' {name}="{escape(words)}"' for name, words in named.items() if words)
    values = "".join(f' data-{name}="{escape(str(value))}"' for name, value in (data or {}).items())
    return f'<button type="button" class="{style}" data-do="{do}"{shown}{values}>{inner}</button>'


def notice_html(words: str) -> str:
    """Something that the reader of the page must know before going on."""
    return f'<p class="notice" role="alert">{escape(words)}</p>'


def details_line(metadata: Metadata, source_id: str, say: Texts, url: str | None = None) -> str:
    """Authors, publisher and dates of a source, its file, and a link to the original, on one line."""
    parts = list(dict.fromkeys([*metadata.authors, metadata.publisher]))  # an office often publishes itself
    parts += [say.date(metadata.issued) if metadata.issued else None]
    parts += [say("answer.covers", time=say.interval(metadata.covers)) if metadata.covers else None]
    parts += [source_id if metadata.title else None]  # without a title, the file's name stands in its place
    html = [escape(part) for part in parts if part] + [link_html(url, say("answer.original"))]
    return f'<p class="details">{"".join(f"<span>{part}</span>" for part in html if part)}</p>'


def references_html(metadata: Metadata, say: Texts) -> str:
    """The works that a source names as its own sources, folded away."""
    if not metadata.references:
        return ""
    items = []
    for reference in metadata.references:
        known = [reference.get(key) for key in ("author", "title", "publisher", "date")]
        words = ", ".join(escape(part) for part in known if part)
        items.append(f"<li>{words} {link_html(reference.get('url'), say('answer.link'))}</li>")
    summary = say("answer.references", references=say.count("reference", len(items)))
    return f'<details class="references"><summary>{escape(summary)}</summary><ul>{"".join(items)}</ul></details>'


def link_html(url: str | None, words: str) -> str:
    """A link to a web address; nothing for any other scheme, which could be a script."""
    if url is None or not url.startswith(("http://", "https://")):
        return ""
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(words)}</a>'


def highlighted(text: str, spans: Iterable[Span]) -> str:
    """A text, escaped, with the words of the spans marked; spans may touch or overlap and come in any order."""
    html, position = [], 0
    for start, end in sorted(spans):
        start = max(start, position)
        if start < end:
            html.append(f"{escape(text[position:start])}<mark>{escape(text[start:end])}</mark>")
            position = end
    return "".join(html) + escape(text[position:])


def suggestions_html(questions: Iterable[str], say: Texts) -> str:
    """Questions that a click asks."""
    items = "".join(f"<li>{button('suggestion', 'ask', escape(q), {'question': q})}</li>" for q in questions)
    return f'<ul class="suggestions" aria-label="{escape(say("ask.suggestions"))}">{items}</ul>' if items else ""


def question_html(question: str) -> str:
    """A question as it was typed."""
    return f'<p class="question" dir="auto">{escape(question)}</p>'


def searching_html(say: Texts) -> str:
    """What stands in an answer's place while it is looked for."""
    return f'<p class="searching" role="status">{escape(say("ask.searching"))}</p>'


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
