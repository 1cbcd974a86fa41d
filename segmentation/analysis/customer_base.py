"""What the table of customers says at a glance: concentration of sales, what the data are too few for, first steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Array = np.ndarray[Any, np.dtype[np.float64]]
Caveat = Literal["few_customers", "short_period", "quiet_end", "no_regulars"]

FEWEST_CUSTOMERS, SHORTEST_DAYS, LATEST_DAYS, REGULAR_ORDERS = 500, 180, 30, 3
"""The usable minimum: below it results are made all the same, and what that does to them is said."""
SALES_SHARE_THRESHOLD = 0.8
CURVE_POINTS = 101
LATE_GAP_RATIO = 2.0
"""A regular is late when the last order is longer ago than so many times the customer's usual gap."""
MIN_LATE_DAYS = 30


@dataclass(frozen=True, eq=False)
class Concentration:
    """How sales are spread over customers, the largest first."""

    curve: pd.DataFrame
    """share_of_customers (0 to 1, in hundredths) and share_of_sales: what that part of the customers brings."""
    most_of_sales: float
    """The share of customers who make 80 % of sales."""
    customers: int
    """How many they are."""


def compute_concentration(monetary: Array) -> Concentration | None:
    """How few customers bring how much; None where sales do not add up to more than 0.

    monetary: net sales of each customer; those below 0 stand last and bring the curve back down to 1.

    >>> shop = compute_concentration(np.array([70.0, 10.0, 10.0, 5.0, 5.0]))
    >>> shop.customers, shop.most_of_sales
    (2, 0.4)
    """
    total = float(monetary.sum())
    if not total > 0:
        return None
    share = np.concatenate([[0.0], np.cumsum(np.sort(monetary)[::-1]) / total])
    needed = int(np.argmax(share >= SALES_SHARE_THRESHOLD - 1e-12))
    part = np.linspace(0.0, 1.0, CURVE_POINTS)
    at = np.interp(part * len(monetary), np.arange(len(share)), share)
    curve = pd.DataFrame({"share_of_customers": part, "share_of_sales": at})
    return Concentration(curve, needed / len(monetary), needed)


def check_data_limits(customers: int, days: int, days_since_last_sale: int, max_orders: float) -> tuple[Caveat, ...]:
    """Which parts of the usable minimum are not reached.

    Args:
        customers: who bought.
        days: from the first sale to the as-of date.
        days_since_last_sale: from the last sale to the as-of date.
        max_orders: orders of the customer who has most.

    >>> check_data_limits(1468, 365, 1, 34), check_data_limits(120, 90, 45, 2)
    ((), ('few_customers', 'short_period', 'quiet_end', 'no_regulars'))
    """
    fails: dict[Caveat, bool] = {
        "few_customers": customers < FEWEST_CUSTOMERS,
        "short_period": days < SHORTEST_DAYS,
        "quiet_end": days_since_last_sale > LATEST_DAYS,
        "no_regulars": max_orders < REGULAR_ORDERS,
    }
    return tuple(name for name, failed in fails.items() if failed)


@dataclass(frozen=True)
class PurchaseSummary:
    """Who buys how, in numbers that suggest a first step."""

    one_time_buyers: int
    """Customers with a single order."""
    n_lapsed: int
    """How many `find_lapsing_regulars` there are."""
    lapsed_sales: float
    """Net sales that these have brought so far."""


def summarize_purchases(customers: pd.DataFrame) -> PurchaseSummary:
    """One-time buyers, and regulars who stay away; customers: one row per customer with the features."""
    late = find_lapsing_regulars(customers)
    return PurchaseSummary(int((customers["frequency"] == 1).sum()), len(late), float(late["monetary"].sum()))


def find_one_time_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with a single order, the largest first: customer_id, recency_days, monetary."""
    found = customers.loc[customers["frequency"] == 1, ["customer_id", "recency_days", "monetary"]]
    return found.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)


def find_lapsing_regulars(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with three or more orders whose last one is over 30 days and over twice their usual gap ago.

    The largest first; customer_id, recency_days, typical_gap_days, frequency, monetary.
    """
    usual = np.maximum(LATE_GAP_RATIO * customers["typical_gap_days"], MIN_LATE_DAYS)
    late = (customers["frequency"] >= REGULAR_ORDERS) & (customers["recency_days"] > usual)
    columns = ["customer_id", "recency_days", "typical_gap_days", "frequency", "monetary"]
    found = customers.loc[late, columns]
    return found.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)
