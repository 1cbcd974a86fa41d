"""JIT-compiled full-data passes: labels of every k at once, and cluster sums.

All in double precision. Data are (d, n) with at least four features, as in `jit`. The clusters of all k are
concatenated: those of labeling r are the rows first[r] to first[r + 1] of `centers`. A pass handles the customers
start..stop and returns its own arrays, which the caller sums in chunk order: floating-point addition is not
associative, and the number of threads must not change a single bit.
"""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.jit import jit

BLOCK = 256
"""Customers per block: its distances to the clusters of one k stay in the L1 cache."""


@jit
def assign_labels(data, centers, first, tie, labels, start, stop, sums, inertia, changed):  # type: ignore[no-untyped-def]
    """Assign each customer to the nearest center, for every k; of ties, the lowest number.

    Args:
        data: (d, n).
        centers: (clusters, d).
        first: (ks + 1,) first row of each labeling in `centers`.
        tie: difference of squared distances up to which two centers are equally near.
        labels: (ks, n), written at start..stop.
        sums: (clusters, d + 1) sums of features and, last, counts by cluster; (0, 0): not computed.
        inertia, changed: (ks,) sum of squared distances and number of changed labels, added to.
    """
    max_clusters = 0
    for row in range(len(first) - 1):
        max_clusters = max(max_clusters, first[row + 1] - first[row])
    squared = np.empty((max_clusters, BLOCK))
    nearest = np.empty(BLOCK)
    owner = np.empty(BLOCK, np.int64)
    for offset in range(start, stop, BLOCK):
        size = min(BLOCK, stop - offset)
        for row in range(len(first) - 1):
            k = first[row + 1] - first[row]
            nearest[:] = np.inf
            for j in range(k):
                compute_squared_distances(data, centers[first[row] + j], offset, size, squared[j])
                for i in range(size):
                    nearest[i] = min(nearest[i], squared[j, i])
            # Downwards without a break: the last hit is the lowest number, and a loop without branches vectorizes.
            owner[:] = k - 1
            for j in range(k - 1, -1, -1):
                for i in range(size):
                    owner[i] = j if squared[j, i] <= nearest[i] + tie else owner[i]
            total = 0.0
            n_changed = 0
            for i in range(size):
                total += nearest[i]
                n_changed += labels[row, offset + i] != owner[i]
            if n_changed > 0:
                for i in range(size):
                    labels[row, offset + i] = owner[i]
            inertia[row] += total
            changed[row] += n_changed
            if sums.shape[0] > 0:
                _accumulate_block(data, owner, offset, size, first[row], k, sums)


@jit
def accumulate_cluster_sums(data, first, labels, start, stop, sums, squares):  # type: ignore[no-untyped-def]
    """Add features, counts (last column) and squared norms by cluster to `sums` and `squares`.

    Args:
        data: (d, n).
        first: (ks + 1,) first cluster of each labeling.
        labels: (ks, n).
        sums: (clusters, d + 1), added to.
        squares: (clusters,) sums of squared norms, added to.
    """
    width = data.shape[0]
    owner = np.empty(BLOCK, np.int64)
    lengths = np.empty(BLOCK)
    for offset in range(start, stop, BLOCK):
        size = min(BLOCK, stop - offset)
        lengths[:size] = 0
        for f in range(width):
            for i in range(size):
                lengths[i] += data[f, offset + i] * data[f, offset + i]
        for row in range(len(first) - 1):
            for i in range(size):
                owner[i] = labels[row, offset + i]
            k = first[row + 1] - first[row]
            _accumulate_block(data, owner, offset, size, first[row], k, sums)
            for j in range(k):
                total = 0.0
                for i in range(size):
                    total += lengths[i] if owner[i] == j else 0.0
                squares[first[row] + j] += total


@jit
def compute_squared_distances(data, center, offset, size, out):  # type: ignore[no-untyped-def]
    """Write the squared distances of a block of customers to one center to `out`; the last four features unrolled."""
    head = data.shape[0] - 4
    out[:size] = 0
    for f in range(head):
        column = data[f, offset : offset + size]
        value = center[f]
        for i in range(size):
            diff = column[i] - value
            out[i] += diff * diff
    column0, column1 = data[head, offset : offset + size], data[head + 1, offset : offset + size]
    column2, column3 = data[head + 2, offset : offset + size], data[head + 3, offset : offset + size]
    value0, value1, value2, value3 = center[head], center[head + 1], center[head + 2], center[head + 3]
    for i in range(size):
        diff0 = column0[i] - value0
        diff1 = column1[i] - value1
        diff2 = column2[i] - value2
        diff3 = column3[i] - value3
        out[i] = out[i] + diff0 * diff0 + diff1 * diff1 + diff2 * diff2 + diff3 * diff3


@jit
def _accumulate_block(data, owner, offset, size, first, k, sums):  # type: ignore[no-untyped-def]
    """Add a block of customers to the sums of the clusters first..first + k they belong to.

    One masked pass per cluster: it vectorizes, which scattered additions by label do not.
    """
    width = data.shape[0]
    for j in range(k):
        count = 0
        for i in range(size):
            count += owner[i] == j
        sums[first + j, width] += count
        for f in range(width):
            column = data[f, offset : offset + size]
            total = 0.0
            for i in range(size):
                total += column[i] if owner[i] == j else 0.0
            sums[first + j, f] += total
