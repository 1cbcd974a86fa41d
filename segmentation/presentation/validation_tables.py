"""The findings of a validation as tables of text: borders between segments, and the stability of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segmentation.clustering.validation.bootstrap import MIN_RELIABLE_SIZE
from segmentation.clustering.validation.descriptions import get_stability_label
from segmentation.presentation import formatting

GAP, GRADUAL = "Gap", "Gradual"


def build_border_table(findings: Mapping[str, Any], names: Mapping[int, str]) -> pd.DataFrame:
    """One row per border between two neighboring segments.

    Args:
        findings: as `segmentation.clustering.validation.evidence.tabulate_validation` returns them.
        names: segment_id -> name.
    """
    return pd.DataFrame(
        [
            {
                "Segment": names[border["segment_a"]],
                "Neighbor": names[border["segment_b"]],
                "Border": GAP if border["gap"] else GRADUAL,
                "Valley depth": formatting.format_percent(border["valley_depth"]),
                "p-value": _format_p_value(border["p_value"]),
            }
            for border in findings["borders"]
        ],
        columns=["Segment", "Neighbor", "Border", "Valley depth", "p-value"],
    )


def build_stability_table(findings: Mapping[str, Any], names: Mapping[int, str]) -> pd.DataFrame:
    """One row per segment: its mean Jaccard similarity with the 95 % interval, how often it dissolved, and the band."""
    return pd.DataFrame(
        [
            {
                "Segment": names[row["segment_id"]],
                "Jaccard": _format_figure(row["jaccard"]),
                "95 % interval": f"{_format_figure(row['low'])} to {_format_figure(row['high'])}",
                "Dissolved": "" if row["dissolved"] is None else formatting.format_percent(row["dissolved"]),
                "Assessment": _assess(row),
            }
            for row in findings["stability"]
        ],
        columns=["Segment", "Jaccard", "95 % interval", "Dissolved", "Assessment"],
    )


def list_borders(findings: Mapping[str, Any] | None) -> list[tuple[int, int, bool]]:
    """The tested borders as pairs of segment IDs, and whether each is a gap; none if the findings are not known."""
    borders = [] if findings is None else findings["borders"]
    return [(border["segment_a"], border["segment_b"], border["gap"]) for border in borders]


def describe_map_borders(findings: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Which borders on the map are gaps, in a sentence."""
    borders = findings["borders"]
    gaps = [f"{names[border['segment_a']]} and {names[border['segment_b']]}" for border in borders if border["gap"]]
    if not borders:
        return ""
    if not gaps:
        return "All borders are gradual: customers on both sides of a border are nearly alike."
    others = " All other borders are gradual." if len(gaps) < len(borders) else ""
    return f"Gaps, with few customers in between: {'; '.join(gaps)}.{others}"


def _assess(row: Mapping[str, Any]) -> str:
    if row["low"] is None or row["high"] is None:
        return "Unknown"
    label = get_stability_label(row["low"], row["high"]) or "Unknown"
    return f"{label}; unreliable, few customers" if row["customers"] < MIN_RELIABLE_SIZE else label


def _format_figure(value: float | None) -> str:
    return "" if value is None else formatting.format_decimal(value)


def _format_p_value(value: float) -> str:
    return formatting.format_decimal(value, 3) if value >= 0.0005 else f"< {formatting.format_decimal(0.001, 3)}"
