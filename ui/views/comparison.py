"""Sections of the page that compares segments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import analysis, results
from ui.state.app_state import AppState
from ui.views import segment_detail

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation


def render_discounts(state: AppState, segmentation: Segmentation) -> None:
    """Full-price and discounted sales of every segment."""
    breakdown = analysis.get_discount_breakdown(results.get_result_key(state))
    if breakdown is None or breakdown["full_price"].isna().all():
        return
    elements.render_heading("Discounts by segment", "Share of gross sales without any discount.")
    names = {number: escape_markdown(name) for number, name in segmentation.segment_names.items()}
    numbers = pd.DataFrame({"Segment": [names.get(int(i), "All customers") for i in breakdown["segment_id"]]})
    for column, (label, _) in segment_detail.DISCOUNTS.items():
        numbers[label] = breakdown[column].map(formatting.format_percent)
    elements.render_chart(
        charts.segment_detail.plot_discounts(breakdown, segmentation.segments, elements.get_theme()),
        key="discounts",
        numbers=numbers,
    )
    st.caption("  \n".join(f"**{label}**: {meaning}" for label, meaning in segment_detail.DISCOUNTS.values()))


def build_percentile_frame(segments: pd.DataFrame, offered: dict[str, Feature]) -> pd.DataFrame:
    """Percentile of each selected segment's median customer by feature, the largest difference first."""
    rows = []
    for name, feature in offered.items():
        percentiles: dict[Any, float] = {
            int(i): float(p) for i, p in zip(segments["segment_id"], segments[f"position_{name}"], strict=True)
        }
        if all(math.isfinite(percentile) for percentile in percentiles.values()):
            rows.append(
                {
                    "name": name,
                    "label": feature.label,
                    "difference": max(percentiles.values()) - min(percentiles.values()),
                    **percentiles,
                }
            )
    return pd.DataFrame(rows).sort_values("difference", ascending=False, kind="stable", ignore_index=True)


def build_comparison_table(segments: pd.DataFrame, table: pd.DataFrame, offered: dict[str, Feature]) -> pd.DataFrame:
    """Size, sales, then the median of each feature in the order of `table`: one column per segment."""
    numbers: dict[str, list[str]] = {
        "Metric": [
            "Customers",
            "Share of sales",
            "Sales per customer",
            *(f"{label} (median)" for label in table["label"]),
        ]
    }
    for row in segments.to_dict("records"):
        medians = [formatting.format_value(float(row[f"median_{name}"]), offered[name].unit) for name in table["name"]]
        sales_per_customer = row["net_sales"] / max(row["customers"], 1)
        name = f"{row['segment_id']} {escape_markdown(str(row['segment_name']))}"
        numbers[name] = [
            formatting.format_count(row["customers"]),
            formatting.format_percent(row["share_of_sales"]),
            formatting.format_currency(sales_per_customer),
            *medians,
        ]
    return pd.DataFrame(numbers)
