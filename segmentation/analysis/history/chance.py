"""The chance line: how many customers would move between two month-ends if no one changed habits.

Someone who buys every other month moves between segments without any change. A purchase model is fitted to all
purchase histories (`segmentation.forecast`), and the purchases of the month are drawn from it for each customer, given
the history up to the earlier month-end. Each drawn purchase has the orders and net sales of a random earlier purchase
day of the customer. Features that do not follow from orders and net sales stay as they were. The frozen model assigns
the result; the share of customers who move is the movement to expect by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from segmentation.analysis.history.labeled_months import HistorySales, LabeledMonths
from segmentation.errors import DataError
from segmentation.features.sampling import halve_share, is_in_halved_sample, is_sampled
from segmentation.forecast.fitting import fit_purchase_model
from segmentation.forecast.purchase_model import Histories, PurchaseModel
from segmentation.forecast.simulation import simulate_purchases

MAX_CUSTOMERS = 20_000
"""Customers who are simulated; of more, a half, a quarter or so of them."""
MIN_DRAWS = 5_000
"""Customers of one month times repetitions: a small shop is simulated several times."""
SIMULATED = ("recency_days", "frequency", "tenure_days")
"""Features that follow from purchases; so do monetary, which is always there, and avg_order_value."""
Ints = np.ndarray[Any, np.dtype[np.int64]]


def estimate_chance(months: LabeledMonths, customers: int, seed: int) -> pd.Series:
    """The share of customers who would move by chance in each month.

    Args:
        months: the frozen model and the month-ends.
        customers: number of customers with a purchase, to decide whether a sample is drawn.
        seed: equal seeds give equal results.

    Returns:
        month_end -> share, 0 to 1, of the customers present at both month-ends; from the second month-end on. NaN
        where no purchase model can be fitted, because no customer came back.
    """
    share = halve_share(customers, MAX_CUSTOMERS)
    empty = pd.Series(np.nan, index=pd.Index(months.month_ends[1:], name="month_end"), name="chance_share")
    purchases = _fetch_purchases(months, share)
    as_of = months.windows.as_of_days
    try:
        model = fit_purchase_model(purchases.summarize(as_of[-1])[1], seed=seed).model
    except DataError:
        return empty
    features = months.compute_features(SIMULATED)
    sampled = features.filter(is_sampled(features.customer_id, share))
    frame = months.sales.source.fetch(sampled, months.tables).to_pandas()
    for number in range(1, len(as_of)):
        start = frame[frame["window"] == number - 1].sort_values("customer_id", ignore_index=True)
        rng = np.random.default_rng([seed, number])
        empty.iloc[number - 1] = _simulate_month(months, purchases, model, start, as_of[number - 1 : number + 1], rng)
    return empty


@dataclass(frozen=True, eq=False)
class _Purchases:
    """One row per customer and purchase day, by customer and day."""

    ids: pd.Index
    """customer_id of each customer, ascending."""
    customer: Ints
    """(n,) position in `ids`."""
    day: Ints
    orders: np.ndarray[Any, np.dtype[np.float64]]
    net: np.ndarray[Any, np.dtype[np.float64]]

    @cached_property
    def first_row(self) -> Ints:
        """(customers,) first row of each customer."""
        return np.searchsorted(self.customer, np.arange(len(self.ids)))

    def summarize(self, as_of: int) -> tuple[Ints, Histories, tuple[np.ndarray[Any, Any], ...]]:
        """Rows before `as_of` of each customer, the grouped histories of those with any, and x, t_x, T of all."""
        before = self.day < as_of
        count = np.bincount(self.customer[before], minlength=len(self.ids))
        first = self.day[self.first_row]
        last = self.day[self.first_row + np.maximum(count, 1) - 1]
        known = count > 0
        x, t_x, T = (
            np.where(known, values, 0).astype(np.float64) for values in (count - 1, last - first, as_of - 1 - first)
        )
        return count, Histories.from_customers(x[known], t_x[known], T[known]), (x, t_x, T)


def select_sampled_purchases(sales: HistorySales, features: ibis.Table) -> ibis.Table:
    """The purchases of the customers who are simulated, as far as the engine can tell who they are.

    Args:
        sales: where the purchases are.
        features: of each customer at each month-end.
    """
    counted = features.group_by("window").aggregate(customers=features.count())
    customers = counted.aggregate(most=counted.customers.max()).as_scalar()
    lines = sales.prepared.accepted
    return _sum_purchases(lines, is_in_halved_sample(lines.customer_id, customers, MAX_CUSTOMERS), sales)


def _sum_purchases(lines: ibis.Table, is_selected: ir.Value, sales: HistorySales) -> ibis.Table:
    """By customer_id (text) and day: orders, net (money)."""
    buys = lines.filter(is_selected & lines.is_purchase)
    named = buys.mutate(customer_id=buys.customer_id.cast("string"))
    orders = named.transaction_id.nunique() + named.transaction_id.isnull().ifelse(1, 0).sum()
    if not sales.prepared.has_order_ids:
        orders = named.count()
    return named.group_by("customer_id", "day").aggregate(
        orders=orders.cast("float64"), net=named.net.sum().cast("float64")
    )


def _fetch_purchases(months: LabeledMonths, share: float) -> _Purchases:
    days = months.stored.get("purchases")
    if days is None:
        lines = months.sales.prepared.accepted
        days = _sum_purchases(lines, is_sampled(lines.customer_id, share), months.sales)
    frame = months.sales.source.fetch(days.order_by("customer_id", "day")).to_pandas()
    frame = frame.sort_values(["customer_id", "day"], ignore_index=True)
    codes, ids = pd.factorize(frame["customer_id"])
    return _Purchases(
        pd.Index(ids),
        codes.astype(np.int64),
        frame["day"].to_numpy(np.int64),
        frame["orders"].to_numpy(np.float64),
        frame["net"].to_numpy(np.float64),
    )


def _simulate_month(
    months: LabeledMonths,
    purchases: _Purchases,
    model: PurchaseModel,
    start: pd.DataFrame,
    as_of: tuple[int, ...],
    rng: np.random.Generator,
) -> float:
    """The share of the customers in `start`, those at the earlier month-end, who move until the later one."""
    if start.empty:
        return float("nan")
    earlier, later = as_of
    count, _, (x, t_x, T) = purchases.summarize(earlier)
    rows = purchases.ids.get_indexer(pd.Index(start["customer_id"]))
    repetitions = max(1, -(-MIN_DRAWS // len(start)))
    rows = np.tile(rows, repetitions)
    frame = pd.concat([start] * repetitions, ignore_index=True)
    drawn = simulate_purchases(model, x[rows], t_x[rows], T[rows], float(later - earlier), rng)
    who, day = drawn.customer, earlier - 1 + np.ceil(drawn.days).astype(np.int64)
    like = purchases.first_row[rows[who]] + (rng.random(len(who)) * count[rows[who]]).astype(np.int64)
    n = len(rows)

    def add(values: np.ndarray[Any, Any], at: Ints) -> np.ndarray[Any, Any]:
        return np.bincount(at, weights=values, minlength=n)

    leaving = _sum_leaving(purchases, earlier - months.days, later - months.days)
    orders = frame["frequency"].to_numpy() - leaving[0][rows] + add(purchases.orders[like], who)
    net = frame["monetary"].to_numpy() - leaving[1][rows] + add(purchases.net[like], who)
    last = frame["last_day"].to_numpy(np.int64).copy()
    np.maximum.at(last, who, day)
    first = np.maximum(earlier - frame["tenure_days"].to_numpy(np.int64), later - months.days)
    stays = (orders > 0.5) & (last >= later - months.days)
    changed = frame.assign(
        frequency=orders,
        monetary=net,
        recency_days=(later - last).astype(np.float64),
        tenure_days=(later - first).astype(np.float64),
        avg_order_value=net / np.maximum(orders, 1),
    )
    before, now = months.model.assign(frame), months.model.assign(changed)
    return float((before != now)[stays].mean()) if stays.any() else float("nan")


def _sum_leaving(purchases: _Purchases, first: int, end: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Orders and net sales of each customer on the days that leave the window: `first` to before `end`."""
    inside = (purchases.day >= first) & (purchases.day < end)
    at, size = purchases.customer[inside], len(purchases.ids)
    return (
        np.bincount(at, weights=purchases.orders[inside], minlength=size),
        np.bincount(at, weights=purchases.net[inside], minlength=size),
    )
