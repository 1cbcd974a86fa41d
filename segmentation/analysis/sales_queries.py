"""What pages ask beyond segments: sales over time, the lines set aside, one customer's days. Queries on the source.

Each takes the `CustomerTable` it is about and sees the same lines as that was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.analysis import time_series as history
from segmentation.errors import DataError, SourceError
from segmentation.results import CustomerTable
from segmentation.sales.column_mapping import recognise
from segmentation.sales.standardize import REASONS, lines_set_aside, sales_lines

MOST_LINES_ASIDE = 100_000
"""Of a list that a person opens in a spreadsheet."""
REASON_COLUMN = "set_aside_because"


@dataclass(frozen=True, eq=False)
class OverTime:
    """Sales, orders and customers by week or month."""

    unit: Literal["week", "month"]
    periods: pd.DataFrame
    """As `segmentation.analysis.time_series.over_time` makes it."""


def sales_over_time(table: CustomerTable) -> OverTime:
    """Net sales, orders, new and returning customers in each week (short data) or month.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _same_data(table)
    unit = history.unit_for(table.window.days)
    money = table.source.fetch(history.money_by_period(table.lines, unit)).to_pandas()
    buyers = table.source.fetch(history.buyers_by_period(table.lines, unit, **_orders(table))).to_pandas()
    window = table.window
    return OverTime(
        unit, history.over_time(money, buyers, unit, window.first_sale, window.as_of, table.settings.left_out)
    )


def set_aside(table: CustomerTable, most: int = MOST_LINES_ASIDE) -> pd.DataFrame:
    """The lines that were set aside, with the reason in words and the source's own columns as text.

    Raises:
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _same_data(table)
    physical, settings = table.source.table(), table.settings
    columns = recognise(physical.columns, settings.columns)
    columns = {name: column for name, column in columns.items() if name not in table.reading.unread}
    lines = sales_lines(
        physical, columns, reading=table.reading, load_day=table.window.load_day,
        start=settings.start, as_of=settings.as_of, drop_duplicates=settings.drop_duplicates,
        left_out=settings.left_out, categories_left_out=settings.categories_left_out, keep_source=True,
    )  # fmt: skip
    rows: pd.DataFrame = table.source.fetch(lines_set_aside(lines, most)).to_pandas()
    rows["reason"] = rows["reason"].map(REASONS)
    rows.columns = pd.Index([REASON_COLUMN, *physical.columns])
    return rows


def customer_days(table: CustomerTable, customer_id: str) -> pd.DataFrame:
    """The days on which one customer bought or gave back: day, orders, bought, returned (below 0), in order.

    Raises:
        DataError: there is no such customer.
        SourceError: the source cannot be read, or has changed since the customers were worked out.
    """
    _same_data(table)
    wanted = ibis.table({"customer_id": "string"}, name="wanted_customer")
    query = history.days_of_customer(table.lines, wanted, **_orders(table))
    row = pa.table({"customer_id": pa.array([customer_id], pa.string())})
    days: pd.DataFrame = table.source.fetch(query, {"wanted_customer": row}).to_pandas()
    if days.empty:
        raise DataError("There is no such customer in these sales.", hint="Ids are taken letter by letter.")
    days["day"] = pd.to_datetime(days["day"])
    return days.sort_values("day", ignore_index=True)


def _orders(table: CustomerTable) -> dict[str, Any]:
    """How orders are told apart, as the features do it."""
    columns = recognise(table.source.table().columns, table.settings.columns)
    return {
        "has_transactions": "transaction_id" in columns,
        "some_without": table.balance.lines_without_transaction > 0,
    }


def _same_data(table: CustomerTable) -> None:
    if table.source.version() != table.version:
        raise SourceError("The sales have changed since this page was opened.", hint="Load the page again.")
