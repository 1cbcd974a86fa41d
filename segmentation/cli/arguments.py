"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from segmentation.cli.argument_types import date_arg, int_arg, mapping_arg, period_arg, treatment_arg, window_arg
from segmentation.settings import (
    CUSTOMER_TREATMENTS,
    DEFAULT_SOURCE,
    PARSING_OPTIONS,
    SEMANTIC_OPTIONS,
    STATUS_TREATMENTS,
    parse_named_sources,
)

AddCommand: TypeAlias = Callable[[str, str, str], argparse.ArgumentParser]
"""Adds a command from its name, summary and epilog, and returns its parser."""

SOURCES = """\
Sources:
  demo:complete-journey                        one year of a grocery chain (the default)
  demo:web-shop                                one year of a synthetic web shop
  path/to/sales.parquet, path/to/sales.csv     a file
  duckdb:///path/file.duckdb?table=fct_sales   a table of a DuckDB database
  snowflake:  snowflake:DB.SCHEMA.TABLE  snowflake:?connection=NAME
                                               a table in Snowflake; docs/snowflake.md lists the settings
The environment variable SEGMENTS_SOURCE sets the default (the first one, if it lists several).
Required columns are a customer, a date and an amount. Usual column names are recognized; --map sets the others:
  --map customer_id=household_id transaction_date=day
CSV delimiter and encoding, decimal separator and date order are inferred. Where 02/03/2024 or 1.234 is ambiguous, set
--dates or --decimal."""


def add_subparser(
    subparsers: Any, name: str, summary: str, epilog: str, *, common_default: object
) -> argparse.ArgumentParser:
    """Add a command or subcommand with the options that all have; `common_default` is their value if absent."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_common_arguments(parser, common_default)
    return parser


def add_common_arguments(parser: argparse.ArgumentParser, default: object) -> None:
    """Add --quiet and --yes, which every command has; `default` is their value if they are absent."""
    parser.add_argument("--quiet", action="store_true", default=default, help="print errors only")
    parser.add_argument(
        "--yes",
        action="store_true",
        default=default,
        help="read a large table in a warehouse, above SEGMENTS_CONFIRM_ROWS, without confirmation",
    )


def add_source_argument(parser: argparse.ArgumentParser) -> None:
    """Add --source with the configured default."""
    configured = (uri for _, uri in parse_named_sources(os.environ.get("SEGMENTS_SOURCE", "")))
    parser.add_argument(
        "--source", default=next(configured, DEFAULT_SOURCE), metavar="URI", help="sales source (default: %(default)s)"
    )


def add_run_argument(parser: argparse.ArgumentParser) -> None:
    """Add --run, the saved run to read."""
    parser.add_argument(
        "--run",
        type=Path,
        default=get_models_folder(),
        metavar="FOLDER",
        help="folder of runs, or one run (default: %(default)s)",
    )


def add_segment_argument(parser: argparse.ArgumentParser) -> None:
    """Add --segment, the segments of the run to use."""
    parser.add_argument(
        "--segment", nargs="+", action="extend", metavar="NAME", help="segment names or numbers (default: all)"
    )


def add_seed_argument(parser: argparse.ArgumentParser) -> None:
    """Add --seed."""
    parser.add_argument("--seed", type=int_arg, default=42, metavar="N", help="random seed (default: %(default)s)")


def add_mapping_argument(parser: argparse.ArgumentParser) -> None:
    """Add --map, the column mapping."""
    parser.add_argument(
        "--map",
        type=mapping_arg,
        nargs="+",
        action="extend",
        metavar="NAME=COLUMN",
        help="column mapping: standard name = column of the source",
    )


def add_window_argument(parser: argparse.ArgumentParser, default: str) -> None:
    """Add --window, the length of the trailing window; `default` says what applies without it."""
    parser.add_argument(
        "--window",
        type=window_arg,
        metavar="365d|all",
        help=f"use the sales of this many days before the as-of date, or all (default: {default})",
    )


def add_sales_arguments(parser: argparse.ArgumentParser, window_default: str = "all") -> None:
    """Add the options that select and parse sales lines."""
    parser.add_argument("--as-of", type=date_arg, metavar="DATE", help="as-of date; later sales are excluded")
    parser.add_argument("--start", type=date_arg, metavar="DATE", help="exclude sales before this date")
    add_window_argument(parser, window_default)
    parser.add_argument(
        "--leave-out",
        "--exclude-period",
        type=period_arg,
        nargs="+",
        action="extend",
        metavar="FIRST:LAST",
        help="exclude dates: 2019-11-20:2019-12-31, or one day",
    )
    parser.add_argument(
        "--leave-out-category",
        "--exclude-category",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="exclude product categories",
    )
    parser.add_argument("--drop-duplicates", action="store_true", help="count exact duplicate lines once")
    parser.add_argument("--dates", metavar="|".join(PARSING_OPTIONS["dates"]), help="date order of text columns")
    parser.add_argument(
        "--decimal", metavar="|".join(PARSING_OPTIONS["decimal"]), help="decimal separator of text columns"
    )
    _add_semantic_arguments(parser)


def _add_semantic_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what lines mean where their values leave it open."""
    parser.add_argument(
        "--status",
        type=treatment_arg,
        nargs="+",
        action="extend",
        metavar="VALUE=WHAT",
        help=f"what an order status or line type means: {', '.join(STATUS_TREATMENTS)}; 'on hold=count'",
    )
    parser.add_argument(
        "--customer-value",
        type=treatment_arg,
        nargs="+",
        action="extend",
        metavar="ID=WHAT",
        help=f"whether IDs such as guest are customers: {', '.join(CUSTOMER_TREATMENTS)}; guest=exclude",
    )
    parser.add_argument("--layout", metavar="NAME", help="layout of a known export, or none (default: recognized)")
    parser.add_argument("--currency", metavar="CODE", help="the currency that counts; others are converted or rejected")
    parser.add_argument(
        "--rates", type=Path, metavar="FILE", help="CSV of currency and rate, to convert money to --currency"
    )
    meanings = {
        "orders": "what one order is: an order ID, an ID on one day, a customer's day, or a line",
        "amount_grain": "whether the amount is that of the line or of its order",
        "discount_kind": "whether discounts are money, rates (0.2) or percent (20)",
    }
    for name, meaning in meanings.items():
        options = "|".join(SEMANTIC_OPTIONS[name])
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=options, help=f"{meaning} (default: inferred)")


def get_models_folder() -> Path:
    """SEGMENTS_MODELS, or `models` in the working directory."""
    return Path(os.environ.get("SEGMENTS_MODELS") or "models")


def add_contact_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that join contact columns of the user's own."""
    parser.add_argument("--contacts", metavar="URI", help="file or table of e-mail, phone, name, country; never stored")
    parser.add_argument("--contact-id", metavar="COLUMN", help="its column of customer IDs (default: recognized)")
    parser.add_argument("--contact-format", metavar="klaviyo|google|meta", help="write the columns that a tool expects")
    parser.add_argument("--consent", metavar="COLUMN", help="only customers whose value is yes, true or 1")
    parser.add_argument("--country", default="", metavar="CODE", help="of phone numbers without a country code: US")
