"""Lines and orders by period, of all customers and of each one.

A period is an integer: 12 x year + month - 1 (2025-01 is 24300), or the number of Monday-to-Sunday weeks since 1970.
"""

from __future__ import annotations

from typing import Literal

import ibis
import ibis.expr.types as ir

from segmentation.features.query import to_orders
from segmentation.runtime.epoch_days import DAYS_FROM_MONDAY, to_date_expression

Unit = Literal["week", "month"]


def get_period(day: ir.Value, unit: Unit) -> ir.Value:
    """The period of a day (days since 1970-01-01)."""
    day = day.cast("int64")
    if unit == "week":
        return ((day + DAYS_FROM_MONDAY) / 7).floor().cast("int64")
    date = to_date_expression(day)
    return (date.year() * 12 + date.month() - 1).cast("int64")


def sum_sales_by_period(lines: ibis.Table, unit: Unit) -> ibis.Table:
    """period, net_sales (float64); a return is subtracted on the day of the return."""
    dated = lines.select(period=get_period(lines.day, unit), net=lines.net)
    sums = dated.group_by("period").aggregate(net=dated.net.sum())
    return sums.select("period", net_sales=sums.net.cast("float64"))


def count_customers_by_period(
    lines: ibis.Table, unit: Unit, *, has_order_ids: bool, has_missing_ids: bool
) -> ibis.Table:
    """period, orders, customers (with an order), new_customers (those whose first order is in this period).

    An order counts on the day of its first purchase, as in the features.
    """
    orders = to_orders(lines, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids)
    orders = orders.filter(orders.day.notnull())
    dated = orders.select("customer_id", period=get_period(orders.day, unit))
    active = dated.group_by("customer_id", "period").aggregate(orders=dated.count())
    active = active.mutate(first=active.period.min().over(group_by=active.customer_id))
    return active.group_by("period").aggregate(
        orders=active.orders.sum(),
        customers=active.count(),
        new_customers=(active.period == active.first).ifelse(1, 0).sum(),
    )


def sum_customer_months(lines: ibis.Table) -> ibis.Table:
    """By customer_id (text) and month: net (money, after returns), buys (purchased lines)."""
    dated = lines.select(
        customer_id=lines.customer_id.cast("string"),
        month=get_period(lines.day, "month"),
        net=lines.net,
        buys=lines.is_purchase.ifelse(1, 0),
    )
    return dated.group_by("customer_id", "month").aggregate(net=dated.net.sum(), buys=dated.buys.sum())


def count_customer_orders(lines: ibis.Table, *, has_order_ids: bool, has_missing_ids: bool) -> ibis.Table:
    """By customer_id (text) and month: orders, each in the month of its first purchase."""
    orders = to_orders(lines, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids)
    orders = orders.filter(orders.lines > 0)
    dated = orders.select(customer_id=orders.customer_id.cast("string"), month=get_period(orders.day, "month"))
    return dated.group_by("customer_id", "month").aggregate(orders=dated.count())


def sum_customer_discounts(lines: ibis.Table) -> ibis.Table:
    """By customer_id (text), of purchased lines: gross (before discounts), full (gross of lines without discount), net,
    net_discounted (net of discounted lines), discount, gross_discounted (of discounted lines); money."""
    purchases = lines.filter(lines.is_purchase).mutate(customer_id=lines.customer_id.cast("string"))
    is_discounted = ibis.coalesce(purchases.discount > 0, False)
    return purchases.group_by("customer_id").aggregate(
        gross=purchases.gross.sum(),
        full=purchases.gross.sum(where=~is_discounted),
        net=purchases.net.sum(),
        net_discounted=purchases.net.sum(where=is_discounted),
        discount=purchases.discount.sum(where=is_discounted),
        gross_discounted=purchases.gross.sum(where=is_discounted),
    )
