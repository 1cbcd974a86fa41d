"""Options of the commands around data: `check`, `generate` and `prepare`."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.argument_types import commands_arg, int_arg
from segmentation.cli.arguments import (
    AddCommand,
    add_mapping_argument,
    add_sales_arguments,
    add_seed_argument,
    add_source_argument,
)

CHECK = """\
examples:
  python -m segmentation check --source snowflake:
  python -m segmentation check --source snowflake:SALES.MART.ORDERS --map customer_id=BUYER
  python -m segmentation check --source snowflake: --for train,publish,dynamic-table
  python -m segmentation check --source orders.csv --json

For Snowflake: the origin of each setting (never its value), connection, authentication, role, warehouse, table,
columns, and permission to read sales and to write results, with the GRANT statement for each privilege that is
missing. --for requires the privileges of these commands: train (also for score and the app), publish, view,
dynamic-table, restore. Nothing is created in Snowflake. The lines are read as `train` reads them. Exit code: 0 if
the source can be segmented, otherwise 2. --json prints layout, columns, customers, orders, net_sales, start, end,
rejected (reason, lines, money), merged_customer_ids (customer_id, spelling, lines), notices and findings."""
GENERATE = """\
examples:
  python -m segmentation generate --customers 1000000 --out sales.parquet
  python -m segmentation generate --customers 5000 --seed 7 --out sales.parquet --truth truth.parquet
  python -m segmentation generate --raw-tables --out shop.duckdb

One year of sales (2025) with returns, seasonality, coupons, a few very large customers and some faulty lines, about 36
lines per customer. The same number and seed give the same lines. Each customer follows one of six behavior profiles,
the ground truth, which is written only to --truth. --raw-tables writes the same sales as the tables online_sales,
discount_coupon and tax_amount in the schema raw of a DuckDB database, from which the example in dbt/ builds
fct_sales."""
PREPARE = "Builds the demo data and compiles the numeric code ahead of the first request. `make run` calls it."


def add_data_commands(add_command: AddCommand) -> None:
    """Add `check`, `generate` and `prepare`."""
    check = add_command("check", "check step by step whether a source can be reached and read", CHECK)
    add_source_argument(check)
    add_mapping_argument(check)
    add_sales_arguments(check)
    check.add_argument(
        "--for",
        dest="commands",
        type=commands_arg,
        default=(),
        metavar="A,B",
        help="commands that the role must be able to run",
    )
    check.add_argument("--to", default="", metavar="URI", help="publish target on Snowflake (default: ML_RESULTS)")
    check.add_argument("--json", action="store_true", help="print what was read as JSON, instead of the steps")

    generate = add_command("generate", "generate sales of a synthetic web shop, of any size", GENERATE)
    generate.add_argument("--customers", type=int_arg, metavar="N", help="number of customers (default: 1468)")
    add_seed_argument(generate)
    generate.add_argument("--out", type=Path, required=True, metavar="FILE", help="Parquet file to write")
    generate.add_argument("--raw-tables", action="store_true", help="write raw tables for dbt to a DuckDB database")
    generate.add_argument("--truth", type=Path, metavar="FILE", help="write the profile of each customer, as Parquet")

    add_command("prepare", "build the demo data and compile the numeric code", PREPARE)
