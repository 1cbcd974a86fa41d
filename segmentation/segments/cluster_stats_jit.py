"""The compiled loops behind `figures`: sums and medians of the clusters of every labeling, in one pass each.

Labelings stand one behind the other: the clusters of labeling l are first[l] to first[l + 1] among all clusters.
"""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.jit import jit


@jit
def accumulate_sums(rows, labels, first, sums):  # type: ignore[no-untyped-def]
    """Add customers to the sums of their clusters.

    Args:
        rows: (customers, features).
        labels: (customers, labelings).
        first: (labelings + 1,).
        sums: (clusters, features), added to.
    """
    for row in range(len(rows)):
        for labeling in range(labels.shape[1]):
            cluster = first[labeling] + labels[row, labeling]
            for feature in range(rows.shape[1]):
                sums[cluster, feature] += rows[row, feature]


@jit
def compute_cluster_medians(values, order, cells, cell_labels, first, sizes, block, medians):  # type: ignore[no-untyped-def]
    """The median of one figure in every cluster; NaN where nobody is.

    Customers who share the cluster of every labeling are a cell. They are counted by cell, block by block in
    ascending order; only the block in which a cluster's middle lies is looked through one by one.

    Args:
        values: (n,) ascending.
        order: (n,) the customer of each value.
        cells: (customers,) the cell of each.
        cell_labels: (cells, labelings).
        first: (labelings + 1,).
        sizes: (clusters,) how many of these customers are in each.
        block: so many customers at a time.
        medians: (clusters,), written.
    """
    counts = np.zeros(len(cell_labels), np.int64)
    added = np.zeros(len(sizes), np.int64)
    seen = np.zeros(len(sizes), np.int64)
    lower = np.full(len(sizes), np.nan)
    upper = np.full(len(sizes), np.nan)
    for start in range(0, len(values), block):
        stop = min(start + block, len(values))
        counts[:] = 0
        for at in range(start, stop):
            counts[cells[order[at]]] += 1
        added[:] = 0
        for cell in range(len(counts)):
            if counts[cell] > 0:
                for labeling in range(cell_labels.shape[1]):
                    added[first[labeling] + cell_labels[cell, labeling]] += counts[cell]
        for labeling in range(cell_labels.shape[1]):
            for cluster in range(first[labeling], first[labeling + 1]):
                low, high, until = (sizes[cluster] - 1) // 2, sizes[cluster] // 2, seen[cluster] + added[cluster]
                if seen[cluster] <= low < until or seen[cluster] <= high < until:
                    place = seen[cluster]
                    for at in range(start, stop):
                        if first[labeling] + cell_labels[cells[order[at]], labeling] == cluster:
                            if place == low:
                                lower[cluster] = values[at]
                            if place == high:
                                upper[cluster] = values[at]
                            place += 1
                seen[cluster] = until
    for cluster in range(len(sizes)):
        medians[cluster] = (lower[cluster] + upper[cluster]) / 2
