"""Differences, CUPED, Welch, Holm: golden values, and SciPy, tea-tasting and hand-worked numbers as oracles."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.campaigns.assignment import assign_arms
from segmentation.campaigns.estimation import (
    Difference,
    adjust_holm,
    compute_difference,
    compute_moments,
    compute_welch_interval,
    compute_welch_p,
    merge_small_strata,
)


def compare(y: object, x: object, strata: object, is_contacted: object) -> Difference:
    covariates = np.asarray(x, float).reshape(len(np.asarray(y)), -1)
    return compute_difference(
        compute_moments(np.asarray(y, float), covariates, np.asarray(strata), np.asarray(is_contacted))
    )


@pytest.mark.parametrize(
    ("permille", "plain", "adjusted", "interval"),
    [
        (100, (-66.2656, -72.6083, -6.3427), (-46.3813, -51.1004, -4.7191), (-335.441, 202.910)),
        (200, (-29.0803, -35.9762, -6.8959), (-21.0412, -27.2815, -6.2403), (-221.959, 163.798)),
    ],
)
def test_compute_difference_golden_values(
    golden_outcomes: pd.DataFrame,
    permille: int,
    plain: tuple[float, ...],
    adjusted: tuple[float, ...],
    interval: tuple[float, float],
) -> None:
    drawn = assign_arms("aa-2019", golden_outcomes, permille)
    is_contacted, single = (drawn["arm"] == "contacted").to_numpy(), np.zeros(len(drawn), int)
    for name, without, with_covariate in zip(("net", "gross", "discount"), plain, adjusted, strict=True):
        assert compare(drawn[name], np.empty((len(drawn), 0)), single, is_contacted).total[0] == pytest.approx(
            without, abs=5e-5
        )
        result = compare(drawn[name], drawn["net_before"], single, is_contacted)
        assert result.total[0] == pytest.approx(with_covariate, abs=5e-5)
        if name == "net" and permille == 100:
            assert result.theta[0, 0] == pytest.approx(0.13834, abs=5e-6)
    difference = compare(drawn["net"], np.empty((len(drawn), 0)), single, is_contacted)
    low, high = compute_welch_interval(difference.total[0], difference.variance[0], difference.df[0])
    assert (low, high) == (pytest.approx(interval[0], abs=5e-4), pytest.approx(interval[1], abs=5e-4))


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    strata = rng.integers(0, 3, 300)
    x = rng.gamma(1.5, 40, 300)
    y = 0.7 * x + rng.gamma(1.0, 30, 300) + 20 * strata
    return y, x, strata, rng.random(300) < 0.7


def test_compute_difference_equals_scipy_welch(sample: tuple[np.ndarray, ...]) -> None:
    y, _, _, is_contacted = sample
    result = compare(y, np.empty((len(y), 0)), np.zeros(len(y), int), is_contacted)
    oracle = stats.ttest_ind(y[is_contacted], y[~is_contacted], equal_var=False)
    interval = oracle.confidence_interval()
    assert result.df[0] == pytest.approx(oracle.df)
    assert compute_welch_p(result.total[0], result.variance[0], result.df[0]) == pytest.approx(oracle.pvalue)
    assert compute_welch_interval(result.total[0], result.variance[0], result.df[0]) == pytest.approx(tuple(interval))


def test_compute_difference_equals_tea_tasting_cuped(sample: tuple[np.ndarray, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tea_tasting as tt

        y, x, _, is_contacted = sample
        table = pd.DataFrame({"user": range(len(y)), "variant": is_contacted.astype(int), "y": y, "x": x})
        oracle = tt.Experiment(y=tt.Mean("y", "x", use_t=True, equal_var=False)).analyze(table)["y"]
    result = compare(y, x, np.zeros(len(y), int), is_contacted)
    # tea-tasting pools the covariance over all customers instead of within arms: equal up to the noise of theta
    assert result.total[0] == pytest.approx(oracle.effect_size, rel=0.02)
    low, high = compute_welch_interval(result.total[0], result.variance[0], result.df[0])
    assert (low, high) == (
        pytest.approx(oracle.effect_size_ci_lower, rel=0.02),
        pytest.approx(oracle.effect_size_ci_upper, rel=0.02),
    )


def test_compute_difference_weights_strata_by_contacted_customers() -> None:
    # stratum 0: contacted 10, 20 (mean 15), held back 4, 6 (mean 5); stratum 1: contacted 1, 2, 3, 6 (3), held 1, 1 (1)
    y = [10, 20, 4, 6, 1, 2, 3, 6, 1, 1]
    strata = [0] * 4 + [1] * 6
    is_contacted = [True, True, False, False, True, True, True, True, False, False]
    result = compare(y, np.empty((10, 0)), strata, is_contacted)
    assert result.by_stratum[0].tolist() == pytest.approx([10, 2])
    assert result.total[0] == pytest.approx((2 * 10 + 4 * 2) / 6)
    # variances: 50/2 + 2/2 = 26; (14/3)/4 + 0 = 7/6
    assert result.stratum_variance[0].tolist() == pytest.approx([26, 7 / 6])
    assert result.variance[0] == pytest.approx((1 / 3) ** 2 * 26 + (2 / 3) ** 2 * 7 / 6)


def test_compute_difference_two_covariates_equal_regression_within_arms(sample: tuple[np.ndarray, ...]) -> None:
    y, x, strata, is_contacted = sample
    both = np.column_stack([x, np.sqrt(x) + strata])
    result = compare(y, both, np.zeros(len(y), int), is_contacted)
    design = np.column_stack([is_contacted, ~is_contacted, both]).astype(float)
    expected = np.linalg.lstsq(design, y, rcond=None)[0]
    assert result.theta[0].tolist() == pytest.approx(expected[2:].tolist())
    assert result.total[0] == pytest.approx(expected[0] - expected[1])


def test_compute_difference_parts_add_up(sample: tuple[np.ndarray, ...]) -> None:
    y, x, strata, is_contacted = sample
    gross = y * 1.3 + 1
    parts = {
        name: compare(values, x, strata, is_contacted)
        for name, values in (("net", y), ("gross", gross), ("discount", gross - y))
    }
    assert parts["gross"].total[0] - parts["discount"].total[0] == pytest.approx(parts["net"].total[0], abs=1e-9)


def test_compute_difference_ignores_constant_and_collinear_covariates(sample: tuple[np.ndarray, ...]) -> None:
    y, x, strata, is_contacted = sample
    single = compare(y, x, strata, is_contacted)
    for extra in (np.full(len(x), 7.0), 2 * x):
        doubled = compare(y, np.column_stack([x, extra]), strata, is_contacted)
        assert doubled.total[0] == pytest.approx(single.total[0])


def test_adjust_holm_by_hand() -> None:
    assert adjust_holm(np.array([0.04, 0.01, 0.5])).tolist() == pytest.approx([0.08, 0.03, 0.5])
    assert adjust_holm(np.array([0.9, 0.8])).tolist() == pytest.approx([1.0, 1.0])
    assert adjust_holm(np.array([])).tolist() == []


@pytest.mark.parametrize(
    ("strata", "arms", "expected"),
    [
        ([5, 5, 5, 5, 9, 9, 9, 9], [1, 1, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]),
        ([5, 5, 5, 5, 9, 9, 9], [1, 1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]),
        ([1, 2, 3, 3, 3, 3, 1, 2], [1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0]),
    ],
)
def test_merge_small_strata(strata: list[int], arms: list[int], expected: list[int]) -> None:
    assert merge_small_strata(np.array(strata), np.array(arms, bool)).tolist() == expected
