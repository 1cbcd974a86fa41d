"""The inner loops of the search for centres, compiled.

Data are (d, n): one contiguous row per feature, so that the loop over customers runs in the processor's vector units.
Every function is serial and lets go of Python's lock: independent runs share the cores through a thread pool, and the
number of threads cannot change a bit of any of them.
"""

from __future__ import annotations

import math

import numpy as np

from segmentation.clusters.compiling import compiled
from segmentation.clusters.exchange import exchange, two_nearest

FINE_UP_TO = 3_000
"""Up to so many customers single ones are exchanged at the end of a run."""
_BLOCK = 512  # customers at a time: their distances stay in the first-level cache
_TRIALS = 6  # places tried for one more centre
_HORIZON = 8  # a run goes on while so many rounds like the last one would bring it to its goal
_FINE = 1.005  # single customers are exchanged where that may still bring a run to its goal
_FEW = 32  # of a block; up to so many changed labels are carried over one by one


@compiled
def explore(data, k, seeds, rounds):  # type: ignore[no-untyped-def]
    """For each seed the inertia and the centres after a few rounds of Lloyd from its start: (seeds,), (seeds, k, d)."""
    inertias = np.empty(len(seeds))
    centres = np.empty((len(seeds), k, data.shape[0]), data.dtype)
    for start in range(len(seeds)):
        spread_centres(data, seeds[start], centres[start])
        inertias[start] = lloyd(data, centres[start], rounds, 0, np.inf)
    return inertias, centres


