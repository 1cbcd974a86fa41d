"""Near-optimal alternative partitions: the same number of segments, drawn differently, that fit nearly as well."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.clustering.sweep import predict_labels
from segmentation.clustering.validation.agreement import compute_adjusted_rand
from segmentation.clustering.validation.bootstrap import ROWS, fit_kmeans, run_cancellable, sample_rows
from segmentation.runtime.array_types import FloatArray

MAX_INERTIA_EXCESS, MAX_AGREEMENT = 0.005, 0.8
"""A partition is an alternative if its inertia is within 0.5 % and its adjusted Rand index with the current one is
below 0.8."""


@dataclass(frozen=True, eq=False)
class AlternativePartition:
    """A partition that fits nearly as well as the current one and differs from it."""

    centers: FloatArray
    """(k, d)"""
    inertia_above: float
    """Relative excess of its inertia over that of the current partition."""
    agreement: float
    """Adjusted Rand index with the current partition."""


def find_alternative_partition(
    X: FloatArray,
    centers: FloatArray,
    seed: int,
    *,
    starts: int = 60,
    threads: int | None = None,
) -> AlternativePartition | None:
    """Find the best partition of the same k that fits nearly as well and groups customers differently.

    Args:
        X: (n, d); at most 4 * ROWS rows are used.
        centers: (k, d) of the current partition.
        seed: determines sample and starts.
        starts: number of K-means runs, one k-means++ start each.
        threads: as in `bootstrap_stability`.

    Returns:
        The alternative with the lowest inertia; None if no other optimum has an inertia within MAX_INERTIA_EXCESS and
        an adjusted Rand index below MAX_AGREEMENT.

    Raises:
        WorkCancelled: as in `bootstrap_stability`.
    """
    X = sample_rows(X, 4 * ROWS, seed)
    k = len(centers)
    labels = predict_labels(X, centers)
    current = float(((X - centers[labels]) ** 2).sum())

    def run(start: int) -> tuple[FloatArray, float]:
        return fit_kmeans(X, k, (seed, 6, k, start), starts=1)

    runs = run_cancellable(run, range(starts), threads)
    for _, (other, inertia) in sorted(runs, key=lambda pair: pair[1][1]):
        if inertia > current * (1 + MAX_INERTIA_EXCESS):
            return None
        agreement = compute_adjusted_rand(labels, predict_labels(X, other))
        if agreement < MAX_AGREEMENT:
            return AlternativePartition(other, max(inertia / current - 1, 0.0), agreement)
    return None
