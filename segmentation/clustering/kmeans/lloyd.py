"""Lloyd's algorithm (1982) on one set of customers, JIT-compiled.

Data are (d, n) float32, feature-major as in `jit`. Single precision doubles the SIMD width; the winner of the search is
refined in double precision in `sweep`. Every function is serial and releases the GIL: parallelism is across runs, so
the number of threads cannot change a single bit of the result.
"""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.hartigan_wong import exchange_members
from segmentation.clustering.kmeans.jit import jit

MAX_EXACT_ROWS = 3_000
"""Up to this many customers, a run ends with exchanges (Hartigan and Wong); above, they cost more than they gain."""
_BLOCK = 512  # customers per block: their distances stay in the L1 cache
# A run is abandoned if this many iterations, each improving as much as the last one, would not reach its goal.
_PRUNE_HORIZON = 8
# Exchanges are tried only if the inertia is within this factor of the goal: they improve a converged run by less.
_PRUNE_FACTOR = 1.005
# Over-relaxation: move each center by 1.8x its step. Consecutive steps mostly point in the same direction, so this
# saves iterations; the last ones are plain Lloyd steps, so the run ends in a fixed point of Lloyd's algorithm.
_OVER_RELAXATION = 0.8
# Up to this many changed labels per block, cluster sums are updated incrementally; above, summing anew is faster.
_INCREMENTAL_LIMIT = 32


