"""Lloyd's algorithm on one set of customers in single precision, compiled.

Data are (d, n): one contiguous row per feature, so that the loop over customers runs in the processor's vector units.
Every function is serial and lets go of Python's lock: independent runs share the cores through a thread pool, and the
number of threads cannot change a bit of any of them.
"""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.hartigan_wong import exchange_members
from segmentation.clustering.kmeans.jit import jit

MAX_EXACT_ROWS = 3_000
"""Up to so many customers single ones are exchanged at the end of a run."""
_BLOCK = 512  # customers at a time: their distances stay in the first-level cache
_PRUNE_HORIZON = 8  # a run goes on while so many rounds like the last one would bring it to its goal
_PRUNE_FACTOR = 1.005  # single customers are exchanged where that may still bring a run to its goal
_OVER_RELAXATION = 0.8  # centers go so much further than to the mean of their customers, which goes on that way too
_INCREMENTAL_LIMIT = 32  # of a block; up to so many changed labels are carried over one by one


@jit
def run_lloyd(data, centers, rounds, tol, goal):  # type: ignore[no-untyped-def]
    """Lloyd's algorithm from `centers`, in place, until at most `tol` labels change or for `rounds`; the inertia.

    Every block of customers keeps its own sums, which are renewed only where a label changed. Centers go further than
    to the mean of their customers until at most `tol` labels change, and to the mean from then on: that takes fewer
    rounds, and ends a little lower more often. A run that at its pace would not come down to an inertia of `goal` is
    given up.
    """
    width, n = data.shape
    k = centers.shape[0]
    labels = np.full(n, -1, np.int32)
    distances = np.empty(n, data.dtype)
    sums = np.zeros(((n + _BLOCK - 1) // _BLOCK, k, width + 1))
    inertia = np.inf
    ahead = 0.0
    last = False
    for turn in range(rounds):
        changed = _assign_labels(data, centers, labels, distances, sums)
        before = inertia
        inertia = 0.0
        for i in range(n):
            inertia += distances[i]
        if turn > 0 and changed <= tol:
            if n <= MAX_EXACT_ROWS and inertia <= goal * _PRUNE_FACTOR:
                return exchange_members(data, centers, labels)
            if ahead == 0:
                break
            last = True
        if turn > 1 and inertia - _PRUNE_HORIZON * (before - inertia) > goal:
            break
        ahead = 0.0 if last or turn == 0 else _OVER_RELAXATION
        _update_centers(data, distances, sums, centers, ahead)
    return inertia


@jit
def _assign_labels(data, centers, labels, distances, sums):  # type: ignore[no-untyped-def]
    """Nearest center of every customer and the squared distance to it; the number of labels that changed.

    The last four features are taken in one go, in registers.
    """
    width, n = data.shape
    k = centers.shape[0]
    head = width - 4
    trial = np.empty(_BLOCK, data.dtype)
    best = np.empty(_BLOCK, data.dtype)
    owner = np.empty(_BLOCK, np.int32)
    changed = 0
    for start in range(0, n, _BLOCK):
        size = min(_BLOCK, n - start)
        column0 = data[head, start : start + size]
        column1 = data[head + 1, start : start + size]
        column2 = data[head + 2, start : start + size]
        column3 = data[head + 3, start : start + size]
        best[:] = np.inf
        owner[:] = 0
        for j in range(k):
            trial[:size] = 0
            for f in range(head):
                center = centers[j, f]
                column = data[f, start : start + size]
                for i in range(size):
                    apart = column[i] - center
                    trial[i] += apart * apart
            center0 = centers[j, head]
            center1 = centers[j, head + 1]
            center2 = centers[j, head + 2]
            center3 = centers[j, head + 3]
            for i in range(size):
                apart0 = column0[i] - center0
                apart1 = column1[i] - center1
                apart2 = column2[i] - center2
                apart3 = column3[i] - center3
                squared = trial[i] + apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3
                closer = squared < best[i]
                best[i] = squared if closer else best[i]
                owner[i] = j if closer else owner[i]
        others = 0
        for i in range(size):
            others += labels[start + i] != owner[i]
            distances[start + i] = best[i]
        changed += others
        if others > _INCREMENTAL_LIMIT:
            _accumulate_block(data, owner, start, size, sums[start // _BLOCK])
        elif others > 0:
            _move_between_sums(data, owner, start, labels, sums[start // _BLOCK])
        if others > 0:
            for i in range(size):
                labels[start + i] = owner[i]
    return changed


@jit
def _move_between_sums(data, owner, start, labels, sums):  # type: ignore[no-untyped-def]
    """Take the few customers of a block whose label changed from one sum to the other."""
    width = data.shape[0]
    found = 0
    at = np.empty(_INCREMENTAL_LIMIT + 1, np.int64)
    for i in range(min(_BLOCK, data.shape[1] - start)):
        at[found] = start + i
        found += labels[start + i] != owner[i]
    for place in range(found):
        i = at[place]
        before, now = labels[i], owner[i - start]
        sums[now, width] += 1
        for f in range(width):
            sums[now, f] += data[f, i]
        if before >= 0:  # not in the first round of a small block
            sums[before, width] -= 1
            for f in range(width):
                sums[before, f] -= data[f, i]


@jit
def _accumulate_block(data, owner, start, size, sums):  # type: ignore[no-untyped-def]
    """The number of customers of each cluster and the sums of their features, of one block: (k, d + 1).

    The last four features are taken in one go.
    """
    width = data.shape[0]
    head = width - 4
    nothing = data.dtype.type(0)
    column0 = data[head, start : start + size]
    column1 = data[head + 1, start : start + size]
    column2 = data[head + 2, start : start + size]
    column3 = data[head + 3, start : start + size]
    for j in range(sums.shape[0]):
        count = 0
        total0, total1, total2, total3 = nothing, nothing, nothing, nothing
        for i in range(size):
            mine = owner[i] == j
            count += mine
            total0 += column0[i] if mine else nothing
            total1 += column1[i] if mine else nothing
            total2 += column2[i] if mine else nothing
            total3 += column3[i] if mine else nothing
        sums[j, width] = count
        sums[j, head] = total0
        sums[j, head + 1] = total1
        sums[j, head + 2] = total2
        sums[j, head + 3] = total3
        for f in range(head):
            column = data[f, start : start + size]
            total = nothing
            for i in range(size):
                total += column[i] if owner[i] == j else nothing
            sums[j, f] = total


@jit
def _update_centers(data, distances, sums, centers, over_relaxation):  # type: ignore[no-untyped-def]
    """Move every center to the mean of its customers, and a share of `over_relaxation` further.

    An empty one goes to the customer farthest from any center.
    """
    k, width = centers.shape
    together = np.zeros((k, width + 1))
    for block in range(len(sums)):
        together += sums[block]
    for j in range(k):
        if together[j, width] > 0:
            for f in range(width):
                mean = together[j, f] / together[j, width]
                centers[j, f] = mean + over_relaxation * (mean - centers[j, f])
        else:
            far = np.argmax(distances)
            distances[far] = 0
            for f in range(width):
                centers[j, f] = data[f, far]
