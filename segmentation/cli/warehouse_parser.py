"""What can be said of a run that goes to a warehouse: `sql` and `publish`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

SQL = """\
examples:
  python -m segmentation sql --run models --dialect snowflake > segments.sql
  python -m segmentation sql --run models --dialect duckdb --table sales.fct_sales --live
  python -m segmentation sql --run models --dialect snowflake --view
  python -m segmentation sql --run models --dialect snowflake --dynamic-table --lag "6 hours" --warehouse MARKETING_WH

One query, printed: from the sold lines to customer_id, segment_id, segment_name, rfm_recency, rfm_frequency and
rfm_monetary, as the saved model gives them. Only mapped columns are used (with duplicates dropped: all of them).
Days are counted from the run's as-of date; with --live, from the day after the latest sale at query time. Columns and
their types are those of the run's source, or of --source. The scaling ranks has no query.

Dialects: duckdb and snowflake are tested; databricks and postgres are marked as untested."""
PUBLISH = """\
examples:
  python -m segmentation publish --run models --to duckdb:///path/shop.duckdb
  python -m segmentation publish --run models --to snowflake:
  python -m segmentation publish --run models --to snowflake:MARKETING_INSIGHTS_DB.ML_RESULTS

Writes customer_segments, segments, customer_segments_history and segmentation_runs, in the schema ml_results unless
another is named (duckdb:///path/shop.duckdb?schema=NAME). All four change in one transaction: readers see the old or
the new. Tables are kept, and with them their grants. Publishing a run again changes nothing."""


def add_warehouse_commands(command: Callable[[str, str, str], argparse.ArgumentParser], models: Path) -> None:
    """Add the commands to the command line."""
    sql = command("sql", "print a saved run as one query, a view or a dynamic table", SQL)
    publish = command("publish", "write a saved run into a warehouse, for others to use", PUBLISH)
    for reader in (sql, publish):
        reader.add_argument(
            "--run", type=Path, default=models, metavar="FOLDER", help="of runs, or one run (default: %(default)s)"
        )
    sql.add_argument("--dialect", required=True, metavar="duckdb|snowflake", help="of the query")
    sql.add_argument("--table", default="fct_sales", metavar="NAME", help="of sold lines (default: %(default)s)")
    sql.add_argument("--source", metavar="URI", help="where columns and types are read (default: the run's source)")
    sql.add_argument("--live", action="store_true", help="as of the day after the latest sale at query time")
    made = sql.add_mutually_exclusive_group()
    view = "customer_segments_live"
    made.add_argument("--view", nargs="?", const=view, metavar="NAME", help=f"a view, live (default name: {view})")
    made.add_argument(
        "--dynamic-table", nargs="?", const=view, metavar="NAME", help="a table that Snowflake refreshes, live"
    )
    sql.add_argument("--lag", default="1 hour", metavar="TIME", help="of the dynamic table (default: %(default)s)")
    sql.add_argument("--warehouse", default="", metavar="NAME", help="that refreshes the dynamic table")
    publish.add_argument("--to", required=True, metavar="URI", help="duckdb:///path/file.duckdb or snowflake:")