@jit
def run_lloyd(data, centers, rounds, tol, goal):  # type: ignore[no-untyped-def]
    """Run Lloyd's algorithm from `centers`, updated in place.

    Every block of customers has its own cluster sums, recomputed only if a label in the block changed. Centers are
    over-relaxed until at most `tol` labels change and move to the mean from then on: this takes fewer iterations, and
    ends slightly lower more often.

    Args:
        data: (d, n), d at least four.
        centers: (k, d) initial centers; on return the final ones.
        rounds: maximum number of iterations.
        tol: converged when at most this many labels change.
        goal: inertia to reach; a run that is not on course for it is abandoned. Infinity: never.

    Returns:
        The inertia: sum of squared distances to the nearest center.
    """
    width, n = data.shape
    k = centers.shape[0]
    labels = np.full(n, -1, np.int32)
    distances = np.empty(n, data.dtype)
    sums = np.zeros(((n + _BLOCK - 1) // _BLOCK, k, width + 1))  # double precision: incremental updates do not drift
    inertia = np.inf
    relaxation = 0.0
    final = False
    for iteration in range(rounds):
        changed = _assign_labels(data, centers, labels, distances, sums)
        previous = inertia
        inertia = 0.0
        for i in range(n):
            inertia += distances[i]
        if iteration > 0 and changed <= tol:
            if n <= MAX_EXACT_ROWS and inertia <= goal * _PRUNE_FACTOR:
                return exchange_members(data, centers, labels)
            if relaxation == 0:
                break
            final = True
        # Improvements shrink, so a linear extrapolation is optimistic: few runs are pruned that would have succeeded.
        if iteration > 1 and inertia - _PRUNE_HORIZON * (previous - inertia) > goal:
            break
        relaxation = 0.0 if final or iteration == 0 else _OVER_RELAXATION
        _update_centers(data, distances, sums, centers, relaxation)
    return inertia


@jit
def _assign_labels(data, centers, labels, distances, sums):  # type: ignore[no-untyped-def]
    """Assign every customer to the nearest center: the E-step.

    Writes `labels` (n,), squared `distances` (n,) and block-wise `sums` (blocks, k, d + 1); returns the number of
    changed labels. The last four features are unrolled, which keeps their partial sums in registers.
    """
    width, n = data.shape
    k = centers.shape[0]
    head = width - 4
    squared_distances = np.empty(_BLOCK, data.dtype)
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
            squared_distances[:size] = 0
            for f in range(head):
                center = centers[j, f]
                column = data[f, start : start + size]
                for i in range(size):
                    diff = column[i] - center
                    squared_distances[i] += diff * diff
            center0 = centers[j, head]
            center1 = centers[j, head + 1]
            center2 = centers[j, head + 2]
            center3 = centers[j, head + 3]
            for i in range(size):  # conditional expressions instead of branches: the loop vectorizes
                diff0 = column0[i] - center0
                diff1 = column1[i] - center1
                diff2 = column2[i] - center2
                diff3 = column3[i] - center3
                squared = squared_distances[i] + diff0 * diff0 + diff1 * diff1 + diff2 * diff2 + diff3 * diff3
                is_nearest = squared < best[i]
                best[i] = squared if is_nearest else best[i]
                owner[i] = j if is_nearest else owner[i]
        block_changed = 0
        for i in range(size):
            block_changed += labels[start + i] != owner[i]
            distances[start + i] = best[i]
        changed += block_changed
        if block_changed > _INCREMENTAL_LIMIT:
            _accumulate_block(data, owner, start, size, sums[start // _BLOCK])
        elif block_changed > 0:
            _move_between_sums(data, owner, start, labels, sums[start // _BLOCK])
        if block_changed > 0:
            for i in range(size):
                labels[start + i] = owner[i]
    return changed


@jit
def _move_between_sums(data, owner, start, labels, sums):  # type: ignore[no-untyped-def]
    """Update the sums of one block incrementally: subtract each moved customer from its old cluster, add to the new."""
    width = data.shape[0]
    n_moved = 0
    moved = np.empty(_INCREMENTAL_LIMIT + 1, np.int64)
    for i in range(min(_BLOCK, data.shape[1] - start)):
        moved[n_moved] = start + i  # overwritten unless the label changed: no branch in the loop
        n_moved += labels[start + i] != owner[i]
    for position in range(n_moved):
        i = moved[position]
        old, new = labels[i], owner[i - start]
        sums[new, width] += 1
        for f in range(width):
            sums[new, f] += data[f, i]
        if old >= 0:  # -1 in the first iteration of a block that is no longer than _INCREMENTAL_LIMIT
            sums[old, width] -= 1
            for f in range(width):
                sums[old, f] -= data[f, i]


@jit
def _accumulate_block(data, owner, start, size, sums):  # type: ignore[no-untyped-def]
    """Sums of features and, last, counts by cluster of one block, into `sums` (k, d + 1).

    One pass per cluster with masked additions: it vectorizes, which scattered additions by label do not.
    """
    width = data.shape[0]
    head = width - 4
    zero = data.dtype.type(0)
    column0 = data[head, start : start + size]
    column1 = data[head + 1, start : start + size]
    column2 = data[head + 2, start : start + size]
    column3 = data[head + 3, start : start + size]
    for j in range(sums.shape[0]):
        count = 0
        total0, total1, total2, total3 = zero, zero, zero, zero
        for i in range(size):
            in_cluster = owner[i] == j
            count += in_cluster
            total0 += column0[i] if in_cluster else zero
            total1 += column1[i] if in_cluster else zero
            total2 += column2[i] if in_cluster else zero
            total3 += column3[i] if in_cluster else zero
        sums[j, width] = count
        sums[j, head] = total0
        sums[j, head + 1] = total1
        sums[j, head + 2] = total2
        sums[j, head + 3] = total3
        for f in range(head):
            column = data[f, start : start + size]
            total = zero
            for i in range(size):
                total += column[i] if owner[i] == j else zero
            sums[j, f] = total


@jit
def _update_centers(data, distances, sums, centers, over_relaxation):  # type: ignore[no-untyped-def]
    """Move every center to the mean of its customers, and by `over_relaxation` times the step further: the M-step.

    The center of an empty cluster moves to the customer farthest from any center, as in scikit-learn.
    """
    k, width = centers.shape
    totals = np.zeros((k, width + 1))  # blocks are added in order: deterministic
    for block in range(len(sums)):
        totals += sums[block]
    for j in range(k):
        if totals[j, width] > 0:
            for f in range(width):
                mean = totals[j, f] / totals[j, width]
                centers[j, f] = mean + over_relaxation * (mean - centers[j, f])
        else:
            farthest = np.argmax(distances)
            distances[farthest] = 0  # the next empty cluster takes another one
            for f in range(width):
                centers[j, f] = data[f, farthest]
