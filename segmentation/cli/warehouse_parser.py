"""Options of the commands that bring a saved run into a warehouse: `sql` and `publish`."""

from __future__ import annotations

from segmentation.cli.arguments import AddCommand, add_run_argument, int_arg

SQL = """\
examples:
  python -m segmentation sql --run models --dialect snowflake > segments.sql
  python -m segmentation sql --run models --dialect duckdb --table sales.fct_sales --live
  python -m segmentation sql --run models --dialect snowflake --view
  python -m segmentation sql --run models --dialect snowflake --dynamic-table --lag "6 hours" --warehouse MARKETING_WH

Prints one query from sales lines to customer_id, segment_id, segment_name, rfm_recency, rfm_frequency and rfm_monetary,
equal to the predictions of the saved model. It reads mapped columns only (all columns if duplicates are dropped).
Days are counted to the run's as-of date; with --live, to the day after the latest sale at query time. Column names and
types are those of the run's source, or of --source. The scaling 'ranks' cannot be expressed in SQL.

Dialects: duckdb and snowflake are tested; databricks and postgres are marked as untested."""
PUBLISH = """\
examples:
  python -m segmentation publish --run models --to duckdb:///path/shop.duckdb
  python -m segmentation publish --run models --to snowflake:
  python -m segmentation publish --run models --to snowflake:MARKETING_INSIGHTS_DB.ML_RESULTS

Writes customer_segments, segments, customer_segments_history and segmentation_runs to the schema ml_results, or to
another one (duckdb:///path/shop.duckdb?schema=NAME). All four change in one transaction: readers see the old state or
the new one. Tables are not re-created, so grants stay. Publishing the same run again changes nothing."""
VIEW = "customer_segments_live"


def add_warehouse_commands(add_command: AddCommand) -> None:
    """Add `sql` and `publish`."""
    sql = add_command("sql", "print a saved run as a query, a view or a dynamic table", SQL)
    add_run_argument(sql)
    sql.add_argument("--dialect", required=True, metavar="duckdb|snowflake", help="SQL dialect")
    sql.add_argument("--table", default="fct_sales", metavar="NAME", help="table of sales lines (default: %(default)s)")
    sql.add_argument("--source", metavar="URI", help="source of column names and types (default: the run's source)")
    sql.add_argument("--live", action="store_true", help="as of the day after the latest sale at query time")
    output = sql.add_mutually_exclusive_group()
    output.add_argument(
        "--view", nargs="?", const=VIEW, metavar="NAME", help=f"create a live view (default name: {VIEW})"
    )
    output.add_argument(
        "--dynamic-table", nargs="?", const=VIEW, metavar="NAME", help="create a live table that Snowflake refreshes"
    )
    sql.add_argument(
        "--lag", default="1 hour", metavar="TIME", help="target lag of the dynamic table (default: %(default)s)"
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
        help="also publish customer_forecasts and segment_forecasts for the next days (default: 90)",
    )
    publish.add_argument("--to", required=True, metavar="URI", help="duckdb:///path/file.duckdb or snowflake:")
