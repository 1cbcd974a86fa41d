"""Argument types of the command line: text -> value, or a SettingsError with a hint."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from segmentation.errors import SettingsError
from segmentation.settings import ALL_SALES, K_MAX, K_MIN

CHECKED_COMMANDS = ("train", "publish", "view", "dynamic-table", "restore")
"""What `check --for` can require; see `segmentation.cli.privilege_check`."""


def commands_arg(text: str) -> tuple[str, ...]:
    """Commands whose privileges `check` requires, separated by commas."""
    names = split_names(text)
    for name in names:
        if name not in CHECKED_COMMANDS:
            raise SettingsError(
                f"{name[:40]!r} is not a command to check for.", hint=f"Choose from: {', '.join(CHECKED_COMMANDS)}."
            )
    return names


def split_names(text: str) -> tuple[str, ...]:
    """'a, b' as ('a', 'b')."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _make_converter(parse: Callable[[str], object], expected: str, hint: str) -> Callable[[str], object]:
    """An argparse type that raises SettingsError, which has a hint, instead of argparse's own error."""

    def convert(text: str) -> object:
        try:
            return parse(text)
        except ValueError:
            raise SettingsError(f"{text!r} is not {expected}.", hint=hint) from None

    return convert


def _parse_mapping(text: str) -> tuple[str, str]:
    name, column = text.split("=", 1)
    return name.strip(), column.strip()


def _parse_treatment(text: str) -> tuple[str, str]:
    value, treatment = text.rsplit("=", 1)
    return value.strip(), treatment.strip()


def _parse_weight(text: str) -> tuple[str, float]:
    name, number = text.split("=", 1)
    return name.strip(), float(number)


def _parse_period(text: str) -> tuple[date, date]:
    first, _, last = text.partition(":")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def _parse_window(text: str) -> int:
    if text == "all":
        return ALL_SALES
    if not re.fullmatch(r"[1-9][0-9]{0,4}d?", text):
        raise ValueError
    return int(text.removesuffix("d"))


date_arg = _make_converter(date.fromisoformat, "a date", "Write it like 2020-01-31.")
mapping_arg = _make_converter(
    _parse_mapping,
    "a mapping",
    "Write the standard name, =, and the column of your table: customer_id=household_id.",
)
treatment_arg = _make_converter(
    _parse_treatment, "an answer", "Write the value, =, and what to do with it: 'on hold=count'."
)
weight_arg = _make_converter(_parse_weight, "a weight", "Write the feature, =, and 0.5, 1 or 2: frequency=2.")
period_arg = _make_converter(_parse_period, "a period", "Write the first and the last day: 2019-11-20:2019-12-31.")
window_arg = _make_converter(_parse_window, "the length of a window", "Write it like 365d, or all.")
int_arg = _make_converter(int, "a whole number", "Write it with digits only, such as 42.")
k_arg = _make_converter(
    lambda text: None if text == "auto" else int(text),
    "a number of segments",
    f"Enter a number from {K_MIN} to {K_MAX}, or auto.",
)
float_arg = _make_converter(float, "a number", "Write it with a decimal point, such as 0.1.")
