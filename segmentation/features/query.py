"""Lines -> orders -> customers: one expression for every engine, all features in one query.

Grain of the steps:

- lines: one row per sales line, with the columns of `segmentation.sales.standardize`.
- orders: one row per (customer_id, transaction_id), with the first and last purchase day and sums; a line without a
  transaction ID counts as one order.
- customers: one row per customer: customer_id, orders, lines, first_day, last_day, median_gap, net, gross, discount,
  full_price, coupon_orders, and the sums of `segmentation.features.behavior` if a feature needs them.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from segmentation.features.behavior import compute_behavior_sums
from segmentation.features.registry import REGISTRY
from segmentation.runtime.epoch_days import to_day_literal

CATEGORY_FEATURES = {"category_count", "favourite_share"}
BEHAVIOR_FEATURES = {*CATEGORY_FEATURES, "weekend_share", "peak_share", "momentum"}
"""Features computed from single lines rather than from orders."""
ON_DEMAND_FEATURES = BEHAVIOR_FEATURES - {"category_count"}
"""In a warehouse, computed only if selected: segment names, actions and pages do not need them."""


def compute_customer_features(
    lines: ibis.Table,
    as_of: int | ir.IntegerValue,
    features: Iterable[str],
    *,
    has_order_ids: bool,
    has_missing_ids: bool,
) -> ibis.Table:
    """Compute the requested features of every customer.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.
        as_of: as-of date in days since 1970-01-01, or an expression for it.
        features: names in the registry whose columns the source has.
        has_order_ids: whether lines have order IDs (transaction_id).
        has_missing_ids: whether some lines lack one.

    Returns:
        One row per customer: customer_id (text), orders (0: returns only), monetary (money) and the features
        (float64, in the units of the registry).
    """
    customers = _aggregate_orders(to_orders(lines, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids))
    names = list(features)
    if BEHAVIOR_FEATURES.intersection(names):
        behavior = compute_behavior_sums(lines, as_of, with_categories=bool(CATEGORY_FEATURES.intersection(names)))
        customers = customers.left_join(behavior, "customer_id").drop("customer_id_right")
    as_of_day = to_day_literal(as_of)
    columns = {name: REGISTRY[name].expression(customers, as_of_day).cast("float64") for name in names}
    columns["monetary"] = customers.net.cast("float64")
    return customers.select(customer_id=customers.customer_id.cast("string"), orders=customers.orders, **columns)


def filter_buyers(customers: ibis.Table) -> ibis.Table:
    """Drop customers with returns only, and the column orders, from the result of `compute_customer_features`."""
    return customers.filter(customers.orders > 0).drop("orders")


def sum_customer_categories(lines: ibis.Table) -> ibis.Table:
    """Sum net sales by customer and category.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.

    Returns:
        customer_id (text), category, net (money); without lines that have no category.
    """
    named = lines.filter(lines.category.notnull()).mutate(customer_id=lines.customer_id.cast("string"))
    return named.group_by("customer_id", "category").aggregate(net=named.net.sum())


def sum_category_sales(customer_categories: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """Sum net sales by segment and category.

    Args:
        customer_categories: from `sum_customer_categories`.
        segments: customer_id (text), segment_id.

    Returns:
        segment_id, category, net_sales (money, float64).
    """
    joined = customer_categories.inner_join(segments, "customer_id")
    totals = joined.group_by("segment_id", "category").aggregate(net=joined.net.sum())
    return totals.mutate(net_sales=totals.net.cast("float64")).drop("net")


def to_orders(lines: ibis.Table, *, has_order_ids: bool, has_missing_ids: bool) -> ibis.Table:
    """Aggregate lines to orders: one row per (customer_id, transaction_id).

    A line without a transaction ID counts as one order.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.
        has_order_ids, has_missing_ids: as in `compute_customer_features`.

    Returns:
        customer_id, day and until (first and last purchase day, days since 1970-01-01; null for returns only), lines
        (purchased), net, gross, discount, full_price (money), coupon (whether one was used).
    """
    if not has_order_ids:
        return _sum_line_orders(lines)
    # A branch for missing IDs is added only if there are any: the union scans the lines twice.
    identified = lines.filter(lines.transaction_id.notnull()) if has_missing_ids else lines
    buys = identified.is_purchase
    orders = identified.group_by("customer_id", "transaction_id").aggregate(
        day=keep_where(buys, identified.day).min(),
        until=keep_where(buys, identified.day).max(),
        lines=count_where(buys),
        net=identified.net.sum(),
        gross=keep_where(buys, identified.gross).sum(),
        discount=keep_where(buys, identified.discount).sum(),
        full_price=keep_where(buys & (identified.discount <= 0), identified.gross).sum(),
        coupon=count_where(buys & identified.coupon_used) > 0,
    )
    orders = orders.drop("transaction_id")
    if has_missing_ids:
        orders = orders.union(_sum_line_orders(lines.filter(lines.transaction_id.isnull())))
    return orders


def _sum_line_orders(lines: ibis.Table) -> ibis.Table:
    """Each line as an order, with the columns of `to_orders`; no aggregation, as every group has one line."""
    buys = lines.is_purchase
    return lines.select(
        customer_id=lines.customer_id,
        day=keep_where(buys, lines.day),
        until=keep_where(buys, lines.day),
        lines=buys.ifelse(1, 0).cast("int64"),
        net=lines.net,
        gross=keep_where(buys, lines.gross),
        discount=keep_where(buys, lines.discount),
        full_price=keep_where(buys & (lines.discount <= 0), lines.gross),
        coupon=ibis.coalesce(buys & lines.coupon_used, False),
    )


def _aggregate_orders(orders: ibis.Table) -> ibis.Table:
    """Aggregate orders to customers; an order of returns only has no day and no lines, and is not counted."""
    previous_day = orders.day.lag().over(group_by=orders.customer_id, order_by=orders.day)
    orders = orders.mutate(gap=orders.day - previous_day)  # DuckDB and Snowflake sort nulls last, so they affect no gap
    return orders.group_by("customer_id").aggregate(
        orders=count_where(orders.lines > 0),
        lines=orders.lines.sum(),
        first_day=orders.day.min(),
        last_day=orders.until.max(),  # the lines of an order may have several days
        median_gap=orders.gap.cast("float64").median(),
        net=orders.net.sum(),
        gross=_sum_or_zero(orders.gross),
        discount=_sum_or_zero(orders.discount),
        full_price=_sum_or_zero(orders.full_price),
        coupon_orders=count_where(orders.coupon & (orders.lines > 0)),
    )


def count_where(condition: ir.Value) -> ir.Value:
    """The number of rows of a group that meet a condition."""
    # Not COUNT_IF or SUM(boolean): the engines differ in their result types, and a null condition counts as false.
    return condition.ifelse(1, ibis.null("int8")).count()


def _sum_or_zero(amount: ir.Value) -> ir.Value:
    # SUM over nulls alone is null: a customer with returns only has no gross sales.
    return ibis.coalesce(amount.sum(), ibis.literal(0).cast("decimal(38, 6)"))


def keep_where(condition: ir.Value, value: ir.Value) -> ir.Value:
    """`value` where a condition holds, otherwise null; aggregating it is faster than aggregating with a filter."""
    return condition.ifelse(value, ibis.null(value.type()))
