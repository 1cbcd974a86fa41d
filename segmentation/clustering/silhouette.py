"""The silhouette of every k from one pass over the distances, exact or estimated with an interval.

Silhouette (Rousseeuw 1987) of a customer: (b - a) / max(a, b), where a is the mean distance to the other customers of
its cluster and b the lowest mean distance to the customers of another cluster; 0 for a customer alone in its cluster.

Distances do not depend on k. They are computed once and summed by combination of labels, from which the sums of every
cluster of every labeling follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.clustering import cluster_sums
from segmentation.clustering.sweep import Array, Labels, to_feature_major
from segmentation.runtime.thread_pool import parallel_map

MAX_EXACT_ROWS = 10_000
"""Above this many customers the mean silhouette is estimated."""
SAMPLE_ROWS = 1_000
"""Customers whose silhouettes are computed for the estimate."""
REFERENCE_ROWS = 20_000
"""Customers each of them is compared with."""
SAMPLE_GROUPS = 20
"""Groups of the sample, each with a reference of its own."""
_ROWS_PER_TASK = 128
_T95 = 2.093024  # 97.5 % quantile of Student's t distribution with SAMPLE_GROUPS - 1 degrees of freedom


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Mean silhouettes of several labelings."""

    mean: Array
    """(labelings,)"""
    half_width: Array
    """(labelings,) half the width of the 95 % confidence interval; 0 if exact."""
    by_cluster: Array
    """(labelings, largest k) mean of each cluster; NaN if a labeling has no such cluster."""
    sample: int | None
    """Customers the mean was estimated from; None if exact."""


def compute_silhouettes(
    X: Array,
    labels: Labels,
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    sums: cluster_sums.ClusterSums | None = None,
    within_sums: cluster_sums.WithinClusterSums | None = None,
) -> Silhouettes:
    """Mean silhouette of each labeling, overall and by cluster.

    Exact up to MAX_EXACT_ROWS customers. Above, SAMPLE_ROWS customers are compared with REFERENCE_ROWS others, and a
    control variate (Lavenberg and Welch 1981) removes most of the sampling error: the silhouette with squared distances
    has a closed form, so it is known for all customers, and it correlates strongly with the silhouette. The sample
    consists of SAMPLE_GROUPS groups, each with other references, so that the sampling error of the references averages
    out too; the interval follows from the variance between groups, which includes both errors.

    Args:
        X: (n, d) scaled features.
        labels: (labelings, n), numbers from 0.
        seed: determines the sample.
        threads: as in `parallel_map`.
        on_progress: called with the completed share, 0 to 1.
        sums, within_sums: statistics of these labelings, if they are known already.
    """
    n = len(X)
    labels = np.asarray(labels, np.uint8)
    if n <= MAX_EXACT_ROWS:
        values = compute_exact_silhouettes(X, labels, threads=threads, on_progress=on_progress)
        return Silhouettes(values.mean(axis=1), np.zeros(len(labels)), _average_by_cluster(values, labels), None)
    sampled_rows = np.random.default_rng(seed).choice(
        n, min(n, SAMPLE_ROWS + SAMPLE_GROUPS * REFERENCE_ROWS), replace=False
    )
    sample, reference_pool = sampled_rows[:SAMPLE_ROWS], sampled_rows[SAMPLE_ROWS:]
    size = min(REFERENCE_ROWS, len(reference_pool))

    def score_group(number: int) -> tuple[Array, Array]:
        rows = sample[number::SAMPLE_GROUPS]
        start = number * len(reference_pool) // SAMPLE_GROUPS
        others = np.sort(np.take(reference_pool, np.arange(start, start + size), mode="wrap"))
        return _compute_group_silhouettes(
            X[rows], _select_labels(labels, rows), X[others], _select_labels(labels, others)
        )

    if sums is None or within_sums is None:
        columns = to_feature_major(X)
        sums = cluster_sums.compute_cluster_sums(columns, labels, threads)
        within_sums = cluster_sums.score_closeness(columns, labels, sums, threads, exclude_self=True)
    values, proxies = np.empty((len(labels), SAMPLE_ROWS)), np.empty((len(labels), SAMPLE_ROWS))
    for number, (group_values, group_proxies) in enumerate(
        parallel_map(score_group, range(SAMPLE_GROUPS), threads, on_progress)
    ):
        values[:, number::SAMPLE_GROUPS], proxies[:, number::SAMPLE_GROUPS] = group_values, group_proxies
    slopes = np.array([_compute_regression_slope(proxy, value) for proxy, value in zip(proxies, values, strict=True)])
    residuals = values - slopes[:, None] * proxies
    group_means = np.stack([residuals[:, number::SAMPLE_GROUPS].mean(axis=1) for number in range(SAMPLE_GROUPS)])
    half_width = _T95 * group_means.std(axis=0, ddof=1) / np.sqrt(SAMPLE_GROUPS) * np.sqrt(1 - SAMPLE_ROWS / n)
    mean = residuals.mean(axis=1) + slopes * np.array(
        [part.sum() / n for part in sums.split_by_labeling(within_sums.silhouettes)]
    )
    # A cluster without customers in the sample has no residual: its estimate is the control variate alone.
    by_cluster = np.nan_to_num(_average_by_cluster(residuals, labels[:, sample], int(labels.max()) + 1), nan=0.0)
    for row, proxies in enumerate(sums.split_by_labeling(within_sums.silhouettes / np.maximum(sums.sizes, 1))):
        by_cluster[row, : len(proxies)] += slopes[row] * proxies
        by_cluster[row, len(proxies) :] = np.nan
    return Silhouettes(mean, half_width, by_cluster, SAMPLE_ROWS)


