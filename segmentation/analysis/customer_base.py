"""Summary statistics of all customers: concentration of sales, limits of the data, one-time and lapsing buyers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from segmentation.runtime.array_types import FloatArray

Caveat = Literal["few_customers", "short_period", "quiet_end", "no_regulars"]

MIN_CUSTOMERS, MIN_DAYS, MAX_DAYS_SINCE_LAST_SALE, MIN_REGULAR_ORDERS = 500, 180, 30, 3
"""Limits of the data: outside them, results are still computed, and the pages show a caveat."""
SALES_SHARE_THRESHOLD = 0.8
CURVE_POINTS = 101
LATE_GAP_RATIO = 2.0
"""A regular customer is lapsing if the days since the last order exceed the typical gap by this factor, ..."""
MIN_LATE_DAYS = 30
"""... and this number of days."""


@dataclass(frozen=True, eq=False)
class Concentration:
    """Concentration of sales (Pareto curve): customers by net sales, the largest first."""

    curve: pd.DataFrame
    """share_of_customers (0 to 1, in steps of 0.01) and their cumulative share_of_sales."""
    top_customer_share: float
    """The smallest share of customers (0 to 1) that accounts for 80 % of net sales."""
    n_top_customers: int
    """Number of these customers."""


def compute_concentration(monetary: FloatArray) -> Concentration | None:
    """Compute the concentration of sales; None unless total net sales are positive.

    monetary: net sales of each customer. Negative ones come last: the curve exceeds 1 before them and ends at 1.

    >>> shop = compute_concentration(np.array([70.0, 10.0, 10.0, 5.0, 5.0]))
    >>> shop.n_top_customers, shop.top_customer_share
    (2, 0.4)
    """
    total = float(monetary.sum())
    if not total > 0:
        return None
    cumulative_share = np.concatenate([[0.0], np.cumsum(np.sort(monetary)[::-1]) / total])
    n_top = int(np.argmax(cumulative_share >= SALES_SHARE_THRESHOLD - 1e-12))  # a sum may miss 0.8 by a rounding error
    customer_share = np.linspace(0.0, 1.0, CURVE_POINTS)
    sales_share = np.interp(customer_share * len(monetary), np.arange(len(cumulative_share)), cumulative_share)
    curve = pd.DataFrame({"share_of_customers": customer_share, "share_of_sales": sales_share})
    return Concentration(curve, n_top / len(monetary), n_top)


def check_data_limits(customers: int, days: int, days_since_last_sale: int, max_orders: float) -> tuple[Caveat, ...]:
    """List the caveats: the limits that the data do not meet.

    Args:
        customers: number of customers with a purchase.
        days: from the first sale to the as-of date.
        days_since_last_sale: from the last sale to the as-of date.
        max_orders: the largest number of orders of any customer.

    >>> check_data_limits(1468, 365, 1, 34), check_data_limits(120, 90, 45, 2)
    ((), ('few_customers', 'short_period', 'quiet_end', 'no_regulars'))
    """
    caveats: dict[Caveat, bool] = {
        "few_customers": customers < MIN_CUSTOMERS,
        "short_period": days < MIN_DAYS,
        "quiet_end": days_since_last_sale > MAX_DAYS_SINCE_LAST_SALE,
        "no_regulars": max_orders < MIN_REGULAR_ORDERS,
    }
    return tuple(caveat for caveat, applies in caveats.items() if applies)


@dataclass(frozen=True)
class PurchaseSummary:
    """Counts of one-time buyers and lapsing regulars, from which next steps are suggested."""

    n_one_time_buyers: int
    """Customers with a single order."""
    n_lapsing_regulars: int
    """Number of customers that `find_lapsing_regulars` returns."""
    lapsing_sales: float
    """Their net sales."""


def summarize_purchases(customers: pd.DataFrame) -> PurchaseSummary:
    """Count one-time buyers and lapsing regulars; customers: one row per customer with the features."""
    lapsing = find_lapsing_regulars(customers)
    return PurchaseSummary(int((customers["frequency"] == 1).sum()), len(lapsing), float(lapsing["monetary"].sum()))


def find_top_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """The `Concentration.n_top_customers` customers who account for 80 % of net sales, the largest first.

    Columns: customer_id, recency_days, frequency, monetary. Empty unless total net sales are positive.
    """
    concentration = compute_concentration(customers["monetary"].to_numpy(np.float64))
    columns = ["customer_id", "recency_days", "frequency", "monetary"]
    ranked = customers[columns].sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)
    return ranked.head(0 if concentration is None else concentration.n_top_customers)


def find_one_time_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with a single order, the largest first: customer_id, recency_days, monetary."""
    found = customers.loc[customers["frequency"] == 1, ["customer_id", "recency_days", "monetary"]]
    return found.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)


def find_lapsing_regulars(customers: pd.DataFrame) -> pd.DataFrame:
    """Find customers with three or more orders, the last one over 30 days and over twice their typical gap ago.

    Largest net sales first: customer_id, recency_days, typical_gap_days, frequency, monetary.
    """
    max_gap = np.maximum(LATE_GAP_RATIO * customers["typical_gap_days"], MIN_LATE_DAYS)
    is_lapsing = (customers["frequency"] >= MIN_REGULAR_ORDERS) & (customers["recency_days"] > max_gap)
    columns = ["customer_id", "recency_days", "typical_gap_days", "frequency", "monetary"]
    return customers.loc[is_lapsing, columns].sort_values(
        ["monetary", "customer_id"], ascending=[False, True], ignore_index=True
    )
