"""Expectations, probabilities and medians against closed forms, numerical integration and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from segmentation.forecast.beta_geometric import BGModel, MBGModel, compute_beta_quadrature
from segmentation.forecast.pareto import ParetoModel
from segmentation.forecast.purchase_model import PurchaseModel, group_purchase_histories
from segmentation.forecast.simulation import simulate_purchases

X = np.array([0.0, 0.0, 1.0, 3.0, 12.0, 60.0])
LAST = np.array([0.0, 0.0, 40.0, 150.0, 290.0, 180.0])
T = np.array([0.0, 200.0, 250.0, 160.0, 300.0, 320.0])
MODELS = [
    MBGModel(r=0.9, alpha=35.0, a=0.7, b=2.5),
    BGModel(r=0.9, alpha=35.0, a=0.7, b=2.5),
    ParetoModel(r=0.9, alpha=35.0, s=0.6, beta=90.0),
]
by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda model: model.name)
@pytest.mark.parametrize("horizon", [1.0, 90.0, 365.0])
def test_order_moments_match_the_published_expectation(model: MBGModel, horizon: float) -> None:
    """Fader, Hardie and Lee (2005), equation 10, without P(alive), which it is multiplied by."""
    k, b = model.r + X, model.b + X + model.extra_dropouts
    z = horizon / (model.alpha + T + horizon)
    shrink = ((model.alpha + T) / (model.alpha + T + horizon)) ** k
    hypergeometric = special.hyp2f1(k, b, model.a + b - 1, z)
    expected = (model.a + b - 1) / (model.a - 1) * (1 - shrink * hypergeometric)
    assert model.compute_order_moments(X, T, horizon)[0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("kind", [MBGModel, BGModel])
def test_order_moments_where_a_is_1(kind: type[MBGModel]) -> None:
    """The closed form divides by a - 1; the expectation is continuous there."""
    at = kind(r=0.9, alpha=35.0, a=1.0, b=2.5).compute_order_moments(X, T, 90)[0]
    near = [kind(r=0.9, alpha=35.0, a=a, b=2.5).compute_order_moments(X, T, 90)[0] for a in (1 - 1e-6, 1 + 1e-6)]
    assert at == pytest.approx((near[0] + near[1]) / 2, rel=1e-9)


@pytest.mark.parametrize("s", [1.0, 2.0])
def test_order_moments_where_s_is_1_or_2(s: float) -> None:
    moments = ParetoModel(r=0.9, alpha=35.0, s=s, beta=90.0).compute_order_moments(X, T, 90)
    near = ParetoModel(r=0.9, alpha=35.0, s=s + 1e-7, beta=90.0).compute_order_moments(X, T, 90)
    assert moments[0] == pytest.approx(near[0], rel=1e-6)
    assert moments[1] == pytest.approx(near[1], rel=1e-5)


@by_name
def test_order_moments_and_probabilities_match_simulation(model: PurchaseModel) -> None:
    """Four standard errors of 20,000 simulations of each customer."""
    draws, horizon = 20_000, 120.0
    x, t_x, days = (np.repeat(values, draws) for values in (X, LAST, T))
    drawn = simulate_purchases(model, x, t_x, days, horizon, np.random.default_rng(11))
    assert drawn.days.min() > 0
    assert drawn.days.max() <= horizon
    counts = np.bincount(drawn.customer, minlength=len(x)).reshape(len(X), draws)
    active = model.compute_active_probability(X, LAST, T)
    mean, factorial = (active * moment for moment in model.compute_order_moments(X, T, horizon))
    none = 1 - active * model.compute_order_probability(X, T, horizon)
    for expected, values in ((mean, counts), (factorial, counts * (counts - 1)), (none, counts == 0)):
        error = values.std(axis=1) / np.sqrt(draws)
        assert (np.abs(values.mean(axis=1) - expected) < 4 * error + 1e-3).all()


@by_name
def test_median_days_are_where_an_order_is_as_likely_as_not(model: PurchaseModel) -> None:
    median = model.compute_median_days(X, LAST, T)
    expected = ~np.isnan(median)
    assert expected.any()
    chance = model.compute_active_probability(X, LAST, T)[expected] * model.compute_order_probability(
        X[expected], T[expected], median[expected]
    )
    assert chance == pytest.approx(0.5, abs=1e-6)
    assert (model.compute_active_probability(X, LAST, T)[~expected] < 0.6).all()


def test_active_probability_of_one_time_buyers() -> None:
    """A BG/NBD customer cannot become inactive before a repeat purchase; the other two models allow it."""
    zero, days = np.zeros(1), np.array([300.0])
    mbg, bg, pareto = (model.compute_active_probability(zero, zero, days)[0] for model in MODELS)
    assert bg == 1.0
    assert 0 < mbg < 0.6
    assert 0 < pareto < 1


def test_pareto_active_probability_matches_integration() -> None:
    """Schmittlein, Morrison and Colombo (1987): one less the share of the likelihood of those who died since."""
    model = MODELS[2]
    assert isinstance(model, ParetoModel)
    for x, t_x, days, active in zip(X, LAST, T, model.compute_active_probability(X, LAST, T), strict=True):

        def density(y: float, x: float = x) -> float:
            return model.s * (model.alpha + y) ** -(model.r + x) * (model.beta + y) ** -(model.s + 1)

        alive = (model.alpha + days) ** -(model.r + x) * (model.beta + days) ** -model.s
        dead = integrate.quad(density, t_x, days, epsabs=0, epsrel=1e-12)[0]
        assert active == pytest.approx(alive / (alive + dead), rel=1e-9)


def test_order_moments_of_repeated_x_carry_values() -> None:
    """Quadrature is looked up by distinct x: x is neither an index nor sorted."""
    x, days = np.array([7.0, 0.0, 7.0, 2.0]), np.array([100.0, 50.0, 20.0, 80.0])
    together = MODELS[0].compute_order_moments(x, days, 60)[0]
    alone = [MODELS[0].compute_order_moments(x[i : i + 1], days[i : i + 1], 60)[0][0] for i in range(4)]
    assert together == pytest.approx(alone, rel=1e-12)


@given(st.floats(1e-3, 1e4), st.floats(1e-3, 1e5))
def test_beta_quadrature_matches_beta_moments(a: float, b: float) -> None:
    nodes, weights = compute_beta_quadrature(a, b)
    assert weights.sum() == pytest.approx(1, rel=1e-9)
    assert weights @ nodes == pytest.approx(a / (a + b), rel=1e-6)
    assert weights @ nodes**2 == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)), rel=1e-6)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_group_histories_loses_no_row(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, np.float64).T
    groups = group_purchase_histories(*columns)
    assert len(groups.first) == len(set(rows))
    assert groups.customers.sum() == len(rows)
    for values in columns:
        assert (values[groups.first][groups.group] == values).all()
