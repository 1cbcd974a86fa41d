"""The silhouette of every k from one pass over the distances, exact or estimated with an interval.

Silhouette (Rousseeuw 1987) of a customer: (b - a) / max(a, b), where a is the mean distance to the other customers of
its cluster and b the lowest mean distance to the customers of another cluster; 0 for a customer alone in its cluster.

Distances do not depend on k. They are computed once and summed by combination of labels, from which the sums of every
cluster of every labeling follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.clustering import cluster_sums
from segmentation.clustering.sweep import to_feature_major
from segmentation.runtime.array_types import FloatArray, IntArray, Labels
from segmentation.runtime.progress import Progress
from segmentation.runtime.thread_pool import parallel_map

MAX_EXACT_ROWS = 25_000
"""Above this many customers the silhouette is estimated."""
SAMPLE_ROWS = 1_000
"""Customers of each labeling whose silhouettes are computed for the estimate, in proportion to the clusters, ..."""
MIN_CLUSTER_ROWS = 100
"""... but at least this many of each cluster, or all of it."""
_ROWS_PER_TASK = 128


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Mean silhouettes of several labelings."""

    mean: FloatArray
    """(labelings,)"""
    half_width: FloatArray
    """(labelings,) half the width of the 95 % confidence interval; 0 if exact."""
    by_cluster: FloatArray
    """(labelings, largest k) mean of each cluster; NaN if a labeling has no such cluster."""
    half_width_by_cluster: FloatArray
    """(labelings, largest k) the same for each cluster."""
    sample: int | None
    """Number of customers whose silhouettes were computed; None: all, so the means are exact."""


def compute_silhouettes(
    X: FloatArray,
    labels: Labels,
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Progress | None = None,
    sums: cluster_sums.ClusterSums | None = None,
    within_sums: cluster_sums.WithinClusterSums | None = None,
) -> Silhouettes:
    """Mean silhouette of each labeling, overall and by cluster.

    Exact up to MAX_EXACT_ROWS customers. Above, a sample stratified by cluster is compared with all customers, so the
    silhouettes of the sampled customers are exact. A control variate (Lavenberg and Welch 1981) reduces the sampling
    error: the silhouette with squared distances has a closed form, so it is known for all customers, and it correlates
    with the silhouette. The intervals are those of a stratified sample without replacement (Cochran 1977, chapter 5).
    The samples of all labelings begin with the same customers of a random order, so that they overlap.

    Args:
        X: (n, d) scaled features.
        labels: (labelings, n), numbers from 0.
        seed: determines the sample.
        threads: as in `parallel_map`.
        on_progress: called with the completed share, 0 to 1.
        sums, within_sums: statistics of these labelings, if already known.
    """
    n = len(X)
    labels = np.asarray(labels, np.uint8)
    if n <= MAX_EXACT_ROWS:
        values = compute_exact_silhouettes(X, labels, threads=threads, on_progress=on_progress)
        by_cluster = _average_by_cluster(values, labels)
        return Silhouettes(values.mean(axis=1), np.zeros(len(labels)), by_cluster, by_cluster * 0.0, None)
    if sums is None or within_sums is None:
        columns = to_feature_major(X)
        sums = cluster_sums.compute_cluster_sums(columns, labels, threads)
        within_sums = cluster_sums.compute_within_cluster_sums(columns, labels, sums, threads)
    from scipy.special import stdtrit

    rows = _sample_rows(labels, np.random.default_rng(seed))
    union = np.unique(np.concatenate([of_cluster for of_labeling in rows for of_cluster in of_labeling]))
    sampled_labels = np.ascontiguousarray(labels[:, union])  # C-contiguous: Numba compiles per memory layout
    score_chunk, values = _build_scoring_task(X[union], sampled_labels, X, labels)
    parallel_map(score_chunk, range(0, len(union), _ROWS_PER_TASK), threads, on_progress)
    values = np.nan_to_num(values, nan=0.0)
    proxies = cluster_sums.compute_within_cluster_sums(
        to_feature_major(X[union]), sampled_labels, sums, threads, return_values=True
    ).values
    proxy_means = sums.split_by_labeling(within_sums.silhouettes / np.maximum(sums.sizes, 1))
    sizes = sums.split_by_labeling(sums.sizes.astype(np.float64))
    result = Silhouettes(
        np.empty(len(labels)),
        np.empty(len(labels)),
        np.full((len(labels), int(labels.max()) + 1), np.nan),
        np.full((len(labels), int(labels.max()) + 1), np.nan),
        len(union),
    )
    for row, of_labeling in enumerate(rows):
        positions = [np.searchsorted(union, of_cluster) for of_cluster in of_labeling]
        means, variances, degrees = _estimate_means(
            [values[row, at] for at in positions], [proxies[row, at] for at in positions], sizes[row], proxy_means[row]
        )
        weights = sizes[row] / n
        result.mean[row] = float((weights * np.nan_to_num(means)).sum())
        result.half_width[row] = stdtrit(degrees.sum(), 0.975) * float(np.sqrt((weights**2 * variances).sum()))
        result.by_cluster[row, : len(means)] = means
        result.half_width_by_cluster[row, : len(means)] = stdtrit(np.maximum(degrees, 1), 0.975) * np.sqrt(variances)
    return result


