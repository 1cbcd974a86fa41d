"""K-means for every k at once.

`sweep_k` searches good optima of every k on a sample, continues the best distinct ones on more customers, because a
sample can rank near-optimal solutions wrongly, and refines the winner in double precision. One pass labels all
customers for every k. Labels and centers are those that a scikit-learn KMeans with these centers would predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from segmentation.clustering.kmeans import search
from segmentation.errors import DataError
from segmentation.runtime.array_types import FloatArray, Labels
from segmentation.runtime.progress import Progress
from segmentation.runtime.thread_pool import parallel_map

SEARCH_ROWS = 8_000
"""Sample size of the search: starts and perturbations."""
SETTLE_ROWS = 200_000
"""Sample size on which the best optima are continued and compared."""
TIE = 1e-9
"""Squared distances that differ by less are tied; the lower cluster number wins."""
CHUNK = 65_536
"""Customers per task in a pass over the full data."""
_SETTLE_ROUNDS = 4  # iterations on the larger sample before the number of optima is reduced
_N_SETTLED = 3  # optima per k that run to convergence
_REFINE_MARGIN = 1.006  # candidates within 0.6 % of the best are re-evaluated on the full data
_FULL_DATA_SEARCHES = (4, 6)  # searches, and optima per k that converge, if the full data decide between them
_SAME_INERTIA = 1e-9  # relative difference up to which inertias are equal
_SEED_STRIDE = 7_919  # between the seeds of two searches
_CONVERGENCE_ROWS = 3_000  # converged when at most one label in this many changes
_FULL_CONVERGENCE_ROWS = 20_000  # up to this many customers, the winner runs until no label changes

FullDataInertia = Callable[[Sequence[FloatArray]], Sequence[float]]
"""The inertia of the full population for each of several sets of centers (k, d), if only a sample is in memory."""


@dataclass(frozen=True, eq=False)
class KMeansFit:
    """K-means for one k."""

    k: int
    centers: FloatArray
    """(k, d), sorted by the first feature, then the next, so that cluster numbers are reproducible."""
    labels: Labels
    """(n,) nearest center in double precision, as `predict_labels` returns it."""
    inertia: float
    """Sum of squared distances of all rows of `X` to their centers."""


def sweep_k(
    X: FloatArray,
    ks: Iterable[int],
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Progress | None = None,
    full_data_inertia: FullDataInertia | None = None,
) -> dict[int, KMeansFit]:
    """K-means for every k in `ks`.

    The result depends on `X`, `ks` and `seed` only, not on `threads`: every run is serial and has its own seed.

    Args:
        X: (n, d) scaled features in a stable order (by customer_id), finite.
        ks: numbers of clusters, each at most the number of distinct rows.
        seed: determines samples and starts.
        threads: concurrent runs; None: one per available core.
        on_progress: called with the completed share, 0 to 1.
        full_data_inertia: selects among near-optimal candidates if `X` is a sample; None: `X` is the full data.

    Returns:
        k -> its fit, by ascending k.

    Raises:
        DataError: `X` is not finite, or a k exceeds the number of distinct rows.
    """
    ks = sorted(ks)
    _check_input(X, ks)
    columns = to_feature_major(X)
    report = on_progress or (lambda share: None)
    width = X.shape[1]
    candidates = _find_candidate_optima(columns, ks, seed, threads, report, has_full_data=full_data_inertia is not None)
    if full_data_inertia is None:
        best = _select_best(candidates, lambda sets: [_compute_inertia(columns, centers, threads) for centers in sets])
    else:
        best = _select_best(candidates, lambda sets: full_data_inertia([centers[:, :width] for centers in sets]))
    best = [centers[np.lexsort(centers.T[::-1])] for centers in best]
    report(0.9)
    labels = np.zeros((len(ks), len(X)), np.uint8)
    _, inertia, _ = _label_all(columns, best, labels, threads)
    report(1.0)
    return {
        k: KMeansFit(k, np.ascontiguousarray(best[row][:, :width]), labels[row], float(inertia[row]))
        for row, k in enumerate(ks)
    }


def refine_centers(X: FloatArray, centers: FloatArray) -> FloatArray:
    """Continue K-means from given centers (k, d) on `X` (n, d) until no label changes.

    Raises:
        DataError: `X` has fewer distinct rows than there are centers.
    """
    from segmentation.clustering.kmeans import jit

    _check_input(X, [len(centers)])
    wide = np.ascontiguousarray(jit.pad_features(np.asarray(centers, np.float64).T).T)
    refined: FloatArray = _refine(wide, to_feature_major(X), 0, None)[:, : X.shape[1]]
    return np.ascontiguousarray(refined)


def to_feature_major(X: FloatArray) -> FloatArray:
    """(n, d) -> (d, n) as the compiled loops require: one contiguous row per feature, at least four."""
    from segmentation.clustering.kmeans import jit

    columns: FloatArray = jit.pad_features(np.ascontiguousarray(X.T))
    return columns


def predict_labels(X: FloatArray, centers: FloatArray) -> Labels:
    """(n,) nearest of the (k, d) centers for each row of `X` (n, d), in double precision; ties: the lower number."""
    labels: Labels = predict_labelings(X, [centers])[0]
    return labels


def predict_labelings(X: FloatArray, center_sets: Sequence[FloatArray]) -> Labels:
    """(sets, n) the result of `predict_labels` for several sets of centers, in one pass over `X`."""
    from segmentation.clustering.kmeans import jit

    labels = np.zeros((len(center_sets), len(X)), np.uint8)
    wide = [np.ascontiguousarray(jit.pad_features(np.asarray(centers, np.float64).T).T) for centers in center_sets]
    _label_all(to_feature_major(X), wide, labels)
    return labels


def _label_all(
    columns: FloatArray,
    centers: Sequence[FloatArray],
    labels: Labels,
    threads: int | None = None,
    *,
    sums: bool = False,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Label all customers for each set of centers, into `labels` (sets, n).

    Returns (clusters, d + 1) sums and counts by cluster, (sets,) inertias, and (sets,) numbers of changed labels.
    """
    from segmentation.clustering.kmeans import full_pass

    first = np.cumsum([0, *map(len, centers)])
    all_centers = np.concatenate(centers)

    def label_chunk(start: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        summed = np.zeros((len(all_centers) if sums else 0, all_centers.shape[1] + 1))
        inertia, changed = np.zeros(len(centers)), np.zeros(len(centers))
        stop = min(start + CHUNK, columns.shape[1])
        full_pass.assign_labels(columns, all_centers, first, TIE, labels, start, stop, summed, inertia, changed)
        return summed, inertia, changed

    parts = parallel_map(label_chunk, range(0, columns.shape[1], CHUNK), threads)
    summed, inertia, changed = zip(*parts, strict=True)
    return sum(summed[1:], summed[0]), sum(inertia[1:], inertia[0]), sum(changed[1:], changed[0])


def _find_candidate_optima(
    columns: FloatArray, ks: Sequence[int], seed: int, threads: int | None, report: Progress, *, has_full_data: bool
) -> list[list[FloatArray]]:
    """The best optimum of each k, and those too close to it to be ranked on a sample, in double precision."""
    searches, settled = _FULL_DATA_SEARCHES if has_full_data else (1, _N_SETTLED)
    optima: search.Optima = {k: [] for k in ks}
    for number in range(searches):
        search_seed = seed + number * _SEED_STRIDE
        sample = _sample_columns(columns, SEARCH_ROWS, search_seed).astype(np.float32)
        done_share, tol = number / searches, sample.shape[1] // _CONVERGENCE_ROWS
        report_share = partial(_report_progress, report, 0.5 * done_share, 0.5 / searches)
        new_optima = search.search_optima(sample, ks, search_seed, tol, threads, report_share)
        optima = {k: optima[k] + new_optima[k] for k in ks}
    settle = _sample_columns(columns, SETTLE_ROWS, seed + 1)
    tol = settle.shape[1] // _CONVERGENCE_ROWS
    if settle.shape[1] > SEARCH_ROWS:
        sample = settle.astype(np.float32)
        optima = search.continue_runs(sample, optima, _SETTLE_ROUNDS, tol, threads)
        report(0.6)
        optima = {k: search.select_distinct_optima(optima[k], settled) for k in ks}
        optima = search.continue_runs(sample, optima, search.ROUNDS, tol, threads)
    report(0.8)
    optima = {k: search.select_distinct_optima(optima[k], settled) for k in ks}
    margin = _REFINE_MARGIN if has_full_data or settle.shape[1] < columns.shape[1] else 1.0
    candidates = [
        [centers.astype(np.float64) for inertia, centers in optima[k] if inertia <= optima[k][0][0] * margin]
        for k in ks
    ]
    tol = 0 if settle.shape[1] <= _FULL_CONVERGENCE_ROWS else tol
    refine = partial(_refine, columns=settle, tol=tol, threads=threads)
    refined = iter(parallel_map(refine, [centers for group in candidates for centers in group], threads))
    return [[next(refined) for _ in group] for group in candidates]


def _report_progress(report: Progress, begun: float, part: float, share: float) -> None:
    report(begun + part * share)


def _select_best(
    candidates: Sequence[Sequence[FloatArray]], measure: Callable[[Sequence[FloatArray]], Sequence[float]]
) -> list[FloatArray]:
    """For each k the candidate of lowest inertia; `measure` is called once, for every k with several candidates."""
    undecided = [centers for group in candidates if len(group) > 1 for centers in group]
    inertias = iter(measure(undecided) if undecided else ())
    best = []
    for group in candidates:
        group_inertias = [next(inertias) for _ in group] if len(group) > 1 else [0.0]
        limit = min(group_inertias) * (1 + _SAME_INERTIA)  # a parallel engine sums in varying order
        best.append(next(centers for centers, inertia in zip(group, group_inertias, strict=True) if inertia <= limit))
    return best


def _compute_inertia(columns: FloatArray, centers: FloatArray, threads: int | None) -> float:
    return float(_label_all(columns, [centers], np.zeros((1, columns.shape[1]), np.uint8), threads)[1][0])


def _refine(centers: FloatArray, columns: FloatArray, tol: int, threads: int | None) -> FloatArray:
    """Lloyd's algorithm in double precision until at most `tol` labels change."""
    labels = np.zeros((1, columns.shape[1]), np.uint8)
    for iteration in range(search.ROUNDS):
        sums, _, changed = _label_all(columns, [centers], labels, threads, sums=True)
        sizes = sums[:, -1]
        if iteration > 0 and changed[0] <= tol and sizes.all():
            break
        centers = sums[:, :-1] / np.maximum(sizes, 1)[:, None]
        if not sizes.all():  # the center of an empty cluster moves to the customer farthest from any center
            distances = ((columns - centers[labels[0]].T) ** 2).sum(axis=0)
            for empty in np.flatnonzero(sizes == 0):
                farthest = int(distances.argmax())
                distances[farthest] = 0
                centers[empty] = columns[:, farthest]
    return centers


def count_distinct_rows(X: FloatArray, max_count: int) -> int:
    """Number of distinct rows of `X` (n, d), or `max_count` if there are at least as many."""
    first_rows = X[:1_000]
    for part in (*first_rows.T, first_rows):  # nearly always enough, and fast at any size
        if len(np.unique(part, axis=0)) >= max_count:
            return max_count
    return min(len(np.unique(X, axis=0)), max_count)


def to_sklearn(centers: FloatArray, inertia: float, seed: int) -> Any:
    """A fitted scikit-learn KMeans with exactly these centers.

    Args:
        centers: (k, d).
        inertia: of the full data.
        seed: stored as random_state; nothing is random here.
    """
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=len(centers), init=centers, n_init=1, random_state=seed).fit(centers)
    model.cluster_centers_ = np.ascontiguousarray(centers)  # fit subtracts and adds the mean, which can change a bit
    model.inertia_ = inertia
    return model


def _check_input(X: FloatArray, ks: Sequence[int]) -> None:
    if not np.isfinite(X).all():
        raise DataError("A feature has a value that is not a number.", hint="Check the amounts and dates of the table.")
    distinct = count_distinct_rows(X, ks[-1])
    if distinct < ks[-1]:
        raise DataError(
            f"{ks[-1]} segments are not possible: only {distinct} customers differ in the chosen features.",
            hint=f"Choose at most {distinct} segments, or more features." if distinct > 1 else "Choose more features.",
        )


def _sample_columns(columns: FloatArray, rows: int, seed: int) -> FloatArray:
    """A uniform sample of at most `rows` customers of (d, n) `columns`, in their order."""
    n = columns.shape[1]
    if n <= rows:
        return columns
    rows_in_sample = np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))
    return np.ascontiguousarray(columns[:, rows_in_sample])
