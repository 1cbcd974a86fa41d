"""How good each k is: inertia, silhouette, Calinski-Harabasz, Davies-Bouldin, and distances within and between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clusters.sweep import Array, Fit, Labels, threads_at_hand

EXACT_UP_TO = 10_000
"""Above this many customers the silhouette is estimated from as many, drawn at random."""
_ROWS_PER_TASK = 250
_Z95 = 1.959964


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of every k."""

    by_k: pd.DataFrame
    """One row per k: k, inertia, silhouette_score, silhouette_low, silhouette_high (95 % interval; equal to the score
    where it is exact), calinski_harabasz_score, davies_bouldin_score, smallest_segment (customers),
    mean_distance_within, mean_distance_between."""
    silhouette_by_cluster: Mapping[int, Array]
    """k -> (k,) mean silhouette of each cluster; NaN where the sample holds none of it."""
    silhouette_sample: int | None
    """Customers the silhouette was estimated from; None when it is exact."""


def score(
    space: Array, fits: Mapping[int, Fit], seed: int, *, threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Scores:  # fmt: skip
    """Score every fit.

    Silhouette (Rousseeuw 1987): mean over customers of (b - a) / max(a, b), where a is the mean distance to the others
    of the same cluster and b the least mean distance to those of another; 0 for a customer alone in a cluster.

    Args:
        space: (n, d) as given to `sweep`.
        fits: the result of `sweep`.
        seed: decides the sample above EXACT_UP_TO customers.
        threads: as in `sweep`.
        progress: told the share that is done, 0 to 1.
    """
    n = len(space)
    rows = np.arange(n)
    if n > EXACT_UP_TO:
        rows = np.sort(np.random.default_rng(seed).choice(n, EXACT_UP_TO, replace=False))
    ks = sorted(fits)
    labels = np.stack([fits[k].labels[rows] for k in ks])
    values = silhouette_values(space[rows], labels, threads=threads, progress=progress)
    table = []
    by_cluster = {}
    for position, k in enumerate(ks):
        silhouette = float(values[position].mean())
        # customers of a sample: a finite population's correction, since nobody is drawn twice
        spread = float(values[position].std(ddof=1)) / np.sqrt(len(rows)) * np.sqrt(1 - len(rows) / n)
        sizes = np.bincount(labels[position], minlength=k)
        with np.errstate(invalid="ignore"):
            sums: Array = np.bincount(labels[position], weights=values[position], minlength=k)
            by_cluster[k] = sums / sizes
        table.append(
            {
                "k": k,
                "inertia": fits[k].inertia,
                "silhouette_score": silhouette,
                "silhouette_low": silhouette - _Z95 * spread,
                "silhouette_high": silhouette + _Z95 * spread,
                **_closed_forms(space, fits[k]),
            }
        )
    return Scores(pd.DataFrame(table), by_cluster, None if n <= EXACT_UP_TO else len(rows))


def silhouette_values(
    space: Array, labels: Labels, *, threads: int | None = None, progress: Callable[[float], None] | None = None
) -> Array:
    """Silhouette of every row under each labelling: (labellings, n).

    Distances do not depend on k: they are computed once, and summed by the cells of the common refinement of all
    labellings, from which the sums of every cluster of every labelling follow.

    Args:
        space: (n, d).
        labels: (labellings, n), numbers from 0.
    """
    from segmentation.clusters import kernel

    cells = common_cells(labels)
    order = np.argsort(cells, kind="stable")
    cell_start = np.searchsorted(cells[order], np.arange(cells.max() + 2))
    cell_labels = np.ascontiguousarray(labels[:, order[cell_start[:-1]]])
    most = int(labels.max()) + 1
    counts = np.stack([np.bincount(row, minlength=most) for row in labels]).astype(np.float64)
    data = np.ascontiguousarray(space[order].T)
    sorted_values = np.empty(labels.shape)

    def run(first: int) -> None:
        last = min(first + _ROWS_PER_TASK, len(space))
        kernel.silhouettes(data, cell_start, cell_labels, counts, first, last, sorted_values)

    tasks = range(0, len(space), _ROWS_PER_TASK)
    with ThreadPoolExecutor(threads or threads_at_hand()) as pool:
        for done, _ in enumerate(pool.map(run, tasks)):
            if progress is not None:
                progress((done + 1) / len(tasks))
    values = np.empty_like(sorted_values)
    values[:, order] = sorted_values
    return values


def common_cells(labels: Labels) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The cell of each row in the common refinement: rows with equal labels in every labelling share a number.

    >>> common_cells(np.array([[0, 0, 1], [0, 1, 1]])).tolist()
    [0, 1, 2]
    """
    cells = np.zeros(labels.shape[1], np.int64)
    for row in labels:
        cells = np.unique(cells * (int(row.max()) + 1) + row, return_inverse=True)[1].astype(np.int64)
    return cells


def _closed_forms(space: Array, fit: Fit) -> dict[str, float]:
    """Scores that need one pass over the customers.

    Calinski-Harabasz (1974): (between / (k - 1)) / (within / (n - k)). Davies-Bouldin (1979): mean over clusters of the
    largest (s_i + s_j) / d_ij, s the mean distance to the centre, d the distance between centres. The centre of a
    cluster is the mean of its customers here, as in scikit-learn.
    """
    n, k = len(space), fit.k
    sizes = np.bincount(fit.labels, minlength=k)
    centres = np.stack([np.bincount(fit.labels, weights=column, minlength=k) for column in space.T], axis=1)
    centres /= np.maximum(sizes, 1)[:, None]
    squared = np.zeros(n)
    for column in range(space.shape[1]):
        squared += (space[:, column] - centres[fit.labels, column]) ** 2
    distances = np.sqrt(squared)
    within = float(squared.sum())
    between = float((sizes[:, None] * (centres - space.mean(axis=0)) ** 2).sum())
    mean_distance = np.bincount(fit.labels, weights=distances, minlength=k) / np.maximum(sizes, 1)
    apart = np.sqrt(((centres[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
    pairs = apart[np.triu_indices(k, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        similarity = (mean_distance[:, None] + mean_distance[None, :]) / apart
    np.fill_diagonal(similarity, 0)
    return {
        "calinski_harabasz_score": between * (n - k) / (within * (k - 1)) if within > 0 else float("nan"),
        "davies_bouldin_score": float(similarity.max(axis=1).mean()),
        "smallest_segment": int(sizes.min()),
        "mean_distance_within": float(distances.mean()),
        "mean_distance_between": float(pairs.mean()),
    }
