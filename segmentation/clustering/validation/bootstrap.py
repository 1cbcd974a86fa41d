"""Stability of a partition: bootstrap, prediction strength, and near-optimal alternative partitions.

Stability does not imply that groups exist: elongated unimodal data split reproducibly at the same place. Whether there
are groups is tested in `segmentation.clustering.validation.null_models`.

Above `ROWS` customers a sample is used: stability is a property of the distribution, not of the single customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from segmentation.clustering.sweep import Array, predict_labels
from segmentation.clustering.validation.agreement import compare_partitions, compute_adjusted_rand
from segmentation.runtime.cancellation import WorkCancelled, raise_if_cancelled
from segmentation.runtime.thread_pool import count_available_threads

ROWS = 5_000
STARTS = 8
DISSOLVED, DOUBTFUL, STABLE = 0.60, 0.75, 0.85
"""Bands of the mean Jaccard similarity (Hennig 2007): below 0.60 dissolved, up to 0.75 doubtful, up to 0.85 a pattern,
above it stable."""
STORY_INERTIA, STORY_AGREEMENT = 0.005, 0.8
"""A partition is an alternative if its inertia is within 0.5 % and its adjusted Rand index with the current one is
below 0.8."""

Progress = Callable[[float], None]
CancelCheck = Callable[[], bool]
Task = TypeVar("Task")
Result = TypeVar("Result")
_ROUNDS = 100


class ValidationCancelled(WorkCancelled):
    """The caller cancelled the validation."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Bootstrap stability of the clusters of one k."""

    k: int
    resamples: int
    jaccard: Array
    """(k,) mean over resamples of the largest Jaccard similarity of each cluster to a bootstrap cluster (Hennig 2007);
    NaN for a cluster that no resample contains."""
    recall: Array
    """(k,) mean share of a cluster's customers that are in the bootstrap cluster matched to it, 0 to 1."""
    adjusted_rand: float
    """Mean adjusted Rand index of the partitions (Hubert and Arabie 1985): 1 identical, 0 as by chance."""


@dataclass(frozen=True, eq=False)
class AlternativePartition:
    """A partition that fits nearly as well as the current one and differs from it."""

    centers: Array
    """(k, d)"""
    inertia_above: float
    """Relative excess of its inertia over that of the current partition."""
    agreement: float
    """Adjusted Rand index with the current partition."""


