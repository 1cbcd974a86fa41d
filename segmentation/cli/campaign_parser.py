"""Options of `campaign`: plan, draw, export, read, list and forget."""

from __future__ import annotations

import argparse
from pathlib import Path

from segmentation.cli.argument_types import date_arg, float_arg, int_arg
from segmentation.cli.arguments import (
    AddCommand,
    add_contact_arguments,
    add_mapping_argument,
    add_run_argument,
    add_sales_arguments,
    add_segment_argument,
    add_subparser,
)

CAMPAIGN = """\
examples:
  python -m segmentation campaign plan --run models --segment "At-Risk Customers" --days 60
  python -m segmentation campaign draw --run models --id spring-2026 --hold-out 0.1 --days 60 --out lists
  python -m segmentation campaign read --id spring-2026 --source sales.parquet --cost-per-message 0.1
  python -m segmentation campaign list
  python -m segmentation campaign forget --customer 12345

A campaign is saved in the folder `campaigns` next to the runs (--run). Each subcommand has its own --help."""
PLAN = """\
Simulates campaigns from the customers' own spend over the last DAYS days and states the lift that each hold-out would
detect 80 % of the time. --json prints customers, days, mean_spend, target_lift, suggested, options (hold_out,
held_back, contacted, smallest_lift, cost; null: even a doubling would be missed), segments, is_of_earlier_members
(false: the sales do not reach back far enough to know who was in the segments DAYS days ago) and sentences."""
DRAW = """\
Draws the customers to hold back and writes contacted.csv, for the mailing tool, and held_back.csv, with the columns
customer_id, segment_id, segment_name, group and campaign_id. Customers are ordered by segment and SHA-256 of
"ID|customer_id"; the n-th is held back if floor(n p / 1000) > floor((n - 1) p / 1000), where p is the share in
permille. The groups are saved in models/campaigns/ID and never change: a second draw of the same ID is refused. The
launch is the as-of date of the run, unless --launch sets another; the reading period is the DAYS days from the launch
on, and the reading day is the day after them.

--contacts joins columns of a table of your own to contacted.csv. Customers without consent (--consent) are left out
before the draw. Invalid e-mail addresses and phone numbers are counted and listed in invalid_addresses.csv. klaviyo:
plain columns; google: e-mail, phone and names hashed by SHA-256, country and ZIP not; meta: all hashed."""
EXPORT = "Writes the lists of a drawn campaign again, as `draw` does."
SQL = "Prints customer_id, segment_id, arm and assignment_key: the same groups as `draw` for the same customers."
READ = """\
Compares the sales of both groups from the launch to the reading day. Before that day it says how many days are missing
and shows no result. The sales are read with the settings of the draw; --map and the other options override them.
A campaign that --run does not have is read as `publish` stored it, with a source snowflake: or duckdb: from the schema
ml_results of its database: a scheduled job needs no folder. --to publishes the result. Where the campaign is published,
Snowflake joins its customers there; otherwise their IDs are sent. Either way, only sums of its customers come back.

--json prints campaign_id, status (running or read), launch, reading_day, day, days, missing_customers, verdict, method,
p_value, arms, per_contacted, total (net, gross, discount, low, high), after_messages, unadjusted, capped, segments and
sentences. --sent compares the list that was actually sent with the groups, also before the reading day."""


