"""Scores against scikit-learn, and the confidence interval of the estimated silhouette."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from segmentation.clustering import silhouette as silhouette_module
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.silhouette import (
    compute_exact_silhouettes,
    compute_silhouettes,
    group_by_label_combination,
)
from segmentation.clustering.sweep import KMeansFit, sweep_k
from tests.clustering.test_sweep import blobs


def test_compute_scores_equals_sklearn() -> None:
    space = blobs(1_200)
    fits = sweep_k(space, range(2, 8), seed=0)
    result = compute_scores(space, fits, seed=0)
    assert result.silhouette_sample is None
    for row in result.by_k.itertuples():
        labels = fits[row.k].labels
        assert row.silhouette_score == pytest.approx(metrics.silhouette_score(space, labels), abs=1e-10)
        assert row.silhouette_low == row.silhouette_high == row.silhouette_score
        assert row.calinski_harabasz_score == pytest.approx(metrics.calinski_harabasz_score(space, labels), rel=1e-10)
        assert row.davies_bouldin_score == pytest.approx(metrics.davies_bouldin_score(space, labels), rel=1e-10)
        assert row.smallest_segment == np.bincount(labels).min()
        each = metrics.silhouette_samples(space, labels)
        np.testing.assert_allclose(
            result.silhouette_by_cluster[row.k], [each[labels == c].mean() for c in range(row.k)], atol=1e-10
        )


def test_compute_scores_distances_by_hand() -> None:
    space = np.array([[0.0, 0], [0, 2], [10, 0], [10, 4]])
    fit = KMeansFit(2, np.array([[0.0, 1], [10, 2]]), np.array([0, 0, 1, 1], np.int32), 10.0)
    row = compute_scores(space, {2: fit}, seed=0).by_k.iloc[0]
    assert row["mean_distance_within"] == 1.5  # 1, 1, 2, 2
    assert row["mean_distance_between"] == pytest.approx(np.sqrt(101))
    assert row["davies_bouldin_score"] == pytest.approx(3 / np.sqrt(101))


def test_silhouette_of_singleton_is_zero() -> None:
    space = np.array([[0.0], [1.0], [9.0]])
    assert compute_exact_silhouettes(space, np.array([[0, 0, 1]], np.int32))[0].tolist() == [8 / 9, 7 / 8, 0.0]


def test_compute_scores_independent_of_threads() -> None:
    space = blobs(2_000)
    labels = np.stack([fit.labels for fit in sweep_k(space, range(2, 6), seed=0).values()])
    np.testing.assert_array_equal(
        compute_exact_silhouettes(space, labels, threads=1), compute_exact_silhouettes(space, labels, threads=2)
    )


def test_group_by_label_combination() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, (3, 500)).astype(np.int32)
    order, start = group_by_label_combination(labels)
    cells = np.repeat(np.arange(len(start) - 1), np.diff(start))[np.argsort(order)]
    _, expected = np.unique(labels.T, axis=0, return_inverse=True)
    pairs = set(zip(cells.tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == cells.max() + 1 == expected.max() + 1


def test_silhouette_interval_covers_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,200 draws on three data sets, each for three ks, for all customers and for each cluster."""
    rng = np.random.default_rng(1)
    skewed = np.log1p(rng.lognormal([3, 1, 5], [1, 0.6, 1.2], (6_000, 3)))
    covered, of_clusters = 0, []
    for space in (blobs(6_000), blobs(6_000) + 3 * rng.standard_normal((6_000, 3)), skewed):
        labels = np.stack([fit.labels for fit in sweep_k(space, [3, 5, 8], seed=0).values()])
        exact = compute_silhouettes(space, labels, seed=0)
        assert exact.sample is None
        with monkeypatch.context() as patched:
            patched.setattr(silhouette_module, "MAX_EXACT_ROWS", 1_000)
            patched.setattr(silhouette_module, "SAMPLE_ROWS", 300)
            patched.setattr(silhouette_module, "MIN_CLUSTER_ROWS", 60)
            for seed in range(400):
                estimate = compute_silhouettes(space, labels, seed=seed)
                covered += int((np.abs(estimate.mean - exact.mean) <= estimate.half_width).sum())
                known = np.isfinite(exact.by_cluster)
                errors = np.abs(estimate.by_cluster - exact.by_cluster)[known]
                of_clusters.append(float(np.mean(errors <= estimate.half_width_by_cluster[known])))
            assert 480 <= (estimate.sample or 0) <= 1_000
            np.testing.assert_allclose(estimate.by_cluster, exact.by_cluster, atol=0.12)
    assert 0.93 <= covered / 3_600 <= 0.97
    assert 0.93 <= np.mean(of_clusters) <= 0.97


def test_silhouette_of_small_cluster_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    space = np.vstack([blobs(3_000), [[90.0, 90, 90], [91, 90, 90]]])
    labels = np.stack([fit.labels for fit in sweep_k(space, [4], seed=0).values()])
    exact = compute_silhouettes(space, labels, seed=0)
    monkeypatch.setattr(silhouette_module, "MAX_EXACT_ROWS", 1_000)
    monkeypatch.setattr(silhouette_module, "SAMPLE_ROWS", 300)
    estimate = compute_silhouettes(space, labels, seed=0)
    assert np.isfinite(estimate.by_cluster).all()
    pair = int(np.bincount(labels[0]).argmin())
    assert estimate.by_cluster[0, pair] == pytest.approx(exact.by_cluster[0, pair], abs=1e-12)
    assert estimate.half_width_by_cluster[0, pair] == 0
    assert abs(estimate.mean[0] - exact.mean[0]) < 0.02
