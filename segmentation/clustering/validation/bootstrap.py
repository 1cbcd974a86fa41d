"""Would we find the same segments again? Bootstrap, prediction strength, and other partitions that fit as well.

Finding them again shows that the cut repeats. It does not show that groups are real: a cloud without groups, longer
than wide, is cut in two at the same place every time. That question is `segmentation.clustering.validation.null_models`'s.

Large data are judged on a sample of `ROWS` customers: what is asked is a property of the distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentation.clustering.sweep import Array, Labels, predict_labels
from segmentation.runtime.cancellation import WorkCancelled, raise_if_cancelled
from segmentation.runtime.thread_pool import count_available_threads

ROWS = 5_000
STARTS = 8
DISSOLVED, DOUBTFUL, STABLE = 0.60, 0.75, 0.85
"""Bands of the mean Jaccard similarity (Hennig 2007): below 0.60 dissolved, up to 0.75 doubtful, up to 0.85 a pattern,
above it stable."""
STORY_INERTIA, STORY_AGREEMENT = 0.005, 0.8
"""Another partition tells another story: inertia within 0.5 %, agreement (adjusted Rand index) below 0.8."""

Progress = Callable[[float], None]
CancelCheck = Callable[[], bool]
Task = TypeVar("Task")
Result = TypeVar("Result")
_ROUNDS = 100


class ValidationCancelled(WorkCancelled):
    """`cancelled` said so."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """How well the clusters of one k are found again when customers are drawn again."""

    k: int
    resamples: int
    jaccard: Array
    """(k,) mean over resamples of the largest Jaccard similarity of each cluster to a new one (Hennig 2007)."""
    recall: Array
    """(k,) mean share of a cluster's customers that fall into the new cluster matched to it."""
    adjusted_rand: float
    """Mean agreement of the whole partition (Hubert and Arabie 1985): 1 the same, 0 as by chance."""


