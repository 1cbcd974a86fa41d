"""Sales, orders and customers over time, computed where the lines live; one customer's orders.

A period is a whole number: months since the beginning of our era's year 0 (2025-01 is 24300), or weeks from Monday to
Sunday since 1970. `get_first_day` turns it into a date.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from segmentation.features.query import to_orders

Unit = Literal["week", "month"]
MIN_DAYS_FOR_MONTHS = 120
"""From so many days on, months are shown; weeks below."""
_MONDAY = 3
"""1970-01-01 was a Thursday."""


def choose_period(days: int) -> Unit:
    """The period that suits data of so many days.

    >>> choose_period(90), choose_period(365)
    ('week', 'month')
    """
    return "month" if days >= MIN_DAYS_FOR_MONTHS else "week"


def get_first_day(period: int, unit: Unit) -> date:
    """The first day of a period.

    >>> get_first_day(24300, "month"), get_first_day(0, "week")
    (datetime.date(2025, 1, 1), datetime.date(1969, 12, 29))
    """
    if unit == "month":
        return date(period // 12, period % 12 + 1, 1)
    return date(1970, 1, 1) + timedelta(days=7 * period - _MONDAY)


def get_period(day: ir.Value, unit: Unit) -> ir.Value:
    """The period of a day (days since 1970-01-01)."""
    day = day.cast("int64")
    if unit == "week":
        return ((day + _MONDAY) / 7).floor().cast("int64")
    when = ibis.date("1970-01-01") + day.as_interval("D")
    return (when.year() * 12 + when.month() - 1).cast("int64")


def sum_sales_by_period(lines: ibis.Table, unit: Unit) -> ibis.Table:
    """period, net_sales (float64): net sales by the day of the line, returns taken off on the day they came back."""
    dated = lines.select(period=get_period(lines.day, unit), net=lines.net)
    sums = dated.group_by("period").aggregate(net=dated.net.sum())
    return sums.select("period", net_sales=sums.net.cast("float64"))


def count_customers_by_period(
    lines: ibis.Table, unit: Unit, *, has_transactions: bool, has_missing_ids: bool
) -> ibis.Table:
    """period, orders, customers, new_customers: who ordered, and for how many it was the first period with an order.

    An order counts on the day of its first purchase, as in the features.
    """
    orders = to_orders(lines, has_transactions=has_transactions, has_missing_ids=has_missing_ids)
    orders = orders.filter(orders.day.notnull())
    dated = orders.select("customer_id", period=get_period(orders.day, unit))
    active = dated.group_by("customer_id", "period").aggregate(orders=dated.count())
    active = active.mutate(first=active.period.min().over(group_by=active.customer_id))
    return active.group_by("period").aggregate(
        orders=active.orders.sum(),
        customers=active.count(),
        new_customers=(active.period == active.first).ifelse(1, 0).sum(),
    )


def merge_periods(
    money: pd.DataFrame,
    buyers: pd.DataFrame,
    unit: Unit,
    start: date,
    end: date,
    excluded_periods: Sequence[tuple[date, date]] = (),
) -> pd.DataFrame:
    """Both in one calendar, periods without sales included: one row per period from the first to the last with lines.

    Args:
        money: as `sum_sales_by_period` gives it.
        buyers: as `count_customers_by_period` gives it.
        unit: of both.
        start: the first day that the data cover.
        end: the day after the last.
        excluded_periods: first and last day of periods that do not count.

    Returns:
        period (its first day), net_sales, orders, customers, new_customers, returning_customers, and is_whole: false
        for a period that the data cover in part.
    """
    both = pd.merge(money, buyers, on="period", how="outer").set_index("period")
    table = both.reindex(range(int(both.index.min()), int(both.index.max()) + 1), fill_value=0).fillna(0)
    counts = ["orders", "customers", "new_customers"]
    table[counts] = table[counts].astype("int64")
    table["returning_customers"] = table["customers"] - table["new_customers"]
    days = [get_first_day(int(period), unit) for period in [*table.index, table.index[-1] + 1]]
    table["is_whole"] = [
        first >= start and until <= end and not any(gap[0] < until and gap[1] >= first for gap in excluded_periods)
        for first, until in itertools.pairwise(days)
    ]
    table.index = pd.Index(pd.to_datetime(days[:-1]), name="period")
    return table.reset_index()


def select_purchase_days(
    lines: ibis.Table, customer_id: ibis.Table, *, has_transactions: bool, has_missing_ids: bool
) -> ibis.Table:
    """The days on which one customer bought or gave back: day (date), orders, bought, returned (float64, below 0).

    `customer_id` holds the customer_id (text) in its only row.
    """
    named = lines.mutate(customer_id=lines.customer_id.cast("string"))
    own = named.semi_join(customer_id, "customer_id")
    money = own.group_by("day").aggregate(
        bought=own.is_purchase.ifelse(own.net, ibis.literal(0).cast(own.net.type())).sum(),
        returned=own.is_purchase.ifelse(ibis.literal(0).cast(own.net.type()), own.net).sum(),
    )
    orders = to_orders(own, has_transactions=has_transactions, has_missing_ids=has_missing_ids)
    counted = orders.group_by("day").aggregate(orders=orders.count())
    both = money.left_join(counted, "day")
    return both.select(
        day=ibis.date("1970-01-01") + both.day.cast("int64").as_interval("D"),
        orders=ibis.coalesce(both.orders, 0).cast("int64"),
        bought=both.bought.cast("float64"),
        returned=both.returned.cast("float64"),
    )
