"""Starts of K-means, and moves from one optimum to another, compiled. Data are as in `lloyd`."""

from __future__ import annotations

import math

import numpy as np

from segmentation.clustering.kmeans.jit import compiled
from segmentation.clustering.kmeans.hartigan_wong import two_nearest
from segmentation.clustering.kmeans.lloyd import lloyd

ONE_MORE, ONE_LESS, ELSEWHERE, MIXED = 0, 1, 2, 3
"""Moves: see `moved`."""
_TRIALS = 6  # places tried for one more centre


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
def run_on(data, centres, rounds, calm, near):  # type: ignore[no-untyped-def]
    """Lloyd from each of several sets of centres, (m, k, d), in place; the inertias.

    A run is given up that would not come within a factor of `near` of the best before it.
    """
    inertias = np.empty(len(centres))
    goal = np.inf
    for run in range(len(centres)):
        inertias[run] = lloyd(data, centres[run], rounds, calm, goal)
        goal = min(goal, inertias[run] * near)
    return inertias


@compiled
def moved(data, optima, fewer, more, moves, seeds, rounds, calm, goal):  # type: ignore[no-untyped-def]
    """Lloyd from where each move leads: inertias (m,) and centres (m, k, d).

    One optimum often lies one such move from a better one that few starts find.

    Args:
        optima: (o, k, d), the best first.
        fewer, more: optima with k - 1 and k + 1 centres.
        moves: (m, 3) what to do, and two numbers. ONE_MORE: a centre is added to `fewer`. ONE_LESS: the centre of `more`
            that is missed least is taken away. ELSEWHERE: of the optimum with the first number the centre that is missed
            least, or next to least, as the second number says, is taken elsewhere. MIXED: of two optima each centre
            comes from either.
    """  # noqa: E501
    k, width = optima.shape[1:]
    inertias = np.empty(len(moves))
    centres = np.empty((len(moves), k, width), data.dtype)
    for move in range(len(moves)):
        kind, first, second = moves[move]
        np.random.seed(seeds[move])  # the generator of this thread; a run uses no other
        if kind == ONE_MORE:
            _alter(data, fewer, -1, centres[move])
        elif kind == ONE_LESS:
            _alter(data, more, 0, centres[move])
        elif kind == ELSEWHERE:
            _alter(data, optima[first], second, centres[move])
        else:
            _mix(optima[first], optima[second], centres[move])
        inertias[move] = lloyd(data, centres[move], rounds, calm, goal)
    return inertias, centres


@compiled
def _mix(one, other, out):  # type: ignore[no-untyped-def]
    """Each centre of `one`, or by chance the nearest of `other` that was not yet taken, into `out`."""
    k, width = one.shape
    taken = np.zeros(k, np.bool_)
    for j in np.random.permutation(k):
        least = np.inf
        nearest = 0
        for i in range(k):
            apart = 0.0
            for f in range(width):
                apart += (one[j, f] - other[i, f]) ** 2
            if not taken[i] and apart < least:
                least = apart
                nearest = i
        taken[nearest] = True
        out[j] = one[j] if np.random.random() < 0.5 else other[nearest]


@compiled
def _alter(data, centres, without, out):  # type: ignore[no-untyped-def]
    """`centres` less the one of this rank among those that are missed least (-1: less none), into `out`.

    Where there is room for one more, it is the one of several places, drawn by squared distance, that lowers the
    inertia most.
    """
    n = data.shape[1]
    k = len(centres)
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    trial = np.empty(n, data.dtype)
    two_nearest(data, centres, closest, second, owner, trial)
    left = k
    if without >= 0:
        missed = np.zeros(k)
        for i in range(n):
            missed[owner[i]] += second[i] - closest[i]
        left = int(np.argsort(missed)[min(without, k - 1)])
        for i in range(n):
            closest[i] = second[i] if owner[i] == left else closest[i]
    at = 0
    for j in range(k):
        if j != left:
            out[at] = centres[j]
            at += 1
    if at < len(out):
        total = 0.0
        for i in range(n):
            total += closest[i]
        lowest = np.inf
        for _ in range(_TRIALS):
            candidate = _drawn(closest, np.random.random() * total)
            potential = _lowered(data, candidate, closest, trial)
            if potential < lowest:
                lowest = potential
                out[at] = data[:, candidate]


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
