"""Finds a published run that equals another except for its time, and makes it the published one again."""

from __future__ import annotations

import pandas as pd

from segmentation.publishing.result_tables import CUSTOMER_COLUMN_TYPES, replace_segments
from segmentation.publishing.retention import delete_old_runs
from segmentation.publishing.run_row import format_publication_time
from segmentation.publishing.targets import PublishTarget, SqlConnection, begin_transaction
from segmentation.runs.load import SavedRun
from segmentation.runtime.sql_identifiers import quote_name


def publish_equal_run(
    writer: SqlConnection, target: PublishTarget, run: SavedRun, segments: pd.DataFrame, keep_runs: int | None
) -> bool:
    """Make a run in the tables that equals `run` except for its time the published one; False if there is none."""
    equal = _find_equal_run(writer, target, run)
    if equal is None:
        return False
    current, history, runs = _get_tables(target)
    published = writer.execute(f"SELECT MAX(run_id) FROM {current}")[0][0]
    with begin_transaction(writer):
        if equal != published:
            columns = ", ".join(CUSTOMER_COLUMN_TYPES)
            writer.execute(f"DELETE FROM {current}")
            writer.execute(
                f"INSERT INTO {current} ({columns}) SELECT {columns} FROM {history} WHERE run_id = ?", (equal,)
            )
            replace_segments(writer, target, segments.assign(run_id=equal))
            time = f"CAST(? AS {target.column_types['timestamp']})"
            writer.execute(
                f"UPDATE {runs} SET published_at = {time} WHERE run_id = ?", (format_publication_time(), equal)
            )
        if keep_runs is not None:
            delete_old_runs(writer, target, equal, keep_runs)
    return True


def _find_equal_run(writer: SqlConnection, target: PublishTarget, run: SavedRun) -> str | None:
    """Another run in the tables with the same content: its id has another time, but the same last digits.

    The published one if it is equal, or else the latest; None if there is none, or if the run itself is in the tables:
    publishing it again restores its missing rows.
    """
    current, history, runs = _get_tables(target)
    published = writer.execute(f"SELECT MAX(run_id) FROM {current}")[0][0]
    ids = {str(row[0]) for row in writer.execute(f"SELECT run_id FROM {runs}")}
    if run.run_id in ids:
        return None
    for run_id in sorted(ids, key=lambda run_id: (run_id == published, run_id), reverse=True):
        if run_id.rpartition("-")[2] == run.run_id.rpartition("-")[2]:
            kept = writer.execute(f"SELECT COUNT(*) FROM {history} WHERE run_id = ?", (run_id,))[0][0]
            if kept == int(run.segments["customers"].sum()):
                return run_id
    return None


def _get_tables(target: PublishTarget) -> tuple[str, str, str]:
    """The tables of the published run, of the customers of all runs, and of all runs."""
    names = ("customer_segments", "customer_segments_history", "segmentation_runs")
    current, history, runs = (quote_name(target.get_table_name(name)) for name in names)
    return current, history, runs
