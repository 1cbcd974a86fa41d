"""Header and feature table of the Segment details page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.segments.labeling import localize_labels
from segmentation.segments.profile import to_rows
from ui.state import url_binding, widget_labels
from ui.views import segment_editor
from ui.views.segment_cards import render_color_bar, render_recommended_actions

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation

Segment = dict[str, Any]
SEGMENT_KEY = "one_segment"


def select_segment(segmentation: Segmentation) -> Segment:
    """The selected segment, its id in the URL; the first one if that id does not exist.

    Its texts use the display number format.
    """
    rows = {int(row["segment_id"]): row for row in to_rows(localize_labels(segmentation.segments))}
    labels = {number: f"{number} {row['segment_name']}" for number, row in rows.items()}
    widget_labels.refresh_labels(SEGMENT_KEY, labels)
    url_binding.read_url_choice("segment", SEGMENT_KEY, {str(number): number for number in rows})
    number = st.radio(
        "Segment",
        list(rows),
        format_func=lambda number: escape_markdown(labels.get(number, str(number))),
        horizontal=True,
        key=SEGMENT_KEY,
        persist_state="session",
    )
    number = number if number in rows else next(iter(rows))
    url_binding.write_url_choice("segment", SEGMENT_KEY, str(number), str(next(iter(rows))))
    return {str(column): value for column, value in rows[number].items()}


def render_header(segment: Segment) -> None:
    """Name, description, size, sales, and recommended actions."""
    render_color_bar(segment)
    st.header(f"{segment['segment_id']} {escape_markdown(segment['segment_name'])}", anchor=False)
    st.markdown(segment_editor.render_text(segment, "sentence"))
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Customers",
            formatting.format_count(segment["customers"]),
            help=f"{formatting.format_percent(segment['share_of_customers'])} of all customers.",
        )
        st.metric(
            "Net sales",
            formatting.format_currency(segment["net_sales"]),
            help="Net sales of this segment, minus returns.",
        )
        st.metric(
            "Share of sales",
            formatting.format_percent(segment["share_of_sales"]),
            help="Share of the net sales of all segments.",
        )
        st.metric(
            "Sales per customer",
            formatting.format_currency(segment["net_sales"] / max(segment["customers"], 1)),
            help="Net sales / customers of the segment.",
        )
    render_recommended_actions(segment)
    st.caption(f"Reason for the name: {escape_markdown(segment['reason'])}")


def build_feature_table(segmentation: Segmentation, segment: Segment, offered: dict[str, Feature]) -> pd.DataFrame:
    """One row per feature: median of the segment, median of all customers, and percentile."""
    frame = segmentation.training.table.frame
    rows = []
    for name, feature in offered.items():
        position = float(segment[f"position_{name}"])
        rows.append(
            {
                "Feature": feature.label,
                "This segment": formatting.format_value(float(segment[f"median_{name}"]), feature.unit),
                "All customers": formatting.format_value(float(frame[name].median()), feature.unit),
                "Percentile": formatting.format_percentile(position),
            }
        )
    return pd.DataFrame(rows)
