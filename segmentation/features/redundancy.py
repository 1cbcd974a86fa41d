"""Features that nearly duplicate each other, so that K-means counts what they measure twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_CORRELATION = 0.98
"""Features with a higher absolute correlation, after scaling, are duplicates."""


def find_duplicate_features(X: NDArray[np.floating[Any]], features: Sequence[str]) -> list[tuple[str, str, float]]:
    """Pairs of features with an absolute correlation (Pearson) above MAX_CORRELATION, in the order of `features`.

    Args:
        X: (n, d) the scaled features; none is constant.
        features: their d names.

    >>> X = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 0.0], [3.0, 6.0, 1.0]])
    >>> [(first, second, round(correlation, 2)) for first, second, correlation in find_duplicate_features(X, "abc")]
    [('a', 'b', 1.0)]
    """
    if len(features) < 2:
        return []
    correlations = np.corrcoef(X, rowvar=False)
    return [
        (features[a], features[b], float(correlations[a, b]))
        for a, b in combinations(range(len(features)), 2)
        if abs(correlations[a, b]) > MAX_CORRELATION
    ]
