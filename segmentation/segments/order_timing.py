"""The pace of a shop: how long its customers wait between orders, and for how long they are observed.

Days since the last order are recent or long ago only in relation to both: 60 days are recent in a furniture store and
long ago in a grocery store.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import pandas as pd

NEEDED = ("recency_days", "frequency", "tenure_days")
"""The features that it is computed from."""
MIN_ORDERS = 2
"""Customers with at least this many orders have an interval between orders."""


@dataclass(frozen=True)
class OrderTiming:
    """The pace of all customers together; NaN if unknown."""

    reorder_interval_days: float = math.nan
    """Median of (days from the first to the last order) / (orders - 1) over customers with two or more orders."""
    window_days: float = math.nan
    """Days from the first order of any customer to the as-of date."""


def compute_order_timing(customers: pd.DataFrame) -> OrderTiming:
    """Compute the pace of a shop.

    Args:
        customers: one row per customer; without the columns NEEDED, or without a row, the pace is unknown.

    >>> days = {"recency_days": [10.0, 30.0, 5.0], "frequency": [3.0, 2.0, 1.0], "tenure_days": [90.0, 50.0, 5.0]}
    >>> compute_order_timing(pd.DataFrame(days))
    OrderTiming(reorder_interval_days=30.0, window_days=90.0)
    """
    if not len(customers) or not set(NEEDED) <= set(customers.columns):
        return OrderTiming()
    repeat = customers.loc[customers["frequency"] >= MIN_ORDERS, list(NEEDED)]
    intervals = (repeat["tenure_days"] - repeat["recency_days"]) / (repeat["frequency"] - 1)
    return OrderTiming(float(intervals.median()), float(customers["tenure_days"].max()))


def order_timing_sql(customers: ibis.Table) -> dict[str, ibis.Value]:
    """The aggregates that `compute_order_timing` computes, by field of OrderTiming.

    Args:
        customers: one row per customer, with the columns NEEDED.
    """
    # The divisor is null for customers with one order: an engine may divide before it filters.
    divisor = (customers.frequency - 1).nullif(0)
    interval = (customers.tenure_days - customers.recency_days) / divisor
    return {
        "reorder_interval_days": interval.median(where=customers.frequency >= MIN_ORDERS).cast("float64"),
        "window_days": customers.tenure_days.max().cast("float64"),
    }