@dataclass(frozen=True, eq=False)
class AlternativePartition:
    """A partition other than the one shown that fits nearly as well."""

    centers: Array
    inertia_above: float
    """How much higher its inertia is, as a share."""
    agreement: float
    """Adjusted Rand index with the partition shown."""


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
    """Draw the customers again, with replacement, and cluster them anew: for every k in `partitions`.

    Clusters are compared on the customers that were drawn, each counted once.

    Args:
        X: (n, d) as given to `sweep`.
        partitions: k -> centers of the partition to judge.
        seed: decides the draws.
        resamples: how many draws; the same for every k.

    Raises:
        Stopped: `is_cancelled` said so.
    """
    X = sample_rows(X, ROWS, seed)
    labels = {k: predict_labels(X, centers) for k, centers in partitions.items()}
    n = len(X)

    def run(task: tuple[int, int]) -> tuple[Array, Array, float]:
        k, draw = task
        rng = np.random.default_rng((seed, 1, draw))  # the same customers for every k
        drawn = rng.integers(0, n, n)
        centers, _ = fit_kmeans(X[drawn], k, (seed, 2, k, draw))
        once = np.unique(drawn)
        return compare_partitions(labels[k][once], predict_labels(X[once], centers), k)

    tasks = [(k, draw) for k in partitions for draw in range(resamples)]
    found: dict[int, list[tuple[Array, Array, float]]] = {k: [] for k in partitions}
    for (k, _), result in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        found[k].append(result)
    judged = {}
    for k, results in found.items():
        jaccard, recall, agreement = zip(*results, strict=True)
        with np.errstate(all="ignore"):  # a tiny cluster may not be drawn at all
            means = [np.nanmean(np.stack(values), axis=0) for values in (jaccard, recall)]
        judged[k] = Bootstrap(k, resamples, means[0], means[1], float(np.mean(agreement)))
    return judged


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
    """How well the clusters of one half of the customers predict those of the other (Tibshirani and Walther 2005).

    For each cluster of the second half, the share of pairs of its members that the centers of the first half put
    together as well; the least of these over the clusters; the mean over splits. Above 0.8 is taken as well supported.
    """
    X = sample_rows(X, ROWS, seed)
    n = len(X)

    def run(task: tuple[int, int]) -> float:
        k, split = task
        order = np.random.default_rng((seed, 3, split)).permutation(n)
        first, second = X[order[: n // 2]], X[order[n // 2 :]]
        own = predict_labels(second, fit_kmeans(second, k, (seed, 4, k, split))[0])
        foretold = predict_labels(second, fit_kmeans(first, k, (seed, 5, k, split))[0])
        shares = []
        for members in (foretold[own == number] for number in range(k)):
            size = len(members)
            if size > 1:
                together = np.bincount(members).astype(np.float64)
                shares.append(float((together * (together - 1)).sum() / (size * (size - 1))))
        return min(shares, default=0.0)

    tasks = [(k, split) for k in ks for split in range(splits)]
    found: dict[int, list[float]] = {k: [] for k, _ in tasks}
    for (k, _), result in run_cancellable(run, tasks, threads, on_progress, is_cancelled):
        found[k].append(result)
    return {k: float(np.mean(values)) for k, values in found.items()}


def find_alternative_partition(
    X: Array,
    centers: Array,
    seed: int,
    *,
    starts: int = 60,
    threads: int | None = None,
    cancelled: CancelCheck | None = None,
) -> AlternativePartition | None:
    """The best partition of the same k that fits nearly as well and yet puts customers together differently.

    None where no other optimum is within STORY_INERTIA and agrees by less than STORY_AGREEMENT.

    Raises:
        Stopped: `cancelled` said so.
    """
    X = sample_rows(X, 4 * ROWS, seed)
    k = len(centers)
    labels = predict_labels(X, centers)
    here = float(((X - centers[labels]) ** 2).sum())

    def run(start: int) -> tuple[Array, float]:
        return fit_kmeans(X, k, (seed, 6, k, start), starts=1)

    found = run_cancellable(run, range(starts), threads, cancelled=cancelled)
    for _, (other, inertia) in sorted(found, key=lambda pair: pair[1][1]):
        if inertia > here * (1 + STORY_INERTIA):
            return None
        agreement = compute_adjusted_rand(labels, predict_labels(X, other))
        if agreement < STORY_AGREEMENT:
            return AlternativePartition(other, max(inertia / here - 1, 0.0), agreement)
    return None


def compare_partitions(first: Labels, second: Labels, k: int) -> tuple[Array, Array, float]:
    """Jaccard and recall of each earlier cluster (NaN where it has nobody), and the adjusted Rand index.

    >>> jaccard, recall, agreement = compare_partitions(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    >>> jaccard.round(2).tolist(), recall.round(2).tolist(), round(agreement, 2)
    ([0.67, 0.5], [0.67, 1.0], 0.0)
    """
    table = build_contingency_table(first, second, k)
    sizes, later_sizes = table.sum(axis=1), table.sum(axis=0)
    either = sizes[:, None] + later_sizes[None, :] - table
    with np.errstate(invalid="ignore", divide="ignore"):
        jaccard = np.where(sizes > 0, (table / np.where(either > 0, either, 1)).max(axis=1), np.nan)
        rows, columns = linear_sum_assignment(table, maximize=True)
        recall = np.where(sizes > 0, table[rows, columns] / np.where(sizes > 0, sizes, 1), np.nan)
    return jaccard, recall, _adjusted_rand_index(table)


def compute_adjusted_rand(first: Labels, second: Labels) -> float:
    """Agreement of two partitions, corrected for chance (Hubert and Arabie 1985)."""
    return _adjusted_rand_index(build_contingency_table(first, second, int(max(first.max(), second.max())) + 1))


def build_contingency_table(first: Labels, second: Labels, k: int) -> Array:
    """(k, k) customers in each pair of clusters."""
    return np.bincount(first.astype(np.int64) * k + second, minlength=k * k).reshape(k, k).astype(np.float64)


def sample_rows(X: Array, rows: int, seed: int) -> Array:
    """A uniform sample in the order of `X`; all of it where it has no more than `rows`."""
    if len(X) <= rows:
        return X
    return X[np.sort(np.random.default_rng((seed, 0)).choice(len(X), rows, replace=False))]


def fit_kmeans(X: Array, k: int, seed: Sequence[int], *, starts: int = STARTS) -> tuple[Array, float]:
    """Centers and inertia of K-means from a few starts, serial: the unit of work of every resample."""
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
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
) -> Iterator[tuple[Task, Result]]:
    """Results in the order of `tasks`, which are independent; `cancelled` is asked before each.

    In threads of its own: it takes seconds, for which the helpers of `shared` would be missed by who waits for a page.

    Raises:
        Stopped: `cancelled` said so.
    """
    tasks = list(tasks)

    def unless_cancelled(task: Task) -> Result:
        if cancelled is not None and cancelled():
            raise ValidationCancelled
        return context.copy().run(checked, task)

    def checked(task: Task) -> Result:
        raise_if_cancelled()
        return run(task)

    context = copy_context()
    with ThreadPoolExecutor(threads or count_available_threads()) as pool:
        for done, (task, result) in enumerate(zip(tasks, pool.map(unless_cancelled, tasks), strict=True), start=1):
            if progress is not None:
                progress(done / len(tasks))
            yield task, result


def _adjusted_rand_index(table: Array) -> float:
    def pairs(counts: Array) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    everything = pairs(table.sum(keepdims=True).ravel())
    by_chance = rows * columns / everything if everything else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)
