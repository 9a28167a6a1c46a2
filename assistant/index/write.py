"""Writes a generation's files: texts and metadata, columns, vectors and both search indexes, and the manifest last."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from assistant import dense, lexical
from assistant.analysis import Analyser, detect_language
from assistant.embedding import Vectors, unit
from assistant.index.collect import Collection
from assistant.index.generation import CATALOGUE, PASSAGE, catalogue_seal, describe_files, seal_of, source_seal
from assistant.index.vectors import KEY, Input
from assistant.passages import Piece
from assistant.settings import FORMAT_VERSION

_TABLE = """CREATE TABLE sources (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, file TEXT, size INTEGER, mtime_ns INTEGER, digest TEXT, reader TEXT,
    problems TEXT, own TEXT, metadata TEXT, locators TEXT, text TEXT, seal TEXT)"""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a generation: sources, the pieces of each, and the model's input for each piece."""

    collection: Collection
    pieces: Sequence[Sequence[Piece]]
    inputs: Sequence[Input]


def write_generation(
    path: Path, contents: Contents, passage_vectors: Vectors, sentence_vectors: Vectors, about: dict[str, Any]
) -> None:
    """Writes everything into the empty folder `path`; `about` is what the manifest says of model and recipe."""
    catalogue = _write_sources(path / "sources.sqlite", contents.collection)
    passages, sentences = _columns(contents.pieces)
    arrays = {
        "passages": passages,
        "sentences": sentences,
        "vectors": passage_vectors,
        "sentence_vectors": sentence_vectors.astype(np.float16),
        "source_vectors": _source_vectors(passages["source"], passage_vectors, len(contents.pieces)),
        "keys": np.frombuffer(b"".join(each.key for each in contents.inputs), np.uint8).reshape(-1, KEY),
    }
    for name, array in arrays.items():
        np.save(path / f"{name}.npy", array)
    dense.write(passage_vectors, path / "dense.faiss")
    analyser = Analyser(detect_language(source.text for source in contents.collection.sources))
    lexical.write(_passage_terms(contents.inputs, analyser), path / "lexical")
    lexical.write(_source_terms(contents, analyser), path / "lexical_sources")
    for folder in ("lexical", "lexical_sources"):
        _allow_as(path / "passages.npy", path / folder)
    manifest = {
        "format": FORMAT_VERSION,
        **about,
        "analyser": analyser.language,
        "catalogue": catalogue,
        "counts": {"sources": len(contents.pieces), "passages": len(passages), "sentences": len(sentences)},
        "files": describe_files(path),
    }
    manifest["seal"] = seal_of(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")


def _passage_terms(inputs: Sequence[Input], analyser: Analyser) -> Iterator[tuple[list[str], list[str]]]:
    """The terms of each passage with its title and section, and those of title and section alone."""
    for each in inputs:
        yield analyser.terms(each.text), analyser.terms(each.text[: each.lead])


def _source_terms(contents: Contents, analyser: Analyser) -> Iterator[tuple[list[str], list[str]]]:
    """The terms of each source: title and sections once, and all its passages."""
    inputs = iter(contents.inputs)
    for pieces in contents.pieces:
        of_source = list(islice(inputs, len(pieces)))
        headings = dict.fromkeys(each.text[: each.lead] for each in of_source)
        texts = (*headings, *(each.text[each.lead :] for each in of_source))
        yield [term for text in texts for term in analyser.terms(text)], []


def _source_vectors(sources: np.ndarray, vectors: Vectors, count: int) -> Vectors:
    """The mean direction of each source's passages, shape (count, dimensions); zeros for a source without any."""
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    np.add.at(sums, sources, vectors)
    return unit(sums)


def _allow_as(model: Path, folder: Path) -> None:
    """Gives the files in a folder the permissions of `model`: whoever may read one file of an index may read them all.

    Some are written through temporary files, which only their owner may open.
    """
    mode = stat.S_IMODE(model.stat().st_mode)
    for file in folder.iterdir():
        file.chmod(mode)


def _write_sources(path: Path, collection: Collection) -> str:
    """Writes texts and metadata; returns the seal of the catalogue."""
    database = sqlite3.connect(path)
    try:
        database.execute(_TABLE)
        found = zip(collection.sources, collection.own, collection.stamps, strict=True)
        for number, (source, own, stamp) in enumerate(found):
            metadata = _json(asdict(source.metadata))
            places = _json([astuple(locator) for locator in source.locators])
            seal = source_seal(source.id, source.text, metadata, source.digest, places)
            row = (
                number, source.id, stamp.file, stamp.size, stamp.mtime_ns, stamp.digest, stamp.reader,
                _json(stamp.problems), _json(asdict(own)), metadata, places, source.text, seal,
            )  # fmt: skip
            database.execute(f"INSERT INTO sources VALUES ({','.join('?' * len(row))})", row)
        database.commit()
        return catalogue_seal(database.execute(CATALOGUE).fetchall())
    finally:
        database.close()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _columns(pieces: Sequence[Sequence[Piece]]) -> tuple[np.ndarray, np.ndarray]:
    """The columns of all passages and of all sentences, in order of source and place."""
    passages: list[tuple[int, ...]] = []
    sentences: list[tuple[int, int]] = []
    for number, of_source in enumerate(pieces):
        for piece in of_source:
            first = len(sentences)
            sentences += piece.sentences
            passages.append((number, piece.start, piece.end, piece.section_start, first, len(sentences)))
    return np.array(passages, PASSAGE), np.array(sentences, np.int64).reshape(-1, 2)
