"""Answers from a folder of your own documents, in their exact words, with citations that can be checked.

from assistant import open_library
library = open_library("sources", index="index")
answer = library.ask("When did the talks break down?", after="2005")
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from assistant.library import Library, open_library
from assistant.records import Answer, Citation, Excerpt, Turn

__all__ = ["Answer", "Citation", "Excerpt", "Library", "Turn", "ask", "open_library", "retrieve"]


@cache
def _default() -> Library:
    return open_library()


def retrieve(
    question: str, k: int = 5, *, sources: Sequence[str] | str | None = None, tags: Sequence[str] | str | None = None,
    publishers: Sequence[str] | str | None = None, after: str | int | None = None, before: str | int | None = None,
) -> list[Excerpt]:  # fmt: skip
    """`Library.retrieve` on the library in `sources/` and `index/` of the working folder."""
    return _default().retrieve(
        question, k, sources=sources, tags=tags, publishers=publishers, after=after, before=before
    )


def ask(
    question: str, turns: Sequence[Turn] = (), *, k: int = 5, sources: Sequence[str] | str | None = None,
    tags: Sequence[str] | str | None = None, publishers: Sequence[str] | str | None = None,
    after: str | int | None = None, before: str | int | None = None,
) -> Answer:  # fmt: skip
    """`Library.ask` on the library in `sources/` and `index/` of the working folder."""
    return _default().ask(
        question, turns, k=k, sources=sources, tags=tags, publishers=publishers, after=after, before=before
    )
