"""Lines -> orders -> customers: one expression for every engine, all features at once.

Grain of the steps:

- lines: one row per sold line, with the columns of `segmentation.sales.standardize`.
- orders: one row per (customer_id, transaction_id), with the first and last purchase day and sums; a line without a
  transaction id is an order of its own.
- customers: one row per customer: customer_id, orders, lines, first_day, last_day, median_gap, net, gross, discount,
  full_price, coupon_orders, and the sums of `segmentation.features.behavior` if a feature needs them.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from segmentation.features.behavior import compute_behavior_sums
from segmentation.features.registry import REGISTRY

CATEGORY_FEATURES = {"category_count", "favourite_share"}
BEHAVIOR_FEATURES = {*CATEGORY_FEATURES, "weekend_share", "peak_share", "momentum"}
"""Features that need a look at single lines beside the orders."""


def compute_customer_features(
    lines: ibis.Table, as_of: int, features: Iterable[str], *, has_transactions: bool, has_missing_ids: bool
) -> ibis.Table:
    """One row per customer with every feature asked for.

    Args:
        lines: used lines with the columns of `segmentation.sales.standardize`.
        as_of: days since 1970-01-01 of the as-of date.
        features: names in the registry whose columns the source has.
        has_transactions: the source has transaction ids.
        has_missing_ids: some of its lines lack one.

    Returns:
        customer_id (text), orders (0: returns only), monetary and the features (float64).
    """
    customers = _aggregate_orders(to_orders(lines, has_transactions=has_transactions, has_missing_ids=has_missing_ids))
    names = list(features)
    if BEHAVIOR_FEATURES.intersection(names):
        found = compute_behavior_sums(lines, as_of, with_categories=bool(CATEGORY_FEATURES.intersection(names)))
        customers = customers.left_join(found, "customer_id").drop("customer_id_right")
    columns = {name: REGISTRY[name].expression(customers, as_of).cast("float64") for name in names}
    columns["monetary"] = customers.net.cast("float64")
    return customers.select(customer_id=customers.customer_id.cast("string"), orders=customers.orders, **columns)


def filter_buyers(customers: ibis.Table) -> ibis.Table:
    """Of the answer of `compute_customer_features`, those who bought something: without customers with returns only."""
    return customers.filter(customers.orders > 0).drop("orders")


def sum_category_sales(lines: ibis.Table, groups: ibis.Table) -> ibis.Table:
    """Net sales per cell and category; `groups` says in which cell each customer_id (text) is.

    Returns:
        cell, category, net_sales (float64); lines without a category are left out.
    """
    named = lines.filter(lines.category.notnull()).mutate(customer_id=lines.customer_id.cast("string"))
    per_customer = named.group_by("customer_id", "category").aggregate(net=named.net.sum())
    joined = per_customer.inner_join(groups, "customer_id")
    totals = joined.group_by("cell", "category").aggregate(net=joined.net.sum())
    return totals.mutate(net_sales=totals.net.cast("float64")).drop("net")


def to_orders(lines: ibis.Table, *, has_transactions: bool, has_missing_ids: bool) -> ibis.Table:
    """One row per order; a line without transaction id is an order of its own."""
    if not has_transactions:
        return _sum_line_orders(lines)
    identified = lines.filter(lines.transaction_id.notnull()) if has_missing_ids else lines
    buys = identified.is_purchase
    orders = identified.group_by("customer_id", "transaction_id").aggregate(
        day=identified.day.min(where=buys),
        until=identified.day.max(where=buys),
        lines=_count_where(buys),
        net=identified.net.sum(),
        gross=identified.gross.sum(where=buys),
        discount=identified.discount.sum(where=buys),
        full_price=identified.gross.sum(where=buys & (identified.discount <= 0)),
        coupon=_count_where(buys & identified.coupon_used) > 0,
    )
    orders = orders.drop("transaction_id")
    if has_missing_ids:
        orders = orders.union(_sum_line_orders(lines.filter(lines.transaction_id.isnull())))
    return orders


def _sum_line_orders(lines: ibis.Table) -> ibis.Table:
    buys = lines.is_purchase
    return lines.select(
        customer_id=lines.customer_id,
        day=_where(buys, lines.day),
        until=_where(buys, lines.day),
        lines=buys.ifelse(1, 0).cast("int64"),
        net=lines.net,
        gross=_where(buys, lines.gross),
        discount=_where(buys, lines.discount),
        full_price=_where(buys & (lines.discount <= 0), lines.gross),
        coupon=ibis.coalesce(buys & lines.coupon_used, False),
    )


def _aggregate_orders(orders: ibis.Table) -> ibis.Table:
    """Sum up orders; an order of returns only has no day and no lines, and is not counted."""
    before = orders.day.lag().over(group_by=orders.customer_id, order_by=orders.day)
    orders = orders.mutate(gap=orders.day - before)  # nulls sort last on DuckDB and Snowflake, so no gap sees them
    return orders.group_by("customer_id").aggregate(
        orders=_count_where(orders.lines > 0),
        lines=orders.lines.sum(),
        first_day=orders.day.min(),
        last_day=orders.until.max(),  # an order may be spread over days
        median_gap=orders.gap.cast("float64").median(),
        net=orders.net.sum(),
        gross=_sum_or_zero(orders.gross),
        discount=_sum_or_zero(orders.discount),
        full_price=_sum_or_zero(orders.full_price),
        coupon_orders=_count_where(orders.coupon & (orders.lines > 0)),
    )


def _count_where(condition: ir.Value) -> ir.Value:
    return ibis.coalesce(condition, False).ifelse(1, 0).sum().cast("int64")


def _sum_or_zero(amount: ir.Value) -> ir.Value:
    return ibis.coalesce(amount.sum(), ibis.literal(0).cast("decimal(38, 6)"))


def _where(condition: ir.Value, value: ir.Value) -> ir.Value:
    return condition.ifelse(value, ibis.null(value.type()))
