"""Prints a segment history, as tables or as JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pandas as pd

from segmentation.analysis.history.segment_history import SegmentHistory
from segmentation.cli.console import print_line, print_table
from segmentation.presentation.history_text import describe_changes, describe_history_window
from segmentation.runs.manifest import to_json_value


def print_history(history: SegmentHistory) -> None:
    """Print the window, each segment at every month-end, and what changed."""
    window = history.window
    print_line(
        describe_history_window(window.days, history.run.window_days, len(window.month_ends), window.has_own_model)
    )
    for segment_id, name in history.names.items():
        rows = history.months[history.months["segment_id"] == segment_id]
        columns = ["customers", "net_sales", "joined", "lost", "moved_in", "moved_out", "by_customer", "by_model"]
        labels = [column.replace("_", " ").capitalize() for column in columns]
        table = [(f"{row['month_end']}", *(_format_cell(row[column]) for column in columns)) for row in _to_rows(rows)]
        print_table(f"{segment_id} {name}", ("Month-end", *labels), table)
    for row in _to_rows(history.changes):
        print_line(describe_changes(row, is_refitted=history.is_refitted))


def format_history(history: SegmentHistory) -> str:
    """The history as one JSON object."""
    labeled = history.labeled
    flows = history.flows.drop(columns=[] if history.is_refitted else ["segment_old_model"])
    changes = history.changes
    if not history.is_refitted:
        changes = changes.assign(model=None, both=None)
    values = {
        "run_id": history.run.run_id,
        "window_days": history.window.days,
        "run_window_days": history.run.window_days,
        "own_model": history.window.has_own_model,
        "refit": history.is_refitted,
        "segments": history.segments[["segment_id", "segment_name"]],
        "months": _to_rows(history.months),
        "changes": _to_rows(changes),
        "flows": _to_rows(flows),
        "model": {
            "features": labeled.run.features,
            "scaler": labeled.run.scaler,
            "centers": labeled.run.centers,
            "cluster_to_segment": labeled.run.cluster_to_segment,
        },
    }
    return json.dumps(to_json_value(values), indent=2, allow_nan=False)


def _to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain values; missing ones are None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _format_cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"
