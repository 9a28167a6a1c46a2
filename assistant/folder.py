"""A folder of documents with its index: what is put in, taken out, told of a document, and brought up to date."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from assistant.child import command
from assistant.errors import IndexDamaged, IndexMissing, IndexOutdated
from assistant.records import Progress, silent
from assistant.reports import AddReport, BuildReport, CheckReport, FileState, Removal

if TYPE_CHECKING:
    from assistant.index.generation import Generation


class LibraryFolder:
    """A folder of sources with its index, which is opened when it is needed. Thread-safe."""

    def __init__(self, sources: Path, index: Path, model: str | None = None) -> None:
        """Names the folders; nothing is opened before it is needed.

        Args:
            sources: The documents.
            index: The index.
            model: A sentence-transformers model, by folder or hub name; None is the index's own, or the default.
        """
        self.sources = sources
        self.index = index
        self.model = model
        self._lock = threading.Lock()
        self._open: Generation | None = None

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

    def _usable(self) -> Generation | None:
        """The index, if it can be used: files can be named without it."""
        try:
            index = self.generation()
            len(index.ids)  # which are read only when they are asked for
        except (IndexMissing, IndexDamaged, IndexOutdated):
            return None
        return index

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

        report = add(items, self.sources, progress or silent)
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
