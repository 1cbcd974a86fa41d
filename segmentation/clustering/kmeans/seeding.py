"""K-means++ starts, and perturbations of known optima, JIT-compiled. Data are (d, n) float32 as in `lloyd`."""

from __future__ import annotations

import math

import numpy as np

from segmentation.clustering.kmeans.hartigan_wong import find_two_nearest
from segmentation.clustering.kmeans.jit import jit
from segmentation.clustering.kmeans.lloyd import run_lloyd

ADD_CENTER, DROP_CENTER, SWAP_CENTER, CROSSOVER = 0, 1, 2, 3
"""Kinds of moves: see `perturb_optima`."""
_TRIALS = 6  # candidate positions for an inserted center


@jit
def run_starts(data, k, seeds, rounds):  # type: ignore[no-untyped-def]
    """Run Lloyd's algorithm for at most `rounds` iterations from one k-means++ start per seed.

    Returns:
        (seeds,) inertias and (seeds, k, d) centers.
    """
    inertias = np.empty(len(seeds))
    centers = np.empty((len(seeds), k, data.shape[0]), data.dtype)
    for start in range(len(seeds)):
        init_plus_plus(data, seeds[start], centers[start])
        inertias[start] = run_lloyd(data, centers[start], rounds, 0, np.inf)
    return inertias, centers


@jit
def continue_runs(data, centers, rounds, tol, prune_factor):  # type: ignore[no-untyped-def]
    """Run Lloyd's algorithm from each of several sets of centers, (m, k, d), updated in place; (m,) inertias.

    A run is abandoned if it is not on course to come within `prune_factor` of the best run before it.
    """
    inertias = np.empty(len(centers))
    goal = np.inf
    for run in range(len(centers)):
        inertias[run] = run_lloyd(data, centers[run], rounds, tol, goal)
        goal = min(goal, inertias[run] * prune_factor)
    return inertias


@jit
def perturb_optima(data, optima, smaller, larger, moves, seeds, rounds, tol, goal):  # type: ignore[no-untyped-def]
    """Apply each move to a known optimum and run Lloyd's algorithm from there.

    A local optimum is often one such move away from a better one that few random starts reach.

    Args:
        data: (d, n).
        optima: (o, k, d), by increasing inertia.
        smaller, larger: optima with k - 1 and k + 1 centers; (0, d) if there are none.
        moves: (m, 3) the kind of move and two indices.
            ADD_CENTER: insert a center into `smaller`.
            DROP_CENTER: drop the center of `larger` with the lowest removal cost.
            SWAP_CENTER: of the optimum with the first index, relocate the center whose removal cost has the rank
            of the second index.
            CROSSOVER: mix the optima with both indices.
        seeds: (m,) seed of each move.
        rounds, tol, goal: as in `run_lloyd`.

    Returns:
        (m,) inertias and (m, k, d) centers.
    """
    k, width = optima.shape[1:]
    inertias = np.empty(len(moves))
    centers = np.empty((len(moves), k, width), data.dtype)
    for move in range(len(moves)):
        kind, first, second = moves[move]
        # Seeded per move, not per task, so that it does not matter which thread runs which move.
        np.random.seed(seeds[move])  # Numba's generator of this thread, the only one in compiled code
        if kind == ADD_CENTER:
            _relocate_center(data, smaller, -1, centers[move])
        elif kind == DROP_CENTER:
            _relocate_center(data, larger, 0, centers[move])
        elif kind == SWAP_CENTER:
            _relocate_center(data, optima[first], second, centers[move])
        else:
            _mix_optima(optima[first], optima[second], centers[move])
        inertias[move] = run_lloyd(data, centers[move], rounds, tol, goal)
    return inertias, centers


@jit
def _mix_optima(first, second, out):  # type: ignore[no-untyped-def]
    """Crossover: take each center from either parent at random, into `out` (k, d).

    Centers are paired greedily by distance, so that no region gets two centers or none.
    """
    k, width = first.shape
    paired = np.zeros(k, np.bool_)
    for j in np.random.permutation(k):  # in random order, as the first to choose gets the nearest partner
        lowest = np.inf
        nearest = 0
        for i in range(k):
            squared = 0.0
            for f in range(width):
                squared += (first[j, f] - second[i, f]) ** 2
            if not paired[i] and squared < lowest:
                lowest = squared
                nearest = i
        paired[nearest] = True
        out[j] = first[j] if np.random.random() < 0.5 else second[nearest]


