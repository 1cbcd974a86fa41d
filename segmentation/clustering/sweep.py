"""K-means for every k at once.

One function, `sweep`, is the engine. Good optima of every k are searched on a sample; the best different ones are
settled on more customers, because a sample can rank near-ties wrongly; the winner is finished in double precision.
Everybody is labelled once, for all k together. What comes out is labels and centres that a plain scikit-learn KMeans
would predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from segmentation.clustering.kmeans import search as searching
from segmentation.runtime.thread_pool import shared
from segmentation.errors import DataError

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.uint8]]
Progress = Callable[[float], None]

SEARCH_ROWS = 8_000
SETTLE_ROWS = 200_000
TIE = 1e-9
"""Squared distances closer than this are a tie, which goes to the lower number."""
CHUNK = 65_536
"""Customers that one task takes in a pass over everybody."""
_SETTLED_FOR = 4  # rounds on the larger sample after which the best optima are told from the others
_SETTLED = 3  # optima of each k that are settled to the end
_IN_DOUBT = 1.006  # of which those so near to the best are measured on everybody: a sample cannot tell them apart
_WITH_JUDGE = (4, 6)  # searches, and optima of each k that are settled, where a judge measures them on everybody
_SAME = 1e-9  # inertias that differ by no more than this share are equal
_APART = 7_919  # between the seeds of two searches
_CALM = 3_000  # a run ends when at most one in so many labels changes
_TO_THE_LAST = 20_000  # up to so many customers, the winner runs until none does


Judge = Callable[[Sequence[Array]], Sequence[float]]
"""The inertia of everybody for each of several sets of centres (k, d), where only a sample of customers is here."""


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


def sweep(
    space: Array, ks: Iterable[int], seed: int, *, threads: int | None = None, progress: Progress | None = None,
    judge: Judge | None = None,
) -> dict[int, Fit]:  # fmt: skip
    """K-means for every k in `ks`.

    The result depends on `space` and `seed` only: every run over (k, start) is serial and has its own seed.

    Args:
        space: (n, d) customers in a stable order (by customer_id), finite.
        ks: numbers of clusters, each at most the number of distinct rows.
        seed: decides the sample and the starts.
        threads: how many runs at a time; None: the cores at hand.
        progress: told the share that is done, 0 to 1.
        judge: decides between near optima where `space` is a sample; None: `space` is everybody.

    Raises:
        DataError: `space` is not finite, or a k exceeds the number of distinct rows.
    """
    ks = sorted(ks)
    _check(space, ks)
    columns = in_columns(space)
    told = progress or (lambda share: None)
    width = space.shape[1]
    near = _near_optima(columns, ks, seed, threads, told, judged=judge is not None)
    if judge is None:
        best = _least(near, lambda sets: [_inertia(columns, centres, threads) for centres in sets])
    else:
        best = _least(near, lambda sets: judge([centres[:, :width] for centres in sets]))
    best = [centres[np.lexsort(centres.T[::-1])] for centres in best]
    told(0.9)
    labels = np.zeros((len(ks), len(space)), np.uint8)
    _, inertia, _ = _label(columns, best, labels, threads)
    told(1.0)
    return {
        k: Fit(k, np.ascontiguousarray(best[row][:, :width]), labels[row], float(inertia[row]))
        for row, k in enumerate(ks)
    }


def in_columns(space: Array) -> Array:
    """(n, d) as the compiled loops want it: one contiguous row per feature, at least four; no copy where it is so."""
    from segmentation.clustering.kmeans import jit as compiling

    columns: Array = compiling.widened(np.ascontiguousarray(space.T))
    return columns


def predict(space: Array, centres: Array) -> Labels:
    """Nearest centre of every customer in double precision; of ties within 1e-9 the lower number: (n,)."""
    from segmentation.clustering.kmeans import jit as compiling

    labels = np.zeros((1, len(space)), np.uint8)
    wide = np.ascontiguousarray(compiling.widened(np.asarray(centres, np.float64).T).T)
    _label(in_columns(space), [wide], labels)
    only: Labels = labels[0]
    return only


def _label(
    columns: Array, centres: Sequence[Array], labels: Labels, threads: int | None = None, *, sums: bool = False
) -> tuple[Array, Array, Array]:
    """Label everybody for each set of centres, into `labels`; sums by cluster, inertias, numbers of changed labels."""
    from segmentation.clustering.kmeans import full_pass as passes

    first = np.cumsum([0, *map(len, centres)])
    every = np.concatenate(centres)

    def part(start: int) -> tuple[Array, Array, Array]:
        summed = np.zeros((len(every) if sums else 0, every.shape[1] + 1))
        inertia, changed = np.zeros(len(centres)), np.zeros(len(centres))
        stop = min(start + CHUNK, columns.shape[1])
        passes.label(columns, every, first, TIE, labels, start, stop, summed, inertia, changed)
        return summed, inertia, changed

    parts = shared(part, range(0, columns.shape[1], CHUNK), threads)
    summed, inertia, changed = zip(*parts, strict=True)
    return sum(summed[1:], summed[0]), sum(inertia[1:], inertia[0]), sum(changed[1:], changed[0])


def _near_optima(
    columns: Array, ks: Sequence[int], seed: int, threads: int | None, told: Progress, *, judged: bool
) -> list[list[Array]]:
    """Of each k the best optimum, and those that only everybody can tell from it, in double precision."""
    searches, settled = _WITH_JUDGE if judged else (1, _SETTLED)
    found: searching.Found = {k: [] for k in ks}
    for number in range(searches):
        own = seed + number * _APART
        sample = _sample(columns, SEARCH_ROWS, own).astype(np.float32)
        started, calm = number / searches, sample.shape[1] // _CALM
        tell = partial(_tell, told, 0.5 * started, 0.5 / searches)
        more = searching.search(sample, ks, own, calm, threads, tell)
        found = {k: found[k] + more[k] for k in ks}
    settle = _sample(columns, SETTLE_ROWS, seed + 1)
    calm = settle.shape[1] // _CALM
    if settle.shape[1] > SEARCH_ROWS:
        sample = settle.astype(np.float32)
        found = searching.run_on(sample, found, _SETTLED_FOR, calm, threads)
        told(0.6)
        found = {k: searching.best(found[k], settled) for k in ks}
        found = searching.run_on(sample, found, searching.ROUNDS, calm, threads)
    told(0.8)
    found = {k: searching.best(found[k], settled) for k in ks}
    in_doubt = _IN_DOUBT if judged or settle.shape[1] < columns.shape[1] else 1.0
    near = [[at.astype(np.float64) for got, at in found[k] if got <= found[k][0][0] * in_doubt] for k in ks]
    calm = 0 if settle.shape[1] <= _TO_THE_LAST else calm
    finish = partial(_finish, columns=settle, calm=calm, threads=threads)
    ended = iter(shared(finish, [centres for several in near for centres in several], threads))
    return [[next(ended) for _ in several] for several in near]


def _tell(told: Progress, begun: float, part: float, share: float) -> None:
    told(begun + part * share)


def _least(near: Sequence[Sequence[Array]], measure: Callable[[Sequence[Array]], Sequence[float]]) -> list[Array]:
    """Of each k's sets of centres the one with the least inertia; `measure` is asked where there are several."""
    open_ones = [centres for several in near if len(several) > 1 for centres in several]
    inertias = iter(measure(open_ones) if open_ones else ())
    chosen = []
    for several in near:
        told = [next(inertias) for _ in several] if len(several) > 1 else [0.0]
        least = min(told) * (1 + _SAME)  # an engine may add up in another order each time
        chosen.append(next(centres for centres, inertia in zip(several, told, strict=True) if inertia <= least))
    return chosen


