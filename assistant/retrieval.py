"""The one way from a query to excerpts: dense and lexical candidates, fused, checked, collapsed and cut.

At question time only the question is encoded; sentences are chosen by their stored vectors and the query's rare words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from assistant.analysis import find_phrase, words
from assistant.bibliography import cite_slice
from assistant.demands import Demands
from assistant.errors import UsageError
from assistant.filters import QUOTED, take_operators
from assistant.index.generation import Generation
from assistant.notes import CHANGED_MANY, CHANGED_ONE, LONG, UNDATED_MANY, UNDATED_ONE
from assistant.ranking import Question, encode, rank
from assistant.records import NO_FILTERS, Citation, CitationState, Excerpt, Filters, Hit, Query, Span
from assistant.reranking import Reranker, reorder
from assistant.sentences import Sentence, score_sentences
from assistant.settings import CANDIDATES, MAX_QUESTION

Rows = npt.NDArray[np.int64]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_MOST_PHRASES = 20
_READ_FIRST = 500
"""Up to so many passages with the words of a phrase are read before they are ranked."""
_MOST_DUPLICATES = 5
_EDGES = ".,;:!?\"'“”‘’()"
_WORDS_EACH = 180
"""Words for each excerpt asked for, in all the excerpts together."""
_COMPARED = 5
"""The place (from 0) of the passage that the best one is compared with."""
_HIGHLIGHTS = 3
_HIGHLIGHT_SHARE = 0.7
"""A second sentence is highlighted if it scores this much of the best one in its excerpt."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a query found: excerpts, best first; the sentences in them, best first; and what was searched.

    `margin` is how far the best passage stands above the sixth, before any cross-encoder, for which the confidence is
    not calibrated. `unmet_numbers` and `unmet_names` are those of the question that none of the excerpts holds.
    `unheard` is true if no source has any of the question's own words.
    """

    excerpts: tuple[Excerpt, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    searched: int = 0
    unseen_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    margin: float = 0.0
    unmet_numbers: tuple[str, ...] = ()
    unmet_names: tuple[str, ...] = ()
    unheard: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The numbers and names that no excerpt holds, without the words that no source has at all."""
        unmet = (*self.unmet_numbers, *self.unmet_names)
        return tuple(word for word in unmet if word not in self.unseen_words)


@dataclass(slots=True)
class _Group:
    """Neighbouring passages that make one excerpt."""

    rows: list[int]
    score: float
    words: int
    duplicates: list[int] = field(default_factory=list)


def parse(question: str, filters: Filters = NO_FILTERS) -> Query:
    """The query for a question: quoted words become phrases that must occur; control characters become spaces.

    Operators in it (in:"joint statement" after:2005) are taken out and put in the place of what `filters` says.

    Raises:
        UsageError: the question holds no letters or digits, is too long, or quotes too many phrases; or an operator is
            given a date that is none.
    """
    text = " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", question)).split())
    if len(text) > MAX_QUESTION:
        raise UsageError(f"the question has {len(text)} characters, more than {MAX_QUESTION}: shorten it")
    typed = text
    text, filters = take_operators(text, filters)
    if next(words(text), None) is None:
        beside = f" besides {typed[:60]}" if next(words(typed), None) else ""
        raise UsageError(f"there is no question: write at least one word{beside}")
    quoted = (match.group()[1:-1].strip() for match in QUOTED.finditer(text))
    phrases = tuple(phrase for phrase in quoted if next(words(phrase), None))
    if len(phrases) > _MOST_PHRASES:
        raise UsageError(f"the question has {len(phrases)} phrases in quotation marks, more than {_MOST_PHRASES}")
    return Query(text, phrases, filters)