@jit
def _relocate_center(data, centers, removal_rank, out):  # type: ignore[no-untyped-def]
    """`centers` without the one of this removal-cost rank (-1: none removed), into `out`.

    The removal cost of a center is the increase of inertia if its customers go to their second nearest center. If `out`
    has room for one more center, it is placed as in greedy k-means++: of several candidates drawn by squared distance,
    the one that lowers the inertia most.
    """
    n = data.shape[1]
    k = len(centers)
    closest, second, owner = np.empty(n, data.dtype), np.empty(n, data.dtype), np.empty(n, np.int32)
    squared = np.empty(n, data.dtype)
    find_two_nearest(data, centers, closest, second, owner, squared)
    removed = k
    if removal_rank >= 0:
        removal_cost = np.zeros(k)
        for i in range(n):
            removal_cost[owner[i]] += second[i] - closest[i]
        removed = int(np.argsort(removal_cost)[min(removal_rank, k - 1)])
        for i in range(n):  # the customers of the removed center go to their second nearest
            closest[i] = second[i] if owner[i] == removed else closest[i]
    row = 0
    for j in range(k):
        if j != removed:
            out[row] = centers[j]
            row += 1
    if row < len(out):
        total = 0.0
        for i in range(n):
            total += closest[i]
        lowest = np.inf
        for _ in range(_TRIALS):
            candidate = _sample_index(closest, np.random.random() * total)
            potential = _compute_potential(data, candidate, closest, squared)
            if potential < lowest:
                lowest = potential
                out[row] = data[:, candidate]


@jit
def init_plus_plus(data, seed, centers):  # type: ignore[no-untyped-def]
    """Greedy k-means++ initialization (Arthur and Vassilvitskii 2007), written to `centers` (k, d).

    Each center is, of 2 + log k candidates drawn with probability proportional to squared distance, the one that lowers
    the inertia most; the number of candidates is that of scikit-learn.
    """
    np.random.seed(seed)  # Numba's generator of this thread, the only one in compiled code
    width, n = data.shape
    k = centers.shape[0]
    trials = 2 + int(math.log(k))
    closest = np.full(n, np.inf, data.dtype)
    trial = np.empty(n, data.dtype)
    best = np.empty(n, data.dtype)
    total = 0.0
    for j in range(k):
        selected = 0
        if j == 0:
            selected = np.random.randint(0, n)
            total = _compute_potential(data, selected, closest, best)
        else:
            lowest = np.inf
            for _ in range(trials):
                candidate = _sample_index(closest, np.random.random() * total)
                potential = _compute_potential(data, candidate, closest, trial)
                if potential < lowest:
                    lowest = potential
                    selected = candidate
                    best, trial = trial, best  # swapped, not copied: the next trial overwrites the worse one
            total = lowest
        closest, best = best, closest
        for f in range(width):
            centers[j, f] = data[f, selected]


@jit
def _sample_index(weights, goal):  # type: ignore[no-untyped-def]
    """The first index at which the cumulative sum of `weights` exceeds `goal`.

    Sums blocks first, which vectorizes, and searches only the block that contains the index.
    """
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
    """The inertia if the customer `candidate` became a center; the squared distances are written to `out` (n,)."""
    width, n = data.shape
    head = width - 4
    out[:] = 0
    for f in range(head):
        center = data[f, candidate]
        column = data[f]
        for i in range(n):
            diff = column[i] - center
            out[i] += diff * diff
    column0, column1, column2, column3 = data[head], data[head + 1], data[head + 2], data[head + 3]
    center0, center1, center2, center3 = column0[candidate], column1[candidate], column2[candidate], column3[candidate]
    total = 0.0
    for i in range(n):
        diff0 = column0[i] - center0
        diff1 = column1[i] - center1
        diff2 = column2[i] - center2
        diff3 = column3[i] - center3
        squared = out[i] + diff0 * diff0 + diff1 * diff1 + diff2 * diff2 + diff3 * diff3
        out[i] = min(squared, closest[i])
        total += out[i]
    return total
