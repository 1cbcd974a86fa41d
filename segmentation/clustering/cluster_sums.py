"""What is known of every cluster of every labeling from two passes over everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.clustering.sweep import CHUNK, Array, Labels
from segmentation.runtime.thread_pool import parallel_map

Int64Array = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """Clusters by their customers; those of all labelings one below the other."""

    first: Int64Array
    """(labelings + 1,) where the clusters of each labeling begin."""
    sizes: Int64Array
    """(clusters,) customers."""
    means: Array
    """(clusters, d), d at least four; 0 for a cluster of nobody."""
    spread: Array
    """(clusters,) mean squared distance of its customers to the mean."""

    def split_by_labeling(self, values: Array) -> list[Array]:
        """Values of all clusters, by labeling."""
        return np.split(values, self.first[1:-1])


@dataclass(frozen=True, eq=False)
class WithinClusterSums:
    """Sums over the customers of each cluster."""

    silhouettes: Array
    """(clusters,) of the silhouettes with squared distances."""
    distances: Array
    """(clusters,) of the distances to the mean."""
    squares: Array
    """(clusters,) of the squared distances to the mean."""
    values: Array
    """(labelings, n) the silhouettes of each; (0, 0) where they are not wanted."""


def compute_cluster_sums(columns: Array, labels: Labels, threads: int | None = None) -> ClusterSums:
    """Sizes, means and spreads of the clusters.

    Args:
        columns: (d, n) as `segmentation.clustering.sweep.to_feature_major` makes them.
        labels: (labelings, n), numbers from 0.
        threads: as in `shared`.
    """
    from segmentation.clustering.kmeans import full_pass

    n = columns.shape[1]
    first = np.concatenate([[0], np.cumsum(labels.max(axis=1).astype(np.int64) + 1)])

    def part(start: int) -> tuple[Array, Array]:
        sums, squares = np.zeros((first[-1], len(columns) + 1)), np.zeros(first[-1])
        full_pass.accumulate_cluster_sums(columns, first, labels, start, min(start + CHUNK, n), sums, squares)
        return sums, squares

    parts = parallel_map(part, range(0, n, CHUNK), threads)
    sums, squares = np.sum([part[0] for part in parts], axis=0), np.sum([part[1] for part in parts], axis=0)
    sizes = sums[:, -1]
    means = sums[:, :-1] / np.maximum(sizes, 1)[:, None]
    spread = np.maximum(squares / np.maximum(sizes, 1) - (means**2).sum(axis=1), 0)
    return ClusterSums(first, sizes.astype(np.int64), means, spread)


def score_closeness(
    columns: Array, labels: Labels, sums: ClusterSums, threads: int | None = None, *, inside: bool, values: bool = False
) -> WithinClusterSums:
    """How close customers are to the clusters of `sums`.

    Args:
        columns, labels, threads: the customers and who works, as in `compute_cluster_sums`.
        inside: they are among those summed up, and are not to be compared with themselves.
        values: the silhouette of each is wanted too.
    """
    from segmentation.clustering.kmeans import full_pass

    n = columns.shape[1]
    each = np.empty(labels.shape if values else (0, 0))
    spread = np.where(sums.sizes > 0, sums.spread, np.inf)
    others = np.where(sums.sizes > inside, sums.sizes / np.maximum(sums.sizes - inside, 1), 0.0)

    def part(start: int) -> Array:
        found = np.zeros((len(spread), 3))
        stop = min(start + CHUNK, n)
        full_pass.compute_simplified_silhouettes(
            columns, sums.means, spread, others, sums.first, labels, start, stop, each, found
        )
        return found

    found = np.sum(parallel_map(part, range(0, n, CHUNK), threads), axis=0)
    return WithinClusterSums(found[:, 0], found[:, 1], found[:, 2], each)
