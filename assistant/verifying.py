"""Finds the quotations of saved answers again in the sources as their files are now; the index is not asked.

Each file with a quotation is read once. Then files of the same content are looked for, under another name; last, any
other source with the very words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.anchoring import Place, Plain, find_words, is_sure
from assistant.bibliography import cite_slice
from assistant.errors import UnreadableFile
from assistant.likeness import Words, difference
from assistant.readers.folder import SourceFile, load, walk
from assistant.readers.isolated import Isolated
from assistant.readers.text import digest
from assistant.records import Answer, Citation, Progress, Source, silent
from assistant.reports import AnswersReport, CheckedQuotation, QuotationState, Skipped
from assistant.saving import citations

_State = QuotationState


def verify(answers: Sequence[Answer], root: Path, progress: Progress | None = None) -> AnswersReport:
    """Looks for every quotation of the answers, each distinct one once, in the sources under `root`.

    Raises:
        SourcesMissing: there is no such folder.
    """
    told = progress or silent
    asked: dict[tuple[str, int, str, str], CheckedQuotation] = {}
    for answer in answers:
        for citation in citations(answer):
            key = citation.source_id, citation.start, citation.quote, citation.digest
            asked.setdefault(key, CheckedQuotation(answer.question, citation, _State.GONE))
    with Isolated() as reader:
        search = _Search(root, reader, told)
        found = search.same_words_elsewhere(search.same_content(search.own_files(list(asked.values()))))
    return AnswersReport(len(answers), tuple(found))


class _Search:
    """A search for quotations through the files of a folder; each step goes on with what the one before left."""

    def __init__(self, root: Path, reader: Isolated, told: Progress) -> None:
        self._reader, self._told = reader, told
        entries = list(walk(root))
        self._files = {entry.id: entry for entry in entries if isinstance(entry, SourceFile)}
        self._left_out = {entry.file: entry.reason for entry in entries if isinstance(entry, Skipped)}

    def own_files(self, asked: list[CheckedQuotation]) -> list[CheckedQuotation]:
        """Looks for each quotation in the file that it is from."""
        by_file = defaultdict(list)
        for number, each in enumerate(asked):
            by_file[_file_of(each.citation.source_id, (*self._files, *self._left_out))].append(number)
        found = list(asked)
        for done, (name, numbers) in enumerate(by_file.items()):
            self._told("Reading the sources", done, len(by_file))
            try:
                shelf = _Shelf(self._read(name)) if name else None
            except UnreadableFile as error:
                for number in numbers:
                    found[number] = replace(asked[number], state=_State.UNREADABLE, note=str(error))
            else:
                for number in numbers:
                    found[number] = shelf.look(asked[number]) if shelf else replace(asked[number], note=_REMOVED)
        self._told("Reading the sources", len(by_file), len(by_file))
        return found

    def same_content(self, asked: list[CheckedQuotation]) -> list[CheckedQuotation]:
        """Looks for those not found word for word in files that have the content of the file that they are from."""
        if all(each.is_sound for each in asked):
            return asked
        named = defaultdict(list)
        for done, file in enumerate(self._files.values()):
            self._told("Comparing files", done, len(self._files))
            try:
                named[digest(load(file.path))].append(file.id)
            except UnreadableFile:
                continue  # it has no content that could be compared; where a quotation is from it, that is said
        self._told("Comparing files", len(self._files), len(self._files))
        found = list(asked)
        shelves: dict[str, _Shelf] = {}
        for number, each in enumerate(asked):
            names = [] if each.is_sound else named.get(each.citation.digest, [])
            for name in names[:1]:
                try:
                    shelf = shelves.setdefault(name, shelves.get(name) or _Shelf(self._read(name)))
                except UnreadableFile:
                    continue
                again = shelf.look(replace(each, note=""))
                found[number] = replace(again, note=_RENAMED) if again.is_sound else each
        return found

    def same_words_elsewhere(self, asked: list[CheckedQuotation]) -> list[CheckedQuotation]:
        """Looks for the words of those that are gone in all sources."""
        found = list(asked)
        lost = [number for number, each in enumerate(asked) if each.state in (_State.GONE, _State.UNREADABLE)]
        for done, name in enumerate(self._files if lost else ()):
            self._told("Looking elsewhere", done, len(self._files))
            lost = [number for number in lost if found[number].now is None]
            if not lost:
                break
            try:
                shelf = _Shelf(self._read(name))
            except UnreadableFile:
                continue  # it cannot be searched; a build and `assistant check` say why
            for number in lost:
                citation = found[number].citation
                found[number] = replace(found[number], now=shelf.verbatim(citation) or shelf.respaced(citation))
        return found

    def _read(self, name: str) -> tuple[Source, ...]:
        """The sources in a file as it reads now.

        Raises:
            UnreadableFile: it cannot be read now.
        """
        if name in self._left_out:
            raise UnreadableFile(self._left_out[name])
        file = self._files[name]
        return self._reader.read(load(file.path), file.id).sources


_REMOVED = "the source was removed"
_RENAMED = "the file has another name now"
_RESPACED = "the same words, spaced otherwise"
_NOWHERE = "these words do not stand in it, or too few of them to be surely meant"


def _file_of(source_id: str, names: Iterable[str]) -> str | None:
    """The file that a source is from: one of its name, or, where a file holds several, up to the `#` of its key."""
    fitting = (name for name in names if source_id == name or source_id.startswith(f"{name}#"))
    return max(fitting, key=len, default=None)


class _Shelf:
    """The sources in one file, ready to be searched for many quotations."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._plain: dict[str, Plain] = {}
        self._words: dict[str, Words] = {}

    def look(self, asked: CheckedQuotation) -> CheckedQuotation:
        """What has become of a quotation in this file."""
        citation = asked.citation
        if now := self.verbatim(citation):
            return replace(asked, state=_state(citation, now), now=now)
        if now := self.respaced(citation):
            return replace(asked, state=_State.MOVED, now=now, note=_RESPACED)
        for source in self._in_order(citation):
            words = self._words.get(source.id) or self._words.setdefault(source.id, Words(source.text))
            if span := words.most_like(citation):
                now = cite_slice(source, *span)
                if now.quote == citation.quote:  # too short to be sure of it by itself
                    return replace(asked, state=_state(citation, now), now=now)
                changes = difference(citation.quote, now.quote)
                return replace(asked, state=_State.CHANGED, now=now, difference=changes)
        return replace(asked, state=_State.GONE, note=_NOWHERE)

    def verbatim(self, citation: Citation) -> Citation | None:
        """Where the words stand, word for word."""
        return self._best(citation, ((source, find_words(source.text, citation)) for source in self._sources))

    def respaced(self, citation: Citation) -> Citation | None:
        """Where the same words stand with other white space, line breaks, hyphenation or ligatures."""
        for source in self._sources:
            if source.id not in self._plain:
                self._plain[source.id] = Plain(source.text)
        return self._best(citation, ((source, self._plain[source.id].find(citation)) for source in self._sources))

    def _best(self, citation: Citation, places: Iterable[tuple[Source, Place | None]]) -> Citation | None:
        """The place that the text around it makes most likely, of equal ones that in the source of the same name."""
        sure = [(source, place) for source, place in places if place and is_sure(place, citation)]
        if not sure:
            return None
        source, place = max(sure, key=lambda each: (each[1].fit, each[0].id == citation.source_id))
        return cite_slice(source, place.start, place.end)

    def _in_order(self, citation: Citation) -> Iterator[Source]:
        """The source of the same name, then the others."""
        yield from sorted(self._sources, key=lambda source: source.id != citation.source_id)


def _state(was: Citation, now: Citation) -> QuotationState:
    same = (was.source_id, was.start) == (now.source_id, now.start)
    return _State.UNCHANGED if same else _State.MOVED
