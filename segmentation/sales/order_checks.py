"""Checks of orders and of copied lines, with one query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis

from segmentation.sales.findings import INFO, WARNING, Figure, Finding
from segmentation.sales.prepare_lines import PreparedLines

_MIN_ORDERS = 20


def count_orders(lines: ibis.Table) -> ibis.Table:
    """One row: lines, copies (lines equal to another); of purchases with an order id: ids, shared (ids of several
    customers), pairs (customer and id), long (on several days), several (lines), constant (their amounts are equal),
    levels (distinct amounts of these), equal (1: all amounts are)."""
    distinct = lines.group_by(*lines.columns).aggregate(n=lines.count())
    pairs = distinct.group_by("transaction_id", "customer_id").aggregate(
        n=distinct.n.sum(),
        copies=distinct.n.sum() - distinct.count(),
        bought=distinct.is_purchase.ifelse(distinct.n, 0).sum(),
        first=distinct.is_purchase.ifelse(distinct.day, ibis.null("int64")).min(),
        last=distinct.is_purchase.ifelse(distinct.day, ibis.null("int64")).max(),
        low=distinct.is_purchase.ifelse(distinct.net, ibis.null(distinct.net.type())).min(),
        high=distinct.is_purchase.ifelse(distinct.net, ibis.null(distinct.net.type())).max(),
    )
    is_order = pairs.transaction_id.notnull() & (pairs.bought > 0)
    is_several = is_order & (pairs.bought > 1)
    is_constant = is_several & (pairs.low == pairs.high)
    ids = (
        pairs.mutate(
            order=is_order.ifelse(1, 0),
            long=(is_order & (pairs["last"] > pairs["first"])).ifelse(1, 0),
            several=is_several.ifelse(1, 0),
            constant=is_constant.ifelse(1, 0),
            level=is_constant.ifelse(pairs.high, ibis.null(pairs.high.type())),
        )
        .group_by("transaction_id")
        .aggregate(
            lambda t: t.n.sum().name("n"),
            lambda t: t.copies.sum().name("copies"),
            customers=lambda t: t.order.sum(),
            long=lambda t: t.long.sum(),
            several=lambda t: t.several.sum(),
            constant=lambda t: t.constant.sum(),
            level=lambda t: t.level.max(),
            low=lambda t: t.low.min(),
            high=lambda t: t.high.max(),
        )
    )
    return ids.aggregate(
        lines=ids.n.sum(),
        copies=ids.copies.sum(),
        ids=(ids.customers > 0).ifelse(1, 0).sum(),
        shared=(ids.customers > 1).ifelse(1, 0).sum(),
        pairs=ids.customers.sum(),
        long=ids.long.sum(),
        several=ids.several.sum(),
        constant=ids.constant.sum(),
        levels=ids.level.nunique(),
        equal=(ids.low.min() == ids.high.max()).ifelse(1, 0),
    )


def check_equal_amounts(prepared: PreparedLines, row: Mapping[str, int]) -> Iterator[Finding]:
    """An amount that is always the same: money then only repeats how often a customer bought."""
    column = prepared.columns.get(prepared.semantics.amount)
    if column is not None and row["equal"] and row["lines"] >= _MIN_ORDERS:
        yield Finding("equal_amounts", WARNING, {"column": column, "lines": row["lines"]})


def check_orders(prepared: PreparedLines, row: Mapping[str, int]) -> Iterator[Finding]:
    """Order ids with several days or customers; amounts that are the same on all lines of an order."""
    column = prepared.columns["transaction_id"]
    figures: dict[str, Figure]
    if row["pairs"] >= _MIN_ORDERS and row["long"] > 0.01 * row["pairs"]:
        figures = {"column": column, "share": row["long"] / row["pairs"]}
        yield Finding("orders_on_several_days", WARNING, figures, {"orders": "id-and-day"})
    if row["ids"] >= _MIN_ORDERS and row["shared"] > 0.01 * row["ids"]:
        yield Finding("shared_order_ids", INFO, {"column": column, "share": row["shared"] / row["ids"]})
    semantics = prepared.semantics
    varied = row["levels"] > max(3, 0.1 * row["constant"])
    if semantics.amount not in {"", "unit_price", *semantics.order_level} and varied:
        share = row["constant"] / max(row["several"], 1)
        if row["several"] >= _MIN_ORDERS and share > 0.5 and prepared.settings.amount_grain is None:
            figures = {"column": prepared.columns[semantics.amount], "share": share}
            yield Finding("repeated_amounts", WARNING, figures, {"amount_grain": "order"})
