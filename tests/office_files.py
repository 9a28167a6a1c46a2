"""Office files for the tests, put together from the XML of their parts."""

from __future__ import annotations

import io
import zipfile

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "v": "urn:schemas-microsoft-com:vml",
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    }.items()
)
OPEN_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "draw": "drawing",
        "fo": "xsl-fo-compatible",
        "meta": "meta",
        "office": "office",
        "presentation": "presentation",
        "style": "style",
        "svg": "svg-compatible",
        "table": "table",
        "text": "text",
    }.items()
)
ENTITIES = "".join(
    [
        "<!DOCTYPE x [<!ENTITY a 'haha'><!ENTITY out SYSTEM 'file:///etc/passwd'>",
        *(f"<!ENTITY {name} '{f'&{before};' * 20}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)),
        "]>",
    ]
)
"""Entities: `&i;` would be 100 GB of laughter if it were expanded, `&out;` a file of this machine."""
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(parts: dict[str, str]) -> bytes:
    """A ZIP file of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return file.getvalue()


def relationships(*targets: tuple[str, str]) -> str:
    """A part of relationships, `rId1` and so on, each with its kind and target."""
    lines = [
        f'<Relationship Id="rId{number}" Type="{_RELATIONSHIP}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    ]
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{"".join(lines)}</Relationships>'


def part(tag: str, content: str, before: str = "") -> str:
    """A part of an Office Open XML file."""
    return f"<?xml version='1.0' encoding='UTF-8'?>{before}<{tag} {NAMESPACES}>{content}</{tag}>"


def docx(body: str, before: str = "", **notes: str) -> bytes:
    """A Word file with this body and these parts: `footnotes`, `endnotes`, `comments`, `styles`, `numbering`."""
    parts = {f"word/{kind}.xml": part(f"w:{kind}", content) for kind, content in notes.items()}
    return zipped(
        {
            "_rels/.rels": relationships(("officeDocument", "word/document.xml")),
            "word/_rels/document.xml.rels": relationships(*((kind, f"{kind}.xml") for kind in notes)),
            "word/document.xml": part("w:document", f"<w:body>{body}</w:body>", before),
            **parts,
        }
    )


def xlsx(sheets: dict[str, str], strings: str = "", before: str = "", parts: dict[str, str] | None = None) -> bytes:
    """An Excel file; a sheet is the XML of its rows, and a name with an exclamation mark is hidden."""
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    entries = [_sheet(name, number) for number, name in enumerate(sheets, 1)]
    return zipped(
        {
            "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": relationships(
                *targets, ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
            ),
            "xl/workbook.xml": part("s:workbook", f"<s:sheets>{''.join(entries)}</s:sheets>"),
            "xl/sharedStrings.xml": part("s:sst", strings, before),
            **{
                f"xl/{target}": part("s:worksheet", f"<s:sheetData>{rows}</s:sheetData>", before)
                for (_, target), rows in zip(targets, sheets.values(), strict=True)
            },
            **(parts or {}),
        }
    )


def _sheet(name: str, number: int) -> str:
    shown = name.rstrip("!")
    state = "hidden" if name.endswith("!") else "visible"
    return f"<s:sheet name='{shown}' r:id='rId{number}' state='{state}'/>"


def pptx(slides: list[str], parts: dict[str, str] | None = None) -> bytes:
    """A PowerPoint file; a slide is the XML of its shapes."""
    targets = [("slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1)]
    entries = "".join(f'<p:sldId id="{255 + number}" r:id="rId{number}"/>' for number in range(1, len(slides) + 1))
    return zipped(
        {
            "_rels/.rels": relationships(("officeDocument", "ppt/presentation.xml")),
            "ppt/_rels/presentation.xml.rels": relationships(*targets),
            "ppt/presentation.xml": part("p:presentation", f"<p:sldIdLst>{entries}</p:sldIdLst>"),
            **{
                f"ppt/{target}": part("p:sld", f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>")
                for (_, target), shapes in zip(targets, slides, strict=True)
            },
            **(parts or {}),
        }
    )


def opendocument(kind: str, body: str, styles: str = "", before: str = "", meta: str = "") -> bytes:
    """An OpenDocument file: `kind` is text, presentation or spreadsheet."""
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?>{before}<office:document-content {OPEN_NAMESPACES} "
        f"xmlns:dc='http://purl.org/dc/elements/1.1/'><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    parts = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content}
    if meta:
        parts["meta.xml"] = (
            f"<office:document-meta {OPEN_NAMESPACES} xmlns:dc='http://purl.org/dc/elements/1.1/'>"
            f"<office:meta>{meta}</office:meta></office:document-meta>"
        )
    return zipped(parts)
