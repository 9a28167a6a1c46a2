"""One open library: the sources, their index, and everything that can be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import IndexMissing
from assistant.folder import LibraryFolder
from assistant.records import Answer, Citation, CitationState, Excerpt, Progress, Source, Turn
from assistant.reports import AnswersReport, Occurrence, Overview, Scope, SourceSummary
from assistant.settings import DEFAULT_INDEX, DEFAULT_SOURCES, DEFAULT_STYLE

if TYPE_CHECKING:
    from assistant.citing.styles import Rendered
    from assistant.reranking import Reranker


class Library(LibraryFolder):
    """A folder of sources with its index. Thread-safe; a rebuilt index is noticed at the next question."""

    def __init__(self, sources: Path, index: Path, model: str | None = None, reranker: str | None = None) -> None:
        """Names the folders; nothing is opened before it is needed.

        Args:
            sources: The documents.
            index: The index.
            model: A sentence-transformers model, by folder or hub name; None is the index's own, or the default.
            reranker: A cross-encoder that reorders the best passages, by folder or hub name; None is none.
        """
        super().__init__(sources, index, model)
        self._reranker: Reranker | None = None
        if reranker:
            from assistant.reranking import Reranker  # imports faiss and tantivy

            self._reranker = Reranker(reranker)

    def ask(
        self, question: str, turns: Sequence[Turn] = (), *, k: int = 5, sources: Sequence[str] | str | None = None,
        tags: Sequence[str] | str | None = None, publishers: Sequence[str] | str | None = None,
        after: str | int | None = None, before: str | int | None = None,
    ) -> Answer:  # fmt: skip
        """The answer to a question, in the sources' words; `turns` are the conversation before it.

        Args:
            question: In plain words; words in quotation marks must occur as they stand.
            turns: Earlier questions and answers (`Answer.turn()`), oldest first.
            k: The most excerpts.
            sources: Patterns over source ids, such as "reports/*", or words of a title.
            tags: Sources with any of these tags.
            publishers: Sources with any of these publishers.
            after: Only sources about this time or later; a partial ISO date, inclusive.
            before: Only sources about this time or earlier; a partial ISO date, inclusive.

        Raises:
            UsageError: the question is empty or too long, a date is malformed, or a filter fits no source.
            IndexUnusable: there is no index that can be used.
            ModelUnusable: the reranker cannot be loaded.
        """
        from assistant.answering import answer
        from assistant.filters import make_filters

        filters = make_filters(sources=sources, tags=tags, publishers=publishers, after=after, before=before)
        return answer(question, self.generation(), turns, filters, k, self._reranker)

    @property
    def feedback_file(self) -> Path:
        """The file that `give_feedback` writes; it stands beside the index, and there is none before the first time."""
        from assistant.index.layout import IndexFolder

        return IndexFolder(self.index).feedback

    def give_feedback(self, answer: Answer, good: bool | None, reason: str = "") -> Path:
        """Adds to `feedback_file`, which is returned, what a person says of an answer; no index is needed.

        Args:
            answer: What the person was shown.
            good: Whether it is right; None takes back what was said of it before.
            reason: Why, in the person's own words.

        Raises:
            UsageError: the reason is too long.
            FeedbackFailed: the file cannot be written.
        """
        from assistant.feedback import give

        return give(answer, good, reason, self.feedback_file)

    def retrieve(
        self, question: str, k: int = 5, *, sources: Sequence[str] | str | None = None,
        tags: Sequence[str] | str | None = None, publishers: Sequence[str] | str | None = None,
        after: str | int | None = None, before: str | int | None = None,
    ) -> list[Excerpt]:  # fmt: skip
        """At most `k` excerpts that bear on a question, best first; arguments and errors are those of `ask`."""
        from assistant.filters import make_filters
        from assistant.retrieval import parse, retrieve

        query = parse(
            question, make_filters(sources=sources, tags=tags, publishers=publishers, after=after, before=before)
        )
        return list(retrieve(query, self.generation(), k, self._reranker).excerpts)

    def scope(
        self, *, sources: Sequence[str] | str | None = None, tags: Sequence[str] | str | None = None,
        publishers: Sequence[str] | str | None = None, after: str | int | None = None, before: str | int | None = None,
    ) -> Scope:  # fmt: skip
        """How many sources a question under these filters is asked of; arguments are those of `ask`.

        Raises:
            UsageError: a date is malformed, or a filter fits no source.
            IndexUnusable: there is no index that can be used.
        """
        from assistant.filters import make_filters

        filters = make_filters(sources=sources, tags=tags, publishers=publishers, after=after, before=before)
        index = self.generation()
        chosen, undated = index.choose(filters)
        return Scope(int(chosen.sum()), index.count, undated)

    def find(self, phrase: str) -> list[Occurrence]:
        """Every place where the words of `phrase` stand one after another, in order of source and place.

        Raises:
            UsageError: the phrase holds no word.
        """
        from assistant.finding import find

        return list(find(phrase, self.generation()))

    def cite(self, citations: Sequence[Citation], style: str = DEFAULT_STYLE) -> Rendered:
        """Citations as a style prints them, and the entries of their bibliography.

        Args:
            citations: Of excerpts, statements or occurrences.
            style: chicago-notes, chicago-author-date, apa, mla, another style of the CSL project, or a `.csl` file.

        Raises:
            UsageError: there is no such style.
            CitingFailed: it cannot be applied.
        """
        from assistant.citing.styles import find_style, render

        return render(citations, find_style(style))

    def list_sources(self) -> list[SourceSummary]:
        """The indexed sources, in order of id."""
        index = self.generation()
        counts = index.passages_by_source()
        return [
            SourceSummary(source_id, known, counts[number], len(index.source(number).text.split()))
            for number, (source_id, known) in enumerate(zip(index.ids, index.metadata, strict=True))
        ]

    def source(self, source_id: str) -> Source:
        """A source as it was indexed.

        Raises:
            UsageError: there is none of that id.
        """
        index = self.generation()
        return index.source(index.find(source_id))

    def state(self, source_id: str) -> CitationState:
        """Whether the file behind a source is still the one that was indexed.

        Raises:
            UsageError: there is none of that id.
        """
        index = self.generation()
        return index.state(index.find(source_id))

    def suggestions(
        self, count: int = 4, *, sources: Sequence[str] | str | None = None, tags: Sequence[str] | str | None = None,
        publishers: Sequence[str] | str | None = None, after: str | int | None = None, before: str | int | None = None,
    ) -> list[str]:  # fmt: skip
        """At most `count` questions that the library suggests; each is answered under these filters, those of `ask`.

        Raises:
            UsageError: a date is malformed, or a filter fits no source.
            IndexUnusable: there is no index that can be used.
        """
        from assistant.filters import make_filters
        from assistant.suggesting import suggest

        filters = make_filters(sources=sources, tags=tags, publishers=publishers, after=after, before=before)
        return suggest(self.generation(), count, filters)

    def overview(self) -> Overview:
        """What the library holds: how much, of which years, and the names that it speaks of most.

        It reads the texts, so it takes time with many; the result changes with `index_id` only.
        """
        from assistant.overview import describe

        return describe(self.generation())

    def check_answers(self, answers: Path | str | Sequence[Answer], progress: Progress | None = None) -> AnswersReport:
        """Finds the quotations of saved answers again, in the sources as they are now; no index is needed.

        Args:
            answers: A file that `save_answers` or `assistant ask --save` wrote, or answers.
            progress: Told how far it is.

        Raises:
            UsageError: the file does not hold saved answers.
            SourcesMissing: there is no sources folder.
        """
        from assistant.saving import load_answers
        from assistant.verifying import verify  # imports every reader

        return verify(load_answers(answers) if isinstance(answers, Path | str) else answers, self.sources, progress)


def open_library(
    sources: Path | str = DEFAULT_SOURCES, *, index: Path | str = DEFAULT_INDEX, model: str | None = None,
    reranker: str | None = None,
) -> Library:  # fmt: skip
    """The library of a sources folder; its index is built if there is none. `model` and `reranker` as for `Library`.

    Raises:
        SourcesMissing: there is nothing to read.
        IndexUnusable: there is an index, but it cannot be used.
    """
    library = Library(Path(sources), Path(index), model, reranker)
    try:
        library.generation()
    except IndexMissing:
        library.rebuild()
        library.generation()
    return library
