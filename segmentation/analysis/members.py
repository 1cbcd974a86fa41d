"""Representative and borderline customers of a segment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def find_representative_and_borderline(
    X: NDArray[np.float64], centers: NDArray[np.float64], cluster: int, rows: NDArray[np.integer], n: int = 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the customers of one cluster nearest its center, and those nearest the border to another cluster.

    The border between two clusters is the plane of all points equidistant from both centers. Its distance from a point
    is (squared distance to the other center - squared distance to its own) / (2 x distance between the centers).

    Args:
        X: (m, d) the customers of the cluster, scaled as for K-means.
        centers: (k, d) of all clusters.
        cluster: which of them these customers belong to.
        rows: (m,) identifies each customer, for example by its row in the frame of customers.
        n: maximum number of customers in each result.

    Returns:
        Two frames, nearest first; ties in the order of rows: row, distance (to their center), to_border (distance
        to the nearest border; NaN with one cluster), next_cluster (beyond that border; -1 with one cluster).

    >>> centers = np.array([[0.0], [10.0]])
    >>> x, rows = np.array([[1.0], [4.0], [-3.0]]), np.array([7, 8, 9])
    >>> representative, borderline = find_representative_and_borderline(x, centers, 0, rows, n=2)
    >>> representative[["row", "distance"]].values.tolist(), borderline[["row", "to_border"]].values.tolist()
    ([[7.0, 1.0], [9.0, 3.0]], [[8.0, 1.0], [7.0, 4.0]])
    """
    squared_distance = np.einsum("ij,ij->i", X - centers[cluster], X - centers[cluster])
    center_distance = np.sqrt(((centers - centers[cluster]) ** 2).sum(axis=1))
    others = np.flatnonzero(center_distance > 0)
    to_border, next_cluster = np.full(len(X), np.nan), np.full(len(X), -1)
    if len(others):
        # The difference of two squared distances is linear in the point, so one matrix product covers all borders.
        normals = (centers[cluster] - centers[others]) / center_distance[others, None]
        offset = ((centers[others] ** 2).sum(axis=1) - (centers[cluster] ** 2).sum()) / (2 * center_distance[others])
        borders = X @ normals.T + offset
        closest = borders.argmin(axis=1)
        to_border, next_cluster = borders[np.arange(len(X)), closest], others[closest]
    table = pd.DataFrame(
        {
            "row": rows,
            "distance": np.sqrt(squared_distance),
            "to_border": np.maximum(to_border, 0.0),
            "next_cluster": next_cluster,
        }
    )
    return _select_first(table, "distance", n), _select_first(table.dropna(subset="to_border"), "to_border", n)


def _select_first(table: pd.DataFrame, by: str, n: int) -> pd.DataFrame:
    values = table[by].to_numpy()
    if len(values) > n:  # do not sort a million rows to return ten
        table = table[values <= np.partition(values, n - 1)[n - 1]]
    return table.sort_values([by, "row"], kind="stable").head(n).reset_index(drop=True)
