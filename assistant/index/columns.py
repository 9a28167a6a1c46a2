"""What the rows of an index's columns are."""

from __future__ import annotations

import numpy as np

PASSAGE = np.dtype(
    [(name, "<i4") for name in ("source", "start", "end", "section")] + [(name, "<i8") for name in ("first", "last")]
)
"""Source number, offsets, start of the section's text, and the range of the passage's sentences."""
SENTENCE = np.dtype("<i4")
KEY = 16
"""Bytes of a key: the BLAKE2b digest of exactly what the model is given."""