def retrieve(query: Query, index: Generation, k: int, reranker: Reranker | None = None) -> Retrieval:
    """At most `k` excerpts that bear on the query, best first; the order is `reranker`'s too, if there is one.

    Raises:
        UsageError: `k` is not at least 1, or a filter fits no source.
        ModelUnusable: the reranker cannot be loaded.
    """
    if k < 1:
        raise UsageError(f"k is {k}: ask for at least one excerpt")
    chosen, undated = index.choose(query.filters)
    notes = []
    if undated:
        notes.append((UNDATED_ONE if undated == 1 else UNDATED_MANY).format(count=undated))
    searched = int(chosen.sum())
    with index.guarded():
        asked = encode(query, index)
    if asked.left_out:
        notes.append(LONG.format(kept=len(asked.written), count=len(asked.written) + asked.left_out))
    gone: list[str] = []
    while True:
        hits = _hits(query, index, asked, max(CANDIDATES, 2 * k), index.rows_of(chosen))
        groups, stale = _gather(index, reorder(query, hits, index, reranker) if reranker else hits, k)
        if not stale:
            break
        chosen[stale] = False  # and search again, so that what is left fills the places
        gone += [index.source(number).id for number in stale]
    if gone:
        notes.append((CHANGED_ONE if len(gone) == 1 else CHANGED_MANY).format(count=len(gone), source=gone[0]))
    demands = Demands(query.text, index.analyser.language)
    sentences = score_sentences(index, [group.rows for group in groups], asked, demands)
    excerpts = [_cut(index, group, [s for s in sentences if s.excerpt == n]) for n, group in enumerate(groups)]
    shown = " ".join(map(_described, excerpts))
    unseen = tuple(word for term, word in asked.written.items() if not _is_seen(index, term, word))
    return Retrieval(
        tuple(excerpts),
        tuple(sentences),
        searched,
        unseen,
        tuple(notes),
        margin=hits[0].score - hits[min(_COMPARED, len(hits) - 1)].score if hits else 0.0,
        unmet_numbers=demands.unmet_numbers(shown),
        unmet_names=demands.unmet_names(shown, index.analyser),
        unheard=0 < len(asked.written) == len(unseen),
    )


def _described(excerpt: Excerpt) -> str:
    """The words of an excerpt and all that says what it is about: title, place and time."""
    cited = excerpt.citation
    known = cited.metadata
    return " ".join((cited.title, cited.source_id, cited.locator, known.covers or known.issued or "", excerpt.text))


def stages(query: Query, index: Generation, reranker: Reranker | None = None) -> dict[str, list[int]]:
    """The rows that each stage of the search ranks for a query, best first: what an evaluation compares.

    `dense` and `lexical` are the candidates of the two searches, `rrf` their reciprocal rank fusion (Cormack, Clarke
    and Büttcher 2009; k = 60), which nothing else uses, `fused` the sum of the two scores, `final` what answers use,
    reordered by `reranker` if there is one.

    Raises:
        UsageError: a filter fits no source.
    """
    within = index.rows_of(index.choose(query.filters)[0])
    ranking = rank(index, encode(query, index), CANDIDATES, within)
    reciprocal: dict[int, float] = {}
    for found in (ranking.dense, ranking.lexical):
        for place, row in enumerate(found, 1):
            reciprocal[row] = reciprocal.get(row, 0.0) + 1 / (60 + place)
    return {
        "dense": ranking.dense,
        "lexical": ranking.lexical,
        "rrf": sorted(reciprocal, key=lambda row: (-reciprocal[row], row)),
        "fused": [hit.row for hit in ranking.fused],
        "final": [hit.row for hit in (reorder(query, ranking.final, index, reranker) if reranker else ranking.final)],
    }


def _is_seen(index: Generation, term: str, word: str) -> bool:
    """Whether some source has the word; a lone Chinese or Japanese character is looked for in the texts themselves."""
    if index.terms.frequency(term):
        return True
    lone = len(word) == 1 and not word.isascii()
    return lone and any(word in index.source(number).text for number in range(index.count))


def _hits(query: Query, index: Generation, asked: Question, k: int, within: Rows | None) -> list[Hit]:
    """The passages that bear on the query, best first, with `within` only those rows.

    Their own words (not only their headings) hold every phrase, which is read in their texts: of few before they are
    ranked, of many only in those that rank among the best.
    """
    for phrase in query.phrases:
        rows = index.lexical.phrase(index.analyser.terms(phrase))
        within = rows if within is None else np.intersect1d(within, rows)
    few = within is not None and len(within) <= _READ_FIRST
    if query.phrases and few and within is not None:
        within = np.array([row for row in within.tolist() if _holds(index, row, query.phrases)], np.int64)
    with index.guarded():
        hits = rank(index, asked, k, within).final
    return hits if few or not query.phrases else [hit for hit in hits if _holds(index, hit.row, query.phrases)]


