"""Gamma-Gamma model against published values and simulated customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import DataError
from segmentation.forecast import spend_model
from segmentation.forecast.spend_model import SpendModel, fit_spend_model


def test_fit_spend_model_matches_published_values(cdnow: pd.DataFrame) -> None:
    """Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value: CDNOW, 946 customers with a repeat purchase."""
    repeat = cdnow[cdnow["x"] > 0]
    model, log_likelihood = fit_spend_model(repeat["x"].to_numpy(), repeat["zbar"].to_numpy(np.float64))
    assert len(repeat) == 946
    assert model.parameters == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, rel=2e-3)
    assert log_likelihood == pytest.approx(-4055.92, abs=0.01)


def test_fit_spend_model_recovers_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    purchases = rng.integers(1, 12, 20_000).astype(np.float64)
    rate = rng.gamma(3.0, 1 / 50.0, len(purchases))
    means = rng.gamma(2.0 * purchases) / rate / purchases
    model, _ = fit_spend_model(purchases, means)
    assert model.parameters == pytest.approx({"p": 2.0, "q": 3.0, "gamma": 50.0}, rel=0.05)
    monkeypatch.setattr(spend_model, "MAX_SPEND_CUSTOMERS", 10_000)
    sampled, _ = fit_spend_model(purchases, means)
    assert sampled.parameters == pytest.approx(model.parameters, rel=0.2)


def test_expected_spend_is_between_the_own_mean_and_that_of_all() -> None:
    """Fader and Hardie (2013), equation 5, worked by hand: (30 + 2 * 100) * 2 / (2 * 2 + 3 - 1)."""
    model = SpendModel(p=2.0, q=3.0, gamma=30.0)
    one, many = (model.compute_expected_spend(np.array([n]), np.array([100.0]))[0] for n in (2.0, 2000.0))
    assert one == pytest.approx(460 / 6)
    assert many == pytest.approx(100, rel=2e-3)


def test_expected_spend_of_returns_counts_as_nothing() -> None:
    """More returned than bought: the customer's mean is taken as 0, and the forecast stays positive."""
    model = SpendModel(p=2.0, q=3.0, gamma=30.0)
    values = model.compute_expected_spend(np.array([1.0, 1.0]), np.array([-80.0, 0.0]))
    assert values.tolist() == [15.0, 15.0]


def test_fit_spend_model_needs_money() -> None:
    with pytest.raises(DataError, match="positive net sales"):
        fit_spend_model(np.array([2.0, 3.0, 2.0]), np.array([0.0, -4.0, 10.0]))
