"""Deletes the rows of old runs from every table that keeps runs; campaigns are never deleted."""

from __future__ import annotations

from segmentation.publishing.targets import PublishTarget, SqlConnection
from segmentation.runtime.sql_identifiers import quote_name

TABLES_BY_RUN = (
    "customer_segments_history",
    "run_comparisons",
    "segment_history",
    "customer_forecasts",
    "segment_forecasts",
    "segmentation_runs",
)


def delete_old_runs(writer: SqlConnection, target: PublishTarget, run_id: str, keep_runs: int) -> None:
    """Delete all but the latest `keep_runs` runs from `TABLES_BY_RUN`, within a transaction; never the run `run_id`."""
    runs = quote_name(target.get_table_name("segmentation_runs"))
    ordered = writer.execute(f"SELECT run_id FROM {runs} ORDER BY created_at DESC, run_id DESC")
    others = [str(row[0]) for row in ordered if row[0] != run_id]
    old = others[keep_runs - 1 :]
    if not old:
        return
    query = f"SELECT table_name FROM {target.information}.tables WHERE table_schema = ?"
    existing = {str(row[0]) for row in writer.execute(query, (target.schema[-1],))}
    marks = ", ".join("?" * len(old))
    for name in TABLES_BY_RUN:
        path = target.get_table_name(name)
        if path[-1] in existing:
            writer.execute(f"DELETE FROM {quote_name(path)} WHERE run_id IN ({marks})", old)
