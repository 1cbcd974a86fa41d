"""K-means for every k: quality against scikit-learn, determinism, and edge cases."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.clustering import sweep as sweep_module
from segmentation.clustering.kmeans.lloyd import run_lloyd
from segmentation.clustering.sweep import count_distinct_rows, predict_labelings, predict_labels, sweep_k, to_sklearn
from segmentation.errors import DataError
from segmentation.features.scaling import fit_scaler
from segmentation.pipeline import CustomerTable

# The best of 60 starts of scikit-learn on the real sales, features recency_days, frequency, monetary under 'log'.
BEST_OF_60 = {2: 2494.10, 3: 1766.76, 4: 1324.92, 5: 1057.00, 6: 928.68, 7: 832.27, 8: 743.46}


def blobs(n: int, seed: int = 0) -> np.ndarray:
    """Three clouds of three features, unequal in size."""
    rng = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0], [6, 0, 3], [0, 7, -3]])
    return centers[rng.choice(3, n, p=[0.6, 0.3, 0.1])] + rng.standard_normal((n, 3))


@pytest.mark.parametrize("seed", [0, 1, 42, 4294967295])
def test_sweep_k_equals_best_of_60_starts(real_customers: CustomerTable, seed: int) -> None:
    scaler, _ = fit_scaler(real_customers.frame, ["recency_days", "frequency", "monetary"], [], "log")
    fits = sweep_k(scaler.transform(real_customers.frame), BEST_OF_60, seed)
    for k, best in BEST_OF_60.items():
        assert fits[k].inertia <= best * 1.0006
    # 1056.974; sixty starts of scikit-learn stop at 1056.995
    assert sorted(np.bincount(fits[5].labels).tolist()) == [186, 198, 209, 393, 482]


def test_sweep_k_equals_best_of_sklearn_starts() -> None:
    space = blobs(3_000)
    fits = sweep_k(space, range(2, 7), seed=1)
    for k, fit in fits.items():
        best = KMeans(k, n_init=20, random_state=0).fit(space).inertia_
        assert fit.inertia <= best * 1.001


def test_sweep_k_labels_everyone_after_sample_search() -> None:
    space = blobs(60_000)  # above the size up to which all customers are searched
    fit = sweep_k(space, [3], seed=5)[3]
    reference = KMeans(3, n_init=3, random_state=0).fit(space)
    assert fit.labels.shape == (60_000,)
    assert fit.inertia <= reference.inertia_ * 1.0001
    assert adjusted_rand_score(fit.labels, reference.labels_) > 0.999


def test_sweep_k_is_deterministic_for_any_threads() -> None:
    space = blobs(25_000)
    first = sweep_k(space, range(2, 6), seed=3, threads=1)
    for threads in (1, 2, 3):
        again = sweep_k(space, range(2, 6), seed=3, threads=threads)
        for k, fit in first.items():
            np.testing.assert_array_equal(fit.labels, again[k].labels)
            np.testing.assert_array_equal(fit.centers, again[k].centers)


def test_predict_labels_equals_sklearn() -> None:
    space = blobs(5_000)
    fit = sweep_k(space, [4], seed=0)[4]
    model = to_sklearn(fit.centers, fit.inertia, 0)
    np.testing.assert_array_equal(model.cluster_centers_, fit.centers)
    np.testing.assert_array_equal(model.predict(space), fit.labels)
    np.testing.assert_allclose(fit.inertia, ((space - fit.centers[fit.labels]) ** 2).sum(), rtol=1e-12)
    means = np.stack([space[fit.labels == cluster].mean(axis=0) for cluster in range(4)])
    np.testing.assert_allclose(means, fit.centers, atol=1e-9)  # converged: each center is the mean of its customers


@pytest.mark.parametrize("customers", [7, 30, 520, 4_000])
def test_sweep_k_centers_are_means(customers: int) -> None:
    space = np.hstack([blobs(customers), np.zeros((customers, 1))])  # 520: the last block has eight
    centers = space[:3].astype(np.float32)
    inertia = run_lloyd(np.ascontiguousarray(space.T, np.float32), centers, 300, 0, np.inf)
    labels = predict_labels(space, centers)
    means = np.stack([space[labels == cluster].mean(axis=0) for cluster in range(3)])
    np.testing.assert_allclose(centers, means, atol=1e-5)
    assert inertia == pytest.approx(((space - means[labels]) ** 2).sum(), rel=1e-5)


def test_sweep_k_ranks_near_optima_on_full_data(monkeypatch: pytest.MonkeyPatch) -> None:
    space = np.random.default_rng(0).uniform(size=(6_000, 2))  # no groups: many optima, all near each other
    monkeypatch.setattr(sweep_module, "SEARCH_ROWS", 300)
    monkeypatch.setattr(sweep_module, "SETTLE_ROWS", 600)
    monkeypatch.setattr(sweep_module, "_REFINE_MARGIN", 1.05)  # so few customers leave more in doubt
    several = sweep_k(space, range(5, 12), seed=2)
    monkeypatch.setattr(sweep_module, "_REFINE_MARGIN", 1.0)
    one = sweep_k(space, range(5, 12), seed=2)
    assert all(several[k].inertia <= one[k].inertia for k in one)
    assert several[10].inertia < one[10].inertia * 0.995


def test_sweep_k_full_data_inertia_ranks_near_optima() -> None:
    """Four blobs at the corners of a square; the sample is slightly taller than wide, the full data slightly wider."""
    noise = np.tile(np.random.default_rng(0).normal(scale=0.05, size=(100, 2)), (4, 1))
    corners = np.repeat([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], 100, axis=0)
    tall, wide = (np.hstack([corners * by + noise, np.zeros((400, 3))]) for by in ([1.0, 1.001], [1.001, 1.0]))
    requested = []

    def measure_inertia(sets):  # type: ignore[no-untyped-def]
        requested.append([centers.shape for centers in sets])
        return [float(((wide[:, None] - centers[None]) ** 2).sum(axis=2).min(axis=1).sum()) for centers in sets]

    def parts_left_from_right(fit):  # type: ignore[no-untyped-def]
        return adjusted_rand_score(fit.labels, corners[:, 0]) > 0.99

    assert not parts_left_from_right(sweep_k(tall, [2, 4], seed=3)[2])
    assert parts_left_from_right(sweep_k(tall, [2, 4], seed=3, full_data_inertia=measure_inertia)[2])
    assert parts_left_from_right(sweep_k(wide, [2, 4], seed=3)[2])
    assert len(requested) == 1
    assert requested[0] == [(2, 5), (2, 5)], "nothing is asked of four segments, where there is one optimum"


def test_predict_labelings_equal_those_of_each_set() -> None:
    rng = np.random.default_rng(1)
    space, sets = rng.standard_normal((500, 3)), [rng.standard_normal((k, 3)) for k in (2, 5, 5)]
    expected = [predict_labels(space, centers) for centers in sets]
    np.testing.assert_array_equal(predict_labelings(space, sets), expected)


def test_predict_labels_ties_go_to_lower_number() -> None:
    centers = np.array([[1.0], [-1.0], [1.0 + 1e-12]])
    assert predict_labels(np.array([[0.0], [1.0], [2.0], [-3.0]]), centers).tolist() == [0, 0, 0, 1]


def test_sweep_k_sorts_centers() -> None:
    centers = sweep_k(blobs(2_000), [5], seed=9)[5].centers
    assert centers[:, 0].tolist() == sorted(centers[:, 0])


def test_sweep_k_isolates_outlier() -> None:
    space = np.vstack([blobs(500), [[1e6, 1e6, 1e6]]])
    fits = sweep_k(space, range(2, 6), seed=0)
    for fit in fits.values():
        assert np.bincount(fit.labels)[fit.labels[-1]] == 1
        assert np.isfinite(fit.centers).all()


def test_sweep_k_duplicates_and_few_distinct_rows() -> None:
    space = np.repeat(np.array([[0.0, 0], [5, 5], [9, 1]]), [500, 30, 3], axis=0)
    fit = sweep_k(space, [2, 3], seed=0)[3]
    assert fit.inertia == pytest.approx(0, abs=1e-9)
    assert sorted(np.bincount(fit.labels).tolist()) == [3, 30, 500]
    assert count_distinct_rows(space, 12) == 3
    with pytest.raises(DataError, match="only 3 customers differ"):
        sweep_k(space, [4], seed=0)
    with pytest.raises(DataError, match="only 1 customer"):
        sweep_k(np.zeros((10, 2)), [2], seed=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_sweep_k_rejects_nan(bad: float) -> None:
    space = blobs(50)
    space[7, 1] = bad
    with pytest.raises(DataError, match="not a number"):
        sweep_k(space, [2], seed=0)


def test_sweep_k_progress_rises_to_one() -> None:
    reported: list[float] = []
    sweep_k(blobs(300), [2, 3], seed=0, on_progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 1.0
