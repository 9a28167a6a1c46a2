"""Writes down what a person knows of a source: its sidecar is made, or fields are filled in on the text that is there.

What is in a sidecar stays as it is, byte for byte, but for the values that change. The new text is read again before it
is written; where it does not say just what was meant, nothing is written.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import UnreadableFile, UsageError
from assistant.index.generation import Generation
from assistant.readers import csl
from assistant.readers.folder import MAX_SIDECAR, cannot_open, described_by, lies_in, load, move, sidecar_of
from assistant.readers.metadata import field_name, from_mapping, parse
from assistant.readers.text import one_line
from assistant.records import Metadata

_PEOPLE = frozenset({"authors", *csl.NAMES})
_BETWEEN_PEOPLE = re.compile(r"[;\n]")
_BETWEEN_TAGS = re.compile(r"[,\n]")

Value = str | list[str]


def describe(source_id: str, values: Mapping[str, str], index: Generation) -> str:
    """Fills in fields of the sidecar of a source; the sidecar's name, relative to the sources folder.

    `values` are by the names that fields have in a sidecar. People stand on lines of their own or between semicolons,
    tags between commas. A value that is empty is passed over: nothing is taken out.

    Raises:
        UsageError: there is no such source or field, a value is none of its field, or the file can have no sidecar of
            its own, or only one that is edited by hand; then nothing is written.
        UnreadableFile: the sidecar cannot be read or written.
    """
    root = index.sources_root
    file = index.stamps[index.find(source_id)].file
    wanted = _wanted(values)
    held = len(index.of_file(file))
    if held > 1:
        raise UsageError(f"{file} holds {held} documents, and a sidecar would describe them all: edit the file itself")
    document = root / file
    if not document.is_file() or not lies_in(document, root):
        raise UsageError(f"{source_id} is not in the sources folder any more: run assistant rebuild")
    try:
        sidecar = _sidecar(document)
        name = unicodedata.normalize("NFC", sidecar.relative_to(root).as_posix())
        before = load(sidecar, MAX_SIDECAR) if sidecar.exists() else None
        after = _filled_in(before or b"", wanted, name)
        if after != before:
            _write(sidecar, before, after)
    except UnreadableFile as error:
        raise UnreadableFile(f"the sidecar of {source_id}: {error}") from error
    except OSError as error:
        raise UnreadableFile(f"the sidecar of {source_id}: {cannot_open(error)}") from error
    return name


def _wanted(values: Mapping[str, str]) -> dict[str, Value]:
    """What is to be filled in, by the chief name of each field.

    Raises:
        UsageError: there is no such field, a value is none of its field, or there is nothing.
    """
    wanted: dict[str, Value] = {}
    for given, text in values.items():
        field = field_name(given)
        if field is None:
            raise UsageError(f"there is no field {one_line(given)[:60]!r}: the README lists those of a sidecar")
        between = _BETWEEN_PEOPLE if field in _PEOPLE else _BETWEEN_TAGS if field == "tags" else None
        value: Value = list(filter(None, map(one_line, between.split(text)))) if between else one_line(text)
        if not value:
            continue
        if field in wanted:
            raise UsageError(f"{field} is given twice, under two names: give it once")
        known, problems = from_mapping({field: value})
        if problems or known == Metadata():
            problem = problems[0] if problems else f"{field} is not usable: {one_line(text)[:60]}"
            raise UsageError(problem.replace(" and was left out", "", 1))
        wanted[field] = value
    if not wanted:
        raise UsageError("there is nothing to fill in: give a value")
    return wanted


def _sidecar(document: Path) -> Path:
    """The sidecar of a document, or the name that it is to have.

    Raises:
        UsageError: it describes others too, or is a link.
        OSError: the folder cannot be listed.
    """
    sidecar = sidecar_of(document) or document.with_name(f"{document.name}.yaml")
    others = [path.name for path in described_by(sidecar) if path != document]
    if others:
        raise UsageError(f"{sidecar.name} would describe {others[0]} too: edit it by hand")
    if sidecar.is_symlink():
        raise UsageError(f"{sidecar.name} is a link: edit what it leads to by hand")
    return sidecar


def _filled_in(before: bytes, wanted: Mapping[str, Value], name: str) -> bytes:
    """The bytes of a sidecar with these fields.

    Raises:
        UsageError: it must be edited by hand.
    """
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    try:
        text = before.removeprefix(mark).decode("utf-8")
        root, mapping = _fields(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8: edit it by hand") from error
    except ValueError as error:
        raise UsageError(f"{name} is broken ({error}): mend it by hand") from error
    edits: list[tuple[int, int, str]] = []
    new: dict[str, Value] = {}
    for field, value in wanted.items():
        there = [(key, node) for key, node in root.value if field_name(key.value) == field] if root else []
        if len(there) > 1:
            raise UsageError(f"{name} names {field} more than once: edit it by hand")
        if not there:
            new[field] = value
        elif from_mapping({field: mapping[there[0][0].value]}) != from_mapping({field: value}):
            edits.append(_edit(text, *there[0], value, name))
            mapping[there[0][0].value] = value
    for start, end, written in sorted(edits, reverse=True):
        text = text[:start] + written + text[end:]
    text = _append(text, new, " " * (root.start_mark.column if root else 0))
    if len(text.encode()) > MAX_SIDECAR:
        raise UsageError(f"{name} would be too large: shorten the values")
    try:
        sound = _fields(text)[1] == mapping | new
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{name} is written in a way that cannot be changed safely: edit it by hand")
    return mark + text.encode()


def _fields(text: str) -> tuple[yaml.MappingNode | None, dict[Any, Any]]:
    """The fields of a sidecar: as nodes with their places in the text, and as plain data; none of what is blank.

    Raises:
        ValueError: it is no mapping in YAML.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return None, {}
    parse(text)
    root = yaml.compose(text, yaml.BaseLoader)
    return root if isinstance(root, yaml.MappingNode) else None, yaml.load(text, yaml.BaseLoader)


