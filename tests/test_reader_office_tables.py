"""Slides and spreadsheets: PowerPoint, Excel, OpenDocument, CSV."""

from __future__ import annotations

from pathlib import Path

import pytest
from office_files import ENTITIES, opendocument, part, pptx, relationships, xlsx

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.records import Source

CORPUS = Path(__file__).parent / "corpus"


def source_of(reading: Reading) -> Source:
    (source,) = reading.sources
    return source


def text_of(data: bytes, name: str) -> str:
    return source_of(read(data, name)).text


def place(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


def shape(text: str, x: int = 0, y: int = 0, kind: str = "") -> str:
    placeholder = f"<p:ph type='{kind}'/>" if kind else ""
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='1'/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr><a:xfrm>"
        f"<a:off x='{x}' y='{y}'/></a:xfrm></p:spPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


def row(number: int, *cells: str) -> str:
    return f"<s:row r='{number}'>{''.join(cells)}</s:row>"


def words(reference: str, text: str) -> str:
    return f"<s:c r='{reference}' t='inlineStr'><s:is><s:t>{text}</s:t></s:is></s:c>"


def value(reference: str, number: str, more: str = "") -> str:
    return f"<s:c r='{reference}' {more}><s:v>{number}</s:v></s:c>"


# PowerPoint and OpenDocument slides


def test_slides_of_another_program_are_read_with_notes_and_tables() -> None:
    source = source_of(read((CORPUS / "lights.pptx").read_bytes(), "lights.pptx"))
    assert source.text == (
        "Lighthouses of the coast\n\nAda Quill\n\nThe north light\n\nIt was lit in 1871.\nrange: 19 miles\n"
        "height: 31 metres\n\nSay why the lamp was moved in 1902.\n\nThe south light\n\nLeft column text.\n\n"
        "Right column text.\n\nFigures\n\nLight | Range\nNorth | 19\nSouth | 12"
    )
    assert place(source, "range: 19 miles") == "slide 2"
    assert place(source, "why the lamp") == "slide 2, speaker notes"
    assert place(source, "South | 12") == "slide 4"
    assert source.metadata.title == "Lighthouses of the coast"
    assert source.metadata.authors == ("Ada Quill",)


def test_shapes_are_read_from_top_to_bottom_and_left_to_right() -> None:
    group = (
        "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='0' y='3000000'/></a:xfrm></p:grpSpPr>"
        f"{shape('lower', 0, 900000)}{shape('upper', 0, 0)}</p:grpSp>"
    )
    slide = (
        group + shape("right", 5000000, 1000000) + shape("left", 0, 1010000) + shape("7", kind="sldNum")
        + shape("Last\ntitle", 0, 6000000, "title") + shape("foot", 0, 6500000, "ftr")
    )  # fmt: skip
    assert text_of(pptx([slide]), "a.pptx") == "Last title\n\nleft\n\nright\n\nupper\n\nlower"


def test_what_a_slide_shows_besides_text() -> None:
    def frame(y: int, graphic: str) -> str:
        return f"<p:graphicFrame><p:xfrm><a:off x='0' y='{y}'/></p:xfrm>{graphic}</p:graphicFrame>"

    def points(name: str, *values: str) -> str:
        cache = "".join(f"<c:pt idx='{index}'><c:v>{each}</c:v></c:pt>" for index, each in enumerate(values))
        return f"<c:{name}><c:cache>{cache}</c:cache></c:{name}>"

    title = "<c:title><a:p><a:r><a:t>Ships a year</a:t></a:r></a:p></c:title>"
    chart = f"{title}<c:ser>{points('tx', 'Sail')}{points('cat', '1871', '1902')}{points('val', '40', '12')}</c:ser>"
    diagram = (
        "<dgm:pt><dgm:t><a:p><a:r><a:t>Pilot boards</a:t></a:r></a:p></dgm:t></dgm:pt>"
        "<dgm:pt type='pres'><dgm:t><a:p><a:r><a:t>again</a:t></a:r></a:p></dgm:t></dgm:pt>"
    )
    parts = {
        "ppt/slides/_rels/slide1.xml.rels": relationships(
            ("chart", "../charts/chart1.xml"), ("diagramData", "../diagrams/data1.xml"), ("oleObject", "../a.xls")
        ),
        "ppt/charts/chart1.xml": part("c:chartSpace", chart),
        "ppt/diagrams/data1.xml": part("dgm:dataModel", diagram),
    }  # fmt: skip
    slide = frame(0, "<c:chart r:id='rId1'/>") + frame(900000, "<dgm:relIds r:dm='rId2'/>")
    reading = read(pptx([slide, shape("Old figures")], parts), "a.pptx")
    assert source_of(reading).text == "Ships a year\nSail\n1871 | 40\n1902 | 12\n\nPilot boards\n\nOld figures"
    assert reading.problems == ("slide 1: embedded files not read: 1; save them into the sources",)


def test_hidden_slides_and_slides_of_pictures_are_told() -> None:
    parts = {
        "ppt/slides/slide1.xml": part("p:sld", f"<p:cSld><p:spTree>{shape('Kept back')}</p:spTree></p:cSld>").replace(
            "<p:sld ", "<p:sld show='0' "
        )
    }
    reading = read(pptx(["", "<p:pic/>", shape("Shown")], parts), "a.ppsx")
    assert place(source_of(reading), "Kept back") == "slide 1"
    assert place(source_of(reading), "Shown") == "slide 3"
    assert reading.problems == ("hidden slides, read like the others: 1", "slides with pictures only: 2")


def test_a_broken_slide_costs_only_itself() -> None:
    reading = read(pptx([shape("One"), shape("Two")], {"ppt/slides/slide1.xml": "<broken"}), "a.pptx")
    assert source_of(reading).text == "Two"
    assert "slide 1 could not be read" in reading.problems


def test_opendocument_slides() -> None:
    def frame(text: str, x: str, y: str, kind: str = "outline") -> str:
        return (
            f"<draw:frame presentation:class='{kind}' svg:x='{x}' svg:y='{y}'><draw:text-box><text:p>{text}</text:p>"
            "</draw:text-box></draw:frame>"
        )

    notes = f"<presentation:notes>{frame('Speak up.', '0cm', '0cm', 'notes')}</presentation:notes>"
    style = (
        "<style:style style:name='d' style:family='drawing-page'>"
        "<style:drawing-page-properties presentation:visibility='hidden'/></style:style>"
    )
    body = (
        f"<draw:page>{frame('below', '1cm', '90mm')}{frame('right', '5in', '2cm')}{frame('left', '1cm', '2.1cm')}"
        f"{frame('Lights', '0cm', '12cm', 'title')}{frame('3', '0cm', '0cm', 'page-number')}{notes}</draw:page>"
        f"<draw:page draw:style-name='d'>{frame('Spare', '0cm', '0cm')}</draw:page>"
    )
    reading = read(opendocument("presentation", body, style), "a.odp")
    source = source_of(reading)
    assert source.text == "Lights\n\nleft\n\nright\n\nbelow\n\nSpeak up.\n\nSpare"
    assert place(source, "Speak up") == "slide 1, speaker notes"
    assert place(source, "Spare") == "slide 2"
    assert reading.problems == ("hidden slides, read like the others: 2",)


# Spreadsheets


def test_a_workbook_of_another_program_is_read_row_by_row() -> None:
    reading = read((CORPUS / "tides.xlsx").read_bytes(), "tides.xlsx")  # made by XlsxWriter
    source = source_of(reading)
    assert source.text == (
        "Tides\n\nTides at Skerrivore\n\nDay | High (m) | Share | Seen | Sum\n\n"
        "Day: 1902-01-31; High (m): 4.1; Share: 12.5%; Seen: TRUE; Sum: 0.3\n\n"
        "Day: 1902-07-01 06:30; High (m): 1234567; Share: 7%; Seen: FALSE; Sum: #N/A\n\n"
        "Dues\n\nShips pay seven shillings."
    )
    assert place(source, "High (m): 4.1") == "sheet “Tides”, row 4"
    assert place(source, "Day | High") == "sheet “Tides”, row 3"
    assert place(source, "seven shillings") == "sheet “Dues”, row 12"
    assert place(source, "Dues") == "sheet “Dues”, row 12"
    assert source.metadata.title == "Harbour tables"
    assert reading.problems == ("hidden sheets, read like the others: Dues",)


def test_formulas_that_were_never_calculated_are_told() -> None:
    rows = row(1, words("A1", "Dues"), "<s:c r='B1'><s:f>SUM(C1:C9)</s:f></s:c>")
    reading = read(xlsx({"One": rows}), "a.xlsx")
    assert source_of(reading).text == "One\n\nDues"
    assert reading.problems == (
        "formulas without a saved value: One (1); open and save it in Excel or LibreOffice",
    )  # fmt: skip


def test_comments_and_text_boxes_stand_at_their_row() -> None:
    box = "<xdr:txBody><a:p><a:r><a:t>In a box.</a:t></a:r></a:p></xdr:txBody>"
    related = relationships(("comments", "../comments1.xml"), ("drawing", "../drawing1.xml"))
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": related,
        "xl/comments1.xml": part("s:comments", "<s:comment ref='A2'><s:text><s:t>Is it?</s:t></s:text></s:comment>"),
        "xl/drawing1.xml": part(
            "xdr:wsDr",
            "<xdr:anchor><xdr:from><xdr:row>8</xdr:row></xdr:from><xdr:sp>"
            f"{box}</xdr:sp></xdr:anchor>",
        ),
    }  # fmt: skip
    source = source_of(read(xlsx({"One": row(2, words("A2", "Seven"))}, parts=parts), "a.xlsx"))
    assert source.text == "One\n\nSeven\n\nIs it?\n\nIn a box."
    assert place(source, "Is it?") == "sheet “One”, row 2"
    assert place(source, "In a box.") == "sheet “One”, row 9"


