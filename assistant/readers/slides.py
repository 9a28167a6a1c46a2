"""PowerPoint: the text of each slide in the order in which it is read, then its comments and the speaker's notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.readers import Reading, working
from assistant.readers.office.drawings import A, embedded, graphics, paragraphs, table
from assistant.readers.office.package import ALTERNATE, RELATIONSHIP, Package, Relationship, chosen, integer
from assistant.readers.text import Block, Place, make_source
from assistant.records import LocatorKind

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".pptx", ".pptm", ".ppsx")
VERSION = 2

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_SHAPE, _GROUP, _FRAME = P + "sp", P + "grpSp", P + "graphicFrame"
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("ftr", "dt", "sldNum", "hdr", "sldImg")
_BANDS = 24
"""A slide's height in bands: shapes that begin in one band are read from left to right."""
_USUAL_HEIGHT = 6858000

_Position = tuple[int, int]


def read(data: bytes, source_id: str) -> Reading:
    """Read a PowerPoint file. What stands on every slide (footer, date, number, the master's text) is left out.

    Raises:
        UnreadableFile: it is damaged or encrypted.
    """
    package = Package(data)
    main = package.main()
    root = package.root(main)
    size = root.find(P + "sldSz")
    band = integer(size.get("cy") if size is not None else None, _USUAL_HEIGHT) // _BANDS
    targets = {related.id: related.target for related in package.related(main)}
    first = integer(root.get("firstSlideNum"), 1)
    blocks: list[Block] = []
    hidden: list[str] = []
    silent: list[str] = []
    for number, entry in enumerate(root.iter(P + "sldId"), first):
        slide = package.xml(targets.get(entry.get(RELATIONSHIP + "id", ""), ""))
        if slide is None:
            package.problems.append(f"slide {number} could not be read")
            continue
        if slide.get("show") in ("0", "false"):
            hidden.append(str(number))
        of_slide = _Slide(package, targets[entry.get(RELATIONSHIP + "id", "")], slide, band)
        said = list(of_slide.blocks((LocatorKind.SLIDE, str(number))))
        if not said and next(slide.iter(P + "pic"), None) is not None:
            silent.append(str(number))
        blocks += said
        working()
    if hidden:
        package.problems.append(f"hidden slides, read like the others: {', '.join(hidden)}")
    if silent:
        package.problems.append(f"slides with pictures only: {', '.join(silent)}")
    source = make_source(data, source_id, blocks, package.metadata())
    return Reading((source,), tuple(dict.fromkeys(package.problems)))


class _Slide:
    """One slide and what it refers to."""

    def __init__(self, package: Package, name: str, root: _Element, band: int) -> None:
        self._package, self._root, self._band = package, root, band or 1
        self._related = package.related(name)
        layout = self._target("slideLayout")
        master = _target(package.related(layout), "slideMaster") if layout else None
        self._bases = [base for base in map(package.xml, filter(None, (layout, master))) if base is not None]

    def blocks(self, place: Place) -> Iterator[Block]:
        """The title, the text, comments and notes of the slide."""
        places: tuple[Place, ...] = (place,)
        for text, level, label in self._texts():
            if text:
                yield Block(text, level, places, label)
                places = ()
        self._package.problems += [f"slide {place[1]}: {told}" for told in embedded(self._related)]

    def _texts(self) -> Iterator[tuple[str, int, str | None]]:
        """Each text with its level as a heading and its label."""
        shapes = list(self._shapes(self._root.find(f"{P}cSld/{P}spTree")))
        for shape in shapes:
            if _placeholder(shape) in _TITLES:
                yield paragraphs(shape), 1, None
        for shape in shapes:
            if _placeholder(shape) not in (*_TITLES, *_FURNITURE):
                for text in self._said(shape):
                    yield text, 0, None
        number = 0
        for related in self._related:
            if related.kind == "comments":
                for text in _comments(self._package.xml(related.target)):
                    number += 1
                    yield text, 0, f"comment {number}"
        notes = self._package.xml(self._target("notesSlide") or "")
        if notes is not None:
            shapes = [shape for shape in notes.iter(_SHAPE) if _placeholder(shape) not in _FURNITURE]
            yield "\n".join(filter(None, map(paragraphs, shapes))), 0, "speaker notes"

    def _target(self, kind: str) -> str | None:
        return _target(self._related, kind)

    def _said(self, shape: _Element) -> Iterator[str]:
        """The texts of a shape."""
        if shape.tag == _FRAME:
            yield from (table(each) for each in shape.iter(A + "tbl"))
            yield from graphics(self._package, self._related, shape)
        else:
            yield paragraphs(shape)

    def _shapes(self, tree: _Element | None) -> Iterator[_Element]:
        """The shapes that are shown, from top to bottom and from left to right; a group is read as one."""
        shapes = [chosen(shape) if shape.tag == ALTERNATE else shape for shape in (tree if tree is not None else ())]
        shapes = [inner for shape in shapes for inner in ([shape] if shape.tag in _KINDS else shape)]
        for shape in sorted(filter(_is_shown, shapes), key=self._position):
            if shape.tag == _GROUP:
                yield from self._shapes(shape)
            else:
                yield shape

    def _position(self, shape: _Element) -> _Position:
        """Band and left edge of a shape; a placeholder may leave them to the layout or the master."""
        found = _offset(shape)
        for base in self._bases:
            found = found or next((_offset(other) for other in base.iter(_SHAPE) if _corresponds(other, shape)), None)
        x, y = found or (0, 0)
        return y // self._band, x


_KINDS = (_SHAPE, _GROUP, _FRAME)


def _target(related: list[Relationship], kind: str) -> str | None:
    return next((each.target for each in related if each.kind == kind), None)


def _is_shown(shape: _Element) -> bool:
    properties = shape.find(f"*/{P}cNvPr")
    return shape.tag in _KINDS and (properties is None or properties.get("hidden") not in ("1", "true"))


def _placeholder(shape: _Element) -> str | None:
    """The kind of a placeholder; `None` for any other shape."""
    element = shape.find(f"*/{P}nvPr/{P}ph")
    return element.get("type", "obj") if element is not None else None


def _corresponds(base: _Element, shape: _Element) -> bool:
    """Whether a placeholder of the layout or the master is the one that a shape fills."""
    wanted, given = (each.find(f"*/{P}nvPr/{P}ph") for each in (shape, base))
    if wanted is None or given is None:
        return False
    same_index = wanted.get("idx") is not None and wanted.get("idx") == given.get("idx")
    same_type = wanted.get("type") is not None and wanted.get("type") == given.get("type")
    return same_index or same_type


def _offset(shape: _Element) -> _Position | None:
    """Left and upper edge of a shape."""
    offset = next((found for path in _OFFSETS if (found := shape.find(path)) is not None), None)
    return (integer(offset.get("x")), integer(offset.get("y"))) if offset is not None else None


_OFFSETS = (f"{P}spPr/{A}xfrm/{A}off", f"{P}grpSpPr/{A}xfrm/{A}off", f"{P}xfrm/{A}off")


def _comments(root: _Element | None) -> Iterator[str]:
    """What comments say, in the old form and in the new one with replies."""
    for element in root.iter() if root is not None else ():
        name = element.tag.rpartition("}")[2]
        if name == "text":
            yield element.text or ""
        elif name == "txBody":
            yield paragraphs(element)
