"""What a load asks of the lines, stored by one statement where a warehouse has a place for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis

from segmentation.features.query import compute_customer_features, sum_customer_categories
from segmentation.sales.data_checks import count_sample
from segmentation.sales.line_parsing import EPOCH
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import sum_by_category, summarize_by_reason
from segmentation.sales.source import SalesSource


def store_queries(
    source: SalesSource, prepared: PreparedLines, features: Sequence[str], as_of: date | None
) -> Mapping[str, ibis.Table]:
    """Store the customers and everything else that a load asks of the lines, which are read once.

    Args:
        source: where the lines are.
        prepared: the lines.
        features: the features of a customer.
        as_of: the as-of date of the settings; None: the day after the last accepted line.

    Returns:
        queries on what is stored; empty if nothing can be stored: reasons (`summarize_by_reason`), customers
        (`compute_customer_features`), checks (`count_sample`), and where there are categories also categories
        (`sum_by_category`) and customer_categories (`sum_customer_categories`).

    Raises:
        SourceError: the source cannot be read.
    """
    if not source.can_store:
        return {}
    lines = prepared.accepted
    # The as-of date is not known before the lines are read.
    day = lines.aggregate(last=lines.day.max()).as_scalar() + 1 if as_of is None else (as_of - EPOCH).days
    queries = {
        "reasons": summarize_by_reason(prepared.lines),
        "customers": compute_customer_features(
            lines,
            day,
            features,
            has_transactions=prepared.has_order_ids,
            has_missing_ids="transaction_id" in prepared.columns,
        ),
        "checks": count_sample(prepared),
    }
    if "product_category" in prepared.columns:
        queries["categories"] = sum_by_category(prepared.lines)
        queries["customer_categories"] = sum_customer_categories(lines)
    return source.store(queries) or {}