def test_strings_are_whole_and_empty_rows_cost_nothing() -> None:
    strings = (
        "<s:si><s:r><s:t>North </s:t></s:r><s:r><s:t>light_x000D_</s:t></s:r><s:rPh><s:t>noosu</s:t></s:rPh></s:si>"
    )
    empty = "".join(f"<s:row r='{number}'><s:c s='1'/></s:row>" for number in range(2, 20_000))
    data = xlsx({"One": row(1, value("A1", "0", "t='s'")) + empty + row(20_000, value("B20000", "7"))}, strings)
    source = source_of(read(data, "a.xlsx"))
    assert source.text == "One\n\nNorth light\n\n7"
    assert place(source, "7") == "sheet “One”, row 20000"


def test_entities_in_a_workbook_are_neither_expanded_nor_fetched() -> None:
    data = xlsx({"One": row(1, words("A1", "Quay &i; and &out;"), words("B1", "wall"))}, before=ENTITIES)
    try:
        text = text_of(data, "a.xlsx")
    except UnreadableFile:
        return
    assert "haha" not in text
    assert "root" not in text


def test_a_sheet_that_breaks_off_is_read_to_there_and_told() -> None:
    cut = part("s:worksheet", "<s:sheetData>" + row(1, words("A1", "whole")) + "<s:row").removesuffix("</s:worksheet>")
    reading = read(xlsx({"One": ""}, parts={"xl/worksheets/sheet1.xml": cut}), "a.xlsx")
    assert source_of(reading).text == "One\n\nwhole"
    assert reading.problems == ("a damaged part was read to its element 1 only: xl/worksheets/sheet1.xml",)


