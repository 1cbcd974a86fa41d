"""Reads a user's own table of contacts, or a list that was sent, as text; nothing of it is stored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from segmentation.campaigns.sent_list import normalize_id
from segmentation.errors import ColumnError
from segmentation.sales.open_source import open_source
from segmentation.sales.source import SalesSource
from segmentation.sales.upload_store import create_token, remove_upload, store_upload

_MAX_LINE = 1000
MIN_MATCH = 0.05
"""Share of the rows of a column that must be customer ids for the column to be recognized by its values."""


def read_contact_table(uri: str) -> pd.DataFrame:
    """All rows of a CSV, workbook or Parquet file, or of a table, every column as text; missing values are "".

    Raises:
        SourceError: it cannot be read.
    """
    single = parse_single_column(_read_start(Path(uri))) if Path(uri).is_file() else None
    if single is not None:
        single = parse_single_column(Path(uri).read_bytes())
    return fetch_as_text(open_source(uri)) if single is None else single


def _read_start(path: Path) -> bytes:
    """The first line of a file, as far as it is not too long for a list of ids."""
    with path.open("rb") as file:
        return file.readline(_MAX_LINE)


def fetch_as_text(source: SalesSource) -> pd.DataFrame:
    """All rows of an opened table, every column as text; missing values are ""."""
    table = source.table()
    text = table.select(**{name: table[name].cast("string") for name in table.columns})
    frame: pd.DataFrame = source.fetch(text).to_pandas()
    return frame.fillna("").astype("str")


def parse_uploaded_table(data: bytes, name: str) -> pd.DataFrame:
    """The rows of an uploaded table as text; it is decoded as uploaded sales are, and deleted at once.

    Raises:
        SourceError: it cannot be read.
    """
    single = parse_single_column(data)
    if single is not None:
        return single
    token = create_token()
    try:
        return fetch_as_text(store_upload(data, name, token))
    finally:
        remove_upload(token)


def parse_single_column(data: bytes) -> pd.DataFrame | None:
    """A text file with one value per line, such as ids alone; None: it has several columns, or is no text in UTF-8.

    >>> parse_single_column(b"customer_id\\r\\n00123\\r\\n").to_dict("list")
    {'customer_id': ['00123']}
    >>> parse_single_column(b"a,b\\n1,2\\n") is None
    True
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    if not lines or "\x00" in lines[0] or any(delimiter in lines[0] for delimiter in ",;\t|"):
        return None
    values = [line.strip().removeprefix('"').removesuffix('"') for line in lines if line.strip()]
    return pd.DataFrame({values[0]: values[1:]}, dtype="str") if values else None


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
    if len(table.columns) == 1:
        return str(table.columns[0])
    known = {normalize_id(customer_id) for customer_id in customer_ids}
    matches = {str(name): table[name].map(normalize_id).isin(known).mean() for name in table}
    best = max(matches, key=lambda name: matches[name], default="")
    if not best or not matches[best] >= MIN_MATCH:
        raise ColumnError("No column holds the IDs of these customers.", hint=f"Columns: {columns}.")
    return best
