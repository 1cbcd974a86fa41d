"""The search for centres of every k on one set of customers, in single precision.

Every step is a list of independent runs, each serial and with a seed of its own, so threads change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

Centres = np.ndarray[Any, Any]
Found = dict[int, list[tuple[float, Centres]]]
"""Of each k the best different optima so far, the best first: inertia and centres (k, d)."""
Move = tuple[Centres, int, int]
"""Centres to start from, which to take away (0: none; 1: the one that is missed least), whether to add one."""

ROUNDS = 300
_STARTS = 24
_EXPLORED = 4  # rounds of Lloyd after which the best starts are told from the others
_RUN_ON = 6  # starts of each k that run on
_MOVES = 10  # rounds of moves from one optimum to a better one, at most
_SWAPS = 5  # moves of each k and round that take one centre elsewhere
_FROM = 3  # optima of each k that are moved
_TASK = 4  # runs that one task does: handing over a task costs as much as a run on few customers
_AWAY = 3  # the centres one of which is taken elsewhere, from the one that is missed least
_PATIENCE = 2  # rounds without anything better, here or next to here, after which moves end
_BETTER = 1e-6
_NEAR = 1.003  # a move is followed to its end while it may come so near to the best optimum so far
_KEPT = 6
_DIFFERENT = 1e-4  # two optima of one k are different when their inertias differ by this share


def search(
    pool: ThreadPoolExecutor, data: Centres, ks: Sequence[int], seed: int, calm: int, told: Callable[[float], None]
) -> Found:
    """The best optima of each k that starts and moves find.

    Many starts of greedy k-means++ run for a few rounds, and the best of each k to the end. Then optima are moved: one
    centre is taken elsewhere, or the optimum of one more or one less is taken with one centre less or more. That finds
    what a hundred starts miss, in less time.

    Args:
        data: (d, n) float32 as in `kernel`.
        ks: ascending.
        calm: a run ends when at most so many labels change.
        told: told the share that is done.
    """
    from segmentation.clusters import kernel

    def explore(task: tuple[int, int]) -> tuple[Any, Any]:
        k, first = task
        seeds = _seeds(seed, k, range(first, min(first + _TASK, _STARTS)))
        return kernel.explore(data, k, seeds, _EXPLORED)  # type: ignore[no-any-return]

    found: Found = {k: [] for k in ks}
    starts = [(k, first) for k in reversed(ks) for first in range(0, _STARTS, _TASK)]  # the longest first
    for (k, _), (inertias, centres) in zip(starts, pool.map(explore, starts), strict=True):
        found[k] += zip(inertias.tolist(), centres, strict=True)
    told(0.3)
    found = run_on(pool, data, {k: best(found[k], _RUN_ON) for k in ks}, ROUNDS, calm)
    lasting = dict.fromkeys(ks, 0)  # rounds since a better optimum of k, or of its neighbours, was found
    for turn in range(_MOVES):
        told(0.5 + 0.5 * turn / _MOVES)
        tasks = []
        for k in reversed(ks):
            if lasting[k] < _PATIENCE:
                moves = list(_moves(found, k, turn))
                seeds = _seeds(seed, k, range(_STARTS + turn * len(moves), _STARTS + (turn + 1) * len(moves)))
                goal = found[k][0][0] * _NEAR
                parts = range(0, len(moves), _TASK)
                tasks += [(k, goal, moves[at : at + _TASK], seeds[at : at + _TASK]) for at in parts]

        def move(task: tuple[int, float, list[Move], Any]) -> list[tuple[float, Centres]]:
            _, goal, moves, seeds = task
            return [
                kernel.altered(data, centres, without, more, own, ROUNDS, calm, goal)
                for (centres, without, more), own in zip(moves, seeds, strict=True)
            ]

        before = {k: found[k][0][0] for k in ks}
        for (k, *_), results in zip(tasks, pool.map(move, tasks), strict=True):
            found[k] += results
        found = {k: best(found[k], _KEPT) for k in ks}
        better = {k for k in ks if found[k][0][0] < before[k] * (1 - _BETTER)}
        for k in ks:
            lasting[k] = 0 if better & {k - 1, k, k + 1} else lasting[k] + 1
    return found


def run_on(pool: ThreadPoolExecutor, data: Centres, found: Found, rounds: int, calm: int) -> Found:
    """Lloyd from every optimum in `found` on `data`, for at most so many rounds; all of them, the best first."""
    from segmentation.clusters import kernel

    tasks = [(k, centres.copy()) for k in sorted(found, reverse=True) for _, centres in found[k]]
    ended: Found = {k: [] for k in sorted(found)}
    inertias = pool.map(lambda task: kernel.lloyd(data, task[1], rounds, calm, np.inf), tasks)
    for (k, centres), inertia in zip(tasks, inertias, strict=True):
        ended[k].append((inertia, centres))
    return {k: best(results, len(results)) for k, results in ended.items()}


def best(results: Iterable[tuple[float, Centres]], most: int) -> list[tuple[float, Centres]]:
    """At most so many results: the lowest inertia, then each that is clearly another optimum than the one before."""
    chosen: list[tuple[float, Centres]] = []
    for inertia, centres in sorted(results, key=lambda result: result[0]):
        if len(chosen) < most and (not chosen or inertia > chosen[-1][0] * (1 + _DIFFERENT)):
            chosen.append((inertia, centres))
    return chosen


def _moves(found: Found, k: int, turn: int) -> Iterator[Move]:
    """What to try for k."""
    if k - 1 in found:
        yield found[k - 1][0][1], 0, 1
    if k + 1 in found:
        yield found[k + 1][0][1], 1, 0
    for number in range(_SWAPS):
        place = turn * _SWAPS + number
        yield found[k][place % min(_FROM, len(found[k]))][1], 1 + place // _FROM % _AWAY, 1


def _seeds(seed: int, k: int, numbers: range) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """A seed of its own for each run of each k."""
    return np.random.SeedSequence((seed, k)).generate_state(numbers.stop)[numbers.start :].astype(np.uint32)
