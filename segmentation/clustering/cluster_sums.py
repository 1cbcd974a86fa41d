"""Sufficient statistics of every cluster of every labeling, from two passes over the full data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.clustering.sweep import CHUNK
from segmentation.runtime.array_types import FloatArray, IntArray, Labels
from segmentation.runtime.thread_pool import parallel_map


@dataclass(frozen=True, eq=False)
class ClusterSums:
    """Size, mean and variance of each cluster; the clusters of all labelings are concatenated."""

    first: IntArray
    """(labelings + 1,) first cluster of each labeling, and the number of all clusters."""
    sizes: IntArray
    """(clusters,) customers."""
    means: FloatArray
    """(clusters, d), d at least four; 0 for an empty cluster."""
    variances: FloatArray
    """(clusters,) mean squared distance to the mean."""

    def split_by_labeling(self, values: FloatArray) -> list[FloatArray]:
        """Split (clusters,) values into one array per labeling."""
        return np.split(values, self.first[1:-1])


@dataclass(frozen=True, eq=False)
class WithinClusterSums:
    """Sums over the customers of each cluster."""

    silhouettes: FloatArray
    """(clusters,) silhouettes with squared distances."""
    distances: FloatArray
    """(clusters,) distances to the mean."""
    squares: FloatArray
    """(clusters,) squared distances to the mean."""
    values: FloatArray
    """(labelings, n) silhouettes with squared distances of each customer; (0, 0) unless requested."""


def compute_cluster_sums(columns: FloatArray, labels: Labels, threads: int | None = None) -> ClusterSums:
    """Size, mean and variance of each cluster.

    Args:
        columns: (d, n) as returned by `segmentation.clustering.sweep.to_feature_major`.
        labels: (labelings, n), numbers from 0.
        threads: as in `parallel_map`.
    """
    from segmentation.clustering.kmeans import full_pass

    n = columns.shape[1]
    first = np.concatenate([[0], np.cumsum(labels.max(axis=1).astype(np.int64) + 1)])

    def sum_chunk(start: int) -> tuple[FloatArray, FloatArray]:
        sums, squares = np.zeros((first[-1], len(columns) + 1)), np.zeros(first[-1])
        full_pass.accumulate_cluster_sums(columns, first, labels, start, min(start + CHUNK, n), sums, squares)
        return sums, squares

    parts = parallel_map(sum_chunk, range(0, n, CHUNK), threads)
    sums, squares = (
        np.sum([sum_chunk[0] for sum_chunk in parts], axis=0),
        np.sum([sum_chunk[1] for sum_chunk in parts], axis=0),
    )
    sizes = sums[:, -1]
    means = sums[:, :-1] / np.maximum(sizes, 1)[:, None]
    # Var x = E|x|^2 - |E x|^2: one pass. Scaled features are of order 1, so cancellation costs few digits.
    variances = np.maximum(squares / np.maximum(sizes, 1) - (means**2).sum(axis=1), 0)
    return ClusterSums(first, sizes.astype(np.int64), means, variances)


def compute_within_cluster_sums(
    columns: FloatArray, labels: Labels, sums: ClusterSums, threads: int | None = None, *, return_values: bool = False
) -> WithinClusterSums:
    """Sum the distances of customers to their cluster means, and their silhouettes with squared distances.

    Args:
        columns: (d, m) all or some of the customers in `sums`, laid out as in `compute_cluster_sums`.
        labels: (labelings, m) their clusters.
        sums: of the clusters to compare with.
        threads: as in `parallel_map`.
        return_values: also return the silhouette of each customer.
    """
    from segmentation.clustering.kmeans import silhouette_pass

    n = columns.shape[1]
    per_customer = np.empty(labels.shape if return_values else (0, 0))
    variances = np.where(sums.sizes > 0, sums.variances, np.inf)
    # A customer is not compared with itself; 0 if it is alone in its cluster.
    factors = np.where(sums.sizes > 1, sums.sizes / np.maximum(sums.sizes - 1, 1), 0.0)

    def score_chunk(start: int) -> FloatArray:
        chunk_totals = np.zeros((len(variances), 3))
        stop = min(start + CHUNK, n)
        silhouette_pass.compute_simplified_silhouettes(
            columns, sums.means, variances, factors, sums.first, labels, start, stop, per_customer, chunk_totals
        )
        return chunk_totals

    totals = np.sum(parallel_map(score_chunk, range(0, n, CHUNK), threads), axis=0)
    return WithinClusterSums(totals[:, 0], totals[:, 1], totals[:, 2], per_customer)
