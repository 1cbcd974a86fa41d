"""From features to the space of K-means, and back from numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segmentation.customers.scaling import Scaler, fit_scaler
from segmentation.errors import DataError

FRAME = pd.DataFrame({"orders": [0.0, 1.0, 3.0, 7.0], "money": [-5.0, 0.0, 10.0, 1e6], "share": [0.0, 0.5, 0.5, 1.0]})


def test_log_takes_the_logarithm_of_what_is_not_a_share() -> None:
    scaler, constant = fit_scaler(FRAME, ["orders", "money", "share"], ["share"], "log")
    assert constant == ()
    shaped = np.column_stack([np.log1p(FRAME["orders"]), np.log1p([0.0, 0.0, 10.0, 1e6]), FRAME["share"]])
    np.testing.assert_allclose(scaler.transform(FRAME), (shaped - shaped.mean(axis=0)) / shaped.std(axis=0), rtol=1e-12)


def test_standard_takes_values_as_they_are() -> None:
    scaler, _ = fit_scaler(FRAME, ["money", "share"], ["share"], "standard")
    values = FRAME[["money", "share"]].to_numpy()
    np.testing.assert_allclose(scaler.transform(FRAME), (values - values.mean(axis=0)) / values.std(axis=0), rtol=1e-12)


def test_constant_features_are_left_out_and_named() -> None:
    frame = FRAME.assign(same=4.0, below=[-1.0, -2.0, -3.0, 0.0])  # under 'log' all of `below` counts as 0
    scaler, constant = fit_scaler(frame, ["orders", "same", "below"], [], "log")
    assert (scaler.features, constant) == (("orders",), ("same", "below"))
    assert fit_scaler(frame, ["orders", "same", "below"], [], "standard")[1] == ("same",)


def test_all_alike_is_an_error() -> None:
    with pytest.raises(DataError, match="alike in orders"):
        fit_scaler(FRAME.assign(orders=1.0), ["orders"], [], "log")


values = arrays(np.float64, (12, 3), elements=st.floats(-1e9, 1e9, allow_subnormal=False))


@given(values, st.sampled_from(["log", "standard"]))
def test_the_numbers_and_the_scikit_learn_object_give_the_same_bits(given_values: np.ndarray, scaling: str) -> None:
    frame = pd.DataFrame(given_values, columns=["orders", "money", "share"])
    try:
        scaler, _ = fit_scaler(frame, ["orders", "money", "share"], ["share"], scaling)
    except DataError:
        return
    from_manifest = Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    assert from_manifest == scaler
    chosen = frame[list(scaler.features)].to_numpy()
    np.testing.assert_array_equal(scaler.to_sklearn().transform(chosen), from_manifest.transform(frame))
