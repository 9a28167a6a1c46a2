"""What kind of file this is, by its content: a name may say something else, and then the content is right."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

PEEK = 1024
"""Bytes at the beginning that tell most kinds."""

_SIGNATURES = (
    (b"{\\rtf", ".rtf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"II*\0", ".tiff"),
    (b"MM\0*", ".tiff"),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a Word, Excel or PowerPoint file with a password
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MIMETYPES = (
    (b"application/epub+zip", ".epub"),
    (b"application/vnd.oasis.opendocument.text", ".odt"),
    (b"application/vnd.oasis.opendocument.presentation", ".odp"),
    (b"application/vnd.oasis.opendocument.spreadsheet", ".ods"),
)
_PARTS = (
    ("word/", ".docx"),
    ("ppt/", ".pptx"),
    ("xl/", ".xlsx"),
    ("META-INF/container.xml", ".epub"),
)
_MANY = 20_000
_WEB_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype\s+html|html)\b", re.I | re.S
)
_TRANSCRIPT = re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT\b.*-->", re.S)
_MAIL_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?(?:[A-Za-z][A-Za-z-]*:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)+", re.S)
_SAVED_PAGE = re.compile(rb"^content-type:\s*multipart/related", re.I | re.M)
SAME = {".htm": ".html", ".xhtml": ".html", ".mht": ".mhtml", ".jpeg": ".jpg", ".tif": ".tiff", ".docm": ".docx",
        ".dotx": ".docx", ".pptm": ".pptx", ".ppsx": ".pptx", ".xlsm": ".xlsx"}  # fmt: skip
"""Suffixes of one kind."""
_NAMES = {
    ".pdf": "a PDF file", ".rtf": "an RTF file", ".png": "a PNG picture", ".jpg": "a JPEG picture",
    ".tiff": "a TIFF picture", ".vtt": "a WebVTT transcript", ".epub": "an EPUB book", ".odt": "an OpenDocument text",
    ".odp": "an OpenDocument presentation", ".ods": "an OpenDocument spreadsheet", ".docx": "a Word file",
    ".pptx": "a PowerPoint file", ".xlsx": "an Excel file", ".html": "a web page", ".mhtml": "a saved web page",
    ".zip": "a ZIP archive", ".doc": "an old Word, Excel or PowerPoint file",
}  # fmt: skip


def suffix(name: str) -> str:
    """The suffix of a file's name, in lower case."""
    return PurePosixPath(name).suffix.lower()


def by_content(data: bytes, *, whole: bool = True) -> str | None:
    """The suffix of the kind that the content shows; `None` where it shows none, as most text does.

    `data` are the file's bytes, or with `whole` false only the first `PEEK`, which tell of a ZIP file only that it is
    one: `.zip`.
    """
    head = data[:PEEK]
    if head.lstrip().startswith(b"%PDF-"):
        return ".pdf"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(_OLD_OFFICE):
        return ".encrypted" if _ENCRYPTED in data else ".doc"
    if head.startswith(_ZIP):
        return _container(data) if whole else ".zip"
    if _WEB_PAGE.match(head):
        return ".html"
    if _TRANSCRIPT.match(head):
        return ".vtt"
    header = _MAIL_HEADER.match(head)
    return ".mhtml" if header and _SAVED_PAGE.search(header[0]) else None


def _container(data: bytes) -> str:
    """The kind of a ZIP file: what its first part says, else what its parts are called."""
    head = data[:PEEK]
    if b"mimetype" in head:
        for name, kind in _MIMETYPES:
            if b"mimetype" + name in head:
                return kind
    try:
        if data.count(b"PK\x01\x02") > _MANY:
            raise zipfile.BadZipFile  # not worth listing
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            names = container.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        names = []
    if not names:  # damaged; names of parts stand uncompressed all the same
        return next((kind for part, kind in _PARTS if part.encode() in data), ".zip")
    return next((kind for part, kind in _PARTS if any(name.startswith(part) for name in names)), ".zip")


def describe(kind: str) -> str:
    """A kind in words: "a Word file"."""
    return _NAMES.get(kind, f"a {kind} file")
