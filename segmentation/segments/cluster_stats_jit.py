"""The JIT-compiled loops of `cluster_stats`: sums and medians of the clusters of every labeling, in one pass each.

The clusters of all labelings are concatenated: those of labeling l are first[l] to first[l + 1].
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
        first: (labelings + 1,) first cluster of each labeling.
        sums: (clusters, features), added to.
    """
    for row in range(len(rows)):
        for labeling in range(labels.shape[1]):
            cluster = first[labeling] + labels[row, labeling]
            for feature in range(rows.shape[1]):
                sums[cluster, feature] += rows[row, feature]


@jit
def compute_cluster_medians(values, order, groups, group_labels, first, sizes, block, medians):  # type: ignore[no-untyped-def]
    """The median of one feature in every cluster; NaN if it is empty.

    Sorting each cluster would cost one sort per cluster and labeling. Instead, customers sorted once are counted by
    group (combination of labels), block by block; only the block that holds a cluster's median is scanned one by one.

    Args:
        values: (n,) ascending.
        order: (n,) the customer of each value.
        groups: (customers,) the group of each customer.
        group_labels: (groups, labelings).
        first: (labelings + 1,) first cluster of each labeling.
        sizes: (clusters,) how many of the n customers are in each.
        block: customers per block.
        medians: (clusters,), written.
    """
    counts = np.zeros(len(group_labels), np.int64)
    added = np.zeros(len(sizes), np.int64)
    seen = np.zeros(len(sizes), np.int64)
    lower = np.full(len(sizes), np.nan)
    upper = np.full(len(sizes), np.nan)
    for start in range(0, len(values), block):
        stop = min(start + block, len(values))
        counts[:] = 0
        for index in range(start, stop):
            counts[groups[order[index]]] += 1
        added[:] = 0
        for group in range(len(counts)):
            if counts[group] > 0:
                for labeling in range(group_labels.shape[1]):
                    added[first[labeling] + group_labels[group, labeling]] += counts[group]
        for labeling in range(group_labels.shape[1]):
            for cluster in range(first[labeling], first[labeling + 1]):
                low, high, until = (sizes[cluster] - 1) // 2, sizes[cluster] // 2, seen[cluster] + added[cluster]
                if seen[cluster] <= low < until or seen[cluster] <= high < until:
                    rank = seen[cluster]
                    for index in range(start, stop):
                        if first[labeling] + group_labels[groups[order[index]], labeling] == cluster:
                            if rank == low:
                                lower[cluster] = values[index]
                            if rank == high:
                                upper[cluster] = values[index]
                            rank += 1
                seen[cluster] = until
    for cluster in range(len(sizes)):
        medians[cluster] = (lower[cluster] + upper[cluster]) / 2
