"""Citations: where a slice of a source stands, for a person and for a program.

The anchor follows the W3C Web Annotation Data Model (2017): TextQuoteSelector and TextPositionSelector.
"""

from __future__ import annotations

from assistant.records import CONTEXT_CHARACTERS, Citation, CitationState, Excerpt, LocatorKind, Source


def cite_slice(source: Source, start: int, end: int, state: CitationState = CitationState.VERIFIED) -> Citation:
    """The citation of `source.text[start:end]`.

    Raises:
        ValueError: the offsets enclose no text.
    """
    page = next(iter(source.places(LocatorKind.PAGE, start, start + 1)), None)
    return Citation(
        source_id=source.id,
        metadata=source.metadata,
        locator=locate(source, start, end),
        start=start,
        end=end,
        quote=source.cut(start, end),
        prefix=source.text[max(0, start - CONTEXT_CHARACTERS) : start],
        suffix=source.text[end : end + CONTEXT_CHARACTERS],
        digest=source.digest,
        state=state,
        page=page.number if page else 0,
    )


def locate(source: Source, start: int, end: int) -> str:
    """The place of a slice in words: its pages where there are pages, else what else the source is divided into."""

    def labels(kind: LocatorKind) -> list[str]:
        return [place.label for place in source.places(kind, start, end)]

    if pages := labels(LocatorKind.PAGE):
        return f"p. {pages[0]}" if pages[0] == pages[-1] else f"pp. {pages[0]}–{pages[-1]}"
    if times := labels(LocatorKind.TIME):
        return times[0] if times[0] == times[-1] else f"{times[0]}–{times[-1]}"
    rows, slides, paragraphs = labels(LocatorKind.ROW), labels(LocatorKind.SLIDE), labels(LocatorKind.PARAGRAPH)
    parts = _headings(source, start, "sheet" if rows else "section") if not slides else []
    if slides:
        parts.append(_range("slide", slides))
    if rows:
        parts.append(_range("row", rows))
    elif paragraphs and not paragraphs[0].isdigit():
        parts.append(_between(paragraphs[0], paragraphs[-1]))  # a footnote has a name of its own
    elif paragraphs and not slides:
        parts.append(_range("paragraph", [label for label in paragraphs if label.isdigit()]))
    return ", ".join(parts)


def _headings(source: Source, start: int, name: str) -> list[str]:
    """The chapter and the section in which a place stands, the section called `name`."""
    chapter = next(iter(source.places(LocatorKind.CHAPTER, start, start + 1)), None)
    section = next(iter(source.places(LocatorKind.SECTION, start, start + 1)), None)
    if section and chapter and section.start < chapter.start:
        section = None  # it ended with the chapter before
    known = (source.metadata.title, chapter and chapter.label)
    parts = [f"chapter “{chapter.label}”"] if chapter else []
    return parts + ([f"{name} “{section.label}”"] if section and section.label not in known else [])


def _between(first: str, last: str) -> str:
    """From a place with a name of its own to another one, or to a paragraph."""
    return first if first == last else f"{first} to {f'paragraph {last}' if last.isdigit() else last}"


def _range(name: str, labels: list[str]) -> str:
    return f"{name} {labels[0]}" if labels[0] == labels[-1] else f"{name}s {labels[0]}–{labels[-1]}"


def cite(citation: Citation) -> str:
    """The citation as one line: authors or publisher, title, date, place; what is not known is left out."""
    known = citation.metadata
    who = ", ".join(known.authors) or known.publisher
    what = f"“{known.title}”" if known.title else citation.source_id
    seen = f"{known.url}, accessed {known.accessed}" if known.url and known.accessed else None
    return ", ".join(part for part in (who, what, known.issued, citation.locator, seen) if part) + "."


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 source, 2 sources."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def also_words(excerpt: Excerpt, duplicate: Citation) -> str:
    """What a duplicate is to an excerpt: all of its words, or, where neighbours were joined, a part of them."""
    return "The same words also stand in" if is_whole(excerpt, duplicate) else "A part of these words also stands in"


def is_whole(excerpt: Excerpt, duplicate: Citation) -> bool:
    """Whether a duplicate holds all words of an excerpt."""
    return len(duplicate.quote.split()) == len(excerpt.text.split())
