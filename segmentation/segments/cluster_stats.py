"""Sizes, sums, medians and mid-ranks of clusters, precomputed for many labelings at once.

Customers are sorted by each feature once, whatever the number of labelings. The result of a labeling is bit-identical
whichever labelings are computed with it, and for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from segmentation.runtime.array_types import FloatArray, IntArray, Labels
from segmentation.runtime.thread_pool import parallel_map
from segmentation.segments.order_timing import OrderTiming, compute_order_timing

_CHUNK = 65_536
"""Customers per summing task."""
_BLOCKS = 512
"""Blocks of sorted customers in which medians are searched."""


@dataclass(frozen=True, eq=False)
class ClusterStats:
    """Statistics of the clusters 0..k-1 of one labeling. Missing values are ignored; NaN if all are missing."""

    sizes: IntArray
    """(k,) customers of each cluster, with or without missing values."""
    sums: dict[str, FloatArray]
    """Feature -> (k,)."""
    means: dict[str, FloatArray]
    medians: dict[str, FloatArray]
    positions: dict[str, FloatArray]
    """0..1, the mid-rank of the median among all customers: (those below it + half of those equal to it) / all."""
    overall: dict[str, float]
    """Feature -> mean of all customers."""
    single_order_shares: FloatArray | None
    """(k,) share of the customers with one order, 0 to 1; None without the column frequency."""
    order_timing: OrderTiming


def compute_cluster_stats(
    customers: pd.DataFrame, labelings: Sequence[Labels], features: Sequence[str]
) -> list[ClusterStats]:
    """Compute the statistics of the clusters of each labeling.

    Args:
        customers: one row per customer, with the features.
        labelings: for each, (n,) the cluster of each row, 0..k-1.
        features: the columns to describe, without duplicates.

    >>> customers = pd.DataFrame({"monetary": [10.0, 30.0, 60.0]})
    >>> one, two = compute_cluster_stats(customers, [np.array([0, 0, 0]), np.array([1, 1, 0])], ["monetary"])
    >>> one.medians["monetary"].tolist(), two.sums["monetary"].tolist(), two.positions["monetary"].round(2).tolist()
    ([30.0], [60.0, 40.0], [0.83, 0.33])
    """
    ks = [int(labels.max()) + 1 if len(labels) else 0 for labels in labelings]
    first = np.cumsum([0, *ks])
    # One row per customer, so that the compiled loops read the labels of a customer from one cache line.
    labels = np.empty((len(customers), len(ks)), np.uint8 if max(ks, default=0) <= 256 else np.int64)
    for column, labeling in enumerate(labelings):
        labels[:, column] = labeling
    columns = [customers[name].to_numpy(np.float64) for name in features]
    sizes, sums = _count_customers(labels, first), _sum_features(columns, labels, first)
    single_order_shares = _compute_single_order_shares(customers, labels, first, sizes)
    order_timing = compute_order_timing(customers)
    compute_rank_stats = partial(
        _compute_rank_stats, labels=labels, first=first, sizes=sizes, groups=_group_by_label_combination(labels, ks)
    )
    is_small = len(customers) <= _CHUNK  # a second thread would cost more than it saves
    rank_stats = parallel_map(compute_rank_stats, columns, 1 if is_small else None)
    means = [
        np.divide(total, known, out=np.full(len(known), np.nan), where=known > 0)
        for total, (known, *_) in zip(sums.T, rank_stats, strict=True)
    ]
    overall = {name: mean for name, (*_, mean) in zip(features, rank_stats, strict=True)}

    def slice_by_feature(parts: Iterable[FloatArray], start: int, end: int) -> dict[str, FloatArray]:
        return {name: part[start:end] for name, part in zip(features, parts, strict=True)}

    medians, positions = [part[1] for part in rank_stats], [part[2] for part in rank_stats]
    return [
        ClusterStats(
            sizes[a:b],
            slice_by_feature(sums.T, a, b),
            slice_by_feature(means, a, b),
            slice_by_feature(medians, a, b),
            slice_by_feature(positions, a, b),
            overall,
            None if single_order_shares is None else single_order_shares[a:b],
            order_timing,
        )
        for a, b in pairwise(first.tolist())
    ]


def _compute_single_order_shares(
    customers: pd.DataFrame, labels: Labels, first: IntArray, sizes: IntArray
) -> FloatArray | None:
    """(clusters,) shares of customers with one order; NaN for an empty cluster."""
    if "frequency" not in customers.columns:
        return None
    single = _count_customers(labels[customers["frequency"].to_numpy(np.float64) == 1], first)
    shares: FloatArray = np.divide(single, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)
    return shares


def warm_up_jit() -> None:
    """Run the compiled loops once on tiny data, so that no request pays for compilation."""
    compute_cluster_stats(pd.DataFrame({"monetary": [1.0, 2.0]}), [np.array([0, 1], np.uint8)], ["monetary"])


def _sum_features(columns: Sequence[FloatArray], labels: Labels, first: IntArray) -> FloatArray:
    """(clusters, features) sums; chunks are added in order, so the number of threads changes no bit."""
    from segmentation.segments.cluster_stats_jit import accumulate_sums

    def sum_chunk(start: int) -> FloatArray:
        chunk = labels[start : start + _CHUNK]
        rows = np.empty((len(chunk), len(columns)))
        for number, column in enumerate(columns):
            rows[:, number] = column[start : start + _CHUNK]
        sums = np.zeros((int(first[-1]), len(columns)))
        # A missing value adds 0; its mean divides by the number of known values.
        accumulate_sums(np.nan_to_num(rows, copy=False, posinf=np.inf, neginf=-np.inf), chunk, first, sums)
        return sums

    total: FloatArray = sum(
        parallel_map(sum_chunk, range(0, len(labels), _CHUNK)), np.zeros((int(first[-1]), len(columns)))
    )
    return total


def _compute_rank_stats(
    column: FloatArray, labels: Labels, first: IntArray, sizes: IntArray, groups: tuple[IntArray, Labels]
) -> tuple[IntArray, FloatArray, FloatArray, float]:
    """Of one feature: (clusters,) counts without missing values, medians and mid-ranks, and the overall mean."""
    from segmentation.segments.cluster_stats_jit import compute_cluster_medians

    order = np.argsort(column)  # NaN sorts last; ties may be in any order, since only their values are read
    known = len(column) - int(np.count_nonzero(np.isnan(column)))
    if known < len(column):
        order = order[:known]
        sizes = _count_customers(labels[order], first)
    values = column.take(order)
    medians = np.empty(len(sizes))
    compute_cluster_medians(values, order, *groups, first, sizes, max(known // _BLOCKS, 256), medians)
    # Mid-rank: half of the ties count as below, so that a feature with one common value has position 0.5.
    below, up_to = values.searchsorted(medians, "left"), values.searchsorted(medians, "right")
    positions = np.where(np.isnan(medians), np.nan, (below + up_to) / 2 / max(known, 1))
    return sizes, medians, positions, float(values.mean()) if known else float("nan")


def _count_customers(labels: Labels, first: IntArray) -> IntArray:
    """(clusters,) customers of each cluster of all labelings."""
    numbers = [np.bincount(labels[:, row], minlength=b - a) for row, (a, b) in enumerate(pairwise(first.tolist()))]
    return np.concatenate(numbers) if numbers else np.zeros(0, np.int64)


def _group_by_label_combination(labels: Labels, ks: Sequence[int]) -> tuple[IntArray, Labels]:
    """(customers,) group of each customer by combination of labels, and (groups, labelings) the labels of each."""
    codes = np.zeros(len(labels), np.int64)
    n_combinations = 1
    for column, k in enumerate(ks):
        if n_combinations * k >= 2**62:  # renumber before the code of a combination overflows
            codes, combinations = pd.factorize(codes)
            n_combinations = len(combinations)
        codes = codes * k + labels[:, column]
        n_combinations *= k
    groups, combinations = pd.factorize(codes)
    group_labels = np.empty((len(combinations), len(ks)), labels.dtype)
    group_labels[groups] = labels
    return groups.astype(np.int32), group_labels
