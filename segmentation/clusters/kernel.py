"""The inner loops of K-means, compiled.

Data are (d, n): one contiguous row per feature, so that the loop over customers runs in the processor's vector units.
Every function is serial and lets go of Python's lock: independent runs share the cores through a thread pool, and the
number of threads cannot change a bit of any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

_BLOCK = 512  # customers at a time: their distances stay in the first-level cache


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    compiled: Callable[..., Any] = numba.njit(nogil=True, cache=True, fastmath=True)(function)
    return compiled


@_compiled
def nearest(data, centres, labels, distances):  # type: ignore[no-untyped-def]
    """Nearest centre of every customer and the squared distance to it; the number of labels that changed."""
    width, n = data.shape
    k = centres.shape[0]
    trial = np.empty(_BLOCK, data.dtype)
    best = np.empty(_BLOCK, data.dtype)
    owner = np.empty(_BLOCK, np.int32)
    changed = 0
    for start in range(0, n, _BLOCK):
        size = min(_BLOCK, n - start)
        for j in range(k):
            trial[:size] = 0
            for f in range(width):
                centre = centres[j, f]
                column = data[f, start : start + size]
                for i in range(size):
                    apart = column[i] - centre
                    trial[i] += apart * apart
            if j == 0:
                for i in range(size):
                    best[i] = trial[i]
                    owner[i] = 0
            else:
                for i in range(size):
                    closer = trial[i] < best[i]
                    best[i] = trial[i] if closer else best[i]
                    owner[i] = j if closer else owner[i]
        for i in range(size):
            changed += labels[start + i] != owner[i]
            labels[start + i] = owner[i]
            distances[start + i] = best[i]
    return changed


@_compiled
def means(data, labels, distances, centres):  # type: ignore[no-untyped-def]
    """Move every centre to the mean of its customers; an empty one to the customer farthest from any centre."""
    width, n = data.shape
    k = centres.shape[0]
    sums = np.zeros((k, width))
    counts = np.zeros(k)
    for i in range(n):
        counts[labels[i]] += 1
    for f in range(width):
        column = data[f]
        for i in range(n):
            sums[labels[i], f] += column[i]
    for j in range(k):
        if counts[j] > 0:
            for f in range(width):
                centres[j, f] = sums[j, f] / counts[j]
        else:
            far = np.argmax(distances)
            distances[far] = 0
            for f in range(width):
                centres[j, f] = data[f, far]


@_compiled
def lloyd(data, centres, most):  # type: ignore[no-untyped-def]
    """Lloyd's algorithm from `centres`, in place, until no label changes or `most` rounds; the inertia."""
    n = data.shape[1]
    labels = np.full(n, -1, np.int32)
    distances = np.empty(n, data.dtype)
    for _ in range(most):
        if nearest(data, centres, labels, distances) == 0:
            break
        means(data, labels, distances, centres)
    inertia = 0.0
    for i in range(n):
        inertia += np.float64(distances[i])
    return inertia


@_compiled
def spread_centres(data, k, seed):  # type: ignore[no-untyped-def]
    """Greedy k-means++: of several candidates drawn by squared distance, the one that lowers the inertia most.

    Arthur and Vassilvitskii (2007), with the trials of scikit-learn: 2 + log k.
    """
    np.random.seed(seed)  # the generator of this thread; a run uses no other
    width, n = data.shape
    trials = 2 + int(math.log(k))
    centres = np.empty((k, width), data.dtype)
    first = np.random.randint(n)
    closest = np.full(n, np.inf, data.dtype)
    trial = np.empty(n, data.dtype)
    best = np.empty(n, data.dtype)
    cumulated = np.empty(n, np.float64)
    for j in range(k):
        if j == 0:
            chosen = first
            _lowered(data, chosen, closest, best)
        else:
            total = 0.0
            for i in range(n):
                total += closest[i]
                cumulated[i] = total
            lowest = np.inf
            chosen = 0
            for _ in range(trials):
                candidate = min(np.searchsorted(cumulated, np.random.random() * total), n - 1)
                potential = _lowered(data, candidate, closest, trial)
                if potential < lowest:
                    lowest = potential
                    chosen = candidate
                    best, trial = trial, best
        closest, best = best, closest
        for f in range(width):
            centres[j, f] = data[f, chosen]
    return centres


@_compiled
def _lowered(data, candidate, closest, out):  # type: ignore[no-untyped-def]
    """Squared distances to the nearest centre if `candidate` became one, into `out`; their sum."""
    width, n = data.shape
    out[:] = 0
    for f in range(width):
        centre = data[f, candidate]
        column = data[f]
        for i in range(n):
            apart = column[i] - centre
            out[i] += apart * apart
    total = 0.0
    for i in range(n):
        out[i] = min(out[i], closest[i])
        total += out[i]
    return total


@_compiled
def predict(data, centres, tie, labels):  # type: ignore[no-untyped-def]
    """Labels by squared distance; of centres within `tie` of the nearest, the lowest number."""
    width, n = data.shape
    k = centres.shape[0]
    squared = np.empty(k)
    for i in range(n):
        least = np.inf
        for j in range(k):
            total = 0.0
            for f in range(width):
                apart = data[f, i] - centres[j, f]
                total += apart * apart
            squared[j] = total
            least = min(least, total)
        for j in range(k):
            if squared[j] <= least + tie:
                labels[i] = j
                break


@_compiled
def silhouettes(rows, row_labels, data, cell_start, cell_labels, counts, inside, first, last, out):  # type: ignore[no-untyped-def]
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
    width, n = data.shape
    ks, cells = cell_labels.shape
    apart = np.empty(n)
    per_cell = np.empty(cells)
    per_cluster = np.empty(counts.shape[1])
    for i in range(first, last):
        apart[:] = 0
        for f in range(width):
            here = rows[f, i]
            column = data[f]
            for j in range(n):
                difference = column[j] - here
                apart[j] += difference * difference
        for cell in range(cells):
            total = 0.0
            for j in range(cell_start[cell], cell_start[cell + 1]):
                total += math.sqrt(apart[j])
            per_cell[cell] = total
        for row in range(ks):
            per_cluster[:] = 0
            for cell in range(cells):
                per_cluster[cell_labels[row, cell]] += per_cell[cell]
            own = row_labels[row, i]
            if counts[row, own] <= inside:
                out[row, i] = math.nan
                continue
            within = per_cluster[own] / (counts[row, own] - inside)
            between = math.inf
            for j in range(counts.shape[1]):
                if j != own and counts[row, j] > 0:
                    between = min(between, per_cluster[j] / counts[row, j])
            larger = max(within, between)
            out[row, i] = (between - within) / larger if larger > 0 else 0.0