def _sample_rows(labels: Labels, rng: np.random.Generator) -> list[list[IntArray]]:
    """For each labeling and cluster, the rows of a simple random sample of the cluster."""
    order = rng.permutation(labels.shape[1])
    rows = []
    for of_labeling in labels:
        shuffled, sizes = of_labeling[order], np.bincount(of_labeling)
        wanted = np.maximum(np.ceil(SAMPLE_ROWS * sizes / len(order)).astype(np.int64), MIN_CLUSTER_ROWS)
        rows.append([order[np.flatnonzero(shuffled == cluster)[: wanted[cluster]]] for cluster in range(len(sizes))])
    return rows


def _estimate_means(
    values: Sequence[FloatArray], proxies: Sequence[FloatArray], sizes: FloatArray, proxy_means: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The mean of each cluster by regression on the control variate: estimates, their variances, degrees of freedom.

    Args:
        values, proxies: silhouette and control variate of the sampled customers of each cluster.
        sizes: (clusters,) customers.
        proxy_means: (clusters,) mean of the control variate over all of them.
    """
    sampled = np.array([len(of_cluster) for of_cluster in values])
    degrees = np.maximum(sampled - 1, 0).astype(np.float64)
    # One slope for all clusters, which minimizes the variance of the mean of the labeling.
    weights = sizes**2 / np.maximum(sampled * degrees, 1)
    centered = [(y - y.mean(), x - x.mean()) if len(y) else (y, x) for y, x in zip(values, proxies, strict=True)]
    covariance = sum(weight * float(y @ x) for weight, (y, x) in zip(weights, centered, strict=True))
    variance = sum(weight * float(x @ x) for weight, (_, x) in zip(weights, centered, strict=True))
    slope = covariance / variance if variance > 0 else 0.0
    means = np.array(
        [
            y.mean() - slope * (x.mean() - center) if len(y) else np.nan
            for y, x, center in zip(values, proxies, proxy_means, strict=True)
        ]
    )
    squares = np.array([float(((y - slope * x) ** 2).sum()) for y, x in centered])
    unsampled = 1 - sampled / np.maximum(sizes, 1)
    return means, squares / np.maximum(degrees, 1) / np.maximum(sampled, 1) * unsampled, degrees


def compute_exact_silhouettes(
    X: FloatArray, labels: Labels, *, threads: int | None = None, on_progress: Progress | None = None
) -> FloatArray:
    """Silhouette of every customer under each labeling (Rousseeuw 1987). The time is quadratic in n.

    Args:
        X: (n, d) scaled features.
        labels: (labelings, n), numbers from 0.
        threads: as in `parallel_map`.
        on_progress: called with the completed share, 0 to 1.

    Returns:
        (labelings, n) silhouettes, -1 to 1.
    """
    labels = np.asarray(labels, np.uint8)
    score_chunk, values = _build_scoring_task(X, labels, X, labels)
    parallel_map(score_chunk, range(0, len(X), _ROWS_PER_TASK), threads, on_progress)
    return np.nan_to_num(values, nan=0.0)  # a customer alone in its cluster: 0 by definition (Rousseeuw 1987)


def group_by_label_combination(labels: Labels) -> tuple[IntArray, IntArray]:
    """Group rows that share the label of every labeling: the order of rows, and the start of each group and n.

    Args:
        labels: (labelings, n), numbers from 0.

    Returns:
        (n,) row numbers, sorted by group, and (groups + 1,) offsets into them.

    >>> order, start = group_by_label_combination(np.array([[0, 0, 1, 0], [0, 1, 1, 0]]))
    >>> order.tolist(), start.tolist()
    ([0, 3, 1, 2], [0, 2, 3, 4])
    """
    codes, n_combinations = np.zeros(labels.shape[1], np.int64), 1
    for row in labels:
        n_labels = int(row.max()) + 1
        if n_combinations * n_labels >= 2**62:  # renumber before the code of a combination overflows
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
            n_combinations = int(codes.max()) + 1
        codes = codes * n_labels + row
        n_combinations *= n_labels
    order = np.argsort(codes, kind="stable")
    sorted_codes = codes[order]
    return order, np.flatnonzero(np.concatenate([[True], sorted_codes[1:] != sorted_codes[:-1], [True]]))


def _build_scoring_task(
    rows: FloatArray, row_labels: Labels, reference: FloatArray, labels: Labels
) -> tuple[Callable[[int], None], FloatArray]:
    """A task that scores _ROWS_PER_TASK of `rows`, and the (labelings, rows) array that it fills.

    `rows` are all or some of `reference`, the customers that they are compared with.
    """
    from segmentation.clustering.kmeans import silhouette_pass

    order, group_start = group_by_label_combination(labels)
    group_labels = np.ascontiguousarray(labels[:, order[group_start[:-1]]])
    n_clusters = int(max(labels.max(), row_labels.max())) + 1
    counts = np.stack([np.bincount(row, minlength=n_clusters) for row in labels]).astype(np.float64)
    data, points = to_feature_major(reference[order]), to_feature_major(rows)
    contiguous_row_labels = np.ascontiguousarray(row_labels)
    values = np.empty(row_labels.shape)

    def score_chunk(first: int) -> None:
        last = min(first + _ROWS_PER_TASK, len(rows))
        silhouette_pass.compute_silhouette_rows(
            points, contiguous_row_labels, data, group_start, group_labels, counts, first, last, values
        )

    return score_chunk, values


def _average_by_cluster(values: FloatArray, labels: Labels) -> FloatArray:
    """(labelings, clusters) mean of the values of each cluster; NaN if it is empty."""
    n_clusters = int(labels.max()) + 1
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                np.bincount(row, weights=value, minlength=n_clusters) / np.bincount(row, minlength=n_clusters)
                for row, value in zip(labels, values, strict=True)
            ]
        )
