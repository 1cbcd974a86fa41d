"""The settings of the sales lines from the parsed options."""

from __future__ import annotations

import csv
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from segmentation.errors import SettingsError
from segmentation.settings import SEMANTIC_OPTIONS, SalesSettings

_PAIRS = {"map": "columns", "status": "statuses", "customer_value": "customer_values"}
_LISTS = {"leave_out": "excluded_periods", "leave_out_category": "excluded_categories"}
_VALUES = ("source", "start", "drop_duplicates", "dates", "decimal", "currency", "layout", *SEMANTIC_OPTIONS)
_MAX_RATES = 1_000


def build_sales_settings(arguments: Namespace, defaults: SalesSettings | None = None) -> SalesSettings:
    """The settings of the sales lines; options that are not specified take their value from `defaults`.

    Raises:
        SettingsError: a value is invalid, or the rates table cannot be read.
    """
    values: dict[str, Any] = {name: getattr(arguments, name) for name in _VALUES}
    values |= {name: tuple(dict(getattr(arguments, option) or ()).items()) for option, name in _PAIRS.items()}
    values |= {name: tuple(getattr(arguments, option) or ()) for option, name in _LISTS.items()}
    values["rates"] = read_rates(arguments.rates) if arguments.rates else ()
    specified = {name: value for name, value in values.items() if value}
    if arguments.start:
        if arguments.window is not None:
            raise SettingsError("--start and --window both set the first day.", hint="Use one of them.")
        specified["window_days"] = None
    sales = replace(defaults or SalesSettings(), as_of=arguments.as_of, **specified)
    return sales if arguments.window is None else sales.with_window(arguments.window)


def read_rates(path: Path) -> tuple[tuple[str, str], ...]:
    """Read a rates table: a CSV file with the columns currency and rate, in any order.

    Returns:
        pairs (currency, value of one unit of it in the target currency, as text).

    Raises:
        SettingsError: the file cannot be read, or lacks one of the columns.
    """
    hint = "It needs the columns currency and rate: USD,0.92 where one dollar is worth 0.92 of --currency."
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row, _ in zip(csv.DictReader(file), range(_MAX_RATES), strict=False)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"The rates table {path.name!r} cannot be read.", hint=hint) from error
    pairs = [{(name or "").strip().lower(): value for name, value in row.items() if name} for row in rows]
    if not pairs or not all(row.get("currency") and row.get("rate") for row in pairs):
        raise SettingsError(f"{path.name!r} is not a rates table.", hint=hint)
    rates = {row["currency"].strip().upper(): row["rate"] for row in pairs}
    if len(rates) < len(pairs):
        raise SettingsError(f"{path.name!r} has two rates for one currency.", hint="Keep one line per currency.")
    return tuple(rates.items())
