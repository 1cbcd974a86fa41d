"""Options of the commands that write files from a saved run: `export` and `report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from segmentation.cli.argument_types import split_names
from segmentation.cli.arguments import AddCommand, add_contact_arguments, add_run_argument, add_segment_argument
from segmentation.presentation.number_format import SEPARATORS

EXPORT = """\
examples:
  python -m segmentation export --run models --out list.csv
  python -m segmentation export --run models --segment "At-Risk Customers" "New Customers" --out list.csv
  python -m segmentation export --run models --segment 2 --columns customer_id,segment_name --raw --out list.csv
  python -m segmentation export --run models --out segments.xlsx
  python -m segmentation export --run models --segment 2 --contacts contacts.csv --consent opt_in --out list.csv

Writes the same list as the Export page; all formats hold the same rows. CSV is safe to open in a spreadsheet: text that
would be read as a formula is prefixed with an apostrophe. A workbook (xlsx) has one sheet per segment.
Columns: customer_id, segment_id, segment_name, rfm_recency (days), rfm_frequency (orders), rfm_monetary (money),
prediction_timestamp, certainty (share of bootstrap resamples in which the customer keeps the segment; not in runs of
early versions), run_id, data_window, settings, versions; goal, offer, channel (of the segment);
expected_orders, expected_net_sales, active_probability, next_order_by, at_risk (forecast for 90 days from the run's
as-of date; needs its source). The default is all but prediction_timestamp, settings, versions and what follows them.
If OUT is a folder, the file is named as on the page.

--contacts joins the columns of a file or table of your own (e-mail, phone, name, country, consent), which are never
stored. Invalid e-mail addresses and phone numbers are counted and listed next to OUT, in ..._invalid_addresses.csv.
--contact-format writes what a tool expects instead: klaviyo: plain columns; google: e-mail, phone and names hashed by
SHA-256, country and ZIP not; meta: all hashed. To measure what a campaign brings, use `campaign draw`."""
REPORT = """\
examples:
  python -m segmentation report --run models --out report.html
  python -m segmentation report --run models --out report.html --currency EUR --numbers "1.234,50"

A single-file HTML report to send, print or read on a phone: the recommended number of segments with its reasons, each
segment with its statistics and actions, all scores, the data behind it, settings and versions. Works offline."""


def add_output_commands(add_command: AddCommand) -> None:
    """Add `export` and `report`."""
    export = add_command("export", "export the customers of a saved run, or of some of its segments", EXPORT)
    add_run_argument(export)
    add_list_arguments(export)
    add_segment_argument(export)
    export.add_argument("--columns", type=split_names, metavar="A,B", help="columns to export, in this order")
    add_contact_arguments(export)

    report = add_command("report", "write a saved run as a single-file HTML report", REPORT)
    add_run_argument(report)
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="HTML file to write")
    report.add_argument(
        "--numbers", default="1,234.50", metavar="EXAMPLE", help="number format: " + "; ".join(SEPARATORS)
    )
    report.add_argument("--currency", default="", metavar="SYMBOL", help="currency symbol of amounts (default: none)")
    report.add_argument("--currency-after", action="store_true", help="put the symbol after the amount")


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a customer list."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--format", metavar="csv|xlsx|parquet", help="file format (default: from the suffix, otherwise csv)"
    )
    parser.add_argument("--raw", action="store_true", help="do not escape formulas in CSV; for other programs")
