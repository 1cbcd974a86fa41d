"""Segment profile and category lift, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import ColumnError, DataError
from segmentation.segments.profile import compute_category_lift, compute_profile


@pytest.fixture
def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "monetary": [100.0, 200.0, 60.0, 30.0, 10.0, 0.0],
            "frequency": [4.0, 8.0, 1.0, 1.0, 1.0, 2.0],
            "tenure_days": [10.0, np.nan, 30.0, 50.0, np.nan, np.nan],
        }
    )


SEGMENTS = np.array([2, 2, 1, 1, 1, 3])


def test_compute_profile_by_hand(customers: pd.DataFrame) -> None:
    result = compute_profile(customers, SEGMENTS, ["frequency", "tenure_days"])
    assert list(result.columns) == [
        "segment_id",
        "customers",
        "share_of_customers",
        "net_sales",
        "share_of_sales",
        "median_frequency",
        "mean_frequency",
        "index_frequency",
        "position_frequency",
        "median_tenure_days",
        "mean_tenure_days",
        "index_tenure_days",
        "position_tenure_days",
    ]
    assert result["segment_id"].tolist() == [1, 2, 3]
    assert result["customers"].tolist() == [3, 2, 1]
    assert result["share_of_customers"].tolist() == [0.5, 1 / 3, 1 / 6]
    assert result["net_sales"].tolist() == [100.0, 300.0, 0.0]
    assert result["share_of_sales"].tolist() == [0.25, 0.75, 0.0]
    assert result["median_frequency"].tolist() == [1.0, 6.0, 2.0]
    assert result["mean_frequency"].tolist() == [1.0, 6.0, 2.0]
    # the mean of all is 17 / 6
    np.testing.assert_allclose(result["index_frequency"], [600 / 17, 3600 / 17, 1200 / 17])
    # 1 1 1 2 4 8: of 1 none is below and three are equal, 5 of 6 are below 6, 3 below 2 and one equal
    np.testing.assert_allclose(result["position_frequency"], [1.5 / 6, 5 / 6, 3.5 / 6])
    # known: 10 (segment 2), 30 and 50 (segment 1)
    np.testing.assert_array_equal(result["median_tenure_days"], [40.0, 10.0, np.nan])
    np.testing.assert_allclose(result["index_tenure_days"], [400 / 3, 100 / 3, np.nan])
    np.testing.assert_allclose(result["position_tenure_days"], [2 / 3, 0.5 / 3, np.nan])


def test_compute_profile_identical_customers() -> None:
    result = compute_profile(pd.DataFrame({"monetary": [5.0] * 4}), np.array([1, 1, 2, 2]), ["monetary"])
    assert result["position_monetary"].tolist() == [0.5, 0.5]
    assert result["index_monetary"].tolist() == [100.0, 100.0]


def test_position_is_robust_to_extreme_value() -> None:
    values = np.arange(100.0)
    segments = np.repeat([1, 2], 50)
    plain = compute_profile(pd.DataFrame({"monetary": values}), segments, ["monetary"])
    values[99] = 1e9
    extreme = compute_profile(pd.DataFrame({"monetary": values}), segments, ["monetary"])
    assert extreme["position_monetary"].tolist() == plain["position_monetary"].tolist() == [0.25, 0.75]


@pytest.mark.parametrize("values", [[0.0, 0.0], [-5.0, 5.0], [-5.0, -1.0]])
def test_compute_profile_without_sales(values: list[float]) -> None:
    result = compute_profile(pd.DataFrame({"monetary": values}), np.array([1, 2]), ["monetary"])
    assert result["share_of_sales"].isna().all()
    assert result["index_monetary"].isna().all()
    assert result["net_sales"].tolist() == values


def test_compute_profile_without_customers() -> None:
    empty = pd.DataFrame({"monetary": np.empty(0)})
    assert compute_profile(empty, np.empty(0, dtype=int), ["monetary"]).empty


def test_compute_profile_missing_columns(customers: pd.DataFrame) -> None:
    with pytest.raises(ColumnError, match="no column coupon_share"):
        compute_profile(customers, SEGMENTS, ["coupon_share"])
    with pytest.raises(DataError, match="3 segment ids for 6 customers"):
        compute_profile(customers, SEGMENTS[:3], ["frequency"])


def compute_lift(
    rows: list[tuple[int, str | None, float]], per_segment: int = 3, min_share: float = 0.01
) -> list[list[object]]:
    frame = pd.DataFrame(rows, columns=["segment_id", "category", "net_sales"])
    return compute_category_lift(frame, per_segment, min_share).to_numpy().tolist()


def test_compute_category_lift_by_hand() -> None:
    # all: Tea 60 of 200, Bread 100, Wine 40
    result = compute_lift(
        [
            (1, "Tea", 30.0),
            (1, "Tea", 20.0),
            (1, "Bread", 50.0),
            (2, "Tea", 10.0),
            (2, "Bread", 50.0),
            (2, "Wine", 40.0),
        ],
        per_segment=2,
    )
    assert result == [
        [1, "Tea", 0.5, pytest.approx(0.5 / 0.3)],
        [1, "Bread", 0.5, 1.0],
        [2, "Wine", 0.4, 2.0],
        [2, "Bread", 0.5, 1.0],
    ]


def test_compute_category_lift_ties_and_min_share() -> None:
    rows = [(1, "Wine", 50.0), (1, "Ale", 50.0), (2, "Wine", 50.0), (2, "Ale", 50.0)]
    assert [row[1] for row in compute_lift(rows)] == ["Ale", "Wine", "Ale", "Wine"]
    assert [row[1] for row in compute_lift([(1, "Tea", 99.5), (1, "Salt", 0.5), (2, "Tea", 10.0)])] == ["Tea", "Tea"]


def test_compute_category_lift_non_positive_sales() -> None:
    assert compute_lift([(1, "Tea", -5.0), (1, "Bread", 2.0), (2, "Tea", 10.0)]) == [
        [2, "Tea", 1.0, pytest.approx(7 / 5)]
    ]
    assert compute_lift([(1, "Tea", 10.0), (1, "Gift", -2.0), (2, "Gift", 1.0), (2, "Tea", 1.0)])[0][1] == "Tea"
    assert compute_lift([(1, "Tea", 0.0)]) == []


def test_compute_category_lift_sales_without_category() -> None:
    assert compute_lift([(1, "Tea", 25.0), (1, None, 75.0), (2, "Tea", 75.0), (2, None, 25.0)]) == [
        [1, "Tea", 0.25, 0.5],
        [2, "Tea", 0.75, 1.5],
    ]
