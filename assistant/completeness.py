"""What a citation of a source still lacks; a rule on its metadata alone, for lists of sources."""

from __future__ import annotations

from enum import StrEnum

from assistant.records import Metadata


class Gap(StrEnum):
    """Something that a full citation has; the value is a field of a sidecar that fills it."""

    TITLE = "title"
    AUTHOR = "author"
    DATE = "date"
    PUBLISHER = "publisher"


_UNPUBLISHED = frozenset({"interview", "manuscript", "personal_communication"})
"""Types of works that have no publisher."""
_PUBLISHED = ("container-title", "event-title", "DOI", "archive")


def gaps(known: Metadata) -> tuple[Gap, ...]:
    """What is missing: title, author (editors will do), date, and anything that says where the work was published.

    >>> [str(gap) for gap in gaps(Metadata(title="The log", url="https://example.org/log"))]
    ['author', 'date']
    """
    published = known.publisher or known.url or any(known.csl.get(variable) for variable in _PUBLISHED)
    there = {
        Gap.TITLE: known.title,
        Gap.AUTHOR: known.authors or known.csl.get("editor"),
        Gap.DATE: known.issued,
        Gap.PUBLISHER: published or known.type in _UNPUBLISHED,
    }
    return tuple(gap for gap, value in there.items() if not value)


def whole_names(known: Metadata) -> tuple[str, ...]:
    """The authors of whom it is not known what their family name is, or whether they have one."""
    return () if "author" in known.csl else known.authors
