"""The search for centres of every k on one set of customers, in single precision.

Every step is a list of independent runs, each serial and with a seed of its own, so threads change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from segmentation.runtime.thread_pool import shared

Centres = np.ndarray[Any, Any]
Found = dict[int, list[tuple[float, Centres]]]
"""Of each k the best different optima so far, the best first: inertia and centres (k, d)."""

ROUNDS = 300
_STARTS = 24
_EXPLORED = 4  # rounds of Lloyd after which the best starts are told from the others
_RUN_ON = 6  # starts of each k that run on
_BEHIND = 1.02  # and are given up when they would end so far behind the best of them
_MOVES = 10  # rounds of moves from one optimum to a better one, at most
_SWAPS = 3  # moves of each k and round that take one centre elsewhere
_MIXES = 2  # and that mix two optima
_EACH = 2 + _SWAPS + _MIXES  # moves of each k and round, at most
_FROM = 3  # optima of each k from which a centre is taken
_AWAY = 3  # the centres one of which is taken elsewhere, from the one that is missed least
_PATIENCE = 2  # rounds without anything better, here or next to here, after which moves end
_BETTER = 1e-6
_NEAR = 1.003  # a move is followed to its end while it may come so near to the best optimum so far
_KEPT = 6
_DIFFERENT = 1e-4  # two optima of one k are different when their inertias differ by this share
_TASK = 4  # moves that one task does: handing over a task costs as much as a run on few customers


def search(
    data: Centres, ks: Sequence[int], seed: int, calm: int, threads: int | None, told: Callable[[float], None]
) -> Found:
    """The best optima of each k that starts and moves find.

    Many starts of greedy k-means++ run for a few rounds, and the best of each k to the end. Then optima are moved: one
    centre is taken elsewhere, two optima are mixed, or the optimum of one more or one less is taken with one centre less
    or more. That finds what a hundred starts miss, in less time.

    Args:
        data: (d, n) float32 as in `lloyd`.
        ks: ascending.
        calm: a run ends when at most so many labels change.
        threads: as in `shared`.
        told: told the share that is done.
    """  # noqa: E501
    from segmentation.clustering.kmeans import seeding as kernel

    many = _STARTS + _MOVES * _EACH
    seeds = {k: np.random.SeedSequence((seed, k)).generate_state(many) for k in ks}  # one for each run

    def start(k: int) -> list[tuple[float, Centres]]:
        inertias, centres = kernel.explore(data, k, seeds[k][:_STARTS], _EXPLORED)
        first = np.stack([at for _, at in best(zip(inertias.tolist(), centres, strict=True), _RUN_ON)])
        inertias = kernel.run_on(data, first, ROUNDS, calm, _BEHIND)
        return best(zip(inertias.tolist(), first, strict=True), _RUN_ON)

    found: Found = dict(zip(reversed(ks), shared(start, reversed(ks), threads), strict=True))  # the longest first
    lasting = dict.fromkeys(ks, 0)  # rounds since a better optimum of k, or of its neighbours, was found
    for turn in range(_MOVES):
        told(0.5 + 0.5 * turn / _MOVES)
        before = {k: found[k][0][0] for k in ks}
        optima = {k: np.stack([centres for _, centres in found[k]]) for k in ks}
        tasks = []
        for k in reversed(ks):
            if lasting[k] < _PATIENCE:
                fewer, more = (optima[k + by][0] if k + by in optima else optima[k][0, :0] for by in (-1, 1))
                moves = np.array(list(_moves(found, k, turn)), np.int64)
                own = seeds[k][_STARTS + turn * _EACH :]
                for at in range(0, len(moves), _TASK):
                    part = moves[at : at + _TASK]
                    given = part, own[at : at + len(part)], ROUNDS, calm, before[k] * _NEAR
                    tasks.append((k, (data, optima[k], fewer, more, *given)))
        ended = shared(lambda task: kernel.moved(*task[1]), tasks, threads)
        for (k, _), (inertias, centres) in zip(tasks, ended, strict=True):
            found[k] += zip(inertias.tolist(), centres, strict=True)
        found = {k: best(found[k], _KEPT) for k in ks}
        better = {k for k in ks if found[k][0][0] < before[k] * (1 - _BETTER)}
        for k in ks:
            lasting[k] = 0 if better & {k - 1, k, k + 1} else lasting[k] + 1
    return found


def run_on(data: Centres, found: Found, rounds: int, calm: int, threads: int | None) -> Found:
    """Lloyd from every optimum in `found` on `data`, for at most so many rounds; all of them, the best first."""
    from segmentation.clustering.kmeans import seeding as kernel

    tasks = [(k, centres[None].copy()) for k in sorted(found, reverse=True) for _, centres in found[k]]
    ended: Found = {k: [] for k in sorted(found)}
    inertias = shared(lambda task: kernel.run_on(data, task[1], rounds, calm, 1.0), tasks, threads)
    for (k, centres), inertia in zip(tasks, inertias, strict=True):
        ended[k].append((float(inertia[0]), centres[0]))
    return {k: best(results, len(results)) for k, results in ended.items()}


def best(results: Iterable[tuple[float, Centres]], most: int) -> list[tuple[float, Centres]]:
    """At most so many results: the lowest inertia, then each that is clearly another optimum than the one before."""
    chosen: list[tuple[float, Centres]] = []
    for inertia, centres in sorted(results, key=lambda result: result[0]):
        if len(chosen) < most and (not chosen or inertia > chosen[-1][0] * (1 + _DIFFERENT)):
            chosen.append((inertia, centres))
    return chosen


def _moves(found: Found, k: int, turn: int) -> Iterator[tuple[int, int, int]]:
    """What to try for k, as `kernel.moved` takes it."""
    from segmentation.clustering.kmeans.seeding import ELSEWHERE, MIXED, ONE_LESS, ONE_MORE

    if k - 1 in found:
        yield ONE_MORE, 0, 0
    if k + 1 in found:
        yield ONE_LESS, 0, 0
    for place in range(turn * _SWAPS, (turn + 1) * _SWAPS):
        yield ELSEWHERE, place % min(_FROM, len(found[k])), place // _FROM % _AWAY
    pairs = sorted(combinations(range(len(found[k])), 2), key=sum)
    for place in range(turn * _MIXES, (turn + 1) * _MIXES):
        if pairs:
            yield MIXED, *pairs[place % len(pairs)]
