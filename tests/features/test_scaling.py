"""Scaling: fitted values by hand, serialization, and equality with scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segmentation.errors import DataError
from segmentation.features.scaling import Scaler, fit_scaler
from segmentation.settings import SCALINGS, WEIGHTS

FRAME = pd.DataFrame({"orders": [0.0, 1.0, 3.0, 7.0], "money": [-5.0, 0.0, 10.0, 1e6], "share": [0.0, 0.5, 0.5, 1.0]})


def test_fit_scaler_log_transforms_all_but_shares() -> None:
    scaler, constant = fit_scaler(FRAME, ["orders", "money", "share"], ["share"], "log")
    assert constant == ()
    shaped = np.column_stack([np.log1p(FRAME["orders"]), np.log1p([0.0, 0.0, 10.0, 1e6]), FRAME["share"]])
    np.testing.assert_allclose(scaler.transform(FRAME), (shaped - shaped.mean(axis=0)) / shaped.std(axis=0), rtol=1e-12)


def test_fit_scaler_standard() -> None:
    scaler, _ = fit_scaler(FRAME, ["money", "share"], ["share"], "standard")
    values = FRAME[["money", "share"]].to_numpy()
    np.testing.assert_allclose(scaler.transform(FRAME), (values - values.mean(axis=0)) / values.std(axis=0), rtol=1e-12)


def test_fit_scaler_robust_by_hand() -> None:
    """orders 0 1 3 7: the median is 2, the quartiles 0.75 and 4; 3.25 / 1.349 is the measure."""
    frame = FRAME.assign(mostly=[1.0, 1.0, 1.0, 5.0], rare=[0.0, 0.0, 0.0, 1.0])
    scaler, _ = fit_scaler(frame, ["orders", "mostly", "share", "rare"], ["share", "rare"], "robust")
    middle_half = 1.3489795003921634  # of the normal distribution
    np.testing.assert_allclose(scaler.mean, [2.0, 1.0, 0.5, 0.25])
    # the quartiles of `mostly` are 1 and 2: 0.25 of the way from the third value to the fourth
    np.testing.assert_allclose(scaler.scale[:2], [3.25 / middle_half, 1.0 / middle_half])
    np.testing.assert_allclose(scaler.scale[2:], frame[["share", "rare"]].to_numpy().std(axis=0))
    np.testing.assert_allclose(scaler.transform(frame)[:, 0], np.array([-2, -1, 1, 5]) * middle_half / 3.25)


def test_fit_scaler_robust_with_zero_iqr() -> None:
    once = pd.DataFrame({"orders": [1.0] * 9 + [11.0]})
    scaler, _ = fit_scaler(once, ["orders"], [], "robust")
    assert (scaler.mean, scaler.scale) == ((1.0,), (3.0,))  # mean 2; sqrt((9 * 1 + 81) / 10) = 3
    assert scaler.transform(once).ravel().tolist() == [0.0] * 9 + [10 / 3]


def test_fit_scaler_ranks_ties_share_quantile() -> None:
    frame = pd.DataFrame({"orders": [2.0, 4.0, 4.0, 4.0, 1e6], "share": [0.0, 0.0, 0.1, 0.2, 0.4]})
    scaler, _ = fit_scaler(frame, ["orders", "share"], ["share"], "ranks")
    assert scaler.quantiles[0] == (2.0 - 999_998.0, 2.0, 4.0, 4.0, 4.0, 1e6, 1e6 + 999_998.0)
    assert scaler.quantiles[1] == (-0.4, 0.0, 0.0, 0.1, 0.2, 0.4, 0.8)
    positions = np.array([[1, 1.5], [3, 1.5], [3, 3], [3, 4], [5, 5]]) / 6  # rank / (n + 1), ties at the mean rank
    np.testing.assert_allclose(scaler.transform(frame), (positions - positions.mean(axis=0)) / positions.std(axis=0))
    # new customers: between two quantiles, far below the minimum, far above the maximum
    new = pd.DataFrame({"orders": [3.0, -1e7, 1e9], "share": [0.3, -1.0, 2.0]})
    expected = np.array([[1.5, 4.5], [0, 0], [6, 6]]) / 6
    np.testing.assert_allclose(scaler.transform(new), (expected - positions.mean(axis=0)) / positions.std(axis=0))


def test_fit_scaler_ranks_limits_quantiles() -> None:
    values = np.random.default_rng(0).gamma(0.5, 100, 30_000)
    frame = pd.DataFrame({"money": values})
    scaler, _ = fit_scaler(frame, ["money"], [], "ranks")
    assert len(scaler.quantiles[0]) == 1_002
    positions = scaler.transform(frame)[:, 0] * scaler.scale[0] + scaler.mean[0]
    exact = (1 + 999 * values.argsort().argsort() / (len(values) - 1)) / 1_001
    assert np.abs(positions - exact).max() < 0.001


@pytest.mark.parametrize("scaling", list(SCALINGS))
def test_fit_scaler_weight_multiplies_differences(scaling: str) -> None:
    features = ["orders", "money", "share"]
    plain, _ = fit_scaler(FRAME, features, ["share"], scaling)
    weighted, _ = fit_scaler(FRAME, features, ["share"], scaling, {"money": 2.0, "share": 0.5})
    np.testing.assert_array_equal(weighted.transform(FRAME), plain.transform(FRAME) * [1.0, 2.0, 0.5])


def test_from_dict_without_quantiles() -> None:
    scaler, _ = fit_scaler(FRAME, ["orders", "money", "share"], ["share"], "log")
    values = scaler.to_dict()
    del values["quantiles"]
    assert Scaler.from_dict(values) == scaler


def test_fit_scaler_excludes_constant_features() -> None:
    frame = FRAME.assign(same=4.0, below=[-1.0, -2.0, -3.0, 0.0])  # under 'log' all of `below` counts as 0
    scaler, constant = fit_scaler(frame, ["orders", "same", "below"], [], "log")
    assert (scaler.features, constant) == (("orders",), ("same", "below"))
    assert fit_scaler(frame, ["orders", "same", "below"], [], "standard")[1] == ("same",)


def test_fit_scaler_excludes_constant_feature_whose_variance_is_rounded_below_zero() -> None:
    """So many equal logarithms give scikit-learn a variance of about -1e-32, and a warning, which is an error here."""
    frame = pd.DataFrame({"days": np.arange(200_639.0), "orders": 3.0, "sales": np.arange(200_639.0)})
    scaler, constant = fit_scaler(frame, list(frame), [], "log")
    assert (scaler.features, constant) == (("days", "sales"), ("orders",))


def test_fit_scaler_all_constant_raises() -> None:
    with pytest.raises(DataError, match="alike in orders"):
        fit_scaler(FRAME.assign(orders=1.0), ["orders"], [], "log")


values = arrays(np.float64, (12, 3), elements=st.floats(-1e9, 1e9, allow_subnormal=False))


@given(values, st.sampled_from(list(SCALINGS)), st.tuples(*[st.sampled_from(WEIGHTS)] * 3))
def test_to_sklearn_is_bit_identical(given_values: np.ndarray, scaling: str, weights: tuple[float, ...]) -> None:
    frame = pd.DataFrame(given_values, columns=["orders", "money", "share"])
    try:
        scaler, _ = fit_scaler(
            frame, ["orders", "money", "share"], ["share"], scaling, dict(zip(frame, weights, strict=True))
        )
    except DataError:
        return
    from_manifest = Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    assert from_manifest == scaler
    selected = frame[list(scaler.features)].to_numpy()
    np.testing.assert_array_equal(scaler.to_sklearn().transform(selected), from_manifest.transform(frame))
    new = pd.DataFrame(np.vstack([given_values[::-1] * 1.5, given_values + 0.5]), columns=frame.columns)
    selected = new[list(scaler.features)].to_numpy()
    np.testing.assert_array_equal(scaler.to_sklearn().transform(selected), from_manifest.transform(new))
