"""Monthly trend and seasonality of one segment."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from ui.components import elements
from ui.data import analysis, results
from ui.state.app_state import AppState
from ui.views.segment_header import Segment

TREND = {
    "net_sales": ("Net sales", "money"),
    "orders": ("Orders", "orders"),
    "customers": ("Active customers", "customers"),
}


def render_trend(state: AppState, segment: Segment) -> None:
    """Sales, orders and active customers by month."""
    table = analysis.get_trend(results.get_result_key(state))
    months = table[table["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    partial = [f"{month:%B %Y}" for month in months.loc[~months["is_complete"], "month"]]
    elements.render_heading(
        "Monthly trend",
        "History of the customers currently in this segment."
        + (f" Partial months are not shown: {' and '.join(partial)}." if partial else ""),
    )
    numbers = pd.DataFrame(
        {
            "Month": [f"{row.month:%B %Y}{'' if row.is_complete else ' (partial)'}" for row in months.itertuples()],
            "Net sales": months["net_sales"].map(formatting.format_amount),
            "Orders": months["orders"].map(formatting.format_count),
            "Active customers": months["customers"].map(formatting.format_count),
        }
    )
    if months["is_complete"].sum() < 2:
        st.caption("Too few complete months for a chart.")
    else:
        for area, (column, (label, unit)) in zip(st.columns(3), TREND.items(), strict=True):
            with area:
                st.markdown(f"**{label}**")
                figure = charts.segment_detail.plot_trend(
                    months, column, label, unit, int(segment["color"]), elements.get_theme()
                )
                elements.render_chart(figure, key=f"trend_{column}")
    elements.render_table(numbers, key="trend_numbers", label="Chart data")


def render_seasonality(state: AppState, segment: Segment) -> None:
    """The month index, compared with that of all customers."""
    table = analysis.get_month_index(results.get_result_key(state))
    elements.render_heading(
        "Seasonality",
        "Month index: average daily sales, 100 = average month. Based on the customers currently in this segment, so "
        "inactive segments are low in recent months.",
    )
    if table.empty:
        st.info(
            "Seasonality needs complete data for every month of a year.",
            icon=":material/info:",
        )
        return
    own_rows, overall = (
        table[table["segment_id"] == number].reset_index(drop=True) for number in (segment["segment_id"], 0)
    )
    if own_rows["index"].isna().any():
        st.caption("No net sales in this segment.")
        return
    numbers = pd.DataFrame(
        {
            "Month": list(charts.segment_detail.MONTHS),
            "This segment": own_rows["index"].map(formatting.format_count),
            "All customers": overall["index"].map(formatting.format_count),
        }
    )
    figure = charts.segment_detail.plot_seasonality(
        own_rows, overall, str(segment["segment_name"]), int(segment["color"]), elements.get_theme()
    )
    elements.render_chart(figure, key="seasons", numbers=numbers)
