"""K-means for every k at once.

One function, `sweep`, is the engine. Many starts of greedy k-means++ run on a sample in single precision; the best two
different optima of each k are settled on more customers, because a sample can rank near-ties wrongly; the winner is
finished in double precision. What comes out is labels and centres that a plain scikit-learn KMeans would predict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.errors import DataError

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int32]]
Progress = Callable[[float], None]

SEARCH_ROWS = 20_000
SETTLE_ROWS = 200_000
TIE = 1e-9
"""Squared distances closer than this are a tie, which goes to the lower number."""
_SEARCH_ROUNDS = 60
_ROUNDS = 300
_CHUNK = 65_536
_DIFFERENT = 1e-4  # two optima of one k are different when their inertias differ by this share


@dataclass(frozen=True, eq=False)
class Fit:
    """K-means for one k."""

    k: int
    centres: Array
    """(k, d), in the order of the first feature, then the next."""
    labels: Labels
    """(n,) double-precision predictions from `centres`."""
    inertia: float
    """Sum of squared distances of all customers to their centres."""


def threads_at_hand() -> int:
    """Threads a sweep may use: the cores this process may run on, at most 8."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 8)


def sweep(
    space: Array, ks: Iterable[int], seed: int, *, threads: int | None = None, progress: Progress | None = None
) -> dict[int, Fit]:
    """K-means for every k in `ks`.

    The result depends on `space` and `seed` only: every run over (k, start) is serial and has its own seed.

    Args:
        space: (n, d) customers in a stable order (by customer_id), finite.
        ks: numbers of clusters, each at most the number of distinct rows.
        seed: decides the sample and the starts.
        threads: how many runs at a time; None: the cores at hand.
        progress: told the share that is done, 0 to 1.

    Raises:
        DataError: `space` is not finite, or a k exceeds the number of distinct rows.
    """
    from segmentation.clusters import kernel

    ks = sorted(ks)
    _check(space, ks)
    columns = np.ascontiguousarray(space.T)
    n = space.shape[0]
    search = _sample(columns, SEARCH_ROWS, seed).astype(np.float32)
    starts = _starts(search.shape[1])
    runs = [(k, start) for k in ks for start in range(starts)]

    def run(task: tuple[int, int]) -> tuple[float, Array]:
        k, start = task
        centres = kernel.spread_centres(search, k, _seed_of(seed, k, start))
        return kernel.lloyd(search, centres, _SEARCH_ROUNDS), centres

    def finish(k: int) -> Fit:
        candidates = _two_best(found[k])
        best = 0
        if n > SEARCH_ROWS:
            best = int(np.argmin([kernel.lloyd(settle32, centres, _ROUNDS) for centres in candidates]))
        centres = candidates[best].astype(np.float64)
        kernel.lloyd(settle, centres, _ROUNDS)
        centres = centres[np.lexsort(centres.T[::-1])]
        labels = predict(space, centres)
        inertia = sum(
            float(((space[at : at + _CHUNK] - centres[labels[at : at + _CHUNK]]) ** 2).sum())
            for at in range(0, n, _CHUNK)
        )
        return Fit(k, centres, labels, inertia)

    with ThreadPoolExecutor(threads or threads_at_hand()) as pool:
        found: dict[int, list[tuple[float, Array]]] = {k: [] for k in ks}
        for done, ((k, _), result) in enumerate(zip(runs, pool.map(run, runs), strict=True)):
            found[k].append(result)
            if progress is not None:
                progress(0.8 * (done + 1) / len(runs))
        settle = _sample(columns, SETTLE_ROWS, seed + 1)
        settle32 = settle.astype(np.float32) if n > SEARCH_ROWS else settle
        fits = {}
        for fit in pool.map(finish, ks):
            fits[fit.k] = fit
            if progress is not None:
                progress(0.8 + 0.2 * len(fits) / len(ks))
    return fits


def predict(space: Array, centres: Array) -> Labels:
    """Nearest centre of every customer in double precision; of ties within 1e-9 the lower number: (n,)."""
    from segmentation.clusters import kernel

    labels = np.empty(space.shape[0], np.int32)
    kernel.predict(np.ascontiguousarray(space.T), np.ascontiguousarray(centres, np.float64), TIE, labels)
    return labels


def distinct_rows(space: Array, at_least: int) -> int:
    """Number of distinct rows, counted no further than `at_least`."""
    few = len(np.unique(space[:1_000], axis=0))  # nearly always enough, and quick at any size
    return min(few if few >= at_least else len(np.unique(space, axis=0)), at_least)


def to_sklearn(centres: Array, inertia: float, seed: int) -> Any:
    """A scikit-learn KMeans that predicts from exactly these centres."""
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=len(centres), init=centres, n_init=1, random_state=seed).fit(centres)
    model.cluster_centers_ = np.ascontiguousarray(centres)  # fitting centres them, which may change a last bit
    model.inertia_ = inertia
    return model


def _check(space: Array, ks: Sequence[int]) -> None:
    if not np.isfinite(space).all():
        raise DataError("A feature has a value that is not a number.", hint="Check the amounts and dates of the table.")
    distinct = distinct_rows(space, ks[-1])
    if distinct < ks[-1]:
        raise DataError(
            f"{ks[-1]} segments cannot be made: only {distinct} customers differ in the chosen features.",
            hint=f"Choose at most {distinct} segments, or more features." if distinct > 1 else "Choose more features.",
        )


def _starts(rows: int) -> int:
    """More starts where they are cheap: small data need them, because their optima lie close together."""
    return int(np.clip(400_000 // rows, 10, 100))


def _seed_of(seed: int, k: int, start: int) -> int:
    return int(np.random.SeedSequence((seed, k, start)).generate_state(1)[0])


def _sample(columns: Array, rows: int, seed: int) -> Array:
    """A uniform sample of customers in their order; all of them where there are no more than `rows`."""
    n = columns.shape[1]
    if n <= rows:
        return columns
    chosen = np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))
    return np.ascontiguousarray(columns[:, chosen])


def _two_best(results: Sequence[tuple[float, Array]]) -> list[Array]:
    """Centres of the lowest inertia, and of the lowest that is clearly another optimum."""
    ordered = sorted(results, key=lambda result: result[0])
    others = [centres for inertia, centres in ordered if inertia > ordered[0][0] * (1 + _DIFFERENT)]
    return [ordered[0][1], *others[:1]]
