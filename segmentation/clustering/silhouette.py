"""The silhouette of every k from one pass over the distances, exact or estimated with an interval.

Silhouette (Rousseeuw 1987): (b - a) / max(a, b) of a customer, where a is the mean distance to the others of the same
cluster and b the least mean distance to the customers of another; 0 for a customer alone in a cluster.

Distances do not depend on k. They are computed once and summed over the cells of the common refinement of all
labelings, from which the sums of every cluster of every labeling follow.
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
REFERENCE_ROWS = 20_000
SAMPLE_GROUPS = 20
_ROWS_PER_TASK = 128
_T95 = 2.093024  # of Student's distribution with GROUPS - 1 degrees of freedom


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Mean silhouettes of several labelings."""

    mean: Array
    """(labelings,)"""
    half_width: Array
    """(labelings,) of the 95 % interval; 0 where exact."""
    by_cluster: Array
    """(labelings, most clusters) mean of each cluster; NaN where a labeling has no such cluster."""
    sample: int | None
    """Customers the mean was estimated from; None where exact."""


def compute_silhouettes(
    X: Array,
    labels: Labels,
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    sums: cluster_sums.ClusterSums | None = None,
    everybody: cluster_sums.WithinClusterSums | None = None,
) -> Silhouettes:
    """Mean silhouette of each labeling, overall and by cluster.

    Up to EXACT_UP_TO customers it is exact. Above, SAMPLE customers are compared with REFERENCE others, and what the
    sample got wrong by chance is taken out by a control variate: the silhouette of squared distances, which has a
    closed form, is known for everybody and goes with the true one closely. The sample is taken in GROUPS, each with
    other customers to compare with, so that the chance of those averages out as the chance of the sample does; the
    interval follows from how the groups differ, which holds both.

    Args:
        X: (n, d).
        labels: (labelings, n), numbers from 0.
        seed: decides who is in the sample.
        sums, everybody: of these labelings, where they are known already.
    """
    n = len(X)
    labels = np.asarray(labels, np.uint8)
    if n <= MAX_EXACT_ROWS:
        values = compute_exact_silhouettes(X, labels, threads=threads, on_progress=on_progress)
        return Silhouettes(values.mean(axis=1), np.zeros(len(labels)), _means_by_cluster(values, labels), None)
    drawn = np.random.default_rng(seed).choice(n, min(n, SAMPLE_ROWS + SAMPLE_GROUPS * REFERENCE_ROWS), replace=False)
    sample, rest = drawn[:SAMPLE_ROWS], drawn[SAMPLE_ROWS:]
    size = min(REFERENCE_ROWS, len(rest))

    def group(number: int) -> tuple[Array, Array]:
        rows = sample[number::SAMPLE_GROUPS]
        start = number * len(rest) // SAMPLE_GROUPS
        others = np.sort(np.take(rest, np.arange(start, start + size), mode="wrap"))
        return _compute_group_silhouettes(
            X[rows], _select_labels(labels, rows), X[others], _select_labels(labels, others)
        )

    if sums is None or everybody is None:
        columns = to_feature_major(X)
        sums = cluster_sums.compute_cluster_sums(columns, labels, threads)
        everybody = cluster_sums.score_closeness(columns, labels, sums, threads, inside=True)
    values, here = np.empty((len(labels), SAMPLE_ROWS)), np.empty((len(labels), SAMPLE_ROWS))
    for number, (found, near) in enumerate(parallel_map(group, range(SAMPLE_GROUPS), threads, on_progress)):
        values[:, number::SAMPLE_GROUPS], here[:, number::SAMPLE_GROUPS] = found, near
    slopes = np.array([_regression_slope(proxy, value) for proxy, value in zip(here, values, strict=True)])
    left = values - slopes[:, None] * here
    of_groups = np.stack([left[:, number::SAMPLE_GROUPS].mean(axis=1) for number in range(SAMPLE_GROUPS)])
    half_width = _T95 * of_groups.std(axis=0, ddof=1) / np.sqrt(SAMPLE_GROUPS) * np.sqrt(1 - SAMPLE_ROWS / n)
    mean = left.mean(axis=1) + slopes * np.array(
        [part.sum() / n for part in sums.split_by_labeling(everybody.silhouettes)]
    )
    # of a cluster that the sample holds nobody of, the closed form alone is known
    by_cluster = np.nan_to_num(_means_by_cluster(left, labels[:, sample], int(labels.max()) + 1), nan=0.0)
    for row, proxies in enumerate(sums.split_by_labeling(everybody.silhouettes / np.maximum(sums.sizes, 1))):
        by_cluster[row, : len(proxies)] += slopes[row] * proxies
        by_cluster[row, len(proxies) :] = np.nan
    return Silhouettes(mean, half_width, by_cluster, SAMPLE_ROWS)