def bootstrap_stability(
    X: Array,
    partitions: dict[int, Array],
    seed: int,
    *,
    resamples: int = 50,
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> dict[int, Bootstrap]:
    """Bootstrap: resample with replacement and re-cluster, for every k in `partitions` (Hennig 2007).

    Partitions are compared on the customers in the resample, each counted once.

    Args:
        X: (n, d) as given to `sweep_k`.
        partitions: k -> (k, d) centers of the partition to assess.
        seed: determines the resamples, which are the same for every k.
        resamples: number of resamples.
        threads: worker threads; None: one per available core.
        on_progress: called with the completed share, 0 to 1.
        is_cancelled: polled between tasks.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    X = sample_rows(X, ROWS, seed)
    labels = {k: predict_labels(X, centers) for k, centers in partitions.items()}
    n = len(X)

    def run(task: tuple[int, int]) -> tuple[Array, Array, float]:
        k, draw = task
        rng = np.random.default_rng((seed, 1, draw))  # without k: the same resample for every k
        resample = rng.integers(0, n, n)
        centers, _ = fit_kmeans(X[resample], k, (seed, 2, k, draw))
        unique = np.unique(resample)
        return compare_partitions(labels[k][unique], predict_labels(X[unique], centers), k)

    tasks = [(k, draw) for k in partitions for draw in range(resamples)]
    results: dict[int, list[tuple[Array, Array, float]]] = {k: [] for k in partitions}
    for (k, _), result in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        results[k].append(result)
    bootstraps = {}
    for k, comparisons in results.items():
        jaccard, recall, agreement = zip(*comparisons, strict=True)
        with np.errstate(all="ignore"):  # no resample may contain a tiny cluster: the mean of nothing is NaN
            means = [np.nanmean(np.stack(values), axis=0) for values in (jaccard, recall)]
        bootstraps[k] = Bootstrap(k, resamples, means[0], means[1], float(np.mean(agreement)))
    return bootstraps


def compute_prediction_strength(
    X: Array,
    ks: Iterable[int],
    seed: int,
    *,
    splits: int = 20,
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> dict[int, float]:
    """Prediction strength of each k (Tibshirani and Walther 2005), 0 to 1: above 0.8 counts as well supported.

    For each cluster of one half of the customers, the share of pairs of its members that the centers of the other half
    also put together; the minimum over clusters; the mean over splits.

    Args:
        X: (n, d); at most ROWS rows are used.
        ks: numbers of clusters.
        seed: determines sample, splits and starts.
        splits: number of random halvings.
        threads, on_progress, is_cancelled: as in `bootstrap_stability`.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    X = sample_rows(X, ROWS, seed)
    n = len(X)

    def run(task: tuple[int, int]) -> float:
        k, split = task
        order = np.random.default_rng((seed, 3, split)).permutation(n)
        first, second = X[order[: n // 2]], X[order[n // 2 :]]
        labels = predict_labels(second, fit_kmeans(second, k, (seed, 4, k, split))[0])
        predicted = predict_labels(second, fit_kmeans(first, k, (seed, 5, k, split))[0])
        shares = []
        for members in (predicted[labels == number] for number in range(k)):
            size = len(members)
            if size > 1:
                together = np.bincount(members).astype(np.float64)
                shares.append(float((together * (together - 1)).sum() / (size * (size - 1))))
        return min(shares, default=0.0)

    tasks = [(k, split) for k in ks for split in range(splits)]
    results: dict[int, list[float]] = {k: [] for k, _ in tasks}
    for (k, _), result in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        results[k].append(result)
    return {k: float(np.mean(values)) for k, values in results.items()}


def find_alternative_partition(
    X: Array,
    centers: Array,
    seed: int,
    *,
    starts: int = 60,
    threads: int | None = None,
    is_cancelled: CancelCheck | None = None,
) -> AlternativePartition | None:
    """Find the best partition of the same k that fits nearly as well and groups customers differently.

    Args:
        X: (n, d); at most 4 * ROWS rows are used.
        centers: (k, d) of the current partition.
        seed: determines sample and starts.
        starts: number of K-means runs, one k-means++ start each.
        threads, is_cancelled: as in `bootstrap_stability`.

    Returns:
        The alternative of lowest inertia; None if no other optimum has an inertia within STORY_INERTIA and an adjusted
        Rand index below STORY_AGREEMENT.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    X = sample_rows(X, 4 * ROWS, seed)
    k = len(centers)
    labels = predict_labels(X, centers)
    current = float(((X - centers[labels]) ** 2).sum())

    def run(start: int) -> tuple[Array, float]:
        return fit_kmeans(X, k, (seed, 6, k, start), starts=1)

    runs = run_cancellable(run, range(starts), threads, is_cancelled=is_cancelled)
    for _, (other, inertia) in sorted(runs, key=lambda pair: pair[1][1]):
        if inertia > current * (1 + STORY_INERTIA):
            return None
        agreement = compute_adjusted_rand(labels, predict_labels(X, other))
        if agreement < STORY_AGREEMENT:
            return AlternativePartition(other, max(inertia / current - 1, 0.0), agreement)
    return None


def sample_rows(X: Array, rows: int, seed: int) -> Array:
    """A uniform sample of at most `rows` rows, in the order of `X`."""
    if len(X) <= rows:
        return X
    return X[np.sort(np.random.default_rng((seed, 0)).choice(len(X), rows, replace=False))]


def fit_kmeans(X: Array, k: int, seed: Sequence[int], *, starts: int = STARTS) -> tuple[Array, float]:
    """K-means from a few k-means++ starts, serial in single precision: the unit of work of every resample.

    Args:
        X: (n, d).
        k: number of clusters.
        seed: entropy of the starts; one tuple per task keeps results independent of the number of threads.
        starts: number of runs, of which the best is returned.

    Returns:
        (k, d) centers, and the inertia.
    """
    from segmentation.clustering.kmeans import jit, seeding

    columns = jit.pad_features(np.ascontiguousarray(X.T, np.float32))
    seeds = np.random.SeedSequence([int(part) for part in seed]).generate_state(starts)
    inertias, centers = seeding.run_starts(columns, k, seeds, _ROUNDS)
    best = int(inertias.argmin())
    return centers[best, :, : X.shape[1]].astype(np.float64), float(inertias[best])


def run_cancellable(
    run: Callable[[Task], Result],
    tasks: Iterable[Task],
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> Iterator[tuple[Task, Result]]:
    """Run independent tasks in threads; yield each with its result, in the order of `tasks`.

    Uses a pool of its own: validation takes seconds, and would occupy the shared pool that pages wait for.

    Raises:
        ValidationCancelled: `is_cancelled`, polled before each task, returned True.
    """
    tasks = list(tasks)

    def unless_cancelled(task: Task) -> Result:
        if is_cancelled is not None and is_cancelled():
            raise ValidationCancelled
        return context.copy().run(run_in_context, task)

    def run_in_context(task: Task) -> Result:
        raise_if_cancelled()
        return run(task)

    context = copy_context()
    with ThreadPoolExecutor(threads or count_available_threads()) as pool:
        for done, (task, result) in enumerate(zip(tasks, pool.map(unless_cancelled, tasks), strict=True), start=1):
            if on_progress is not None:
                on_progress(done / len(tasks))
            yield task, result
