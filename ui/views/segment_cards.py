"""What the Segments page says in words: the finding, a card for each segment, the data behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.charts import get_color
from segmentation.presentation import formatting, settings_summary, tables
from segmentation.presentation.markdown import escape_markdown, format_category
from ui.components import elements
from ui.views import segment_editor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from segmentation.results import CustomerTable, Segmentation

MIN_CATEGORY_LIFT = 1.15
"""From this lift on it is said that a segment buys more of a category than others do."""
DATA_ANCHOR = "data-behind"
"""Where a page tells of its data, for a link to it."""
ACTION_LABELS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}


def describe_top_segment(found: Segmentation) -> None:
    """The finding in one sentence."""
    best = found.segments.iloc[int(found.segments["share_of_sales"].to_numpy().argmax())]
    st.header(
        f"{escape_markdown(best['segment_name'])} are {formatting.format_percent(best['share_of_customers'])} of customers "
        f"and bring {formatting.format_percent(best['share_of_sales'])} of sales.",
        anchor=False,
    )


def render_cards(
    found: Segmentation, categories: pd.DataFrame, doubts: Mapping[int, str], *, more: bool = True
) -> None:
    """One card per segment: name, one sentence, customers, share of sales, what to do, what it buys.

    Args:
        found: the segments.
        categories: what each buys.
        doubts: segment_id -> why not to build much on it.
        more: with the way to the page of the segment.
    """
    from segmentation.segments.labeling import localize_labels

    across = 2 if len(found.segments) in (2, 4) else 3  # no card alone in its row where that can be
    with st.grid(across, min_column_width=240, gap="small") as grid:
        for segment in localize_labels(found.segments).to_dict("records"):
            buys = categories[
                (categories["segment_id"] == segment["segment_id"]) & (categories["lift"] >= MIN_CATEGORY_LIFT)
            ].head(3)
            with grid.container(border=True, height="stretch", gap="small", key=f"card_{segment['segment_id']}"):
                _render_card(segment, buys, doubts.get(int(segment["segment_id"]), ""))
                if more:
                    st.page_link(
                        "pages/segments/one.py",
                        label="More, and make it yours",
                        icon=":material/edit:",
                        query_params={"segment": str(segment["segment_id"])},
                    )


def _render_card(segment: Mapping[Any, Any], buys: pd.DataFrame, doubt: str) -> None:
    fill = get_color(int(segment["color"]), elements.get_theme())
    st.html(f'<div style="height:6px;border-radius:3px;background:{fill}"></div>')
    name = escape_markdown(str(segment["segment_name"]))
    st.markdown(f"### {segment['segment_id']} {name}", help=f"Why this name: {escape_markdown(str(segment['reason']))}")
    if doubt:
        st.markdown(f":material/warning: {doubt}")
    st.markdown(segment_editor.render_text(segment, "sentence"))
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Customers",
            formatting.format_count(segment["customers"]),
            help=f"Customers in this segment; {formatting.format_percent(segment['share_of_customers'])} of all.",
        )
        st.metric(
            "Share of sales",
            formatting.format_percent(segment["share_of_sales"]),
            help=f"Of the net sales of all segments; {formatting.format_amount(segment['net_sales'])} in money.",
        )
    st.markdown(
        "  \n".join(
            f"**{label}:** {segment_editor.render_text(segment, column)}" for column, label in ACTION_LABELS.items()
        )
    )
    if len(buys):
        lifts = zip(buys["category"], buys["lift"], strict=True)
        more = ", ".join(
            f"{format_category(str(name))} ({formatting.format_decimal(float(lift), 1)} times)" for name, lift in lifts
        )
        st.caption(
            f"Buys more than others: {more}",
            help="1.5 times: the category's share of what they spend is half as large again as for all customers.",
        )


def render_data_quality(customers: CustomerTable, *, whole: bool = True) -> None:
    """Period, as-of date, and the balance of lines to the cent.

    whole: all of it is known; of a saved result without its sales it is not.
    """
    balance, window = customers.reconciliation, customers.window
    st.header("The data behind this", anchor=DATA_ANCHOR)
    if customers.source.note:
        st.caption(escape_markdown(customers.source.note))
    if counted := settings_summary.summarize_sales(customers.settings):
        st.markdown(f"Chosen in the sidebar: {escape_markdown(counted)}.")
    aside = balance.lines_read - balance.lines_accepted
    st.markdown(
        f"**Sales from {formatting.format_date(window.first_sale)} to {formatting.format_date(window.last_sale)}.** "
        f"Days since the last order are counted up to **{formatting.format_date(window.as_of)}** (the as-of date)."
    )
    st.markdown(
        f"**{formatting.format_count(balance.lines_accepted)} of {formatting.format_count(balance.lines_read)} lines are used**; "
        + (
            f"{formatting.format_count(aside)} set aside, because they cannot be a sale or do not count."
            if aside
            else "none set aside."
        )
    )
    st.table(
        tables.build_reconciliation_table(customers),
        hide_index=True,
        border="horizontal",
        alt="What became of every line",
    )
    apart, money = customers.returns_only_totals
    if not whole:
        st.caption("A dash: not saved with the result. The report on the page Export tells all its settings.")
    elif apart:
        st.caption(
            f"{formatting.format_count(apart)} customer{'s' * (apart != 1)} gave things back only, "
            f"{formatting.format_amount(money)} in net sales: no segment, and not in any list."
        )
    else:
        st.caption("No customer has returns only: everybody who bought is in a segment.")
