"""The table segment_history: the segments of a published run at every month-end, and what changed."""

from __future__ import annotations

import pandas as pd

from segmentation.publishing.run_tables import RunTable

HISTORY_COLUMNS = {
    "run_id": "text",
    "month_end": "date",
    "window_days": "integer",
    "segment_id": "integer",
    "customers": "integer",
    "net_sales": "double",
    "joined": "integer",
    "lost": "integer",
    "moved_in": "integer",
    "moved_out": "integer",
    "by_customer": "integer",
    "by_model": "integer",
}
"""Columns and their types, as in `RunTable`."""


def build_history_table(run_id: str, window_days: int, months: pd.DataFrame) -> RunTable:
    """One row per month-end and segment.

    Args:
        run_id: the run whose segments these are.
        window_days: length of the window before each month-end.
        months: month_end, segment_id, customers, net_sales and what changed since the month before, as
            `segmentation.analysis.history.changes.summarize_months` gives them; missing at the first month-end.
    """
    frame = months.assign(run_id=run_id, window_days=window_days, net_sales=months["net_sales"].astype("float64"))
    return RunTable("segment_history", HISTORY_COLUMNS, frame[list(HISTORY_COLUMNS)])
