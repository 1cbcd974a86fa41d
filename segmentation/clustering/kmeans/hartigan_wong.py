"""The end of a run among few customers: single ones change their cluster where that pays. Compiled."""

from __future__ import annotations

import numpy as np

from segmentation.clustering.kmeans.jit import jit


@jit
def exchange_members(data, centers, labels):  # type: ignore[no-untyped-def]
    """Move single customers between clusters while that lowers the inertia, which is given; centers and labels follow.

    Hartigan and Wong (1979): among few customers Lloyd's algorithm stops where taking one customer along would move a
    center enough to pay. Where no exchange pays, every customer is at its nearest center too.
    """
    width, n = data.shape
    k = centers.shape[0]
    sums, counts = np.zeros((k, width)), np.zeros(k)
    for i in range(n):
        counts[labels[i]] += 1
        for f in range(width):
            sums[labels[i], f] += data[f, i]
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    trial = np.empty(n, data.dtype)
    for _ in range(100):
        for j in range(k):
            if counts[j] > 0:
                for f in range(width):
                    centers[j, f] = sums[j, f] / counts[j]
        find_two_nearest(data, centers, closest, second, owner, trial)
        pays = (1 + 1 / max(np.min(counts), 1)) * (1 + 1e-5)
        moved = False
        for i in range(n):
            own = labels[i]
            if counts[own] > 1 and (owner[i] != own or closest[i] * pays * counts[own] > second[i] * (counts[own] - 1)):
                to = _better(data[:, i], own, sums, counts)
                if to != own:
                    moved = True
                    labels[i] = to
                    counts[own] -= 1
                    counts[to] += 1
                    for f in range(width):
                        sums[own, f] -= data[f, i]
                        sums[to, f] += data[f, i]
        if not moved:
            break
    inertia = 0.0
    for i in range(n):
        inertia += closest[i]
    return inertia


@jit
def _better(point, own, sums, counts):  # type: ignore[no-untyped-def]
    """The cluster to which a customer is best moved from its own, or its own."""
    to = own
    lowest = np.inf
    for turn in range(-1, len(counts)):
        j = own if turn < 0 else turn
        if (turn >= 0 and j == own) or counts[j] == 0:
            continue
        total = 0.0
        for f in range(len(point)):
            total += (point[f] - sums[j, f] / counts[j]) ** 2
        change = total * counts[j] / (counts[j] - 1) * (1 - 1e-9) if j == own else total * counts[j] / (counts[j] + 1)
        if change < lowest:
            lowest = change
            to = j
    return to


@jit
def find_two_nearest(data, centers, closest, second, owner, trial):  # type: ignore[no-untyped-def]
    """Squared distances to the nearest and the next center, and which is the nearest."""
    n = data.shape[1]
    closest[:] = np.inf
    second[:] = np.inf
    for j in range(centers.shape[0]):
        trial[:] = 0
        for f in range(data.shape[0]):
            center = centers[j, f]
            column = data[f]
            for i in range(n):
                apart = column[i] - center
                trial[i] += apart * apart
        for i in range(n):
            closer = trial[i] < closest[i]
            second[i] = closest[i] if closer else min(second[i], trial[i])
            closest[i] = trial[i] if closer else closest[i]
            owner[i] = j if closer else owner[i]
