"""One open library: the sources, their index, and everything that can be asked of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from assistant.child import command
from assistant.errors import IndexDamaged, IndexMissing, IndexOutdated
from assistant.records import Answer, Citation, CitationState, Excerpt, Progress, Source, Turn
from assistant.reports import (
    AddReport,
    AnswersReport,
    BuildReport,
    CheckReport,
    FileState,
    Occurrence,
    Overview,
    Removal,
    Scope,
    SourceSummary,
)
from assistant.settings import DEFAULT_INDEX, DEFAULT_SOURCES, DEFAULT_STYLE

if TYPE_CHECKING:
    from assistant.citing.styles import Rendered
    from assistant.index.generation import Generation
    from assistant.reranking import Reranker


class Library:
    """A folder of sources with its index. Thread-safe; a rebuilt index is noticed at the next question."""

    def __init__(self, sources: Path, index: Path, model: str | None = None, reranker: str | None = None) -> None:
        """Names the folders; nothing is opened before it is needed.

        Args:
            sources: The documents.
            index: The index.
            model: A sentence-transformers model, by folder or hub name; None is the index's own, or the default.
            reranker: A cross-encoder that reorders the best passages, by folder or hub name; None is none.
        """
        self.sources = sources
        self.index = index
        self.model = model
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._reranker: Reranker | None = None
        if reranker:
            from assistant.reranking import Reranker  # imports faiss and tantivy

            self._reranker = Reranker(reranker)

    def generation(self) -> Generation:
        """The index now in use, opened.

        Raises:
            IndexMissing, IndexDamaged, IndexOutdated, IndexForeign: it cannot be used.
        """
        from assistant.index.generation import Generation  # imports faiss and tantivy
        from assistant.index.layout import IndexFolder

        folder = IndexFolder(self.index)
        with self._lock:
            name = folder.current()
            if self._open is None or self._open.id != name:
                try:
                    self._open = Generation(folder.path / name, self.sources)
                except IndexDamaged:
                    newer = folder.current()
                    if newer == name:
                        raise
                    # Builds elsewhere removed it while it was being opened.
                    self._open = Generation(folder.path / newer, self.sources)
            built_with = self._open.manifest["model"]["name"]
            if self.model not in (None, built_with):
                raise IndexOutdated(
                    f"the index in {self.index} was built with the model {built_with}, not {self.model}: "
                    f"run assistant rebuild --model {self.model}"
                )
            return self._open

    @property
    def index_id(self) -> str:
        """The name of the index now in use; it changes with every rebuild that changed anything."""
        return self.generation().id

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
        from assistant.filters import make_filters, select

        filters = make_filters(sources=sources, tags=tags, publishers=publishers, after=after, before=before)
        index = self.generation()
        chosen, undated = select(filters, index.ids, index.metadata)
        return Scope(int(chosen.sum()), len(index.ids), undated)

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

    def outdated(self) -> list[str]:
        """Files that were added, changed or removed since the index was built, by name."""
        from assistant.checking import outdated

        return outdated(self.generation())

    def file_states(self) -> list[FileState]:
        """Every file in the sources folder, by name: whether it is in the index as it is now, and if not, why.

        Those that are not sources (folders too) are there with the reason; hidden ones, sidecars and bibliographies are
        not, except for bibliographies with problems. Only files that seem to have changed are read.

        Raises:
            SourcesMissing: there is no sources folder.
            IndexUnusable: there is no index that can be used.
        """
        from assistant.checking import file_states

        return file_states(self.generation())

    def add(self, *items: str | Path, progress: Progress | None = None) -> AddReport:
        """Copies files and folders, and fetches web addresses, into the sources folder, and rebuilds.

        What is there is never replaced: a file of the same name and other content is kept beside it, under a number.

        Raises:
            SourcesMissing, IndexLocked, IndexForeign, UsageError, ModelUnusable: as `rebuild`.
        """
        from assistant.adding import add  # imports every reader

        report = add(items, self.sources, progress or (lambda stage, done, total: None))
        return replace(report, rebuilt=self.rebuild(progress=progress)) if report.added else report

    def receive(self, name: str, file: BinaryIO) -> tuple[str, bool]:
        """Puts one file into the sources folder, without a rebuild: its id there, and whether it is new.

        Raises:
            SourcesMissing: the sources folder cannot be made.
            UnreadableFile: no reader can read it, or it cannot be written; the message is the reason.
        """
        from assistant.adding import receive

        return receive(name, file, self.sources)

    def remove(self, *source_ids: str) -> Removal:
        """Moves the files of sources, with their sidecars, into the trash in the sources folder, without a rebuild.

        A file that holds several sources goes as a whole: the result names them all. Nothing is deleted. A file that is
        not indexed is named by its path in the sources folder.

        Raises:
            UsageError: there is no such source or file.
            UnreadableFile: a file cannot be moved; then none is.
        """
        from assistant.removing import remove

        return remove(source_ids, self.sources, self._usable())

    def going(self, *source_ids: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What `remove` would take: names of files, relative to the sources folder, and the ids of their sources.

        Raises:
            UsageError, UnreadableFile: as `remove`.
        """
        from assistant.removing import going

        files, gone = going(source_ids, self.sources, self._usable())
        return tuple(path.relative_to(self.sources).as_posix() for path in files), gone

    def _usable(self) -> Generation | None:
        """The index, if it can be used: files can be named without it."""
        try:
            index = self.generation()
            len(index.ids)  # which are read only when they are asked for
        except (IndexMissing, IndexDamaged, IndexOutdated):
            return None
        return index

    def put_back(self, removal_id: str) -> tuple[str, ...]:
        """Moves what was removed back to where it was, without a rebuild: the names that the files have now.

        Nothing is replaced: where a name is taken, the file gets a number, and its sidecar with it.

        Raises:
            UsageError: there is no such removal.
            UnreadableFile: a file cannot be moved; then none is.
        """
        from assistant.removing import put_back

        return put_back(removal_id, self.sources)

    def trash(self) -> list[Removal]:
        """What was removed and can be put back, newest first.

        Raises:
            UsageError: the trash cannot be used.
        """
        from assistant.removing import trash

        return trash(self.sources)

    def describe(self, source_id: str, values: Mapping[str, str]) -> str:
        """Fills in what is known of a source, in the sidecar beside its file, without a rebuild: the sidecar's name.

        What is there already stays, byte for byte, but for values that change.

        Args:
            source_id: An indexed source.
            values: By the fields of a sidecar; authors on lines of their own or between semicolons, tags between
                commas. Empty ones are passed over.

        Raises:
            UsageError: there is no such source or field, a value is none of its field, or the sidecar can only be
                edited by hand; then nothing is written.
            UnreadableFile: the sidecar cannot be read or written.
        """
        from assistant.describing import describe

        return describe(source_id, values, self.generation())

    def rebuild(self, full: bool = False, progress: Progress | None = None) -> BuildReport:
        """Brings the index up to date with the sources; with `full`, nothing of the old one is taken over.

        Raises:
            SourcesMissing, IndexLocked, IndexForeign, UsageError, ModelUnusable: as `assistant.index.build.build`.
        """
        from assistant.index.build import build  # imports every reader and, when there is work to do, torch

        return build(self.sources, self.index, self.model, full=full, progress=progress)

    def rebuild_command(self, *options: str) -> list[str]:
        """The command line that rebuilds this library in a process of its own, with more `options`.

        Such a process gives its memory back and can be cancelled.
        """
        options += ("--sources", str(self.sources), "--index", str(self.index))
        return command("assistant", "rebuild", *options, *(("--model", self.model) if self.model else ()))

    def check(self, progress: Progress | None = None) -> CheckReport:
        """Reads every source again and verifies every passage, and every file of the index, against it."""
        from assistant.checking import check

        return check(self.generation(), progress)

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
