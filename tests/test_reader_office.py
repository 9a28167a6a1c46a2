"""Word, OpenDocument and RTF texts: what a reader sees, in its order, with notes where they are cited."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from office_files import ENTITIES, docx, opendocument, part, relationships, zipped

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.records import LocatorKind, Source

CORPUS = Path(__file__).parent / "corpus"
HARBOUR = (CORPUS / "harbour.docx", CORPUS / "harbour.odt")  # both made by pandoc


def source_of(reading: Reading) -> Source:
    (source,) = reading.sources
    return source


def text_of(data: bytes, name: str = "a.docx") -> str:
    return source_of(read(data, name)).text


def place(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


def headings(source: Source) -> list[tuple[str, int]]:
    return [(each.label, each.level) for each in source.locators if each.kind is LocatorKind.SECTION]


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{text if text.startswith('<') else p(text)}</w:tc>"


def rtf(body: str) -> bytes:
    return rf"{{\rtf1\ansi\ansicpg1252{{\fonttbl{{\f0\fcharset0 Arial;}}}}{body}}}".encode("latin-1")


# Word and OpenDocument, as another program writes them


@pytest.mark.parametrize("path", HARBOUR, ids=lambda path: path.suffix)
def test_a_document_reads_as_a_person_reads_it(path: Path) -> None:
    source = source_of(read(path.read_bytes(), path.name))
    assert source.text == (
        "The Harbour of Skerrivore\n\nAda Quill\n\nBrian Moor\n\nThe breakwater\n\n"
        "The breakwater was built in 1871. It is 412 metres long, and no storm has moved it since.\n\n"
        "It cost 38,000 pounds, a third of which the town paid.\n\n"
        "A second wall was planned in 1902; see the plans.\n\n"
        "the north light\nthe south light\nits red sector\n\n"
        "Tides\n\nMonth | High (m) | Low (m)\nJanuary | 4.1 | 0.6\nJuly | 3.8 | 0.9\n\n"
        "The energy of a wave is E=1/8ρgH^2 in all weathers.\n\n"
        "The pilots\n\nPilots meet every ship. They board at the fairway buoy.\n\n"
        "Ships under 20 metres are exempt."
    )
    assert headings(source) == [
        ("The Harbour of Skerrivore", 1), ("The breakwater", 1), ("Tides", 2), ("The pilots", 1),
    ]  # fmt: skip
    assert place(source, "412 metres") == "section “The breakwater”, paragraph 1"
    assert place(source, "a third of which") == "section “The breakwater”, footnote 1"
    assert place(source, "under 20 metres") == "section “The pilots”, footnote 2"
    assert place(source, "July | 3.8") == "section “Tides”, paragraph 1"
    assert source.metadata.title == "The Harbour of Skerrivore"
    assert source.metadata.authors == ("Ada Quill", "Brian Moor")


@pytest.mark.parametrize("path", HARBOUR, ids=lambda path: path.suffix)
def test_a_damaged_file_says_so(path: Path) -> None:
    data = path.read_bytes()
    with pytest.raises(UnreadableFile, match="damaged"):
        read(data[: len(data) // 2], path.name)


@pytest.mark.parametrize("path", HARBOUR, ids=lambda path: path.suffix)
def test_a_broken_inner_part_costs_only_itself(path: Path) -> None:
    with zipfile.ZipFile(path) as container:
        parts = {name: container.read(name).decode("latin-1") for name in container.namelist()}
    broken = "word/footnotes.xml" if path.suffix == ".docx" else "styles.xml"
    parts[broken] = "<not xml"
    reading = read(zipped(parts), path.name)
    assert "It is 412 metres long" in source_of(reading).text
    assert reading.problems == (f"a damaged part was left out: {broken}",)


def test_entities_are_neither_expanded_nor_fetched() -> None:
    word = docx("<w:p><w:r><w:t>Quay &i; and &out; wall.</w:t></w:r></w:p>", ENTITIES)
    open_text = opendocument("text", "<text:p>Quay &i; and &out; wall.</text:p>", before=ENTITIES)
    for data, name in ((word, "a.docx"), (open_text, "a.odt")):
        try:
            text = text_of(data, name)
        except UnreadableFile as error:
            assert "broken" in str(error)
        else:
            assert text == "Quay and wall."


# Word


def test_word_shows_tracked_changes_as_accepted() -> None:
    body = (
        "<w:p><w:r><w:t>The dues are </w:t></w:r><w:del><w:r><w:delText>five</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>seven</w:t></w:r></w:ins><w:r><w:t> shillings.</w:t></w:r></w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>One </w:t></w:r></w:p>" + p("paragraph.") +
        f"<w:tbl><w:tr>{cell('a')}{cell('b')}</w:tr><w:tr><w:trPr><w:del/></w:trPr>{cell('c')}{cell('d')}</w:tr></w:tbl>"
    )  # fmt: skip
    reading = read(docx(body), "a.docx")
    assert source_of(reading).text == "The dues are seven shillings.\n\nOne paragraph.\n\na | b"
    assert reading.problems == ("it has tracked changes: read as if all were accepted",)


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Beside the box.</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>" + p("After it.")
    )
    assert text_of(docx(body)) == "Beside the box.\n\nIn the box.\n\nAfter it."


def test_notes_and_comments_follow_the_paragraph_that_cites_them() -> None:
    def note(kind: str, key: int, text: str, more: str = "") -> str:
        return f"<w:{kind} w:id='{key}' {more}>{p(text)}</w:{kind}>"

    body = (
        "<w:p><w:r><w:t>Ships pay dues</w:t></w:r><w:r><w:footnoteReference w:id='7'/></w:r><w:r><w:t>, says the law"
        "</w:t></w:r><w:r><w:commentReference w:id='3'/></w:r><w:r><w:endnoteReference w:id='2'/></w:r>"
        "<w:r><w:footnoteReference w:customMarkFollows='1' w:id='8'/><w:t>*</w:t></w:r></w:p>" + p("The end.")
    )
    data = docx(
        body,
        footnotes=note("footnote", 0, "separator", "w:type='separator'") + note("footnote", 7, "Act of 1846.")
        + note("footnote", 8, "Repealed."),
        endnotes=note("endnote", 2, "See the minutes."),
        comments=note("comment", 3, "Is this so?"),
    )  # fmt: skip
    source = source_of(read(data, "a.docx"))
    assert source.text == (
        "Ships pay dues, says the law*\n\nAct of 1846.\n\nIs this so?\n\nSee the minutes.\n\nRepealed.\n\nThe end."
    )
    assert [place(source, words) for words in ("Act of", "Is this", "See the", "Repealed", "The end")] == [
        "footnote 1", "comment 1", "endnote 1", "footnote *", "paragraph 2",
    ]  # fmt: skip


def test_headings_are_known_by_outline_level_style_name_and_base() -> None:
    styles = (
        "<w:style w:type='paragraph' w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Own'><w:name w:val='House'/><w:basedOn w:val='berschrift1'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='T'><w:name w:val='Title'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Out'><w:pPr><w:outlineLvl w:val='2'/></w:pPr></w:style>"
    )
    styled = {"Rules": "T", "Dues": "berschrift1", "Ships": "Own", "Boats": "Out", "text": "None"}
    body = "".join(p(text, f"<w:pStyle w:val='{style}'/>") for text, style in styled.items())
    long = p("The master of every ship shall pay. " * 20, "<w:pStyle w:val='berschrift1'/>")
    found = headings(source_of(read(docx(body + long, styles=styles), "a.docx")))
    assert found == [("Rules", 1), ("Dues", 1), ("Ships", 1), ("Boats", 3)]


def test_fields_show_their_results_and_tables_of_contents_are_left_out() -> None:
    def char(kind: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"

    def field(code: str, result: str) -> str:
        return f"{char('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{char('separate')}{result}{char('end')}"

    contents = (
        f"<w:p>{char('begin')}<w:r><w:instrText> TOC \\o </w:instrText></w:r>{char('separate')}"
        f"<w:r><w:t>Dues</w:t></w:r>{field('PAGEREF a', '<w:r><w:t>3</w:t></w:r>')}</w:p><w:p>{char('end')}</w:p>"
    )
    body = contents + "<w:p>" + field(" REF b ", "<w:r><w:t>Rule 4</w:t></w:r>") + "<w:r><w:t> holds.</w:t></w:r></w:p>"
    assert text_of(docx(body)) == "Rule 4 holds."
    unended = (
        f"<w:p>{char('begin')}<w:r><w:instrText>TOC</w:instrText></w:r>{char('separate')}</w:p>{p('All the rest.')}"
    )
    assert text_of(docx(unended)) == "All the rest."


def test_signs_controls_and_hidden_text() -> None:
    body = (
        "<w:p><w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t><w:softHyphen/><w:t>erate</w:t><w:tab/><w:t>now</w:t><w:br/>"
        "<w:t>and then</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>"
        "<w:hyperlink><w:smartTag><w:r><w:t> linked</w:t></w:r></w:smartTag></w:hyperlink></w:p>"
        f"<w:sdt><w:sdtContent>{p('In a control.')}</w:sdtContent></w:sdt>"
    )
    assert text_of(docx(body)) == "co-operate now\nand then linked\n\nIn a control."


def test_lists_and_tables_are_blocks_with_a_line_for_an_item_and_a_row() -> None:
    numbered = "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
    clause = "Every ship that enters the harbour shall pay the dues that the council has fixed. " * 5
    nested = f"<w:tbl><w:tr>{cell('deep 1')}{cell('deep 2')}</w:tr></w:tbl>"
    first = cell("Both", "<w:vMerge w:val='restart'/>")
    table = (
        f"<w:tbl><w:tr>{first}{cell('x')}{cell('')}</w:tr>"
        f"<w:tr>{cell('unseen', '<w:vMerge/>')}{cell(p('y') + nested)}{cell('')}</w:tr></w:tbl>"
    )
    frame = f"<w:tbl><w:tr>{cell(p('Framed.') + p('Text.'))}</w:tr></w:tbl>"
    body = p("one", numbered) + p("two", numbered) + p(clause, numbered) + p("Then.") + table + frame
    assert text_of(docx(body)) == "\n\n".join(
        ["one\ntwo", clause.strip(), "Then.", "Both | x\ny\ndeep 1 | deep 2", "Framed.", "Text."]
    )


def test_formulas_and_signs_are_said_in_a_line() -> None:
    def m(name: str, *inside: str) -> str:
        return f"<m:{name}>{''.join(inside)}</m:{name}>"

    def t(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    half = m("f", m("num", t("a"), t("+b")), m("den", t("2")))
    formula = m("oMath", m("sSup", m("e", half), m("sup", t("n"))), t("="), m("rad", m("e", m("d", m("e", t("x"))))))
    body = (
        f"<w:p>{formula}</w:p><w:p><w:pPr><w:framePr w:dropCap='drop'/></w:pPr><w:r><w:t>S</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>hips </w:t><w:sym w:font='Symbol' w:char='F0B3'/></w:r>"
        "<w:r><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr><w:t>\uf061</w:t></w:r></w:p>"
    )
    assert text_of(docx(body)) == "((a+b)/2)^n=√(x)\n\nShips ≥α"


def test_notes_that_are_numbered_anew_are_told() -> None:
    body = (
        "<w:p><w:r><w:t>Dues</w:t><w:footnoteReference w:id='1'/></w:r></w:p>"
        "<w:sectPr><w:footnotePr><w:numRestart w:val='eachPage'/></w:footnotePr></w:sectPr>"
    )
    reading = read(docx(body, footnotes=f"<w:footnote w:id='1'>{p('By law.')}</w:footnote>"), "a.docx")
    assert reading.problems == (
        "its notes are numbered anew on each page or section: citations count them all through",
    )


def numbered(*lists: str, levels: Sequence[tuple[str, str, str]]) -> str:
    """The numbering of a document: one pattern with these levels, and lists by it, each with what it overrides."""
    patterns = "".join(level(number, 1, form, text, more) for number, (form, text, more) in enumerate(levels))
    return f'<w:abstractNum w:abstractNumId="7">{patterns}</w:abstractNum>' + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="7"/>{overrides}</w:num>'
        for number, overrides in enumerate(lists, 1)
    )


def level(number: int, start: int, form: str, text: str, more: str = "") -> str:
    inside = f'<w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}'
    return f'<w:lvl w:ilvl="{number}">{inside}</w:lvl>'


def item(text: str, level: int, list_id: int = 1) -> str:
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_paragraphs_have_the_numbers_that_word_counts() -> None:
    levels = [
        ("upperRoman", "Article %1", '<w:pStyle w:val="Head"/>'),
        ("decimal", "%1.%2.", "<w:isLgl/>"),
        ("lowerLetter", "(%3)", ""),
        ("bullet", "•", ""),
        ("chineseCounting", "%5", ""),
    ]
    restart = '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="3"/></w:lvlOverride>'
    styles = (
        '<w:style w:type="paragraph" w:styleId="Head"><w:name w:val="heading 1"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    heading = '<w:pStyle w:val="Head"/>'
    body = [
        p("Dues", heading), item("Who pays", 1), item("Ships", 2), item("Boats", 2), item("no mark", 3),
        item("neither", 4), item("When", 1), item("At once", 2), p("Pilots", heading), item("", 1), item("Duty", 1),
        item("Third", 2, 2), item("Fourth", 2, 2), p("Plain", heading + '<w:numPr><w:numId w:val="0"/></w:numPr>'),
        p("Wrecks", heading), item("of no list", 0, 9),
    ]  # fmt: skip
    data = docx("".join(body), styles=styles, numbering=numbered("", restart, levels=levels))
    assert re.split(r"\n+", text_of(data)) == [
        "Article I Dues", "1.1. Who pays", "(a) Ships", "(b) Boats", "no mark", "neither", "1.2. When", "(a) At once",
        "Article II Pilots", "2.2. Duty", "(c) Third", "(d) Fourth", "Plain", "Article III Wrecks", "of no list",
    ]  # fmt: skip
    source = source_of(read(data, "a.docx"))
    assert place(source, "Boats") == "section “Article I Dues”, paragraph 1"


def test_a_list_with_a_level_of_its_own_counts_by_itself() -> None:
    own = f'<w:lvlOverride w:ilvl="0">{level(0, 5, "decimal", "%1)")}</w:lvlOverride>'
    numbering = numbered("", own, "", levels=[("decimal", "%1.", "")])
    body = [item("one", 0), item("two", 0), item("five", 0, 2), item("three", 0, 3), item("six", 0, 2)]
    assert text_of(docx("".join(body), numbering=numbering)).split("\n") == [
        "1. one", "2. two", "5) five", "3. three", "6) six",
    ]  # fmt: skip


def test_other_kinds_of_word_files_are_read() -> None:
    strict = part("w:document", f"<w:body>{p('Strict.')}</w:body>").replace(
        "schemas.openxmlformats.org/wordprocessingml/2006", "purl.oclc.org/ooxml/wordprocessingml"
    )
    parts = {"_rels/.rels": relationships(("officeDocument", "word/document.xml")), "word/document.xml": strict}
    assert text_of(zipped(parts), "a.docm") == "Strict."


def test_what_programs_fill_in_is_not_metadata() -> None:
    def core(title: str, author: str) -> bytes:
        properties = (
            "<x:coreProperties xmlns:x='x' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
            f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator></x:coreProperties>"
        )
        return zipped(
            {
                "_rels/.rels": relationships(("officeDocument", "word/document.xml"), ("core-properties", "core.xml")),
                "core.xml": properties,
                "word/document.xml": part("w:document", f"<w:body>{p('Text.')}</w:body>"),
            }
        )

    empty = source_of(read(core("Microsoft Word - dues.doc", "jsmith"), "a.docx")).metadata
    assert (empty.title, empty.authors) == (None, ())
    known = source_of(read(core("Harbour dues", "Ada Quill; Brian Moor"), "a.docx")).metadata
    assert (known.title, known.authors) == ("Harbour dues", ("Ada Quill", "Brian Moor"))


# OpenDocument


def test_opendocument_shows_the_final_text_with_its_notes() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>five</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>Dues 3</text:p></text:index-body></text:table-of-content>"
        "<text:h text:outline-level='2'>Dues</text:h>"
        "<text:p>Ships<text:s text:c='3'/>pay<text:note text:note-class='endnote'><text:note-citation>iv"
        "</text:note-citation><text:note-body><text:p>By law.</text:p></text:note-body></text:note> seven"
        "<office:annotation><dc:creator>Ada</dc:creator><text:p>Still?</text:p></office:annotation> "
        "<text:span text:style-name='H'>hidden</text:span>"
        "shillings."
        "<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame></text:p>"
        "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>Both</text:p>"
        "</table:table-cell><table:covered-table-cell><text:p>unseen</text:p></table:covered-table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    hidden = (
        "<style:style style:name='H' style:family='text'><style:text-properties text:display='none'/></style:style>"
    )
    reading = read(opendocument("text", body, hidden), "a.odt")
    source = source_of(reading)
    assert source.text == "Dues\n\nShips pay seven shillings.\n\nBy law.\n\nStill?\n\nBoxed.\n\nBoth\na | b"
    assert place(source, "By law") == "section “Dues”, endnote iv"
    assert place(source, "Still") == "section “Dues”, comment 1"
    assert reading.problems == ("it has tracked changes: read as if all were accepted",)


def test_an_encrypted_opendocument_file_is_refused_with_the_remedy() -> None:
    data = zipped({"META-INF/manifest.xml": "<manifest:encryption-data/>", "content.xml": "\x01\x02"})
    with pytest.raises(UnreadableFile, match="encrypted; save a copy without a password"):
        read(data, "a.odt")


# RTF


def test_rtf_reads_as_a_person_reads_it() -> None:
    source = source_of(read((CORPUS / "harbour.rtf").read_bytes(), "harbour.rtf"))
    assert re.findall(r"^(?:The breakwater|It cost|Month|• the|July).*$", source.text, re.MULTILINE) == [
        "The breakwater",
        "The breakwater was built in 1871. It is 412 metres long, and no storm has moved it since.",
        "It cost 38,000 pounds, a third of which the town paid.",
        "• the north light",
        "• the south light",
        "Month | High (m) | Low (m)",
        "July | 3.8 | 0.9",
    ]
    assert headings(source)[0] == ("The breakwater", 1)
    assert place(source, "a third of which") == "section “The breakwater”, footnote 1"


def test_rtf_characters_are_those_of_their_code_page() -> None:
    fonts = r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 MS;}}"
    western = r"\f0 caf\'e9 \u8211?\uc2\u-10179\'3f\'3f\u-8704\'3f\'3f"
    body = rf"{fonts}{western} {{\f1 \'cc\'ee\'f1\'f2}} {{\f2 \'8d\'60}}\emdash\~a\_b\-c\par"
    assert text_of(rtf(body), "a.rtf") == "café –😀 Мост 港—\u00a0a-bc"


def test_rtf_leaves_out_what_is_no_text() -> None:
    body = (
        r"{\info{\title Harbour dues}{\author Ada Quill}}{\stylesheet{\s0 Normal;}{\s1 heading 2;}}"
        r"{\header Page}{\pict 0102abcd}{\*\unknown x}\pard\s1 Dues\par\pard Paid {\v not }{\deleted never }in"
        r"{\footnote \chftn Or later.} May.\par{\field{\*\fldinst HYPERLINK x}{\fldrslt A link}}.\par"
        r"\trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row\pard After.\par\bin3 }}}{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}"
        r"{\shptxt Boxed.\par}}{\shprslt old}}"
    )
    source = source_of(read(rtf(body), "a.rtf"))
    assert source.text == "Dues\n\nPaid in May.\n\nOr later.\n\nA link.\n\na | b\n\nAfter.\n\nBoxed."
    assert headings(source) == [("Dues", 2)]
    assert (source.metadata.title, source.metadata.authors) == ("Harbour dues", ("Ada Quill",))


def test_rtf_tables_in_tables_are_whole() -> None:
    body = (
        r"\trowd\cellx1\cellx2\pard\intbl\itap2 deep 1\nestcell deep 2\nestcell{\*\nesttableprops\trowd\nestrow}"
        r"{\nonesttables again\par}\pard\intbl\itap1 outer\cell right\cell\row\pard End.\par"
    )
    assert text_of(rtf(body), "a.rtf") == "outer | right\ndeep 1 | deep 2\n\nEnd."


def test_rtf_that_is_cut_off_is_read_to_there_and_told() -> None:
    reading = read(rb"{\rtf1 Whole.\par {\b Cut off", "a.rtf")
    assert source_of(reading).text == "Whole.\n\nCut off"
    assert reading.problems == ("damaged: its end is missing",)
    with pytest.raises(UnreadableFile, match="not an RTF file"):
        read(b"plain words", "a.rtf")
