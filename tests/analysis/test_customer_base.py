"""Concentration, minimum data requirements and lapsed regulars, by hand and against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.analysis import customer_base


def test_compute_concentration_by_hand() -> None:
    """Ten customers of 100 in all: 50 + 20 + 10 make 80 %, three of ten."""
    concentration = customer_base.compute_concentration(np.array([1.0, 50, 2, 20, 10, 9, 3, 2, 2, 1]))
    assert concentration is not None
    assert (concentration.n_top_customers, concentration.top_customer_share) == (3, 0.3)
    shares = concentration.curve.set_index("share_of_customers")["share_of_sales"]
    assert shares.iloc[[0, 10, 20, 30, 100]].tolist() == pytest.approx([0, 0.5, 0.7, 0.8, 1])
    assert shares.iloc[15] == pytest.approx(0.6)  # half of the second customer


@pytest.mark.parametrize("customers", [7, 1_000, 54_321])
def test_compute_concentration_equals_pandas(customers: int) -> None:
    money = np.random.default_rng(3).lognormal(3, 1.5, customers)
    concentration = customer_base.compute_concentration(money)
    share = pd.Series(money).sort_values(ascending=False).cumsum() / money.sum()
    assert concentration is not None
    assert concentration.n_top_customers == int((share < 0.8).sum()) + 1
    assert concentration.curve["share_of_sales"].is_monotonic_increasing


def test_compute_concentration_ranks_negative_sales_last() -> None:
    concentration = customer_base.compute_concentration(np.array([-20.0, 100.0, 20.0]))
    assert concentration is not None
    assert concentration.n_top_customers == 1
    assert concentration.curve["share_of_sales"].max() == pytest.approx(1.2, abs=0.02)
    assert concentration.curve["share_of_sales"].iloc[-1] == pytest.approx(1)


@pytest.mark.parametrize("money", [[], [0.0, 0.0], [-5.0, 3.0]])
def test_compute_concentration_without_sales(money: list[float]) -> None:
    assert customer_base.compute_concentration(np.array(money)) is None


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ((500, 180, 30, 3), ()),
        ((499, 180, 30, 3), ("few_customers",)),
        ((500, 179, 30, 3), ("short_period",)),
        ((500, 180, 31, 3), ("quiet_end",)),
        ((500, 180, 30, 2), ("no_regulars",)),
        ((3, 1, 90, 1), ("few_customers", "short_period", "quiet_end", "no_regulars")),
    ],
)
def test_check_customer_base_minimum(facts: tuple[int, int, int, int], names: tuple[str, ...]) -> None:
    assert customer_base.check_data_limits(*facts) == names


def test_find_top_customers_lists_those_behind_80_percent() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["d", "c", "b", "a"], "recency_days": 1, "frequency": 1, "monetary": [5.0, 45.0, 15.0, 35.0]}
    )
    assert customer_base.find_top_customers(customers)["customer_id"].tolist() == ["c", "a"]
    assert customer_base.find_top_customers(customers.assign(monetary=0.0)).empty


def test_find_lapsed_regulars() -> None:
    customers = pd.DataFrame(
        [
            ("twice as long", 41, 20, 3, 10.0),
            ("on time", 40, 20, 3, 10.0),
            ("a month is not long", 30, 2, 50, 10.0),
            ("over a month", 31, 2, 50, 90.0),
            ("no regular", 300, 10, 2, 10.0),
            ("once", 300, 300, 1, 10.0),
        ],
        columns=["customer_id", "recency_days", "typical_gap_days", "frequency", "monetary"],
    )
    late = customer_base.find_lapsing_regulars(customers)
    assert late["customer_id"].tolist() == ["over a month", "twice as long"]
    assert customer_base.summarize_purchases(customers) == customer_base.PurchaseSummary(
        n_one_time_buyers=1, n_lapsing_regulars=2, lapsing_sales=100.0
    )
    assert customer_base.find_one_time_buyers(customers).values.tolist() == [["once", 300, 10.0]]
