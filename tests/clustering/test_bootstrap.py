"""Bootstrap and alternative partitions against independent computations with scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.stats import sem, t
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering.sweep import predict_labels, sweep_k
from segmentation.clustering.validation.agreement import compare_partitions, compute_adjusted_rand
from segmentation.clustering.validation.alternatives import find_alternative_partition
from segmentation.clustering.validation.bootstrap import (
    bootstrap_stability,
    compute_certainty,
)
from segmentation.runtime.cancellation import CancelToken, WorkCancelled, cancellable
from tests.clustering.test_sweep import blobs

labeling = st.lists(st.integers(0, 3), min_size=4, max_size=60)


@given(st.data(), labeling)
def test_agreement_is_scikit_learns(data: st.DataObject, first: list[int]) -> None:
    second = data.draw(st.lists(st.integers(0, 3), min_size=len(first), max_size=len(first)))
    mine = compute_adjusted_rand(np.array(first, np.int32), np.array(second, np.int32))
    assert mine == pytest.approx(adjusted_rand_score(first, second), abs=1e-9)


@given(st.data(), labeling)
def test_jaccard_and_recall_by_sets(data: st.DataObject, first: list[int]) -> None:
    second = data.draw(st.lists(st.integers(0, 3), min_size=len(first), max_size=len(first)))
    jaccard, recall, matched, _ = compare_partitions(np.array(first, np.int32), np.array(second, np.int32), 4)
    old = [{i for i, label in enumerate(first) if label == cluster} for cluster in range(4)]
    new = [{i for i, label in enumerate(second) if label == cluster} for cluster in range(4)]
    shared = np.array([[len(a & b) for b in new] for a in old])
    rows, columns = linear_sum_assignment(-shared)
    for cluster, members in enumerate(old):
        if not members:
            assert np.isnan(jaccard[cluster])
            continue
        assert jaccard[cluster] == pytest.approx(max(len(members & b) / len(members | b) for b in new))
    assert sum(shared[cluster, matched[cluster]] for cluster in range(4)) == shared[rows, columns].sum()
    assert np.nansum(recall * [len(members) for members in old]) == pytest.approx(shared[rows, columns].sum())


def independent_bootstrap(space: np.ndarray, centers: np.ndarray, draws: int) -> tuple[np.ndarray, float]:
    """Mean Jaccard of each cluster and mean adjusted Rand index, from scikit-learn and sets, with draws of its own."""
    k = len(centers)
    labels = predict_labels(space, centers)
    jaccards, rands = [], []
    for draw in range(draws):
        drawn = np.random.default_rng(10_000 + draw).integers(0, len(space), len(space))
        model = KMeans(k, n_init=8, random_state=draw).fit(space[drawn])
        once = np.unique(drawn)
        old, new = labels[once], model.predict(space[once])
        jaccards.append(
            [max(((old == a) & (new == b)).sum() / ((old == a) | (new == b)).sum() for b in range(k)) for a in range(k)]
        )
        rands.append(adjusted_rand_score(old, new))
    return np.mean(jaccards, axis=0), float(np.mean(rands))


@pytest.mark.parametrize(("k", "overlap"), [(3, 0.5), (3, 2.0)])
def test_bootstrap_against_an_independent_one(k: int, overlap: float) -> None:
    space = blobs(700) + overlap * np.random.default_rng(0).standard_normal((700, 3))
    centers = sweep_k(space, [k], seed=0)[k].centers
    jaccard, agreement = independent_bootstrap(space, centers, 150)
    found = bootstrap_stability(space, {k: centers}, seed=0, resamples=150)[k]
    np.testing.assert_allclose(found.jaccard, jaccard, atol=0.02)
    assert found.adjusted_rand == pytest.approx(agreement, abs=0.02)


def test_clear_groups_are_found_again_and_cut_ones_are_not() -> None:
    space = blobs(900)
    fits = sweep_k(space, [3, 6], seed=0)
    found = bootstrap_stability(space, {k: fit.centers for k, fit in fits.items()}, seed=0)
    assert found[3].jaccard.min() > 0.97
    assert found[3].recall.min() > 0.97
    assert found[6].jaccard.min() < 0.75


def test_the_same_for_any_number_of_threads() -> None:
    space = blobs(300)
    centers = {3: sweep_k(space, [3], seed=0)[3].centers}
    one, two = (bootstrap_stability(space, centers, seed=4, resamples=10, threads=threads)[3] for threads in (1, 2))
    np.testing.assert_array_equal(one.jaccard, two.jaccard)


def test_bootstrap_stability_reports_progress_and_can_be_cancelled() -> None:
    shares: list[float] = []
    space = blobs(300)
    centers = {3: sweep_k(space, [3], seed=0)[3].centers}
    bootstrap_stability(space, centers, seed=0, resamples=5, on_progress=shares.append)
    assert shares == [0.2, 0.4, 0.6, 0.8, 1.0]
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(WorkCancelled):
        bootstrap_stability(space, centers, seed=0, resamples=5_000)


def test_interval_and_dissolved_share_from_the_resamples_one_by_one() -> None:
    X = blobs(300) + 2 * np.random.default_rng(0).standard_normal((300, 3))
    centers = sweep_k(X, [6], seed=0)[6].centers
    found = bootstrap_stability(X, {6: centers}, seed=0, resamples=30)[6]
    labels = predict_labels(X, centers)
    jaccard = np.zeros((30, 6))
    for draw in range(30):
        rows = np.unique(np.random.default_rng((0, 1, draw)).integers(0, 300, 300))
        old, new = labels[rows], predict_labels(X[rows], found.centers[draw])
        for a in range(6):
            jaccard[draw, a] = max(((old == a) & (new == b)).sum() / ((old == a) | (new == b)).sum() for b in range(6))
    low, high = t.interval(0.95, 29, jaccard.mean(axis=0), sem(jaccard, axis=0))
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)
    np.testing.assert_allclose(found.dissolved, (jaccard < 0.5).mean(axis=0))
    assert found.dissolved.max() > 0
    np.testing.assert_array_equal(found.sizes, np.bincount(labels))


def test_certainty_is_low_near_a_border_and_high_in_the_middle() -> None:
    X = np.random.default_rng(0).standard_normal((800, 2)) * [3, 1]
    centers = sweep_k(X, [2], seed=0)[2].centers
    found = bootstrap_stability(X, {2: centers}, seed=0)[2]
    certainty = compute_certainty(X, predict_labels(X, centers), found.centers)
    assert certainty.shape == (800,)
    distance = np.abs(X @ (centers[1] - centers[0]) - (centers[1] @ centers[1] - centers[0] @ centers[0]) / 2)
    order = np.argsort(distance)
    assert certainty[order[:20]].mean() < 0.9
    assert (certainty[order[-200:]] == 1).all()


def test_find_alternative_partition_on_data_with_two() -> None:
    rng = np.random.default_rng(3)
    half = rng.uniform(-1, 1, (2_000, 2))
    square = np.vstack([half, half[:, ::-1]])  # split in two horizontally or vertically, equally well
    centers = sweep_k(square, [2], seed=0)[2].centers
    alternative = find_alternative_partition(square, centers, seed=0)
    assert alternative is not None
    assert alternative.agreement < 0.1
    assert 0 <= alternative.inertia_above <= 0.005
    clear = blobs(1_000)
    assert find_alternative_partition(clear, sweep_k(clear, [3], seed=0)[3].centers, seed=0) is None
