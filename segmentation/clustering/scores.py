"""Scores of each k: inertia, silhouette, Calinski-Harabasz, Davies-Bouldin, and distances within and between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering import cluster_sums
from segmentation.clustering.silhouette import compute_silhouettes
from segmentation.clustering.sweep import KMeansFit, to_feature_major
from segmentation.runtime.array_types import FloatArray
from segmentation.runtime.progress import Progress


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of every k."""

    by_k: pd.DataFrame
    """One row per k: k, inertia, silhouette_score, silhouette_low, silhouette_high (95 % interval; equal to the score
    if it is exact), calinski_harabasz_score, davies_bouldin_score, smallest_segment (customers),
    mean_distance_within, mean_distance_between."""
    silhouette_by_cluster: Mapping[int, FloatArray]
    """k -> (k,) mean silhouette of each cluster."""
    silhouette_half_width_by_cluster: Mapping[int, FloatArray]
    """k -> (k,) half the width of its 95 % interval; 0 if it is exact."""
    silhouette_sample: int | None
    """Number of customers from whom the silhouette was estimated; None if it is exact."""


def compute_scores(
    X: FloatArray,
    fits: Mapping[int, KMeansFit],
    seed: int,
    *,
    threads: int | None = None,
    on_progress: Progress | None = None,
) -> Scores:
    """Score every fit.

    Args:
        X: (n, d) as passed to `sweep_k`.
        fits: the result of `sweep_k`.
        seed: determines the sample if the silhouette is estimated.
        threads: as in `sweep_k`.
        on_progress: called with the completed share, 0 to 1.
    """
    ks = sorted(fits)
    labels = np.stack([fits[k].labels for k in ks]).astype(np.uint8, copy=False)
    columns = to_feature_major(X)
    sums = cluster_sums.compute_cluster_sums(columns, labels, threads)
    within_sums = cluster_sums.compute_within_cluster_sums(columns, labels, sums, threads)
    silhouette = compute_silhouettes(
        X, labels, seed, threads=threads, on_progress=on_progress, sums=sums, within_sums=within_sums
    )
    table = [
        {
            "k": k,
            "inertia": fits[k].inertia,
            "silhouette_score": silhouette.mean[row],
            "silhouette_low": silhouette.mean[row] - silhouette.half_width[row],
            "silhouette_high": silhouette.mean[row] + silhouette.half_width[row],
            **_compute_closed_forms(sums, within_sums, row),
        }
        for row, k in enumerate(ks)
    ]
    by_cluster = {k: silhouette.by_cluster[row][:k] for row, k in enumerate(ks)}
    half_width = {k: silhouette.half_width_by_cluster[row][:k] for row, k in enumerate(ks)}
    return Scores(pd.DataFrame(table), by_cluster, half_width, silhouette.sample)


def _compute_closed_forms(
    sums: cluster_sums.ClusterSums, within_sums: cluster_sums.WithinClusterSums, row: int
) -> dict[str, float]:
    """Scores of one labeling that follow from its sums, without another pass over the customers.

    Calinski-Harabasz (1974): (between / (k - 1)) / (within / (n - k)), where between and within are sums of squares.
    Davies-Bouldin (1979): mean over clusters of the largest (s_i + s_j) / d_ij, where s is the mean distance to the
    center and d the distance between centers. As in scikit-learn, the center of a cluster is its mean.
    """
    clusters = slice(sums.first[row], sums.first[row + 1])
    sizes, centers, distances = sums.sizes[clusters], sums.means[clusters], within_sums.distances[clusters]
    n, k = int(sizes.sum()), len(sizes)
    within = float(within_sums.squares[clusters].sum())
    overall = (sizes[:, None] * centers).sum(axis=0) / n
    between = float((sizes[:, None] * (centers - overall) ** 2).sum())
    mean_distance = distances / np.maximum(sizes, 1)
    center_distances = np.sqrt(((centers[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2))
    pairs = center_distances[np.triu_indices(k, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        similarity = (mean_distance[:, None] + mean_distance[None, :]) / center_distances
    np.fill_diagonal(similarity, 0)
    return {
        "calinski_harabasz_score": between * (n - k) / (within * (k - 1)) if within > 0 else float("nan"),
        "davies_bouldin_score": float(similarity.max(axis=1).mean()),
        "smallest_segment": int(sizes.min()),
        "mean_distance_within": float(distances.sum() / n),
        "mean_distance_between": float(pairs.mean()),
    }
