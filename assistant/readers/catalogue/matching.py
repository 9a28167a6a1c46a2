"""Which entry of a bibliography describes which source: by attachment, DOI, address, file name, title in order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from assistant.readers.catalogue import Entry
from assistant.readers.csl import doi_of
from assistant.records import Metadata

_LONG = 10
"""Letters and digits of a name that two different documents do not have by chance, as they may have `document`."""
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry, the bibliography that it is in, and its attachments that lie in the sources folder, as ids of files.

    `named` are the files that have the names of attachments that lie elsewhere; `missing` are attachments that should
    lie in the folder and do not.
    """

    catalogue: str
    entry: Entry
    files: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A file with one source, and what is known of it without any bibliography."""

    file: str
    metadata: Metadata


Problem = tuple[str, str]
"""A bibliography, and what could not be decided by it."""


def match(entries: Sequence[Listed], sources: Sequence[Described]) -> tuple[dict[str, Listed], list[Problem]]:
    """The entry for each file that has one, and what was not decided because several entries or files fit.

    Where a rule fits several entries, those of the first bibliography count. Of these the first is taken for a DOI, and
    for an attachment if they have the same title; else nothing, unless the title decides.
    """
    found: dict[str, Listed] = {}
    problems: list[Problem] = []
    _by_attachment(found, entries, sources, problems)
    _by_doi(found, entries, sources)
    _by_address(found, entries, sources, problems)
    _by_file_name(found, entries, sources, problems)
    _by_title(found, entries, sources, problems)
    return found, problems


def _by_attachment(
    found: dict[str, Listed], entries: Sequence[Listed], sources: Iterable[Described], problems: list[Problem]
) -> None:
    known = _by_key(entries, lambda listed: listed.files)
    for source in sources:
        fitting = known.get(source.file, [])
        if len({tuple(_title(each.entry.metadata)) for each in fitting}) > 1:  # such as the chapters of a book
            titled = _titled(fitting, source)
            if not titled:
                problems.append(_undecided(fitting, f"the attachment {source.file}"))
            fitting = titled
        if fitting:
            found[source.file] = fitting[0]


def _by_doi(found: dict[str, Listed], entries: Sequence[Listed], sources: Iterable[Described]) -> None:
    known = _by_key(entries, lambda listed: _dois(listed.entry.metadata))
    for source in sources:
        fitting = next((known[key] for key in _dois(source.metadata) if key in known), None)
        if fitting and source.file not in found:
            found[source.file] = fitting[0]


def _by_key(entries: Iterable[Listed], keys: Callable[[Listed], Iterable[str]]) -> dict[str, list[Listed]]:
    """The entries with each key, in order; only those of the first bibliography that has any."""
    known: dict[str, list[Listed]] = {}
    for listed in entries:
        for key in dict.fromkeys(keys(listed)):
            of_key = known.setdefault(key, [])
            if not of_key or of_key[0].catalogue == listed.catalogue:
                of_key.append(listed)
    return known


def _by_address(
    found: dict[str, Listed], entries: Sequence[Listed], sources: Iterable[Described], problems: list[Problem]
) -> None:
    known = _by_key(entries, lambda listed: _addresses(listed.entry.metadata))
    for source in sources:
        fitting = next((known[key] for key in _addresses(source.metadata) if key in known), None)
        if source.file in found or not fitting:
            continue
        if not _same(fitting):
            fitting = _titled(fitting, source) or fitting
        if _same(fitting):
            found[source.file] = fitting[0]
        else:
            problems.append(_undecided(fitting, f"the address of {source.file}"))


def _by_file_name(
    found: dict[str, Listed], entries: Sequence[Listed], sources: Iterable[Described], problems: list[Problem]
) -> None:
    """Match by the name of an attachment that lies elsewhere, where it is long, and that of one file and one entry."""
    known = _by_key(entries, lambda listed: listed.named)
    for source in sources:
        fitting = known.get(source.file, [])
        if source.file in found or not fitting or not _same(fitting):
            continue
        own = _title(source.metadata)
        if len(title_key(PurePosixPath(source.file).stem)) >= _LONG and own in ([], _title(fitting[0].entry.metadata)):
            found[source.file] = fitting[0]
            told = f"{fitting[0].entry.place} was taken for {source.file}, which has the name of its attachment"
            problems.append((fitting[0].catalogue, told))


def _by_title(
    found: dict[str, Listed], entries: Sequence[Listed], sources: Sequence[Described], problems: list[Problem]
) -> None:
    """Match by title what is left of sources and entries, where there is only one of each."""
    used = {id(listed) for listed in found.values()}
    known = _by_key((each for each in entries if id(each) not in used), lambda listed: _title(listed.entry.metadata))
    bearers: dict[str, list[Described]] = {}
    for source in sources:
        if source.file not in found:
            key = next((key for key in _titles(source) if key in known), None)
            if key:
                bearers.setdefault(key, []).append(source)
    for key, fitting in bearers.items():
        files = ", ".join(source.file for source in fitting)
        if len(fitting) > 1:
            entry = known[key][0]
            told = f"{entry.entry.place}: its title is that of {files}, so it was taken for none of them"
            problems.append((entry.catalogue, f"{told}; name the file in the entry, or write a sidecar"))
        elif not _same(known[key]):
            problems.append(_undecided(known[key], f"the title of {files}"))
        else:
            found[fitting[0].file] = known[key][0]


def _titled(entries: Iterable[Listed], source: Described) -> list[Listed]:
    """The entries that have the source's title."""
    titles = set(_titles(source))
    return [each for each in entries if titles & set(_title(each.entry.metadata))]


