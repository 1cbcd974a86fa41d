"""Are there groups at all? The gap statistic, and a test of a partition against null models.

K-means partitions any data, and elongated data reproducibly so. The partition is therefore compared with what the same
search finds in simulated data of similar distribution without groups.
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
"""A partition is significant if its p-value under every null model is at most this."""
_STARTS = 5


@dataclass(frozen=True, eq=False)
class GapStatistic:
    """The gap statistic for every k from 1 (Tibshirani, Walther and Hastie 2001)."""

    ks: tuple[int, ...]
    gap: Array
    """(ks,) mean log inertia of the reference data sets, minus the log inertia of the data."""
    error: Array
    """(ks,) standard error including the simulation error: sd * sqrt(1 + 1 / references)."""
    k: int
    """The smallest k with gap(k) >= gap(k + 1) - error(k + 1); 1 means a single group."""


@dataclass(frozen=True)
class NullTest:
    """A partition compared with null models; mappings are keyed by null model."""

    k: int
    unexplained_variance: float
    """Inertia of the partition divided by the total sum of squares, 0 to 1."""
    expected: Mapping[str, float]
    """Median of the same share in simulated data."""
    p_value: Mapping[str, float]
    """Monte Carlo p-value, (1 + draws that are at most as high) / (1 + draws)."""

    @property
    def closest_null(self) -> str:
        """The null model closest to the data: highest p-value, then lowest unexplained variance."""
        return max(self.p_value, key=lambda kind: (self.p_value[kind], -self.expected[kind]))

    @property
    def is_significant(self) -> bool:
        """Whether every null model is rejected."""
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
    """Gap statistic with uniform references in a box along the principal axes (Tibshirani, Walther and Hastie 2001).

    Args:
        X: (n, d); at most ROWS rows are used.
        ks: consecutive, from 1.
        seed: determines sample, references and starts.
        references: number of reference data sets.
        threads: worker threads; None: one per available core.
        on_progress: called with the completed share, 0 to 1.
        is_cancelled: polled between tasks.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    X = sample_rows(X, ROWS, seed)
    mean = X.mean(axis=0)
    axes = np.linalg.svd(X - mean, full_matrices=False)[2]
    rotated = (X - mean) @ axes.T
    low, high = rotated.min(axis=0), rotated.max(axis=0)

    def run(task: tuple[int, int]) -> float:
        k, number = task
        data = X
        if number:
            rng = np.random.default_rng((seed, 10, number))
            data = rng.uniform(low, high, X.shape) @ axes
        return _log_inertia(data, k, (seed, 11, k, number))

    tasks = [(k, number) for k in ks for number in range(references + 1)]
    results = np.array([value for _, value in run_cancellable(run, tasks, threads, on_progress, is_cancelled)])
    logs = results.reshape(len(ks), references + 1)
    gap = logs[:, 1:].mean(axis=1) - logs[:, 0]
    error = logs[:, 1:].std(axis=1) * np.sqrt(1 + 1 / references)
    candidates = [i for i in range(len(ks) - 1) if gap[i] >= gap[i + 1] - error[i + 1]]
    return GapStatistic(tuple(ks), gap, error, ks[candidates[0]] if candidates else ks[-1])


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
    """Test whether K-means explains more variance in the data than in simulated data without groups.

    Three null models:

    - covariance: multivariate normal with the mean and covariance of the data (SigClust, Liu and others 2008);
    - shuffled: every feature permuted independently, which keeps its distribution and removes all correlation;
    - both: the distribution of every feature and their correlation, by a Gaussian copula.

    Genuine clusters reject all three. Elongated data without groups reject `shuffled` only; a spike in one feature
    (customers with one order) rejects `covariance` only.

    Args:
        X: (n, d); at most ROWS rows are used.
        k: number of clusters.
        seed: determines sample, simulated data and starts.
        draws: simulated data sets per null model; the smallest possible p-value is 1 / (draws + 1).
        threads, on_progress, is_cancelled: as in `compute_gap_statistic`.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    X = sample_rows(X, ROWS, seed)
    samplers = {"covariance": _multivariate_normal_null(X), "shuffled": _permutation_null(X), "both": _copula_null(X)}

    def run(task: tuple[str, int]) -> float:
        kind, number = task
        rng = np.random.default_rng((seed, 20, list(samplers).index(kind), number))
        data = samplers[kind](rng)
        return float(np.exp(_log_inertia(data, k, (seed, 21, number)) - _log_inertia(data, 1, ())))

    observed = float(np.exp(_log_inertia(X, k, (seed, 22)) - _log_inertia(X, 1, ())))
    tasks = [(kind, number) for kind in samplers for number in range(draws)]
    simulated: dict[str, list[float]] = {kind: [] for kind in samplers}
    for (kind, _), value in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        simulated[kind].append(value)
    p_value = {
        kind: (1 + sum(value <= observed for value in values)) / (1 + draws) for kind, values in simulated.items()
    }
    return NullTest(k, observed, {kind: float(np.median(values)) for kind, values in simulated.items()}, p_value)


def _log_inertia(data: Array, k: int, seed: tuple[int, ...]) -> float:
    if k == 1:
        return float(np.log(((data - data.mean(axis=0)) ** 2).sum()))
    return float(np.log(max(fit_kmeans(data, k, seed, starts=_STARTS)[1], np.finfo(float).tiny)))


NullSampler = Callable[[np.random.Generator], Array]


def _multivariate_normal_null(X: Array) -> NullSampler:
    mean, covariance = X.mean(axis=0), np.atleast_2d(np.cov(X.T))
    return lambda rng: rng.multivariate_normal(mean, covariance, len(X), method="eigh")


def _permutation_null(X: Array) -> NullSampler:
    return lambda rng: np.stack([rng.permutation(column) for column in X.T], axis=1)


def _copula_null(X: Array) -> NullSampler:
    n = len(X)
    scores = np.stack([ndtri(rankdata(column) / (n + 1)) for column in X.T], axis=1)
    correlation = np.atleast_2d(np.corrcoef(scores.T))
    ordered = np.sort(X, axis=0)

    def draw(rng: np.random.Generator) -> Array:
        normal = rng.multivariate_normal(np.zeros(X.shape[1]), correlation, n, method="eigh")
        ranks = np.argsort(np.argsort(normal, axis=0, kind="stable"), axis=0, kind="stable")
        return np.take_along_axis(ordered, ranks, axis=0)

    return draw
