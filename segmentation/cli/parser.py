"""What can be said on the command line, and its help."""

from __future__ import annotations

import argparse
import os
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from segmentation.cli import warehouse_parser
from segmentation.errors import SettingsError
from segmentation.presentation.number_format import SEPARATORS
from segmentation.settings import (
    DEFAULT_FEATURES,
    DEFAULT_SOURCE,
    K_MAX,
    K_MIN,
    PARSING_OPTIONS,
    SCALINGS,
    parse_named_sources,
)

SOURCES = """\
A source is named by
  demo:complete-journey                        a year of a grocery chain (the default)
  demo:web-shop                                a year of a made-up web shop
  path/to/sales.parquet, path/to/sales.csv     a file
  duckdb:///path/file.duckdb?table=fct_sales   a table of a DuckDB database
  snowflake:  snowflake:DB.SCHEMA.TABLE  snowflake:?connection=NAME
                                               a table in Snowflake; docs/snowflake.md tells the settings
or by the environment variable SEGMENTS_SOURCE (the first, where it names several).
It needs a customer, a date and an amount. Columns are recognized by their usual names; --map says what a name cannot:
  --map customer_id=household_id transaction_date=day
Delimiter and encoding of a CSV, decimal comma and the order of dates are found. Where 02/03/2024 may be two days, or
1.234 two amounts, you are asked for --dates or --decimal."""
TOP = f"""\
examples:
  python -m segmentation train --source sales.parquet
  python -m segmentation train --source sales.csv --features recency_days,frequency,discount_share --k 5
  python -m segmentation score --run models --source new_sales.csv --out segments.csv
  python -m segmentation export --run models --segment "At-Risk Customers" --out list.csv

{SOURCES}

Each command has its own --help. Exit code: 0, or 2 with one sentence and a hint when the input has to be put right."""
TRAIN = f"""\
examples:
  python -m segmentation train
  python -m segmentation train --source sales.parquet --k auto --as-of 2020-01-01
  python -m segmentation train --preset rfm-value --weights frequency=2 --leave-out 2019-11-20:2019-12-31
  python -m segmentation train --source duckdb:///shop.duckdb?table=orders --map customer_id=household_id

{SOURCES}

Features: recency_days, frequency, monetary, avg_order_value, tenure_days, typical_gap_days, lines_per_order,
category_count, lines, avg_line_value, discount_share, coupon_share, full_price_share, favourite_share, peak_share,
weekend_share, momentum; those that need columns the table lacks cannot be used.

Presets: rfm, rfm-value, discounts (frequency, monetary, discount_share, full_price_share), notebook (recency_days,
lines, monetary, avg_line_value, with the scaling standard). --features and --scaling go before those of a preset.

Without --k, customers are drawn again 50 times to see whether the segments repeat and differ from noise; the advised
number is one that does. It takes seconds; --quick leaves it out.

A run is written to OUT/<run id>/ and becomes the current one of OUT. Segments that the current run already had keep
their number, name and color."""
SCORE = """\
examples:
  python -m segmentation score --run models --source new_sales.csv --out segments.csv
  python -m segmentation score --run models/20260101T120000Z-ab12cd34 --as-of 2020-02-01 --out segments.xlsx
  python -m segmentation score --run models --source new_sales.parquet --raw --out segments.csv

Features, scaling and segments are those of the run. The source is the run's unless another is given, and so are the
mapping of columns, the first day, what is left out and whether duplicates are dropped; the as-of date is the day after
the last sale unless given. The file has the columns of customer_segments.csv and the run id, and its format is that of
its suffix: .csv, .xlsx or .parquet. CSV opens in a spreadsheet as it is: text that would be taken for a formula gets a
leading apostrophe. With --raw it is for machines: every text exactly as it came."""
EXPORT = """\
examples:
  python -m segmentation export --run models --out list.csv
  python -m segmentation export --run models --segment "At-Risk Customers" "New Customers" --out list.csv
  python -m segmentation export --run models --segment 2 --columns customer_id,segment_name --raw --out list.csv
  python -m segmentation export --run models --out segments.xlsx

The list is the one of the Export page, the same in every format. CSV opens in a spreadsheet as it is: text that would
be taken for a formula gets a leading apostrophe. A workbook (xlsx) has a sheet for each segment.
Columns: customer_id, segment_id, segment_name, rfm_recency (days), rfm_frequency (orders), rfm_monetary (money),
prediction_timestamp, run_id, data_window, settings, versions; goal, offer, channel (of the segment). Unless chosen
otherwise all but the time, settings, versions and the last three are there. Where OUT is a folder, the file is named
as on the page."""
GENERATE = """\
examples:
  python -m segmentation generate --customers 1000000 --out sales.parquet
  python -m segmentation generate --customers 5000 --seed 7 --out sales.parquet --truth truth.parquet
  python -m segmentation generate --raw-tables --out shop.duckdb

The sales of a year (2025) with returns, seasons, coupons, a few very large customers and some faulty lines, some 36
lines per customer. The same number and seed give the same lines. Each customer has one of six planted habits; which
one is written only where --truth asks for it. With --raw-tables, the same as the tables online_sales, discount_coupon
and tax_amount in the schema raw of a DuckDB database, from which the example in dbt/ builds fct_sales."""
REPORT = """\
examples:
  python -m segmentation report --run models --out report.html
  python -m segmentation report --run models --out report.html --currency EUR --numbers "1.234,50"

One HTML file that can be sent, printed and read on a phone: the advice with its reasons, every segment with its figures
and what to do, all scores, the data behind it, settings and versions. It needs no network."""
CHECK = """\
examples:
  python -m segmentation check --source snowflake:
  python -m segmentation check --source snowflake:SALES.MART.ORDERS --map customer_id=BUYER

For Snowflake: where each setting comes from (never its value), whether the account is reached, how one is signed in,
role, warehouse, table, columns, whether the table may be read and results may be written. Exit code: 0 when segments
can be made, else 2."""
TUNE = f"""\
examples:
  python -m segmentation tune --source sales.parquet
  python -m segmentation tune --source sales.parquet --top 96 --leave-out 2019-11-20:2019-12-31

Every preset that the data allow is tried with every scaling and 3 to 8 segments. Silhouettes of other features or
another scaling cannot be compared with one another: rows are ranked by the column 'common', which measures all of them
in one space; segments too small for a campaign, or that other seeds do not find again, come last.

{SOURCES}"""
PREPARE = "Builds the demo data and compiles the inner loops, so that nobody waits for them later. `make run` calls it."


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Arguments as values: `command` is the function of `segmentation.cli.commands` to call with them.

    Raises SettingsError for a value that cannot be read; argparse itself exits with 2 for an unknown option.
    """
    parser = argparse.ArgumentParser(
        prog="python -m segmentation",
        description="Segment customers by how they buy.",
        epilog=TOP,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    def command(name: str, what: str, epilog: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}.",
            epilog=epilog,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        made.add_argument("--quiet", action="store_true", help="print errors only")
        return made

    models = Path(os.environ.get("SEGMENTS_MODELS") or "models")
    train = command("train", "find segments in sales and save them as a run", TRAIN)
    train.add_argument(
        "--source", default=_get_default_source(), metavar="URI", help="where the sales are (default: %(default)s)"
    )
    train.add_argument(
        "--features",
        type=split_names,
        metavar="A,B",
        help=f"what customers are compared by (default: {','.join(DEFAULT_FEATURES)})",
    )
    train.add_argument("--preset", metavar="NAME", help="a set of features with its scaling, from the list below")
    train.add_argument(
        "--weights",
        type=weight_arg,
        nargs="+",
        action="extend",
        metavar="NAME=W",
        help="how much a feature counts: 0.5, 1 or 2 times (default: 1)",
    )
    meaning = "; ".join(f"{name}: {text[0].lower()}{text[1:-1]}" for name, text in SCALINGS.items())
    train.add_argument("--scaling", metavar="|".join(SCALINGS), help=f"{meaning} (default: log)")
    train.add_argument("--k", type=k_arg, metavar="K|auto", help=f"segments, {K_MIN} to {K_MAX} (default: as advised)")
    train.add_argument("--quick", action="store_true", help="take the advised k from the scores alone")
    train.add_argument("--seed", type=int_arg, default=42, metavar="N", help="of all chance (default: %(default)s)")
    train.add_argument(
        "--sample-above",
        type=int_arg,
        default=1_000_000,
        metavar="N",
        help="more customers than this stay where they are, but for a sample and totals (default: %(default)s)",
    )
    train.add_argument("--out", type=Path, default=models, metavar="FOLDER", help="of the runs (default: %(default)s)")

    score = command("score", "give new or changed customers their segment from a saved run", SCORE)
    score.add_argument("--source", metavar="URI", help="where the sales are (default: the run's source)")
    export = command("export", "write the customers of a saved run, or of some of its segments, as a list", EXPORT)
    for reader in (score, export):
        reader.add_argument(
            "--run", type=Path, default=models, metavar="FOLDER", help="of runs, or one run (default: %(default)s)"
        )
        reader.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
        reader.add_argument(
            "--format", metavar="csv|xlsx|parquet", help="of the file (default: by its suffix, else csv)"
        )
        reader.add_argument("--raw", action="store_true", help="CSV for machines: every text exactly as it is")
    tune = command("tune", "try presets, scalings and numbers of segments, and rank them", TUNE)
    tune.add_argument("--source", default=_get_default_source(), metavar="URI", help="where the sales are")
    tune.add_argument("--top", type=int_arg, default=15, metavar="N", help="rows to print (default: %(default)s)")
    tune.add_argument("--seed", type=int_arg, default=42, metavar="N", help="of all chance (default: %(default)s)")
    check = command("check", "say step by step whether a source can be reached and read", CHECK)
    check.add_argument("--source", default=_get_default_source(), metavar="URI", help="which (default: %(default)s)")
    for taker in (train, score, check, tune):
        taker.add_argument(
            "--map", type=mapping_arg, nargs="+", action="extend", metavar="NAME=COLUMN", help="which column is which"
        )
    export.add_argument("--segment", nargs="+", action="extend", metavar="NAME", help="names or numbers (default: all)")
    export.add_argument("--columns", type=split_names, metavar="A,B", help="in the order wanted")
    generate = command("generate", "make up the sales of a web shop, in any size", GENERATE)
    generate.add_argument("--customers", type=int_arg, metavar="N", help="how many (default: 1468)")
    generate.add_argument("--seed", type=int_arg, default=42, metavar="N", help="of all chance (default: %(default)s)")
    generate.add_argument("--out", type=Path, required=True, metavar="FILE", help="the Parquet file to write")
    generate.add_argument("--raw-tables", action="store_true", help="write raw tables for dbt to a DuckDB database")
    generate.add_argument("--truth", type=Path, metavar="FILE", help="the habit of each customer, as Parquet")
    report = command("report", "write a saved run as a report that can be sent", REPORT)
    report.add_argument(
        "--run", type=Path, default=models, metavar="FOLDER", help="of runs, or one run (default: %(default)s)"
    )
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="the HTML file to write")
    report.add_argument(
        "--numbers", default="1,234.50", metavar="EXAMPLE", help="how numbers look: " + "; ".join(SEPARATORS)
    )
    report.add_argument("--currency", default="", metavar="SYMBOL", help="written with every amount (default: none)")
    report.add_argument("--currency-after", action="store_true", help="the symbol stands after the amount")
    for taker in (train, score, tune):
        _add_sales_arguments(taker)
        taker.add_argument(
            "--dates", metavar="|".join(PARSING_OPTIONS["dates"]), help="how dates that are text are written"
        )
        taker.add_argument(
            "--decimal", metavar="|".join(PARSING_OPTIONS["decimal"]), help="the sign before cents in text"
        )
    warehouse_parser.add_warehouse_commands(command, models)
    command("prepare", "build the demo data and warm up", PREPARE)
    arguments = parser.parse_args(argv)
    for name, value in vars(arguments).items():
        if value == []:  # what argparse of Python 3.11 makes of --option=--
            setattr(arguments, name, "--")
    return arguments


def _add_sales_arguments(taker: argparse.ArgumentParser) -> None:
    """The options that say which lines count."""
    taker.add_argument("--as-of", type=date_arg, metavar="DATE", help="sales on or after it do not count")
    taker.add_argument("--start", type=date_arg, metavar="DATE", help="sales before it do not count")
    taker.add_argument(
        "--leave-out",
        type=period_arg,
        nargs="+",
        action="extend",
        metavar="FIRST:LAST",
        help="days that do not count: 2019-11-20:2019-12-31, or one day",
    )
    taker.add_argument(
        "--leave-out-category", nargs="+", action="extend", metavar="NAME", help="categories that do not count"
    )
    taker.add_argument("--drop-duplicates", action="store_true", help="count lines that are exactly alike once")


def _get_default_source() -> str:
    """The first source in SEGMENTS_SOURCE."""
    return next((address for _, address in parse_named_sources(os.environ.get("SEGMENTS_SOURCE", ""))), DEFAULT_SOURCE)


def _make_converter(read: Callable[[str], object], complaint: str, hint: str) -> Callable[[str], object]:
    """A reader of one value that raises SettingsError, not argparse's error, where it cannot be read."""

    def checked(text: str) -> object:
        try:
            return read(text)
        except ValueError:
            raise SettingsError(f"{text!r} is not {complaint}.", hint=hint) from None

    return checked


def _parse_mapping(text: str) -> tuple[str, str]:
    name, column = text.split("=", 1)
    return name.strip(), column.strip()


def _parse_weight(text: str) -> tuple[str, float]:
    name, number = text.split("=", 1)
    return name.strip(), float(number)


def _parse_period(text: str) -> tuple[date, date]:
    first, _, last = text.partition(":")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def split_names(text: str) -> tuple[str, ...]:
    """'a, b' as ('a', 'b')."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


date_arg = _make_converter(date.fromisoformat, "a date", "Write it like 2020-01-31.")
mapping_arg = _make_converter(
    _parse_mapping, "a mapping", "Write the name here, =, and the name in your table: customer_id=household_id."
)
weight_arg = _make_converter(_parse_weight, "a weight", "Write the feature, =, and 0.5, 1 or 2: frequency=2.")
period_arg = _make_converter(_parse_period, "a period", "Write the first and the last day: 2019-11-20:2019-12-31.")
int_arg = _make_converter(int, "a whole number", "Write it with digits only, such as 42.")
k_arg = _make_converter(
    lambda text: None if text == "auto" else int(text), "a number of segments", f"Give {K_MIN} to {K_MAX}, or auto."
)
