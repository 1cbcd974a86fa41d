"""The pace of a shop, by hand and on an engine."""

from __future__ import annotations

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest

from segmentation.segments.order_timing import OrderTiming, compute_order_timing, order_timing_sql
from segmentation.segments.segment_traits import SegmentTraits

CUSTOMERS = pd.DataFrame(
    {
        "recency_days": [10.0, 30.0, 5.0, 0.0],
        "frequency": [3.0, 2.0, 1.0, 5.0],
        "tenure_days": [90.0, 50.0, 5.0, 40.0],
    }
)


def test_compute_order_timing_ignores_single_orders() -> None:
    # 80 days in two intervals, 20 in one, 40 in four; the customer with one order has none
    assert compute_order_timing(CUSTOMERS) == OrderTiming(reorder_interval_days=20.0, window_days=90.0)


def test_compute_order_timing_unknown() -> None:
    once = compute_order_timing(CUSTOMERS.iloc[[2]])
    assert np.isnan(once.reorder_interval_days)
    assert once.window_days == 5.0
    for customers in (CUSTOMERS.head(0), CUSTOMERS.drop(columns="tenure_days")):
        assert np.isnan(list(vars(compute_order_timing(customers)).values())).all()


def test_order_timing_sql_equals_memory() -> None:
    table = ibis.table(dict.fromkeys(CUSTOMERS, "float64"), name="customers")
    with duckdb.connect() as connection:
        connection.register("customers", CUSTOMERS)
        sql = str(ibis.to_sql(table.aggregate(**order_timing_sql(table)), dialect="duckdb"))
        row = connection.sql(sql).df().iloc[0]
    assert OrderTiming(**row.to_dict()) == compute_order_timing(CUSTOMERS)


@pytest.mark.parametrize(
    ("days", "is_recent"), [(14.0, True), (37.0, True), (38.0, False), (183.0, False)]
)  # a tenth of the window is longer than two weekly intervals
def test_segment_traits_is_recent_by_pace(days: float, is_recent: bool) -> None:
    row = {
        "position_recency_days": 0.2,
        "median_recency_days": days,
        "reorder_interval_days": 7.0,
        "window_days": 370.0,
    }
    assert SegmentTraits.from_row(row).is_recent == is_recent


def test_segment_traits_is_recent_within_half_window() -> None:
    row = {"position_recency_days": 0.2, "reorder_interval_days": 300.0, "window_days": 370.0}
    assert SegmentTraits.from_row(row | {"median_recency_days": 185.0}).is_recent
    assert not SegmentTraits.from_row(row | {"median_recency_days": 186.0}).is_recent
    assert SegmentTraits.from_row({"position_recency_days": 0.2, "median_recency_days": 400.0}).is_recent, "an old run"
