"""Passes over everybody, compiled: the labels of every k at once, sums by cluster, and what scores need.

All in double precision. Data are (d, n) with at least four features, as in `compiling`. The clusters of all k stand one
below the other: those of labeling r are the rows first[r] to first[r + 1] of `centers`. A pass writes what it found
about customers start..stop, and sums into arrays of its own, so that chunks are added up in their order and any
number of threads gives the same bits.
"""

from __future__ import annotations

import math

import numpy as np

from segmentation.clustering.kmeans.jit import jit

_LANES = 64  # customers whose distances are worked out side by side
_BLOCK = 256  # the distances of a block to the clusters of one k stay in the first-level cache


@jit
def assign_labels(data, centers, first, tie, labels, start, stop, sums, inertia, changed):  # type: ignore[no-untyped-def]
    """Nearest center of each customer for every k; of centers within `tie` of the nearest, the lowest number.

    Args:
        tie: squared distance.
        labels: (ks, n), written at start..stop.
        sums: (clusters, d + 1) sums of features and, last, the number of customers of each cluster; (0, 0): not wanted.
        inertia, changed: (ks,) sum of squared distances, and how many labels are not what they were.
    """
    most = 0
    for row in range(len(first) - 1):
        most = max(most, first[row + 1] - first[row])
    squared = np.empty((most, _BLOCK))
    least = np.empty(_BLOCK)
    owner = np.empty(_BLOCK, np.int64)
    for at in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - at)
        for row in range(len(first) - 1):
            k = first[row + 1] - first[row]
            least[:] = np.inf
            for j in range(k):
                _squared_distances(data, centers[first[row] + j], at, size, squared[j])
                for i in range(size):
                    least[i] = min(least[i], squared[j, i])
            owner[:] = k - 1
            for j in range(k - 1, -1, -1):
                for i in range(size):
                    owner[i] = j if squared[j, i] <= least[i] + tie else owner[i]
            total = 0.0
            others = 0
            for i in range(size):
                total += least[i]
                others += labels[row, at + i] != owner[i]
            if others > 0:
                for i in range(size):
                    labels[row, at + i] = owner[i]
            inertia[row] += total
            changed[row] += others
            if sums.shape[0] > 0:
                _sum_up(data, owner, at, size, first[row], k, sums)


@jit
def accumulate_cluster_sums(data, first, labels, start, stop, sums, squares):  # type: ignore[no-untyped-def]
    """Sums of features and numbers of customers (last) by cluster, (clusters, d + 1); and of squared lengths."""
    width = data.shape[0]
    owner = np.empty(_BLOCK, np.int64)
    lengths = np.empty(_BLOCK)
    for at in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - at)
        lengths[:size] = 0
        for f in range(width):
            for i in range(size):
                lengths[i] += data[f, at + i] * data[f, at + i]
        for row in range(len(first) - 1):
            for i in range(size):
                owner[i] = labels[row, at + i]
            k = first[row + 1] - first[row]
            _sum_up(data, owner, at, size, first[row], k, sums)
            for j in range(k):
                total = 0.0
                for i in range(size):
                    total += lengths[i] if owner[i] == j else 0.0
                squares[first[row] + j] += total


@jit
def compute_simplified_silhouettes(data, means, spread, others, first, labels, start, stop, values, totals):  # type: ignore[no-untyped-def]
    """The silhouette with squared distances of each customer for every k, and distances to the own cluster's mean.

    The mean of |x - y|^2 over the customers y of a cluster with mean m and mean squared distance v to it is
    |x - m|^2 + v; of n customers without x itself, n / (n - 1) times that.

    Args:
        means, spread: m and v of each cluster; v infinite for a cluster of nobody.
        others: what the mean of |x - y|^2 over the own cluster is multiplied with; 0 where there is nobody else.
        values: (ks, n) silhouettes, written at start..stop; (0, 0): not wanted.
        found: (clusters, 3) sums over the customers of each cluster: silhouettes, distances, squared distances.
    """
    own = np.empty(_BLOCK)
    within = np.empty(_BLOCK)
    between = np.empty(_BLOCK)
    trial = np.empty(_BLOCK)
    owner = np.empty(_BLOCK, np.int64)
    for at in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - at)
        for row in range(len(first) - 1):
            for i in range(size):
                owner[i] = labels[row, at + i]
            own[:] = 0
            within[:] = 0
            between[:] = np.inf
            for j in range(first[row + 1] - first[row]):
                cluster = first[row] + j
                _squared_distances(data, means[cluster], at, size, trial)
                v, factor = spread[cluster], others[cluster]
                for i in range(size):
                    mine = owner[i] == j
                    own[i] = trial[i] if mine else own[i]
                    within[i] = (trial[i] + v) * factor if mine and factor > 0 else within[i]
                    between[i] = between[i] if mine else min(between[i], trial[i] + v)
            for i in range(size):
                a, b = within[i], between[i]
                larger = max(a, b)
                alone = others[first[row] + owner[i]] == 0
                trial[i] = 0.0 if alone or larger <= 0 else (b - a) / larger
                within[i] = math.sqrt(own[i])
            if values.shape[0] > 0:
                for i in range(size):
                    values[row, at + i] = trial[i]
            for j in range(first[row + 1] - first[row]):
                silhouettes, distances, squares = 0.0, 0.0, 0.0
                for i in range(size):
                    mine = owner[i] == j
                    silhouettes += trial[i] if mine else 0.0
                    distances += within[i] if mine else 0.0
                    squares += own[i] if mine else 0.0
                totals[first[row] + j, 0] += silhouettes
                totals[first[row] + j, 1] += distances
                totals[first[row] + j, 2] += squares