def _same(entries: Sequence[Listed]) -> bool:
    """Whether the entries say the same, so that it does not matter which is taken."""
    return all(each.entry.metadata == entries[0].entry.metadata for each in entries)


def _undecided(entries: Sequence[Listed], what: str) -> Problem:
    places = ", ".join(listed.entry.place for listed in entries)
    return entries[0].catalogue, f"{what} is that of several entries, so none was taken ({places}); write a sidecar"


def _dois(known: Metadata) -> list[str]:
    found = known.csl.get("DOI") or doi_of(known.url)
    return [found.casefold()] if found else []


def _addresses(known: Metadata) -> list[str]:
    """The address without scheme, `www.`, last slash, and fragment, unless that names a page.

    >>> _addresses(Metadata(url="https://www.Example.org/statement/#top")), _addresses(Metadata(url="http://a.org/#!/b"))
    (['example.org/statement'], ['a.org#!/b'])
    """
    if not known.url:
        return []
    try:
        parts = urlsplit(known.url)
    except ValueError:
        return []
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    path += f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return [parts.netloc.lower().removeprefix("www.") + path]


def _title(known: Metadata) -> list[str]:
    return [key] if (key := title_key(known.title or "")) else []


def _titles(source: Described) -> list[str]:
    """What a source's title may be: that which it has, else the name of its file."""
    return _title(source.metadata) or list(filter(None, [title_key(PurePosixPath(source.file).stem)]))


def title_key(title: str) -> str:
    """The letters and digits of a title, without regard to case.

    >>> title_key("Pilots & low–water, 2nd ed.")
    'pilotslowwater2nded'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    return "".join(character for character in folded if character.isalnum())


def inside(file: str, folder: str, root: str) -> list[str]:
    """Ids of the file that an attachment may be: relative to the bibliography's `folder`, or below the real `root`.

    Both as it is written and with its %-escapes read; nothing where it lies elsewhere.

    >>> inside("files/12/a%20b.pdf", "books", "/home/ines/sources")
    ['books/files/12/a%20b.pdf', 'books/files/12/a b.pdf']
    >>> inside("/home/ines/sources/a.pdf", "books", "/home/ines/sources"), inside("../../a.pdf", "books", "/home")
    (['a.pdf'], [])
    """
    address = re.match(r"file:(?://(?:localhost)?)?", file, re.IGNORECASE)
    path = (file[address.end() :] if address else file).replace("\\", "/")
    if address and _WINDOWS.match(path.lstrip("/")):
        path = path.lstrip("/")
    below = root.replace("\\", "/").rstrip("/") + "/"
    found = []
    for written in dict.fromkeys((path, unquote(path))):
        written = unicodedata.normalize("NFC", written)
        if written.startswith(below):
            relative: str | None = _joined("", written[len(below) :])
        elif written.startswith("/") or _WINDOWS.match(written):
            relative = None
        else:
            relative = _joined(folder, written)
        if relative:
            found.append(relative)
    return found


def _joined(folder: str, path: str) -> str | None:
    """A path below the root, without `.` and `..`; `None` if it leads out."""
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
