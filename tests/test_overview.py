"""What a library holds at a glance: its size, its years, its names."""

from __future__ import annotations

import pytest

from assistant import Library
from assistant.analysis import Analyser
from assistant.names import frequent_names
from assistant.reports import FrequentName


def names(*texts: str, language: str = "english", count: int = 24) -> dict[str, int]:
    return {each.name: each.sources for each in frequent_names(texts, Analyser(language), count)}


def test_the_sample_library_at_a_glance(sample: Library) -> None:
    overview = sample.overview()
    summaries = sample.list_sources()
    assert (overview.documents, overview.undated) == (len(summaries), 0)
    assert overview.passages == sum(summary.passages for summary in summaries)
    assert overview.words == sum(summary.words for summary in summaries)
    found = {each.name: each.sources for each in overview.names}
    assert {"North Korea", "China", "Security Council", "Yongbyon", "KEDO", "Kim Jong Un"} <= found.keys()
    assert not {"Korea", "Kim", "Council", "American", "North Korean", "September", "Article"} & found.keys()
    assert found["North Korea"] == len(summaries)
    assert all(sources > 1 for sources in found.values())
    assert sample.overview() == overview


def test_years_are_counted_without_a_gap(notes: Library) -> None:
    (notes.sources / "war.md").write_text("---\ntitle: War\ncovers: 2016-05/2018\n---\nIt was long.\n", "utf-8")
    notes.rebuild()
    overview = notes.overview()
    assert overview.years == ((2016, 1), (2017, 1), (2018, 1), (2019, 1), (2020, 1))
    assert overview.undated == 1  # the bees
    assert overview.to_dict()["documents"] == 4
    (notes.sources / "war.md").write_text("---\ntitle: War\ncovers: 2016-05\n---\nIt was long.\n", "utf-8")
    notes.rebuild()
    assert notes.overview().years == ((2016, 1), (2017, 0), (2018, 0), (2019, 1), (2020, 1))


def test_a_library_without_dates_or_names_has_neither(notes: Library) -> None:
    for path in notes.sources.iterdir():
        path.unlink()
    (notes.sources / "a.txt").write_text(
        "六方会谈在北京举行。六方会谈在北京举行。\n\nall of it is written small.\n", "utf-8"
    )
    notes.rebuild()
    overview = notes.overview()
    assert (overview.years, overview.undated, overview.names) == ((), 1, ())
    assert overview.words > 0


def test_a_name_has_its_capital_inside_sentences() -> None:
    text = "Boats went to Skarn. Every boat of Skarn is blue, and so is Skarn itself. Boats left. Boats came."
    assert names(text) == {"Skarn": 1}
    assert names("Skarn is far. Skarn is cold. Skarn is dark.") == {}
    assert names("He saw Skarn. Skarn is far, and Skarn is cold.") == {"Skarn": 1}


def test_function_words_months_headings_and_common_words_are_no_names() -> None:
    text = (
        "In March he said that The Board met on Monday, in May, under Article 5 and Article 6. Then the board left.\n\n"
        "Every Board Of The Harbour Of Skarn In May\n\nThe report of the Board is kept, and so is a board of oak."
    )
    assert names(text, text) == {}


def test_variants_of_a_name_are_one() -> None:
    text = "We saw the D.P.R.K. there, and the DPRK's ships, and the DPRK again. So did US and U.S. men, or the US."
    assert names(text, "It is the DPRK. It is in the U.S. today.") == {"DPRK": 2, "US": 2}


def test_a_name_that_stands_within_a_longer_one_is_left_out() -> None:
    text = "They wrote to Ines Aldous, and then Ines Aldous came. Then Aldous left."
    longer = "It was Ines Aldous, who met Ines Aldous, whom Ines Aldous knew. It is in Oslo, or by Oslo."
    assert names(text, longer) == {"Ines Aldous": 2, "Oslo": 1}
    people = "It is the People's Republic of Korea, or the People's Republic of Korea."
    assert names(people) == {"People's Republic of Korea": 1}
    assert names("He saw Chile's Navy and Chile's Army, and Chile, and Peru, and then Peru.") == {"Chile": 1, "Peru": 1}


def test_an_adjective_is_no_name() -> None:
    text = "He met Chilean sailors, Chilean officers and Chilean cooks in Chile, and left Chile."
    assert names(text) == {"Chile": 1}


def test_names_of_several_sources_come_first_and_no_source_dominates() -> None:
    one = " ".join(
        f"They saw {name}, and {name}, and {name} again." for name in ("Abel", "Bela", "Cain", "Dora", "Esau")
    )
    found = frequent_names(
        [one * 9, "They saw Oslo, and Abo.", "Then Oslo, and Riga, and Riga."], Analyser("english"), 6
    )
    assert found[0] == FrequentName("Oslo", 2)
    assert [each.name for each in found] == ["Oslo", "Abel", "Bela", "Riga"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_more_names_than_asked_for(count: int) -> None:
    text = "They saw Abel, Bela, Cain and Dora. They knew Abel, Bela, Cain and Dora."
    assert len(names(text, count=count)) == count


def test_where_nouns_have_capitals_a_name_has_two() -> None:
    text = "Die Hunde und die USA, sagte Ines Aldous im Hafen. Im Hafen war Ines Aldous, und die USA, mit den Hunde."
    assert names(text, language="german") == {"USA": 1, "Ines Aldous": 1}