@compiled
def lloyd(data, centres, rounds, calm, goal):  # type: ignore[no-untyped-def]
    """Lloyd's algorithm from `centres`, in place, until at most `calm` labels change, or for so many rounds; the inertia.

    Every block of customers keeps its own sums, which are renewed only where a label changed. A run that at its pace
    would not come down to an inertia of `goal` is given up.
    """  # noqa: E501
    width, n = data.shape
    k = centres.shape[0]
    labels = np.full(n, -1, np.int32)
    distances = np.empty(n, data.dtype)
    sums = np.zeros(((n + _BLOCK - 1) // _BLOCK, k, width + 1))
    inertia = np.inf
    for turn in range(rounds):
        changed = _assign(data, centres, labels, distances, sums)
        before = inertia
        inertia = 0.0
        for i in range(n):
            inertia += distances[i]
        if turn > 0 and changed <= calm:
            if n <= FINE_UP_TO and inertia <= goal * _FINE:
                return exchange(data, centres, labels)
            break
        if turn > 1 and inertia - _HORIZON * (before - inertia) > goal:
            break
        _move(data, distances, sums, centres)
    return inertia


@compiled
def _assign(data, centres, labels, distances, sums):  # type: ignore[no-untyped-def]
    """Nearest centre of every customer and the squared distance to it; the number of labels that changed.

    The last four features are taken in one go, in registers.
    """
    width, n = data.shape
    k = centres.shape[0]
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
                centre = centres[j, f]
                column = data[f, start : start + size]
                for i in range(size):
                    apart = column[i] - centre
                    trial[i] += apart * apart
            centre0 = centres[j, head]
            centre1 = centres[j, head + 1]
            centre2 = centres[j, head + 2]
            centre3 = centres[j, head + 3]
            for i in range(size):
                apart0 = column0[i] - centre0
                apart1 = column1[i] - centre1
                apart2 = column2[i] - centre2
                apart3 = column3[i] - centre3
                squared = trial[i] + apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3
                closer = squared < best[i]
                best[i] = squared if closer else best[i]
                owner[i] = j if closer else owner[i]
        others = 0
        for i in range(size):
            others += labels[start + i] != owner[i]
            distances[start + i] = best[i]
        changed += others
        if others > _FEW:
            _sum_up(data, owner, start, size, sums[start // _BLOCK])
        elif others > 0:
            _carry(data, owner, start, labels, sums[start // _BLOCK])
        if others > 0:
            for i in range(size):
                labels[start + i] = owner[i]
    return changed


@compiled
def _carry(data, owner, start, labels, sums):  # type: ignore[no-untyped-def]
    """Take the few customers of a block whose label changed from one sum to the other."""
    width = data.shape[0]
    found = 0
    at = np.empty(_FEW + 1, np.int64)
    for i in range(min(_BLOCK, data.shape[1] - start)):
        at[found] = start + i
        found += labels[start + i] != owner[i]
    for place in range(found):
        i = at[place]
        before, now = labels[i], owner[i - start]
        sums[before, width] -= 1
        sums[now, width] += 1
        for f in range(width):
            sums[before, f] -= data[f, i]
            sums[now, f] += data[f, i]


@compiled
def _sum_up(data, owner, start, size, sums):  # type: ignore[no-untyped-def]
    """The number of customers of each cluster and the sums of their features, of one block: (k, d + 1)."""
    width = data.shape[0]
    nothing = data.dtype.type(0)
    for j in range(sums.shape[0]):
        count = 0
        for i in range(size):
            count += owner[i] == j
        sums[j, width] = count
        for f in range(width):
            column = data[f, start : start + size]
            total = nothing
            for i in range(size):
                total += column[i] if owner[i] == j else nothing
            sums[j, f] = total


@compiled
def _move(data, distances, sums, centres):  # type: ignore[no-untyped-def]
    """Move every centre to the mean of its customers; an empty one to the customer farthest from any centre."""
    k, width = centres.shape
    together = np.zeros((k, width + 1))
    for block in range(len(sums)):
        together += sums[block]
    for j in range(k):
        if together[j, width] > 0:
            for f in range(width):
                centres[j, f] = together[j, f] / together[j, width]
        else:
            far = np.argmax(distances)
            distances[far] = 0
            for f in range(width):
                centres[j, f] = data[f, far]


@compiled
def spread_centres(data, seed, centres):  # type: ignore[no-untyped-def]
    """Greedy k-means++ into `centres`: of several candidates drawn by squared distance, the one that lowers the inertia most.

    Arthur and Vassilvitskii (2007), with the trials of scikit-learn: 2 + log k.
    """  # noqa: E501
    np.random.seed(seed)  # the generator of this thread; a run uses no other
    width, n = data.shape
    k = centres.shape[0]
    trials = 2 + int(math.log(k))
    closest = np.full(n, np.inf, data.dtype)
    trial = np.empty(n, data.dtype)
    best = np.empty(n, data.dtype)
    total = 0.0
    for j in range(k):
        chosen = 0
        if j == 0:
            chosen = np.random.randint(0, n)
            total = _lowered(data, chosen, closest, best)
        else:
            lowest = np.inf
            for _ in range(trials):
                candidate = _drawn(closest, np.random.random() * total)
                potential = _lowered(data, candidate, closest, trial)
                if potential < lowest:
                    lowest = potential
                    chosen = candidate
                    best, trial = trial, best
            total = lowest
        closest, best = best, closest
        for f in range(width):
            centres[j, f] = data[f, chosen]


@compiled
def _drawn(weights, goal):  # type: ignore[no-untyped-def]
    """The place at which the running total of `weights` passes `goal`: whole blocks first, then one by one."""
    n = len(weights)
    total = 0.0
    for start in range(0, n, 128):
        stop = min(start + 128, n)
        block = 0.0
        for i in range(start, stop):
            block += weights[i]
        if total + block > goal:
            for i in range(start, stop):
                total += weights[i]
                if total > goal:
                    return i
            return stop - 1
        total += block
    return n - 1


@compiled
def altered(data, centres, without, more, seed, rounds, calm, goal):  # type: ignore[no-untyped-def]
    """Lloyd from `centres` without one of them, or with one more, or both: the inertia, the centres.

    One optimum often lies one such move from a better one that few starts find.

    Args:
        without: 0: none; 1: without the one that is missed least; 2: without the next; and so on.
        more: 0, or 1: of several places drawn by squared distance, the one that lowers the inertia most.
    """
    np.random.seed(seed)
    width, n = data.shape
    k = centres.shape[0]
    moved = np.empty((k - min(without, 1) + more, width), data.dtype)
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    trial = np.empty(n, data.dtype)
    two_nearest(data, centres, closest, second, owner, trial)
    left = k
    if without:
        missed = np.zeros(k)
        for i in range(n):
            missed[owner[i]] += second[i] - closest[i]
        left = int(np.argsort(missed)[min(without, k) - 1])
        for i in range(n):
            closest[i] = second[i] if owner[i] == left else closest[i]
    at = 0
    for j in range(k):
        if j != left:
            moved[at] = centres[j]
            at += 1
    if more:
        total = 0.0
        for i in range(n):
            total += closest[i]
        lowest = np.inf
        for _ in range(_TRIALS):
            candidate = _drawn(closest, np.random.random() * total)
            potential = _lowered(data, candidate, closest, trial)
            if potential < lowest:
                lowest = potential
                moved[at] = data[:, candidate]
    return lloyd(data, moved, rounds, calm, goal), moved


@compiled
def _lowered(data, candidate, closest, out):  # type: ignore[no-untyped-def]
    """Squared distances to the nearest centre if `candidate` became one, into `out`; their sum."""
    width, n = data.shape
    head = width - 4
    out[:] = 0
    for f in range(head):
        centre = data[f, candidate]
        column = data[f]
        for i in range(n):
            apart = column[i] - centre
            out[i] += apart * apart
    column0, column1, column2, column3 = data[head], data[head + 1], data[head + 2], data[head + 3]
    centre0, centre1, centre2, centre3 = column0[candidate], column1[candidate], column2[candidate], column3[candidate]
    total = 0.0
    for i in range(n):
        apart0 = column0[i] - centre0
        apart1 = column1[i] - centre1
        apart2 = column2[i] - centre2
        apart3 = column3[i] - centre3
        squared = out[i] + apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3
        out[i] = min(squared, closest[i])
        total += out[i]
    return total
