"""The place of a quotation in words: as a person would look it up in a source of that kind."""

from __future__ import annotations

import pytest

from assistant.bibliography import locate
from assistant.readers.text import Block, Place, assemble
from assistant.records import LocatorKind, Metadata, Source

K = LocatorKind


def at(kind: LocatorKind, label: str) -> tuple[Place, ...]:
    return ((kind, label),)


BOOK = [
    Block("Loomings", 1, at(K.CHAPTER, "Loomings")),
    Block("Call the harbour master."),
    Block("The Carpet-Bag", 1, at(K.CHAPTER, "The Carpet-Bag")),
    Block("The inn", 2),
    Block("A quart of ale stood there."),
    Block("The third has no heading.", places=at(K.CHAPTER, "The Spouter-Inn")),
]
SLIDES = [
    Block("Dredging", 1, at(K.SLIDE, "1")),
    Block("Forty thousand tonnes"),
    Block("Costs", 1, at(K.SLIDE, "2")),
    Block("Paid from reserves."),
    Block("Say this slowly.", label="speaker notes"),
]
SHEETS = [
    Block("Berths", 1),
    Block("Berth: North; Depth: 7", places=at(K.ROW, "2")),
    Block("Berth: South; Depth: 9", places=at(K.ROW, "3")),
]
TALK = [
    Block("We sail at dawn,", places=at(K.TIME, "00:00:01")),
    Block("said the pilot.", places=at(K.TIME, "00:00:05"), join=" "),
    Block("And who pays?", places=at(K.TIME, "00:01:00")),
]
PAGES = [Block("The lamp was lit", places=at(K.PAGE, "xii")), Block("at dusk.", places=at(K.PAGE, "1"), join=" ")]
NOTES = [
    Block("Fees", 1),
    Block("Fees rose in May."),
    Block("See the tariff.", label="footnote 1"),
    Block("Then fell."),
    Block("Kept by the office.", label="footnote 2"),
    Block("In two copies.", label="footnote 3"),
]
MAIL = [Block("From: Ines Aldous", label="header"), Block("The dues rose."), Block("The pier did not.")]


@pytest.mark.parametrize(
    ("blocks", "quote", "place"),
    [
        (BOOK, "the harbour master", "chapter “Loomings”, paragraph 1"),
        (BOOK, "A quart of ale", "chapter “The Carpet-Bag”, section “The inn”, paragraph 1"),
        (BOOK, "no heading", "chapter “The Spouter-Inn”, paragraph 1"),
        (SLIDES, "Forty thousand", "slide 1"),
        (SLIDES, "tonnes\n\nCosts\n\nPaid", "slides 1–2"),
        (SLIDES, "slowly", "slide 2, speaker notes"),
        (SHEETS, "Depth: 7", "sheet “Berths”, row 2"),
        (SHEETS, "Depth: 7\n\nBerth: South", "sheet “Berths”, rows 2–3"),
        (SHEETS[1:], "Depth: 9", "row 3"),
        (TALK, "We sail", "00:00:01"),
        (TALK, "dawn, said the pilot", "00:00:01–00:00:05"),
        (TALK, "who pays", "00:01:00"),
        (PAGES, "lamp", "p. xii"),
        (PAGES, "lit at dusk", "pp. xii–1"),
        (NOTES, "Fees rose", "section “Fees”, paragraph 1"),
        (NOTES, "the tariff", "section “Fees”, footnote 1"),
        (NOTES, "Then fell", "section “Fees”, paragraph 2"),
        (NOTES, "in May.\n\nSee the tariff.\n\nThen", "section “Fees”, paragraphs 1–2"),
        (NOTES, "office.\n\nIn two", "section “Fees”, footnote 2 to footnote 3"),
        (MAIL, "Ines", "header"),
        (MAIL, "Ines Aldous\n\nThe dues", "header to paragraph 1"),
    ],
)
def test_a_place_is_said_as_its_kind_of_source_is_divided(blocks: list[Block], quote: str, place: str) -> None:
    text, locators = assemble(blocks)
    start = text.index(quote)
    assert locate(Source("a", text, Metadata(), "", locators), start, start + len(quote)) == place
