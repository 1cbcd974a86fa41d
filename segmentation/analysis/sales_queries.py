"""What pages ask beyond segments: sales over time, the lines set aside, one customer's days. Queries on the source.

Each takes the `CustomerTable` it is about and sees the same lines as that was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.analysis import time_series
from segmentation.errors import DataError, SourceError
from segmentation.results import CustomerTable
from segmentation.sales.standardize import REJECT_REASONS, select_rejected_lines

MAX_REJECTED_LINES = 100_000
"""Of a list that a person opens in a spreadsheet."""
REASON_COLUMN = "set_aside_because"


@dataclass(frozen=True, eq=False)
class SalesOverTime:
    """Sales, orders and customers by week or month."""

    unit: Literal["week", "month"]
    periods: pd.DataFrame
    """As `segmentation.analysis.time_series.merge_periods` makes it."""


def compute_sales_over_time(table: CustomerTable) -> SalesOverTime:
    """Net sales, orders, new and returning customers in each week (short data) or month.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _check_unchanged(table)
    unit = time_series.choose_period(table.window.days)
    money = table.source.fetch(time_series.sum_sales_by_period(table.lines, unit)).to_pandas()
    buyers = table.source.fetch(
        time_series.count_customers_by_period(table.lines, unit, **_get_order_options(table))
    ).to_pandas()
    window = table.window
    return SalesOverTime(
        unit,
        time_series.merge_periods(
            money, buyers, unit, window.first_sale, window.as_of, table.settings.excluded_periods
        ),
    )


def fetch_rejected_lines(table: CustomerTable, max_rows: int = MAX_REJECTED_LINES) -> pd.DataFrame:
    """The lines that were set aside, with the reason in words and the source's own columns as text.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _check_unchanged(table)
    prepared = table.prepared
    rows: pd.DataFrame = table.source.fetch(select_rejected_lines(prepared.with_source_columns, max_rows)).to_pandas()
    rows["reason"] = rows["reason"].map(REJECT_REASONS)
    rows.columns = pd.Index([REASON_COLUMN, *prepared.table.columns])
    return rows


def fetch_purchase_days(table: CustomerTable, customer_id: str) -> pd.DataFrame:
    """The days on which one customer bought or gave back: day, orders, bought, returned (below 0), in order.

    Raises:
        DataError: there is no such customer.
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _check_unchanged(table)
    wanted = ibis.table({"customer_id": "string"}, name="wanted_customer")
    query = time_series.select_purchase_days(table.lines, wanted, **_get_order_options(table))
    row = pa.table({"customer_id": pa.array([customer_id], pa.string())})
    days: pd.DataFrame = table.source.fetch(query, {"wanted_customer": row}).to_pandas()
    if days.empty:
        raise DataError("There is no such customer in these sales.", hint="IDs must match exactly.")
    days["day"] = pd.to_datetime(days["day"])
    return days.sort_values("day", ignore_index=True)


def _get_order_options(table: CustomerTable) -> dict[str, Any]:
    """How orders are told apart, as the features do it."""
    return {
        "has_transactions": "transaction_id" in table.columns,
        "has_missing_ids": table.reconciliation.lines_without_transaction > 0,
    }


def _check_unchanged(table: CustomerTable) -> None:
    if table.source.version() != table.version:
        raise SourceError("The sales have changed since this page was opened.", hint="Load the page again.")
