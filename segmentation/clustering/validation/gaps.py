"""Separate groups: does a gap separate neighboring segments, or do they overlap?

K-means partitions any data. Two segments are separate groups only if fewer customers lie between them than on either
side. For each pair, the customers in a convex region around both centers are projected on the line between them and
tested for unimodality: in a convex region, a log-concave density, such as the normal, stays unimodal. Single features
are tested too: where other features are noise, a gap on one axis is hidden from segments.

Equal values, such as counts and days, would look like modes: the caller spreads them over the interval that was rounded
to them (`segmentation.features.rounding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from segmentation.clustering.validation.bootstrap import sample_rows
from segmentation.clustering.validation.valley import (
    MIN_DEPTH,
    MIN_SIDE,
    SIGNIFICANCE_LEVEL,
    Valley,
    find_gaps,
    measure_valley,
)
from segmentation.runtime.array_types import FloatArray

ROWS = 20_000
"""At most this many customers are used, of whom at most PAIR_ROWS for one test."""
PAIR_ROWS = 5_000


@dataclass(frozen=True)
class Border:
    """The border between two neighboring clusters of one k."""

    cluster_a: int
    cluster_b: int
    gap: bool
    """Whether it is a gap; False if a chain of gradual borders leads around it, because then it separates nothing."""
    p_value: float
    valley_depth: float
    """0 (no valley) to 1 (nobody in between); see `Valley.depth`."""


@dataclass(frozen=True, eq=False)
class GapAnalysis:
    """Gaps between the clusters of every k, and on single features."""

    borders: Mapping[int, tuple[Border, ...]]
    """k -> each pair of neighboring clusters that could be tested."""
    feature_gaps: tuple[int, ...]
    """Positions of the features on which a gap separates customers."""
    separate_groups: int
    """Number of separate groups; 1 means that customers form a continuum."""


def find_separate_groups(X: FloatArray, centers: Mapping[int, FloatArray], seed: int) -> GapAnalysis:
    """Test every pair of neighboring clusters and every feature for a gap, and count the separate groups.

    A k above the number of groups divides a group, so the pairs inside it have gradual borders. Clusters joined by a
    gradual border are merged; the number of groups is the largest number of clusters left at any k, or of the parts
    into which gaps on single features divide the customers.

    Args:
        X: (n, d) scaled features, without repeated values.
        centers: k -> (k, d).
        seed: determines the samples.
    """
    X = sample_rows(X, ROWS, seed)
    few = sample_rows(X, PAIR_ROWS, seed)
    of_features = [measure_valley(column) for column in few.T]
    borders = {}
    for k, of_k in centers.items():
        neighbors = list(_project_neighbors(X, of_k))
        valleys = [measure_valley(sample_rows(along, PAIR_ROWS, seed)) for _, _, along in neighbors]
        gaps = find_gaps([*valleys, *of_features])[: len(valleys)]
        merged = [(a, b) for (a, b, _), gap in zip(neighbors, gaps, strict=True) if not gap]
        component = _find_components(k, merged)
        borders[k] = tuple(
            Border(a, b, gap and component[a] != component[b], valley.p_value, valley.depth)
            for (a, b, _), gap, valley in zip(neighbors, gaps, valleys, strict=True)
        )
    feature_gaps = tuple(np.flatnonzero(find_gaps(of_features)).tolist())
    groups = max((_count_unmerged(of_k, k) for k, of_k in borders.items()), default=1)
    if feature_gaps:
        groups = max(groups, count_parts(few), 2)
    return GapAnalysis(borders, feature_gaps, groups)


def _project_neighbors(X: FloatArray, centers: FloatArray) -> Iterator[tuple[int, int, FloatArray]]:
    """Each pair of neighboring clusters, with the customers around their border projected on the line between them.

    Clusters are neighbors if no other center is closer to the middle between theirs (Gabriel graph). Around the line
    between the two centers, a half-space keeps out each other cluster: the points that are closer to its center than to
    the point of the line nearest to it. Their intersection is convex and holds all customers of two clusters that
    are separate, which the customers with these two nearest centers would not.
    """
    for a, b in combinations(range(len(centers)), 2):
        start, line = centers[a], centers[b] - centers[a]
        others = np.delete(centers, [a, b], axis=0)
        length = line @ line
        if (((others - (start + line / 2)) ** 2).sum(axis=1) < length / 4).any():
            continue
        nearest = start + np.clip((others - start) @ line / length, 0, 1)[:, None] * line
        inside = X
        for center, point in zip(others, nearest, strict=True):
            normal = center - point
            inside = inside[inside @ normal <= (center + point) / 2 @ normal]
        along = (inside - start) @ line / length
        near_b = int((along > 0.5).sum())
        if min(near_b, len(along) - near_b) >= MIN_SIDE:
            yield a, b, along


def _count_unmerged(borders: Sequence[Border], k: int) -> int:
    """Number of clusters after merging those with a gradual border, counting only those next to a gap."""
    component = _find_components(k, [(border.cluster_a, border.cluster_b) for border in borders if not border.gap])
    separate = {
        component[cluster] for border in borders if border.gap for cluster in (border.cluster_a, border.cluster_b)
    }
    return max(len(separate), 1)


def count_parts(X: FloatArray) -> int:
    """Number of parts into which gaps on single features divide the customers (n, d).

    The part is divided at the deepest valley, and each half again, as long as there is a gap: a box cut from a
    log-concave density stays unimodal on every feature. Parts of one group that a cut has divided are merged again if
    there is no gap between them.
    """
    waiting, parts = [X], []
    while waiting:
        part = waiting.pop()
        valleys = [measure_valley(column) for column in part.T]
        cuts = []
        for feature, valley in enumerate(valleys):
            upper = part[:, feature] > valley.position
            if _is_gap(valley, len(valleys)) and min(upper.sum(), (~upper).sum()) >= MIN_SIDE:
                cuts.append((valley.depth, feature, upper))
        if cuts:
            upper = max(cuts, key=lambda cut: cut[:2])[2]
            waiting += [part[upper], part[~upper]]
        else:
            parts.append(part)
    merged = []
    for a, first in enumerate(parts):
        for b, second in enumerate(parts[:a]):
            both = np.vstack([first, second]) @ (second.mean(axis=0) - first.mean(axis=0))
            if not _is_gap(measure_valley(both), 1):
                merged.append((a, b))
    return len(set(_find_components(len(parts), merged)))


def _is_gap(valley: Valley, tests: int) -> bool:
    return valley.p_value <= SIGNIFICANCE_LEVEL / tests and valley.depth >= MIN_DEPTH


def _find_components(size: int, edges: list[tuple[int, int]]) -> list[int]:
    """The connected component of each of `size` nodes."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.array(edges, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(edges)), (rows, columns)), (size, size))
    components: list[int] = connected_components(graph, directed=False)[1].tolist()
    return components
