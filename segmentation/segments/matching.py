"""Match clusters to segments: K-means numbers are arbitrary; segment IDs, names and colors are stable across runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import ColumnError, DataError
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats
from segmentation.segments.overrides import PALETTE_SIZE

MIN_OVERLAP = 0.2
"""Minimum Jaccard index of the customers of a cluster and a previous segment for them to be the same segment, ..."""
MIN_PROXIMITY = 0.5
"""... unless the new center is at most half as far from the previous center as the nearest other previous center."""


@dataclass(frozen=True)
class Matching:
    """How the clusters of a new run continue the segments of the previous one."""

    cluster_to_segment: tuple[int, ...]
    """Index: K-means cluster; value: segment_id."""
    retained: tuple[int, ...]
    """IDs that continue a segment of the previous run, ascending; all others are new."""


def assign_initial_ids(
    customers: pd.DataFrame, labels: NDArray[np.integer], stats: ClusterStats | None = None
) -> tuple[int, ...]:
    """Number the clusters of a first run by their content, never by the K-means number.

    1 is the cluster with the highest median monetary; ties go to the lowest median recency_days, then the highest
    median frequency, then the larger cluster, then the better means in the same order, and finally the cluster with
    the lowest customer_id (or the first row, without that column).

    Args:
        customers: one row per customer, with monetary, recency_days and frequency.
        labels: the K-means cluster of each row, 0..k-1. A cluster without customers is numbered last.
        stats: statistics of these clusters; None: they are computed.

    Returns:
        Index: K-means cluster; value: segment ID 1..k.

    Raises:
        ColumnError: a required column is missing.
        DataError: `labels` and `customers` differ in length.

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

    def build_sort_key(cluster: int) -> tuple[float, ...]:
        if not stats.sizes[cluster]:
            return (1, cluster)
        return (0, *(sign * float(stats.medians[name][cluster]) for name, sign in signs.items()), -stats.sizes[cluster])

    def build_tie_break(cluster: int) -> tuple[object, ...]:
        rows = np.flatnonzero(labels == cluster)
        # Sorted, because a sum depends on the order of its terms in the last bits, and the order of rows must not.
        means = [
            sign * float(np.sort(customers[name].to_numpy(np.float64)[rows]).mean()) for name, sign in signs.items()
        ]
        return (*means, customers["customer_id"].iloc[rows].min() if "customer_id" in customers else int(rows[0]))

    keys = [build_sort_key(cluster) for cluster in range(k)]
    tie_breaks = {cluster: build_tie_break(cluster) if keys.count(keys[cluster]) > 1 else () for cluster in range(k)}
    order = sorted(range(k), key=lambda cluster: (*keys[cluster], *tie_breaks[cluster]))
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
    """Give the clusters of a retrain the IDs of the previous segments that they continue.

    Two measures rate a pair of a new cluster and a previous segment. Overlap is the Jaccard index among the customers
    of both runs: customers in both groups / customers in either. Proximity is max(0, 1 - distance / gap), where gap is
    the distance from the previous center to its nearest other previous center: 1 if the center has not moved, 0 if it
    is as far away as the next segment. Similarity is their weighted mean. The weight of overlap is half the share of
    customers who were in the previous run; without distances, similarity is overlap alone. The assignment maximizes
    total similarity (Hungarian method, `scipy.optimize.linear_sum_assignment`).

    A pair is eligible if its overlap is at least `MIN_OVERLAP` and no less than expected by chance, or if its proximity
    is at least `MIN_PROXIMITY`. Proximity alone is enough, because a segment such as new customers has different
    customers every quarter and is still the same segment. A cluster without an eligible match is new: it gets the
    next ID above all previous ones, in canonical order.

    Args:
        canonical: `assign_initial_ids` of the same rows; it makes the result independent of the K-means numbers.
        labels: the new K-means cluster of each row.
        previous_labels: the previous segment_id of each row, -1 for a customer who was not in the previous run.
        previous_ids: the segment_id of each previous center.
        previous_centers: (previous k, d), in the previous scaling; required with `distances`.
        distances: (new k, previous k) from the means of the new clusters to the previous centers, both in the previous
            scaling; None if the features differ.

    Raises:
        DataError: the labels differ in length, or distances come without centers.

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
    # Rows in canonical order, columns by ID: the assignment breaks ties by position, which must not depend on K-means.
    ids: dict[int, int] = {}
    if clusters and columns:
        similarity, possible = _compute_overlap(labels, clusters, previous_labels, previous_ids)
        if distances is not None and previous_centers is not None:
            proximity = _compute_proximity(
                np.asarray(distances)[clusters][:, columns], np.asarray(previous_centers)[columns]
            )
            # Without common customers only the centers count; overlap never outweighs them, as customers do change.
            weight = 0.5 * float(np.mean(previous_labels >= 0)) if len(labels) else 0.0
            similarity = weight * similarity + (1 - weight) * proximity
            possible |= proximity >= MIN_PROXIMITY
        # Zero rather than forbidden: the solver needs a complete assignment, and impossible pairs are dropped below.
        similarity = np.where(possible, similarity, 0.0)
        from scipy.optimize import linear_sum_assignment  # imported late: takes a second; only a retrain needs it

        for row, column in zip(*linear_sum_assignment(similarity, maximize=True), strict=True):
            if possible[row, column]:
                ids[clusters[row]] = previous_ids[column]
    retained = tuple(sorted(ids.values()))
    next_id = max(previous_ids, default=0) + 1  # not the lowest free ID, which readers may know as another segment
    for cluster in clusters:
        if cluster not in ids:
            ids[cluster] = next_id
            next_id += 1
    return Matching(tuple(ids[cluster] for cluster in range(len(canonical))), retained)


def assign_colors(ids: Iterable[int], previous: Mapping[int, int]) -> dict[int, int]:
    """Assign each segment a color index (0..11): retained IDs keep theirs, others take the lowest free one.

    Args:
        ids: segment IDs of the new run.
        previous: segment_id -> color in the previous run.

    >>> assign_colors([1, 2, 9], {2: 0, 5: 1})
    {1: 1, 2: 0, 9: 2}
    """
    segment_ids = sorted(set(ids))
    colors: dict[int, int] = {}
    for segment_id in segment_ids:
        color = previous.get(segment_id, -1)
        if 0 <= color < PALETTE_SIZE and color not in colors.values():
            colors[segment_id] = color
    for segment_id in segment_ids:
        if segment_id not in colors:
            free = [color for color in range(PALETTE_SIZE) if color not in colors.values()]
            colors[segment_id] = free[0] if free else segment_id % PALETTE_SIZE
    return {segment_id: colors[segment_id] for segment_id in segment_ids}


def _compute_overlap(
    labels: NDArray[np.integer],
    clusters: Sequence[int],
    previous_labels: NDArray[np.integer],
    previous_ids: Sequence[int],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(new k, previous k) Jaccard indexes among shared customers, and whether each makes the pair eligible.

    One bincount over pair codes builds the contingency table.
    """
    shared = previous_labels >= 0
    known_ids = np.asarray(previous_ids)
    columns = np.minimum(known_ids.searchsorted(previous_labels), len(known_ids) - 1)
    # The last column collects IDs without a center: they enlarge the new cluster but match no segment.
    columns = np.where(known_ids[columns] == previous_labels, columns, len(known_ids))
    width = len(known_ids) + 1
    pairs = labels[shared].astype(np.int64) * width + columns[shared]
    counts = np.bincount(pairs, minlength=width * (max(clusters) + 1)).reshape(-1, width)[list(clusters)]
    common = counts[:, :-1].astype(np.float64)
    new_size, old_size = counts.sum(axis=1, dtype=np.float64)[:, None], common.sum(axis=0)[None, :]
    either = new_size + old_size - common
    jaccard = np.divide(common, either, out=np.zeros_like(common), where=either > 0)
    # Two large groups overlap by chance: the number of common customers under independence must be reached, too.
    expected = new_size * old_size / max(float(shared.sum()), 1.0)
    return jaccard, (jaccard >= MIN_OVERLAP) & (common >= expected)


def _compute_proximity(distances: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """max(0, 1 - distance / gap) for each pair; 0 if there is no other previous center."""
    center_distances = np.sqrt(((centers[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2))
    np.fill_diagonal(center_distances, np.inf)
    gap = center_distances.min(axis=1)
    gap = np.where(np.isfinite(gap) & (gap > 0), gap, np.nan)  # identical centers have no gap to compare with
    proximity = 1 - distances / gap
    return np.where(np.isnan(proximity), 0.0, np.clip(proximity, 0.0, 1.0))
