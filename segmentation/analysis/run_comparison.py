"""Compares two runs: customers who moved, segment sizes, settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from segmentation.features.registry import REGISTRY
from segmentation.runs.manifest import RunMetadata
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.segments.migration import NOT_PRESENT, build_migration_matrix, count_migrations

JOINED, LEFT = "Not a customer before", "No longer a customer"


@dataclass(frozen=True, eq=False)
class RunComparison:
    """Comparison of an earlier run with a later one."""

    flows: pd.DataFrame
    """segment_before, segment_now, name_before, name_now, customers, money_before, money_now."""
    counts: dict[str, int]
    """Number of customers by stayed (in the same segment), moved, joined and left."""
    segments: pd.DataFrame
    """One row per segment_id of either run: name, customers_before, customers_now, money_before, money_now."""
    settings: pd.DataFrame
    """Settings that differ: setting, before, now; as text."""
    window_days: tuple[int, int]
    """Length of the window of each run: over a longer one, the same habits have more orders and sales."""

    @property
    def is_comparable(self) -> bool:
        """Whether the runs have customers in common; otherwise they are of different shops."""
        return bool(self.counts["stayed"] + self.counts["moved"])


def compare_runs(before: PreviousSegments, now: PreviousSegments) -> RunComparison:
    """Compare two runs, saved or in memory, by their customers.

    Segments with the same ID are the same segment, whatever their names.

    Args:
        before: the earlier run.
        now: the later one.

    Raises:
        RunError: the customer list of a saved run is missing or has been changed.
    """
    flows = build_migration_matrix(_load_customer_money(before), _load_customer_money(now))
    names_before, names_now = before.run.segment_names, now.run.segment_names
    flows["name_before"] = [names_before.get(int(i), JOINED) for i in flows["segment_before"]]
    flows["name_now"] = [names_now.get(int(i), LEFT) for i in flows["segment_now"]]
    sums_before = flows.groupby("segment_before")[["customers", "money_before"]].sum()
    sums_now = flows.groupby("segment_now")[["customers", "money_now"]].sum()
    segment_ids = pd.Index(sorted((set(names_before) | set(names_now)) - {NOT_PRESENT}), name="segment_id")
    segments = pd.DataFrame(
        {
            "name": [_merge_names(names_before.get(i), names_now.get(i)) for i in segment_ids],
            "customers_before": sums_before["customers"].reindex(segment_ids, fill_value=0),
            "customers_now": sums_now["customers"].reindex(segment_ids, fill_value=0),
            "money_before": sums_before["money_before"].reindex(segment_ids, fill_value=0.0),
            "money_now": sums_now["money_now"].reindex(segment_ids, fill_value=0.0),
        },
        index=segment_ids,
    ).reset_index()
    days = (before.run.window_days, now.run.window_days)
    return RunComparison(flows, count_migrations(flows), segments, diff_settings(before.run, now.run), days)


def diff_settings(before: RunMetadata, now: RunMetadata) -> pd.DataFrame:
    """The settings in which two runs differ, in words: setting, before, now; without paths."""
    rows = [
        (setting, left, right)
        for (setting, left), (_, right) in zip(_describe_settings(before), _describe_settings(now), strict=True)
        if left != right
    ]
    return pd.DataFrame(rows, columns=["setting", "before", "now"])


def _describe_settings(run: RunMetadata) -> list[tuple[str, str]]:
    values, window = run.settings.to_dict(), run.window
    sales: dict[str, Any] = values["sales"]
    model: dict[str, Any] = values["model"]
    descriptions = [
        ("Sales data", run.source_name),
        ("First sale", str(window.get("first_sale") or "")),
        ("Last sale", str(window.get("last_sale") or "")),
        ("As-of date", str(window.get("as_of") or "")),
        ("Window", f"{run.window_days:,} days"),
        ("Rows used", f"{run.lines.get('lines_used', 0):,}"),
        ("Number of segments", str(run.k)),
        ("Customers compared by", ", ".join(_get_setting_label(name) for name in run.features)),
    ]
    labels = {
        "start": "Start date",
        "window_days": "Days of the trailing window",
        "drop_duplicates": "Exclude exact duplicates",
        "columns": "Columns",
        "left_out": "Excluded dates",
        "categories_left_out": "Excluded categories",
        "scaling": "Scaling",
        "seed": "Seed",
        "weights": "Weights",
    }
    excluded = {"source", "as_of", "features"}
    for part in (sales, model):
        descriptions += [
            (labels.get(name, name.replace("_", " ").capitalize()), _format_setting(value))
            for name, value in part.items()
            if name not in excluded
        ]
    return descriptions


def _format_setting(value: Any) -> str:
    match value:
        case None | "" | [] | () | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {_format_setting(item)}" for name, item in value.items())
        case list() | tuple():
            return ", ".join(_format_setting(item) for item in value)
    return str(value)


def _get_setting_label(name: str) -> str:
    return REGISTRY[name].label.lower() if name in REGISTRY else name


def _load_customer_money(segments: PreviousSegments) -> pd.DataFrame:
    return segments.get_customers()[["customer_id", "segment_id", "rfm_monetary"]].rename(
        columns={"rfm_monetary": "money"}
    )


def _merge_names(before: str | None, now: str | None) -> str:
    if before is None or now is None or before == now:
        return now or before or ""
    return f"{now} (was: {before})"
