"""Which segment a cluster is: K-means numbers are arbitrary, segment ids, names and colors are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import ColumnError, DataError
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats

MIN_OVERLAP = 0.2
"""A pair is the same segment when at least a fifth of the customers of either are in both (Jaccard), ..."""
MIN_PROXIMITY = 0.5
"""... or when the new center is at most half as far from the old center as the next old center is."""
COLORS = 12


@dataclass(frozen=True)
class Matching:
    """How the clusters of a new run continue the segments of an earlier one."""

    cluster_to_segment: tuple[int, ...]
    """Index: K-means cluster; value: segment_id."""
    retained: tuple[int, ...]
    """The ids that go on from the earlier run, ascending; every other id is new."""


def assign_initial_ids(
    customers: pd.DataFrame, labels: NDArray[np.integer], stats: ClusterStats | None = None
) -> tuple[int, ...]:
    """Number the clusters of a first run by what is in them, never by the K-means number.

    1 is the cluster with the highest median monetary; ties go to the lowest median recency_days, then the highest
    median frequency, then the larger one, then the one with the lower means in the same order, and at last the one
    that holds the lowest customer_id (the first row, without that column).

    Args:
        customers: one row per customer, with monetary, recency_days and frequency.
        labels: the K-means cluster of each row, 0..k-1. A cluster without customers is numbered last.
        stats: the figures of these clusters; None: they are worked out.

    Returns:
        Index: K-means cluster; value: segment id 1..k.

    >>> people = pd.DataFrame({"monetary": [5.0, 90.0, 5.0], "recency_days": [9.0, 3.0, 2.0], "frequency": [1.0] * 3})
    >>> assign_initial_ids(people, np.array([0, 2, 1]))
    (3, 2, 1)
    """
    missing = [name for name in ("monetary", "recency_days", "frequency") if name not in customers.columns]
    if missing:
        raise ColumnError(f"The customers have no column {', '.join(missing)}.")
    if len(labels) != len(customers):
        raise DataError(f"There are {len(labels):,} labels for {len(customers):,} customers.")
    signs = {"monetary": -1.0, "recency_days": 1.0, "frequency": -1.0}
    stats = stats or compute_cluster_stats(customers, [labels], list(signs))[0]
    k = len(stats.sizes)

    def key(cluster: int) -> tuple[float, ...]:
        if not stats.sizes[cluster]:
            return (1, cluster)
        return (0, *(sign * float(stats.medians[name][cluster]) for name, sign in signs.items()), -stats.sizes[cluster])

    def tie_break(cluster: int) -> tuple[object, ...]:
        rows = np.flatnonzero(labels == cluster)
        # sorted first: the sum of the same numbers in another order differs in the last bits
        means = [
            sign * float(np.sort(customers[name].to_numpy(np.float64)[rows]).mean()) for name, sign in signs.items()
        ]
        return (*means, customers["customer_id"].iloc[rows].min() if "customer_id" in customers else int(rows[0]))

    keys = [key(cluster) for cluster in range(k)]
    seldom = {cluster: tie_break(cluster) if keys.count(keys[cluster]) > 1 else () for cluster in range(k)}
    order = sorted(range(k), key=lambda cluster: (*keys[cluster], *seldom[cluster]))
    ids = [0] * k
    for number, cluster in enumerate(order, start=1):
        ids[cluster] = number
    return tuple(ids)


def match_segments(
    canonical: Sequence[int],
    labels: NDArray[np.integer],
    previous_labels: NDArray[np.integer],
    previous_ids: Sequence[int],
    previous_centers: NDArray[np.float64] | None = None,
    distances: NDArray[np.float64] | None = None,
) -> Matching:
    """Give the clusters of a retrain the ids of the earlier segments that they continue.

    Two things speak for a pair of a new cluster and an earlier segment. The overlap is the Jaccard index among the
    customers of both runs: those in both groups / those in either. The closeness is 1 - distance / gap, not below 0,
    where gap is the distance from the earlier center to its nearest neighbor: 1 where the center has not moved, 0
    where it is as far away as the next segment. The likeness is their mean, in which the overlap weighs half if every
    customer is known from the earlier run, and less in proportion if fewer are (nothing if none is); without
    distances it is the overlap alone. The pairs with the highest total likeness are chosen
    (`scipy.optimize.linear_sum_assignment`).

    A pair is possible when its overlap is at least `MIN_OVERLAP` and no less than chance would give, or when its
    closeness is at least `MIN_PROXIMITY`. Closeness alone is enough because a segment such as new customers has other
    people in it every quarter and is still the same segment. A cluster without a possible partner is new: it
    gets the next id above all earlier ones, in canonical order.

    Args:
        canonical: `assign_initial_ids` of the same rows; it makes the result independent of the K-means numbers.
        labels: the new K-means cluster of each row.
        previous_labels: the earlier segment_id of each row, -1 for a customer who was not in the earlier run.
        previous_ids: the segment_id of each earlier center.
        previous_centers: (k earlier, features), in the earlier scaling; needed with `distances`.
        distances: (k new, k earlier) from the new clusters' means to the earlier centers, both in the earlier
            scaling; None where the features are not the same.

    >>> match_segments((1, 2), np.array([0, 0, 1, 1]), np.array([7, 7, 3, -1]), (3, 7))
    Matching(cluster_to_segment=(7, 3), retained=(3, 7))
    >>> match_segments((3, 1, 2), np.array([0, 0, 1, 2]), np.array([1, 1, 2, -1]), (1, 2))
    Matching(cluster_to_segment=(1, 2, 3), retained=(1, 2))
    """
    if len(labels) != len(previous_labels):
        raise DataError(f"There are {len(previous_labels):,} earlier ids for {len(labels):,} customers.")
    if distances is not None and previous_centers is None:
        raise DataError("Distances to the earlier centers say nothing without the centers.")
    clusters = sorted(range(len(canonical)), key=lambda cluster: canonical[cluster])
    columns = sorted(range(len(previous_ids)), key=lambda column: previous_ids[column])
    previous_ids = [int(previous_ids[column]) for column in columns]
    ids: dict[int, int] = {}
    if clusters and columns:
        likeness, possible = _overlap(labels, clusters, previous_labels, previous_ids)
        if distances is not None and previous_centers is not None:
            closeness = _closeness(np.asarray(distances)[clusters][:, columns], np.asarray(previous_centers)[columns])
            weight = 0.5 * float(np.mean(previous_labels >= 0)) if len(labels) else 0.0
            likeness = weight * likeness + (1 - weight) * closeness
            possible |= closeness >= MIN_PROXIMITY
        likeness = np.where(possible, likeness, 0.0)
        from scipy.optimize import linear_sum_assignment  # takes a second, and only a retrain needs it

        for row, column in zip(*linear_sum_assignment(likeness, maximize=True), strict=True):
            if possible[row, column]:
                ids[clusters[row]] = previous_ids[column]
    kept = tuple(sorted(ids.values()))
    following = max(previous_ids, default=0) + 1
    for cluster in clusters:
        if cluster not in ids:
            ids[cluster] = following
            following += 1
    return Matching(tuple(ids[cluster] for cluster in range(len(canonical))), kept)


def assign_colors(ids: Iterable[int], previous: Mapping[int, int]) -> dict[int, int]:
    """Give each segment a color index (0..11): kept ids keep theirs, others take the lowest free one.

    >>> assign_colors([1, 2, 9], {2: 0, 5: 1})
    {1: 1, 2: 0, 9: 2}
    """
    wanted = sorted(set(ids))
    colors: dict[int, int] = {}
    for number in wanted:
        color = previous.get(number, -1)
        if 0 <= color < COLORS and color not in colors.values():
            colors[number] = color
    for number in wanted:
        if number not in colors:
            free = [color for color in range(COLORS) if color not in colors.values()]
            colors[number] = free[0] if free else number % COLORS
    return {number: colors[number] for number in wanted}


def _overlap(
    labels: NDArray[np.integer],
    clusters: Sequence[int],
    earlier_labels: NDArray[np.integer],
    earlier_ids: Sequence[int],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Jaccard index of each pair among shared customers, and whether it is enough to be the same segment."""
    shared = earlier_labels >= 0
    known = np.asarray(earlier_ids)
    place = np.minimum(known.searchsorted(earlier_labels), len(known) - 1)
    place = np.where(known[place] == earlier_labels, place, len(known))  # the last column: of no earlier segment
    width = len(known) + 1
    pairs = labels[shared].astype(np.int64) * width + place[shared]
    every = np.bincount(pairs, minlength=width * (max(clusters) + 1)).reshape(-1, width)[list(clusters)]
    both = every[:, :-1].astype(np.float64)
    new_size, old_size = every.sum(axis=1, dtype=np.float64)[:, None], both.sum(axis=0)[None, :]
    either = new_size + old_size - both
    jaccard = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    by_chance = new_size * old_size / max(float(shared.sum()), 1.0)
    return jaccard, (jaccard >= MIN_OVERLAP) & (both >= by_chance)


def _closeness(distances: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where a new center lies on an earlier one, 0 from the distance of that one's nearest neighbor on."""
    apart = np.sqrt(((centers[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    gap = apart.min(axis=1)
    gap = np.where(np.isfinite(gap) & (gap > 0), gap, np.nan)
    closeness = 1 - distances / gap
    return np.where(np.isnan(closeness), 0.0, np.clip(closeness, 0.0, 1.0))
