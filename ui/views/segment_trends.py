"""One segment month by month, and through the year."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from ui.components import elements
from ui.data import results, scoped_cache
from ui.data.result_key import ResultKey
from ui.state.app_state import AppState

Segment = dict[str, Any]
TREND = {
    "net_sales": ("Net sales", "money"),
    "orders": ("Orders", "orders"),
    "customers": ("Customers who bought", "customers"),
}


def render_trend(state: AppState, segment: Segment) -> None:
    """Sales, orders and active customers by month."""
    table = _get_trend(results.get_result_key(state))
    months = table[table["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    cut = [f"{month:%B %Y}" for month in months.loc[~months["is_whole"], "month"]]
    elements.render_heading(
        "Month by month",
        "The customers who are in this segment now, looked back at."
        + (f" Not drawn, because the data cover a part of it only: {' and '.join(cut)}." if cut else ""),
    )
    shown = pd.DataFrame(
        {
            "Month": [f"{row.month:%B %Y}{'' if row.is_whole else ' (a part)'}" for row in months.itertuples()],
            "Net sales": months["net_sales"].map(formatting.format_amount),
            "Orders": months["orders"].map(formatting.format_count),
            "Customers who bought": months["customers"].map(formatting.format_count),
        }
    )
    if months["is_whole"].sum() < 2:
        st.caption("Too few whole months to draw.")
    else:
        for place, (column, (label, unit)) in zip(st.columns(3), TREND.items(), strict=True):
            with place:
                st.markdown(f"**{label}**")
                figure = charts.segment_detail.plot_trend(
                    months, column, label, unit, int(segment["color"]), elements.get_theme()
                )
                elements.render_chart(figure, key=f"trend_{column}")
    elements.render_table(shown, key="trend_numbers", label="The numbers of these charts")


def render_seasonality(state: AppState, segment: Segment) -> None:
    """The month index beside that of all customers."""
    table = _get_month_index(results.get_result_key(state))
    elements.render_heading(
        "Through the year",
        "Month index: sales a day in that month, where an average month is 100. It counts the customers who are in "
        "this segment now, so a segment that stopped buying is low in the last months.",
    )
    if table.empty:
        st.info(
            "The sales do not cover every month of a year from its first to its last day, so a season cannot be told "
            "from growth or chance.",
            icon=":material/info:",
        )
        return
    mine, everybody = (
        table[table["segment_id"] == number].reset_index(drop=True) for number in (segment["segment_id"], 0)
    )
    if mine["index"].isna().any():
        st.caption("This segment bought for nothing at all, returns taken off.")
        return
    shown = pd.DataFrame(
        {
            "Month": list(charts.segment_detail.MONTHS),
            "This segment": mine["index"].map(formatting.format_count),
            "All customers": everybody["index"].map(formatting.format_count),
        }
    )
    figure = charts.segment_detail.plot_seasonality(
        mine, everybody, str(segment["segment_name"]), int(segment["color"]), elements.get_theme()
    )
    elements.render_chart(figure, key="seasons", numbers=shown)


@scoped_cache.cache_data(max_entries=24, ttl="12h", show_spinner="Looking up the months")
def _get_trend(key: ResultKey) -> pd.DataFrame:
    from segmentation.analysis import segment_detail

    return segment_detail.compute_monthly_trend(results.build_segmentation_for(key))


def _get_month_index(key: ResultKey) -> pd.DataFrame:
    from segmentation.analysis import segment_detail

    return segment_detail.compute_month_index(_get_trend(key))
