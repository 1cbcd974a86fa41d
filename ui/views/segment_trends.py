"""One segment month by month, and through the year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ui.data import results as cached, scoped_cache as kept
from ui.components import common as parts
from ui.state.app_state import AppState
from segmentation import charts
from segmentation.charts import numbers

if TYPE_CHECKING:
    from segmentation.settings import ModelSettings, SalesSettings

Segment = dict[str, Any]
TREND = {
    "net_sales": ("Net sales", "money"),
    "orders": ("Orders", "orders"),
    "customers": ("Customers who bought", "customers"),
}


def trend(state: AppState, segment: Segment) -> None:
    """Sales, orders and active customers by month."""
    table = _trend(*cached.key(state))
    months = table[table["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    cut = [f"{month:%B %Y}" for month in months.loc[~months["is_whole"], "month"]]
    parts.heading(
        "Month by month",
        "The customers who are in this segment now, looked back at."
        + (f" Not drawn, because the data cover a part of it only: {' and '.join(cut)}." if cut else ""),
    )
    shown = pd.DataFrame(
        {
            "Month": [f"{row.month:%B %Y}{'' if row.is_whole else ' (a part)'}" for row in months.itertuples()],
            "Net sales": months["net_sales"].map(numbers.cents),
            "Orders": months["orders"].map(numbers.count),
            "Customers who bought": months["customers"].map(numbers.count),
        }
    )
    if months["is_whole"].sum() < 2:
        st.caption("Too few whole months to draw.")
    else:
        for place, (column, (label, unit)) in zip(st.columns(3), TREND.items(), strict=True):
            with place:
                st.markdown(f"**{label}**")
                figure = charts.closer.trend(months, column, label, unit, int(segment["color"]), parts.theme())
                parts.chart(figure, key=f"trend_{column}")
    parts.table(shown, key="trend_numbers", label="The numbers of these charts")


def seasons(state: AppState, segment: Segment) -> None:
    """The month index beside that of all customers."""
    table = _month_index(*cached.key(state))
    parts.heading(
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
            "Month": list(charts.closer.MONTHS),
            "This segment": mine["index"].map(numbers.count),
            "All customers": everybody["index"].map(numbers.count),
        }
    )
    figure = charts.closer.seasons(mine, everybody, str(segment["segment_name"]), int(segment["color"]), parts.theme())
    parts.chart(figure, key="seasons", numbers=shown)


@kept.data(max_entries=24, ttl="12h", show_spinner="Looking up the months")
def _trend(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None
) -> pd.DataFrame:
    from segmentation.analysis import segment_detail as deeper

    return deeper.trend(cached.made(sales, version, model, k, current_run, opened))


def _month_index(*key: Any) -> pd.DataFrame:
    from segmentation.analysis import segment_detail as deeper

    return deeper.month_index(_trend(*key))
