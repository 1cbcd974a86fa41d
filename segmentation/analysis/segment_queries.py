"""Queries that aggregate by segment in the engine: monthly trend, discounts, demographics.

What they aggregate has one row per customer, or per customer and month: see `segmentation.features.period_query`.
`segments` is a table of customer_id (text) and segment_id, as `CustomerStore.label_customers` returns it.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis


def sum_monthly_sales(customer_months: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id and month, from `sum_customer_months`: net_sales (after returns), customers who bought."""
    joined = customer_months.inner_join(segments, "customer_id")
    totals = joined.group_by("segment_id", "month").aggregate(
        net=joined.net.sum(), customers=(joined.buys > 0).ifelse(1, 0).sum().cast("int64")
    )
    return totals.mutate(net_sales=totals.net.cast("float64")).drop("net")


def sum_monthly_orders(customer_orders: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id and month, from `count_customer_orders`: orders."""
    joined = customer_orders.inner_join(segments, "customer_id")
    return joined.group_by("segment_id", "month").aggregate(orders=joined.orders.sum().cast("int64"))


def sum_discounts(customer_discounts: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """By segment_id: the sums of `sum_customer_discounts` as float64."""
    joined = customer_discounts.inner_join(segments, "customer_id")
    sums = [name for name in customer_discounts.columns if name != "customer_id"]
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
