"""Saved web pages (MHTML): the page in them, read as any web page; its pictures and styles are left alone."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import Message

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.html import read_page
from assistant.readers.mail import day
from assistant.readers.metadata import web_address
from assistant.readers.text import make_source
from assistant.records import Metadata

SUFFIXES = (".mhtml", ".mht")
VERSION = 2


def read(data: bytes, source_id: str) -> Reading:
    """Read a saved page. The day on which it was saved is not the date of the page, but that of the access to it.

    Raises:
        UnreadableFile: no page is in it.
    """
    message = message_from_bytes(data)
    pages = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise UnreadableFile("no web page in it; save the page again")
    start = message.get_param("start")
    page = next((part for part in pages if start and part.get("Content-ID") == start), pages[0])
    content: bytes = page.get_payload(decode=True)  # type: ignore[assignment]
    charset = (page.get_content_charset() or "").replace("\0", "") or None
    blocks, metadata, problems = read_page(content, charset)
    frames = len(pages) - 1
    if frames:
        problems += (f"pages shown inside it were not read: {frames}",)
    if message.defects or page.defects:
        problems += ("damaged or cut off: some of it may be missing",)
    return Reading((make_source(data, source_id, blocks, _with_address(metadata, message, page)),), problems)


def _with_address(metadata: Metadata, message: Message, page: Message) -> Metadata:
    """The metadata, with the address that the page was saved from if it does not declare its own, and the day."""
    addresses = (message.get("Snapshot-Content-Location"), page.get("Content-Location"))
    url = metadata.url or next(filter(None, map(web_address, addresses)), None)
    return replace(metadata, url=url, accessed=day(str(message.get("Date", ""))) if url else None)