def _holds(index: Generation, row: int, phrases: tuple[str, ...]) -> bool:
    text = index.text(row)
    return all(next(find_phrase(text, phrase), None) for phrase in phrases)


def _gather(index: Generation, hits: list[Hit], k: int) -> tuple[list[_Group], list[int]]:
    """The best hits as at most `k` groups: the same words once, neighbours joined; and numbers of stale sources.

    Only passages of the very same words are shown as one: in what differs by a word, that word may be the point.
    """
    groups: list[_Group] = []
    seen: dict[tuple[str, ...], int] = {}
    stale: dict[int, None] = {}
    places = index.passages[[hit.row for hit in hits]]
    sections = list(zip(places["source"].tolist(), places["section"].tolist(), strict=True))
    held: dict[int, tuple[int, int]] = {}
    for hit, section in zip(hits, sections, strict=True):
        if len(groups) == k and section not in (held.get(hit.row - 1), held.get(hit.row + 1)):
            continue  # what stands beside an excerpt still makes it longer
        number = section[0]
        if index.state(number) is not CitationState.VERIFIED:
            stale[number] = None
            continue
        text = index.text(hit.row)
        twin = seen.setdefault(_same_words(text), hit.row)
        if twin != hit.row:
            group = next(group for group in groups if twin in group.rows)
            if len(group.duplicates) < _MOST_DUPLICATES:
                group.duplicates.append(hit.row)
            continue
        size = len(text.split())
        if groups and sum(group.words for group in groups) + size > _WORDS_EACH * k:
            break
        held[hit.row] = section
        _place(groups, _Group([hit.row], hit.score, size), held)
    return groups, list(stale)


def _same_words(text: str) -> tuple[str, ...]:
    """The text without case, white space and the punctuation at the edges of words; signs such as - and $ count."""
    return tuple(word.strip(_EDGES) for word in unicodedata.normalize("NFKC", text).casefold().split())


def _place(groups: list[_Group], new: _Group, held: Mapping[int, tuple[int, int]]) -> None:
    """Adds a group, or joins it with the ones that stand right before or after it, in the place of the best of them.

    `held` are source and section of each row, which neighbours share.
    """
    (row,) = new.rows
    near = [other for other in (row - 1, row + 1) if held.get(other) == held[row]]
    beside = [group for group in groups if any(other in group.rows for other in near)]
    if not beside:
        groups.append(new)
        return
    first, *others = beside
    for group in (*others, new):
        first.rows = sorted([*first.rows, *group.rows])
        first.words += group.words
        first.duplicates += group.duplicates
    groups[:] = [group for group in groups if group not in others]


def _cut(index: Generation, group: _Group, sentences: list[Sentence]) -> Excerpt:
    """The excerpt of a group, with its best sentences highlighted."""
    start, end = int(index.passages[group.rows[0]]["start"]), int(index.passages[group.rows[-1]]["end"])
    citation = _cite(index, group.rows[0], start, end)
    best: Iterator[Sentence] = (s for s in sentences if s.score >= _HIGHLIGHT_SHARE * sentences[0].score)
    highlights: list[Span] = [(s.start - start, s.end - start) for s, _ in zip(best, range(_HIGHLIGHTS), strict=False)]
    duplicates = [
        _cite(index, row, *map(int, (index.passages[row]["start"], index.passages[row]["end"])))
        for row in group.duplicates
    ]
    return Excerpt(citation.quote, tuple(highlights), citation, max(0.0, min(1.0, group.score)), tuple(duplicates))


def _cite(index: Generation, row: int, start: int, end: int) -> Citation:
    return cite_slice(index.source(int(index.passages[row]["source"])), start, end)
