"""Multi-start search for the centers of every k on one set of customers, in single precision.

Random starts followed by perturbations of the best optima (memetic, like HG-means of Gribel and Vidal 2019).
Every step is a list of independent runs, each serial and with its own seed: the number of threads changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from segmentation.runtime.progress import Progress
from segmentation.runtime.thread_pool import parallel_map

Centers = np.ndarray[Any, Any]
Optima = dict[int, list[tuple[float, Centers]]]
"""For each k the best distinct optima so far, by increasing inertia: (inertia, centers (k, d))."""

ROUNDS = 300
"""Maximum iterations of Lloyd's algorithm, as in scikit-learn."""
# Starts: many short runs, of which the best continue. Inertia after a few iterations predicts the final one well.
_STARTS = 24  # k-means++ starts per k
_EXPLORE_ROUNDS = 4  # iterations before starts are compared
_N_CONTINUED = 6  # starts per k that are continued
_PRUNE_FACTOR = 1.02  # a continued run is abandoned if it would end this far above the best
# Moves: perturbations of the best optima, in rounds.
_MOVES = 10  # maximum number of rounds
_SWAPS = 3  # SWAP_CENTER moves per k and round
_CROSSOVERS = 2  # CROSSOVER moves per k and round
_MOVES_PER_ROUND = 2 + _SWAPS + _CROSSOVERS  # plus ADD_CENTER and DROP_CENTER: at most this many per k and round
_N_PARENTS = 3  # optima per k that swaps start from
_N_REMOVAL_CANDIDATES = 3  # candidates for relocation, by increasing removal cost
_MAX_STALE_ROUNDS = 2  # k is finished after this many rounds without an improvement of k - 1, k or k + 1
_MIN_IMPROVEMENT = 1e-6  # relative decrease of inertia that counts as one
_MOVE_PRUNE_FACTOR = 1.003  # a move is abandoned if it would end this far above the best optimum
_ELITE_SIZE = 6  # optima per k that are retained
_MIN_INERTIA_GAP = 1e-4  # optima of one k whose inertias differ by less are taken as the same
_MOVES_PER_TASK = 4  # scheduling a task costs as much as one run on few customers


def search_optima(
    data: Centers, ks: Sequence[int], seed: int, tol: int, threads: int | None, on_progress: Progress
) -> Optima:
    """Search the best optima of every k, by random starts and perturbations.

    Many greedy k-means++ starts run for a few iterations; the best of each k run to convergence. Their optima are then
    perturbed: one center is relocated, two optima are crossed over, or a center is added to or dropped from the optimum
    of a neighboring k. This finds optima that a hundred random starts miss, in less time.

    Args:
        data: (d, n) float32 as in `lloyd`.
        ks: numbers of clusters, ascending.
        seed: determines every start and move.
        tol: a run has converged when at most this many labels change.
        threads: as in `parallel_map`.
        on_progress: called with the completed share, 0 to 1.
    """
    from segmentation.clustering.kmeans import seeding

    n_runs = _STARTS + _MOVES * _MOVES_PER_ROUND
    seeds = {k: np.random.SeedSequence((seed, k)).generate_state(n_runs) for k in ks}  # one per run

    def start(k: int) -> list[tuple[float, Centers]]:
        inertias, centers = seeding.run_starts(data, k, seeds[k][:_STARTS], _EXPLORE_ROUNDS)
        first = np.stack(
            [
                start_centers
                for _, start_centers in select_distinct_optima(
                    zip(inertias.tolist(), centers, strict=True), _N_CONTINUED
                )
            ]
        )
        inertias = seeding.continue_runs(data, first, ROUNDS, tol, _PRUNE_FACTOR)
        return select_distinct_optima(zip(inertias.tolist(), first, strict=True), _N_CONTINUED)

    # Large k first: the longest tasks must not be left for the end, when other threads are idle.
    elite: Optima = dict(zip(reversed(ks), parallel_map(start, reversed(ks), threads), strict=True))
    stale_rounds = dict.fromkeys(ks, 0)  # rounds since the best optimum of k - 1, k or k + 1 improved
    for move_round in range(_MOVES):
        on_progress(0.5 + 0.5 * move_round / _MOVES)
        previous_best = {k: elite[k][0][0] for k in ks}
        optima = {k: np.stack([centers for _, centers in elite[k]]) for k in ks}
        tasks = []
        for k in reversed(ks):
            if stale_rounds[k] < _MAX_STALE_ROUNDS:
                smaller, larger = (optima[k + step][0] if k + step in optima else optima[k][0, :0] for step in (-1, 1))
                moves = np.array(list(_plan_moves(elite, k, move_round)), np.int64)
                move_seeds = seeds[k][_STARTS + move_round * _MOVES_PER_ROUND :]
                for first_move in range(0, len(moves), _MOVES_PER_TASK):
                    batch = moves[first_move : first_move + _MOVES_PER_TASK]
                    batch_seeds = move_seeds[first_move : first_move + len(batch)]
                    options = batch, batch_seeds, ROUNDS, tol, previous_best[k] * _MOVE_PRUNE_FACTOR
                    tasks.append((k, (data, optima[k], smaller, larger, *options)))
        results = parallel_map(lambda task: seeding.perturb_optima(*task[1]), tasks, threads)
        for (k, _), (inertias, centers) in zip(tasks, results, strict=True):
            elite[k] += zip(inertias.tolist(), centers, strict=True)
        elite = {k: select_distinct_optima(elite[k], _ELITE_SIZE) for k in ks}
        improved = {k for k in ks if elite[k][0][0] < previous_best[k] * (1 - _MIN_IMPROVEMENT)}
        for k in ks:
            stale_rounds[k] = 0 if improved & {k - 1, k, k + 1} else stale_rounds[k] + 1
    return elite


