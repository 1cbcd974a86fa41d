"""Several segments next to each other: what the page says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results
from ui.state.app_state import AppState
from ui.views import segment_detail

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation


def get_discounts(state: AppState, found: Segmentation) -> None:
    """The discount truth of every segment."""
    truth = segment_detail.get_discount_breakdown(results.get_result_key(state))
    if truth is None or truth["full_price"].isna().all():
        return
    elements.render_heading(
        "Discounts by segment", "The part of the value of goods that was bought without any discount."
    )
    names = {
        int(i): escape_markdown(str(n))
        for i, n in zip(found.segments["segment_id"], found.segments["segment_name"], strict=True)
    }
    shown = pd.DataFrame({"Segment": [names.get(int(i), "All customers") for i in truth["segment_id"]]})
    for column, (label, _) in segment_detail.DISCOUNTS.items():
        shown[label] = truth[column].map(formatting.format_percent)
    elements.render_chart(
        charts.segment_detail.plot_discounts(truth, found.segments, elements.get_theme()),
        key="discounts",
        numbers=shown,
    )
    st.caption("  \n".join(f"**{label}**: {meaning}" for label, meaning in segment_detail.DISCOUNTS.values()))


def build_percentile_frame(chosen: pd.DataFrame, offered: dict[str, Feature]) -> pd.DataFrame:
    """Where the middle customer of each chosen segment stands in each figure, the biggest difference first."""
    rows = []
    for name, feature in offered.items():
        places: dict[Any, float] = {
            int(i): float(p) for i, p in zip(chosen["segment_id"], chosen[f"position_{name}"], strict=True)
        }
        if all(math.isfinite(place) for place in places.values()):
            rows.append(
                {"name": name, "label": feature.label, "apart": max(places.values()) - min(places.values()), **places}
            )
    return pd.DataFrame(rows).sort_values("apart", ascending=False, kind="stable", ignore_index=True)


def build_comparison_table(chosen: pd.DataFrame, table: pd.DataFrame, offered: dict[str, Feature]) -> pd.DataFrame:
    """Size, money, then the median of each figure in the order of `table`: one column per segment."""
    shown: dict[str, list[str]] = {
        "Figure": [
            "Customers",
            "Share of sales",
            "Sales per customer",
            *(f"{label} (median)" for label in table["label"]),
        ]
    }
    for row in chosen.to_dict("records"):
        medians = [formatting.format_value(float(row[f"median_{name}"]), offered[name].unit) for name in table["name"]]
        each = row["net_sales"] / max(row["customers"], 1)
        name = f"{row['segment_id']} {escape_markdown(str(row['segment_name']))}"
        shown[name] = [
            formatting.format_count(row["customers"]),
            formatting.format_percent(row["share_of_sales"]),
            formatting.format_currency(each),
            *medians,
        ]
    return pd.DataFrame(shown)
