"""For `building.py`: the work that the encoder does, in FLOP, against the model's own speed and the machine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import measuring

from assistant import Library
from assistant.embedding import DEFAULT_MODEL, model_folder, silence_loading
from assistant.passages import Count, context, heading, split
from assistant.settings import Recipe

LAYERS, WIDTH, INNER = 6, 384, 1536
"""Of all-MiniLM-L6-v2."""
MOST = 20_000
"""Passages whose tokens are counted, at most; of more, those of documents evenly spread."""
_OWN = 2
"""Tokens that the model adds to a text."""
Measured = dict[str, Any]


def against_model(library: Library, report: Measured, seconds: float, sample: int, machine: Measured) -> Measured:
    """Plain `encode` on a sample of the same texts, the FLOP of all, and the speed inside the encoder if it is told.

    `seconds` is the wall time of the build; the times of the encoder itself come from its `report`.
    """
    from sentence_transformers import SentenceTransformer

    silence_loading()
    model: Any = SentenceTransformer(str(model_folder(DEFAULT_MODEL)))

    def count(several: Sequence[str]) -> list[int]:
        if not several:  # a source without a sentence
            return []
        pieces = model.tokenizer(list(several), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in pieces["input_ids"]]

    texts = inputs(library, count)
    lengths = [min(pieces + _OWN, model.max_seq_length) for pieces in count(texts)]
    flop = sum(map(flops, lengths)) / len(texts)
    step = max(1, len(texts) // sample)
    chosen = texts[::step][:sample]
    model.encode(chosen[:64])  # which warms it
    taken = measuring.timed(lambda: model.encode(chosen))
    found: Measured = {
        "tokens_a_passage": sum(lengths) / len(lengths),
        "gflop_a_passage": flop / 1e9,
        "plain_passages": len(chosen),
        "plain_passages_per_second": len(chosen) / taken,
        "times_plain": report["passages"] / seconds / (len(chosen) / taken),
        "plain_gflops": sum(map(flops, lengths[::step][:sample])) / taken / 1e9,
    }
    return found | _inside(report, seconds, flop, machine)


def _inside(report: Measured, seconds: float, flop: float, machine: Measured) -> Measured:
    """The speed inside the encoder, given the FLOP of a passage; nothing where the report does not tell its time."""
    inside, precision = report.get("encoding_seconds"), report.get("precision")
    if not inside:
        return {}
    peak = machine["bf16_gflops" if precision == "bfloat16" else "fp32_gflops"]
    speed = flop * report["embedded"] / inside / 1e9
    return {
        "encoder_gflops": speed, "share_of_peak": speed / peak, "peak_gflops": peak,
        "share_inside_encoder": inside / seconds, "precision": precision,
    }  # fmt: skip


def inputs(library: Library, count: Count) -> list[str]:
    """What the model is given for each passage, title and section included; of a large library, of some documents."""
    recipe = Recipe()
    counts = library.generation().passages_by_source()
    step = max(1, -(-sum(counts) // MOST))
    texts = []
    for source_id in library.generation().ids[::step]:
        source = library.source(source_id)
        for piece in split(source, count, recipe.passage_pieces):
            before = context(heading(source), piece.section, count, recipe.context_pieces)
            texts.append((f"{before}. " if before else "") + source.cut(piece.start, piece.end))
    return texts


def flops(tokens: int) -> int:
    """The FLOP of one text: matrix products of attention and feed-forward layers, of its real tokens only."""
    products = 2 * (4 * WIDTH * WIDTH + 2 * WIDTH * INNER)
    return LAYERS * tokens * (products + 4 * tokens * WIDTH)


def rows(found: Measured) -> list[Sequence[str]]:
    """The lines of the table."""
    lines: list[Sequence[str]] = [
        ("a passage", f"{found['tokens_a_passage']:.0f} tokens, {found['gflop_a_passage']:.2f} GFLOP"),
        (
            f"SentenceTransformer.encode, {found['plain_passages']} of the same",
            f"{found['plain_passages_per_second']:.1f} passages/s, {found['plain_gflops']:.0f} GFLOP/s",
        ),
        ("the whole build against it", f"{found['times_plain']:.2f} times"),
    ]
    if "encoder_gflops" not in found:
        return [*lines, ("inside the encoder", "not told by this version's report")]
    return [
        *lines,
        (
            "inside the encoder",
            f"{100 * found['share_inside_encoder']:.1f} % of the build's time, {found['precision']}",
        ),
        ("its speed there", f"{found['encoder_gflops']:.0f} GFLOP/s"),
        (
            "of the machine's matrix products",
            f"{100 * found['share_of_peak']:.1f} % of {found['peak_gflops']:.0f} GFLOP/s",
        ),
    ]
