"""Confidence intervals by inverted randomization tests, for arms with few buyers and very uneven spend.

Under the hypothesis that the campaign multiplied the spend of the contacted by f, dividing it by f gives the spend
without the campaign, the same for every assignment. The studentized adjusted difference of the assignment as drawn is
compared with those of 999 re-draws of the same scheme; the interval holds every f that is not rejected. It is stated in
money per contacted customer: mean spend of the contacted x (1 - 1/f). Here g = 1/f, which is finite for no spend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from segmentation.campaigns.estimation import Moments, center_variables, compute_difference
from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray

REDRAWS = 999
SIGNIFICANCE = 0.05
_MAX_CELLS = 4_000_000
"""Numbers in memory at a time."""
_MAX_SORTED = 100_000
"""Customers of a stratum above which drawing positions is faster than ranking random numbers."""
_MAX_G = 1e4
"""Largest g = 1/f that is tried: the contacted spent a ten-thousandth of what they would have without the campaign."""
_STEPS = 40
"""Bisections towards a root or a limit."""


class RandomizationTest:
    """The re-draws of one campaign, from which tests and intervals of the total and of each stratum follow."""

    def __init__(
        self,
        outcome: FloatArray,
        covariates: FloatArray,
        strata: IntArray,
        is_contacted: BoolArray,
        seed: int,
        redraws: int = REDRAWS,
    ) -> None:
        """Draw again.

        Args:
            outcome: (n,) money.
            covariates: (n, k), known before the launch.
            strata: (n,) 0 to S - 1, each with at least two customers in each arm.
            is_contacted: (n,) the assignment as drawn.
            seed: of the re-draws.
            redraws: number of re-draws.
        """
        self._shares = np.bincount(strata[is_contacted], minlength=int(strata.max()) + 1) / is_contacted.sum()
        self._means = np.bincount(strata, outcome * is_contacted) / np.bincount(strata, is_contacted)
        variables = np.column_stack([outcome * is_contacted, outcome * ~is_contacted, covariates])
        self._moments = draw_moments(variables, strata, is_contacted, seed, redraws)

    def compute_p_values(self, g: float) -> tuple[float, FloatArray]:
        """Two-sided p-values of the hypothesis that spend without the campaign is g times that of the contacted.

        Returns:
            that of the total, and (S,) of each stratum.
        """
        total, by_stratum = self._studentize(g)
        return float(compute_two_sided_p(total)), compute_two_sided_p(by_stratum)

    def compute_interval(self, stratum: int | None = None) -> tuple[float, float] | None:
        """The interval in money per contacted customer of a stratum, or of all; None if they spent nothing.

        A campaign cannot have brought more than all of the spend, so the upper limit is at most the mean spend.
        """
        mean = float(self._means @ self._shares) if stratum is None else float(self._means[stratum])
        if mean <= 0:
            return None

        def compute_p(g: float) -> float:
            total, by_stratum = self.compute_p_values(g)
            return total if stratum is None else float(by_stratum[stratum])

        def compute_rank(g: float) -> float:
            total, by_stratum = self._studentize(g)
            above, below = _compute_tails(total if stratum is None else by_stratum[:, stratum])
            return float(below - above)

        best = _find_root(compute_rank)  # the g of which the assignment as drawn is the median
        low, high = _find_limit(compute_p, best, 0.0), _find_limit(compute_p, best, _MAX_G)
        return mean * (1 - high), mean * (1 - low)

    def _studentize(self, g: float) -> tuple[FloatArray, FloatArray]:
        """The studentized differences of the assignment as drawn (first) and of the re-draws: (D + 1,), (D + 1, S)."""
        k = self._moments.sums.shape[-1] - 2
        weights = np.zeros((k + 1, k + 2))
        weights[0, :2] = g, 1.0
        weights[1:, 2:] = np.eye(k)
        difference = compute_difference(self._moments.transform(weights))
        return (
            studentize(difference.total, difference.variance),
            studentize(difference.by_stratum, difference.stratum_variance),
        )


def draw_moments(
    variables: FloatArray, strata: IntArray, is_contacted: BoolArray, seed: int, redraws: int = REDRAWS
) -> Moments:
    """The moments of the assignment as drawn (first) and of its re-draws, each with as many held back per stratum.

    Args:
        variables: (n, m) the outcome or its parts, then the covariates.
        strata: (n,) 0 to S - 1.
        is_contacted: (n,) the assignment as drawn.
        seed: of the re-draws.
        redraws: number of re-draws.
    """
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(strata == s) for s in range(int(strata.max()) + 1)]
    drawn = [np.flatnonzero(~is_contacted[rows])[None, :] for rows in members]
    return _sum_draws(
        center_variables(variables), members, lambda s: _iter_draws(rng, drawn[s], len(members[s]), redraws)
    )


def _iter_draws(rng: np.random.Generator, drawn: IntArray, size: int, redraws: int) -> Iterator[IntArray]:
    """Positions of the held-back customers among `size`: (rows, held back), first as drawn, then of re-draws."""
    yield drawn
    held_back = drawn.shape[1]
    if size > _MAX_SORTED:
        for _ in range(redraws):
            yield np.atleast_2d(rng.choice(size, held_back, replace=False, shuffle=False))
        return
    at_once = max(1, _MAX_CELLS // size)
    for start in range(0, redraws, at_once):
        numbers = rng.random((min(at_once, redraws - start), size), dtype=np.float32)
        yield np.argpartition(numbers, held_back, axis=1)[:, :held_back]


def _sum_draws(
    variables: FloatArray, members: list[IntArray], iter_draws: Callable[[int], Iterator[IntArray]]
) -> Moments:
    """The moments of every draw: those of the held-back are summed, those of the contacted are the rest."""
    m = variables.shape[1]
    upper = np.triu_indices(m)
    sums, products, counts = [], [], []
    for s, rows in enumerate(members):
        local = variables[rows]
        columns = np.column_stack([local, local[:, upper[0]] * local[:, upper[1]]])
        held_back, held_back_sums = 0, []
        for positions in iter_draws(s):
            held_back = positions.shape[1]
            step = max(1, _MAX_CELLS // (held_back * columns.shape[1]))
            held_back_sums += [columns[positions[i : i + step]].sum(axis=1) for i in range(0, len(positions), step)]
        by_arm = np.stack([(h := np.concatenate(held_back_sums)), columns.sum(axis=0) - h], axis=1)  # (D, 2, columns)
        square = np.empty((len(by_arm), 2, m, m))
        square[:, :, upper[0], upper[1]] = by_arm[:, :, m:]
        square[:, :, upper[1], upper[0]] = by_arm[:, :, m:]
        sums.append(by_arm[:, :, :m])
        products.append(square)
        counts.append((held_back, len(rows) - held_back))
    return Moments(np.array(counts), np.stack(sums, axis=1), np.stack(products, axis=1))


def studentize(difference: FloatArray, variance: FloatArray) -> FloatArray:
    """Differences in standard errors; 0 where nothing varies."""
    error = np.sqrt(variance)
    result: FloatArray = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    return result


def compute_two_sided_p(statistics: FloatArray) -> FloatArray:
    """Twice the share of draws at least as far out as the first, on its own side: (D, ...) -> (...), at most 1.

    The sides are counted apart. Very uneven spend makes the statistic so skewed that of the 5 % of ineffective
    campaigns beyond a common limit for |t|, nearly all are called a win; so it is 2.5 % on either side.
    """
    above, below = _compute_tails(statistics)
    p: FloatArray = np.minimum(2 * np.minimum(above, below), 1.0)
    return p


def _compute_tails(statistics: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The shares of draws at least as large, and at most as large, as the first."""
    tolerance = 1e-12 * np.abs(statistics[:1])
    above: FloatArray = (statistics >= statistics[:1] - tolerance).mean(axis=0)
    below: FloatArray = (statistics <= statistics[:1] + tolerance).mean(axis=0)
    return above, below


def _find_root(function: Callable[[float], float]) -> float:
    """Where an increasing function of g crosses 0, or the nearer end."""
    low, high = 0.0, 1.0
    if function(low) >= 0:
        return low
    while function(high) < 0:
        low, high = high, high * 2
        if high > _MAX_G:
            return _MAX_G
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def _find_limit(compute_p: Callable[[float], float], inside: float, end: float) -> float:
    """The last g from `inside` towards `end` that is not rejected."""
    outside = inside
    step = max(inside, 0.1) / 8
    while compute_p(outside) > SIGNIFICANCE:
        inside = outside
        if outside == end:
            return end
        outside = max(outside - step, end) if end < inside else min(outside + step, end)
        step *= 1.5
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if compute_p(middle) > SIGNIFICANCE else (inside, middle)
        if abs(inside - outside) <= 1e-6 * max(inside, 1e-3):
            break
    return inside
