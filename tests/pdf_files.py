"""PDF files for tests, written out byte by byte: pages of words at given places."""

from __future__ import annotations

from collections.abc import Sequence

Word = tuple[float, float, str] | bytes
"""Where a word begins on the page, and the word; or operators that show one, as they stand in the file."""


def pdf(
    pages: Sequence[Sequence[Word]],
    *,
    page: bytes = b"",
    catalog: bytes = b"",
    more: Sequence[bytes] = (),
    size: int = 10,
) -> bytes:
    """A PDF of pages of 400 by 600 points in Helvetica.

    `page` and `catalog` are further entries of each page and of the catalog, `more` further objects, from number 10.
    """
    first = 10 + len(more)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        2: b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 400 600]/Resources<</Font<</F 3 0 R/B 4 0 R>>>>>>"
        % (len(pages), kids),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        **dict(enumerate(more, 10)),
    }
    for number, words in enumerate(pages):
        content = b"BT " + b" ".join(_shown(word, size) for word in words) + b" ET"
        objects[first + 2 * number] = b"<</Type/Page/Parent 2 0 R/Contents %d 0 R%b>>" % (first + 2 * number + 1, page)
        objects[first + 2 * number + 1] = b"<</Length %d>>stream\n%b\nendstream" % (len(content), content)
    data = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj%b\nendobj\n" % (number, body)
    table = len(data)
    data += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    data += b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, table)
    return bytes(data)


def _shown(word: Word, size: int) -> bytes:
    if isinstance(word, bytes):
        return word
    x, y, text = word
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")
    return b"/F %d Tf 1 0 0 1 %g %g Tm (%b) Tj" % (size, x, y, escaped)


ROMAN = b"/PageLabels<</Nums[0<</S/r>>3<</S/D>>]>>"
"""Of a catalog: the first three pages are i, ii and iii, the fourth is 1."""


def column(x: float, y: float, lines: Sequence[str], step: float = 12) -> list[Word]:
    """Lines one under the other, from the height `y` down."""
    return [(x, y - step * number, line) for number, line in enumerate(lines)]
