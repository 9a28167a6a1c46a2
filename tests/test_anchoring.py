"""The words of an anchor in a text that changed: found where they are, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.anchoring import Place, Plain, find_words, is_sure
from assistant.bibliography import cite_slice
from assistant.likeness import Words, difference
from assistant.records import Citation, Metadata, Source

TEXT = (
    "The port was quiet in March.\n\nThe dredger Marabel cleared forty thousand tonnes of silt from the inner basin. "
    "The port paid for it.\n\nThe pilots were content. The port paid for it.\n\nA second survey is planned for 2025, "
    "after the officers have found the money for it."
)


def anchor(quote: str, text: str = TEXT, nth: int = 0) -> Citation:
    start = -1
    for _ in range(nth + 1):
        start = text.index(quote, start + 1)
    return cite_slice(Source("a.md", text, Metadata(), "d"), start, start + len(quote))


def respaced(text: str, cited: Citation) -> str | None:
    place = Plain(text).find(cited)
    return place and text[place.start : place.end]


def like(text: str, cited: Citation) -> str | None:
    span = Words(text).most_like(cited)
    return span and text[span[0] : span[1]]


WORDS = st.lists(st.integers(0, 99_999), min_size=30, max_size=60, unique=True)


@given(WORDS, st.data())
def test_any_words_are_found_where_an_insertion_elsewhere_moved_them(numbers: list[int], data: st.DataObject) -> None:
    text = " ".join(f"word{number}" for number in numbers)
    start = data.draw(st.integers(0, len(text) - 40))
    end = data.draw(st.integers(start + 33, len(text)))
    at = data.draw(st.integers(0, start) | st.integers(end, len(text)))
    added = data.draw(st.text(max_size=200))
    cited = anchor(text[start:end], text)
    place = find_words(text[:at] + added + text[at:], cited)
    shift = len(added) if at <= start else 0
    assert place is not None and is_sure(place, cited)
    assert place[:2] == (start + shift, end + shift)


@given(st.text(min_size=1, max_size=300), st.data())
def test_what_is_found_is_the_quotation(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cited = anchor(text[start:end], text)
    place = find_words("before " + text, cited)
    assert place is not None and ("before " + text)[place.start : place.end] == cited.quote


def test_of_the_same_words_those_with_the_same_neighbours_are_meant() -> None:
    first, second = anchor("The port paid for it."), anchor("The port paid for it.", nth=1)
    assert first.start < second.start
    swapped = "The pilots were content. The port paid for it.\n\nNew words. " + TEXT[: second.start - 27]
    for cited, before in ((first, "basin. "), (second, "content. ")):
        place = find_words(swapped, cited)
        assert place is not None and is_sure(place, cited)
        assert swapped[: place.start].endswith(before)


def test_a_short_quotation_is_not_found_by_accident() -> None:
    text = "It rained. They agreed. Then the boats put out to sea, and nobody was left in the harbour."
    cited = anchor("They agreed.", text)
    other = "After a year of talks they met once more. They agreed. A bridge was built over the river."
    place = find_words(other, cited)
    assert place == Place(42, 54, 1) and not is_sure(place, cited)
    assert like(other, cited) is None


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (TEXT.replace("found the money", "found\nthe   money"), "after the officers have found\nthe   money for it."),
        (TEXT.replace("officers", "of-\nficers"), "after the of-\nficers have found the money for it."),
        (TEXT.replace("officers", "of- ficers"), "after the of- ficers have found the money for it."),
        (TEXT.replace("officers", "oﬃcers"), "after the oﬃcers have found the money for it."),
        (TEXT.replace("officers", "of\u00adficers"), "after the of\u00adficers have found the money for it."),
        (TEXT.replace("money for it.", "money\u00a0for it ."), "after the officers have found the money\u00a0for it ."),
        (TEXT.replace("found the", "foundthe"), None),
        (TEXT.replace("the officers", "theofficers"), None),
        (TEXT.replace("officers", "office-holders"), None),
        (TEXT.replace("officers", "offices"), None),
    ],
)
def test_the_same_words_in_another_spacing(now: str, found: str | None) -> None:
    assert respaced(now, anchor("after the officers have found the money for it.")) == found


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("six-party talks were held", "six-\nparty talks were held", True),
        ("six-\nparty talks were held", "six-party talks were held", True),
        ("the inspec-\ntors came back", "the inspectors came back", True),
        ("六方会谈在北京举行", "六方会谈\n在北京举行", True),
        ("六方会谈\n在北京举行", "六方会谈在北京举行", True),
        ("rows 12 3 of it", "rows 1 23 of it", False),
        ("rows 12 3 of it", "rows 123 of it", False),
        ("about 10² of it", "about 102 of it", False),
        ("about -5 of it", "about 5 of it", False),
        ("the re-sign button", "the resign button", False),
        ("the pre- or post-war years", "the pre or post-war years", False),
    ],
)
def test_other_words_are_not_another_spacing(was: str, now: str, same: bool) -> None:
    assert (respaced(now, anchor(was, was)) is not None) == same


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("forty thousand", "fifty thousand"),  # in the middle
        ("The dredger", "A barge"),  # at the beginning
        ("the inner basin.", "the outer harbour!"),  # at the end
        ("The dredger Marabel cleared forty thousand", "Forty thousand"),
        ("cleared forty", "cleared, in the spring of that year, forty"),
    ],
)
def test_changed_words_are_found_with_what_is_new_in_them(was: str, now: str) -> None:
    quote = "The dredger Marabel cleared forty thousand tonnes of silt from the inner basin."
    assert like("New.\n\n" + TEXT.replace(was, now), anchor(quote)) == quote.replace(was, now)


def test_a_figure_that_is_the_whole_quotation_is_found_changed_in_its_place() -> None:
    assert like(TEXT.replace("2025", "2031"), anchor("2025")) == "2031"
    assert like(TEXT.replace("A second survey is planned for 2025, ", ""), anchor("2025")) is None


def test_a_sentence_that_was_taken_out_is_not_taken_for_another() -> None:
    quote = "The dredger Marabel cleared forty thousand tonnes of silt from the inner basin."
    assert like(TEXT.replace(quote, ""), anchor(quote)) is None
    assert like(TEXT.replace(quote, "A storm broke two of the lamps on the western mole."), anchor(quote)) is None
    assert like("", anchor(quote)) is None


def test_the_last_sentence_is_found_though_it_ends_otherwise_and_sooner() -> None:
    quote = "A second survey is planned for 2025, after the officers have found the money for it."
    now = TEXT.replace("found the money for it.", "agreed")
    assert like(now, anchor(quote)) == "A second survey is planned for 2025, after the officers have agreed"


@given(st.text(), st.text())
def test_the_pieces_of_a_difference_are_the_two_texts(was: str, now: str) -> None:
    pieces = difference(was, now)
    assert ("".join(old for old, _ in pieces), "".join(new for _, new in pieces)) == (was, now)
    assert all(old.split() == new.split() for old, new in difference(was, was))
