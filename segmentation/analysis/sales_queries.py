"""Queries on the source for the data pages: sales over time, rejected lines, purchase days of one customer.

Each query reads the lines that its `CustomerTable` was computed from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.analysis import time_series
from segmentation.errors import DataError
from segmentation.results import CustomerTable
from segmentation.sales.customer_ids import select_merged_spellings
from segmentation.sales.source import check_version
from segmentation.sales.standardize import REJECT_REASONS, select_rejected_lines

MAX_REJECTED_LINES = 100_000
"""Limit of the lists, which are opened in a spreadsheet."""
REASON_COLUMN = "set_aside_because"


@dataclass(frozen=True, eq=False)
class SalesOverTime:
    """Sales, orders and customers by week or month."""

    unit: Literal["week", "month"]
    periods: pd.DataFrame
    """The result of `segmentation.analysis.time_series.merge_periods`."""


def compute_sales_over_time(table: CustomerTable) -> SalesOverTime:
    """Compute net sales, orders, new and returning customers by month, or by week if the data cover few months.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were computed.
    """
    unit = time_series.choose_period(table.window.days)
    money, buyers = (
        table.source.fetch(table.get_aggregate(f"{name}_by_{unit}")).to_pandas() for name in ("sales", "buyers")
    )
    window = table.window
    return SalesOverTime(
        unit,
        time_series.merge_periods(
            money, buyers, unit, window.first_sale, window.as_of, table.settings.excluded_periods
        ),
    )


def fetch_rejected_lines(table: CustomerTable, max_rows: int = MAX_REJECTED_LINES) -> pd.DataFrame:
    """Fetch the rejected lines: the reason in words, and the columns of the source as text.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were computed.
    """
    check_version(table.source, table.version)
    prepared = table.prepared
    rows: pd.DataFrame = table.source.fetch(select_rejected_lines(prepared.with_source_columns, max_rows)).to_pandas()
    rows["reason"] = rows["reason"].map(REJECT_REASONS)
    rows.columns = pd.Index([REASON_COLUMN, *prepared.table.columns])
    return rows


def fetch_merged_spellings(table: CustomerTable, max_rows: int = MAX_REJECTED_LINES) -> pd.DataFrame:
    """Fetch the customers whose id is written in several ways: customer_id, spelling, lines; the most used ones first.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were computed.
    """
    prepared = table.prepared
    if not prepared.semantics.may_merge_ids:
        return pd.DataFrame({"customer_id": [], "spelling": [], "lines": []})
    check_version(table.source, table.version)
    column = list(prepared.table.columns).index(table.columns["customer_id"])
    query = select_merged_spellings(prepared.with_source_columns, column, max_rows)
    rows: pd.DataFrame = table.source.fetch(query).to_pandas()
    return rows


def fetch_purchase_days(table: CustomerTable, customer_id: str) -> pd.DataFrame:
    """Fetch the days on which one customer bought or returned: day (ascending), orders, bought, returned (negative).

    Raises:
        DataError: there is no such customer.
        SourceError: the source cannot be read, or has changed since the customers were computed.
    """
    check_version(table.source, table.version)
    requested = ibis.table({"customer_id": "string"}, name="requested_customer")
    query = time_series.select_purchase_days(table.lines, requested, **_get_order_options(table))
    row = pa.table({"customer_id": pa.array([customer_id], pa.string())})
    days: pd.DataFrame = table.source.fetch(query, {"requested_customer": row}).to_pandas()
    if days.empty:
        raise DataError("No customer in these sales has this ID.", hint="IDs must match exactly.")
    days["day"] = pd.to_datetime(days["day"])
    return days.sort_values("day", ignore_index=True)


def _get_order_options(table: CustomerTable) -> dict[str, Any]:
    """How orders are identified, consistent with the features."""
    return {
        "has_order_ids": table.prepared.has_order_ids,
        "has_missing_ids": table.reconciliation.lines_without_transaction > 0,
    }
