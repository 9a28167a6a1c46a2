"""Office Open XML packages (Word, PowerPoint, Excel): their parts, how these are related, and what they declare.

The parts are read as XML, one by one, and not through a library for one of the formats: such a library opens a file
whole or not at all, refuses templates and files with macros, and passes over footnotes, text boxes and comments.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from assistant.errors import UnreadableFile
from assistant.readers.archive import DAMAGED, open_container, parse_xml, part
from assistant.readers.metadata import language_tag
from assistant.readers.text import one_line
from assistant.records import Metadata

if TYPE_CHECKING:
    from zipfile import ZipFile

    from lxml.etree import _Element

RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
"""Namespace of the attributes that name a relationship."""
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
"""The same thing twice: for programs that know some extension, and for others."""

# "Strict" files have other namespaces for the same elements.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_ACCOUNT = re.compile(r"[a-z0-9._-]+|\S+[@\\]\S+")
_PROGRAM_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b.*|untitled(?: .*)?|powerpoint[ -]pr[eä]sentation|présentation powerpoint"
    r"|presentaci[oó]n de powerpoint|presentazione standard di powerpoint|apresentação do powerpoint|word document"
    r"|(?:document|presentation|book|slide) ?\d*)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:microsoft(?: office)?(?: user)?|windows user|user|admin|administrator|owner|author|unknown|python-docx"
    r"|openpyxl|apache poi|libreoffice|google sheets|google docs)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """What a part refers to: another part, by its name in the package."""

    id: str
    kind: str
    target: str


class Package:
    """A file's parts; `problems` are those that could not be read, a line each."""

    def __init__(self, data: bytes) -> None:
        self.container = open_container(data)
        self.problems: list[str] = []
        self._names = {name.lower(): name for name in self.container.namelist()}

    def main(self) -> str:
        """The name of the part that the others hang on.

        Raises:
            UnreadableFile: there is none.
        """
        for related in self.related(""):
            if related.kind == "officeDocument" and related.target.lower() in self._names:
                return related.target
        for name in ("word/document.xml", "ppt/presentation.xml", "xl/workbook.xml"):
            if name in self._names:
                return name
        raise UnreadableFile(DAMAGED)

    def root(self, name: str) -> _Element:
        """The root of a part without which there is nothing to read.

        Raises:
            UnreadableFile: it is missing or broken.
        """
        element = read_xml(self.container, self._names.get(name.lower(), name))
        if element is None:
            raise UnreadableFile(DAMAGED)
        return element

    def xml(self, name: str) -> _Element | None:
        """The root of a part; `None` if it is missing or broken, and a broken one is told."""
        try:
            return read_xml(self.container, self._names.get(name.lower(), name))
        except UnreadableFile:
            self.problems.append(f"a damaged part was left out: {name}")
            return None

    def data(self, name: str) -> bytes | None:
        """The bytes of a part, for one that is too long to be held as elements; `None` as with `xml`."""
        try:
            data = part(self.container, self._names.get(name.lower(), name))
        except UnreadableFile:
            self.problems.append(f"a damaged part was left out: {name}")
            return None
        return transitional(data) if data is not None else None

    def related(self, name: str) -> list[Relationship]:
        """What a part refers to within the package, or with an empty name the package itself."""
        folder, _, base = name.rpartition("/")
        root = self.xml(f"{folder}/_rels/{base}.rels".lstrip("/"))
        found = []
        for element in root if root is not None else ():
            target = unquote(element.get("Target", ""))
            if element.get("TargetMode") != "External" and target:
                path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found.append(Relationship(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], path))
        return found

    def metadata(self) -> Metadata:
        """What the core properties declare."""
        core = next((related.target for related in self.related("") if related.kind == "core-properties"), None)
        root = self.xml(core) if core else None
        if root is None:
            return Metadata()
        title, creator, language = (
            root.findtext(DUBLIN_CORE + name) or "" for name in ("title", "creator", "language")
        )
        return declared(title, creator.split(";"), language)


def read_xml(container: ZipFile, name: str) -> _Element | None:
    """The root of a part of a container; `None` if there is none of that name.

    Raises:
        UnreadableFile: it is broken or too large.
    """
    data = part(container, name)
    return None if data is None else parse_xml(transitional(data))


def transitional(data: bytes) -> bytes:
    """A part with the usual namespaces."""
    return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", data)


def declared(title: str, authors: list[str], language: str = "") -> Metadata:
    """The metadata that an office file declares, without what programs fill in by themselves, and names of accounts."""
    title = one_line(title)
    names = [
        name for name in map(one_line, authors) if name and not (_NOBODY.fullmatch(name) or _ACCOUNT.fullmatch(name))
    ]
    return Metadata(
        title=title if title and not _PROGRAM_TITLE.fullmatch(title) else None,
        authors=tuple(dict.fromkeys(names)),
        language=language_tag(language),
    )


def integer(text: str | None, default: int = 0) -> int:
    """The number that an attribute holds, or the default where it holds none."""
    return int(text) if text is not None and _INTEGER.fullmatch(text) else default


def chosen(alternate: _Element) -> _Element:
    """The first form of something that is there in several."""
    return next(iter(alternate), alternate)
