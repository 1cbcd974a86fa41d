"""Options of the commands between saved runs and a warehouse: `sql`, `publish` and `restore`."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.argument_types import int_arg
from segmentation.cli.arguments import AddCommand, add_run_argument, add_window_argument, get_models_folder

SQL = """\
examples:
  python -m segmentation sql --run models --dialect snowflake > segments.sql
  python -m segmentation sql --run models --dialect duckdb --table sales.fct_sales --live
  python -m segmentation sql --run models --dialect snowflake --view
  python -m segmentation sql --run models --dialect snowflake --dynamic-table --lag "6 hours" --warehouse MARKETING_WH
  python -m segmentation sql --run models --dialect snowflake --dbt > dbt/models/marts/customer_segments_live.sql

Prints one query from sales lines to customer_id, segment_id, segment_name, rfm_recency, rfm_frequency and rfm_monetary,
equal to the predictions of the saved model. It reads mapped columns only (all columns if duplicates are dropped).
Days are counted to the run's as-of date; with --live, to the day after the latest sale at query time, over a trailing
window as long as that of the run (--window 365d: another length; --window all: every sale). Column names and
types are those of the run's source, or of --source. The scaling 'ranks' cannot be expressed in SQL.

Dialects: duckdb and snowflake are tested; databricks and postgres are marked as untested."""
PUBLISH = """\
examples:
  python -m segmentation publish --run models --to duckdb:///path/shop.duckdb
  python -m segmentation publish --run models --to snowflake:
  python -m segmentation publish --run models --to snowflake:MARKETING_INSIGHTS_DB.ML_RESULTS

Writes customer_segments, segments, customer_segments_history, segmentation_runs, run_comparisons and, where the sales
can be read, segment_history to the schema ml_results, or to another one (duckdb:///path/shop.duckdb?schema=NAME). All
of them change in one transaction: readers see the old state or the new one. Campaigns follow in one of their own.
Tables are not re-created, so grants stay. Publishing the same run again, or one that differs only in its time, changes
nothing. If there are more customers than --sample-above, and their sales are in the Snowflake account that is published
to, they are assigned there and none is sent. --keep-runs 30 keeps the latest 30 runs in all tables with several
runs; campaigns stay."""
RESTORE = """\
examples:
  python -m segmentation restore --from snowflake:MARKETING_INSIGHTS_DB.ML_RESULTS --out models
  python -m segmentation restore --from duckdb:///path/shop.duckdb --run 20260101T120000Z-ab12cd34 --out models

Rebuilds a published run: manifest, model, segments with their names, metrics and customer list, as its files were. It
becomes the current run of OUT. A scheduled job without a persistent disk restores, trains into OUT, which keeps segment
ids and names, and publishes. The source is the published one; a file is expected in the working directory, unless
--source names another."""
VIEW = "customer_segments_live"


def add_warehouse_commands(add_command: AddCommand) -> None:
    """Add `sql`, `publish` and `restore`."""
    sql = add_command("sql", "print a saved run as a query, a view or a dynamic table", SQL)
    add_run_argument(sql)
    sql.add_argument("--dialect", required=True, metavar="duckdb|snowflake", help="SQL dialect")
    sql.add_argument("--table", default="fct_sales", metavar="NAME", help="table of sales lines (default: %(default)s)")
    sql.add_argument("--source", metavar="URI", help="source of column names and types (default: the run's source)")
    sql.add_argument("--live", action="store_true", help="as of the day after the latest sale at query time")
    add_window_argument(sql, "as long as that of the run")
    output = sql.add_mutually_exclusive_group()
    output.add_argument(
        "--view", nargs="?", const=VIEW, metavar="NAME", help=f"create a live view (default name: {VIEW})"
    )
    output.add_argument(
        "--dynamic-table", nargs="?", const=VIEW, metavar="NAME", help="create a live table that Snowflake refreshes"
    )
    output.add_argument("--dbt", action="store_true", help="a model for dbt/, on its source of sales lines")
    sql.add_argument(
        "--lag", default="1 day", metavar="TIME", help="target lag of the dynamic table (default: %(default)s)"
    )
    sql.add_argument("--warehouse", default="", metavar="NAME", help="warehouse that refreshes the dynamic table")

    publish = add_command("publish", "publish a saved run to a warehouse", PUBLISH)
    add_run_argument(publish)
    publish.add_argument(
        "--forecast",
        type=int_arg,
        nargs="?",
        const=90,
        metavar="DAYS",
        help="also publish customer_forecasts and segment_forecasts for the next DAYS days (90 if DAYS is omitted)",
    )
    publish.add_argument("--to", required=True, metavar="URI", help="duckdb:///path/file.duckdb or snowflake:")

    publish.add_argument(
        "--keep-runs", type=int_arg, metavar="N", help="delete all but the latest N runs from the published tables"
    )

    restore = add_command("restore", "rebuild a saved run from what was published of it", RESTORE)
    restore.add_argument(
        "--from", dest="published", required=True, metavar="URI", help="duckdb:///path/file.duckdb or snowflake:"
    )
    restore.add_argument("--run", metavar="ID", help="the run (default: the published one)")
    restore.add_argument(
        "--out", type=Path, default=get_models_folder(), metavar="FOLDER", help="folder of runs (default: %(default)s)"
    )
    restore.add_argument(
        "--source", metavar="URI", help="sales source of the restored run (default: the published one)"
    )
