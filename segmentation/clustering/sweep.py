"""K-means for every k at once.

One function, `sweep_k`, is the engine. Good optima of every k are searched on a sample; the best different ones are
settled on more customers, because a sample can rank near-ties wrongly; the winner is finished in double precision.
Everybody is labelled once, for all k together. What comes out is labels and centers that a plain scikit-learn KMeans
would predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from segmentation.clustering.kmeans import search as searching
from segmentation.errors import DataError
from segmentation.runtime.thread_pool import parallel_map

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.uint8]]
Progress = Callable[[float], None]

SEARCH_ROWS = 8_000
SETTLE_ROWS = 200_000
TIE = 1e-9
"""Squared distances closer than this are a tie, which goes to the lower number."""
CHUNK = 65_536
"""Customers that one task takes in a pass over everybody."""
_SETTLE_MAX_K = 4  # rounds on the larger sample after which the best optima are told from the others
_N_SETTLED = 3  # optima of each k that are settled to the end
_REFINE_MARGIN = 1.006  # of which those so near to the best are measured on everybody: a sample cannot tell them apart
_FULL_DATA_SEARCHES = (
    4,
    6,
)  # searches, and optima of each k that are settled, where a judge measures them on everybody
_SAME_INERTIA = 1e-9  # inertias that differ by no more than this share are equal
_SEED_STRIDE = 7_919  # between the seeds of two searches
_CONVERGENCE_ROWS = 3_000  # a run ends when at most one in so many labels changes
_FULL_CONVERGENCE_ROWS = 20_000  # up to so many customers, the winner runs until none does


FullDataInertia = Callable[[Sequence[Array]], Sequence[float]]
"""The inertia of everybody for each of several sets of centers (k, d), where only a sample of customers is here."""


@dataclass(frozen=True, eq=False)
class KMeansFit:
    """K-means for one k."""

    k: int
    centers: Array
    """(k, d), in the order of the first feature, then the next."""
    labels: Labels
    """(n,) double-precision predictions from `centers`."""
    inertia: float
    """Sum of squared distances of all customers to their centers."""


def sweep_k(
    X: Array,
    ks: Iterable[int],
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Progress | None = None,
    full_data_inertia: FullDataInertia | None = None,
) -> dict[int, KMeansFit]:
    """K-means for every k in `ks`.

    The result depends on `X` and `seed` only: every run over (k, start) is serial and has its own seed.

    Args:
        X: (n, d) customers in a stable order (by customer_id), finite.
        ks: numbers of clusters, each at most the number of distinct rows.
        seed: decides the sample and the starts.
        threads: how many runs at a time; None: the cores at hand.
        on_progress: told the share that is done, 0 to 1.
        full_data_inertia: decides between near optima where `X` is a sample; None: `X` is everybody.

    Raises:
        DataError: `X` is not finite, or a k exceeds the number of distinct rows.
    """
    ks = sorted(ks)
    _check_input(X, ks)
    columns = to_feature_major(X)
    told = on_progress or (lambda share: None)
    width = X.shape[1]
    near = _find_candidate_optima(columns, ks, seed, threads, told, judged=full_data_inertia is not None)
    if full_data_inertia is None:
        best = _select_best(near, lambda sets: [_compute_inertia(columns, centers, threads) for centers in sets])
    else:
        best = _select_best(near, lambda sets: full_data_inertia([centers[:, :width] for centers in sets]))
    best = [centers[np.lexsort(centers.T[::-1])] for centers in best]
    told(0.9)
    labels = np.zeros((len(ks), len(X)), np.uint8)
    _, inertia, _ = _label_all(columns, best, labels, threads)
    told(1.0)
    return {
        k: KMeansFit(k, np.ascontiguousarray(best[row][:, :width]), labels[row], float(inertia[row]))
        for row, k in enumerate(ks)
    }


def to_feature_major(X: Array) -> Array:
    """(n, d) as the compiled loops want it: one contiguous row per feature, at least four; no copy where it is so."""
    from segmentation.clustering.kmeans import jit

    columns: Array = jit.pad_features(np.ascontiguousarray(X.T))
    return columns


def predict_labels(X: Array, centers: Array) -> Labels:
    """Nearest center of every customer in double precision; of ties within 1e-9 the lower number: (n,)."""
    from segmentation.clustering.kmeans import jit

    labels = np.zeros((1, len(X)), np.uint8)
    wide = np.ascontiguousarray(jit.pad_features(np.asarray(centers, np.float64).T).T)
    _label_all(to_feature_major(X), [wide], labels)
    only: Labels = labels[0]
    return only


def _label_all(
    columns: Array, centers: Sequence[Array], labels: Labels, threads: int | None = None, *, sums: bool = False
) -> tuple[Array, Array, Array]:
    """Label everybody for each set of centers, into `labels`; sums by cluster, inertias, numbers of changed labels."""
    from segmentation.clustering.kmeans import full_pass

    first = np.cumsum([0, *map(len, centers)])
    every = np.concatenate(centers)

    def part(start: int) -> tuple[Array, Array, Array]:
        summed = np.zeros((len(every) if sums else 0, every.shape[1] + 1))
        inertia, changed = np.zeros(len(centers)), np.zeros(len(centers))
        stop = min(start + CHUNK, columns.shape[1])
        full_pass.assign_labels(columns, every, first, TIE, labels, start, stop, summed, inertia, changed)
        return summed, inertia, changed

    parts = parallel_map(part, range(0, columns.shape[1], CHUNK), threads)
    summed, inertia, changed = zip(*parts, strict=True)
    return sum(summed[1:], summed[0]), sum(inertia[1:], inertia[0]), sum(changed[1:], changed[0])


def _find_candidate_optima(
    columns: Array, ks: Sequence[int], seed: int, threads: int | None, told: Progress, *, judged: bool
) -> list[list[Array]]:
    """Of each k the best optimum, and those that only everybody can tell from it, in double precision."""
    searches, settled = _FULL_DATA_SEARCHES if judged else (1, _N_SETTLED)
    found: searching.Optima = {k: [] for k in ks}
    for number in range(searches):
        own = seed + number * _SEED_STRIDE
        sample = _sample_columns(columns, SEARCH_ROWS, own).astype(np.float32)
        started, calm = number / searches, sample.shape[1] // _CONVERGENCE_ROWS
        tell = partial(_report_progress, told, 0.5 * started, 0.5 / searches)
        more = searching.search_optima(sample, ks, own, calm, threads, tell)
        found = {k: found[k] + more[k] for k in ks}
    settle = _sample_columns(columns, SETTLE_ROWS, seed + 1)
    calm = settle.shape[1] // _CONVERGENCE_ROWS
    if settle.shape[1] > SEARCH_ROWS:
        sample = settle.astype(np.float32)
        found = searching.continue_runs(sample, found, _SETTLE_MAX_K, calm, threads)
        told(0.6)
        found = {k: searching.select_distinct_optima(found[k], settled) for k in ks}
        found = searching.continue_runs(sample, found, searching.ROUNDS, calm, threads)
    told(0.8)
    found = {k: searching.select_distinct_optima(found[k], settled) for k in ks}
    in_doubt = _REFINE_MARGIN if judged or settle.shape[1] < columns.shape[1] else 1.0
    near = [[at.astype(np.float64) for got, at in found[k] if got <= found[k][0][0] * in_doubt] for k in ks]
    calm = 0 if settle.shape[1] <= _FULL_CONVERGENCE_ROWS else calm
    finish = partial(_refine, columns=settle, calm=calm, threads=threads)
    ended = iter(parallel_map(finish, [centers for several in near for centers in several], threads))
    return [[next(ended) for _ in several] for several in near]


def _report_progress(told: Progress, begun: float, part: float, share: float) -> None:
    told(begun + part * share)


def _select_best(near: Sequence[Sequence[Array]], measure: Callable[[Sequence[Array]], Sequence[float]]) -> list[Array]:
    """Of each k's sets of centers the one with the least inertia; `measure` is asked where there are several."""
    open_ones = [centers for several in near if len(several) > 1 for centers in several]
    inertias = iter(measure(open_ones) if open_ones else ())
    chosen = []
    for several in near:
        told = [next(inertias) for _ in several] if len(several) > 1 else [0.0]
        least = min(told) * (1 + _SAME_INERTIA)  # an engine may add up in another order each time
        chosen.append(next(centers for centers, inertia in zip(several, told, strict=True) if inertia <= least))
    return chosen


