"""Noise is called noise, groups are called groups, and the gap statistic is that of an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.bootstrap import bootstrap_stability
from segmentation.clustering.validation.null_models import compare_with_nulls, compute_gap_statistic
from segmentation.features.scaling import fit_scaler
from segmentation.pipeline import CustomerTable
from tests.clustering.test_sweep import blobs

LONG = np.array([[1.0, -0.4, -0.5], [-0.4, 1.0, 0.8], [-0.5, 0.8, 1.0]])


def test_groups_are_more_than_every_kind_of_noise() -> None:
    found = compare_with_nulls(blobs(1_000), 3, seed=0, draws=39)
    assert found.is_significant
    assert max(found.p_value.values()) == 1 / 40
    assert all(found.unexplained_variance < expected for expected in found.expected.values())


def test_a_long_cloud_repeats_well_and_is_not_real() -> None:
    noise = np.random.default_rng(1).multivariate_normal(np.zeros(3), LONG, 1_500)
    centers = sweep_k(noise, [2], seed=0)[2].centers
    assert bootstrap_stability(noise, {2: centers}, seed=0)[2].jaccard.min() > 0.95  # the cut repeats
    found = compare_with_nulls(noise, 2, seed=0)
    assert not found.is_significant
    assert found.p_value["covariance"] > 0.05
    assert found.p_value["shuffled"] <= 0.05  # shuffling alone would have called it real


def test_skewed_figures_that_do_not_go_together_are_not_real() -> None:
    noise = np.random.default_rng(2).lognormal(size=(1_500, 3))
    found = compare_with_nulls(noise, 4, seed=0)
    assert not found.is_significant
    assert found.p_value["covariance"] <= 0.05  # a comparison with normal noise alone would have called it real


def test_the_test_errs_as_seldom_as_it_says() -> None:
    wrong = sum(
        compare_with_nulls(
            np.random.default_rng(100 + i).multivariate_normal(np.zeros(3), LONG, 300), 3, seed=0, draws=19
        ).is_significant
        for i in range(60)
    )
    assert wrong <= 7  # 5 % of 60 is 3; more than 7 happens once in fifty


def test_how_many_groups_the_gap_sees() -> None:
    assert compute_gap_statistic(blobs(1_000), range(1, 8), seed=0).k == 3
    assert compute_gap_statistic(np.random.default_rng(0).standard_normal((1_000, 3)), range(1, 8), seed=0).k == 1


def test_the_gap_against_an_independent_one() -> None:
    space = blobs(500)
    mine = compute_gap_statistic(space, range(1, 5), seed=0, references=60)
    centered = space - space.mean(axis=0)
    axes = np.linalg.svd(centered, full_matrices=False)[2].T
    turned = centered @ axes
    for k, gap, error in zip(mine.ks, mine.gap, mine.error, strict=True):
        logs = []
        for number in range(60):
            rng = np.random.default_rng(900 + number)
            reference = rng.uniform(turned.min(axis=0), turned.max(axis=0), space.shape) @ axes.T
            logs.append(np.log(KMeans(k, n_init=5, random_state=0).fit(reference).inertia_))
        expected = np.mean(logs) - np.log(KMeans(k, n_init=20, random_state=0).fit(space).inertia_)
        assert gap == pytest.approx(expected, abs=0.02)
        assert error == pytest.approx(np.std(logs) * np.sqrt(1 + 1 / 60), abs=0.01)


def test_the_real_sales_go_on_smoothly(real_customers: CustomerTable) -> None:
    scaler, _ = fit_scaler(real_customers.frame, ["recency_days", "frequency", "monetary"], [], "log")
    space = scaler.transform(real_customers.frame)
    assert compute_gap_statistic(space, range(1, 13), seed=0).k == 1
    assert not compare_with_nulls(space, 3, seed=0).is_significant
