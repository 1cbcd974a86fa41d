"""The deepest valley of a one-dimensional density, and whether it is a gap.

SciPy and Numba are imported at the first test: sales are loaded without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.runtime.array_types import FloatArray

SIGNIFICANCE_LEVEL = 0.01
"""Familywise error rate over all pairs of neighbors of one k and all single features (Holm 1979)."""
FURTHER_SIGNIFICANCE_LEVEL = 0.10
"""The same once a gap has been found: then only the number of groups is still open."""
MIN_DEPTH = 0.25
"""A gap needs a valley at least this deep: rounded values leave shallow waves that are significant in large samples."""
MIN_SIDE = 10
"""Minimum number of customers on each side of a border that can be tested."""
_BINS = 256


@dataclass(frozen=True)
class Valley:
    """A dip test on one projection, and the main valley of its density."""

    p_value: float
    """Of the dip test of unimodality."""
    depth: float
    """1 − density in the valley / density of the lower of the two adjacent peaks: 0 no valley, 1 an empty one."""
    position: float
    """Where the valley is."""


def measure_valley(values: FloatArray) -> Valley:
    """Test `values` (n,) for unimodality and locate their main valley.

    The density is a Gaussian kernel estimate with Silverman's bandwidth, mirrored at both ends. Of all valleys, the
    main one separates most customers: it has the largest excess mass, the mass above its level on the side that has
    less of it (Müller and Sawitzki 1991). A few outliers far away thus make no valley.
    """
    from scipy.ndimage import gaussian_filter1d

    from segmentation.clustering.validation.dip import compute_dip, compute_p_value

    p_value = compute_p_value(compute_dip(values), len(values))
    low, high = float(values.min()), float(values.max())
    spread = min(float(values.std()), float(np.subtract(*np.percentile(values, [75, 25]))) / 1.349 or np.inf)
    if high <= low or spread <= 0:
        return Valley(1.0, 0.0, low)
    counts, edges = np.histogram(values, _BINS, (low, high))
    width = edges[1] - edges[0]
    density = gaussian_filter1d(counts.astype(np.float64), 0.9 * spread * len(values) ** -0.2 / width)
    above = np.maximum(density[None, :] - density[:, None], 0)  # row: the level of each possible valley
    left = np.tril(above).sum(axis=1)
    excess = np.minimum(left, above.sum(axis=1) - left)
    valley = int(excess.argmax())
    lower_peak = min(density[: valley + 1].max(), density[valley:].max())
    depth = float(1 - density[valley] / lower_peak) if lower_peak > 0 else 0.0
    return Valley(p_value, depth, float((edges[valley] + edges[valley + 1]) / 2))


def find_gaps(valleys: Sequence[Valley]) -> list[bool]:
    """Which of several tests found a gap: a significant dip (Holm 1979) and a deep valley.

    The first gap is tested at SIGNIFICANCE_LEVEL, further ones at FURTHER_SIGNIFICANCE_LEVEL.
    """
    order = np.argsort([valley.p_value for valley in valleys], kind="stable")
    gaps, level = [False] * len(valleys), SIGNIFICANCE_LEVEL
    for rank, number in enumerate(order):
        if valleys[number].p_value > level / (len(valleys) - rank):
            break
        if valleys[number].depth >= MIN_DEPTH:
            gaps[number], level = True, FURTHER_SIGNIFICANCE_LEVEL
    return gaps
