"""Agreement of two partitions of the same customers: Jaccard similarity, recall, adjusted Rand index."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segmentation.runtime.array_types import FloatArray, Labels


class Agreement(NamedTuple):
    """Agreement of two partitions of the same customers into k clusters each."""

    jaccard: FloatArray
    """(k,) largest Jaccard similarity of each cluster of the first to a cluster of the second; NaN if empty."""
    recall: FloatArray
    """(k,) share of each cluster that is in the cluster matched to it; NaN if empty."""
    matched: Labels
    """(k,) cluster of the second matched to each cluster of the first, one to one (Hungarian method)."""
    adjusted_rand: float


def compare_partitions(first: Labels, second: Labels, k: int) -> Agreement:
    """Compare two partitions of the same customers.

    Args:
        first, second: (n,) labels from 0 to k - 1.
        k: number of clusters in both.

    >>> found = compare_partitions(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    >>> found.jaccard.round(2).tolist(), found.recall.round(2).tolist(), found.matched.tolist()
    ([0.67, 0.5], [0.67, 1.0], [1, 0])
    >>> round(found.adjusted_rand, 2)
    0.0
    """
    from scipy.optimize import linear_sum_assignment

    table = build_contingency_table(first, second, k)
    sizes, second_sizes = table.sum(axis=1), table.sum(axis=0)
    union = sizes[:, None] + second_sizes[None, :] - table
    with np.errstate(invalid="ignore", divide="ignore"):
        jaccard = np.where(sizes > 0, (table / np.where(union > 0, union, 1)).max(axis=1), np.nan)
        rows, columns = linear_sum_assignment(table, maximize=True)
        recall = np.where(sizes > 0, table[rows, columns] / np.where(sizes > 0, sizes, 1), np.nan)
    return Agreement(jaccard, recall, columns, compute_adjusted_rand_of_table(table))


def compute_adjusted_rand(first: Labels, second: Labels) -> float:
    """Adjusted Rand index of two labelings, (n,) each: agreement corrected for chance (Hubert and Arabie 1985)."""
    return compute_adjusted_rand_of_table(
        build_contingency_table(first, second, int(max(first.max(), second.max())) + 1)
    )


def build_contingency_table(first: Labels, second: Labels, k: int) -> FloatArray:
    """(k, k) number of customers in each pair of clusters, `first` by row."""
    return np.bincount(first.astype(np.int64) * k + second, minlength=k * k).reshape(k, k).astype(np.float64)


def compute_adjusted_rand_of_table(table: FloatArray) -> float:
    """Adjusted Rand index from the number of customers in each pair of clusters, (k, l)."""

    def count_pairs(counts: FloatArray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = count_pairs(table), count_pairs(table.sum(axis=1)), count_pairs(table.sum(axis=0))
    total = count_pairs(table.sum(keepdims=True).ravel())
    expected = rows * columns / total if total else 0.0
    maximum = (rows + columns) / 2
    return 1.0 if maximum == expected else (together - expected) / (maximum - expected)
