"""Stability of a partition: does it reappear when customers are resampled?

Stability does not imply that groups exist: elongated unimodal data split reproducibly at the same place. Whether there
are groups is tested in `segmentation.clustering.validation.gaps`.

Above `ROWS` customers a sample is used: stability is a property of the distribution, not of individual customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from segmentation.clustering.sweep import predict_labelings, predict_labels
from segmentation.clustering.validation.agreement import Agreement, compare_partitions
from segmentation.runtime.array_types import FloatArray, Labels
from segmentation.runtime.cancellation import raise_if_cancelled
from segmentation.runtime.progress import Progress
from segmentation.runtime.thread_pool import count_available_threads

ROWS = 5_000
RESAMPLES = 100
STARTS = 8
DISSOLVED, DOUBTFUL, STABLE = 0.60, 0.75, 0.85
"""Bands of the mean Jaccard similarity (Hennig 2007): below 0.60 dissolved, up to 0.75 doubtful, up to 0.85 a pattern,
above it stable."""
DISSOLVED_IN_RESAMPLE = 0.5
"""A cluster has dissolved in a resample if its Jaccard similarity is below this."""
MIN_RELIABLE_SIZE = 50
"""Below this number of customers, the figures of a cluster are unreliable."""

Task = TypeVar("Task")
Result = TypeVar("Result")
_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Bootstrap stability of the clusters of one k."""

    k: int
    resamples: int
    sizes: FloatArray
    """(k,) customers of each cluster among those that were resampled."""
    jaccard: FloatArray
    """(k,) mean over resamples of the largest Jaccard similarity of each cluster to a bootstrap cluster (Hennig 2007);
    NaN for a cluster that no resample contains."""
    low: FloatArray
    """(k,) lower end of the 95 % interval of that mean (Student's t), which narrows with the number of resamples."""
    high: FloatArray
    """(k,) upper end."""
    dissolved: FloatArray
    """(k,) share of resamples in which a cluster dissolved."""
    recall: FloatArray
    """(k,) mean share of a cluster's customers that are in the bootstrap cluster matched to it, 0 to 1."""
    adjusted_rand: float
    """Mean adjusted Rand index of the partitions (Hubert and Arabie 1985): 1 identical, 0 as by chance."""
    centers: FloatArray
    """(resamples, k, d) bootstrap centers, each in the place of the cluster it is matched to."""

    @property
    def is_reliable(self) -> list[bool]:
        """For each cluster, whether it has enough customers for its figures to mean something."""
        reliable: list[bool] = (self.sizes >= MIN_RELIABLE_SIZE).tolist()
        return reliable


def bootstrap_stability(
    X: FloatArray,
    partitions: dict[int, FloatArray],
    seed: int,
    *,
    resamples: int = RESAMPLES,
    threads: int | None = None,
    on_progress: Progress | None = None,
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

    Raises:
        WorkCancelled: the work of this context was cancelled; checked between tasks.
    """
    X = sample_rows(X, ROWS, seed)
    labels = {k: predict_labels(X, centers) for k, centers in partitions.items()}
    n = len(X)

    def run(task: tuple[int, int]) -> tuple[Agreement, FloatArray]:
        k, draw = task
        rng = np.random.default_rng((seed, 1, draw))  # without k: the same resample for every k
        resample = rng.integers(0, n, n)
        centers, _ = fit_kmeans(X[resample], k, (seed, 2, k, draw))
        unique = np.unique(resample)
        agreement = compare_partitions(labels[k][unique], predict_labels(X[unique], centers), k)
        return agreement, centers[agreement.matched]

    tasks = [(k, draw) for k in partitions for draw in range(resamples)]
    results: dict[int, list[tuple[Agreement, FloatArray]]] = {k: [] for k in partitions}
    for (k, _), result in run_cancellable(run, tasks, threads, on_progress):
        results[k].append(result)
    return {
        k: _summarize(k, np.bincount(labels[k], minlength=k).astype(np.float64), of_k) for k, of_k in results.items()
    }


def _summarize(k: int, sizes: FloatArray, results: Sequence[tuple[Agreement, FloatArray]]) -> Bootstrap:
    from scipy.special import stdtrit

    jaccard = np.stack([agreement.jaccard for agreement, _ in results])
    drawn = ~np.isnan(jaccard)  # a resample may miss a tiny cluster
    counts = drawn.sum(axis=0).astype(np.float64)

    def average(values: FloatArray) -> FloatArray:
        sums = np.where(drawn, values, 0.0).sum(axis=0)
        averages: FloatArray = np.divide(sums, counts, out=np.full(k, np.nan), where=counts > 0)
        return averages

    mean = average(jaccard)
    freedom = np.maximum(counts - 1, 1)
    half = stdtrit(freedom, 0.975) * np.sqrt(average((jaccard - mean) ** 2) / freedom)
    return Bootstrap(
        k=k,
        resamples=len(results),
        sizes=sizes,
        jaccard=mean,
        low=np.maximum(mean - half, 0.0),
        high=np.minimum(mean + half, 1.0),
        dissolved=average((jaccard < DISSOLVED_IN_RESAMPLE).astype(np.float64)),
        recall=average(np.stack([agreement.recall for agreement, _ in results])),
        adjusted_rand=float(np.mean([agreement.adjusted_rand for agreement, _ in results])),
        centers=np.stack([centers for _, centers in results]),
    )


def compute_certainty(X: FloatArray, labels: Labels, centers: FloatArray) -> FloatArray:
    """(n,) share of resamples in which each customer keeps the cluster, 0 to 1.

    Args:
        X: (n, d) as given to `bootstrap_stability`, or other customers in the same space.
        labels: (n,) clusters of the partition.
        centers: (resamples, k, d) of `Bootstrap.centers`.
    """
    certainty: FloatArray = (predict_labelings(X, list(centers)) == labels).mean(axis=0)
    return certainty


def sample_rows(X: FloatArray, rows: int, seed: int) -> FloatArray:
    """A uniform sample of at most `rows` rows, in the order of `X`."""
    if len(X) <= rows:
        return X
    return X[np.sort(np.random.default_rng((seed, 0)).choice(len(X), rows, replace=False))]


def fit_kmeans(X: FloatArray, k: int, seed: Sequence[int], *, starts: int = STARTS) -> tuple[FloatArray, float]:
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
) -> Iterator[tuple[Task, Result]]:
    """Run independent tasks in threads; yield each with its result, in the order of `tasks`.

    Uses a separate pool: validation takes seconds and would occupy the shared pool that pages wait for.

    Raises:
        WorkCancelled: the work of this context was cancelled; checked before each task.
    """
    tasks = list(tasks)

    def copy_context_and_run(task: Task) -> Result:
        return context.copy().run(run_in_context, task)

    def run_in_context(task: Task) -> Result:
        raise_if_cancelled()
        return run(task)

    context = copy_context()
    with ThreadPoolExecutor(threads or count_available_threads()) as pool:
        for done, (task, result) in enumerate(zip(tasks, pool.map(copy_context_and_run, tasks), strict=True), start=1):
            if on_progress is not None:
                on_progress(done / len(tasks))
            yield task, result
