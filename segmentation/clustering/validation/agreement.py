"""Agreement of two partitions of the same customers: Jaccard similarity, recall, adjusted Rand index."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentation.clustering.sweep import Array, Labels


def compare_partitions(first: Labels, second: Labels, k: int) -> tuple[Array, Array, float]:
    """Compare two partitions of the same customers.

    Args:
        first, second: (n,) labels from 0 to k - 1.
        k: number of clusters in both.

    Returns:
        For each cluster of `first`, (k,) its largest Jaccard similarity to a cluster of `second` and (k,) its recall in
        the cluster matched to it one to one (Hungarian method); both NaN for an empty cluster. And the adjusted Rand
        index.

    >>> jaccard, recall, agreement = compare_partitions(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    >>> jaccard.round(2).tolist(), recall.round(2).tolist(), round(agreement, 2)
    ([0.67, 0.5], [0.67, 1.0], 0.0)
    """
    table = build_contingency_table(first, second, k)
    sizes, second_sizes = table.sum(axis=1), table.sum(axis=0)
    union = sizes[:, None] + second_sizes[None, :] - table
    with np.errstate(invalid="ignore", divide="ignore"):
        jaccard = np.where(sizes > 0, (table / np.where(union > 0, union, 1)).max(axis=1), np.nan)
        rows, columns = linear_sum_assignment(table, maximize=True)
        recall = np.where(sizes > 0, table[rows, columns] / np.where(sizes > 0, sizes, 1), np.nan)
    return jaccard, recall, _adjusted_rand_index(table)


def compute_adjusted_rand(first: Labels, second: Labels) -> float:
    """Adjusted Rand index of two labelings, (n,) each: agreement corrected for chance (Hubert and Arabie 1985)."""
    return _adjusted_rand_index(build_contingency_table(first, second, int(max(first.max(), second.max())) + 1))


def build_contingency_table(first: Labels, second: Labels, k: int) -> Array:
    """(k, k) number of customers in each pair of clusters, `first` by row."""
    return np.bincount(first.astype(np.int64) * k + second, minlength=k * k).reshape(k, k).astype(np.float64)


def _adjusted_rand_index(table: Array) -> float:
    def pairs(counts: Array) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    total = pairs(table.sum(keepdims=True).ravel())
    expected = rows * columns / total if total else 0.0
    maximum = (rows + columns) / 2
    return 1.0 if maximum == expected else (together - expected) / (maximum - expected)
