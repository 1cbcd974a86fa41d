"""Drift: worked by hand, and against independent formulas."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.features.drift import Distribution, describe_features, measure_drift
from segmentation.features.scaling import fit_scaler


def test_distribution_of_tied_values_has_one_bin_per_distinct_decile() -> None:
    found = Distribution.from_values(np.array([1.0, 1, 1, 1, 1, 1, 2, 2, 3, 9]))
    assert found.deciles == (1, 1, 1, 1, 1, 1, 2, 2, 3)
    assert found.shares == (0.6, 0.2, 0.1, 0.1)  # up to 1, 2, 3, and above


def test_psi_worked_by_hand() -> None:
    before = Distribution.from_values(np.array([1.0, 1, 1, 1, 1, 1, 2, 2, 3, 9]))
    now = np.array([1.0, 1, 2, 2, 2, 3, 3, 9, 9, 9])  # 2, 3, 2 and 3 of them in the four bins
    expected = sum(
        (new - old) / 12 * math.log(new / old) for old, new in ((6.5, 2.5), (2.5, 3.5), (1.5, 2.5), (1.5, 3.5))
    )
    assert before.compute_psi(now) == pytest.approx(expected)


def test_psi_equals_the_textbook_formula_on_many_customers() -> None:
    random = np.random.default_rng(3)
    before, now = random.gamma(2.0, 100.0, 200_000), random.gamma(2.0, 130.0, 100_000)
    edges = [-np.inf, *np.quantile(before, np.arange(1, 10) / 10), np.inf]
    shares = [np.histogram(values, edges)[0] / len(values) for values in (before, now)]
    expected = sum((new - old) * math.log(new / old) for old, new in zip(*shares, strict=True))
    assert Distribution.from_values(before).compute_psi(now) == pytest.approx(expected, rel=0.01)


def test_measure_drift_names_the_feature_and_quantile_that_moved() -> None:
    random = np.random.default_rng(1)
    before = pd.DataFrame({"recency_days": random.integers(1, 365, 5000) * 1.0, "monetary": random.gamma(2, 300, 5000)})
    scaler, _ = fit_scaler(before, list(before), [], "log")
    now = before.assign(monetary=np.where(before["monetary"] > 1000, before["monetary"] * 3, before["monetary"]))
    first, second = measure_drift(describe_features(before, list(before)), now, scaler)
    assert (first["feature"], second["feature"]) == ("monetary", "recency_days")
    assert first["quantile"] == 0.9
    assert first["value_before"] == np.quantile(before["monetary"], 0.9, method="inverted_cdf")
    assert first["value_now"] == np.quantile(now["monetary"], 0.9, method="inverted_cdf")
    scale = scaler.scale[scaler.features.index("monetary")]
    assert first["shift"] == pytest.approx((np.log1p(first["value_now"]) - np.log1p(first["value_before"])) / scale)
    assert (second["psi"], second["shift"]) == (pytest.approx(0), 0)


def test_measure_drift_without_a_feature_finds_nothing() -> None:
    frame = pd.DataFrame({"recency_days": [1.0, 2, 3], "monetary": [1.0, 5, 9]})
    scaler, _ = fit_scaler(frame, list(frame), [], "log")
    assert measure_drift(describe_features(frame, list(frame)), frame[["monetary"]], scaler) == []
    assert measure_drift({}, frame, scaler) == []


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50),
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50),
)
def test_psi_is_finite_and_zero_for_the_same_customers(before: list[float], now: list[float]) -> None:
    found = Distribution.from_values(np.array(before))
    assert sum(found.shares) == pytest.approx(1)
    assert 0 <= found.compute_psi(np.array(now)) < math.inf
    assert found.compute_psi(np.array(before)) == pytest.approx(0, abs=1e-12)
    assert (
        Distribution.from_dict({"customers": found.customers, "deciles": found.deciles, "shares": found.shares})
        == found
    )
