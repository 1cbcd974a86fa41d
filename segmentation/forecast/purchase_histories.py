"""Sales lines -> purchase days -> one purchase history per customer, computed where the lines are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation.errors import DataError
from segmentation.features.sampling import is_sampled
from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray
from segmentation.runtime.epoch_days import to_day_literal
from segmentation.sales.source import SalesSource

HISTORY_COLUMNS = ("customer_id", "x", "t_x", "T", "net_sales", "recent_net_sales")
"""customer_id (text); x, repeat purchases; t_x and T, days, as in `purchase_model`; net_sales, of all days, and
recent_net_sales, of the last `horizon` days, in money after returns."""
MIN_CUSTOMERS, MIN_DAYS, MIN_PURCHASES = 500, 180, 3
"""A forecast needs as many customers with a purchase, days of data, and purchase days of at least one customer."""


def select_purchase_days(lines: ibis.Table, *, has_order_ids: bool | None = None) -> ibis.Table:
    """One row per customer and day: customer_id (text), day (days since 1970-01-01), net (money), is_purchase (1, 0).

    Orders of one day are one purchase, whatever their money; a day of returns only has is_purchase 0 and lowers net.
    has_order_ids: whether the lines have a transaction id, to add `orders`, their number; None: without it.
    """
    named = lines.mutate(customer_id=lines.customer_id.cast("string"))
    is_purchase = ibis.coalesce(named.is_purchase, False)
    orders: dict[str, ibis.Value] = {}
    if has_order_ids is not None:
        is_single = is_purchase & named.transaction_id.isnull() if has_order_ids else is_purchase
        orders["orders"] = is_single.ifelse(1, 0).sum().cast("int64")
        if has_order_ids:
            orders["orders"] += named.transaction_id.nunique(where=is_purchase)
    days = named.group_by("customer_id", "day").aggregate(
        net=named.net.sum(), is_purchase=is_purchase.ifelse(1, 0).max().cast("int64"), **orders
    )
    return days.select("customer_id", "is_purchase", *orders, day=days.day.cast("int64"), net=days.net)


def summarize_purchase_histories(lines: ibis.Table, as_of: int, horizon: int) -> ibis.Table:
    """One row per customer with a purchase: HISTORY_COLUMNS; numbers as float64.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`, none on or after the as-of date.
        as_of: as-of date in days since 1970-01-01; T is counted to the day before.
        horizon: length of the last period, in days.
    """
    days = select_purchase_days(lines)
    is_purchase, zero = days.is_purchase == 1, ibis.literal(0).cast("decimal(38, 6)")
    first_recent, last_day = to_day_literal(as_of - horizon), to_day_literal(as_of - 1)
    customers = days.group_by("customer_id").aggregate(
        purchases=days.is_purchase.sum(),
        first=days.day.min(where=is_purchase),
        last=days.day.max(where=is_purchase),
        net=days.net.sum(),
        recent=(days.day >= first_recent).ifelse(days.net.cast("decimal(38, 6)"), zero).sum(),
    )
    customers = customers.filter(customers.purchases > 0)
    return customers.select(
        "customer_id",
        x=(customers.purchases - 1).cast("float64"),
        t_x=(customers["last"] - customers["first"]).cast("float64"),
        T=(last_day - customers["first"]).cast("float64"),
        net_sales=customers.net.cast("float64"),
        recent_net_sales=customers.recent.cast("float64"),
    )


def explain_shortage(customers: int, days: int, max_x: float) -> str:
    """Explain in one sentence why the sales are too few for a forecast; "" if they are enough.

    Args:
        customers: with a purchase.
        days: from the first sale to the as-of date.
        max_x: the most repeat purchases of any customer.
    """
    if customers < MIN_CUSTOMERS:
        return f"A forecast needs at least {MIN_CUSTOMERS} customers with a purchase; these sales have {customers}."
    if days < MIN_DAYS:
        return f"A forecast needs at least {MIN_DAYS} days of sales; these cover {days}."
    if max_x < MIN_PURCHASES - 1:
        return f"A forecast needs a customer who bought on {MIN_PURCHASES} days; these sales have none."
    return ""


def check_requirements(customers: int, days: int, max_x: float) -> None:
    """Raise DataError if the sales are too few for a forecast; arguments as in `explain_shortage`."""
    if problem := explain_shortage(customers, days, max_x):
        raise DataError(problem, hint="Choose a longer period, or a source with more sales.")


@dataclass(frozen=True, eq=False)
class PurchaseDays:
    """Purchase days of customers in memory, by customer, then day; for rolling origins."""

    customer_ids: np.ndarray[Any, Any]
    """(customers,) ascending."""
    customer: IntArray
    """(rows,) position in customer_ids."""
    day: IntArray
    """(rows,) days since 1970-01-01."""
    net: FloatArray
    is_purchase: BoolArray
    share: float = 1.0
    """Share of the customers of the source that are in memory."""
    orders: FloatArray | None = None
    """(rows,) orders of the day; None: not fetched."""

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, share: float = 1.0) -> PurchaseDays:
        """From the columns of `select_purchase_days`."""
        codes, ids = pd.factorize(frame["customer_id"], sort=True)
        day = frame["day"].to_numpy(np.int64)
        order = np.lexsort((day, codes))
        orders = frame["orders"].to_numpy(np.float64)[order] if "orders" in frame else None
        return cls(
            np.asarray(ids, object),
            codes[order].astype(np.int64),
            day[order],
            frame["net"].to_numpy(np.float64)[order],
            frame["is_purchase"].to_numpy()[order] == 1,
            share,
            orders,
        )

    def summarize(self, as_of: int, horizon: int) -> pd.DataFrame:
        """HISTORY_COLUMNS as of an earlier date, by customer_id; the index is the position in customer_ids."""
        known, n = self.day < as_of, len(self.customer_ids)
        bought = known & self.is_purchase
        customer, day = self.customer[bought], self.day[bought]
        purchases = np.bincount(customer, minlength=n)
        buyers = np.flatnonzero(purchases)
        # Rows are sorted by customer and day: each customer's first and last row have the first and last day.
        ends = np.cumsum(purchases[buyers])
        first, last = day[ends - purchases[buyers]], day[ends - 1]
        return pd.DataFrame(
            {
                "customer_id": self.customer_ids[buyers],
                "x": purchases[buyers] - 1.0,
                "t_x": (last - first).astype(np.float64),
                "T": (as_of - 1 - first).astype(np.float64),
                "net_sales": self._sum(self.net, known)[buyers],
                "recent_net_sales": self._sum(self.net, known & (self.day >= as_of - horizon))[buyers],
            },
            index=buyers,
        )

    def sum_net(self, first: int, end: int) -> FloatArray:
        """(customers,) net sales from `first` to the day before `end`."""
        return self._sum(self.net, (self.day >= first) & (self.day < end))

    def sum_orders(self, first: int, end: int) -> FloatArray:
        """(customers,) orders from `first` to the day before `end`, if they were fetched."""
        assert self.orders is not None
        return self._sum(self.orders, (self.day >= first) & (self.day < end))

    def find_next_purchase(self, first: int, end: int) -> FloatArray:
        """(customers,) the first purchase day from `first` to the day before `end`; NaN without one."""
        rows = np.flatnonzero(self.is_purchase & (self.day >= first) & (self.day < end))
        found = np.full(len(self.customer_ids), np.nan)
        found[self.customer[rows[::-1]]] = self.day[rows[::-1]]  # the earliest one is written last
        return found

    def _sum(self, values: FloatArray, rows: BoolArray) -> FloatArray:
        return np.bincount(self.customer[rows], values[rows], minlength=len(self.customer_ids)).astype(np.float64)


def fetch_purchase_histories(source: SalesSource, lines: ibis.Table, as_of: int, horizon: int) -> pd.DataFrame:
    """Fetch HISTORY_COLUMNS of every customer with a purchase, by customer_id."""
    frame: pd.DataFrame = source.fetch(summarize_purchase_histories(lines, as_of, horizon)).to_pandas()
    return frame.sort_values("customer_id", ignore_index=True)[list(HISTORY_COLUMNS)]


def fetch_purchase_days(
    source: SalesSource, lines: ibis.Table, share: float, *, has_order_ids: bool | None = None
) -> PurchaseDays:
    """Fetch the purchase days of a share (0 to 1) of the customers; a customer is in every sample or in none.

    has_order_ids: whether the lines have a transaction id, to fetch the orders of each day, too; None: without them.
    """
    lines = lines if share >= 1 else lines.filter(is_sampled(lines.customer_id, share))
    days = select_purchase_days(lines, has_order_ids=has_order_ids)
    fetched = source.fetch(days.mutate(net=days.net.cast("float64")))
    return PurchaseDays.from_frame(fetched.to_pandas(), min(share, 1.0))
