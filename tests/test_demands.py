"""What a question demands of its answer: a quantity, and the numbers and names that it must speak of."""

from __future__ import annotations

import pytest

from assistant.analysis import Analyser
from assistant.demands import Demands, value_of, without_dates

ENGLISH = Analyser("english")


def demands(question: str, language: str = "english") -> Demands:
    return Demands(question, language)


# Quantities


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many hives does the orchard keep?", True),
        ("And how much did it cost?", True),
        ("HOW LARGE was the plot?", True),
        ("What percentage of the honey was sold?", True),
        ("Wie viele Bienen hat ein Stock?", True),
        ("Wieviel Honig war es?", True),
        ("Combien de ruches ?", True),
        ("How did the frost kill the blossom?", False),
        ("What is the number called?", False),
        ("Show many hives", False),
        ("When was it lit?", False),
    ],
)
def test_a_question_for_a_quantity_is_told_from_others(question: str, asks: bool) -> None:
    assert demands(question).quantity is asks


@pytest.mark.parametrize(
    "sentence",
    [
        "Seven hives were left.",
        "It keeps 9 hives.",
        "Half of the crop was lost.",
        "None was left.",
        "Some 2.5 tons of honey were sold.",
        "Hundreds of bees died.",
        "On 4 June 2003 there were 50 hives.",
        "Resolution 2397 capped it at 500,000 barrels.",
    ],
)
def test_a_number_in_digits_or_spelt_out_is_a_quantity(sentence: str) -> None:
    assert demands("How many were there?").gives_quantity(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Several hives were left.",
        "The frost came on 4 June 2003.",
        "The frost came on June 4, 2003.",
        "The frost came on the 4th of June.",
        "The frost lasted from 13 - 15 June 2003.",
        "Der Frost kam am 4. März 2003.",
        "The frost of 2018 killed the blossom.",
        "Resolution 825 was adopted.",
        "Resolution 1718 was adopted.",
        "Resolutions 1695 and 2006 were adopted.",
        "The test took place at 03:30.",
        "The test took place at 03:30:01-02 UTC.",
    ],
)
def test_dates_and_resolutions_are_no_quantities(sentence: str) -> None:
    assert not demands("How many were there?").gives_quantity(sentence)


def test_a_number_of_the_question_is_no_answer_to_it() -> None:
    asked = demands("How many of the 12 keepers left, and how many of the six pilots?")
    assert not asked.gives_quantity("The 12 keepers and six pilots met.")
    assert asked.gives_quantity("Of the 12 keepers 5 left.")
    assert asked.gives_quantity("Of the six pilots two left.")


def test_a_date_that_is_cut_out_leaves_no_number_to_join_with_its_neighbours() -> None:
    assert without_dates("It cleared 40 in 2020 tonnes").split() == ["It", "cleared", "40", "in", ";", "tonnes"]


@pytest.mark.parametrize(
    ("word", "value"),
    [("1", "1"), ("12,000", "12000"), ("0.48", "0.48"), ("one", "1"), ("twenty", "20"), ("ton", None)],
)
def test_the_value_of_a_number(word: str, value: str | None) -> None:
    assert value_of(word) == value


# Numbers


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did 12 keepers say?", "The 12 keepers spoke."),
        ("What did 12 keepers say?", "Twelve keepers spoke."),
        ("What was the 19th round?", "This was round 19."),
        ("What was round 19?", "This was the 19th round."),
        ("What was on the 3rd of May?", "It was 3 May."),
        ("What did the 1990s bring?", "It was in 1990."),
        ("What did 1990 bring?", "The 1990s began."),
        ("What is resolution 1718?", "S/RES/1718 (2006)"),
        ("What is the Hwasong-15?", "the Hwasong-15 missile"),
        ("What did the 12 of the KN08 say?", "kn08, TWELVE"),
    ],
)
def test_a_number_is_met_in_digits_or_spelt_out(question: str, text: str) -> None:
    assert demands(question).unmet_numbers(text) == ()


def test_numbers_that_no_text_has_are_told_as_they_were_written() -> None:
    asked = demands("Which 12 keepers and 3rd pilots of the 1990s signed paper 1718?")
    assert asked.unmet_numbers("Nobody signed.") == ("12", "3rd", "1990s", "1718")
    assert asked.unmet_numbers("Three pilots signed 1718.") == ("12", "1990s")


