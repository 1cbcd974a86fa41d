"""Queries that aggregate by segment in the engine: monthly trend, discounts, demographics.

`segments` is a table of customer_id (text) and segment_id, as `CustomerStore.label_customers` returns it.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from segmentation.features.query import to_orders


def sum_monthly_sales(lines: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id and month: net_sales (after returns), customers who bought; month = 12 x year + month - 1."""
    by_customer = lines.group_by(customer_id=lines.customer_id, month=_to_month_number(lines.day)).aggregate(
        net=lines.net.sum(), buys=lines.is_purchase.ifelse(1, 0).sum()
    )
    joined = _join_segments(by_customer, segments)
    totals = joined.group_by("segment_id", "month").aggregate(
        net=joined.net.sum(), customers=(joined.buys > 0).ifelse(1, 0).sum().cast("int64")
    )
    return totals.mutate(net_sales=totals.net.cast("float64")).drop("net")


def count_monthly_orders(lines: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id and month: orders, each in the month of its first purchase."""
    orders = to_orders(lines, has_transactions=True, has_missing_ids=True)
    orders = orders.filter(orders.lines > 0)
    by_customer = orders.group_by(customer_id=orders.customer_id, month=_to_month_number(orders.day)).aggregate(
        orders=orders.count()
    )
    joined = _join_segments(by_customer, segments)
    return joined.group_by("segment_id", "month").aggregate(orders=joined.orders.sum().cast("int64"))


def sum_discounts(lines: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id, of purchase lines: gross (before discounts), full (gross of lines without discount), net,
    net_discounted (net of discounted lines), discount, gross_discounted (of discounted lines); money as float64."""
    purchases = lines.filter(lines.is_purchase)
    is_discounted = ibis.coalesce(purchases.discount > 0, False)
    by_customer = purchases.group_by("customer_id").aggregate(
        gross=purchases.gross.sum(),
        full=purchases.gross.sum(where=~is_discounted),
        net=purchases.net.sum(),
        net_discounted=purchases.net.sum(where=is_discounted),
        discount=purchases.discount.sum(where=is_discounted),
        gross_discounted=purchases.gross.sum(where=is_discounted),
    )
    joined = _join_segments(by_customer, segments)
    sums = ("gross", "full", "net", "net_discounted", "discount", "gross_discounted")
    totals = joined.group_by("segment_id").aggregate(**{name: joined[name].sum() for name in sums})
    return totals.mutate(**{name: ibis.coalesce(totals[name].cast("float64"), 0.0) for name in sums})


def count_distinct_values(demographics: ibis.Table, attributes: Sequence[str]) -> ibis.Table:
    """One row: the number of distinct values of each attribute."""
    return demographics.aggregate(**{name: demographics[name].nunique() for name in attributes})


def count_by_attribute(
    demographics: ibis.Table, key: str, attributes: Sequence[str], segments: ibis.Table
) -> ibis.Table:
    """By segment_id, attribute and value: customers. key: the column that holds the customer ID."""
    named = demographics.select(
        customer_id=demographics[key].cast("string"), **{name: demographics[name] for name in attributes}
    )
    joined = named.distinct(on="customer_id").inner_join(segments, "customer_id")
    parts = []
    for name in attributes:
        value = joined[name].cast("string").strip()
        known = joined.mutate(value=value).filter(value.notnull() & (value != ""))
        counted = known.group_by("segment_id", "value").aggregate(customers=known.count())
        parts.append(counted.select("segment_id", "value", "customers", attribute=ibis.literal(name)))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _join_segments(by_customer: ibis.Table, segments: ibis.Table) -> ibis.Table:
    return by_customer.mutate(customer_id=by_customer.customer_id.cast("string")).inner_join(segments, "customer_id")


def _to_month_number(day: ir.Value) -> ir.Value:
    date = ibis.date("1970-01-01") + day.as_interval("D")
    return (date.year() * 12 + date.month() - 1).cast("int64")