@jit
def compute_silhouette_rows(rows, row_labels, data, cell_start, cell_labels, counts, inside, first, last, out):  # type: ignore[no-untyped-def]
    """Silhouette of rows first..last for every k from one pass over their distances to `data`.

    Args:
        rows: (d, m) customers to score.
        row_labels: (ks, m) their labels.
        data: (d, n) customers to compare with, ordered by cell; a cell holds those that share the label of every k.
        cell_start: (cells + 1,) where each cell begins.
        cell_labels: (ks, cells) label of each cell for each k.
        counts: (ks, most k) customers of `data` per cluster.
        inside: 1 where the rows are among `data`, and their distance to themselves is not to count; else 0.
        out: (ks, m), written at first..last; NaN where `data` holds nobody else of the row's cluster.
    """
    head = len(data) - 4
    ks, cells = cell_labels.shape
    apart = np.empty(_LANES)
    per_cell = np.empty((cells, _LANES))
    per_cluster = np.empty((counts.shape[1], _LANES))
    for at in range(first, last, _LANES):
        size = min(_LANES, last - at)
        row0, row1 = rows[head, at : at + size], rows[head + 1, at : at + size]
        row2, row3 = rows[head + 2, at : at + size], rows[head + 3, at : at + size]
        per_cell[:] = 0
        for cell in range(cells):
            total = per_cell[cell]
            for j in range(cell_start[cell], cell_start[cell + 1]):
                apart[:] = 0
                for f in range(head):
                    value = data[f, j]
                    row = rows[f, at : at + size]
                    for i in range(size):
                        difference = row[i] - value
                        apart[i] += difference * difference
                value0, value1, value2, value3 = data[head, j], data[head + 1, j], data[head + 2, j], data[head + 3, j]
                for i in range(size):
                    apart0, apart1, apart2, apart3 = (
                        row0[i] - value0,
                        row1[i] - value1,
                        row2[i] - value2,
                        row3[i] - value3,
                    )
                    squared = apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3
                    total[i] += math.sqrt(apart[i] + squared)
        for labeling in range(ks):
            per_cluster[:] = 0
            for cell in range(cells):
                total = per_cluster[cell_labels[labeling, cell]]
                here = per_cell[cell]
                for i in range(size):
                    total[i] += here[i]
            for i in range(size):
                own = row_labels[labeling, at + i]
                out[labeling, at + i] = _silhouette(per_cluster[:, i], counts[labeling], own, inside)


@jit
def _silhouette(sums, counts, label, inside):  # type: ignore[no-untyped-def]
    """Of one customer, from its sums of distances to the customers of each cluster; NaN with nobody else in its own."""
    if counts[label] <= inside:
        return math.nan
    within = sums[label] / (counts[label] - inside)
    between = math.inf
    for j in range(len(counts)):
        if j != label and counts[j] > 0:
            between = min(between, sums[j] / counts[j])
    larger = max(within, between)
    return (between - within) / larger if larger > 0 else 0.0


@jit
def _squared_distances(data, center, at, size, out):  # type: ignore[no-untyped-def]
    """Squared distances of a block of customers to one center."""
    head = data.shape[0] - 4
    out[:size] = 0
    for f in range(head):
        column = data[f, at : at + size]
        value = center[f]
        for i in range(size):
            apart = column[i] - value
            out[i] += apart * apart
    column0, column1 = data[head, at : at + size], data[head + 1, at : at + size]
    column2, column3 = data[head + 2, at : at + size], data[head + 3, at : at + size]
    value0, value1, value2, value3 = center[head], center[head + 1], center[head + 2], center[head + 3]
    for i in range(size):
        apart0 = column0[i] - value0
        apart1 = column1[i] - value1
        apart2 = column2[i] - value2
        apart3 = column3[i] - value3
        out[i] = out[i] + apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3


@jit
def _sum_up(data, owner, at, size, first, k, sums):  # type: ignore[no-untyped-def]
    """Add a block of customers to the sums of the clusters first..first + k they belong to."""
    width = data.shape[0]
    for j in range(k):
        count = 0
        for i in range(size):
            count += owner[i] == j
        sums[first + j, width] += count
        for f in range(width):
            column = data[f, at : at + size]
            total = 0.0
            for i in range(size):
                total += column[i] if owner[i] == j else 0.0
            sums[first + j, f] += total
