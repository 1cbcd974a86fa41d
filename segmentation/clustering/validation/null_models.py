"""Are there groups at all? The gap statistic, and a test of the chosen partition against noise.

Any data can be cut, and long clouds are cut at the same place every time. So the partition is compared with what the
same search finds in data that look alike and have no groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from segmentation.clustering.sweep import Array
from segmentation.clustering.validation.bootstrap import CancelCheck, Progress, fit_kmeans, run_cancellable, sample_rows

ROWS = 3_000
SIGNIFICANCE_LEVEL = 0.05
"""Structure is taken as more than noise when at most this share of noise looks as structured."""
_STARTS = 5


@dataclass(frozen=True, eq=False)
class GapStatistic:
    """The gap statistic for every k from 1 (Tibshirani, Walther and Hastie 2001)."""

    ks: tuple[int, ...]
    gap: Array
    """Mean over references of log inertia, less the log inertia of the data."""
    error: Array
    """Standard error, with the chance of the references: sd * sqrt(1 + 1 / references)."""
    k: int
    """The least k whose gap is no less than the next one's less its error; 1 means: one group."""


@dataclass(frozen=True)
class NullTest:
    """The chosen partition against noise."""

    k: int
    unexplained_variance: float
    """Inertia of the partition as a share of the total: what the segments leave unexplained."""
    expected: Mapping[str, float]
    """Kind of noise -> the median of the same share there."""
    p_value: Mapping[str, float]
    """Kind of noise -> share of draws that leave no more unexplained than the data do, (1 + hits) / (1 + draws)."""

    @property
    def closest_null(self) -> str:
        """The kind of noise that looks most like the data."""
        return max(self.p_value, key=lambda kind: (self.p_value[kind], -self.expected[kind]))

    @property
    def is_significant(self) -> bool:
        """Whether the data are more structured than every kind of noise."""
        return max(self.p_value.values()) <= SIGNIFICANCE_LEVEL


def compute_gap_statistic(
    X: Array,
    ks: range,
    seed: int,
    *,
    references: int = 30,
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> GapStatistic:
    """Compare the fall of inertia over k with that of uniform data in a box along the principal axes.

    Args:
        X: (n, d); at most ROWS of them are looked at.
        ks: consecutive, from 1.
        seed: decides the references.
    """
    X = sample_rows(X, ROWS, seed)
    mean = X.mean(axis=0)
    axes = np.linalg.svd(X - mean, full_matrices=False)[2]
    turned = (X - mean) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)

    def run(task: tuple[int, int]) -> float:
        k, number = task
        data = X
        if number:
            rng = np.random.default_rng((seed, 10, number))
            data = rng.uniform(low, high, X.shape) @ axes
        return _log_inertia(data, k, (seed, 11, k, number))

    tasks = [(k, number) for k in ks for number in range(references + 1)]
    found = np.array([value for _, value in run_cancellable(run, tasks, threads, on_progress, is_cancelled)])
    logs = found.reshape(len(ks), references + 1)
    gap = logs[:, 1:].mean(axis=1) - logs[:, 0]
    error = logs[:, 1:].std(axis=1) * np.sqrt(1 + 1 / references)
    enough = [i for i in range(len(ks) - 1) if gap[i] >= gap[i + 1] - error[i + 1]]
    return GapStatistic(tuple(ks), gap, error, ks[enough[0]] if enough else ks[-1])


def compare_with_nulls(
    X: Array,
    k: int,
    seed: int,
    *,
    draws: int = 99,
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> NullTest:
    """Ask of three kinds of noise how often K-means leaves as little unexplained there as in the data.

    - covariance: normal, with the mean and the covariance of the data (the test of Liu and others 2008, "SigClust");
    - shuffled: every feature as it is, shuffled by itself, so that nothing goes together;
    - both: every feature as it is, and going together as in the data, by a Gaussian copula.

    Real groups beat all three. A long cloud beats the second only, a spike at one order the first only.
    """
    X = sample_rows(X, ROWS, seed)
    kinds = {"covariance": _multivariate_normal_null(X), "shuffled": _permutation_null(X), "both": _copula_null(X)}

    def run(task: tuple[str, int]) -> float:
        kind, number = task
        rng = np.random.default_rng((seed, 20, list(kinds).index(kind), number))
        data = kinds[kind](rng)
        return float(np.exp(_log_inertia(data, k, (seed, 21, number)) - _log_inertia(data, 1, ())))

    here = float(np.exp(_log_inertia(X, k, (seed, 22)) - _log_inertia(X, 1, ())))
    tasks = [(kind, number) for kind in kinds for number in range(draws)]
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for (kind, _), value in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        found[kind].append(value)
    chance = {kind: (1 + sum(value <= here for value in values)) / (1 + draws) for kind, values in found.items()}
    return NullTest(k, here, {kind: float(np.median(values)) for kind, values in found.items()}, chance)


def _log_inertia(data: Array, k: int, seed: tuple[int, ...]) -> float:
    if k == 1:
        return float(np.log(((data - data.mean(axis=0)) ** 2).sum()))
    return float(np.log(max(fit_kmeans(data, k, seed, starts=_STARTS)[1], np.finfo(float).tiny)))


Draw = Callable[[np.random.Generator], Array]


def _multivariate_normal_null(space: Array) -> Draw:
    mean, covariance = space.mean(axis=0), np.atleast_2d(np.cov(space.T))
    return lambda rng: rng.multivariate_normal(mean, covariance, len(space), method="eigh")


def _permutation_null(space: Array) -> Draw:
    return lambda rng: np.stack([rng.permutation(column) for column in space.T], axis=1)


def _copula_null(space: Array) -> Draw:
    n = len(space)
    scores = np.stack([ndtri(rankdata(column) / (n + 1)) for column in space.T], axis=1)
    correlation = np.atleast_2d(np.corrcoef(scores.T))
    ordered = np.sort(space, axis=0)

    def draw(rng: np.random.Generator) -> Array:
        normal = rng.multivariate_normal(np.zeros(space.shape[1]), correlation, n, method="eigh")
        ranks = np.argsort(np.argsort(normal, axis=0, kind="stable"), axis=0, kind="stable")
        return np.take_along_axis(ordered, ranks, axis=0)

    return draw
