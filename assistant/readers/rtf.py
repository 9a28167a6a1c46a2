"""RTF: paragraphs, tables, notes and comments; pictures, headers and footers are left out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from assistant.errors import UnreadableFile
from assistant.readers import Reading, working
from assistant.readers.office.package import declared
from assistant.readers.office.rtf_story import Story
from assistant.readers.office.rtf_tokens import SIGNS, Token, code_page, known_page, tokens
from assistant.readers.office.symbols import raised, shown
from assistant.readers.office.writer import note
from assistant.readers.text import Block, make_source

SUFFIXES = (".rtf",)
VERSION = 2

_SKIPPED = re.compile(
    "colortbl|pict|header[lrf]?|footer[lrf]?|a?ftn(?:sep|sepc|cn)|listtext|pntext|pn|nonshppict|shprslt|sp|bkmkstart"
    "|bkmkend|tcn?|r?xe|txe|filetbl|revtbl|atn(?:id|author|ref|date|time|parent)|atrf(?:start|end)|nonesttables"
    "|mmathPict|panose|falt|operator|company|keywords|subject|comment|doccomm|category|manager|hlinkbase|creatim|revtim"
    "|printim|buptim"
)
"""Groups whose content is no text of the document."""
_STORIES = {"footnote": "footnote", "annotation": "comment", "shptxt": "text box"}
_OPENED = frozenset({"shpinst", "moMath", "moMathPara", "annotation", "fldinst", "nesttableprops", "ud"})
"""Groups that are marked to be skipped by programs that do not know them, and are known here."""
_KEPT = {"object": "result", "upr": "ud"}
"""Groups that are skipped, with the one in them that is text."""
_CAPTURED = {"title": "title", "author": "author", "fldinst": "code", "fonttbl": "font", "stylesheet": "style"}
_HEADING = re.compile(r"\s*heading ([1-9])\s*(?:;|,|\Z)", re.IGNORECASE)
_TITLE = re.compile(r"\s*title\s*(?:;|,|\Z)", re.IGNORECASE)
_CONTENTS = re.compile(r"\s*TOC\b")
_ENDS = ("par", "sect", "page", "column")
_SIGNS_ONLY = 2
"""The character set of fonts with signs in place of letters; nearly always it is the font Symbol."""
_AT_ONCE = 20_000


def read(data: bytes, source_id: str) -> Reading:
    """Read an RTF file.

    Raises:
        UnreadableFile: this is no RTF file.
    """
    start = data.find(b"{\\rtf")
    if start < 0:
        raise UnreadableFile("not an RTF file; give it the suffix of its kind")
    document = _Document()
    for count, token in enumerate(tokens(data[start:])):
        document.take(token)
        if count % _AT_ONCE == 0:
            working()
    blocks = document.blocks()
    metadata = declared(document.captured("title"), [document.captured("author")])
    return Reading((make_source(data, source_id, blocks, metadata),), tuple(document.problems))


@dataclass
class _Group:
    """What holds in a group and those within it, as far as they say nothing else.

    `into` is what its text goes to: "text", nothing, or one of `_CAPTURED`; `around` is what that of `_KEPT` goes to.
    """

    story: Story
    into: str = "text"
    around: str = ""
    fallback: int = 1  # characters that stand after one in Unicode, for programs that do not know it
    hidden: bool = False
    deleted: bool = False
    raised: str | None = None
    font: int = 0
    style: int = 0


class _Document:
    """A file that is read token by token."""

    def __init__(self) -> None:
        self._captured: defaultdict[str, list[str]] = defaultdict(list)
        self.problems: list[str] = []
        self._body = Story("body")
        self._group = _Group(self._body)
        self._groups: list[_Group] = []
        self._bytes: list[str] = []
        self._to_skip = 0
        self._marked = False  # the group may be skipped by programs that do not know it
        self._page = "cp1252"
        self._default = 0
        self._fonts: dict[int, str] = {}
        self._symbols: set[int] = set()  # the fonts that have signs in place of letters
        self._levels: dict[int, int] = {}
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._changed = False

    def blocks(self) -> list[Block]:
        """The blocks of the file."""
        self._flush()
        if self._groups:
            self.problems.append("damaged: its end is missing")
        while self._groups:
            self._close()
        if self._changed:
            self.problems.append("it has tracked changes: read as if all were accepted")
        return self._body.end()

    def captured(self, kind: str) -> str:
        """The text of one of `_CAPTURED` so far, which is given once."""
        return "".join(self._captured.pop(kind, ()))

    def take(self, token: Token) -> None:
        """Take in the next token."""
        if not token.word:
            skipped = min(self._to_skip, len(token.text))
            self._to_skip -= skipped
            self._bytes.append(token.text[skipped:])
            return
        self._flush()
        if token.word in ("begin", "end"):
            self._to_skip, self._marked = 0, False
            if token.word == "begin":
                self._groups.append(self._group)
                self._group = replace(self._group)
            elif self._groups:
                self._close()
        elif token.word == "*":
            self._marked = True
        elif self._to_skip and token.word in SIGNS:
            self._to_skip -= 1
        elif not self._goes_elsewhere(token.word):
            self._control(token.word, token.number)

    def _flush(self) -> None:
        """Put the bytes so far where they belong, as characters."""
        if self._bytes:
            data = "".join(self._bytes).encode("latin-1")
            self._bytes = []
            if self._group.font in self._symbols:
                self._say(shown("".join(chr(0xF000 + code) for code in data), "Symbol"))
            else:
                self._say(data.decode(self._fonts.get(self._group.font, self._page), "replace"))

    def _say(self, text: str) -> None:
        group = self._group
        if group.into == "text":
            if not group.hidden and not group.deleted:
                group.story.parts.append(raised(text, group.raised))
        elif group.into:
            self._captured[group.into].append(text)

    def _close(self) -> None:
        """End a group: a style is known now, and a note is whole."""
        ended, self._group = self._group, self._groups.pop()
        if ended.into == "style":
            name = self.captured("style")
            heading = _HEADING.match(name)
            if heading or _TITLE.match(name):
                self._levels.setdefault(ended.style, int(heading[1]) if heading else 1)
        if ended.story is self._group.story:
            return
        kind, blocks = ended.story.kind, ended.story.end()
        if blocks and kind in ("footnote", "endnote", "comment"):
            self._counts[kind] += 1
            blocks = note(f"{kind} {self._counts[kind]}", blocks)
        self._group.story.cited += blocks

    def _goes_elsewhere(self, word: str) -> bool:
        """Whether a control word says that the text of its group goes elsewhere, or nowhere."""
        group = self._group
        marked, self._marked = self._marked, False
        if word in _CAPTURED:
            group.into = _CAPTURED[word] if group.into == "text" else ""
        elif word in _STORIES and group.into == "text":
            group.story = Story(_STORIES[word])
        elif word in _KEPT:
            group.into, group.around = "", group.into
        elif word in _KEPT.values() and not group.into:
            group.into = group.around
        elif word == "fldrslt" and _CONTENTS.match(self.captured("code")):
            group.into = ""
        elif _SKIPPED.fullmatch(word) or (marked and word not in _OPENED):
            group.into = group.around = ""
        else:
            return False
        return True

    def _control(self, word: str, number: int | None) -> None:
        """Do what any other control word says."""
        group = self._group
        if word in SIGNS:
            self._say(SIGNS[word])
        elif word == "u":
            self._say(shown(chr((number or 0) % 65536), "Symbol" if group.font in self._symbols else ""))
            self._to_skip = group.fallback
        elif word == "uc":
            group.fallback = max(number or 0, 0)
        elif word == "f":
            group.font = number or 0
        elif word == "deff":
            group.font = self._default = number or 0
        elif word == "fcharset" and group.into == "font":
            self._fonts[group.font] = code_page(number, self._page)
            if number == _SIGNS_ONLY:
                self._symbols.add(group.font)
        elif word == "s" and group.into == "style":
            group.style = number or 0
        elif word == "outlinelevel" and group.into == "style":
            self._levels[group.style] = _level(number)
        elif word in ("ansicpg", "mac", "pc", "pca"):
            self._page = _PAGES.get(word) or known_page(number)
        elif word == "plain":
            group.hidden = group.deleted = False
            group.raised, group.font = None, self._default
        elif word == "v":
            group.hidden = number != 0
        elif word in _RAISED:
            group.raised = _RAISED[word] if number != 0 else None
        elif word in ("deleted", "revised"):
            self._changed = True
            group.deleted = word == "deleted" and number != 0
        elif group.into == "text":
            self._layout(group, word, number)

    def _layout(self, group: _Group, word: str, number: int | None) -> None:
        """Do what a control word says of paragraphs, notes and tables."""
        story = group.story
        if word in _ENDS:
            if not group.hidden and not group.deleted:
                story.end_paragraph()
        elif word == "pard":
            story.level, story.item, story.in_table = 0, False, False
        elif word == "s":
            story.level = self._levels.get(number or 0, 0)
        elif word == "outlinelevel":
            story.level = _level(number)
        elif word == "ls":
            story.item = number != 0
        elif word == "intbl":
            story.in_table = True
        elif word == "ftnalt":
            story.kind = "endnote"
        elif word in _ROWS:
            _ROWS[word](story)


_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_RAISED = {"super": "sup", "sub": "sub", "nosupersub": None}
_ROWS = {
    "cell": Story.end_cell,
    "row": Story.end_row,
    "nestcell": Story.end_nested_cell,
    "nestrow": Story.end_nested_row,
}


def _level(number: int | None) -> int:
    """The level of a heading for that of an outline; the tenth is body text."""
    return ((number or 0) + 1) % 10
