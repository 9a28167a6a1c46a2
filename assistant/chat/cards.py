"""The excerpts that an answer rests on as escaped HTML: a card for each document, a row for each passage."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from assistant.bibliography import is_whole
from assistant.chat.render import button, details_line, highlighted, icon, link_html
from assistant.chat.texts import Texts
from assistant.links import anchor, deep_link
from assistant.records import Answer, Citation, CitationState, Excerpt

STRENGTHS = ((0.6, "strong", 3), (0.4, "good", 2), (0.0, "weak", 1))

STATES = {CitationState.CHANGED: "answer.changed", CitationState.MISSING: "answer.gone"}
"""The words for a file that is not as it was quoted."""


def cards_html(answer: Answer, chosen: Iterable[int], say: Texts) -> str:
    """One card for each document, in order of first mention, with a row for each of the chosen excerpts."""
    by_source: dict[str, list[int]] = {}
    for number in chosen:
        by_source.setdefault(answer.excerpts[number - 1].citation.source_id, []).append(number)
    cards = []
    for source_id, numbers in by_source.items():
        citation = answer.excerpts[numbers[0] - 1].citation
        rows = "".join(_row(number, answer, say) for number in numbers)
        cards.append(
            f'<li class="card"><h4 dir="auto">{escape(citation.title)}</h4>'
            f"{details_line(citation.metadata, source_id, say)}{rows}</li>"
        )
    return f'<ul class="cards">{"".join(cards)}</ul>'


def strength_html(score: float, say: Texts) -> str:
    """How well an excerpt matches, as a word and the figure (0 to 1)."""
    word, bars = next((word, bars) for least, word, bars in STRENGTHS if score >= least or least == 0)
    meter = '<i class="on"></i>' * bars + "<i></i>" * (3 - bars)
    return (
        f'<span class="strength" title="{escape(say("answer.strength"))}">'
        f'<span class="bars" aria-hidden="true">{meter}</span>'
        f"{escape(say(f'answer.{word}'))} {say.decimal(score, 2)}</span>"
    )


def holds(cited: Citation, own: Citation) -> bool:
    """Whether the words of one citation are among those of another."""
    return own.source_id == cited.source_id and cited.start <= own.start and own.end <= cited.end


def excerpt_anchor(excerpt: Excerpt, index_id: str) -> dict[str, object]:
    """The anchor of an excerpt's best sentence, or of all of it where none is marked."""
    return anchor(excerpt.citation, index_id, excerpt.highlights[0] if excerpt.highlights else None)


def copy_button(label: str, done: str, excerpt: int | None = None) -> str:
    """A button that copies an answer, or the citation of an excerpt of it, and then says that it has."""
    data: dict[str, object] = {"done": done} | ({"excerpt": excerpt} if excerpt else {})
    return button("text-button", "cite", f"{icon('copy')}{escape(label)}", data)


def _row(number: int, answer: Answer, say: Texts) -> str:
    """One excerpt: where it stands, how well it matches, its words, and where else the same words stand."""
    excerpt = answer.excerpts[number - 1]
    citation = excerpt.citation
    chip = f'<span class="number">{number}</span>' if answer.found else ""
    state = f'<span class="state">{escape(say(STATES[citation.state]))}</span>' if citation.state in STATES else ""
    place = f"{chip}<span>{escape(citation.locator or say('answer.in_source'))}</span>"
    return (
        f'<div class="excerpt" data-excerpt="{number}"><div class="row">'
        f"{button('place-button', 'read', place, excerpt_anchor(excerpt, answer.index_id))}"
        f"{state}{strength_html(excerpt.score, say)}"
        f"{copy_button(say('answer.cite'), say('answer.cited'), number)}{_original(number, answer, say)}</div>"
        f"{_words(number, answer, say)}{_also(excerpt, answer.index_id, say)}</div>"
    )


def _words(number: int, answer: Answer, say: Texts) -> str:
    """The words of an excerpt, folded away, with the buttons that bring the text around them."""
    excerpt = answer.excerpts[number - 1]
    buttons = "".join(
        button("text-button", "around", f"{icon(side)}{escape(say(f'answer.{side}'))}", {"side": side})
        for side in ("earlier", "later")
    )
    is_open = number == 1 and not answer.found
    return (
        f"<details{' open' if is_open else ''}><summary>{escape(say('answer.excerpt'))}</summary>"
        f'<blockquote dir="auto"><span class="near earlier"></span><span class="own">'
        f"{highlighted(excerpt.text, excerpt.highlights if answer.found else ())}</span>"
        f'<span class="near later"></span></blockquote><div class="around">{buttons}</div></details>'
    )


def _also(excerpt: Excerpt, index_id: str, say: Texts) -> str:
    """Where else the same words stand."""
    if not excerpt.duplicates:
        return ""
    words = say("answer.same_words" if is_whole(excerpt, excerpt.duplicates[0]) else "answer.same_part")
    places = "".join(
        button("text-button", "read", escape(copy.title), anchor(copy, index_id)) for copy in excerpt.duplicates
    )
    return f'<p class="also">{escape(words)} {places}</p>'


def _original(number: int, answer: Answer, say: Texts) -> str:
    """A link to the original of an excerpt, at the first sentence that is quoted from it, else at its beginning."""
    cited = answer.excerpts[number - 1].citation
    quoted = (each.citation for each in answer.statements if number in each.numbers and holds(cited, each.citation))
    return link_html(deep_link(next(quoted, cited)), say("answer.original"))
