"""One score from two: the cosine of a passage and its share of the best possible BM25 score.

Both are absolute, so scores can be compared between questions, which ranks cannot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assistant.records import Hit
from assistant.settings import COSINE_WEIGHT, SHARE_WEIGHT


def fuse(rows: npt.NDArray[np.int64], cosines: npt.NDArray[np.float32], shares: npt.NDArray[np.float32]) -> list[Hit]:
    """Hits in order of `0.4 * cosine + 0.6 * share`, ties by row; three arrays of one length."""
    scores = COSINE_WEIGHT * cosines.astype(np.float64) + SHARE_WEIGHT * shares.astype(np.float64)
    order = np.lexsort((rows, -scores))
    return [Hit(int(rows[i]), float(cosines[i]), float(shares[i]), float(scores[i])) for i in order]
