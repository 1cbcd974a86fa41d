"""The search for centers of every k on one set of customers, in single precision.

Every step is a list of independent runs, each serial and with a seed of its own, so threads change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from segmentation.runtime.thread_pool import parallel_map

Centers = np.ndarray[Any, Any]
Optima = dict[int, list[tuple[float, Centers]]]
"""Of each k the best different optima so far, the best first: inertia and centers (k, d)."""

ROUNDS = 300
_STARTS = 24
_EXPLORE_ROUNDS = 4  # rounds of Lloyd after which the best starts are told from the others
_N_CONTINUED = 6  # starts of each k that run on
_PRUNE_FACTOR = 1.02  # and are given up when they would end so far behind the best of them
_MOVES = 10  # rounds of moves from one optimum to a better one, at most
_SWAPS = 3  # moves of each k and round that take one center elsewhere
_CROSSOVERS = 2  # and that mix two optima
_MOVES_PER_ROUND = 2 + _SWAPS + _CROSSOVERS  # moves of each k and round, at most
_N_PARENTS = 3  # optima of each k from which a center is taken
_N_REMOVAL_CANDIDATES = 3  # the centers one of which is taken elsewhere, from the one that is missed least
_MAX_STALE_ROUNDS = 2  # rounds without anything better, here or next to here, after which moves end
_MIN_IMPROVEMENT = 1e-6
_NEAR_FACTOR = 1.003  # a move is followed to its end while it may come so near to the best optimum so far
_ELITE_SIZE = 6
_MIN_INERTIA_GAP = 1e-4  # two optima of one k are different when their inertias differ by this share
_MOVES_PER_TASK = 4  # moves that one task does: handing over a task costs as much as a run on few customers


def search_optima(
    data: Centers, ks: Sequence[int], seed: int, tol: int, threads: int | None, on_progress: Callable[[float], None]
) -> Optima:
    """The best optima of each k that starts and moves find.

    Many starts of greedy k-means++ run for a few rounds, and the best of each k to the end. Then optima are moved: one
    center is taken elsewhere, two optima are mixed, or the optimum of one more or one less is taken with one center less
    or more. That finds what a hundred starts miss, in less time.

    Args:
        data: (d, n) float32 as in `lloyd`.
        ks: ascending.
        tol: a run ends when at most so many labels change.
        threads: as in `shared`.
        on_progress: told the share that is done.
    """
    from segmentation.clustering.kmeans import seeding

    many = _STARTS + _MOVES * _MOVES_PER_ROUND
    seeds = {k: np.random.SeedSequence((seed, k)).generate_state(many) for k in ks}  # one for each run

    def start(k: int) -> list[tuple[float, Centers]]:
        inertias, centers = seeding.run_starts(data, k, seeds[k][:_STARTS], _EXPLORE_ROUNDS)
        first = np.stack(
            [at for _, at in select_distinct_optima(zip(inertias.tolist(), centers, strict=True), _N_CONTINUED)]
        )
        inertias = seeding.continue_runs(data, first, ROUNDS, tol, _PRUNE_FACTOR)
        return select_distinct_optima(zip(inertias.tolist(), first, strict=True), _N_CONTINUED)

    found: Optima = dict(
        zip(reversed(ks), parallel_map(start, reversed(ks), threads), strict=True)
    )  # the longest first
    lasting = dict.fromkeys(ks, 0)  # rounds since a better optimum of k, or of its neighbors, was found
    for turn in range(_MOVES):
        on_progress(0.5 + 0.5 * turn / _MOVES)
        before = {k: found[k][0][0] for k in ks}
        optima = {k: np.stack([centers for _, centers in found[k]]) for k in ks}
        tasks = []
        for k in reversed(ks):
            if lasting[k] < _MAX_STALE_ROUNDS:
                fewer, more = (optima[k + by][0] if k + by in optima else optima[k][0, :0] for by in (-1, 1))
                moves = np.array(list(_plan_moves(found, k, turn)), np.int64)
                own = seeds[k][_STARTS + turn * _MOVES_PER_ROUND :]
                for at in range(0, len(moves), _MOVES_PER_TASK):
                    part = moves[at : at + _MOVES_PER_TASK]
                    given = part, own[at : at + len(part)], ROUNDS, tol, before[k] * _NEAR_FACTOR
                    tasks.append((k, (data, optima[k], fewer, more, *given)))
        ended = parallel_map(lambda task: seeding.perturb_optima(*task[1]), tasks, threads)
        for (k, _), (inertias, centers) in zip(tasks, ended, strict=True):
            found[k] += zip(inertias.tolist(), centers, strict=True)
        found = {k: select_distinct_optima(found[k], _ELITE_SIZE) for k in ks}
        better = {k for k in ks if found[k][0][0] < before[k] * (1 - _MIN_IMPROVEMENT)}
        for k in ks:
            lasting[k] = 0 if better & {k - 1, k, k + 1} else lasting[k] + 1
    return found


def continue_runs(data: Centers, found: Optima, rounds: int, tol: int, threads: int | None) -> Optima:
    """Lloyd from every optimum in `found` on `data`, for at most so many rounds; all of them, the best first."""
    from segmentation.clustering.kmeans import seeding

    tasks = [(k, centers[None].copy()) for k in sorted(found, reverse=True) for _, centers in found[k]]
    ended: Optima = {k: [] for k in sorted(found)}
    inertias = parallel_map(lambda task: seeding.continue_runs(data, task[1], rounds, tol, 1.0), tasks, threads)
    for (k, centers), inertia in zip(tasks, inertias, strict=True):
        ended[k].append((float(inertia[0]), centers[0]))
    return {k: select_distinct_optima(results, len(results)) for k, results in ended.items()}


def select_distinct_optima(results: Iterable[tuple[float, Centers]], max_results: int) -> list[tuple[float, Centers]]:
    """At most so many results: the lowest inertia, then each that is clearly another optimum than the one before."""
    chosen: list[tuple[float, Centers]] = []
    for inertia, centers in sorted(results, key=lambda result: result[0]):
        if len(chosen) < max_results and (not chosen or inertia > chosen[-1][0] * (1 + _MIN_INERTIA_GAP)):
            chosen.append((inertia, centers))
    return chosen


def _plan_moves(found: Optima, k: int, turn: int) -> Iterator[tuple[int, int, int]]:
    """What to try for k, as `kernel.moved` takes it."""
    from segmentation.clustering.kmeans.seeding import ADD_CENTER, CROSSOVER, DROP_CENTER, SWAP_CENTER

    if k - 1 in found:
        yield ADD_CENTER, 0, 0
    if k + 1 in found:
        yield DROP_CENTER, 0, 0
    for place in range(turn * _SWAPS, (turn + 1) * _SWAPS):
        yield SWAP_CENTER, place % min(_N_PARENTS, len(found[k])), place // _N_PARENTS % _N_REMOVAL_CANDIDATES
    pairs = sorted(combinations(range(len(found[k])), 2), key=sum)
    for place in range(turn * _CROSSOVERS, (turn + 1) * _CROSSOVERS):
        if pairs:
            yield CROSSOVER, *pairs[place % len(pairs)]
