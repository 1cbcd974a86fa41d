"""Sums per group of customers and month, asked of the engine: trend, discounts, demographics.

`cells` says in which cell (segment) each customer_id (text) is; it is a small table that is joined in the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from segmentation.features.query import to_orders


def sum_monthly_sales(lines: ibis.Table, groups: ibis.Table) -> ibis.Table:
    """Per cell and month: net_sales (returns taken off) and customers who bought; month = 12 x year + month - 1."""
    by_customer = lines.group_by(customer_id=lines.customer_id, month=_to_month_number(lines.day)).aggregate(
        net=lines.net.sum(), buys=lines.is_purchase.ifelse(1, 0).sum()
    )
    joined = _join_groups(by_customer, groups)
    found = joined.group_by("cell", "month").aggregate(
        net=joined.net.sum(), customers=(joined.buys > 0).ifelse(1, 0).sum().cast("int64")
    )
    return found.mutate(net_sales=found.net.cast("float64")).drop("net")


def count_monthly_orders(lines: ibis.Table, groups: ibis.Table) -> ibis.Table:
    """Per cell and month: orders, each in the month of its first purchase."""
    orders = to_orders(lines, has_transactions=True, has_missing_ids=True)
    orders = orders.filter(orders.lines > 0)
    by_customer = orders.group_by(customer_id=orders.customer_id, month=_to_month_number(orders.day)).aggregate(
        orders=orders.count()
    )
    joined = _join_groups(by_customer, groups)
    return joined.group_by("cell", "month").aggregate(orders=joined.orders.sum().cast("int64"))


def sum_discounts(lines: ibis.Table, groups: ibis.Table) -> ibis.Table:
    """Per cell, of bought lines: gross (before discounts), full (gross of lines without discount), net,
    net_discounted (net of lines with one), discount, gross_discounted; money as float64."""
    bought = lines.filter(lines.is_purchase)
    less = ibis.coalesce(bought.discount > 0, False)
    by_customer = bought.group_by("customer_id").aggregate(
        gross=bought.gross.sum(),
        full=bought.gross.sum(where=~less),
        net=bought.net.sum(),
        net_discounted=bought.net.sum(where=less),
        discount=bought.discount.sum(where=less),
        gross_discounted=bought.gross.sum(where=less),
    )
    joined = _join_groups(by_customer, groups)
    sums = ("gross", "full", "net", "net_discounted", "discount", "gross_discounted")
    totals = joined.group_by("cell").aggregate(**{name: joined[name].sum() for name in sums})
    return totals.mutate(**{name: ibis.coalesce(totals[name].cast("float64"), 0.0) for name in sums})


def count_distinct_values(demographics: ibis.Table, attributes: Sequence[str]) -> ibis.Table:
    """One row: the number of different values of each attribute."""
    return demographics.aggregate(**{name: demographics[name].nunique() for name in attributes})


def count_by_attribute(demographics: ibis.Table, key: str, attributes: Sequence[str], groups: ibis.Table) -> ibis.Table:
    """Per cell, attribute and value: customers for whom it is known. key: the column with the customer's id."""
    named = demographics.select(
        customer_id=demographics[key].cast("string"), **{name: demographics[name] for name in attributes}
    )
    joined = named.distinct(on="customer_id").inner_join(groups, "customer_id")
    parts = []
    for name in attributes:
        value = joined[name].cast("string").strip()
        known = joined.mutate(value=value).filter(value.notnull() & (value != ""))
        counted = known.group_by("cell", "value").aggregate(customers=known.count())
        parts.append(counted.select("cell", "value", "customers", attribute=ibis.literal(name)))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _join_groups(by_customer: ibis.Table, groups: ibis.Table) -> ibis.Table:
    return by_customer.mutate(customer_id=by_customer.customer_id.cast("string")).inner_join(groups, "customer_id")


def _to_month_number(day: ir.Value) -> ir.Value:
    date = ibis.date("1970-01-01") + day.as_interval("D")
    return (date.year() * 12 + date.month() - 1).cast("int64")
