"""Answers as a document: the questions, the quotations with their citations, and a bibliography.

The words of the sources stand in it exactly as in the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from assistant.bibliography import also_words, count
from assistant.citing.exchange import bibtex, csl_json, ris
from assistant.citing.formats import Format
from assistant.citing.items import by_key, items, of_citations, place_of
from assistant.citing.pandoc import (
    MARKDOWN,
    Node,
    cited,
    convert,
    emphasis,
    heading,
    link,
    metadata,
    paragraph,
    quotation,
    words,
)
from assistant.citing.styles import Style, bibliography, everything, options, references
from assistant.errors import UsageError
from assistant.links import deep_link
from assistant.records import Answer, Citation, Excerpt, Metadata
from assistant.saving import citations, record

_Cite = Callable[[Citation], Node]
_LOOK = "<style>blockquote { color: inherit; }</style>"  # pandoc's own sets quotations, which matter most here, in grey
_TARGETS = {
    Format.TEXT: ("plain",),
    Format.MARKDOWN: (MARKDOWN,),
    Format.HTML: ("html", "--standalone", "--section-divs", "-V", f"header-includes={_LOOK}"),
    Format.DOCX: ("docx", "--shift-heading-level-by=1"),
}
"""How pandoc writes a document; LibreOffice counts the footnotes of a Word file anew at each heading of level 1."""


def write_answers(answers: Sequence[Answer], style: Style, form: Format, excerpts: bool = False) -> bytes:
    """Answers, in order, as a document with a bibliography, their sources for a reference manager, or a record of them.

    The quoted sentences are cited, and with `excerpts` the excerpts too that they are from.

    Raises:
        CitingFailed: pandoc cannot write it.
    """
    if form is Format.RECORD:
        return record(answers)
    shown = list(answers) if excerpts else [replace(answer, excerpts=()) for answer in answers]
    return _document(shown, style, form) if form in _TARGETS else write_sources(_known(shown), style, form)


def write_sources(known: dict[str, Metadata], style: Style, form: Format) -> bytes:
    """The bibliography of these sources, by id, as a document or for a reference manager.

    Raises:
        CitingFailed: pandoc cannot write it.
    """
    if form is Format.RECORD:
        raise UsageError("only answers are saved to be checked: name a file of them with --answers")
    if form is Format.BIBTEX:
        return bibtex(known).encode()
    if form is Format.RIS:
        return ris(known).encode()
    if form is Format.CSL_JSON:
        return csl_json(known).encode()
    if form is Format.TEXT:
        return "".join(f"{entry}\n" for entry in bibliography(known, style)).encode()
    made = by_key(items(known))
    meta = {**references(made, style), "nocite": everything(made), "pagetitle": metadata(style.heading)}
    return convert(_bibliography(style), *_TARGETS[form], *options(style), meta=meta)


def _document(answers: Sequence[Answer], style: Style, form: Format) -> bytes:
    known = _known(answers)
    made = items(known)

    def cite(citation: Citation) -> Node:
        return cited(made[citation.source_id]["id"], place_of(citation, style.language))

    blocks = [block for answer in answers for block in _answer(answer, cite)]
    blocks += [*(_bibliography(style) if known else ()), _about(answers, known)]
    meta = {**references(by_key(made), style), "pagetitle": metadata(answers[0].question if answers else "")}
    return convert(blocks, *_TARGETS[form], *options(style), meta=meta)


def _known(answers: Sequence[Answer]) -> dict[str, Metadata]:
    """What is known of each source that the answers quote."""
    return of_citations(citation for answer in answers for citation in citations(answer))


def _answer(answer: Answer, cite: _Cite) -> list[Node]:
    """The blocks of an answer."""
    blocks = [heading(1, " ".join(answer.question.split()))]
    blocks += [paragraph(words(answer.message))] if answer.message else []
    blocks += [paragraph([emphasis(words(f"Note: {note}"))]) for note in answer.notes]
    if answer.unsaid_words:
        blocks.append(paragraph(words(f"In none of the sources: {', '.join(answer.unsaid_words)}.")))
    blocks += [quotation(_quoted(statement.text, statement.citation, cite)) for statement in answer.statements]
    if answer.excerpts:
        blocks.append(heading(2, "Excerpts" if answer.found else "Closest passages, which do not answer it"))
    for excerpt in answer.excerpts:
        blocks += _excerpt(excerpt, cite)
    return blocks


def _excerpt(excerpt: Excerpt, cite: _Cite) -> list[Node]:
    """An excerpt, where it stands, and where else."""
    citation = excerpt.citation
    address = deep_link(citation)
    more = [{"t": "Space"}, link("Original", address)] if address else []
    blocks = [quotation(_quoted(excerpt.text, citation, cite, more))]
    for other in excerpt.duplicates:
        also = [*words(f"{also_words(excerpt, other)} "), *words(other.title), {"t": "Space"}]
        blocks.append(paragraph([*also, cite(other)]))
    return blocks


def _quoted(text: str, citation: Citation, cite: _Cite, more: Sequence[Node] = ()) -> list[Node]:
    """A quotation in its paragraphs, the last with its citation."""
    parts = [words(part) for part in f"“{text}”".split("\n\n")]
    parts[-1] += [{"t": "Space"}, cite(citation), *more]
    return [paragraph(part) for part in parts]


def _bibliography(style: Style) -> list[Node]:
    return [heading(1, style.heading, "bibliography"), {"t": "Div", "c": [["refs", [], []], []]}]


def _about(answers: Sequence[Answer], known: dict[str, Metadata]) -> Node:
    """Where the words come from, for whoever finds the document later."""
    day = date.today()
    indexes = ", ".join(dict.fromkeys(answer.index_id for answer in answers))
    told = (
        f"Quoted word for word from {count(len(known), 'source')} on {day.day} {day:%B %Y} (index {indexes}). "
        "Check a quotation against its source before relying on it."
    )
    return paragraph([emphasis(words(told))])
