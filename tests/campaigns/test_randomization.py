"""Inverted randomization: an exact test by enumeration, coverage, and equivariance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from segmentation.campaigns.estimation import compute_difference, compute_moments
from segmentation.campaigns.randomization import RandomizationTest, compute_two_sided_p, draw_moments


def test_compute_p_values_agree_with_enumeration() -> None:
    y = np.array([3.0, 9.0, 4.0, 8.0, 20.0, 1.0, 7.0, 6.0])
    is_contacted = np.array([True, True, True, False, True, False, True, False])
    none, single = np.zeros((8, 0)), np.zeros(8, int)

    def studentize(arms: np.ndarray) -> float:
        difference = compute_difference(compute_moments(y, none, single, arms))
        return float(difference.total[0] / np.sqrt(difference.variance[0]))

    observed = studentize(is_contacted)
    values = []
    for held in itertools.combinations(range(8), 3):
        arms = np.ones(8, bool)
        arms[list(held)] = False
        values.append(studentize(arms))
    test = RandomizationTest(y, none, single, is_contacted, seed=1, redraws=20_000)
    above, below = np.mean(np.array(values) >= observed - 1e-12), np.mean(np.array(values) <= observed + 1e-12)
    assert test.compute_p_values(1.0)[0] == pytest.approx(2 * min(above, below), abs=0.01)


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


def test_compute_interval_covers_a_true_lift_in_simulated_campaigns() -> None:
    """95 % intervals of 120 campaigns that multiplied very uneven spend by 1.4, and an exact limit by its p-value."""
    rng = np.random.default_rng(3)
    n, covered, wins = 240, 0, 0
    for seed in range(120):
        base = rng.lognormal(3, 1.2, n) * (rng.random(n) < 0.7)
        before, strata = base * rng.uniform(0.5, 1.5, n), np.arange(n) % 2
        is_contacted = np.ones(n, bool)
        is_contacted[rng.permutation(n)[: n // 4]] = False
        y = np.where(is_contacted, 1.4 * base, base)
        test = RandomizationTest(y, before[:, None], strata, is_contacted, seed, redraws=199)
        interval = test.compute_interval()
        assert interval is not None
        covered += interval[0] <= y[is_contacted].mean() * (1 - 1 / 1.4) <= interval[1]
        wins += interval[0] > 0
    assert 0.90 <= covered / 120 <= 0.99
    assert wins / 120 > 0.6


def test_compute_interval_ends_where_the_p_value_reaches_five_percent() -> None:
    rng = np.random.default_rng(9)
    base = rng.lognormal(3, 1, 200)
    is_contacted = np.arange(200) % 5 > 0
    test = RandomizationTest(base, np.zeros((200, 0)), np.zeros(200, int), is_contacted, seed=4, redraws=999)
    interval = test.compute_interval()
    assert interval is not None
    mean = base[is_contacted].mean()
    for limit, outward in ((interval[0], -1), (interval[1], 1)):
        g = 1 - limit / mean
        assert test.compute_p_values(g)[0] > 0.05
        assert test.compute_p_values(g - outward * 0.01)[0] <= 0.06


def test_compute_two_sided_p_counts_either_side_apart() -> None:
    assert compute_two_sided_p(np.array([3.0, 1.0, 2.0, -5.0])) == pytest.approx(2 * 1 / 4)  # |-5| is of no account
    assert compute_two_sided_p(np.array([[0.0, -1.0], [1.0, 0.0], [-1.0, 1.0]])).tolist() == pytest.approx([1, 2 / 3])
    assert compute_two_sided_p(np.zeros(5)) == 1


def test_compute_interval_with_one_customer_who_outspends_all_others() -> None:
    """Held back in 2 % of draws: t is below 0 in these alone, and the interval must not shrink to a point."""
    rng = np.random.default_rng(2)
    y = rng.lognormal(3, 0.3, 500)
    y[7] = 1e6
    is_contacted = np.arange(500) % 50 > 0
    test = RandomizationTest(y, np.zeros((500, 0)), np.zeros(500, int), is_contacted, seed=1)
    interval = test.compute_interval()
    assert interval is not None
    assert interval[0] < 0 < interval[1]
    assert test.compute_p_values(1.0)[0] > 0.05