@pytest.mark.parametrize("text", ["Resolution 17180", "Resolution 718", "KN1718 flew"])
def test_a_number_is_not_met_by_a_part_of_another(text: str) -> None:
    assert demands("What is resolution 1718?").unmet_numbers(text) == ("1718",)


def test_a_number_that_the_question_spells_out_is_not_demanded() -> None:
    assert demands("What did the twelve keepers say?").unmet_numbers("Nothing.") == ()


# Years


def test_a_sentence_about_another_time_is_told() -> None:
    asked = demands("What did the port pay in 2020?")
    assert asked.years == {"2020"}
    assert asked.speaks_of_other_years("In 2019 it paid nothing.")
    assert asked.speaks_of_other_years("Throughout the 1990s it paid nothing.")
    assert not asked.speaks_of_other_years("Between 2019 and 2020 it paid nothing.")
    assert not asked.speaks_of_other_years("The port paid 2500 crowns.")
    assert not asked.speaks_of_other_years("It paid from its reserve.")


def test_every_year_of_the_question_is_its_time() -> None:
    assert not demands("What changed from 1994 to 2002?").speaks_of_other_years("It ended in 2002.")


@pytest.mark.parametrize("question", ["What did the port pay?", "What did the 12 keepers of line 3000 say?"])
def test_a_question_without_a_year_is_about_no_time(question: str) -> None:
    assert demands(question).years == frozenset()
    assert not demands(question).speaks_of_other_years("In 1999 it paid nothing.")


# Names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("When did Gallucci sign in Geneva?", ["Gallucci", "Geneva"]),
        ("Gallucci signed what?", []),
        ("When was the frost?", []),
        ("When did the IAEA leave the site at Yŏngbyŏn?", ["IAEA", "Yŏngbyŏn"]),
        ("What Did The Talks In Beijing Achieve?", []),
        ("WHO LED THE TALKS?", []),
    ],
)
def test_names_have_a_capital_inside_the_question(question: str, names: list[str]) -> None:
    assert list(demands(question).names.values()) == names


def test_where_every_noun_has_a_capital_none_is_a_name() -> None:
    question = "Wann wurde das Abkommen in Genf geschlossen?"
    assert demands(question, "german").names == {}
    assert demands(question, "german").unmet_names("Nichts.", Analyser("german")) == ()
    assert list(demands(question, "french").names.values()) == ["Abkommen", "Genf"]


def test_a_name_is_met_by_any_form_of_the_word() -> None:
    asked = demands("Did Gallucci meet the Koreans at Yongbyon?")
    assert asked.unmet_names("GALLUCCI’s note to the Korean side at Yŏngbyŏn", ENGLISH) == ()
    assert asked.unmet_names("Gallucci saw them in Korea.", ENGLISH) == ("Koreans", "Yongbyon")
    assert asked.unmet_names("They met.", ENGLISH) == ("Gallucci", "Koreans", "Yongbyon")


def test_a_part_of_a_word_is_not_the_name() -> None:
    assert demands("Who went to Oslo?").unmet_names("The Oslofjord froze.", ENGLISH) == ("Oslo",)


# Numbers however they are written


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who supplies 500000 tons?", "It supplies 500,000 tons."),
        ("Who removed the 8,000 rods?", "It removed 8000 rods."),
        ("Who drew 3.5 metres?", "It drew 3.5 metres."),
        ("What was the 6th test?", "The sixth test was the largest."),
        ("Which 6 states came?", "Six states came."),
    ],
)
def test_a_number_is_the_same_however_it_is_written(question: str, text: str) -> None:
    assert demands(question).unmet_numbers(text) == ()
    assert demands(question).unmet_numbers("It says nothing of that.") != ()


def test_a_part_of_a_number_is_not_the_number() -> None:
    assert demands("Who supplies 500 tons?").unmet_numbers("It supplies 500,000 tons.") == ("500",)
    assert demands("Who drew 5 metres?").unmet_numbers("It drew 3.5 metres.") == ("5",)


@pytest.mark.parametrize("sentence", ["It was built in the 1990s.", "The entry is dated 2003-09-19.", "At 3.15 p.m."])
def test_decades_dates_and_times_are_no_quantities(sentence: str) -> None:
    assert not demands("How many were there?").gives_quantity(sentence)


@pytest.mark.parametrize(
    ("question", "asks"),
    [("What was the yield?", True), ("How strong was it?", True), ("How did it end?", False), ("When was it?", False)],
)
def test_a_question_for_a_figure_is_told_from_others(question: str, asks: bool) -> None:
    assert demands(question).figure is asks
