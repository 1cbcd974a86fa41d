"""Gaps are found where there are some, and nowhere else, whatever is rounded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.gaps import GapAnalysis, count_parts, find_separate_groups
from segmentation.clustering.validation.valley import Valley, find_gaps, measure_valley
from segmentation.features.rounding import scale_without_ties
from segmentation.features.scaling import fit_scaler
from segmentation.pipeline import CustomerTable
from tests.clustering.test_sweep import blobs


def analyze(X: np.ndarray, most: int = 8) -> GapAnalysis:
    fits = sweep_k(X, range(2, most + 1), seed=0)
    return find_separate_groups(X, {k: fit.centers for k, fit in fits.items()}, seed=0)


def analyze_customers(customers: pd.DataFrame) -> GapAnalysis:
    scaler, _ = fit_scaler(customers, ["recency_days", "frequency", "monetary"], [], "log")
    fits = sweep_k(scaler.transform(customers), range(2, 9), seed=0)
    X = scale_without_ties(customers, scaler, seed=0)
    return find_separate_groups(X, {k: fit.centers for k, fit in fits.items()}, seed=0)


def test_valley_by_hand() -> None:
    values = np.concatenate([np.linspace(0, 1, 500), np.linspace(3, 4, 500)])
    valley = measure_valley(values)
    assert valley.p_value == pytest.approx(1e-5)
    assert valley.depth > 0.95
    assert 1 < valley.position < 3
    flat = measure_valley(np.linspace(0, 1, 1_000))
    assert flat.p_value == pytest.approx(0.99)
    assert flat.depth < 0.05
    assert measure_valley(np.zeros(50)) == Valley(1.0, 0.0, 0.0)


def test_valley_is_not_between_the_cloud_and_a_few_outliers() -> None:
    values = np.concatenate([np.random.default_rng(0).standard_normal(2_000), [40.0, 41.0, 42.0]])
    assert measure_valley(values).position < 5


def test_gaps_by_holm_need_a_deep_valley_too() -> None:
    deep, shallow = 0.6, 0.1
    tests = [Valley(0.004, deep, 0), Valley(0.0001, shallow, 0), Valley(0.2, deep, 0), Valley(0.0049, deep, 0)]
    # sorted: 0.0001 <= 0.01 / 4, but shallow; 0.004 > 0.01 / 3 ends the search
    assert find_gaps(tests) == [False, False, False, False]
    tests[0] = Valley(0.003, deep, 0)
    assert find_gaps(tests) == [True, False, False, True]
    assert find_gaps([]) == []


def test_clear_groups_are_counted_and_every_border_is_a_gap() -> None:
    found = analyze(blobs(1_200))
    assert found.separate_groups == 3
    assert found.borders[3]
    assert all(border.gap and border.valley_depth > 0.5 for border in found.borders[3])
    assert not all(border.gap for border in found.borders[6])  # three of the six borders divide a group


@pytest.mark.parametrize("kind", ["normal", "uniform", "heavy tails", "long"])
def test_smooth_data_are_one_group(kind: str) -> None:
    rng = np.random.default_rng(4)
    X = {
        "normal": rng.standard_normal((800, 3)),
        "uniform": rng.random((800, 2)),
        "heavy tails": rng.standard_t(4, (800, 3)),
        "long": rng.multivariate_normal(np.zeros(2), [[1, 0.95], [0.95, 1]], 800),
    }[kind]
    found = analyze(X)
    assert found.separate_groups == 1
    assert found.feature_gaps == ()
    assert not any(border.gap for borders in found.borders.values() for border in borders)


def test_a_gap_on_one_axis_is_found_among_noise() -> None:
    rng = np.random.default_rng(5)
    axis = rng.choice([-1.4, 0.0, 1.4], 1_000) + 0.1 * rng.standard_normal(1_000)
    found = analyze(np.column_stack([rng.standard_normal(1_000), axis, rng.standard_normal(1_000)]))
    assert found.feature_gaps == (1,)
    assert found.separate_groups == 3


def test_parts_that_a_cut_has_divided_are_one_group() -> None:
    rng = np.random.default_rng(6)
    # the gap between the lower groups on the first axis runs through the wide group above them
    X = np.concatenate(
        [
            rng.normal([-3, 0], [0.5, 0.5], (400, 2)),
            rng.normal([3, 0], [0.5, 0.5], (400, 2)),
            rng.normal([0, 6], [0.6, 0.6], (120, 2)),
        ]
    )
    assert count_parts(X) == 3


def test_rounded_orders_and_amounts_are_no_groups() -> None:
    rng = np.random.default_rng(7)
    orders = rng.geometric(0.4, 1_500).astype(float)
    customers = pd.DataFrame(
        {"recency_days": rng.integers(1, 30, 1_500).astype(float), "frequency": orders, "monetary": 20 * orders}
    )
    assert analyze_customers(customers).separate_groups == 1


def test_the_real_sales_are_a_continuum(real_customers: CustomerTable) -> None:
    assert analyze_customers(real_customers.frame).separate_groups == 1


def test_the_same_for_the_same_seed() -> None:
    X = blobs(700) + np.random.default_rng(0).standard_normal((700, 3))
    one, two = analyze(X), analyze(X)
    assert one.borders == two.borders
    assert one.separate_groups == two.separate_groups
