"""The lexical index: finds by BM25, through tantivy, the rows that the terms of a question fit best.

BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tantivy

Rows = npt.NDArray[np.int64]
_HEAP = 64_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", fast=True)
    # The terms come analysed (`assistant.analysis`), so white space is all that separates them.
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="position")
    return builder.build()


def write(texts: Iterable[Sequence[str]], folder: Path) -> None:
    """Indexes the terms of texts, in order of row, in a new `folder`.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir()
    try:
        index = tantivy.Index(_schema(), path=str(folder))
        # One thread, so that documents keep the order of their rows, and equal scores too.
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        for row, terms in enumerate(texts):
            document = tantivy.Document()
            document.add_integer("row", row)
            document.add_text("terms", " ".join(terms))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:  # which is how tantivy says that the disk is full
        raise OSError(str(error)) from error
    for lock in folder.glob("*.lock"):
        lock.unlink()


class LexicalIndex:
    """Searches terms by BM25. Thread-safe: nothing changes after opening."""

    def __init__(self, folder: Path) -> None:
        """Opens what `write` made.

        Raises:
            ValueError: it cannot be read.
        """
        try:
            index = tantivy.Index.open(str(folder))
        except ValueError:
            # tantivy takes a lock file to open an index, so a read-only folder is opened from a copy.
            copied = Path(tempfile.mkdtemp(prefix="assistant-"))
            weakref.finalize(self, shutil.rmtree, copied, ignore_errors=True)
            for file in folder.iterdir():
                shutil.copyfile(file, copied / file.name)
            index = tantivy.Index.open(str(copied))
        self._schema = index.schema
        self._searcher = index.searcher()
        self.passages: int = self._searcher.num_docs

    def search(self, terms: Mapping[str, float], k: int) -> Rows:
        """The `k` best rows that hold any of the `terms`, given with their weights, best first, ties by row.

        The weighted BM25 is exact but for the lengths of passages, which tantivy rounds to about an eighth; what is
        made of its rows is computed from the exact ones (`assistant.terms`).
        """
        if not terms or k < 1 or self.passages == 0:
            return np.empty(0, np.int64)
        parts = []
        for term, weight in terms.items():
            there = tantivy.Query.term_query(self._schema, "terms", term, "freq")
            parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(there, weight)))
        return self._run(tantivy.Query.boolean_query(parts), k)

    def phrase(self, terms: Sequence[str]) -> Rows:
        """The rows that hold `terms` one after another, in order of row."""
        if not terms or self.passages == 0:
            return np.empty(0, np.int64)
        if len(terms) == 1:
            query = tantivy.Query.term_query(self._schema, "terms", terms[0], "basic")
        else:
            query = tantivy.Query.phrase_query(self._schema, "terms", list(terms))
        return np.sort(self._run(query, self.passages))

    def _run(self, query: tantivy.Query, k: int) -> Rows:
        hits = self._searcher.search(query, limit=min(k, self.passages), count=False).hits
        rows = np.asarray(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)
        scores = np.asarray([score for score, _ in hits], np.float32)
        return rows[np.lexsort((rows, -scores))]
