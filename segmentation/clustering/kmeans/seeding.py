"""Starts of K-means, and moves from one optimum to another, compiled. Data are as in `lloyd`."""

from __future__ import annotations

import math

import numpy as np

from segmentation.clustering.kmeans.hartigan_wong import find_two_nearest
from segmentation.clustering.kmeans.jit import jit
from segmentation.clustering.kmeans.lloyd import run_lloyd

ADD_CENTER, DROP_CENTER, SWAP_CENTER, CROSSOVER = 0, 1, 2, 3
"""Moves: see `perturb_optima`."""
_TRIALS = 6  # places tried for one more center


@jit
def run_starts(data, k, seeds, rounds):  # type: ignore[no-untyped-def]
    """For each seed the inertia and the centers after a few rounds of Lloyd from its start: (seeds,), (seeds, k, d)."""
    inertias = np.empty(len(seeds))
    centers = np.empty((len(seeds), k, data.shape[0]), data.dtype)
    for start in range(len(seeds)):
        init_plus_plus(data, seeds[start], centers[start])
        inertias[start] = run_lloyd(data, centers[start], rounds, 0, np.inf)
    return inertias, centers


@jit
def continue_runs(data, centers, rounds, calm, near):  # type: ignore[no-untyped-def]
    """Lloyd from each of several sets of centers, (m, k, d), in place; the inertias.

    A run is given up that would not come within a factor of `near` of the best before it.
    """
    inertias = np.empty(len(centers))
    goal = np.inf
    for run in range(len(centers)):
        inertias[run] = run_lloyd(data, centers[run], rounds, calm, goal)
        goal = min(goal, inertias[run] * near)
    return inertias


@jit
def perturb_optima(data, optima, fewer, more, moves, seeds, rounds, tol, goal):  # type: ignore[no-untyped-def]
    """Lloyd from where each move leads: inertias (m,) and centers (m, k, d).

    One optimum often lies one such move from a better one that few starts find.

    Args:
        optima: (o, k, d), the best first.
        fewer, more: optima with k - 1 and k + 1 centers.
        moves: (m, 3) what to do, and two numbers. ONE_MORE: a center is added to `fewer`. ONE_LESS: the center of `more`
            that is missed least is taken away. ELSEWHERE: of the optimum with the first number the center that is missed
            least, or next to least, as the second number says, is taken elsewhere. MIXED: of two optima each center
            comes from either.
    """
    k, width = optima.shape[1:]
    inertias = np.empty(len(moves))
    centers = np.empty((len(moves), k, width), data.dtype)
    for move in range(len(moves)):
        kind, first, second = moves[move]
        np.random.seed(seeds[move])  # the generator of this thread; a run uses no other
        if kind == ADD_CENTER:
            _reinsert_center(data, fewer, -1, centers[move])
        elif kind == DROP_CENTER:
            _reinsert_center(data, more, 0, centers[move])
        elif kind == SWAP_CENTER:
            _reinsert_center(data, optima[first], second, centers[move])
        else:
            _crossover(optima[first], optima[second], centers[move])
        inertias[move] = run_lloyd(data, centers[move], rounds, tol, goal)
    return inertias, centers


@jit
def _crossover(one, other, out):  # type: ignore[no-untyped-def]
    """Each center of `one`, or by chance the nearest of `other` that was not yet taken, into `out`."""
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


@jit
def _reinsert_center(data, centers, without, out):  # type: ignore[no-untyped-def]
    """`centers` less the one of this rank among those that are missed least (-1: less none), into `out`.

    Where there is room for one more, it is the one of several places, drawn by squared distance, that lowers the
    inertia most.
    """
    n = data.shape[1]
    k = len(centers)
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    trial = np.empty(n, data.dtype)
    find_two_nearest(data, centers, closest, second, owner, trial)
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
            out[at] = centers[j]
            at += 1
    if at < len(out):
        total = 0.0
        for i in range(n):
            total += closest[i]
        lowest = np.inf
        for _ in range(_TRIALS):
            candidate = _sample_index(closest, np.random.random() * total)
            potential = _compute_potential(data, candidate, closest, trial)
            if potential < lowest:
                lowest = potential
                out[at] = data[:, candidate]


@jit
def init_plus_plus(data, seed, centers):  # type: ignore[no-untyped-def]
    """Greedy k-means++ into `centers`: of several candidates drawn by squared distance, the one that lowers the inertia most.

    Arthur and Vassilvitskii (2007), with the trials of scikit-learn: 2 + log k.
    """
    np.random.seed(seed)  # the generator of this thread; a run uses no other
    width, n = data.shape
    k = centers.shape[0]
    trials = 2 + int(math.log(k))
    closest = np.full(n, np.inf, data.dtype)
    trial = np.empty(n, data.dtype)
    best = np.empty(n, data.dtype)
    total = 0.0
    for j in range(k):
        chosen = 0
        if j == 0:
            chosen = np.random.randint(0, n)
            total = _compute_potential(data, chosen, closest, best)
        else:
            lowest = np.inf
            for _ in range(trials):
                candidate = _sample_index(closest, np.random.random() * total)
                potential = _compute_potential(data, candidate, closest, trial)
                if potential < lowest:
                    lowest = potential
                    chosen = candidate
                    best, trial = trial, best
            total = lowest
        closest, best = best, closest
        for f in range(width):
            centers[j, f] = data[f, chosen]


@jit
def _sample_index(weights, goal):  # type: ignore[no-untyped-def]
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


@jit
def _compute_potential(data, candidate, closest, out):  # type: ignore[no-untyped-def]
    """Squared distances to the nearest center if `candidate` became one, into `out`; their sum."""
    width, n = data.shape
    head = width - 4
    out[:] = 0
    for f in range(head):
        center = data[f, candidate]
        column = data[f]
        for i in range(n):
            apart = column[i] - center
            out[i] += apart * apart
    column0, column1, column2, column3 = data[head], data[head + 1], data[head + 2], data[head + 3]
    center0, center1, center2, center3 = column0[candidate], column1[candidate], column2[candidate], column3[candidate]
    total = 0.0
    for i in range(n):
        apart0 = column0[i] - center0
        apart1 = column1[i] - center1
        apart2 = column2[i] - center2
        apart3 = column3[i] - center3
        squared = out[i] + apart0 * apart0 + apart1 * apart1 + apart2 * apart2 + apart3 * apart3
        out[i] = min(squared, closest[i])
        total += out[i]
    return total
