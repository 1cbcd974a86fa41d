"""Inverted randomization: an exact test by enumeration, coverage, and equivariance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from segmentation.campaigns.estimation import compute_difference, compute_moments
from segmentation.campaigns.randomization import RandomizationTest, draw_moments


def test_compute_p_values_agree_with_enumeration() -> None:
    y = np.array([3.0, 9.0, 4.0, 8.0, 20.0, 1.0, 7.0, 6.0])
    is_contacted = np.array([True, True, True, False, True, False, True, False])
    none, single = np.zeros((8, 0)), np.zeros(8, int)

    def studentize(arms: np.ndarray) -> float:
        difference = compute_difference(compute_moments(y, none, single, arms))
        return float(abs(difference.total[0]) / np.sqrt(difference.variance[0]))

    observed = studentize(is_contacted)
    values = []
    for held in itertools.combinations(range(8), 3):
        arms = np.ones(8, bool)
        arms[list(held)] = False
        values.append(studentize(arms) >= observed - 1e-12)
    test = RandomizationTest(y, none, single, is_contacted, seed=1, redraws=20_000)
    assert test.compute_p_values(1.0)[0] == pytest.approx(np.mean(values), abs=0.01)


def test_draw_moments_equal_moments_of_each_assignment() -> None:
    rng = np.random.default_rng(0)
    y, x, strata = rng.gamma(1, 10, 50), rng.gamma(1, 5, (50, 2)), rng.integers(0, 2, 50)
    is_contacted = rng.random(50) < 0.6
    drawn = draw_moments(np.column_stack([y, x]), strata, is_contacted, seed=3, redraws=7)
    expected = compute_moments(y, x, strata, is_contacted)
    assert drawn.counts.tolist() == expected.counts.tolist()
    assert drawn.sums.shape == (8, 2, 2, 3)
    np.testing.assert_allclose(drawn.sums[:1], expected.sums, atol=1e-9)
    np.testing.assert_allclose(drawn.products[:1], expected.products, atol=1e-9)
    np.testing.assert_allclose(drawn.sums.sum(axis=2)[0], drawn.sums.sum(axis=2)[5], atol=1e-9)


def test_compute_interval_holds_the_true_lift_and_scales_with_money() -> None:
    rng = np.random.default_rng(5)
    n = 400
    base, strata = rng.lognormal(3, 1, n) * (rng.random(n) < 0.5), np.arange(n) % 2
    is_contacted = rng.random(n) < 0.7
    before = base * rng.uniform(0.8, 1.2, n)
    y = np.where(is_contacted, 1.3 * base, base)
    interval = RandomizationTest(y, before[:, None], strata, is_contacted, seed=2).compute_interval()
    assert interval is not None
    true = y[is_contacted].mean() * (1 - 1 / 1.3)
    assert 0 < interval[0] < true < interval[1] < y[is_contacted].mean()
    scaled = RandomizationTest(100 * y, before[:, None], strata, is_contacted, seed=2).compute_interval()
    assert scaled == pytest.approx((100 * interval[0], 100 * interval[1]), rel=1e-3)


def test_compute_interval_is_none_where_the_contacted_spent_nothing() -> None:
    y = np.array([0.0, 0.0, 0.0, 5.0, 9.0])
    is_contacted = np.array([True, True, True, False, False])
    assert RandomizationTest(y, np.zeros((5, 0)), np.zeros(5, int), is_contacted, seed=1).compute_interval() is None


def test_intervals_cover_no_effect_in_simulated_campaigns() -> None:
    """A small version of benchmarks/campaign_coverage.py: 95 % intervals of 300 campaigns without an effect."""
    rng = np.random.default_rng(11)
    n = 300
    y = rng.lognormal(3, 1.5, n) * (rng.random(n) < 0.4)
    before = y * rng.uniform(0, 2, n)
    covered = 0
    for seed in range(300):
        is_contacted = np.ones(n, bool)
        is_contacted[rng.permutation(n)[: n // 10]] = False
        test = RandomizationTest(y, before[:, None], np.zeros(n, int), is_contacted, seed, redraws=399)
        covered += test.compute_p_values(1.0)[0] > 0.05
    assert 0.92 <= covered / 300 <= 0.98
