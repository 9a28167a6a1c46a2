"""Reads the sources folder for a build, file by file; what has not changed is taken over from the generation before.

Reading runs in a thread of its own, so that the first passages are embedded while the last files are read.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.analysis import count_function_words, most_frequent_language
from assistant.errors import SourcesMissing, UnreadableFile
from assistant.index.generation import Generation
from assistant.index.resolve import Resolution, of_sidecar, resolve
from assistant.index.seals import Stamp
from assistant.index.stamps import catalogues_of, name_of, sidecars_of, stamp_of, times_of
from assistant.index.texts import TextsWriter
from assistant.readers import reader_version, reader_versions
from assistant.readers.folder import SourceFile, load, walk
from assistant.readers.isolated import Isolated
from assistant.readers.metadata import merge
from assistant.readers.text import digest
from assistant.records import Metadata, Source
from assistant.reports import Skipped


@dataclass(frozen=True, slots=True)
class Found:
    """A source that was read: what its file tells of it, and its number in the generation before if it is the same."""

    id: str
    digest: str
    own: Metadata
    stamp: Stamp
    old: int | None


class Collection:
    """What a sources folder holds: sources, and what was left out, with the reasons. It grows while it is read.

    `problems` concern files that were read all the same. `left_out` are the files that gave nothing, each with its
    size and modification time, and `reasons` why; `sidecars` are for each file the name, size and modification time of
    its sidecar, and `catalogues` the size and modification time of each bibliography.
    """

    def __init__(self, root: Path, previous: Generation | None, names: frozenset[str] | None = None) -> None:
        """Lists the files; with `names`, only those of these names (relative to `root`, `/`-separated).

        Raises:
            SourcesMissing: the folder is missing, or cannot be listed.
        """
        entries = [entry for entry in walk(root) if names is None or _named(entry) in names]
        self._root = root
        self._previous = previous
        self.files = [entry for entry in entries if not isinstance(entry, Skipped)]
        self.skipped = [entry for entry in entries if isinstance(entry, Skipped)]
        self.problems: list[Skipped] = []
        self.left_out: dict[str, list[int]] = {}
        self.reasons: dict[str, str] = {}
        self.sidecars = sidecars_of(self.files, root)
        self.catalogues = catalogues_of(root)
        self.found: list[Found] = []
        self.languages: Counter[str] = Counter(previous.manifest["languages"] if previous else {})
        self._resolved: Resolution | None = None
        self._changed = threading.Condition()
        self._reader: Isolated | None = None
        self._stopped = False
        self.taken_in = 0
        """How many files were read."""
        self.new = 0
        """How many sources in them are new or changed."""
        self.done = False

    def read(self, texts: TextsWriter, told: Callable[[int, str], None]) -> None:
        """Reads every file; `told` is given how many are done, and the name of the next.

        Raises:
            SourcesMissing: nothing can be read.
        """
        try:
            with Isolated() as reader:
                self._reader = reader
                for done, file in enumerate(self.files):
                    if self._stopped:
                        return
                    told(done, file.id)
                    self._take_in(file, reader, texts)
                    self.taken_in = done + 1
            told(len(self.files), "")
            self._finish()
        finally:
            with self._changed:
                self.done = True
                self._changed.notify_all()

    def _finish(self) -> None:
        if not self.found:
            first = min(self.skipped, key=lambda item: (item.file, item.reason), default=None)
            why = f" ({first.file}: {first.reason})" if first else ""
            raise SourcesMissing(
                f"no document in {self._root} can be read{why}: "
                "put documents there, or name another folder with --sources"
            )
        taken = {found.old for found in self.found}
        for number in range(len(self._previous.ids) if self._previous else 0):
            if self._previous and number not in taken:
                count_function_words(self._previous.source(number).text, self.languages, -1)
        own = [found.own for found in self.found]
        self._resolved = resolve(self._root, [found.stamp.file for found in self.found], own, self.sidecars)
        self.problems += self._resolved.problems

    def stop(self) -> None:
        """Lets `read` end at once."""
        self._stopped = True
        if self._reader and not self.done:
            self._reader.interrupt()

    def wait(self, number: int) -> Found | None:
        """The source of that number, once it is read; None if there is none, or reading failed."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.found) > number or self.done)
            return self.found[number] if len(self.found) > number else None

    def wait_for_all(self) -> None:
        """Returns when all files are read, or reading failed."""
        with self._changed:
            self._changed.wait_for(lambda: self.done)

    @cached_property
    def mostly_known(self) -> bool:
        """Whether most of the files were there at the build before."""
        previous = self._previous
        if previous is None:
            return not self.files
        names, refused = (name_of(file.path, self._root) for file in self.files), previous.manifest["left_out"]
        return 2 * sum(name in refused or bool(previous.of_file(name)) for name in names) >= len(self.files)

    @property
    def whole(self) -> bool:
        """Whether all files were read, and what is known of each source is settled."""
        return self._resolved is not None

    def metadata(self, number: int) -> Metadata:
        """What is known of a source; before all is read, that is right only where there are no bibliographies."""
        if self._resolved:
            return self._resolved.metadata[number]
        found = self.found[number]
        return merge(of_sidecar(self._root, found.stamp.file, self.sidecars)[0], found.own)

    @property
    def language(self) -> str:
        """The language of the library, once all is read."""
        return most_frequent_language(self.languages)

    def about(self) -> dict[str, Any]:
        """What a manifest tells of the files, in plain data."""
        describing = self._resolved.problems if self._resolved else ()
        return {
            "left_out": self.left_out,
            "reasons": self.reasons,
            "sidecars": self.sidecars,
            "catalogues": self.catalogues,
            "describing": sorted([item.file, _storable(item.reason)] for item in describing),
            "languages": {language: count for language, count in sorted(self.languages.items()) if count},
        }

    def _take_in(self, file: SourceFile, reader: Isolated, texts: TextsWriter) -> None:
        name = name_of(file.path, self._root)
        try:
            found = self._unchanged(file, name) or self._read(file, name, reader, texts)
        except FileNotFoundError:
            self.skipped.append(Skipped(file.id, "removed while the build ran"))
        except UnreadableFile as error:
            self.skipped.append(Skipped(file.id, str(error)))
            self.left_out[name] = stamp_of(file.path)
            self.reasons[name] = _storable(str(error))
        else:
            with self._changed:
                self.found += found
                self.new += sum(each.old is None for each in found)
                self._changed.notify_all()
            self.problems += [Skipped(file.id, problem) for problem in found[0].stamp.problems]

    def _unchanged(self, file: SourceFile, name: str) -> list[Found] | None:
        """The sources of a file that the system has not changed since it was read; None where that is not sure."""
        old = self._previous.of_file(name) if self._previous else {}
        stamp = next(iter(old.values()), None)
        if stamp is None or not stamp.ctime_ns or stamp.reader not in reader_versions():
            return None
        return self._taken(old, stamp) if times_of(file.path) == (stamp.size, stamp.mtime_ns, stamp.ctime_ns) else None

    def _taken(self, old: dict[int, Stamp], stamp: Stamp) -> list[Found]:
        previous = self._previous
        assert previous
        return [Found(previous.ids[number], stamp.digest, previous.own[number], stamp, number) for number in old]

    def _read(self, file: SourceFile, name: str, reader: Isolated, texts: TextsWriter) -> list[Found]:
        """The sources in a file; taken over where its bytes are as they were."""
        # Before reading: a file that changes in between then shows as changed, not as verified.
        size, mtime_ns, ctime_ns = times_of(file.path)
        try:
            data = load(file.path)
        except UnreadableFile as error:
            raise (error.__cause__ if isinstance(error.__cause__, FileNotFoundError) else error) from None
        stamp = Stamp(name, size, mtime_ns, digest(data), reader_version(data, file.id) or "", (), ctime_ns)
        old = self._previous.of_file(name) if self._previous else {}
        if old and all((was.digest, was.reader) == (stamp.digest, stamp.reader) for was in old.values()):
            return self._taken(old, replace(stamp, problems=next(iter(old.values())).problems))
        reading = reader.read(data, file.id)
        stamp = replace(stamp, problems=reading.problems)
        return [self._new(source, stamp, at, texts) for at, source in enumerate(reading.sources, len(self.found))]

    def _new(self, source: Source, stamp: Stamp, number: int, texts: TextsWriter) -> Found:
        texts.add(number, source.text, source.locators)
        count_function_words(source.text, self.languages)
        return Found(source.id, source.digest, source.metadata, stamp, None)


def _named(entry: SourceFile | Skipped) -> str:
    return entry.file if isinstance(entry, Skipped) else entry.id


def _storable(reason: str) -> str:
    """A reason without what UTF-8 cannot hold: it may quote a broken file."""
    return reason.encode("utf-8", "replace").decode("utf-8")


def require(root: Path) -> None:
    """Sees to it that there is a sources folder.

    Raises:
        SourcesMissing: there is none.
    """
    try:
        there = root.is_dir()
    except PermissionError:
        return  # `walk` says why it cannot be listed
    if not there:
        raise SourcesMissing(
            f"there is no sources folder {root}: create it and put documents there, or name another with --sources"
        )