def continue_runs(data: Centers, optima: Optima, rounds: int, tol: int, threads: int | None) -> Optima:
    """Continue Lloyd's algorithm from all `optima`, usually on more customers than they were found on.

    Args:
        data: (d, n) float32.
        optima: starting centers of each k.
        rounds: maximum number of iterations.
        tol: a run has converged when at most this many labels change.
        threads: as in `parallel_map`.

    Returns:
        The distinct results of each k, by increasing inertia on `data`.
    """
    from segmentation.clustering.kmeans import seeding

    tasks = [(k, centers[None].copy()) for k in sorted(optima, reverse=True) for _, centers in optima[k]]
    results: Optima = {k: [] for k in sorted(optima)}
    inertias = parallel_map(lambda task: seeding.continue_runs(data, task[1], rounds, tol, 1.0), tasks, threads)
    for (k, centers), inertia in zip(tasks, inertias, strict=True):
        results[k].append((float(inertia[0]), centers[0]))
    return {k: select_distinct_optima(runs, len(runs)) for k, runs in results.items()}


def select_distinct_optima(results: Iterable[tuple[float, Centers]], max_results: int) -> list[tuple[float, Centers]]:
    """At most `max_results` results by increasing inertia, without those that are the same optimum as the previous one.

    Optima are compared by inertia alone, because two different ones hardly ever have the same.
    """
    distinct: list[tuple[float, Centers]] = []
    for inertia, centers in sorted(results, key=lambda result: result[0]):
        if len(distinct) < max_results and (not distinct or inertia > distinct[-1][0] * (1 + _MIN_INERTIA_GAP)):
            distinct.append((inertia, centers))
    return distinct


def _plan_moves(elite: Optima, k: int, move_round: int) -> Iterator[tuple[int, int, int]]:
    """The moves of one k and round, as `seeding.perturb_optima` takes them; each round tries other parents."""
    from segmentation.clustering.kmeans.seeding import ADD_CENTER, CROSSOVER, DROP_CENTER, SWAP_CENTER

    if k - 1 in elite:
        yield ADD_CENTER, 0, 0
    if k + 1 in elite:
        yield DROP_CENTER, 0, 0
    for number in range(move_round * _SWAPS, (move_round + 1) * _SWAPS):
        yield SWAP_CENTER, number % min(_N_PARENTS, len(elite[k])), number // _N_PARENTS % _N_REMOVAL_CANDIDATES
    pairs = sorted(combinations(range(len(elite[k])), 2), key=sum)
    for number in range(move_round * _CROSSOVERS, (move_round + 1) * _CROSSOVERS):
        if pairs:
            yield CROSSOVER, *pairs[number % len(pairs)]