def _inertia(columns: Array, centres: Array, threads: int | None) -> float:
    return float(_label(columns, [centres], np.zeros((1, columns.shape[1]), np.uint8), threads)[1][0])


def _finish(centres: Array, columns: Array, calm: int, threads: int | None) -> Array:
    """Lloyd's algorithm in double precision until at most `calm` labels change."""
    labels = np.zeros((1, columns.shape[1]), np.uint8)
    for turn in range(searching.ROUNDS):
        sums, _, changed = _label(columns, [centres], labels, threads, sums=True)
        sizes = sums[:, -1]
        if turn > 0 and changed[0] <= calm and sizes.all():
            break
        centres = sums[:, :-1] / np.maximum(sizes, 1)[:, None]
        if not sizes.all():  # an empty cluster takes the customer farthest from any centre
            apart = ((columns - centres[labels[0]].T) ** 2).sum(axis=0)
            for empty in np.flatnonzero(sizes == 0):
                far = int(apart.argmax())
                apart[far] = 0
                centres[empty] = columns[:, far]
    return centres


def distinct_rows(space: Array, at_least: int) -> int:
    """Number of distinct rows, counted no further than `at_least`."""
    few = space[:1_000]
    for part in (*few.T, few):  # one of these is nearly always enough, and quick at any size
        if len(np.unique(part, axis=0)) >= at_least:
            return at_least
    return min(len(np.unique(space, axis=0)), at_least)


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


def _sample(columns: Array, rows: int, seed: int) -> Array:
    """A uniform sample of customers in their order; all of them where there are no more than `rows`."""
    n = columns.shape[1]
    if n <= rows:
        return columns
    chosen = np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))
    return np.ascontiguousarray(columns[:, chosen])
