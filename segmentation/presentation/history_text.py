"""Sentences about a segment history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from segmentation.presentation.formatting import format_count, format_currency, format_date, format_percent


def describe_history_window(days: int, run_days: int, month_ends: int, has_window_model: bool) -> str:
    """Describe the window of a history, and whose model it is.

    >>> describe_history_window(365, 365, 13, False)
    '13 month-ends, each covering the 365 days before it, the window length of the run.'
    """
    length, run_length = format_count(days), format_count(run_days)
    start = f"{month_ends} month-end{'s' * (month_ends != 1)}, each covering the {length} days before it"
    if has_window_model:
        return (
            f"{start}: fewer than six windows of {run_length} days, the length of the run, fit into these sales. The "
            f"segments come from a model fitted on the last {length} days with the settings of the run."
        )
    if days == run_days:
        return f"{start}, the window length of the run."
    return f"{start}; the model of the run was fitted on {run_length} days, so sizes differ from those of the run."


def describe_changes(changes: Mapping[str, Any], *, is_refitted: bool) -> str:
    """Describe what changed since the previous month-end.

    Args:
        changes: a row of `SegmentHistory.changes`.
        is_refitted: whether a second model tells what the model changed.
    """
    moved, chance = changes["moved_share"], changes["chance_share"]
    parts = [f"{format_date(changes['month_end'])}: {format_percent(moved or 0)} of the customers moved"]
    if chance is not None and math.isfinite(chance):
        parts.append(f"{format_percent(chance)} would have by chance")
    bought, stopped = (format_count(changes[name]) for name in ("bought_since", "stopped_buying"))
    parts.append(f"{bought} because they bought, {stopped} because they did not")
    if is_refitted:
        parts.append(f"{format_count(changes['model'])} by the model and {format_count(changes['both'])} by both")
    parts.append(f"{format_count(changes['joined'])} joined and {format_count(changes['lost'])} were lost")
    return f"{'; '.join(parts)}."


def describe_movement(moved: int, present: int, bought: int, chance: float) -> str:
    """Describe how many customers moved between two month-ends, and why.

    Args:
        moved: customers in another segment at the later month-end.
        present: customers present at both month-ends.
        bought: of those who moved, the ones who bought since.
        chance: share (0 to 1) who would move if no one changed habits; NaN: unknown.

    >>> describe_movement(20, 100, 15, 0.18).replace(chr(160), " ").split(". ")[1]
    'If no one had changed habits, 18 % would have moved by chance.'
    """
    share = moved / present if present else 0.0
    sentence = (
        f"**{format_percent(share)}** of the customers present at both month-ends moved: {format_count(bought)} after "
        f"a purchase, {format_count(moved - bought)} because they did not buy."
    )
    if math.isfinite(chance):
        sentence += f" If no one had changed habits, {format_percent(chance)} would have moved by chance."
    return sentence


def describe_leavers(customers: int, segment: str, annual_sales: float) -> str:
    """Describe who left a segment, with their net sales scaled to a year.

    >>> describe_leavers(12, "High-Value", 4300.0)
    '12 customers left **High-Value**, worth 4,300 in annual sales.'
    """
    noun = "customer" if customers == 1 else "customers"
    return (
        f"{format_count(customers)} {noun} left **{segment}**, worth {format_currency(annual_sales)} in annual sales."
    )
