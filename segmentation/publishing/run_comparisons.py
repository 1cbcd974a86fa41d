"""The table run_comparisons: how a published run compares with the one before it, on the same sales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segmentation.publishing.run_tables import RunTable
from segmentation.runs.load import SavedRun

COMPARISON_COLUMNS = {
    "run_id": "text",
    "previous_run_id": "text",
    "window_days": "integer",
    "segment_before": "integer",
    "segment_now": "integer",
    "customers": "integer",
    "net_sales": "double",
    "adjusted_rand": "double",
    "model_share": "double",
}
"""Columns and their types, as in `RunTable`."""


def build_comparison_table(run: SavedRun) -> RunTable:
    """One row per pair of segments that have customers in common: by the previous model, and by that of the run.

    adjusted_rand and model_share are those of the whole run, the same in each row; only retrained runs have a
    model_share. Empty if the run was not compared with another.
    """
    monitoring: Mapping[str, Any] = run.monitoring or {}
    previous: Mapping[str, Any] = monitoring.get("previous") or {}
    frame = pd.DataFrame(previous.get("flows") or [])
    frame = frame.assign(
        run_id=run.run_id,
        previous_run_id=previous.get("run_id"),
        window_days=run.window_days,
        adjusted_rand=previous.get("adjusted_rand"),
        model_share=(monitoring.get("decision") or {}).get("model_share"),
    )
    return RunTable("run_comparisons", COMPARISON_COLUMNS, frame.reindex(columns=list(COMPARISON_COLUMNS)))
