"""PDF: the order in which a page is read, what is left out of its text, and where its words stand."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_files import ROMAN, Word, column, pdf

from assistant.bibliography import cite_slice, locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read, recognition
from assistant.readers.pages.boxes import Box, boxes
from assistant.readers.pages.document import opened, read_page
from assistant.records import LocatorKind, Source

CORPUS = Path(__file__).parent / "corpus"
WORDS = re.split(
    " ", "the old harbour light was kept by seven men who wrote down every ship that passed the mole at night"
)


def prose(start: int, lines: int, words: int = 6) -> list[str]:
    """Lines of running text, no two alike."""
    return [
        " ".join(
            WORDS[(start + 5 * line + word) % len(WORDS)] + ("" if word else f"{start + line}") for word in range(words)
        )
        for line in range(lines)
    ]


def text_of(data: bytes) -> str:
    return read(data, "a.pdf").sources[0].text


def paragraphs(data: bytes) -> list[str]:
    return text_of(data).split("\n\n")


def labels(source: Source, kind: LocatorKind) -> list[str]:
    return [locator.label for locator in source.locators if locator.kind is kind]


def place(source: Source, start: int) -> str:
    """The locator of the character there, in words."""
    return locate(source, start, start + 1)


# Reading order


@pytest.mark.parametrize("count", [2, 3])
def test_columns_are_read_one_after_the_other_whatever_the_order_of_the_file(count: int) -> None:
    width = 360 // count
    columns = [prose(100 * number, 20, 6 if count == 2 else 5) for number in range(count)]
    words = [word for number, lines in enumerate(columns) for word in column(20 + number * width, 500, lines)]
    title = (120.0, 550.0, "A heading that spans the columns of this page")
    by_line = sorted(words, key=lambda word: (-word[1], word[0]))
    expected = [title[2], " ".join(line for lines in columns for line in lines)]
    for order in (words, by_line, words[::-1]):
        found = text_of(pdf([[*order, title]], size=9 if count == 2 else 6)).replace("\n\n", " ")
        assert found == " ".join(expected)


def test_what_spans_two_columns_parts_what_is_above_it_from_what_is_below() -> None:
    parts = [prose(100 * number, 8) for number in range(4)]
    corners = [(20, 560), (210, 560), (20, 400), (210, 400)]
    words = [word for (x, y), lines in zip(corners, parts, strict=True) for word in column(x, y, lines)]
    words.append((60, 440, "Figure 1. The mole of the old harbour as it was seen from the sea in May"))
    order = [text_of(pdf([words], size=9)).index(lines[0]) for lines in parts]
    assert order == sorted(order)
    assert order[1] < text_of(pdf([words], size=9)).index("Figure 1.") < order[2]


def test_what_is_below_columns_comes_after_them() -> None:
    one, two, below = prose(0, 8), prose(100, 8), prose(200, 4, 12)
    words = [*column(20, 560, one), *column(210, 560, two), (20, 430, "2. Dues"), *column(20, 410, below)]
    assert paragraphs(pdf([words], size=9)) == [" ".join([*one, *two]), "2. Dues", " ".join(below)]


def test_the_items_of_a_list_are_paragraphs_where_they_can_be_told() -> None:
    items = ["1. The keeper lit", "the lamp at dusk.", "2. The pilots saw it", "3. The mole was dark"]
    text = [*prose(0, 3), "It was so:", *items]
    found = paragraphs(pdf([column(20, 500, text)]))
    assert found[-3:] == ["1. The keeper lit the lamp at dusk.", *items[2:]]
    hanging = [(20 + 12 * (n in (1, 4)), 500 - 12 * n, line) for n, line in enumerate([*items, "and still", "", *text])]
    assert paragraphs(pdf([[word for word in hanging if word[2]]]))[:3] == [
        "1. The keeper lit the lamp at dusk.", items[2], "3. The mole was dark and still",
    ]  # fmt: skip
    years = ["They came to the harbour in the spring of", "1987. The pilots were there already, as ever"]
    assert len(paragraphs(pdf([column(20, 500, years)]))) == 1


def test_the_row_of_a_table_stays_a_line() -> None:
    rows = [
        ("Harbour", "Ships", "Dues"),
        ("Aberwick", "112", "4,380"),
        ("Northsound", "87", "2,915"),
        ("Eel Bay", "9", "118"),
    ]
    words = [
        (40.0 + 120 * cell, 400.0 - 14 * row, text) for row, cells in enumerate(rows) for cell, text in enumerate(cells)
    ]
    by_column = sorted(words, key=lambda word: word[0])
    for order in (words, by_column):
        lines = text_of(pdf([[*column(40, 500, prose(0, 4, 9)), *order]])).split("\n")
        assert lines[-4:] == [" ".join(row) for row in rows]


def test_cells_beside_the_middle_of_others_are_read_row_by_row() -> None:
    words = []
    for row, name in enumerate(["Aberwick", "Northsound", "Eel Bay", "Farholm"]):
        words += [(40.0, 488.0 - 50 * row, name), *column(160, 500 - 50 * row, prose(100 * row, 3))]
    cells = [f"{words[4 * row][2]} {' '.join(prose(100 * row, 3))}" for row in range(4)]
    assert text_of(pdf([words])).replace("\n\n", " ") == " ".join(cells)


def test_three_columns_of_which_the_file_goes_from_line_to_line() -> None:
    columns = [prose(100 * number, 20, 4) for number in range(3)]
    words = [
        word for number, lines in enumerate(columns) for word in column(20 + 120 * number, 500 - 4 * number, lines)
    ]
    by_line = sorted(words, key=lambda word: (-word[1], word[0]))
    expected = " ".join(line for lines in columns for line in lines)
    assert text_of(pdf([by_line], size=6)).replace("\n\n", " ") == expected


def test_a_list_with_marks_set_apart_is_no_pair_of_columns() -> None:
    items = prose(0, 8, 8)
    words = [
        word
        for number, item in enumerate(items)
        for word in ((40, 500 - 16 * number, "\u2022"), (70, 500 - 16 * number, item))
    ]
    assert paragraphs(pdf([words])) == [f"\u2022 {item}" for item in items]


@pytest.mark.parametrize(
    ("rotate", "matrix"),
    [
        (0, "1 0 0 1 {x} {y}"),
        (90, "0 1 -1 0 {leftward} {x}"),  # upright once the page is turned
        (0, "0 1 -1 0 {leftward} {x}"),  # on its side all the same
        (180, "-1 0 0 -1 {mirrored} {leftward}"),
    ],
)
def test_a_turned_page_is_read_like_an_upright_one(rotate: int, matrix: str) -> None:
    left, right = prose(0, 8, 4), prose(100, 8, 4)
    words = [
        f"/F 8 Tf {matrix.format(x=x, y=500 - 12 * n, leftward=100 + 12 * n, mirrored=380 - x)} Tm ({line}) Tj".encode()
        for x, lines in ((210, right), (20, left))
        for n, line in enumerate(lines)
    ]
    data = pdf([words], page=b"/Rotate %d" % rotate)
    source = read(data, "a.pdf").sources[0]
    assert source.text == " ".join([*left, *right])
    assert_boxed(data, source, 30, 200)


def test_text_on_its_side_comes_after_that_of_the_page() -> None:
    beside = b"/F 7 Tf 0 1 -1 0 20 200 Tm (Printed by the board) Tj"
    assert paragraphs(pdf([[beside, *column(40, 500, prose(0, 3))]])) == [" ".join(prose(0, 3)), "Printed by the board"]


def test_spaces_that_are_only_gaps_are_spaces() -> None:
    # Helvetica's "harbour" at 10 points is 34.5 wide.
    assert text_of(pdf([[(40, 500, "harbour"), (77.8, 500, "light")]])) == "harbour light"
    assert text_of(pdf([[(40, 500, "harbour"), (76, 500, "light")]])) == "harbour light"
    assert text_of(pdf([[(40, 500, "harbour"), (75, 500, "light")]])) == "harbourlight"


def test_letters_that_are_spaced_out_make_one_word() -> None:
    words = b"/F 10 Tf 1.3 Tc 1 0 0 1 40 500 Tm (harbour) Tj 0 Tc"
    assert text_of(pdf([[words]])) == "harbour"


def test_an_italic_f_that_leans_over_the_space_is_not_glued_to_the_next_word() -> None:
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Times-Italic/Encoding/WinAnsiEncoding>>"
    # Times Italic's "of" at 10 points is 7.8 wide, but its f is drawn 1.5 points farther.
    words = [b"/I 10 Tf 1 0 0 1 %g 500 Tm (%b) Tj" % place for place in ((40, b"of"), (49.6, b"the"))]
    data = pdf([words], page=b"/Resources<</Font<</I 10 0 R>>>>", more=[font])
    assert text_of(data) == "of the"


def spelled_out(letters: dict[str, str]) -> bytes:
    """An operator for each letter, shown as one and to be read as another."""
    spans = (
        b"/Span<</ActualText<FEFF%b>>>BDC (%b) Tj EMC" % (read_as.encode("utf-16-be").hex().encode(), shown.encode())
        for shown, read_as in letters.items()
    )
    return b" ".join(spans)


def test_words_from_right_to_left_are_read_that_way_each() -> None:
    words = ["\u0639\u0644\u064a\u0643\u0645", "\u0648\u0631\u062d"]
    shown = [
        spelled_out(dict(zip(letters, reversed(word), strict=True)))
        for letters, word in zip(("ABCDE", "FGH"), words, strict=True)
    ]
    line = b"/F 10 Tf 1 0 0 1 90 500 Tm %b ( ) Tj %b" % (shown[1], shown[0])
    assert text_of(pdf([[line]])) == " ".join(words)


def test_letters_that_are_shown_as_one_small_shape_are_kept() -> None:
    words = [
        b"/F 10 Tf 1 0 0 1 40 500 Tm (Seven men kept the light) Tj",
        b"1 0 0 1 200 500 Tm",
        spelled_out({".": "ab"}),
    ]
    assert text_of(pdf([words])) == "Seven men kept the light ab"


def test_the_mark_of_a_note_is_apart_from_its_first_word() -> None:
    note = b"/F 6 Tf 1 0 0 1 40 63 Tm (12) Tj /F 8 Tf 1 0 0 1 46.7 60 Tm (See the list of May.) Tj"
    assert text_of(pdf([[(40, 500, "The keeper lit the lamp."), note]])).endswith("\n12 See the list of May.")


def test_text_on_its_side_is_told_by_each_of_its_letters() -> None:
    heads = [b"/F 8 Tf 0 1 -1 0 %d 300 Tm (Head %d) Tj" % (100 + 30 * n, n) for n in range(4)]
    assert paragraphs(pdf([[*column(80, 500, prose(0, 3)), *heads]]))[1:] == ["Head 0", "Head 1", "Head 2", "Head 3"]


# Headers, footers, numbers


def body(page: int) -> list[Word]:
    return column(40, 520, [line.capitalize() + "." for line in prose(50 * page, 10, 8)])


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [(40, 570, "The Harbour Board" if page % 2 else "Report for 1987"), *body(page), (190, 20, f"Page {page} of 6")]
        for page in range(1, 7)
    ]
    source = read(pdf(pages), "a.pdf").sources[0]
    assert "Board" not in source.text and "Report" not in source.text and "Page" not in source.text
    assert labels(source, LocatorKind.PAGE) == ["1", "2", "3", "4", "5", "6"]
    assert place(source, source.text.index("250")) == "p. 5"


@pytest.mark.parametrize(
    "first_line",
    [
        "Chapter {page}. Of the tides",  # a number that does not go with the page is that of a heading
        "Table of dues",  # no gap below it: the head of the text
    ],
)
def test_text_at_the_top_of_pages_is_kept(first_line: str) -> None:
    pages = [
        [(40.0, 532.0 if "Table" in first_line else 560.0, first_line.format(page=3 * page)), *body(page)]
        for page in range(1, 7)
    ]
    text = text_of(pdf(pages))
    assert all(first_line.format(page=3 * page) in text for page in range(1, 7))


def test_a_short_document_loses_only_its_page_numbers() -> None:
    pages = [[(40, 570, "Memorandum"), *body(page), (198, 20, str(page))] for page in (1, 2)]
    text = text_of(pdf(pages))
    assert text.count("Memorandum") == 2
    assert not text.endswith("2")
    assert text_of(pdf([[*body(1), (198, 20, "1987")]])).endswith("1987")


def test_what_a_browser_prints_around_a_page_is_left_out() -> None:
    body = prose(0, 12)
    around = [
        (30, 485, "11/29/26, 6:25 AM"),
        (180, 485, "The lock"),
        (30, 15, "https://lock.example/a"),
        (270, 15, "1/1"),
    ]
    assert text_of(pdf([[*around, *column(40, 420, body)]])) == " ".join(body)
    kept = text_of(pdf([[*around[:2], *column(40, 420, body)]]))
    assert kept.startswith("11/29/26, 6:25 AM") and kept.endswith(body[-1])


def test_the_line_numbers_of_a_transcript_are_left_out() -> None:
    lines = prose(0, 25, 5)
    words = [
        word for n, line in enumerate(lines) for word in ((40, 550 - 20 * n, f"{n + 1}"), (80, 550 - 20 * n, line))
    ]
    right_aligned = [(x - 5.56 * (len(text) - 1) if text.isdigit() else x, y, text) for x, y, text in words]
    assert text_of(pdf([right_aligned])).split() == " ".join(lines).split()


def test_titles_in_larger_type_are_kept_where_they_first_stand() -> None:
    slides = ["Results", "Results", "Results", "Outlook", "Outlook", "Outlook"]
    pages = [[b"/F 20 Tf 1 0 0 1 40 560 Tm (%b) Tj" % title.encode(), *body(n)] for n, title in enumerate(slides)]
    text = text_of(pdf(pages))
    assert (text.count("Results"), text.count("Outlook")) == (1, 1)


def test_what_the_outline_names_is_no_running_header() -> None:
    pages = [[(40.0, 560.0, f"Article {page}"), *body(page), (190.0, 20.0, str(page))] for page in range(1, 7)]
    catalog, more = outline(*((f"Article {page}", page - 1) for page in range(1, 7)))
    source = read(pdf(pages, catalog=catalog, more=more), "a.pdf").sources[0]
    assert labels(source, LocatorKind.SECTION) == [f"Article {page}" for page in range(1, 7)]
    header = [[(40.0, 570.0, "Of light"), *page[1:], (40.0, 540.0, "1. Of light")] for page in pages]
    text = text_of(pdf(header[:3], catalog=catalog, more=more))
    assert text.count("Of light") == 3


# Paragraphs


def test_a_paragraph_goes_on_over_a_page_break_with_its_word_mended() -> None:
    first = [
        *column(
            40, 200, ["Seven men kept the light of the old harbour,", "and they wrote down every ship that the inspec-"]
        )
    ]
    second = [*column(40, 560, ["tors let pass the mole. It was a long list.", "Nobody has read it to its end."])]
    source = read(pdf([first, second]), "a.pdf").sources[0]
    assert "every ship that the inspectors let pass the mole." in source.text
    assert labels(source, LocatorKind.PARAGRAPH) == ["1"]
    assert place(source, source.text.index("ship")) == "p. 1"
    assert place(source, source.text.index("long list")) == "p. 2"


def test_a_broken_name_with_a_capital_in_it_is_mended() -> None:
    lines = ["They moored the LightHouse there, as Light-", "House it was, and rowed the little Light-", "Boat."]
    assert "as LightHouse it was" in text_of(pdf([column(40, 500, lines)]))
    assert "little Light-Boat." in text_of(pdf([column(40, 500, lines)]))


def test_notes_at_the_foot_of_a_page_do_not_part_a_paragraph() -> None:
    note = "1 The list is in the archive of the harbour board."
    first: list[Word] = [
        *column(40, 200, ["Seven men kept the light of the old harbour,", "and they wrote down every ship that"]),
        b"/F 7 Tf 1 0 0 1 40 60 Tm (%b) Tj" % note.encode(),
    ]
    data = pdf([first, column(40, 560, ["passed the mole. It was a long list.", "Nobody has read it to its end."])])
    source = read(data, "a.pdf").sources[0]
    assert paragraphs(data)[0] == note
    assert "every ship that passed the mole." in source.text
    assert place(source, source.text.index("archive")) == "p. 1"
    assert place(source, source.text.index("long list")) == "p. 2"


def test_a_sentence_that_ends_with_its_page_is_a_paragraph_of_its_own() -> None:
    pages = [column(40, 200, ["Seven men kept the light."]), column(40, 560, ["they say that an eighth was drowned."])]
    assert paragraphs(pdf(pages)) == ["Seven men kept the light.", "they say that an eighth was drowned."]


# Outline


def outline(*entries: tuple[str, int]) -> tuple[bytes, list[bytes]]:
    """The entry of the catalog and the objects for an outline of one level, whose entries lead to pages."""
    objects = [b"<</Type/Outlines/First 11 0 R/Last %d 0 R/Count %d>>" % (10 + len(entries), len(entries))]
    first_page = 11 + len(entries)
    for number, (title, page) in enumerate(entries):
        following = b"/Next %d 0 R" % (12 + number) if number + 1 < len(entries) else b""
        before = b"/Prev %d 0 R" % (10 + number) if number else b""
        goal = b"/Dest[%d 0 R/Fit]" % (first_page + 2 * page)
        objects.append(b"<</Title(%b)/Parent 10 0 R%b%b%b>>" % (title.encode(), following, before, goal))
    return b"/Outlines 10 0 R", objects


def test_what_the_outline_names_is_a_heading_where_it_is_printed() -> None:
    catalog, more = outline(("1 The light", 0), ("Of men and ships that nobody has seen", 1), ("Not printed", 1))
    pages = [
        column(40, 560, ["1. The Light", *prose(0, 5)]),
        column(40, 560, [*prose(50, 3), "Of men and ships", "that nobody has seen", *prose(80, 3)]),
    ]
    source = read(pdf(pages, catalog=catalog, more=more), "a.pdf").sources[0]
    assert labels(source, LocatorKind.SECTION) == ["1. The Light", "Of men and ships that nobody has seen"]


# Boxes


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text)))


def spelled(data: bytes, found: Sequence[Box]) -> str:
    """The letters whose middle lies in one of the boxes, box by box."""
    text = ""
    with opened(data) as document:
        for box in found:
            _, characters = read_page(document, box.page)
            assert characters is not None
            width, height = document[box.page].get_size()
            assert 0 <= box.left < box.right <= width and 0 <= box.bottom < box.top <= height
            middles = (characters.boxes[:, :2] + characters.boxes[:, 2:]) / 2
            inside = (middles >= (box.left, box.bottom)).all(axis=1) & (middles <= (box.right, box.top)).all(axis=1)
            text += "".join(letters(characters.text[number]) for number in np.flatnonzero(inside))
    return text


def assert_boxed(data: bytes, source: Source, start: int, end: int) -> None:
    assert sorted(spelled(data, boxes(data, source, start, end))) == sorted(letters(source.text[start:end]))


def pages_with_everything(page_entries: bytes = b"") -> bytes:
    """Two columns with a header, a page number, a word that is broken and one that goes on over the page."""
    pages = []
    for page in range(1, 5):
        left, right = prose(100 * page, 12), prose(100 * page + 50, 12)
        left[3] = left[3][:-4] + "inspec-"
        left[4] = "tors " + left[4]
        pages.append(
            [(40, 580, "The Harbour Board"), *column(20, 540, left), *column(210, 540, right), (190, 20, str(page))]
        )
    return pdf(pages, page=page_entries, size=9)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"/Rotate 90",
        b"/Rotate 180",
        b"/Rotate 270",
        b"/CropBox[10 5 390 590]",
        b"/Rotate 90/CropBox[10 5 390 590]",
    ],
)
def test_boxes_enclose_the_words_of_a_slice(page: bytes) -> None:
    data = pages_with_everything(page)
    source = read(data, "a.pdf").sources[0]
    assert "inspectors" in source.text
    chance = random.Random(7)
    for _ in range(12):
        start = chance.randrange(len(source.text) - 1)
        assert_boxed(data, source, start, min(start + chance.choice((3, 60, 700)), len(source.text)))


@pytest.mark.parametrize("name", ["memorandum.pdf", "page-labels.pdf"])
def test_boxes_in_files_of_other_programs(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    source = read(data, name).sources[0]
    for start in range(0, len(source.text) - 1, 97):
        assert_boxed(data, source, start, min(start + 120, len(source.text)))


def test_a_quotation_of_two_lines_has_two_boxes_in_order() -> None:
    data = pdf([column(40, 500, ["Seven men kept the light,", "and one dog."])])
    source = read(data, "a.pdf").sources[0]
    first, second = boxes(data, source, source.text.index("light"), source.text.index("dog") + 3)
    assert (first.page, second.page) == (0, 0)
    assert first.bottom > second.top - 3 and first.left > 100 and second.left == pytest.approx(40, abs=0.5)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_slice_of_any_page_is_boxed(data: st.DataObject) -> None:
    words = st.tuples(
        st.integers(20, 330), st.integers(20, 560), st.sampled_from(["light", "mole 9", "\u2022", "dues", "a"])
    )
    # Apart from each other, so that no word lies on another.
    placed = {
        (x // 60, y // 20): (float(x // 60 * 60), float(y // 20 * 20), word)
        for x, y, word in data.draw(st.lists(words, min_size=1, max_size=30))
    }
    file = pdf([list(placed.values())] * data.draw(st.integers(1, 4)))
    source = read(file, "a.pdf").sources[0]
    start = data.draw(st.integers(0, len(source.text) - 1))
    assert_boxed(file, source, start, data.draw(st.integers(start + 1, len(source.text))))


def test_boxes_are_of_the_file_that_was_read() -> None:
    data = pdf([[(40, 500, "Seven men kept the light.")]])
    source = read(data, "a.pdf").sources[0]
    with pytest.raises(ValueError, match="not the file that was read"):
        boxes(data + b"\n", source, 0, 5)
    with pytest.raises(ValueError, match="no text from"):
        boxes(data, source, 5, 500)


def test_a_page_has_its_printed_label_and_its_number_in_the_file() -> None:
    empty: list[Word] = []
    pages = [[(40.0, 500.0, f"Sheet {word}.")] for word in ("one", "two", "three", "four", "five")]
    data = pdf([pages[0], empty, *pages[1:]], catalog=ROMAN)
    source = read(data, "a.pdf").sources[0]
    places = [(place.label, place.number) for place in source.locators if place.kind is LocatorKind.PAGE]
    assert places == [("i", 1), ("iii", 3), ("1", 4), ("2", 5), ("3", 6)]
    cited = cite_slice(source, source.text.index("Sheet two"), len(source.text))
    assert (cited.locator, cited.page) == ("pp. iii–3", 3)
    assert {place.number for place in source.locators if place.kind is not LocatorKind.PAGE} == {0}


def test_pages_with_the_same_label_and_the_same_words_are_told_apart() -> None:
    page: list[Word] = [(40, 500, "Seven men kept the light.")]
    data = pdf([page, page, page], catalog=b"/PageLabels<</Nums[0<</P(A)>>]>>")
    source = read(data, "a.pdf").sources[0]
    third = source.text.rindex("Seven")
    assert [box.page for box in boxes(data, source, third, third + 9)] == [2]


# What cannot be read, and what is beside the text


def test_letters_without_unicode_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "available", lambda: False)
    font = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 1/LastChar 9"
    font += b"/Widths[1 1 1 1 1 1 1 1 1]"
    font += b"/Encoding<</Type/Encoding/Differences[1/g1/g2/g3/g4/g5/g6/g7/g8/g9]>>/CharProcs<<>>>>"
    garbled = b"/G 10 Tf 1 0 0 1 40 500 Tm (\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03) Tj"
    data = pdf(
        [[(40, 500, "Seven men kept the light.")], [garbled]],
        page=b"/Resources<</Font<</F 3 0 R/G 10 0 R>>>>",
        more=[font],
    )
    reading = read(data, "a.pdf")
    assert reading.sources[0].text == "Seven men kept the light."
    assert reading.problems == ("pages whose letters cannot be read (no Unicode map): 2",)


def scan(page: bytes = b"") -> bytes:
    """A page with text, and one with nothing but two bars, like lines of text from afar."""
    bars = b"ET 40 501 260 8 re f 40 481 260 8 re f BT"
    return pdf([[(40, 500, "Seven men kept the light.")], [bars]], page=page)


def test_a_page_without_text_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "available", lambda: False)
    reading = read(scan(), "a.pdf")
    told = "pages without text, which may be scans: 2; to have them read, pip install 'assistant[ocr]'"
    assert reading.problems == (told,)


@pytest.mark.parametrize(
    ("page", "box"),
    [
        (b"", (40, 477, 300, 493)),
        (b"/Rotate 90", (477, 100, 493, 360)),
        (b"/Rotate 180", (100, 107, 360, 123)),
        (b"/Rotate 270", (107, 40, 123, 300)),
    ],
)
def test_a_scan_is_read_by_text_recognition(
    monkeypatch: pytest.MonkeyPatch, page: bytes, box: tuple[float, ...]
) -> None:
    def recognise(picture: npt.NDArray[np.uint8]) -> list[SimpleNamespace]:
        points = max(picture.shape) / 600  # the lines are those of the picture turned upright
        lines = (("The dues were raised in May,", 87), ("and again in June.", 107))
        return [
            SimpleNamespace(
                text=text, left=40 * points, top=top * points, right=300 * points, bottom=(top + 16) * points, score=0.9
            )
            for text, top in lines
        ]

    monkeypatch.setattr(recognition, "available", lambda: True)
    monkeypatch.setattr(recognition, "recognise", recognise)
    data = scan(page)
    reading = read(data, "a.pdf")
    source = reading.sources[0]
    assert source.text == "Seven men kept the light.\n\nThe dues were raised in May, and again in June."
    assert reading.problems == ("pages read by text recognition, check quotations against the page: 2",)
    found = boxes(data, source, source.text.index("again"), len(source.text))
    assert [each.page for each in found] == [1]
    assert (found[0].left, found[0].bottom, found[0].right, found[0].top) == pytest.approx(box, abs=0.2)


def test_a_file_of_nothing_but_scans_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "available", lambda: False)
    with pytest.raises(UnreadableFile, match=r"^no text: it may be a scan; .*pip install 'assistant\[ocr\]'$"):
        read(pdf([[b"ET 40 501 260 8 re f BT"]]), "a.pdf")


def test_the_fields_of_a_form_are_read() -> None:
    appearance = b"BT /F 10 Tf 2 5 Td (Northsound) Tj ET"
    more = [
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(port)/V(Northsound)/Rect[120 495 300 515]/F 4/AP<</N 11 0 R>>>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 180 20]/Resources<</Font<</F 3 0 R>>>>/Length %d>>stream\n%b\nendstream"
        % (len(appearance), appearance),
    ]
    data = pdf(
        [[(40, 500, "Port of call:")]], page=b"/Annots[10 0 R]", catalog=b"/AcroForm<</Fields[10 0 R]>>", more=more
    )
    source = read(data, "a.pdf").sources[0]
    assert source.text == "Port of call: Northsound"
    assert_boxed(data, source, 0, len(source.text))


def test_embedded_files_are_told() -> None:
    more = [
        b"<</Type/Filespec/F(dues.xlsx)/UF(dues.xlsx)/EF<</F 11 0 R>>>>",
        b"<</Type/EmbeddedFile/Length 4>>stream\nabcd\nendstream",
    ]
    data = pdf(
        [[(40, 500, "See the file.")]], catalog=b"/Names<</EmbeddedFiles<</Names[(dues.xlsx)10 0 R]>>>>", more=more
    )
    assert read(data, "a.pdf").problems == ("files embedded in it are not read: dues.xlsx",)


def test_a_truncated_file_is_refused_or_read() -> None:
    data = pages_with_everything()
    for size in range(0, len(data), 997):
        try:
            reading = read(data[: size + 1], "a.pdf")
        except UnreadableFile as error:
            assert "\n" not in str(error)
        else:
            assert isinstance(reading, Reading)


def test_a_document_without_pages_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^damaged: "):
        read(pdf([]), "a.pdf")
