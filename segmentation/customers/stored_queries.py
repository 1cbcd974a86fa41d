"""Everything that a load computes from the lines, stored by one statement if a warehouse has a schema for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis

from segmentation.features import period_query
from segmentation.features.query import compute_customer_features, sum_customer_categories
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.sales.data_checks import count_sample
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import sum_by_category, summarize_by_reason
from segmentation.sales.source import SalesSource


def _build_order_options(prepared: PreparedLines, has_missing_ids: bool) -> dict[str, bool]:
    return {"has_order_ids": prepared.has_order_ids, "has_missing_ids": has_missing_ids}


_AGGREGATES: Mapping[str, Callable[[PreparedLines, bool], ibis.Table]] = {
    "sales_by_week": lambda prepared, _: period_query.sum_sales_by_period(prepared.accepted, "week"),
    "sales_by_month": lambda prepared, _: period_query.sum_sales_by_period(prepared.accepted, "month"),
    "buyers_by_week": lambda prepared, has_missing_ids: period_query.count_customers_by_period(
        prepared.accepted, "week", **_build_order_options(prepared, has_missing_ids)
    ),
    "buyers_by_month": lambda prepared, has_missing_ids: period_query.count_customers_by_period(
        prepared.accepted, "month", **_build_order_options(prepared, has_missing_ids)
    ),
    "customer_months": lambda prepared, _: period_query.sum_customer_months(prepared.accepted),
    "customer_orders": lambda prepared, has_missing_ids: period_query.count_customer_orders(
        prepared.accepted, **_build_order_options(prepared, has_missing_ids)
    ),
    "customer_discounts": lambda prepared, _: period_query.sum_customer_discounts(prepared.accepted),
    "categories": lambda prepared, _: sum_by_category(prepared.lines),
    "customer_categories": lambda prepared, _: sum_customer_categories(prepared.accepted),
}
"""Aggregates that pages show: name -> builder, from the lines and whether some of them lack a transaction id."""


def get_aggregate(
    name: str, prepared: PreparedLines, stored: Mapping[str, ibis.Table], *, has_missing_ids: bool
) -> ibis.Table:
    """A query of `_AGGREGATES`: on the stored result, or else on the lines."""
    return stored[name] if name in stored else _AGGREGATES[name](prepared, has_missing_ids)


def store_queries(
    source: SalesSource, prepared: PreparedLines, features: Sequence[str], as_of: date | None
) -> Mapping[str, ibis.Table]:
    """Store the customers and everything else that a load computes from the lines, which are read once.

    Args:
        source: the source of the lines.
        prepared: the lines.
        features: the features of a customer.
        as_of: the as-of date of the settings; None: the day after the last accepted line.

    Returns:
        queries on the stored results, by name: reasons (`summarize_by_reason`), customers
        (`compute_customer_features`), checks (`count_sample`), and those of `get_aggregate` whose columns exist; empty
        if nothing can be stored.

    Raises:
        SourceError: the source cannot be read.
    """
    if not source.can_store:
        return {}
    lines = prepared.accepted
    # The as-of date is not known before the lines are read.
    day = lines.aggregate(last=lines.day.max()).as_scalar() + 1 if as_of is None else count_epoch_days(as_of)
    has_missing_ids = "transaction_id" in prepared.columns
    queries = {
        "reasons": summarize_by_reason(prepared.lines),
        "customers": compute_customer_features(
            lines, day, features, has_order_ids=prepared.has_order_ids, has_missing_ids=has_missing_ids
        ),
        "checks": count_sample(prepared),
    }
    absent = set() if "full_price_share" in features else {"customer_discounts"}
    if "product_category" not in prepared.columns:
        absent |= {"categories", "customer_categories"}
    queries |= {name: build(prepared, has_missing_ids) for name, build in _AGGREGATES.items() if name not in absent}
    return source.store(queries) or {}
