"""Sentences about a segment history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from segmentation.presentation.formatting import format_count, format_date, format_percent


def describe_history_window(days: int, run_days: int, month_ends: int, has_own_model: bool) -> str:
    """Describe the window of a history, and whose model it is.

    >>> describe_history_window(365, 365, 13, False)
    '13 month-ends, each over the 365 days before it, as long as the window of the run.'
    """
    start = f"{month_ends} month-end{'s' * (month_ends != 1)}, each over the {days:,} days before it"
    if has_own_model:
        return (
            f"{start}: fewer than six windows of {run_days:,} days, that of the run, fit into these sales. The "
            f"segments are those of a model fitted on the last {days:,} days with the settings of the run."
        )
    if days == run_days:
        return f"{start}, as long as the window of the run."
    return f"{start}; the model of the run was fitted on {run_days:,} days, so sizes differ from those of the run."


def describe_changes(changes: Mapping[str, Any], *, is_refitted: bool) -> str:
    """Describe what changed since the previous month-end.

    Args:
        changes: a row of `SegmentHistory.changes`.
        is_refitted: whether a second model tells what the model changed.
    """
    moved, chance = changes["moved_share"], changes["chance_share"]
    parts = [f"{format_date(changes['month_end'])}: {format_percent(moved or 0)} of the customers moved"]
    if chance is not None and math.isfinite(chance):
        parts.append(f"{format_percent(chance)} would by chance")
    bought, stopped = (format_count(changes[name]) for name in ("bought_since", "stopped_buying"))
    parts.append(f"{bought} because they bought, {stopped} because they did not")
    if is_refitted:
        parts.append(f"{format_count(changes['model'])} by the model and {format_count(changes['both'])} by both")
    parts.append(f"{format_count(changes['joined'])} joined and {format_count(changes['lost'])} were lost")
    return f"{'; '.join(parts)}."