def _edit(text: str, key: yaml.Node, node: yaml.Node, value: Value, name: str) -> tuple[int, int, str]:
    """Where the value of a field stands in the text, and what is to stand there.

    Raises:
        UsageError: it stands on lines of which one cannot tell which are its own.
    """
    start, end = node.start_mark.index, _end(node)
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if is_block:  # it begins on the next line
        start = key.end_mark.index + len(":")
    with_comments = isinstance(node, yaml.CollectionNode) and "#" in text[start:end]
    if end is None or with_comments:
        raise UsageError(f"{name} has {key.value} in a form that cannot be changed safely: edit it by hand")
    return start, end, f" {_quoted(value)}" if is_block or start == end else _quoted(value)


def _end(node: yaml.Node) -> int | None:
    """Where the text of a node ends, before the white space and comments after it; `None` for a block of text."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.style in ("|", ">") else node.end_mark.index
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        return node.end_mark.index
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _append(text: str, new: Mapping[str, Value], indent: str) -> str:
    """The text with fields after it, on lines that end as its own do."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    lead = line_end if new and text and not text.endswith("\n") else ""
    return text + lead + "".join(f"{indent}{field}: {_quoted(value)}{line_end}" for field, value in new.items())


def _quoted(value: Value) -> str:
    """A value as YAML in quotation marks; JSON's are YAML's, for text on one line."""
    return json.dumps(value, ensure_ascii=False)


def _write(sidecar: Path, before: bytes | None, after: bytes) -> None:
    """Puts the new sidecar in the place of the old one in one step.

    Raises:
        UsageError: it has been changed meanwhile.
        OSError: it cannot be written.
    """
    written = sidecar.with_name(f".describing-{secrets.token_hex(8)}")
    try:
        with written.open("xb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if before is None:
            move(written, sidecar)
            return
        if load(sidecar, MAX_SIDECAR) != before:
            raise UsageError(f"{sidecar.name} has been changed meanwhile: try again")
        shutil.copymode(sidecar, written)
        written.replace(sidecar)
    finally:
        written.unlink(missing_ok=True)
