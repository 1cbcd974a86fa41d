"""Reads a user's own table of contacts, or a list that was sent, as text; nothing of it is stored."""

from __future__ import annotations

import pandas as pd

from segmentation.campaigns.sent_list import normalize_id
from segmentation.errors import ColumnError
from segmentation.sales.open_source import open_source
from segmentation.sales.source import SalesSource

MIN_MATCH = 0.05
"""Share of the rows of a column that must be customer ids for the column to be recognized by its values."""


def read_contact_table(uri: str) -> pd.DataFrame:
    """All rows of a CSV, workbook or Parquet file, or of a table, every column as text; missing values are "".

    Raises:
        SourceError: it cannot be read.
    """
    return fetch_as_text(open_source(uri))


def fetch_as_text(source: SalesSource) -> pd.DataFrame:
    """All rows of an opened table, every column as text; missing values are ""."""
    table = source.table()
    text = table.select(**{name: table[name].cast("string") for name in table.columns})
    frame: pd.DataFrame = source.fetch(text).to_pandas()
    return frame.fillna("").astype("str")


def find_id_column(table: pd.DataFrame, customer_ids: pd.Series, requested: str | None = None) -> str:
    """The column that holds the customer ids: the requested one, customer_id, or the one whose values match most.

    Raises:
        ColumnError: there is no such column, or none holds customer ids.
    """
    columns = ", ".join(map(str, table.columns[:20]))
    if requested is not None:
        if requested not in table:
            raise ColumnError(f"There is no column {requested!r}.", hint=f"Columns: {columns}.")
        return requested
    by_name = next((name for name in table if str(name).strip().casefold() == "customer_id"), None)
    if by_name is not None:
        return str(by_name)
    known = {normalize_id(customer_id) for customer_id in customer_ids}
    matches = {str(name): table[name].map(normalize_id).isin(known).mean() for name in table}
    best = max(matches, key=lambda name: matches[name], default="")
    if not best or not matches[best] >= MIN_MATCH:
        raise ColumnError("No column holds ids of these customers.", hint=f"Columns: {columns}.")
    return best
