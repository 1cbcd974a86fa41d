"""Who stands where in a segment: nearest its center, or at its edge."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def find_typical_and_borderline(
    X: NDArray[np.float64], centers: NDArray[np.float64], cluster: int, rows: NDArray[np.integer], n: int = 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The customers of one cluster that are nearest its center, and those at its edge.

    At the edge means: the border to another segment is nearest. The border between two segments is the plane of all
    points that are as far from one center as from the other; its distance from a point is
    (distance to the other center squared - distance to the own squared) / (2 x distance of the two centers).

    Args:
        X: (m, d) the customers of the cluster, scaled as for K-means.
        centers: (k, d) of all clusters.
        cluster: which of them these customers belong to.
        rows: (m,) what each customer is known by, for example its row in the frame of customers.
        n: at most so many of each.

    Returns:
        Two frames, nearest first; ties in the order of rows: row, distance (to the own center), to_border (distance
        to the nearest border; NaN with one cluster), next_cluster (on the other side of it; -1 with one cluster).

    >>> centers = np.array([[0.0], [10.0]])
    >>> x, rows = np.array([[1.0], [4.0], [-3.0]]), np.array([7, 8, 9])
    >>> near, edge = find_typical_and_borderline(x, centers, 0, rows, n=2)
    >>> near[["row", "distance"]].values.tolist(), edge[["row", "to_border"]].values.tolist()
    ([[7.0, 1.0], [9.0, 3.0]], [[8.0, 1.0], [7.0, 4.0]])
    """
    own = np.einsum("ij,ij->i", X - centers[cluster], X - centers[cluster])
    apart = np.sqrt(((centers - centers[cluster]) ** 2).sum(axis=1))
    others = np.flatnonzero(apart > 0)
    nearest, other = np.full(len(X), np.nan), np.full(len(X), -1)
    if len(others):
        # the difference of two squared distances is linear in the point: one product of matrices for all borders
        across = (centers[cluster] - centers[others]) / apart[others, None]
        offset = ((centers[others] ** 2).sum(axis=1) - (centers[cluster] ** 2).sum()) / (2 * apart[others])
        borders = X @ across.T + offset
        closest = borders.argmin(axis=1)
        nearest, other = borders[np.arange(len(X)), closest], others[closest]
    table = pd.DataFrame(
        {"row": rows, "distance": np.sqrt(own), "to_border": np.maximum(nearest, 0.0), "next_cluster": other}
    )
    return _select_first(table, "distance", n), _select_first(table.dropna(subset="to_border"), "to_border", n)


def _select_first(table: pd.DataFrame, by: str, n: int) -> pd.DataFrame:
    values = table[by].to_numpy()
    if len(values) > n:  # sorting a million to keep ten is work for nothing
        table = table[values <= np.partition(values, n - 1)[n - 1]]
    return table.sort_values([by, "row"], kind="stable").head(n).reset_index(drop=True)
