"""The tables of the published run, of its segments, and of all runs: columns and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from segmentation.publishing.run_row import RUN_COLUMNS
from segmentation.publishing.targets import PublishTarget, SqlConnection
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.manifest import to_json_value
from segmentation.runtime.sql_identifiers import quote_name

STAGED = ("customer_id", "segment_id", "rfm_recency", "rfm_frequency", "rfm_monetary", CERTAINTY_COLUMN)
CUSTOMER_COLUMN_TYPES = {
    "customer_id": "text",
    "segment_id": "integer",
    "segment_name": "text",
    "rfm_recency": "double",
    "rfm_frequency": "double",
    "rfm_monetary": "double",
    "prediction_timestamp": "timestamp",
    "run_id": "text",
    CERTAINTY_COLUMN: "double",
}
TABLES: dict[str, Mapping[str, str]] = {
    "customer_segments": CUSTOMER_COLUMN_TYPES,
    "customer_segments_history": CUSTOMER_COLUMN_TYPES,
    "segments": {
        "segment_id": "integer",
        "segment_name": "text",
        "sentence": "text",
        "customers": "integer",
        "share_of_customers": "double",
        "share_of_sales": "double",
        "run_id": "text",
    },
    "segmentation_runs": RUN_COLUMNS,
}
"""Columns and their types, as keys of `PublishTarget.column_types`; no name is a reserved word of an engine."""


def replace_segments(writer: SqlConnection, target: PublishTarget, segments: pd.DataFrame) -> None:
    """Replace the rows of the table `segments`, within a transaction; `segments` has its columns."""
    table = quote_name(target.get_table_name("segments"))
    writer.execute(f"DELETE FROM {table}")
    for row in segments.itertuples(index=False):
        insert_row(writer, table, TABLES["segments"], row, target)


def insert_row(
    writer: SqlConnection, table: str, columns: Mapping[str, str], row: Iterable[Any], target: PublishTarget
) -> None:
    """Insert one row; `columns` are those of the table with their types."""
    marks = ", ".join(f"CAST(? AS {target.column_types[kind]})" for kind in columns.values())
    writer.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {marks}", [to_json_value(value) for value in row]
    )
