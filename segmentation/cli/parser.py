"""The command-line parser. The options of each command are in the *_parser modules."""

from __future__ import annotations

import argparse
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence

from segmentation.cli import (
    campaign_parser,
    data_parser,
    forecast_parser,
    history_parser,
    model_parser,
    output_parser,
    retrain_parser,
    warehouse_parser,
)
from segmentation.cli.arguments import SOURCES, add_subparser

EPILOG = f"""\
examples:
  python -m segmentation train --source sales.parquet
  python -m segmentation train --source sales.csv --features recency_days,frequency,discount_share --k 5
  python -m segmentation score --run models --source new_sales.csv --out segments.csv
  python -m segmentation export --run models --segment "At-Risk Customers" --out list.csv

{SOURCES}

Each command has its own --help. Exit code: 0 for success, 2 for an error that you can correct (one sentence and a
hint), 3 for a retrained run that is held for review."""


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; `command` is the function of `segmentation.cli.commands` to call with the result.

    Raises:
        SettingsError: a value cannot be parsed. argparse itself exits with 2 for an unknown option.
    """
    parser = argparse.ArgumentParser(
        prog="python -m segmentation",
        description="Segment customers by purchase behavior.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    def add_command(name: str, summary: str, epilog: str) -> argparse.ArgumentParser:
        return add_subparser(subparsers, name, summary, epilog, common_default=False)

    model_parser.add_model_commands(add_command)
    retrain_parser.add_retrain_commands(add_command)
    output_parser.add_output_commands(add_command)
    forecast_parser.add_forecast_command(add_command)
    history_parser.add_history_command(add_command)
    warehouse_parser.add_warehouse_commands(add_command)
    campaign_parser.add_campaign_commands(add_command)
    data_parser.add_data_commands(add_command)
    arguments = parser.parse_args(argv)
    for name, value in vars(arguments).items():
        if value == []:  # argparse of Python 3.11 turns --option=-- into an empty list
            setattr(arguments, name, "--")
    return arguments
