"""JIT-compiled silhouettes of every k at once: in closed form with squared distances, and by comparing customers.

Data, clusters and chunks are laid out as in `full_pass`.
"""

from __future__ import annotations

import math

import numpy as np

from segmentation.clustering.kmeans.full_pass import BLOCK, compute_squared_distances
from segmentation.clustering.kmeans.jit import jit

_LANES = 64  # customers whose distances are computed together: a few SIMD registers per feature


@jit
def compute_simplified_silhouettes(data, means, variances, factors, first, labels, start, stop, values, totals):  # type: ignore[no-untyped-def]
    """Silhouettes with squared distances, in closed form, and distances to the mean of the assigned cluster.

    The mean of |x - y|^2 over the customers y of a cluster with mean m and variance v (mean squared distance to m) is
    |x - m|^2 + v, so no pair of customers has to be compared. Among the n - 1 others of the cluster of x it is
    n / (n - 1) times that.

    Args:
        data: (d, n).
        means, variances: (clusters, d) m and (clusters,) v; v infinite for an empty cluster.
        factors: (clusters,) n / (n - 1); 0 if the cluster has no other customer.
        first: (ks + 1,) first cluster of each labeling.
        labels: (ks, n).
        values: (ks, n) silhouettes, written at start..stop; (0, 0): not stored.
        totals: (clusters, 3) sums over the customers of each cluster, added to: silhouettes, distances, squared
            distances.
    """
    to_mean = np.empty(BLOCK)
    within = np.empty(BLOCK)
    between = np.empty(BLOCK)
    trial = np.empty(BLOCK)
    owner = np.empty(BLOCK, np.int64)
    for offset in range(start, stop, BLOCK):
        size = min(BLOCK, stop - offset)
        for row in range(len(first) - 1):
            for i in range(size):
                owner[i] = labels[row, offset + i]
            to_mean[:] = 0
            within[:] = 0
            between[:] = np.inf
            for j in range(first[row + 1] - first[row]):
                cluster = first[row] + j
                compute_squared_distances(data, means[cluster], offset, size, trial)
                variance, factor = variances[cluster], factors[cluster]
                for i in range(size):
                    in_cluster = owner[i] == j
                    to_mean[i] = trial[i] if in_cluster else to_mean[i]
                    within[i] = (trial[i] + variance) * factor if in_cluster and factor > 0 else within[i]
                    between[i] = between[i] if in_cluster else min(between[i], trial[i] + variance)
            for i in range(size):
                a, b = within[i], between[i]
                larger = max(a, b)
                alone = factors[first[row] + owner[i]] == 0
                trial[i] = 0.0 if alone or larger <= 0 else (b - a) / larger
                within[i] = math.sqrt(to_mean[i])
            if values.shape[0] > 0:
                for i in range(size):
                    values[row, offset + i] = trial[i]
            for j in range(first[row + 1] - first[row]):
                silhouettes, distances, squares = 0.0, 0.0, 0.0
                for i in range(size):
                    in_cluster = owner[i] == j
                    silhouettes += trial[i] if in_cluster else 0.0
                    distances += within[i] if in_cluster else 0.0
                    squares += to_mean[i] if in_cluster else 0.0
                totals[first[row] + j, 0] += silhouettes
                totals[first[row] + j, 1] += distances
                totals[first[row] + j, 2] += squares


@jit
def compute_silhouette_rows(rows, row_labels, data, group_start, group_labels, counts, first, last, out):  # type: ignore[no-untyped-def]
    """Silhouettes of rows first..last for every k from one pass over their distances to `data` (Rousseeuw 1987).

    Distances do not depend on k and cost most. They are computed once and summed by group, a combination of labels
    over all k; the sums of each cluster of each k are sums of groups.

    Args:
        rows: (d, m) customers to score, which are among `data`; none is compared with itself.
        row_labels: (ks, m) their labels.
        data: (d, n) customers to compare with, ordered by group: those that share the label of every k.
        group_start: (groups + 1,) first column of each group, and n.
        group_labels: (ks, groups) label of each group for each k.
        counts: (ks, largest k) customers of `data` per cluster.
        out: (ks, m), written at first..last; NaN if `data` has no other customer of the row's cluster.
    """
    head = len(data) - 4
    ks, n_groups = group_labels.shape
    partial = np.empty(_LANES)
    per_group = np.empty((n_groups, _LANES))
    per_cluster = np.empty((counts.shape[1], _LANES))
    # A row of `data` is broadcast against _LANES rows at a time; the last four features are unrolled, so their partial
    # sums stay in registers, as in `lloyd`.
    for offset in range(first, last, _LANES):
        size = min(_LANES, last - offset)
        row0, row1 = rows[head, offset : offset + size], rows[head + 1, offset : offset + size]
        row2, row3 = rows[head + 2, offset : offset + size], rows[head + 3, offset : offset + size]
        per_group[:] = 0
        for group in range(n_groups):
            total = per_group[group]
            for j in range(group_start[group], group_start[group + 1]):
                partial[:] = 0
                for f in range(head):
                    value = data[f, j]
                    row = rows[f, offset : offset + size]
                    for i in range(size):
                        diff = row[i] - value
                        partial[i] += diff * diff
                value0, value1, value2, value3 = data[head, j], data[head + 1, j], data[head + 2, j], data[head + 3, j]
                for i in range(size):
                    diff0, diff1, diff2, diff3 = (
                        row0[i] - value0,
                        row1[i] - value1,
                        row2[i] - value2,
                        row3[i] - value3,
                    )
                    squared = diff0 * diff0 + diff1 * diff1 + diff2 * diff2 + diff3 * diff3
                    total[i] += math.sqrt(partial[i] + squared)
        for labeling in range(ks):
            per_cluster[:] = 0
            for group in range(n_groups):
                total = per_cluster[group_labels[labeling, group]]
                group_sums = per_group[group]
                for i in range(size):
                    total[i] += group_sums[i]
            for i in range(size):
                label = row_labels[labeling, offset + i]
                out[labeling, offset + i] = _compute_silhouette(per_cluster[:, i], counts[labeling], label)


@jit
def _compute_silhouette(sums, counts, label):  # type: ignore[no-untyped-def]
    """Silhouette of one customer from its sum of distances to each cluster; NaN if its own has no other customer.

    With b the lowest mean distance to another cluster and a that to its own: (b - a) / max(a, b).
    """
    if counts[label] <= 1:
        return math.nan
    within = sums[label] / (counts[label] - 1)
    between = math.inf
    for j in range(len(counts)):
        if j != label and counts[j] > 0:
            between = min(between, sums[j] / counts[j])
    larger = max(within, between)
    return (between - within) / larger if larger > 0 else 0.0
