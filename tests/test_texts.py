"""The words of the interface, and the parts of the script that use them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from assistant.chat.page import SCRIPTS, WEB
from assistant.chat.texts import LANGUAGES, texts, translations

ENGLISH = translations()["en"]
NAMED = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_language_says_everything(language: str) -> None:
    known = translations()[language]
    assert known.keys() == ENGLISH.keys()
    assert not [key for key, words in known.items() if not words.strip() and key != "number.group"]
    for key, words in known.items():
        assert set(NAMED.findall(words)) == set(NAMED.findall(ENGLISH[key])), key


def test_numbers_and_dates_are_written_as_in_the_language() -> None:
    english, german, french = (texts(language) for language in LANGUAGES)
    assert [say.count("source", 1200) for say in (english, german, french)] == [
        "1,200 sources",
        "1.200 Quellen",
        "1\u202f200 sources",
    ]
    assert (english.count("source", 0), french.count("source", 0)) == ("0 sources", "0 source")
    assert [say.date("2005-09-19") for say in (english, german, french)] == [
        "19 September 2005",
        "19. September 2005",
        "19 septembre 2005",
    ]
    assert [english.date(date) for date in ("2005-13", "spring 2005", "-0044-03-15", "2005-²", "2" * 5000)] == [
        "2005-13",
        "spring 2005",
        "-0044-03-15",
        "2005-²",
        "2" * 5000,
    ]
    assert english.interval("1998/..") == "1998 – …"
    assert german.interval("1998/2021-03") == "1998 – März 2021" and german.decimal(0.71, 2) == "0,71"
    assert texts("xx").language == texts(None).language == "en"


def test_no_two_parts_of_the_script_have_the_same_name_for_different_things() -> None:
    """They are one function: a second declaration would silently replace the first."""
    parts = [(WEB / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    declared = re.compile(r"^(?:async )?function (\w+)|^(?:const|let) (\w+)", re.MULTILINE)
    names = Counter(first or second for part in parts for first, second in declared.findall(part))
    assert [name for name, times in names.items() if times > 1] == []


def test_the_script_asks_for_words_that_there_are() -> None:
    script = "".join((WEB / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    asked = set(re.findall(r'\bt\("([\w.]+)"', script))
    assert asked and asked <= ENGLISH.keys()
    counted = set(re.findall(r'\bcount\("(\w+)"', script))
    assert {f"count.{thing}.one" for thing in counted} <= ENGLISH.keys()
