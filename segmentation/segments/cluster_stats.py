"""Sizes, sums, medians and places of clusters, for many labelings at once: a slider over k finds them worked out.

Customers are put in order of each figure once, whatever the number of labelings. What comes out for one labeling is
the same to the last bit whichever others are asked for with it, and whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from segmentation.runtime.thread_pool import parallel_map

Array = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Labels = np.ndarray[Any, np.dtype[Any]]
_CHUNK = 65_536
"""Customers whose sums one task adds up."""
_BLOCKS = 512


@dataclass(frozen=True, eq=False)
class ClusterStats:
    """The clusters 0..k-1 of one labeling. A missing value is left out of its figure; without any, it is NaN."""

    sizes: Ints
    """(k,) customers of each cluster, whatever is missing."""
    sums: dict[str, Array]
    """Feature -> (k,)."""
    means: dict[str, Array]
    medians: dict[str, Array]
    positions: dict[str, Array]
    """0..1, the mid-rank of the median among all customers: (those below it + half of those equal to it) / all."""
    overall: dict[str, float]
    """Feature -> mean of all customers."""


def compute_cluster_stats(
    customers: pd.DataFrame, labelings: Sequence[Labels], features: Sequence[str]
) -> list[ClusterStats]:
    """What the clusters of each labeling are like.

    Args:
        customers: one row per customer, with the features.
        labelings: for each, the cluster of each row, 0..k-1.
        features: the columns to describe, each once.

    >>> people = pd.DataFrame({"monetary": [10.0, 30.0, 60.0]})
    >>> one, two = compute_cluster_stats(people, [np.array([0, 0, 0]), np.array([1, 1, 0])], ["monetary"])
    >>> one.medians["monetary"].tolist(), two.sums["monetary"].tolist(), two.positions["monetary"].round(2).tolist()
    ([30.0], [60.0, 40.0], [0.83, 0.33])
    """
    ks = [int(labels.max()) + 1 if len(labels) else 0 for labels in labelings]
    first = np.cumsum([0, *ks])
    labels = np.empty((len(customers), len(ks)), np.uint8 if max(ks, default=0) <= 256 else np.int64)
    for column, given in enumerate(labelings):
        labels[:, column] = given
    columns = [customers[name].to_numpy(np.float64) for name in features]
    sizes, sums = _counted(labels, first), _summed(columns, labels, first)
    ordered = partial(_in_order, labels=labels, first=first, sizes=sizes, cells=_cells(labels, ks))
    few = len(customers) <= _CHUNK  # a second thread costs more than it brings
    found = parallel_map(ordered, columns, 1 if few else None)
    means = [
        np.divide(total, known, out=np.full(len(known), np.nan), where=known > 0)
        for total, (known, *_) in zip(sums.T, found, strict=True)
    ]
    overall = {name: mean for name, (*_, mean) in zip(features, found, strict=True)}

    def of(parts: Iterable[Array], start: int, end: int) -> dict[str, Array]:
        return {name: part[start:end] for name, part in zip(features, parts, strict=True)}

    medians, positions = [part[1] for part in found], [part[2] for part in found]
    return [
        ClusterStats(sizes[a:b], of(sums.T, a, b), of(means, a, b), of(medians, a, b), of(positions, a, b), overall)
        for a, b in pairwise(first.tolist())
    ]


def warm_up_jit() -> None:
    """Run the compiled loops once on next to nothing, so that nobody who waits for a result waits for them."""
    compute_cluster_stats(pd.DataFrame({"monetary": [1.0, 2.0]}), [np.array([0, 1], np.uint8)], ["monetary"])


def _summed(columns: Sequence[Array], labels: Labels, first: Ints) -> Array:
    """(clusters, features): sums of chunks of customers, added up in the order of the chunks."""
    from segmentation.segments.cluster_stats_jit import accumulate_sums

    def part(start: int) -> Array:
        chunk = labels[start : start + _CHUNK]
        rows = np.empty((len(chunk), len(columns)))
        for number, column in enumerate(columns):
            rows[:, number] = column[start : start + _CHUNK]
        sums = np.zeros((int(first[-1]), len(columns)))
        accumulate_sums(np.nan_to_num(rows, copy=False, posinf=np.inf, neginf=-np.inf), chunk, first, sums)
        return sums

    total: Array = sum(parallel_map(part, range(0, len(labels), _CHUNK)), np.zeros((int(first[-1]), len(columns))))
    return total


def _in_order(
    column: Array, labels: Labels, first: Ints, sizes: Ints, cells: tuple[Ints, Labels]
) -> tuple[Ints, Array, Array, float]:
    """Of one feature: how many customers of each cluster have it, medians, their positions, and everybody's mean."""
    from segmentation.segments.cluster_stats_jit import compute_cluster_medians

    order = np.argsort(column)  # what is missing stands last
    known = len(column) - int(np.count_nonzero(np.isnan(column)))
    if known < len(column):
        order = order[:known]
        sizes = _counted(labels[order], first)
    values = column.take(order)
    medians = np.empty(len(sizes))
    compute_cluster_medians(values, order, *cells, first, sizes, max(known // _BLOCKS, 256), medians)
    below, up_to = values.searchsorted(medians, "left"), values.searchsorted(medians, "right")
    positions = np.where(np.isnan(medians), np.nan, (below + up_to) / 2 / max(known, 1))
    return sizes, medians, positions, float(values.mean()) if known else float("nan")


def _counted(labels: Labels, first: Ints) -> Ints:
    """(clusters,) customers of each."""
    numbers = [np.bincount(labels[:, row], minlength=b - a) for row, (a, b) in enumerate(pairwise(first.tolist()))]
    return np.concatenate(numbers) if numbers else np.zeros(0, np.int64)


def _cells(labels: Labels, ks: Sequence[int]) -> tuple[Ints, Labels]:
    """Customers who share the cluster of every labeling: (customers,) the cell of each, and the labels of cells."""
    codes = np.zeros(len(labels), np.int64)
    most = 1
    for column, k in enumerate(ks):
        if most * k >= 2**62:  # numbered anew before they no longer fit
            codes, found = pd.factorize(codes)
            most = len(found)
        codes = codes * k + labels[:, column]
        most *= k
    cells, found = pd.factorize(codes)
    cell_labels = np.empty((len(found), len(ks)), labels.dtype)
    cell_labels[cells] = labels
    return cells.astype(np.int32), cell_labels
