"""Tables and raised figures: the right figure, in its row, without a file costing more than it should."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from office_files import OPEN_NAMESPACES, docx, opendocument, part, pptx, xlsx, zipped

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import read
from assistant.records import LocatorKind, Source


def source_of(data: bytes, name: str) -> Source:
    (source,) = read(data, name).sources
    return source


def place(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


def one_cell(value: str, pattern: str) -> str:
    """What a sheet shows of a number with a format."""
    code = escape(pattern, {"'": "&apos;"})
    styles = part(
        "s:styleSheet",
        f"<s:numFmts><s:numFmt numFmtId='200' formatCode='{code}'/></s:numFmts>"
        "<s:cellXfs><s:xf numFmtId='200'/></s:cellXfs>",
    )
    row = f"<s:row r='1'><s:c r='A1' s='0'><s:v>{value}</s:v></s:c></s:row>"
    return source_of(xlsx({"One": row}, parts={"xl/styles.xml": styles}), "a.xlsx").text.removeprefix("One\n\n")


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("12.5", '0.0"%"', "12.5"),
        ("12.5", r"0.0\%", "12.5"),
        ("12.5", '0.0 "% of GDP"', "12.5"),
        ("12.5", "0.0_%", "12.5"),
        ("0.125", "0.0%", "12.5%"),
        ("0.125", '0.00%" of GDP"', "12.50%"),
        ("0.125", "[Red]0.0%", "12.5%"),
        ("-0.0625", "[h]:mm", "-1:30:00"),
        ("1.0625", "[h]:mm", "25:30:00"),
        ("-0.0625", "hh:mm", "-0.0625"),
    ],
)
def test_numbers_are_what_excel_shows(value: str, pattern: str, expected: str) -> None:
    assert one_cell(value, pattern) == expected


# Raised and lowered figures


def test_raised_figures_in_word() -> None:
    def run(text: str, properties: str = "") -> str:
        return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"

    up, down, level = (f"<w:vertAlign w:val='{name}'/>" for name in ("superscript", "subscript", "baseline"))
    styled = "<w:rStyle w:val='R'/>"
    body = (
        f"<w:p>{run('10')}{run('6', up)}{run(' of CO')}{run('2', down)}{run(' on the 9')}{run('th', up)}"
        f"{run(' of May 1994')}{run('2', styled)}{run(', or 1995')}{run('1,', styled)}{run('2', styled)}"
        f"{run(' and 3', styled + level)}</w:p>"
    )
    styles = f"<w:style w:type='character' w:styleId='R'><w:name w:val='ref'/><w:rPr>{up}</w:rPr></w:style>"
    assert source_of(docx(body, styles=styles), "a.docx").text == "10⁶ of CO₂ on the 9th of May 1994², or 1995¹,² and 3"


def test_raised_figures_in_powerpoint_and_excel() -> None:
    runs = "".join(
        f"<a:r><a:rPr baseline='{offset}'/><a:t>{text}</a:t></a:r>"
        for text, offset in (("10", "0"), ("6", "30000"), (" CO", "0%"), ("2", "-25%"))
    )
    slide = f"<p:sp><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"
    assert source_of(pptx([slide]), "a.pptx").text == "10⁶ CO₂"
    strings = (
        "<s:si><s:r><s:t>km</s:t></s:r><s:r><s:rPr><s:vertAlign val='superscript'/></s:rPr><s:t>2</s:t></s:r></s:si>"
    )
    row = "<s:row r='1'><s:c r='A1' t='s'><s:v>0</s:v></s:c></s:row>"
    assert source_of(xlsx({"One": row}, strings), "a.xlsx").text == "One\n\nkm²"


def test_raised_figures_in_rtf() -> None:
    body = (
        rb"{\rtf1 10{\super 6} CO{\sub 2} 1994\super 2\nosupersub 0 9{\super th} x\super 2\plain 3 "
        rb"10{\super \u8722?7}\par}"
    )
    assert source_of(body, "a.rtf").text == "10⁶ CO₂ 1994²0 9th x²3 10⁻⁷"


def test_raised_figures_in_opendocument() -> None:
    styles = "".join(
        f"<style:style style:name='{name}' style:family='text'>"
        f"<style:text-properties style:text-position='{offset}'/></style:style>"
        for name, offset in (("U", "super 58%"), ("D", "-33% 58%"), ("N", "0% 100%"))
    )
    body = (
        "<text:p>10<text:span text:style-name='U'>6</text:span> CO<text:span text:style-name='D'>2</text:span> "
        "<text:span text:style-name='N'>7</text:span></text:p>"
    )
    assert source_of(opendocument("text", body, styles), "a.odt").text == "10⁶ CO₂ 7"


# Notes


def test_notes_that_cite_each_other_are_given_once() -> None:
    def reference(number: int) -> str:
        return f"<w:r><w:footnoteReference w:id='{number}'/></w:r>"

    notes = "".join(
        f"<w:footnote w:id='{n}'><w:p><w:r><w:t>Note {n}.</w:t></w:r>{2 * reference(n + 1 if n < 40 else 1)}</w:p>"
        "</w:footnote>"
        for n in range(1, 41)
    )
    text = source_of(docx(f"<w:p><w:r><w:t>Dues</w:t></w:r>{reference(1)}</w:p>", footnotes=notes), "a.docx").text
    assert sorted(text.split("\n\n")) == sorted(["Dues", *(f"Note {n}." for n in range(1, 41))])


@pytest.mark.parametrize("where", ["section", "settings"])
def test_notes_are_numbered_from_where_the_document_says(where: str) -> None:
    start = "<w:footnotePr><w:numStart w:val='5'/></w:footnotePr>"
    body = "<w:p><w:r><w:t>Dues</w:t><w:footnoteReference w:id='1'/></w:r></w:p>"
    data = docx(
        body + (f"<w:sectPr>{start}</w:sectPr>" if where == "section" else "<w:sectPr/>"),
        settings=start if where == "settings" else "",
        footnotes="<w:footnote w:id='1'><w:p><w:r><w:t>By law.</w:t></w:r></w:p></w:footnote>",
    )
    assert place(source_of(data, "a.docx"), "By law") == "footnote 5"


# What costs too much


def test_far_columns_cost_nothing() -> None:
    cells = "<s:c r='A{0}'><s:v>1</s:v></s:c><s:c r='ZZZ{0}'><s:v>2</s:v></s:c>"
    rows = "".join(f"<s:row r='{number}'>{cells.format(number)}</s:row>" for number in range(1, 2001))
    assert len(source_of(xlsx({"One": rows}), "a.xlsx").text) < 200_000


def test_repeated_cells_and_rows_are_bounded_and_told() -> None:
    row = (
        "<table:table-row table:number-rows-repeated='1000'><table:table-cell table:number-columns-repeated='1024'>"
        "<text:p>1</text:p></table:table-cell></table:table-row>"
    )
    reading = read(opendocument("spreadsheet", f"<table:table table:name='One'>{row * 30}</table:table>"), "a.ods")
    assert len(reading.sources[0].text) < 12_000_000
    assert reading.problems == ("cells or rows that repeat the one before were left out: they are too many",)


def test_repeated_cells_of_an_ordinary_sheet_are_whole() -> None:
    body = (
        "<table:table table:name='One'><table:table-row table:number-rows-repeated='3'>"
        "<table:table-cell table:number-columns-repeated='2000'/>"
        "<table:table-cell table:number-columns-repeated='3'><text:p>0</text:p></table:table-cell>"
        "<table:table-cell><text:p>end</text:p></table:table-cell></table:table-row></table:table>"
    )
    reading = read(opendocument("spreadsheet", body), "a.ods")
    assert [line.strip("| ") for line in reading.sources[0].text.split("\n\n")] == ["One", *["0 | 0 | 0 | end"] * 3]
    assert reading.problems == ()


def test_strings_that_are_referred_to_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.readers.spreadsheet._MOST", 1000)
    row = "<s:row><s:c t='s'><s:v>0</s:v></s:c></s:row>"
    with pytest.raises(UnreadableFile, match="bomb"):
        read(xlsx({"One": row * 20}, f"<s:si><s:t>{'quay' * 25}</s:t></s:si>"), "a.xlsx")


def test_objects_that_hold_each_other_are_read_once() -> None:
    frame = "<draw:frame><draw:object xlink:href='./Object 1' xmlns:xlink='http://www.w3.org/1999/xlink'/></draw:frame>"

    def content(text: str) -> str:
        body = f"<office:body><office:text><text:p>{text}{2 * frame}</text:p></office:text></office:body>"
        return f"<office:document-content {OPEN_NAMESPACES}>{body}</office:document-content>"

    data = zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content("Quay"),
            "Object 1/content.xml": content("Wall"),
        }
    )
    assert source_of(data, "a.odt").text == "Quay\n\nWall"


def test_a_heading_and_its_first_row_have_the_row_once() -> None:
    rows = "".join(f"<s:row r='{n}'><s:c r='A{n}'><s:v>{n}</s:v></s:c></s:row>" for n in (4, 5))
    source = source_of(xlsx({"One": rows, "Two": rows}), "a.xlsx")
    assert [each.label for each in source.locators if each.kind is LocatorKind.ROW] == ["4", "5", "4", "5"]
    assert place(source, "Two") == "sheet “Two”, row 4"


# Tables as text


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.tsv", '"Hello" he said\tA\nx\ty\n', ['"Hello" he said | A', "x | y"]),
        ("a.tsv", '"5 inch\tA\nx\ty\nz\tw\n', ['"5 inch | A', "x | y", "z | w"]),
        ("a.tsv", '"a\tb"\tA\n"c ""d"""\ty\n', ["a b | A", 'c "d" | y']),
        ("a.tsv", "a, b, c\tA\nd, e, f\tB\n", ["a, b, c | A", "d, e, f | B"]),
        ("a.csv", '"Hello" he said,A\n"x, y",b\n', ['"Hello" he said | A', "x, y | b"]),
        ("a.csv", '"5 inch,A\nx,y\n"6 inch,B\n', ['"5 inch | A', "x | y", '"6 inch | B']),
        ("a.csv", "a;1,5\nb;2,5\n", ["a | 1,5", "b | 2,5"]),
        ("a.csv", "1,5;2,5\n3,5;4,5\n", ["1,5 | 2,5", "3,5 | 4,5"]),
        ("a.csv", "x\t1,5\ny\t2,5\n", ["x | 1,5", "y | 2,5"]),
        ("a.csv", "1,2,3\n4,5,6\n", ["1 | 2 | 3", "4 | 5 | 6"]),
    ],
)
def test_tables_as_text_keep_their_quotation_marks_and_cells(name: str, data: str, expected: list[str]) -> None:
    assert source_of(data.encode(), name).text.split("\n\n") == expected


def test_a_quotation_mark_that_nothing_closes_is_told() -> None:
    reading = read(b'a,b\n"5 inch,c\nd,e\n', "a.csv")
    assert place(reading.sources[0], "d | e") == "row 3"
    assert reading.problems == (
        "a quotation mark opens a cell and none closes it: quotation marks were read as part of the text",
    )


def test_long_cells_of_figures_are_words() -> None:
    cells = "\n".join(f"{'1' * 3000}x,{number}" for number in range(60))
    assert place(source_of(cells.encode(), "a.csv"), "1x | 59") == "row 60"
