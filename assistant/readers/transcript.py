"""Subtitles and transcripts (WebVTT, SubRip): what was said, in paragraphs, with the time of each cue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise

from assistant.errors import UnreadableFile
from assistant.readers import Reading
from assistant.readers.encoding import decode
from assistant.readers.metadata import language_tag
from assistant.readers.text import Block, make_source, one_line, unwrap
from assistant.records import LocatorKind, Metadata

SUFFIXES = (".vtt", ".srt")
VERSION = 1

_TIME = r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")
_LANGUAGE = re.compile(r"^Language:\s*(\S+)", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>|(</v>)")
_TAG = re.compile(r"</?(?:b|c|font|i|lang|ruby|rt|s|u|v)(?=[\s.>])[^<>]*>|<\d+:[\d:.]+>|\{\\[^{}]*\}")
_NAME = re.compile(r"(?:>>|[^\W\d_a-z][\w.’' -]{0,40}:)(?:\s|$)")
_SENTENCE_END = re.compile(r"[.!?…。！？؟]['\"”’»)\]]*$")
_PAUSE = 3.0
"""Seconds without a cue after which a new paragraph begins."""
_LONG = 100
"""Words after which the end of a sentence ends the paragraph."""
_ROLLING = 0.3
"""From this share of cues on that begin with the last lines of the one before, captions roll and repeat themselves."""


@dataclass(frozen=True, slots=True)
class _Cue:
    """Lines that are shown from `start` to `end` (seconds)."""

    start: float
    end: float
    lines: tuple[str, ...]


def read(data: bytes, source_id: str) -> Reading:
    """Read a transcript. A speaker's name stays where it is printed, and is put before what a voice tag marks.

    Raises:
        UnreadableFile: this is not text, or no cue is in it.
    """
    text, problems = decode(data)
    parts = re.sub(r"\r\n?", "\n", text.replace("\0", "")).strip("\n").split("\n")
    web = parts[0].startswith("WEBVTT")
    broken: list[int] = []
    cues = list(_cues(parts, web, broken))
    if not cues:
        raise UnreadableFile("no words with their times in it; give it the suffix of its kind")
    if broken:
        lines = ", ".join(map(str, broken[:10])) + (", ..." if broken[10:] else "")
        problems += (f"broken cues and text outside of cues left out: {len(broken)}, in lines {lines}",)
    header = _LANGUAGE.search(text.partition("-->")[0]) if web else None
    metadata = Metadata(language=language_tag(header[1]) if header else None)
    return Reading((make_source(data, source_id, _blocks(_unrolled(cues), web), metadata),), problems)


def _cues(lines: list[str], web: bool, broken: list[int]) -> Iterator[_Cue]:
    """The cues in a file's lines; the numbers of lines that belong to none, and are lost, are put into `broken`.

    A blank line ends a cue, but not in SubRip files, whose makers leave some in the text.
    """
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    for start, end in pairwise([*starts, len(lines)]):
        times = _TIMES.match(lines[start])
        if times is None:
            broken.append(start + 1)
            continue
        shown = lines[start + 1 : end]
        if end < len(lines) and shown and shown[-1].strip().isdigit():
            shown.pop()  # the number of the next cue
        if web:
            ends = next((number for number, line in enumerate(shown) if not line), len(shown))
            broken += [start + 2 + number for number in _strays(shown, ends) if start + 2 + number < end]
            shown = shown[:ends]
        texts = tuple(line.strip() for line in shown if line.strip())
        yield _Cue(_seconds(times.groups()[:4]), _seconds(times.groups()[4:]), texts)


def _strays(lines: list[str], start: int) -> Iterator[int]:
    """Where text begins after a cue that is neither a note nor a style; the last line may be the next cue's name."""
    for number in range(start, len(lines)):
        begins = lines[number].strip() and not lines[number - 1].strip()
        if begins and not lines[number].startswith(_NO_CUE):
            yield number


def _seconds(parts: tuple[str, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(f"{seconds}.{fraction}")


def _unrolled(cues: list[_Cue]) -> list[_Cue]:
    """The cues without lines that are only shown again, if the captions roll."""
    again = [0, *(_repeated(before.lines, cue.lines) for before, cue in pairwise(cues))]
    rolling = any(0 < count < len(cue.lines) for count, cue in zip(again, cues, strict=True))  # else it is said twice
    if not rolling or sum(map(bool, again)) < _ROLLING * len(cues):
        return cues
    return [replace(cue, lines=cue.lines[count:]) for cue, count in zip(cues, again, strict=True)]


def _repeated(before: tuple[str, ...], lines: tuple[str, ...]) -> int:
    """How many lines at the beginning are the last ones of the cue before, whatever their tags."""
    shown, seen = [_TAG.sub("", line) for line in lines], [_TAG.sub("", line) for line in before]
    return next((count for count in range(len(shown), 0, -1) if shown[:count] == seen[-count:]), 0)


def _blocks(cues: list[_Cue], web: bool) -> Iterator[Block]:
    """A block for each speech in each cue, those of a paragraph joined."""
    before, last_end, words, speaker = "", 0.0, 0, ""
    for cue in cues:
        place = ((LocatorKind.TIME, _label(cue.start)),)
        for voice, speech in _speeches("\n".join(cue.lines)):
            text = one_line(unwrap(_TAG.sub("", speech)))
            text = unescape(text) if web else text
            if not text:
                continue
            changed = voice not in ("", speaker)
            ends = words >= _LONG and _SENTENCE_END.search(before)
            if not before or changed or ends or cue.start - last_end >= _PAUSE or _NAME.match(text):
                words, before = 0, ""
            speaker = voice or ("" if _NAME.match(text) else speaker)
            text = f"{voice}: {text}" if changed else text
            yield Block(text, places=place, join=_between(before, text) if before else None)
            before, last_end = text, cue.end
            words += len(text.split())


def _speeches(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a cue with the speaker that a voice tag names; empty where none does."""
    speaker, start = "", 0
    for tag in _VOICE.finditer(text):
        yield speaker, text[start : tag.start()]
        speaker, start = one_line(tag[1] or ""), tag.end()
    yield speaker, text[start:]


def _between(before: str, after: str) -> str:
    """What stands between two words of one paragraph: a space where their script has spaces."""
    return unwrap(f"{before[-1]}\n{after[0]}")[1:-1]


def _label(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
