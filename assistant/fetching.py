"""Fetches one document from the web, because its reader asked for it; nothing else in the program does."""

from __future__ import annotations

import codecs
import http.client
import re
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import version
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from assistant.errors import UnreadableFile
from assistant.readers import no_reader, suffixes
from assistant.readers.encoding import decode
from assistant.readers.kinds import SAME, by_content, suffix
from assistant.readers.text import one_line

MAX_FETCHED = 300_000_000
"""Bytes of the largest document that is fetched."""
_PATIENCE_SECONDS = 30
_CHUNK = 1 << 16
_SLOWEST = 10_000  # bytes a second
_GZIP = 31  # zlib's name for the format of gzip
_KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/vtt": ".vtt",
    "application/rtf": ".rtf",
    "application/epub+zip": ".epub",
    "message/rfc822": ".eml",
    "multipart/related": ".mhtml",
}
_DECLARED = re.compile(rb"charset|encoding", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as it was sent: its bytes, a name for it, and the address that it came from in the end."""

    data: bytes
    name: str
    url: str


def fetch(address: str) -> Fetched:
    """Fetches an http or https address.

    Raises:
        UnreadableFile: it cannot be reached, is too large, or is nothing that a reader reads.
    """
    try:
        if urlsplit(address).username is not None:
            raise UnreadableFile("sign-in is not supported; save the page and add the file")
        request = urllib.request.Request(
            _quoted(address),
            headers={
                "User-Agent": f"assistant/{version('assistant')}",
                "Accept": "text/html,application/pdf,*/*;q=0.8",
                "Accept-Encoding": "identity",
            },
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as reply:
            data, headers, url = _body(reply), reply.headers, reply.url
    except urllib.error.HTTPError as error:
        with error:
            said = one_line(str(error.reason))
            raise UnreadableFile(f"the server answers {error.code} {said}; check the address") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UnreadableFile(
            f"cannot be fetched ({one_line(str(reason))}); check the address and the network"
        ) from error
    if not re.match(r"https?://", url, re.IGNORECASE):
        raise UnreadableFile("it leads to what is no web address")
    name = _name(url, headers, data)
    if suffix(name) not in suffixes():
        raise UnreadableFile(no_reader(name, suffix(name)))
    return Fetched(_with_encoding(data, headers), name, url)


def _quoted(address: str) -> str:
    """The address with what is not ASCII in it written as addresses write it."""
    parts = urlsplit(address)
    host = parts.netloc.encode("idna").decode("ascii") if not parts.netloc.isascii() else parts.netloc
    path, query = quote(parts.path, safe="/%:@!$&'()*+,;=~-._"), quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return urlunsplit((parts.scheme, host, path, query, ""))


def _body(reply: http.client.HTTPResponse) -> bytes:
    """What was sent, whole.

    Raises:
        UnreadableFile: it is larger than the limit, comes too slowly, or broke off.
    """
    data = bytearray()
    started = time.monotonic()
    while chunk := reply.read1(_CHUNK):
        data += chunk
        if len(data) > MAX_FETCHED:
            raise UnreadableFile(f"larger than {MAX_FETCHED // 1_000_000} MB; save it and add the file")
        if time.monotonic() - started > _PATIENCE_SECONDS + len(data) / _SLOWEST:
            raise UnreadableFile("it comes too slowly; try again later, or save it and add the file")
    expected = reply.headers.get("Content-Length", "")
    if expected.isdigit() and len(data) < int(expected):
        raise UnreadableFile(f"broke off after {len(data):,} of {int(expected):,} bytes; try again")
    encoding = reply.headers.get("Content-Encoding", "identity").lower()
    if encoding == "gzip":
        try:
            data = bytearray(zlib.decompressobj(_GZIP).decompress(bytes(data), MAX_FETCHED))
        except zlib.error as error:
            raise UnreadableFile("its compressed content is damaged; try again") from error
    elif encoding != "identity":
        raise UnreadableFile(f"the server compresses it in a way that is not supported ({encoding}); save the page")
    return bytes(data)


def _name(url: str, headers: Message, data: bytes) -> str:
    """A file name for a document: what the server calls it, else the end of the address; with its kind's suffix."""
    path = PurePosixPath(unquote(urlsplit(url).path))
    name = headers.get_filename() or path.name or urlsplit(url).hostname or "page"
    kind = by_content(data) or _KINDS.get(headers.get_content_type()) or suffix(name)
    # Servers call all text plain, and what they do not know a ZIP file.
    if kind in (".zip", ".txt") and suffix(name) in suffixes():
        return name
    same = SAME.get(suffix(name), suffix(name)) == SAME.get(kind, kind)
    return name if same else name + kind


def _with_encoding(data: bytes, headers: Message) -> bytes:
    """The bytes of a document; text whose encoding only the server told is written as UTF-8, or that would be lost."""
    charset = headers.get_content_charset()
    if headers.get_content_maintype() != "text" or charset is None or _DECLARED.search(data[:2048]):
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text, problems = decode(data, charset)
        return data if problems else codecs.BOM_UTF8 + text.encode("utf-8")  # a guess is for the reader to tell
    return data
