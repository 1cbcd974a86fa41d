"""One invented shop, to be written in the layouts of known exports.

The shop is two frames. `orders` has one row per order: order, customer (e-mail), day, status (paid, cancelled,
refunded, partial; some shops add failed), currency, subtotal, discount, shipping, tax, total and refund. `items` has
one row per item: order, category, price, quantity, amount and discount (its share of that of the order). The totals
that an export should give are computed from these frames with pandas, never from the export.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Export:
    """An export and what it should give."""

    frame: pd.DataFrame
    customers: int
    orders: int
    money: Decimal


def make_shop(seed: int = 7, count: int = 120) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames `orders` and `items`; money is whole cents."""
    rng = np.random.default_rng(seed)
    orders = pd.DataFrame(
        {
            "order": np.arange(5001, 5001 + count),
            "customer": [f"Buyer{n}@Example.org" for n in rng.integers(100, 130, count)],
            "day": pd.to_datetime("2025-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 330, count)), unit="D"),
            "status": rng.choice(["paid", "cancelled", "refunded", "partial"], count, p=[0.7, 0.1, 0.1, 0.1]),
        }
    )
    orders["currency"] = "USD"
    sizes = rng.integers(1, 4, count)
    items = pd.DataFrame({"order": np.repeat(orders["order"], sizes)}).reset_index(drop=True)
    items["category"] = rng.choice(["Cups", "Lamps", "Cards"], len(items))
    items["price"] = rng.integers(250, 9000, len(items)) / 100
    items["quantity"] = rng.integers(1, 5, len(items))
    items["amount"] = (items["price"] * items["quantity"]).round(2)
    items["discount"] = np.where(np.isin(items["order"] % 4, [0]), (items["amount"] * 0.1).round(2), 0.0)
    sums = items.groupby("order")[["amount", "discount"]].sum().round(2).reset_index(drop=True)
    orders["subtotal"], orders["discount"] = sums["amount"], sums["discount"]
    orders["shipping"] = np.where(orders["order"] % 3 == 0, 0.0, 4.95)
    orders["tax"] = ((orders["subtotal"] - orders["discount"]) * 0.05).round(2)
    orders["total"] = (orders["subtotal"] - orders["discount"] + orders["shipping"] + orders["tax"]).round(2)
    orders["refund"] = orders["status"].map({"refunded": 1.0, "partial": 0.25}).fillna(0.0) * orders["total"]
    orders["refund"] = orders["refund"].round(2)
    return orders, items


def expect(frame: pd.DataFrame, orders: pd.DataFrame, money: pd.Series) -> Export:
    """An export whose customers and orders are those of `orders`, and whose money is the sum of `money`."""
    return Export(frame, orders["customer"].nunique(), len(orders), Decimal(str(round(float(money.sum()), 2))))


def keep_sold(orders: pd.DataFrame) -> pd.DataFrame:
    """Orders of which something was kept."""
    return orders[orders["status"].isin(["paid", "partial"])]


def vary_case(emails: pd.Series) -> list[str]:
    """Every second address in lower case."""
    return [text.lower() if i % 2 else text for i, text in enumerate(emails)]


def join_items(orders: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Items with the columns of their order; those of both have the suffix _order."""
    return items.merge(orders, on="order", suffixes=("", "_order"))