def test_an_opendocument_spreadsheet() -> None:
    def cell(kind: str, shown: str, more: str = "") -> str:
        return f"<table:table-cell office:value-type='{kind}' {more}><text:p>{shown}</text:p></table:table-cell>"

    style = (
        "<style:style style:name='t' style:family='table'><style:table-properties table:display='false'/></style:style>"
    )
    comment = "<office:annotation><text:p>Spring tide.</text:p></office:annotation>"
    header = "".join(cell("string", name) for name in ("Day", "High", "Share"))
    body = (
        "<table:table table:name='Tides'><table:table-header-rows><table:table-row>" + header +
        "</table:table-row></table:table-header-rows><table:table-row table:number-rows-repeated='9'>"
        "<table:table-cell table:number-columns-repeated='16384'/></table:table-row><table:table-row>"
        + cell("date", "31.01.02", "office:date-value='1902-01-31'")
        + cell("float", "4,1", "office:value='4.1000000000000005'").replace("<text:p>", f"{comment}<text:p>")
        + cell("percentage", "12.5%", "office:value='0.12512'")
        + "</table:table-row><table:table-row table:number-rows-repeated='1048500'>"
        "<table:table-cell/></table:table-row>"
        "</table:table><table:table table:name='Dues' table:style-name='t'><table:table-row>"
        + cell("string", "Seven") + "</table:table-row></table:table>"
    )  # fmt: skip
    reading = read(opendocument("spreadsheet", body, style), "a.ods")
    source = source_of(reading)
    assert source.text == (
        "Tides\n\nDay | High | Share\n\nDay: 1902-01-31; High: 4.1; Share: 12.5%\n\nSpring tide.\n\nDues\n\nSeven"
    )
    assert place(source, "High: 4.1") == "sheet “Tides”, row 11"
    assert place(source, "Seven") == "sheet “Dues”, row 1"
    assert reading.problems == ("hidden sheets, read like the others: Dues",)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("Light;Built;Height\nNorth;1871;31,5\n\nSouth;1902;\n", "Light: North; Built: 1871; Height: 31,5"),
        ('sep=|\nLight|Built|Height\n"North|old"|1871|31.5', "Light: North|old; Built: 1871; Height: 31.5"),
        ("Light\tBuilt\tHeight\nNorth, old\t1871\t31.5\n", "Light: North, old; Built: 1871; Height: 31.5"),
        ("Country,1990,2000\nNorth,12,40\n", "Country: North; 1990: 12; 2000: 40"),
        ("North,1871,31\nSouth,1902,12\n", "South | 1902 | 12"),
        ("Title,Dues\nAuthor,Ada Quill\n", "Author | Ada Quill"),
        ("Light,Text,No\nNorth,\"first\n\nsecond, third\",1\n", "Light: North; Text: first second, third; No: 1"),
    ],
)  # fmt: skip
def test_csv_rows_carry_their_columns_where_there_is_a_header(data: str, expected: str) -> None:
    assert expected in text_of(data.encode("utf-8"), "a.csv").split("\n\n")


def test_csv_rows_are_numbered_as_in_a_spreadsheet() -> None:
    source = source_of(read("Light;Built;Height\nNorth;1871;31,5\n\nSöuth;1902;\n".encode("utf-16"), "a.csv"))
    assert source.text.startswith("Light | Built | Height\n\n")
    assert place(source, "Light | Built") == "row 1"
    assert place(source, "Söuth") == "row 4"
    with pytest.raises(UnreadableFile, match="not text"):
        read(b"\x00\x01\x02\x03binary\xff" * 50, "a.csv")


@pytest.mark.parametrize("name", ["lights.pptx", "tides.xlsx"])
def test_damaged_files_say_so(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    with pytest.raises(UnreadableFile, match="damaged"):
        read(data[: len(data) // 2], name)
