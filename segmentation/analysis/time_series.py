"""Sales, orders and customers over time, and one customer's purchase days.

A period is an integer, as in `segmentation.features.period_query`; `get_first_day` converts it to a date.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from segmentation.features.period_query import Unit
from segmentation.features.query import to_orders
from segmentation.runtime.epoch_days import DAYS_FROM_MONDAY, to_date, to_date_expression

MIN_DAYS_FOR_MONTHS = 120
"""Minimum days of data to show sales by month; shorter data are shown by week."""


def choose_period(days: int) -> Unit:
    """Choose the period for data of this many days.

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
    return to_date(7 * period - DAYS_FROM_MONDAY)


def merge_periods(
    money: pd.DataFrame,
    buyers: pd.DataFrame,
    unit: Unit,
    start: date,
    end: date,
    excluded_periods: Sequence[tuple[date, date]] = (),
) -> pd.DataFrame:
    """Merge sales and customers: one row per period from the first to the last, including periods without sales.

    Args:
        money: the result of `sum_sales_by_period`.
        buyers: the result of `count_customers_by_period`.
        unit: of joined.
        start: the first day that the data cover.
        end: the day after the last day.
        excluded_periods: first and last day of each excluded period.

    Returns:
        period (its first day), net_sales, orders, customers, new_customers, returning_customers, and is_complete: false
        for a period that the data cover only partly.
    """
    merged = pd.merge(money, buyers, on="period", how="outer").set_index("period")
    table = merged.reindex(range(int(merged.index.min()), int(merged.index.max()) + 1), fill_value=0).fillna(0)
    counts = ["orders", "customers", "new_customers"]
    table[counts] = table[counts].astype("int64")
    table["returning_customers"] = table["customers"] - table["new_customers"]
    days = [get_first_day(int(period), unit) for period in [*table.index, table.index[-1] + 1]]
    table["is_complete"] = [
        first >= start
        and next_first <= end
        and not any(out[0] < next_first and out[1] >= first for out in excluded_periods)
        for first, next_first in itertools.pairwise(days)
    ]
    table.index = pd.Index(pd.to_datetime(days[:-1]), name="period")
    return table.reset_index()


def select_purchase_days(
    lines: ibis.Table, customer_id: ibis.Table, *, has_order_ids: bool, has_missing_ids: bool
) -> ibis.Table:
    """Days on which one customer bought or returned: day (date), orders, bought, returned (float64, negative).

    `customer_id` is a table with one row and the column customer_id (text).
    """
    named = lines.mutate(customer_id=lines.customer_id.cast("string"))
    customer_lines = named.semi_join(customer_id, "customer_id")
    money = customer_lines.group_by("day").aggregate(
        bought=customer_lines.is_purchase.ifelse(
            customer_lines.net, ibis.literal(0).cast(customer_lines.net.type())
        ).sum(),
        returned=customer_lines.is_purchase.ifelse(
            ibis.literal(0).cast(customer_lines.net.type()), customer_lines.net
        ).sum(),
    )
    orders = to_orders(customer_lines, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids)
    counted = orders.group_by("day").aggregate(orders=orders.count())
    joined = money.left_join(counted, "day")
    return joined.select(
        day=to_date_expression(joined.day.cast("int64")),
        orders=ibis.coalesce(joined.orders, 0).cast("int64"),
        bought=joined.bought.cast("float64"),
        returned=joined.returned.cast("float64"),
    )
