"""Words: folding, stemming, CJK pairs, phrases."""

from __future__ import annotations

import doctest
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import analysis, filters
from assistant.analysis import Analyser, count_function_words, find_phrase, fold, most_frequent_language, words


@pytest.mark.parametrize("module", [analysis, filters])
def test_doctests(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("Yŏngbyŏn", "Yongbyon"), ("U.S.", "US"), ("COMMITTED", "commit"), ("Korea’s", "Korea"), ("Müller", "Muller")],
)
def test_the_same_word_in_another_dress_is_the_same_term(one: str, other: str) -> None:
    analyser = Analyser("english")
    assert analyser.terms(one) == analyser.terms(other) != []


def test_chinese_is_cut_into_pairs_that_a_shorter_question_shares() -> None:
    analyser = Analyser("english")
    assert set(analyser.terms("六方会谈")) <= set(analyser.terms("第一轮六方会谈于北京举行"))
    assert not set(analyser.terms("六方会谈")) & set(analyser.terms("联合声明"))


def test_korean_syllables_stay_whole() -> None:
    assert fold("영변") == "영변"


def test_a_ligature_of_words_is_one_word() -> None:
    the, word, ligature, stands = Analyser("english").terms("The word \ufdfa stands.")
    assert (the, word, stands) == ("the", "word", "stand")
    assert ligature.isalpha()


def test_content_leaves_out_function_words_and_keeps_the_spelling() -> None:
    assert list(Analyser("english").content("What did the Parties agree to?").values()) == ["Parties", "agree"]


def test_the_language_is_told_by_its_function_words() -> None:
    counts: Counter[str] = Counter()
    count_function_words("六方会谈", counts)
    assert most_frequent_language(counts) == "english"
    count_function_words("Die Parteien haben sich auf das Ende der Versuche und auf eine Kontrolle geeinigt.", counts)
    assert most_frequent_language(counts) == "german"
    english = "The parties agreed on the end of the tests and on their verification, and on the rest of it too."
    count_function_words(english, counts)
    assert most_frequent_language(counts) == "english"
    count_function_words(english, counts, -1)
    assert most_frequent_language(counts) == "german"


@given(st.text(max_size=200))
def test_words_lie_where_they_say(text: str) -> None:
    for word in words(text):
        assert fold(text[word.start : word.end]) == word.folded


@given(st.lists(st.sampled_from(["alpha", "Béta", "gamma", "六方会谈", "x-ray"]), min_size=1, max_size=8))
def test_a_phrase_taken_from_a_text_is_found_in_it(parts: list[str]) -> None:
    text = "before, " + " ".join(parts) + " after"
    start, end = next(find_phrase(text, " ".join(parts)))
    assert " ".join(parts) in text[start:end] or text[start:end] in " ".join(parts)


@given(st.text(st.sampled_from("abAB.'’_ é²ß9İष金") | st.characters(exclude_categories=["Cs"]), max_size=60))
def test_terms_are_those_of_the_words_one_by_one(text: str) -> None:
    analyser = Analyser("english")
    one_by_one = [analyser.terms(text[word.start : word.end]) for word in words(text)]
    assert analyser.terms(text) == [term for terms in one_by_one for term in terms]