def compute_exact_silhouettes(
    X: Array, labels: Labels, *, threads: int | None = None, on_progress: Callable[[float], None] | None = None
) -> Array:
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
    run, values = _compute_against(X, labels, X, labels, 1)
    parallel_map(run, range(0, len(X), _ROWS_PER_TASK), threads, on_progress)
    return np.nan_to_num(values, nan=0.0)  # a customer alone in its cluster: 0 by definition (Rousseeuw 1987)


def group_by_label_combination(
    labels: Labels,
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
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


def _select_labels(labels: Labels, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Labels:
    """(labelings, rows) labels of some customers, C-contiguous: Numba compiles per memory layout."""
    return np.ascontiguousarray(labels[:, rows])


def _compute_group_silhouettes(
    rows: Array, row_labels: Labels, reference: Array, labels: Labels
) -> tuple[Array, Array]:
    """Silhouettes of `rows` against `reference`, and those with squared distances: both (labelings, rows)."""
    run, values = _compute_against(rows, row_labels, reference, labels, 0)
    for first in range(0, len(rows), _ROWS_PER_TASK):
        run(first)
    sums = cluster_sums.compute_cluster_sums(to_feature_major(reference), labels)
    within = np.minimum(
        row_labels, (np.diff(sums.first) - 1)[:, None].astype(np.uint8)
    )  # if not in the reference, `values` is NaN
    proxies = cluster_sums.score_closeness(to_feature_major(rows), within, sums, exclude_self=False, values=True).values
    proxies = np.where(within == row_labels, proxies, 0.0)
    return np.where(np.isnan(values), proxies, values), proxies  # a tiny cluster may have no customer in the reference


def _compute_against(
    rows: Array, row_labels: Labels, reference: Array, labels: Labels, exclude_self: int
) -> tuple[Callable[[int], None], Array]:
    """A task that scores _ROWS_PER_TASK of `rows` against `reference`, and the (labelings, rows) array it fills."""
    from segmentation.clustering.kmeans import silhouette_pass

    order, group_start = group_by_label_combination(labels)
    group_labels = np.ascontiguousarray(labels[:, order[group_start[:-1]]])
    n_clusters = int(max(labels.max(), row_labels.max())) + 1
    counts = np.stack([np.bincount(row, minlength=n_clusters) for row in labels]).astype(np.float64)
    data, points = to_feature_major(reference[order]), to_feature_major(rows)
    contiguous_row_labels = np.ascontiguousarray(row_labels)
    values = np.empty(row_labels.shape)

    def run(first: int) -> None:
        last = min(first + _ROWS_PER_TASK, len(rows))
        silhouette_pass.compute_silhouette_rows(
            points, contiguous_row_labels, data, group_start, group_labels, counts, exclude_self, first, last, values
        )

    return run, values


def _compute_regression_slope(proxy: Array, value: Array) -> float:
    variance = float(proxy.var())
    return float(np.cov(proxy, value, bias=True)[0, 1]) / variance if variance > 0 else 0.0


def _average_by_cluster(values: Array, labels: Labels, clusters: int = 0) -> Array:
    """(labelings, at least `clusters`) mean of the values of each cluster; NaN if it is empty."""
    n_clusters = max(int(labels.max()) + 1, clusters)
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                np.bincount(row, weights=value, minlength=n_clusters) / np.bincount(row, minlength=n_clusters)
                for row, value in zip(labels, values, strict=True)
            ]
        )
