"""Words, as every part counts them: the lexical index, rarity, "unseen" words, phrases and highlights.

Case and accents are folded (Yŏngbyŏn is yongbyon), words are stemmed by the library's language, and runs of Chinese,
Japanese and Korean characters become overlapping pairs, since they carry no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import Stemmer
import stopwords

_CJK = r"\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(
    rf"(?P<cjk>[{_CJK}]+)|(?P<dotted>(?:[^\W\d_{_CJK}]\.){{2,}})|(?:[^\W_{_CJK}]+(?:['’][^\W_{_CJK}]+)*)"
)
_LONE_CJK = re.compile(f"[{_CJK}]")
_SPACED = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W_]+)*")
"""As `_TOKEN`, for texts without such characters."""
_ACCENTS = re.compile("[\u0300-\u036f]")
LANGUAGES = tuple(sorted(set(stopwords.languages()) & set(Stemmer.algorithms())))
"""Languages with both a stemmer and a list of function words."""


class Word(NamedTuple):
    """A word of a text: its folded form, and where it stands."""

    folded: str
    start: int
    end: int


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """The word without case, accents, typographic apostrophes and compatibility forms.

    >>> fold("Yŏngbyŏn"), fold("Straße"), fold("U.S.")
    ('yongbyon', 'strasse', 'us')
    """
    plain = (
        word if word.isascii() else unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word)))
    )
    folded = plain.casefold().replace("’", "'").replace(".", "")
    return folded if folded.isascii() else "".join(folded.split())  # a ligature of words, as ﷺ, is one word


def words(text: str) -> Iterator[Word]:
    """The words of `text` in order; a run of CJK characters yields its overlapping pairs (a lone one, itself)."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup != "cjk":
            yield Word(fold(match.group()), start, end)
            continue
        for at in range(start, max(start + 1, end - 1)):
            yield Word(fold(text[at : min(at + 2, end)]), at, min(at + 2, end))


def count_function_words(text: str, counts: Counter[str], sign: int = 1) -> None:
    """Adds how often the function words of each language stand in a text, or takes it away again (`sign` -1).

    The first 20,000 characters count, so one long document does not decide a library's language alone.
    """
    languages = _languages_of()
    for word in words(text[:20_000]):
        for language in languages.get(word.folded, ()):
            counts[language] += sign


def most_frequent_language(counts: Mapping[str, int]) -> str:
    """The language whose function words are most frequent; "english" where none is."""
    best = max(LANGUAGES, key=lambda language: (counts.get(language, 0), language == "english"))
    return best if counts.get(best) else "english"


@cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    """By each function word, the languages that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for language in LANGUAGES:
        for word in _function_words(language):
            found[word] = (*found.get(word, ()), language)
    return found


@cache
def _function_words(language: str) -> frozenset[str]:
    return frozenset(fold(word) for word in stopwords.get_stopwords(language)) - {""}


class Analyser:
    """Turns text into index terms for one language of `LANGUAGES`; thread-safe."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._stem = lru_cache(maxsize=200_000)(self._stem_word)
        self._term = lru_cache(maxsize=200_000)(lambda word: self._stem(fold(word)))

    @cached_property
    def function_words(self) -> frozenset[str]:
        """Folded words that carry no content (the, of, which)."""
        return _function_words(self.language)

    def _stem_word(self, folded: str) -> str:
        # A Snowball stemmer keeps state while it works, so each call gets its own; the cache makes that cheap.
        stem = Stemmer.Stemmer(self.language, 0).stemWord(folded.removesuffix("'s"))
        return str(stem)

    def terms(self, text: str) -> list[str]:
        """The index terms of `text`, in order, function words included."""
        if _LONE_CJK.search(text):
            return [self._stem(word.folded) for word in words(text)]
        return list(map(self._term, _SPACED.findall(text)))  # the same, several times faster

    def content(self, text: str) -> dict[str, str]:
        """The distinct terms of `text` that carry content, each with the word as it was written first."""
        found: dict[str, str] = {}
        for word in words(text):
            if word.folded not in self.function_words:
                found.setdefault(self._stem(word.folded), text[word.start : word.end])
        return found


def find_phrase(text: str, phrase: str) -> Iterator[tuple[int, int]]:
    """The places in `text` where the words of `phrase` stand one after another, whatever the case, accents and marks.

    A word also matches its possessive, whose ending is then left out of the place.

    >>> list(find_phrase("Action for action, he said.", "ACTION FOR ACTION"))
    [(0, 17)]
    >>> list(find_phrase("North Korea's note", "north korea"))
    [(0, 11)]
    """
    asked = list(words(phrase))
    wanted = [word.folded for word in asked]
    if not wanted:
        return
    first = phrase[asked[0].start : asked[0].end]
    if len(wanted) == 1 and _LONE_CJK.fullmatch(first):
        yield from (match.span() for match in re.finditer(re.escape(first), text))
        return
    found = list(words(text))
    for at in range(len(found) - len(wanted) + 1):
        run = found[at : at + len(wanted)]
        if all(_is(word, folded) for word, folded in zip(run, wanted, strict=True)):
            yield run[0].start, run[-1].end - (2 if _owns(run[-1], wanted[-1]) else 0)


def _is(word: Word, folded: str) -> bool:
    return word.folded == folded or _owns(word, folded)


def _owns(word: Word, folded: str) -> bool:
    return word.folded == f"{folded}'s"