def add_campaign_commands(add_command: AddCommand) -> None:
    """Add `campaign` with its subcommands."""
    campaign = add_command("campaign", "hold back customers from a campaign and measure what it brought in", CAMPAIGN)
    subparsers = campaign.add_subparsers(title="subcommands", dest="subcommand", required=True, metavar="SUBCOMMAND")

    def add_subcommand(name: str, summary: str, epilog: str = "") -> argparse.ArgumentParser:
        # SUPPRESS: the option may also stand before the subcommand.
        command = add_subparser(subparsers, name, summary, epilog, common_default=argparse.SUPPRESS)
        add_run_argument(command)
        return command

    plan = add_subcommand("plan", "state the lift that a hold-out would detect", PLAN)
    _add_plan_arguments(plan)
    draw = add_subcommand("draw", "draw the customers to hold back, and write both lists", DRAW)
    _add_draw_arguments(draw)

    export = add_subcommand("export", "write the lists of a drawn campaign again", EXPORT)
    _add_id_argument(export)
    _add_list_arguments(export)

    sql = add_subcommand("sql", "print the draw as a query on published customers", SQL)
    _add_id_argument(sql)
    sql.add_argument("--hold-out", type=float_arg, required=True, metavar="SHARE", help="share held back, such as 0.1")
    sql.add_argument("--dialect", required=True, choices=("duckdb", "snowflake"), help="engine of the query")
    sql.add_argument(
        "--table", default="ml_results.customer_segments", metavar="NAME", help="published table (default: %(default)s)"
    )

    read = add_subcommand("read", "measure what a campaign brought in", READ)
    _add_read_arguments(read)

    listing = add_subcommand("list", "list the campaigns")
    listing.add_argument("--json", action="store_true", help="print them as JSON")

    forget = add_subcommand("forget", "delete a customer from campaigns")
    forget.add_argument("--customer", required=True, metavar="ID", help="ID of the customer, exactly as in the sales")
    forget.add_argument("--id", metavar="ID", help="only from this campaign (default: from all)")
    for parser in (plan, draw, read):
        parser.add_argument("--source", metavar="URI", help="sales source (default: the run's)")
        add_mapping_argument(parser)
        add_sales_arguments(parser)


def _add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    add_segment_argument(parser)
    parser.add_argument("--days", type=int_arg, default=60, metavar="N", help="reading period (default: %(default)s)")
    parser.add_argument(
        "--hold-out", type=float_arg, default=0.1, metavar="SHARE", help="share held back (default: %(default)s)"
    )
    parser.add_argument("--lift", type=float_arg, metavar="SHARE", help="lift worth detecting (default: 10 %%)")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")


def _add_draw_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--id", required=True, metavar="ID", help="ID of the campaign: letters, digits, -, _ and .")
    add_segment_argument(parser)
    parser.add_argument(
        "--hold-out", type=float_arg, required=True, metavar="SHARE", help="share held back, such as 0.1"
    )
    parser.add_argument("--days", type=int_arg, required=True, metavar="N", help="reading period")
    parser.add_argument("--launch", type=date_arg, metavar="DATE", help="first day (default: the run's as-of date)")
    parser.add_argument("--exclude-running", action="store_true", help="leave out customers of other running campaigns")
    parser.add_argument(
        "--min-certainty",
        type=float_arg,
        default=0.0,
        metavar="SHARE",
        help="leave out borderline customers, those with a lower certainty",
    )
    parser.add_argument(
        "--at-most", type=int_arg, metavar="N", help="only the N customers with the highest expected value"
    )
    parser.add_argument(
        "--global-hold-out",
        type=float_arg,
        default=0.0,
        metavar="SHARE",
        help="leave out this share of all customers, the same ones in every campaign",
    )
    _add_list_arguments(parser)


def _add_read_arguments(parser: argparse.ArgumentParser) -> None:
    _add_id_argument(parser)
    parser.add_argument(
        "--cost-per-message", type=float_arg, default=0.0, metavar="MONEY", help="for each contacted customer"
    )
    parser.add_argument(
        "--from",
        dest="published",
        metavar="URI",
        help="where the campaign is published (default: the folder of the runs, else ml_results beside the sales)",
    )
    parser.add_argument("--to", metavar="URI", help="also publish the result to campaign_results of this target")
    parser.add_argument("--sent", metavar="FILE", help="the list that was actually sent, as CSV or Parquet")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the result as a single-file HTML report")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_id_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--id", required=True, metavar="ID", help="ID of the campaign")


def _add_list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for both lists")
    parser.add_argument("--raw", action="store_true", help="do not escape formulas in CSV; for other programs")
    add_contact_arguments(parser)
