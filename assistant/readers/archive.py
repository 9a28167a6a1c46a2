"""ZIP containers (Word, PowerPoint, Excel, OpenDocument, EPUB) and the XML in them, opened with limits.

Nothing is ever unpacked to the disk, so an entry whose name leads out of the container leads nowhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

from assistant.errors import UnreadableFile

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ENTRIES = 20_000
"""Entries of a container; a book of a thousand chapters with pictures has some thousands."""
MAX_EXPANDED = 1 << 30
"""Bytes of all entries together, expanded."""
MAX_PART = 256 << 20
"""Bytes of one part that is read, expanded."""
DAMAGED = "damaged: it cannot be opened; get or save it again"


def open_container(data: bytes) -> zipfile.ZipFile:
    """The container in a file's bytes, its directory checked against the limits.

    Raises:
        UnreadableFile: damaged, encrypted, or it would expand to more than is sane.
    """
    try:
        container = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableFile(DAMAGED) from error
    entries = container.infolist()
    if len(entries) > MAX_ENTRIES:
        raise UnreadableFile(f"a ZIP bomb or no document: it holds {len(entries):,} entries (limit {MAX_ENTRIES:,})")
    expanded = sum(entry.file_size for entry in entries)
    if expanded > MAX_EXPANDED:
        raise UnreadableFile(
            f"a ZIP bomb or no document: it expands to {expanded >> 20:,} MB (limit {MAX_EXPANDED >> 20:,} MB)"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("encrypted; save a copy without a password")
    return container


def part(container: zipfile.ZipFile, name: str) -> bytes | None:
    """The bytes of one part; `None` if there is none of that name.

    Raises:
        UnreadableFile: it is damaged or too large.
    """
    try:
        entry = container.getinfo(name)
        if entry.file_size > MAX_PART:
            raise UnreadableFile(f"too large: its part {name} has {entry.file_size >> 20:,} MB")
        return container.read(entry)
    except KeyError:
        return None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UnreadableFile(f"damaged: its part {name} cannot be read; get or save it again") from error


def parse_xml(data: bytes, *, recover: bool = False) -> _Element:
    """The root of an XML document; entities are left out, not resolved, and nothing is fetched.

    With `recover`, mistakes are overlooked as browsers do; what follows one may be lost.

    Raises:
        UnreadableFile: this is not XML.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, recover=recover
    )
    try:
        root: _Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"damaged: its XML is broken ({error.msg}); get or save it again") from error
    if root is None:
        raise UnreadableFile("damaged: its XML is broken; get or save it again")
    etree.strip_tags(root, etree.Entity)  # the text around them stays
    return root
