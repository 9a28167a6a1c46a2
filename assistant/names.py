"""Proper names in texts, found by their capitals: what a library speaks of most."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from assistant.analysis import Analyser, fold
from assistant.demands import NOUNS_HAVE_CAPITALS
from assistant.reports import FrequentName

_WORD = r"(?:(?:[^\W\d_]\.){2,}|[^\W\d_a-z]\.(?=\s[^\W\d_a-z])|[^\W\d_a-z]\w*(?:[-’'&][^\W_]\w*)*(?:['’](?=\s))?)"
"""A word that may have a capital: Hill, Ki-moon, People's, Workers', R&D, U.S., and the initial F. before a name."""
_LINK = r"\s(?:(?:of|for|on|de|du|des|del|della|di|da|dos|der|den|von|van)\s(?:the\s)?)?"
_WORDS = re.compile(rf"(?<![\w’'-]){_WORD}(?:{_LINK}{_WORD}){{0,11}}")  # a longer run is a list
_LINKS = re.compile(rf"({_LINK})(?={_WORD})")
_SMALL = re.compile(r"(?<![\w’'-])[^\W\d_A-Z][^\W_]*")
_NEXT = re.compile(r"\s([^\W_]+)")
_POSSESSIVES = ("'s", "’s", "'", "’")
_POSSESSIVE = re.compile(r"(?:['’]s|['’])$")
_OPENING = " \t\n\"'“‘„«([*•–—-"
_CLOSING = " \t\n\"'”’»)]*"
_STOPS = ".!?:…。！？"
_BEFORE = 6
"""Characters before a word in which a stop tells that it opens a sentence."""
_MOST_WORDS = 4
_LEAST = 2
"""A name stands at least so often in a library."""
_WHOLE = 0.5
"""A run joined by "of" or a possessive is one name if it is this frequent beside its first part alone."""
_OUTSIDE = 0.25
"""A name is left out if less than this share of it stands outside longer names."""
_FREE = 0.3
"""A name stands this often before a mark or a function word; before another word it is an adjective (Chinese goods)."""
_WRITTEN_SMALL = 0.2
"""A word is no name if it is written small this often, beside its capitals."""
_HEADING, _SHOUTED = 0.5, 0.8
"""A paragraph in which a larger share of the words has capitals is a heading, or one that ends with a stop shouted."""
_NEVER = frozenset(
    [
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
        *("december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("januar", "februar", "marz", "mai", "juni", "juli", "oktober", "dezember"),
        *("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag"),
        *("mr", "mrs", "ms", "dr", "prof", "sir"),
    ]
)
"""Months, weekdays and forms of address, folded."""

Key = tuple[str, ...]
"""The folded words of a name."""


@dataclass(frozen=True, eq=False)
class _Chain:
    """Words with capitals one after another: `parts`, joined by `links` ("of the") or by a possessive."""

    parts: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()

    @cached_property
    def size(self) -> int:
        """How many words with capitals it has."""
        return sum(map(len, self.parts))

    @cached_property
    def written(self) -> str:
        """The chain as one name, without a possessive at its end."""
        text = " ".join(self.parts[0])
        for link, part in zip(self.links, self.parts[1:], strict=True):
            text += f"{link}{' '.join(part)}"
        return _POSSESSIVE.sub("", " ".join(text.split()))

    @cached_property
    def key(self) -> Key:
        """What is the same for all ways to write it."""
        return tuple(map(fold, self.written.split()))

    @cached_property
    def split(self) -> list[_Chain]:
        """Its parts, each as a name of its own."""
        return [_Chain((part,)) for part in self.parts] if self.links else [self]

    @cached_property
    def rest(self) -> _Chain | None:
        """The chain without its first word; None if nothing is left."""
        first, *others = self.parts
        if len(first) > 1:
            return _Chain((first[1:], *others), self.links)
        return _Chain(tuple(others), self.links[1:]) if others else None


class _Run(NamedTuple):
    """A chain where it stands: whether it opens a sentence, whether no plain word follows, and in which source."""

    chain: _Chain
    opens: bool
    free: bool
    source: int


@dataclass(slots=True)
class _Tally:
    """How a name is written, how often it stands in each source, and how often no plain word follows it."""

    written: Counter[str] = field(default_factory=Counter)
    sources: Counter[int] = field(default_factory=Counter)
    free: int = 0

    def is_name(self, common: Set[str], strict: bool) -> bool:
        """Whether it is a name rather than an adjective or a word with a capital for once."""
        (written, _), total = self.written.most_common(1)[0], self.sources.total()
        if total < _LEAST or self.free < _FREE * total or len(written.strip(".")) < 2:
            return False
        if " " in written:
            return True
        return sum(map(str.isupper, written)) > 1 if strict else fold(written) not in common


def frequent_names(texts: Iterable[str], analyser: Analyser, count: int) -> list[FrequentName]:
    """The `count` most frequent names in `texts`, one text a source, each with the number of sources that have it.

    Names in several sources come first, and how often one source repeats a name counts by its logarithm.
    """
    ignored = analyser.function_words | Analyser("english").function_words | _NEVER
    runs: list[_Run] = []
    small: Counter[str] = Counter()
    known: dict[str, list[tuple[_Chain, bool, bool]]] = {}
    read = 0
    for read, text in enumerate(texts, 1):
        for paragraph in text.split("\n\n"):
            found, others = list(_runs(paragraph, ignored, read, known)), _SMALL.findall(paragraph)
            large = sum(run.chain.size for run in found)
            most = _SHOUTED if paragraph.rstrip(_CLOSING).endswith(tuple(_STOPS)) else _HEADING
            if large <= most * (large + len(others)):
                runs += found
                small.update(others)
    inside = Counter(run.chain.key for run in runs if not run.opens)
    common = {key[0] for key, often in inside.items() if len(key) == 1 and small[key[0]] > _WRITTEN_SMALL * often}
    tallies = _counted(runs, inside)
    contained = _contained(tallies)
    strict = analyser.language in NOUNS_HAVE_CAPITALS
    kept = [
        tally
        for key, tally in tallies.items()
        if tally.is_name(common, strict) and (total := tally.sources.total()) >= _OUTSIDE * (total + contained[key])
    ]
    return _best(kept, read, count)


def _runs(
    paragraph: str, ignored: Set[str], source: int, known: dict[str, list[tuple[_Chain, bool, bool]]]
) -> Iterator[_Run]:
    """The runs of words with capitals in a paragraph; `known` keeps what is made of the same words again."""
    for match in _WORDS.finditer(paragraph):
        text = match.group()
        if text not in known:
            known[text] = _chains(text, ignored)
        chains = known[text]
        if not chains:
            continue
        before = paragraph[max(0, match.start() - _BEFORE) : match.start()].rstrip(_OPENING)
        opens = not before or before[-1] in _STOPS
        following = _NEXT.match(paragraph, match.end())
        free = following is None or not following[1].islower() or fold(following[1]) in ignored
        numbered = following is not None and following[1].isdecimal()
        for chain, first, last in chains:
            if not (last and numbered and chain.size == 1):  # no name: Article 5
                owns = last and text.endswith(_POSSESSIVES)
                yield _Run(chain, opens and first, free or owns or not last, source)


def _chains(text: str, ignored: Set[str]) -> list[tuple[_Chain, bool, bool]]:
    """The chains in words of which each may have a capital, and whether it is the first and the last of these words.

    A function word, a month or a weekday ends a chain.
    """
    pieces = _LINKS.split(text)
    found: list[tuple[_Chain, bool, bool]] = []
    parts: list[list[str]] = []
    links: list[str] = []
    first = True
    for word, link in zip(pieces[::2], ["", *pieces[1::2]], strict=True):
        if not _is_large(word, ignored):
            if parts:
                found.append((_Chain(tuple(map(tuple, parts)), tuple(links)), first, False))
            parts, links, first = [], [], False
        elif parts and link.isspace() and not parts[-1][-1].endswith(_POSSESSIVES):
            parts[-1].append(word)
        else:
            links += [link] if parts else []
            parts.append([word])
    return [*found, (_Chain(tuple(map(tuple, parts)), tuple(links)), first, True)] if parts else found


def _is_large(word: str, ignored: Set[str]) -> bool:
    """Whether a word has the capital of a name: US is one, though "us" is a function word."""
    return word[0].isupper() and (fold(_POSSESSIVE.sub("", word)) not in ignored or (len(word) > 1 and word.isupper()))


def _counted(runs: Iterable[_Run], inside: Mapping[Key, int]) -> dict[Key, _Tally]:
    """The names that the runs make: one that opens a sentence counts if it also stands `inside` of one."""
    tallies: dict[Key, _Tally] = {}
    for chain, opens, free, source in runs:
        whole: _Chain | None = chain
        if opens and chain.key not in inside:
            whole = chain.rest
        if whole is None or (opens and whole.key not in inside):
            continue
        names = [whole] if _is_one(whole, inside) else whole.split
        for name in names:
            if name.size > _MOST_WORDS:
                continue
            tally = tallies.setdefault(name.key, _Tally())
            tally.written[name.written] += 1
            tally.sources[source] += 1
            tally.free += free or name is not names[-1]
    return tallies


def _is_one(chain: _Chain, inside: Mapping[Key, int]) -> bool:
    """Whether parts joined by "of" or a possessive are one name: People's Republic, but not China's Ministry."""
    if not chain.links:
        return True
    often = inside.get(chain.key, 0)
    return chain.size <= _MOST_WORDS and often >= max(_LEAST, _WHOLE * inside.get(chain.split[0].key, 0))


def _contained(tallies: Mapping[Key, _Tally]) -> Counter[Key]:
    """How often each run of words stands within a longer name."""
    found: Counter[Key] = Counter()
    for key, tally in tallies.items():
        for size in range(1, len(key)):
            for start in range(len(key) - size + 1):
                found[key[start : start + size]] += tally.sources.total()
    return found


def _best(tallies: list[_Tally], read: int, count: int) -> list[FrequentName]:
    """The most frequent names: those of several of the `read` sources first, few of any one that is alone with them."""
    made = [
        (len(tally.sources) == 1, -sum(math.log1p(often) for often in tally.sources.values()), name, tally.sources)
        for tally in tallies
        for name, _ in tally.written.most_common(1)
    ]
    most = math.ceil(count / max(1, read))
    alone: Counter[int] = Counter()
    best: list[FrequentName] = []
    for single, _, name, sources in sorted(made, key=lambda each: each[:3]):
        if single:
            alone.update(sources.keys())
            if any(alone[source] > most for source in sources):
                continue
        best.append(FrequentName(name, len(sources)))
    return best[:count]
