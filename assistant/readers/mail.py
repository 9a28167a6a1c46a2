"""Mail messages: subject, who wrote to whom and when, and the text as it was sent, quoted replies included.

A message is read in the parts of the standard library's older interface: the newer one fails on broken headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageDefect, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from assistant.errors import UnreadableFile
from assistant.readers import Reading, working
from assistant.readers.elements import decode_page, page_blocks, parse_page
from assistant.readers.encoding import decode
from assistant.readers.metadata import language_tag
from assistant.readers.text import Block, make_source, one_line
from assistant.records import Metadata

SUFFIXES = (".eml",)
VERSION = 2

_SHOWN = ("From", "To", "Cc", "Date")
_USUAL = (*_SHOWN, "Subject", "Received", "Message-ID", "Content-Type")
_BODIES = ("text/plain", "text/html")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_SEVEN_BITS = re.compile(r"iso-2022-[\w-]+|hz(-gb-2312)?|utf-7", re.IGNORECASE)  # what looks like ASCII, but is not
_WESTERN = re.compile(r"iso-?8859-1|latin-?1|(us-)?ascii", re.IGNORECASE)  # what Windows-1252 is often declared as
_QUOTED = re.compile(r"(>*) ?(.*)")
_DEEPEST = 10
"""Messages attached to attached messages."""


class _Reader:
    """Reads the parts of a message, and gathers what could not be used."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.attachments: list[str] = []

    def message(self, message: Message, depth: int = 1) -> Iterator[Block]:
        """The blocks of a message: subject, header, text, and the messages attached to it."""
        yield Block(_header(message, "Subject"), level=min(depth, 6))
        lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
        yield Block("\n".join(lines), label="header")
        attached: list[Message] = []
        yield from self.part(message, attached)
        for inner in attached:
            if depth < _DEEPEST:
                yield from self.message(inner, depth + 1)
            else:
                self.attachments.append(_header(inner, "Subject") or "a message")
            working()

    def part(self, part: Message, attached: list[Message]) -> Iterator[Block]:
        """The blocks of a part; messages attached to it are put into `attached`."""
        kind = part.get_content_type()
        inner: list[Message] = part.get_payload() if part.is_multipart() else []  # type: ignore[assignment]
        self.note(part.defects)
        if kind == "message/rfc822" and inner:
            attached += inner
        elif kind == "multipart/alternative":
            yield from self.alternative(inner, attached)
        elif part.is_multipart() and kind != "message/delivery-status":
            for each in inner:
                picture = kind == "multipart/related" and each.get_content_maintype() == "image"
                if not picture and each.get_content_type() not in _SIGNATURES:
                    yield from self.part(each, attached)
        elif kind in _BODIES and part.get_content_disposition() != "attachment":
            yield from self.text(part, kind)
        elif part.get_payload(decode=True):
            self.attachments.append(one_line(_decoded(part.get_filename() or "")) or kind)

    def alternative(self, inner: list[Message], attached: list[Message]) -> Iterator[Block]:
        """The plain form of a text that is there in several, unless another says twice as much: then it is a stub."""
        plain: list[Block] = []
        rich: list[Block] = []
        for each in inner:
            blocks = list(self.part(each, attached))
            if each.get_content_type() == "text/plain":
                plain += blocks
            else:
                rich = max(rich, blocks, key=_length)
        yield from rich if _length(rich) > 2 * _length(plain) else plain

    def text(self, part: Message, kind: str) -> Iterator[Block]:
        """The blocks of a text."""
        data: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
        charset = (part.get_content_charset() or "").replace("\0", "") or None
        self.note(part.defects)
        if not data.strip():
            return
        try:
            if kind == "text/html":
                text, problems = decode_page(data, charset)
                yield from page_blocks(parse_page(text)[0])
            else:
                text, problems = _characters(data, charset)
                flowed = part.get_param("format", "") == "flowed"
                yield Block(_unflowed(text, part.get_param("delsp", "") == "yes") if flowed else text)
            self.problems += problems
        except UnreadableFile as error:
            self.problems.append(f"a part of it was left out: {error}")

    def note(self, defects: list[MessageDefect]) -> None:
        """Tell of what is broken in a part, once."""
        told = "damaged or cut off: some of it may be missing"
        if defects and told not in self.problems:
            self.problems.append(told)


def read(data: bytes, source_id: str) -> Reading:
    """Read a message. The messages attached to it are read as parts of it, other attachments are told.

    Raises:
        UnreadableFile: it is no message.
    """
    message = message_from_bytes(data)
    if not any(name in message for name in _USUAL):
        raise UnreadableFile("no mail: it has no header; give it the suffix of its kind")
    reader = _Reader()
    blocks = list(reader.message(message))
    problems = list(dict.fromkeys(reader.problems))
    if reader.attachments:
        problems.append(f"attachments not read: {', '.join(reader.attachments)}; save them into the sources")
    return Reading((make_source(data, source_id, blocks, _metadata(message)),), tuple(problems))


def _metadata(message: Message) -> Metadata:
    people = getaddresses(_raw(message, "From"))
    names = [one_line(_decoded(name)).strip("'\" ") or address for name, address in people]
    return Metadata(
        title=_header(message, "Subject") or None,
        authors=tuple(dict.fromkeys(filter(None, names))),
        issued=day(_header(message, "Date")),
        language=language_tag(_header(message, "Content-Language")),
        type="personal_communication",
    )


def day(value: str) -> str | None:
    """The day that a date in a header names, where the sender was."""
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _header(message: Message, name: str) -> str:
    """A field of the header as a mail program shows it."""
    return one_line(", ".join(map(_decoded, _raw(message, name))))


def _raw(message: Message, name: str) -> list[str]:
    """The values of a field as they stand in the file; bytes beyond ASCII are surrogates."""
    return [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]


def _decoded(value: str) -> str:
    """The characters of a value of a header, whether they are encoded as they must be or stand there as they are."""
    try:
        if not value.isascii():
            value, _ = decode(value.encode("ascii", "surrogateescape"))
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, MessageError, UnreadableFile):
        return value


def _characters(data: bytes, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """The characters of a plain text, and problems.

    Raises:
        UnreadableFile: this is not text.
    """
    if charset and _SEVEN_BITS.fullmatch(charset):
        try:
            return data.decode(charset), ()
        except (UnicodeError, LookupError):
            pass  # declared, but not true
    return decode(data, "cp1252" if charset and _WESTERN.fullmatch(charset) else charset)


def _unflowed(text: str, delete_space: bool) -> str:
    """A text with its soft line ends taken out, as RFC 3676 has it; a quoted paragraph keeps its marks once."""
    lines: list[str] = []
    goes_on: str | None = None  # how deep the line that goes on is quoted
    for line in text.splitlines():
        depth, words = _QUOTED.fullmatch(line).groups()  # type: ignore[union-attr]
        if goes_on == depth and words != "-- ":
            lines[-1] += words
        else:
            lines.append(f"{depth} {words}" if depth else words)
        goes_on = depth if words.endswith(" ") and words != "-- " else None
        if goes_on is not None and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _length(blocks: list[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)
