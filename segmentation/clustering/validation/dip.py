"""Dip test of unimodality (Hartigan and Hartigan 1985, Annals of Statistics 13, 70-84).

The dip is the largest vertical distance between the empirical distribution function and the closest unimodal one.
P-values come from a table of its distribution in samples from the uniform distribution, which is the least favorable
unimodal one in large samples. `benchmarks/dip_table.py` simulates the table.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from segmentation.clustering.kmeans.jit import jit_exact
from segmentation.runtime.array_types import FloatArray

TABLE = Path(__file__).with_name("dip_quantiles.csv")
"""Quantiles of sqrt(n) * dip: first row the upper tail probabilities, then one row per n, which comes first."""


def compute_dip(values: FloatArray) -> float:
    """The dip statistic of `values` (n,), any order: 1 / (2n) for a perfectly unimodal sample, at most 0.25.

    >>> compute_dip(np.array([0.0, 0.0, 1.0, 1.0]))
    0.25
    >>> compute_dip(np.array([1.0, 2.0, 3.0, 4.0]))
    0.125
    """
    if not len(values):
        return 0.0
    distinct, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    up_to = np.cumsum(counts).astype(np.float64)
    return float(measure_dip(distinct, up_to - counts, up_to))


def compute_p_value(dip: float, n: int) -> float:
    """Probability of a dip at least this large in a uniform sample of `n` values.

    Interpolated in the table: linearly in sqrt(n), and in the logarithm of the probability. Beyond the largest n, the
    distribution of sqrt(n) * dip has converged. The result is never below the smallest probability of the table.
    """
    tails, sizes, quantiles = load_table()
    if n < sizes[0]:
        return 1.0  # too few values for a decision
    root = np.sqrt(min(float(n), sizes[-1]))
    row = np.array([np.interp(root, np.sqrt(sizes), column) for column in quantiles.T])
    return float(np.exp(np.interp(np.sqrt(n) * dip, row, np.log(tails))))


@lru_cache(maxsize=1)
def load_table() -> tuple[FloatArray, FloatArray, FloatArray]:
    """(t,) upper tail probabilities, descending; (s,) sample sizes; (s, t) quantiles of sqrt(n) * dip."""
    table = np.loadtxt(TABLE, delimiter=",")
    return table[0, 1:], table[1:, 0], table[1:, 1:]


@jit_exact
def measure_dip(values, below, up_to):  # type: ignore[no-untyped-def]
    """The dip from a sorted sample without repeated values.

    The interval in which the mode can lie is narrowed from both sides: outside it the closest unimodal distribution is
    the greatest convex minorant on the left and the least concave majorant on the right. All heights are in
    observations; the dip is half the largest distance.

    Args:
        values: (m,) distinct, ascending.
        below, up_to: (m,) number of observations below each value, and up to and including it.
    """
    m = len(values)
    n = up_to[m - 1]
    low, high = 0, m - 1
    largest = 1.0  # no step function is closer to a continuous one
    minorant, majorant = np.empty(m, np.int64), np.empty(m, np.int64)
    under, over = np.empty(m), np.empty(m)
    while low < high:
        _fit_hull(values, below, low, high, 1.0, minorant, under)
        _fit_hull(values, up_to, low, high, -1.0, majorant, over)
        distance = -1.0
        new_low, new_high = low, high
        last_minorant, at_majorant = low, False
        for i in range(low, high + 1):
            on_minorant, on_majorant = minorant[i] == i, majorant[i] == i
            if on_minorant:
                last_minorant = i
            if (on_minorant or on_majorant) and over[i] - under[i] > distance:
                distance = over[i] - under[i]
                new_low, at_majorant = last_minorant, on_majorant
                new_high = i
        if not at_majorant:  # the mode lies before the next point at which the majorant touches
            while majorant[new_high] != new_high:
                new_high += 1
        if distance <= largest:
            break
        for i in range(low, new_low):  # the mode itself may hold a jump
            largest = max(largest, up_to[i] - under[i])
        for i in range(new_high + 1, high + 1):
            largest = max(largest, over[i] - below[i])
        if new_low == low and new_high == high:
            break
        low, high = new_low, new_high
    return largest / (2 * n)


@jit_exact
def _fit_hull(values, heights, low, high, sign, touching, fitted):  # type: ignore[no-untyped-def]
    """The greatest convex minorant (`sign` 1) or least concave majorant (-1) of the points from `low` to `high`.

    Writes its height at every point to `fitted`, and to `touching` the last point up to each at which it touches.
    """
    stack = np.empty(high - low + 1, np.int64)
    top = 0
    for i in range(low, high + 1):
        while top > 1:
            first, second = stack[top - 2], stack[top - 1]
            rise = (heights[second] - heights[first]) * (values[i] - values[first])
            if sign * (rise - (heights[i] - heights[first]) * (values[second] - values[first])) < 0:
                break
            top -= 1
        stack[top] = i
        top += 1
    for part in range(top - 1):
        first, second = stack[part], stack[part + 1]
        slope = (heights[second] - heights[first]) / (values[second] - values[first])
        for i in range(first, second):
            touching[i] = first
            fitted[i] = heights[first] + slope * (values[i] - values[first])
    last = stack[top - 1]
    touching[last] = last
    fitted[last] = heights[last]