def compute_exact_silhouettes(
    X: Array, labels: Labels, *, threads: int | None = None, on_progress: Callable[[float], None] | None = None
) -> Array:
    """Silhouette of every customer under each labeling: (labelings, n); time grows with n squared."""
    labels = np.asarray(labels, np.uint8)
    run, values = _compute_against(X, labels, X, labels, 1)
    parallel_map(run, range(0, len(X), _ROWS_PER_TASK), threads, on_progress)
    return np.nan_to_num(values, nan=0.0)  # a customer alone: 0, as Rousseeuw sets it


def group_by_label_combination(
    labels: Labels,
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Rows in the order of their cells, and where each cell begins, and the last one ends.

    A cell of the common refinement holds the rows that share the label of every labeling.

    >>> order, start = group_by_label_combination(np.array([[0, 0, 1, 0], [0, 1, 1, 0]]))
    >>> order.tolist(), start.tolist()
    ([0, 3, 1, 2], [0, 2, 3, 4])
    """
    cells, most = np.zeros(labels.shape[1], np.int64), 1
    for row in labels:
        numbers = int(row.max()) + 1
        if most * numbers >= 2**62:  # a number for each combination would not fit
            cells = np.unique(cells, return_inverse=True)[1].astype(np.int64)
            most = int(cells.max()) + 1
        cells = cells * numbers + row
        most *= numbers
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1], [True]]))


def _select_labels(labels: Labels, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Labels:
    """Labels of some customers, laid out as those of all are: the loops are compiled for one layout."""
    return np.ascontiguousarray(labels[:, rows])


def _compute_group_silhouettes(rows: Array, row_labels: Labels, others: Array, labels: Labels) -> tuple[Array, Array]:
    """Silhouettes of `rows` among `others`, and those with squared distances: both (labelings, rows)."""
    run, values = _compute_against(rows, row_labels, others, labels, 0)
    for first in range(0, len(rows), _ROWS_PER_TASK):
        run(first)
    sums = cluster_sums.compute_cluster_sums(to_feature_major(others), labels)
    within = np.minimum(row_labels, (np.diff(sums.first) - 1)[:, None].astype(np.uint8))  # of nobody: `values` is NaN
    here = cluster_sums.score_closeness(to_feature_major(rows), within, sums, inside=False, values=True).values
    here = np.where(within == row_labels, here, 0.0)
    return np.where(np.isnan(values), here, values), here  # nobody else of a tiny cluster is among the others


def _compute_against(
    rows: Array, row_labels: Labels, others: Array, labels: Labels, inside: int
) -> tuple[Callable[[int], None], Array]:
    """What fills in the silhouettes of _ROWS_PER_TASK of `rows` among `others`, and where: (labelings, rows)."""
    from segmentation.clustering.kmeans import full_pass

    order, cell_start = group_by_label_combination(labels)
    cell_labels = np.ascontiguousarray(labels[:, order[cell_start[:-1]]])
    most = int(max(labels.max(), row_labels.max())) + 1
    counts = np.stack([np.bincount(row, minlength=most) for row in labels]).astype(np.float64)
    data, points = to_feature_major(others[order]), to_feature_major(rows)
    own = np.ascontiguousarray(row_labels)
    values = np.empty(row_labels.shape)

    def run(first: int) -> None:
        last = min(first + _ROWS_PER_TASK, len(rows))
        full_pass.compute_silhouette_rows(
            points, own, data, cell_start, cell_labels, counts, inside, first, last, values
        )

    return run, values


def _regression_slope(proxy: Array, value: Array) -> float:
    spread = float(proxy.var())
    return float(np.cov(proxy, value, bias=True)[0, 1]) / spread if spread > 0 else 0.0


def _means_by_cluster(values: Array, labels: Labels, clusters: int = 0) -> Array:
    """Mean of the values of each cluster, NaN where there is nobody: (labelings, at least so many clusters)."""
    most = max(int(labels.max()) + 1, clusters)
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                np.bincount(row, weights=value, minlength=most) / np.bincount(row, minlength=most)
                for row, value in zip(labels, values, strict=True)
            ]
        )
