"""The form that fills in what is known of a source, as escaped HTML; what it takes back."""

from __future__ import annotations

from html import escape

from assistant.chat.render import button
from assistant.chat.texts import Texts
from assistant.completeness import whole_names
from assistant.records import Metadata
from assistant.reports import SourceSummary

FIELDS = {
    "title": "library.field_title",
    "authors": "library.field_authors",
    "publisher": "library.field_publisher",
    "issued": "library.field_issued",
    "url": "library.field_url",
}
"""The fields that can be filled in on the page, as a sidecar calls them, each with its label."""
_HINTS = {"authors": "library.hint_authors", "issued": "library.hint_issued", "url": "library.hint_url"}
_WRONG = {"issued": "library.wrong_issued", "url": "library.wrong_url"}
_LONGEST = 2_000  # characters that a field takes


def form_html(source: SourceSummary, say: Texts) -> str:
    """The fields as they are known now."""
    known = source.metadata
    fields = "".join(_field_html(name, known, say) for name in FIELDS)
    buttons = button("plain-button", "closed", escape(say("library.cancel"))) + (
        f'<button type="submit" class="main-button">{escape(say("library.save"))}</button>'
    )
    title = f'{escape(say("library.details_of"))} <b dir="auto">{escape(source.title)}</b>'
    return (
        f'<form data-source="{escape(source.id)}" novalidate>'
        f'<h3 id="library-dialog-title">{title}</h3>'
        f'<p class="hint">{escape(say("library.details_where", file=source.id))}</p>'
        f'<p class="notice" role="alert" hidden></p>{fields}<div class="buttons">{buttons}</div></form>'
    )


def wrong(reason: str, say: Texts) -> dict[str, str]:
    """Why the values could not be saved: the `reason` and, where one is at fault, the `field`."""
    field = next((name for name in FIELDS if reason.startswith(f"{name} is ")), "")
    return {"reason": say(_WRONG[field]) if field in _WRONG else reason, "field": field}


def _field_html(name: str, known: Metadata, say: Texts) -> str:
    value = "\n".join(known.authors) if name == "authors" else getattr(known, name) or ""
    hints = [say(_HINTS[name])] if name in _HINTS else []
    if name == "authors" and (whole := whole_names(known)):
        hints.insert(0, say("library.whole_names", names=", ".join(whole)))
    common = (
        f'id="field-{name}" name="{name}" maxlength="{_LONGEST}" dir="auto" autocomplete="off" '
        f'aria-describedby="hint-{name} error-{name}"'
    )
    box = (
        f'<textarea {common} rows="{min(6, max(2, len(known.authors)))}">\n{escape(value)}</textarea>'
        if name == "authors"
        else f'<input type="text" {common} value="{escape(value)}">'
    )
    return (
        f'<div class="field"><label for="field-{name}">{escape(say(FIELDS[name]))}</label>{box}'
        f'<p class="hint" id="hint-{name}">{escape(" ".join(hints))}</p>'
        f'<p class="error" id="error-{name}"></p></div>'
    )