def _compute_inertia(columns: Array, centers: Array, threads: int | None) -> float:
    return float(_label_all(columns, [centers], np.zeros((1, columns.shape[1]), np.uint8), threads)[1][0])


def _refine(centers: Array, columns: Array, calm: int, threads: int | None) -> Array:
    """Lloyd's algorithm in double precision until at most `calm` labels change."""
    labels = np.zeros((1, columns.shape[1]), np.uint8)
    for turn in range(searching.ROUNDS):
        sums, _, changed = _label_all(columns, [centers], labels, threads, sums=True)
        sizes = sums[:, -1]
        if turn > 0 and changed[0] <= calm and sizes.all():
            break
        centers = sums[:, :-1] / np.maximum(sizes, 1)[:, None]
        if not sizes.all():  # an empty cluster takes the customer farthest from any center
            apart = ((columns - centers[labels[0]].T) ** 2).sum(axis=0)
            for empty in np.flatnonzero(sizes == 0):
                far = int(apart.argmax())
                apart[far] = 0
                centers[empty] = columns[:, far]
    return centers


def count_distinct_rows(X: Array, max_count: int) -> int:
    """Number of distinct rows, counted no further than `max_count`."""
    few = X[:1_000]
    for part in (*few.T, few):  # one of these is nearly always enough, and quick at any size
        if len(np.unique(part, axis=0)) >= max_count:
            return max_count
    return min(len(np.unique(X, axis=0)), max_count)


def to_sklearn(centers: Array, inertia: float, seed: int) -> Any:
    """A scikit-learn KMeans that predicts from exactly these centers."""
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=len(centers), init=centers, n_init=1, random_state=seed).fit(centers)
    model.cluster_centers_ = np.ascontiguousarray(centers)  # fitting centers them, which may change a last bit
    model.inertia_ = inertia
    return model


def _check_input(space: Array, ks: Sequence[int]) -> None:
    if not np.isfinite(space).all():
        raise DataError("A feature has a value that is not a number.", hint="Check the amounts and dates of the table.")
    distinct = count_distinct_rows(space, ks[-1])
    if distinct < ks[-1]:
        raise DataError(
            f"{ks[-1]} segments cannot be made: only {distinct} customers differ in the chosen features.",
            hint=f"Choose at most {distinct} segments, or more features." if distinct > 1 else "Choose more features.",
        )


def _sample_columns(columns: Array, rows: int, seed: int) -> Array:
    """A uniform sample of customers in their order; all of them where there are no more than `rows`."""
    n = columns.shape[1]
    if n <= rows:
        return columns
    chosen = np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))
    return np.ascontiguousarray(columns[:, chosen])
