"""Refine a converged run by moving single customers between clusters (Hartigan and Wong 1979), JIT-compiled."""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.jit import jit


@jit
def exchange_members(data, centers, labels):  # type: ignore[no-untyped-def]
    """Move single customers between clusters while that lowers the inertia; updates `centers` and `labels` in place.

    Hartigan and Wong (1979), AS 136: with few customers Lloyd's algorithm can stop where moving one customer, and with
    it both centers, would still lower the inertia. In the optimum reached here every customer is also assigned to its
    nearest center, so `predict` gives the same labels.

    Args:
        data: (d, n).
        centers: (k, d).
        labels: (n,) from 0 to k - 1.

    Returns:
        The inertia.
    """
    width, n = data.shape
    k = centers.shape[0]
    sums, counts = np.zeros((k, width)), np.zeros(k)
    for i in range(n):
        counts[labels[i]] += 1
        for f in range(width):
            sums[labels[i], f] += data[f, i]
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    squared = np.empty(n, data.dtype)
    for _ in range(100):  # a few iterations are enough; the limit only guards against endless rounding cycles
        for j in range(k):
            if counts[j] > 0:
                for f in range(width):
                    centers[j, f] = sums[j, f] / counts[j]
        find_two_nearest(data, centers, closest, second, owner, squared)
        # Only customers that an exchange can improve are looked at: leaving a cluster of n saves d^2 n / (n - 1),
        # joining one of m costs d^2 m / (m + 1). The margin bounds m / (m + 1) by the smallest cluster, and covers
        # the rounding of single precision.
        margin = (1 + 1 / max(np.min(counts), 1)) * (1 + 1e-5)
        moved = False
        for i in range(n):
            source = labels[i]
            if counts[source] > 1 and (
                owner[i] != source or closest[i] * margin * counts[source] > second[i] * (counts[source] - 1)
            ):
                target = _find_best_cluster(data[:, i], source, sums, counts)
                if target != source:
                    moved = True
                    labels[i] = target
                    counts[source] -= 1
                    counts[target] += 1
                    for f in range(width):
                        sums[source, f] -= data[f, i]
                        sums[target, f] += data[f, i]
        if not moved:
            break
    inertia = 0.0
    for i in range(n):
        inertia += closest[i]
    return inertia


@jit
def _find_best_cluster(point, source, sums, counts):  # type: ignore[no-untyped-def]
    """The cluster whose inertia rises least with this customer; `source` if moving it does not pay."""
    target = source
    lowest = np.inf
    for step in range(-1, len(counts)):
        j = source if step < 0 else step  # the current cluster first
        if (step >= 0 and j == source) or counts[j] == 0:
            continue
        squared = 0.0
        for f in range(len(point)):
            squared += (point[f] - sums[j, f] / counts[j]) ** 2
        # 1e-9 below: a tie stays where it is, so that rounding cannot move a customer back and forth
        cost = (
            squared * counts[j] / (counts[j] - 1) * (1 - 1e-9) if j == source else squared * counts[j] / (counts[j] + 1)
        )
        if cost < lowest:
            lowest = cost
            target = j
    return target


@jit
def find_two_nearest(data, centers, closest, second, owner, squared):  # type: ignore[no-untyped-def]
    """Squared distances of every customer to the nearest and second nearest center, and the nearest center.

    Writes `closest`, `second` and `owner`, (n,) each; `squared` (n,) is scratch space.
    """
    n = data.shape[1]
    closest[:] = np.inf
    second[:] = np.inf
    for j in range(centers.shape[0]):
        squared[:] = 0
        for f in range(data.shape[0]):
            center = centers[j, f]
            column = data[f]
            for i in range(n):
                diff = column[i] - center
                squared[i] += diff * diff
        for i in range(n):  # conditional expressions instead of branches: the loop vectorizes
            is_nearest = squared[i] < closest[i]
            second[i] = closest[i] if is_nearest else min(second[i], squared[i])
            closest[i] = squared[i] if is_nearest else closest[i]
            owner[i] = j if is_nearest else owner[i]
