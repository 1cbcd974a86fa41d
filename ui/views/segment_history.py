"""Sections of the Segment history page: segments by month, what changed between two months, and lists of customers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting, history_text
from segmentation.presentation.markdown import escape_markdown
from segmentation.runtime.tabular_files import render_csv
from segmentation.segments.migration import NOT_PRESENT, count_migrations
from ui.components import elements
from ui.data import segment_history as history_data
from ui.state import widget_values
from ui.views.flow_matrix import FLOW_KEY, format_flow, render_flow_matrix

if TYPE_CHECKING:
    from segmentation.analysis.history.segment_history import SegmentHistory
    from ui.data.result_key import ResultKey

VALUES = {"Customers": "customers", "Net sales": "net_sales"}
JOINED, LOST = "No purchase before", "No purchase since"
PREVIEW_ROWS = 20
MAX_SENTENCES = 5


def render_months(history: SegmentHistory, names: Mapping[int, str]) -> None:
    """Customers or net sales of each segment at every month-end."""
    window = history.window
    st.caption(
        history_text.describe_history_window(
            window.days, history.run.window_days, len(window.month_ends), window.has_window_model
        )
    )
    shown = st.radio("Show", list(VALUES), horizontal=True, key="history_value", persist_state="session")
    column = VALUES.get(str(shown), "customers")
    segments = history.segments.assign(segment_name=[names[i] for i in history.segments["segment_id"]])
    figure = charts.plot_segments_by_month(history.months, segments, column, elements.get_theme())
    table: pd.DataFrame = history.months.pivot(index="month_end", columns="segment_id", values=column)
    formatter = formatting.format_count if column == "customers" else formatting.format_amount
    ids = history.segments["segment_id"].tolist()
    numbers = pd.DataFrame({escape_markdown(names[i]): table[i].map(formatter) for i in ids if i in table})
    numbers.insert(0, "Month-end", [formatting.format_short_date(day) for day in table.index])
    elements.render_chart(figure, key="segments_by_month", numbers=numbers.reset_index(drop=True))


def select_dates(history: SegmentHistory) -> tuple[date, date]:
    """The two month-ends to compare; by default the last two."""
    labels = {f"{day:%Y-%m}": day for day in history.window.month_ends}
    options = list(labels)
    with st.container(horizontal=True):
        before = _select_month("From the end of", options[:-1], options[-2], key="history_from")
        later = [option for option in options if option > before]
        widget_values.drop_unavailable_value("history_to", later)
        now = _select_month("To the end of", later, later[-1], key="history_to")
    return labels[before], labels[now]


def _select_month(label: str, options: list[str], default: str, *, key: str) -> str:
    selected = st.selectbox(
        label, options, index=options.index(default), key=key, bind="query-params", format_func=_format_month, width=220
    )
    return selected if selected in options else default  # a client can send anything


def _format_month(month: str) -> str:
    """2024-03 as March 2024."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def render_changes(
    history: SegmentHistory, flows: pd.DataFrame, names: Mapping[int, str], ends: tuple[date, date]
) -> None:
    """How many customers moved and why, and who left each segment."""
    counts = count_migrations(flows)
    labels = {"stayed": "Stayed", "moved": "Moved", "joined": "Joined", "left": "Lost"}
    helps = {
        "stayed": "In the same segment at both month-ends.",
        "moved": "In another segment at the later month-end.",
        "joined": "No purchase in the window before the earlier month-end.",
        "left": "No purchase in the window before the later month-end.",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, label in labels.items():
            st.metric(label, formatting.format_count(counts[name]), help=helps[name])
    moves = flows[(flows["segment_before"] != flows["segment_now"]) & (flows["segment_now"] != NOT_PRESENT)]
    moves = moves[moves["segment_before"] != NOT_PRESENT]
    bought = moves.loc[moves["bought_since"], "customers"].sum()
    present = counts["stayed"] + counts["moved"]
    is_month = ends in zip(history.window.month_ends, history.window.month_ends[1:], strict=False)
    chance = float(history.chance[ends[1]]) if is_month else float("nan")
    st.markdown(history_text.describe_movement(counts["moved"], present, int(bought), chance))
    for sentence in _describe_leavers(history, flows, names)[:MAX_SENTENCES]:
        st.markdown(f"- {sentence}")


def _describe_leavers(history: SegmentHistory, flows: pd.DataFrame, names: Mapping[int, str]) -> list[str]:
    """A sentence for each segment that customers left, by decreasing annual sales."""
    left = flows[(flows["segment_before"] != flows["segment_now"]) & (flows["segment_before"] != NOT_PRESENT)]
    totals = left.groupby("segment_before")[["customers", "money_before"]].sum()
    worth = totals["money_before"].astype("float64") * 365 / history.window.days
    return [
        history_text.describe_leavers(
            int(totals.loc[i, "customers"]),
            escape_markdown(names[int(i)]),
            worth[i],
        )
        for i in worth.sort_values(ascending=False, kind="stable").index
    ]


def render_flows(
    history: SegmentHistory, flows: pd.DataFrame, names: Mapping[int, str], ends: tuple[date, date]
) -> None:
    """The flows as a Sankey diagram, as a matrix, and as a file, which has their net sales, too."""
    sums = ["customers", "money_before", "money_now"]
    pairs: pd.DataFrame = flows.groupby(["segment_before", "segment_now"], as_index=False)[sums].sum()
    colors = dict(zip(history.segments["segment_id"], history.segments["color"], strict=True))
    matrix = pairs.pivot(index="segment_before", columns="segment_now", values="customers").fillna(0).astype(int)
    before, now = {**names, NOT_PRESENT: JOINED}, {**names, NOT_PRESENT: LOST}
    dates = (f"{ends[0]:%B %Y}", f"{ends[1]:%B %Y}")
    pairs = pairs.assign(
        name_before=pairs["segment_before"].map(before),
        name_now=pairs["segment_now"].map(now),
        is_matched=pairs["segment_before"] == pairs["segment_now"],
    )
    figure = charts.plot_flows(pairs, colors, colors, dates, elements.get_theme())
    elements.render_chart(figure, key="flows")
    render_flow_matrix(matrix, before, now)
    st.download_button(
        "Download these flows",
        data=lambda: render_csv(tabulate_flows(pairs)),
        file_name=f"segment_flows_{ends[0]:%Y-%m}_{ends[1]:%Y-%m}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="download_flows",
        help="Customers and net sales of every flow, including customers who stayed.",
    )


def tabulate_flows(pairs: pd.DataFrame) -> pd.DataFrame:
    """The flows for a file: segment_before and segment_now (names), customers, net_sales_before and net_sales_now.

    Args:
        pairs: one row per pair: name_before, name_now, customers, money_before, money_now.
    """
    names = {
        "name_before": "segment_before",
        "name_now": "segment_now",
        "customers": "customers",
        "money_before": "net_sales_before",
        "money_now": "net_sales_now",
    }
    table = pairs[list(names)].rename(columns=names)
    return table.astype({"net_sales_before": "float64", "net_sales_now": "float64"})


def render_lists(
    key: ResultKey, history: SegmentHistory, flows: pd.DataFrame, names: Mapping[int, str], ends: tuple[date, date]
) -> None:
    """Select a flow, see its customers by decreasing value, and download them."""
    rows = flows[flows["segment_before"] != flows["segment_now"]].copy()
    if rows.empty:
        st.success("Every customer is in the same segment at both month-ends.")
        return
    is_joined = rows["segment_before"] == NOT_PRESENT
    rows["worth"] = rows["money_before"].where(~is_joined, rows["money_now"]).astype("float64")
    pairs = rows.groupby(["segment_before", "segment_now"], as_index=False)[["customers", "worth"]].sum()
    pairs = pairs.sort_values("worth", ascending=False, kind="stable")
    before, now = {**names, NOT_PRESENT: JOINED}, {**names, NOT_PRESENT: LOST}
    options = {
        format_flow(a, b): f"{before[a]} \u2192 {now[b]}: {formatting.format_count(customers)} customers, "
        f"{formatting.format_currency(worth * 365 / history.window.days)} a year"
        for a, b, customers, worth in pairs.itertuples(index=False)
    }
    widget_values.drop_unavailable_value(FLOW_KEY, options)
    selected = st.selectbox(
        "Flow",
        list(options),
        format_func=lambda flow: options.get(flow, flow),
        key=FLOW_KEY,
        persist_state="session",
    )
    flow = selected if selected in options else next(iter(options))
    segment_before, segment_now = map(int, flow.split("-"))
    listed = history_data.list_flow_customers(key, *ends, segment_before, segment_now)
    shown = listed.assign(last_purchase=pd.to_datetime(listed["last_purchase"]))
    shown = shown.rename(columns=lambda name: name.removesuffix("_id").replace("_", " ").capitalize())
    elements.render_dataframe(shown.head(PREVIEW_ROWS), alt="The customers of the flow with the highest net sales")
    is_selected = (pairs["segment_before"] == segment_before) & (pairs["segment_now"] == segment_now)
    total = int(pairs.loc[is_selected, "customers"].sum())
    if total > PREVIEW_ROWS:
        in_file = "all of them" if len(listed) == total else f"the {formatting.format_count(len(listed))} most valuable"
        st.caption(f"The first {PREVIEW_ROWS} of {formatting.format_count(total)}; the file has {in_file}.")
    st.download_button(
        "Download this list",
        data=lambda: render_csv(listed.assign(segment_before=before[segment_before], segment_now=now[segment_now])),
        file_name=f"segment_flow_{ends[0]:%Y-%m}_{ends[1]:%Y-%m}_{segment_before}_{segment_now}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="download_flow",
    )
