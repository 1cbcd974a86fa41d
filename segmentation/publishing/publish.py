"""Publishes a saved run to a warehouse: five tables of one schema, replaced in one transaction.

| table | one row per | |
|---|---|---|
| customer_segments | customer | of the published run |
| segments | segment | of the published run |
| customer_segments_history | customer and run | of every run that is kept |
| segmentation_runs | run | settings, model, scores and versions, all that `restore` needs; never a path |
| run_comparisons | pair of segments and run | by the model of the run before, and by its own |

The customers are loaded into a staging table and validated; for a DuckDB file the staging table is in memory, so that
others can read the file meanwhile. Then rows are deleted and inserted in one transaction. Tables are never dropped or
replaced, so grants stay. All times are those of the run, except `published_at`: the time when the run became, or last
became, the published one. Publishing the same run again changes nothing; a run that equals one in the tables except
for its time adds nothing, and the earlier one becomes the published run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segmentation.errors import RunError, SettingsError
from segmentation.publishing.equal_runs import publish_equal_run
from segmentation.publishing.result_tables import (
    CUSTOMER_COLUMN_TYPES,
    STAGED,
    insert_row,
    replace_segments,
)
from segmentation.publishing.result_tables import TABLES as TABLES
from segmentation.publishing.retention import delete_old_runs
from segmentation.publishing.run_comparisons import COMPARISON_COLUMNS, build_comparison_table
from segmentation.publishing.run_row import build_run_row
from segmentation.publishing.run_tables import RunTable, create_missing_tables, replace_rows, stage_rows
from segmentation.publishing.targets import PublishTarget, SqlConnection, begin_transaction, resolve_target
from segmentation.publishing.warehouse_staging import stage_in_warehouse
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.load import SavedRun
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.runtime.sql_identifiers import quote_name


@dataclass(frozen=True)
class PublishedRun:
    """The run that is published in a warehouse."""

    run_id: str
    created: str
    """To the minute, UTC; so is `published`."""
    published: str
    source_name: str
    segments: int
    customers: int


def publish_run(
    run: SavedRun,
    to: str,
    on_progress: StepProgress = no_progress,
    *,
    keep_runs: int | None = None,
    tables: Sequence[RunTable] = (),
) -> str:
    """Publish a run, and return the name of the target.

    If the customers are too many for memory and their sales are in the same warehouse, they are assigned there, by the
    model as SQL. If a run in the tables equals this one except for its time, as after a retrain on unchanged sales,
    nothing is added: that run becomes the published one.

    Args:
        run: a saved run.
        to: `duckdb:///path/file.duckdb?schema=NAME` or `snowflake:DATABASE.SCHEMA?connection=NAME`; the default schema
            is ml_results.
        on_progress: called with the completed share, 0 to 1, and the current step.
        keep_runs: delete the rows of all but this many latest runs from the tables that keep runs (see
            `segmentation.publishing.retention`), but never of this run. None: keep all.
        tables: further tables of the run, replaced in the same transaction.

    Raises:
        SettingsError: the URI, a name in it or `keep_runs` is invalid.
        RunError: the run is damaged, or the loaded rows are not those of the run; no row of the target is changed.
        SourceError: the target cannot be reached or written to; no row of it is changed.
    """
    if keep_runs is not None and keep_runs < 1:
        raise SettingsError("At least one run must be kept.", hint="Use --keep-runs 1 or more.")
    target = resolve_target(to)
    on_progress(0.0, "Opening the saved result")
    segments = _build_segment_rows(run)
    columns = TABLES | {"run_comparisons": COMPARISON_COLUMNS} | {table.name: table.columns for table in tables}
    on_progress(0.2, f"Connecting to {target.name}")
    with target.open_writer() as writer:

        def reuse_equal_run() -> bool:
            create_missing_tables(writer, target, columns)
            return publish_equal_run(writer, target, run, segments, keep_runs)

        # A DuckDB file is opened only once everything is loaded; another target is open already, and checked first.
        if not target.loads_into_memory and reuse_equal_run():
            return target.name
        on_progress(0.4, f"Assigning {int(segments['customers'].sum()):,} customers")
        stage = stage_in_warehouse(writer, target, run) or _load_customers(writer, run, segments)
        further = [table for table in (build_comparison_table(run), *tables) if not table.frame.empty]
        staged = [(stage_rows(writer, table), table) for table in further]
        on_progress(0.7, "Replacing the published rows")
        writer.open_target()
        if target.loads_into_memory and reuse_equal_run():
            return target.name
        with begin_transaction(writer):
            _replace_run_rows(writer, target, stage, run, segments)
            for name, table in staged:
                replace_rows(writer, target, name, table)
            if keep_runs is not None:
                delete_old_runs(writer, target, run.run_id, keep_runs)
    on_progress(1.0, "Published")
    return target.name


def preview_changes(
    to: str, customers: int, segments: int, forecast_days: int | None = None
) -> tuple[str, dict[str, str]]:
    """Describe what publishing a run of this size would change, without connecting.

    Args:
        to: as in `publish_run`.
        customers, segments: of the run.
        forecast_days: days of the forecast to publish as well; None: no forecast.

    Returns:
        The name of the target, and for each qualified table name a description of the change.

    Raises:
        SettingsError: as in `publish_run`.
    """
    target = resolve_target(to)
    changes = {
        "customer_segments": f"its rows are replaced by {customers:,}, one per customer",
        "segments": f"its rows are replaced by {segments}, one per segment",
        "customer_segments_history": f"{customers:,} rows of this run are added; those of other runs stay",
        "segmentation_runs": "one row of this run: settings, model, scores, versions",
        "run_comparisons": "the rows of this run: its customers by segment of the previous model and of this one",
        "segment_history": "the rows of this run: its segments at every month-end with a full window of sales",
    }
    if forecast_days is not None:
        days = f"the rows of this run for {forecast_days} days, one per"
        changes |= {"customer_forecasts": f"{days} customer", "segment_forecasts": f"{days} segment"}
    return target.name, {".".join(target.get_table_name(name)): what for name, what in changes.items()}


def fetch_published_run(at: str) -> PublishedRun | None:
    """The published run; None if nothing is published.

    Raises:
        SettingsError, SourceError: as in `publish_run`.
    """
    target = resolve_target(at)
    if target.is_missing():
        return None
    with target.open_reader() as reader:
        count_query = f"SELECT COUNT(*) FROM {target.information}.tables WHERE table_schema = ? AND table_name = ?"
        if not reader.execute(count_query, (target.schema[-1], target.get_table_name("customer_segments")[-1]))[0][0]:
            return None
        rows = reader.execute(
            "SELECT run_id, CAST(created_at AS VARCHAR), CAST(published_at AS VARCHAR), source_name, segments, "
            f"customers FROM {quote_name(target.get_table_name('segmentation_runs'))} "
            f"WHERE run_id IN (SELECT MAX(run_id) FROM {quote_name(target.get_table_name('customer_segments'))})"
        )
    if not rows:
        return None
    run_id, created, published, source, segments, customers = rows[0]
    return PublishedRun(str(run_id), str(created)[:16], str(published)[:16], str(source), int(segments), int(customers))


def _load_customers(writer: SqlConnection, run: SavedRun, segments: pd.DataFrame) -> str:
    """Load the customer list of the run, and return the name of the staging table."""
    customers = run.read_customers()
    names: dict[int, str] = dict(segments[["segment_id", "segment_name"]].itertuples(index=False))
    if not customers["segment_name"].eq(customers["segment_id"].map(names)).all():
        raise RunError(
            "The segment names in the customer list differ from those of the run.", hint="Save the run again."
        )
    stage = writer.load_temp_table(_select_staged(customers), "staged_segments")
    _check_staged(writer, stage, customers, segments)
    return stage


def _select_staged(customers: pd.DataFrame) -> pd.DataFrame:
    """The columns to load; the certainty is empty if an early version saved the run."""
    frame = customers.reindex(columns=list(STAGED))
    return frame.astype({CERTAINTY_COLUMN: "float64"})


def _check_staged(writer: SqlConnection, stage: str, customers: pd.DataFrame, segments: pd.DataFrame) -> None:
    """Raise RunError unless the staging table has one row per customer, each with an id and a known segment."""
    ids = segments["segment_id"].tolist()
    marks = ", ".join("?" * len(ids))
    counts = writer.execute(
        "SELECT COUNT(*), COUNT(DISTINCT customer_id), SUM(CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END), "
        f"SUM(CASE WHEN segment_id IN ({marks}) THEN 0 ELSE 1 END) FROM {stage}",
        ids,
    )[0]
    rows, distinct, without_id, unknown = (int(number or 0) for number in counts)
    if (rows, distinct, without_id, unknown) != (len(customers), len(customers), 0, 0):
        raise RunError(
            f"Of {len(customers):,} customers, {rows:,} were loaded: {distinct:,} distinct, "
            f"{without_id:,} without an ID, {unknown:,} in an unknown segment.",
            hint="Nothing was published; the previous result is unchanged.",
        )


def _replace_run_rows(
    writer: SqlConnection, target: PublishTarget, stage: str, run: SavedRun, segments: pd.DataFrame
) -> None:
    """Delete and insert the rows of all tables, within a transaction."""
    current, history, segment_table, runs = (quote_name(target.get_table_name(name)) for name in TABLES)
    # All rows have the same run_id; unlike a plain select, MAX also returns a row for an empty table.
    before = writer.execute(f"SELECT MAX(run_id) FROM {current}")[0][0]
    replace_segments(writer, target, segments)
    columns = ", ".join(CUSTOMER_COLUMN_TYPES)
    created = str(run.created).removesuffix("Z").replace("T", " ")
    for table, condition, values in ((current, "", ()), (history, " WHERE run_id = ?", (run.run_id,))):
        writer.execute(f"DELETE FROM {table}{condition}", values)
        writer.execute(
            f"INSERT INTO {table} ({columns}) SELECT s.customer_id, s.segment_id, g.segment_name, s.rfm_recency, "
            f"s.rfm_frequency, s.rfm_monetary, CAST(? AS {target.column_types['timestamp']}), ?, s.{CERTAINTY_COLUMN} "
            f"FROM {stage} AS s JOIN {segment_table} AS g ON g.segment_id = s.segment_id",
            (created, run.run_id),
        )
    complete = f"SELECT COUNT(*) FROM {runs} WHERE run_id = ? AND manifest IS NOT NULL"
    if before != run.run_id or not writer.execute(complete, (run.run_id,))[0][0]:
        # Otherwise published_at stays: the run was published before.
        writer.execute(f"DELETE FROM {runs} WHERE run_id = ?", (run.run_id,))
        insert_row(writer, runs, TABLES["segmentation_runs"], build_run_row(run, created), target)


def _build_segment_rows(run: SavedRun) -> pd.DataFrame:
    """One row per segment, in the columns of the table `segments`."""
    frame = run.segments.assign(run_id=run.run_id).sort_values("segment_id")
    return frame.reindex(columns=list(TABLES["segments"]))
