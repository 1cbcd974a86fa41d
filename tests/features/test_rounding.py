"""Equal values are spread over what was rounded to them, and over nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.features.rounding import scale_without_ties
from segmentation.features.scaling import fit_scaler


def make_customers(n: int = 4_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    orders = rng.integers(1, 4, n).astype(float)
    days = rng.integers(1, 60, n).astype(float)
    return pd.DataFrame(
        {
            "recency_days": days,
            "frequency": orders,
            "monetary": 10 * orders,
            "tenure_days": days,
            "weekend_share": rng.binomial(orders.astype(int), 0.4) / orders,
            "discount_share": rng.choice([0.0, 0.1], n),
        }
    )


def test_values_stay_within_half_a_unit_and_fill_it() -> None:
    customers = make_customers()
    features = list(customers.columns)
    scaler, _ = fit_scaler(customers, features, ["weekend_share", "discount_share"], "standard")
    X = scale_without_ties(customers, scaler, seed=1)
    spread = pd.DataFrame(X * np.array(scaler.scale) + np.array(scaler.mean), columns=list(scaler.features))
    moved = spread - customers[list(scaler.features)]
    for name, half in {"recency_days": 0.5, "frequency": 0.5, "tenure_days": 0.5, "monetary": 5.0}.items():
        assert moved[name].abs().max() <= half + 1e-9
        assert moved[name].std() > 0.5 * half
    np.testing.assert_allclose(moved["discount_share"], 0, atol=1e-12)  # an amount by an amount is not rounded
    np.testing.assert_allclose(moved["monetary"], 10 * moved["frequency"])  # they repeat together
    np.testing.assert_allclose(moved["recency_days"], moved["tenure_days"])
    assert spread["weekend_share"].between(-1e-9, 1 + 1e-9).all()
    one_order = spread["weekend_share"][customers["frequency"] == 1]
    at_one = customers["weekend_share"][customers["frequency"] == 1] == 1
    assert one_order[at_one].min() >= 0.5 - 1e-9
    assert one_order[~at_one].max() <= 0.5 + 1e-9


def test_spread_adds_no_slope_under_the_logarithm() -> None:
    customers = pd.DataFrame({"frequency": np.repeat([1.0, 2.0], 8_000)})
    scaler, _ = fit_scaler(customers, ["frequency"], [], "log")
    ones = scale_without_ties(customers, scaler, seed=0)[:8_000, 0]
    counts = np.histogram(ones, 10)[0]
    assert counts.min() > 0.85 * counts.max()


def test_customers_are_not_changed() -> None:
    customers = make_customers(50)
    before = customers.copy()
    scaler, _ = fit_scaler(customers, list(customers.columns), ["weekend_share", "discount_share"], "log")
    scale_without_ties(customers, scaler, seed=0)
    pd.testing.assert_frame_equal(customers, before)


def test_many_customers_are_sampled() -> None:
    customers = make_customers(300)
    scaler, _ = fit_scaler(customers, list(customers.columns), ["weekend_share", "discount_share"], "log")
    assert scale_without_ties(customers, scaler, seed=0, max_rows=100).shape == (100, 6)
