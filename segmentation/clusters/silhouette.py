"""The silhouette of every k from one pass over the distances, exact or estimated with an interval.

Silhouette (Rousseeuw 1987): (b - a) / max(a, b) of a customer, where a is the mean distance to the others of the same
cluster and b the least mean distance to the customers of another; 0 for a customer alone in a cluster.

Distances do not depend on k. They are computed once and summed over the cells of the common refinement of all
labellings, from which the sums of every cluster of every labelling follow.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.clusters.sweep import Array, Labels, threads_at_hand

EXACT_UP_TO = 10_000
"""Above this many customers the mean silhouette is estimated."""
SAMPLE = 1_000
REFERENCE = 20_000
_ROWS_PER_TASK = 100
_Z95 = 1.959964


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """Mean silhouettes of several labellings."""

    mean: Array
    """(labellings,)"""
    half_width: Array
    """(labellings,) of the 95 % interval; 0 where exact."""
    by_cluster: Array
    """(labellings, most clusters) mean of each cluster; NaN where a labelling has no such cluster."""
    sample: int | None
    """Customers the mean was estimated from; None where exact."""


def silhouettes(
    space: Array, labels: Labels, seed: int, *, threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Silhouettes:  # fmt: skip
    """Mean silhouette of each labelling, overall and by cluster.

    Up to EXACT_UP_TO customers it is exact. Above, SAMPLE customers are compared with REFERENCE others, and what the
    sample got wrong by chance is taken out by a control variate: the silhouette of squared distances, which has a
    closed form, is known for everybody and goes with the true one closely. The interval covers the chance of the
    sample; the reference is so much larger that its own chance adds little.

    Args:
        space: (n, d).
        labels: (labellings, n), numbers from 0.
        seed: decides who is in the sample.
    """
    n = len(space)
    if n <= EXACT_UP_TO:
        values = exact_silhouettes(space, labels, threads=threads, progress=progress)
        return Silhouettes(values.mean(axis=1), np.zeros(len(labels)), _means_by_cluster(values, labels), None)
    drawn = np.random.default_rng(seed).permutation(n)[: SAMPLE + REFERENCE]
    sample, reference = np.sort(drawn[:SAMPLE]), np.sort(drawn[SAMPLE:])
    values = _against(space[sample], labels[:, sample], space[reference], labels[:, reference], 0, threads, progress)
    proxies = np.stack([_squared(space, row, space, row, 1) for row in labels])
    # against the same reference, so that its chance is taken out too
    here = np.stack([_squared(space[sample], row[sample], space[reference], row[reference], 0) for row in labels])
    values = np.where(np.isnan(values), here, values)  # nobody else of a tiny cluster is among the reference
    slopes = np.array([_slope(proxy, value) for proxy, value in zip(here, values, strict=True)])
    rest = values - slopes[:, None] * here
    half_width = _Z95 * rest.std(axis=1, ddof=2) / np.sqrt(SAMPLE) * np.sqrt(1 - SAMPLE / n)
    # of a cluster that the sample holds nobody of, the closed form alone is known
    missing = np.nan_to_num(_means_by_cluster(rest, labels[:, sample]), nan=0.0)
    by_cluster = _means_by_cluster(proxies, labels) * slopes[:, None] + missing
    return Silhouettes(rest.mean(axis=1) + slopes * proxies.mean(axis=1), half_width, by_cluster, SAMPLE)


def exact_silhouettes(
    space: Array, labels: Labels, *, threads: int | None = None, progress: Callable[[float], None] | None = None
) -> Array:
    """Silhouette of every customer under each labelling: (labellings, n); time grows with n squared."""
    values = _against(space, labels, space, labels, 1, threads, progress)
    return np.nan_to_num(values, nan=0.0)  # a customer alone: 0, as Rousseeuw sets it


def common_cells(labels: Labels) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The cell of each row in the common refinement: rows with equal labels in every labelling share a number.

    >>> common_cells(np.array([[0, 0, 1], [0, 1, 1]])).tolist()
    [0, 1, 2]
    """
    cells = np.zeros(labels.shape[1], np.int64)
    for row in labels:
        cells = np.unique(cells * (int(row.max()) + 1) + row, return_inverse=True)[1].astype(np.int64)
    return cells


def _against(
    rows: Array, row_labels: Labels, others: Array, labels: Labels, inside: int, threads: int | None,
    progress: Callable[[float], None] | None,
) -> Array:  # fmt: skip
    """Silhouettes of `rows` by their distances to `others`: (labellings, rows)."""
    from segmentation.clusters import kernel

    cells = common_cells(labels)
    order = np.argsort(cells, kind="stable")
    cell_start = np.searchsorted(cells[order], np.arange(cells.max() + 2))
    cell_labels = np.ascontiguousarray(labels[:, order[cell_start[:-1]]])
    most = int(max(labels.max(), row_labels.max())) + 1
    counts = np.stack([np.bincount(row, minlength=most) for row in labels]).astype(np.float64)
    data, points = np.ascontiguousarray(others[order].T), np.ascontiguousarray(rows.T)
    own = np.ascontiguousarray(row_labels)
    values = np.empty(row_labels.shape)

    def run(first: int) -> None:
        last = min(first + _ROWS_PER_TASK, len(rows))
        kernel.silhouettes(points, own, data, cell_start, cell_labels, counts, inside, first, last, values)

    tasks = range(0, len(rows), _ROWS_PER_TASK)
    with ThreadPoolExecutor(threads or threads_at_hand()) as pool:
        for done, _ in enumerate(pool.map(run, tasks)):
            if progress is not None:
                progress((done + 1) / len(tasks))
    return values


def _squared(rows: Array, row_labels: Labels, others: Array, labels: Labels, inside: int) -> Array:
    """The silhouette with squared distances: (rows,).

    The mean of |x - y|^2 over the customers y of a cluster with mean m and mean squared distance v to it is
    |x - m|^2 + v; of n customers without x itself, n / (n - 1) times that.
    """
    k = int(max(labels.max(), row_labels.max())) + 1
    sizes = np.bincount(labels, minlength=k).astype(np.float64)
    at_least_1 = np.maximum(sizes, 1)
    centres = np.stack([_sum_by(labels, column, k) for column in others.T], axis=1) / at_least_1[:, None]
    spread = _sum_by(labels, ((others - centres[labels]) ** 2).sum(axis=1), k) / at_least_1
    distances = np.stack([((rows - centre) ** 2).sum(axis=1) for centre in centres]) + spread[:, None]
    at = np.arange(len(rows))
    size = sizes[row_labels]
    within = distances[row_labels, at] * size / np.maximum(size - inside, 1)
    distances[row_labels, at] = np.inf
    distances[sizes == 0] = np.inf
    between = distances.min(axis=0)
    larger = np.maximum(within, between)
    silhouette = np.divide(between - within, larger, out=np.zeros(len(rows)), where=larger > 0)
    return np.where(size > inside, silhouette, 0.0)


def _slope(proxy: Array, value: Array) -> float:
    spread = float(proxy.var())
    return float(np.cov(proxy, value, bias=True)[0, 1]) / spread if spread > 0 else 0.0


def _means_by_cluster(values: Array, labels: Labels) -> Array:
    most = int(labels.max()) + 1
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                _sum_by(row, value, most) / np.bincount(row, minlength=most)
                for row, value in zip(labels, values, strict=True)
            ]
        )


def _sum_by(labels: Labels, values: Array, k: int) -> Array:
    return np.bincount(labels, weights=values, minlength=k).astype(np.float64, copy=False)
