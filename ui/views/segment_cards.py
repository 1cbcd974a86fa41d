"""What the Segments page says in words: the finding, a card for each segment, the data behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.views import segment_editor as own_words
from ui.components import common as parts
from segmentation.presentation import tables, settings_summary as told
from segmentation.charts import color, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from segmentation.results import CustomerTable, Segmentation

WORTH_TELLING = 1.15
"""From this lift on it is said that a segment buys more of a category than others do."""
BEHIND = "data-behind"
"""Where a page tells of its data, for a link to it."""
ACTIONS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}


def summary(found: Segmentation) -> None:
    """The finding in one sentence."""
    best = found.segments.iloc[int(found.segments["share_of_sales"].to_numpy().argmax())]
    st.header(
        f"{parts.plain(best['segment_name'])} are {numbers.share(best['share_of_customers'])} of customers "
        f"and bring {numbers.share(best['share_of_sales'])} of sales.",
        anchor=False,
    )


def cards(found: Segmentation, categories: pd.DataFrame, doubts: Mapping[int, str], *, more: bool = True) -> None:
    """One card per segment: name, one sentence, customers, share of sales, what to do, what it buys.

    Args:
        found: the segments.
        categories: what each buys.
        doubts: segment_id -> why not to build much on it.
        more: with the way to the page of the segment.
    """
    from segmentation.segments.labeling import retold

    across = 2 if len(found.segments) in (2, 4) else 3  # no card alone in its row where that can be
    with st.grid(across, min_column_width=240, gap="small") as grid:
        for segment in retold(found.segments).to_dict("records"):
            buys = categories[
                (categories["segment_id"] == segment["segment_id"]) & (categories["lift"] >= WORTH_TELLING)
            ].head(3)
            with grid.container(border=True, height="stretch", gap="small", key=f"card_{segment['segment_id']}"):
                _card(segment, buys, doubts.get(int(segment["segment_id"]), ""))
                if more:
                    st.page_link(
                        "pages/segments/one.py",
                        label="More, and make it yours",
                        icon=":material/edit:",
                        query_params={"segment": str(segment["segment_id"])},
                    )


def _card(segment: Mapping[Any, Any], buys: pd.DataFrame, doubt: str) -> None:
    fill = color(int(segment["color"]), parts.theme())
    st.html(f'<div style="height:6px;border-radius:3px;background:{fill}"></div>')
    name = parts.plain(str(segment["segment_name"]))
    st.markdown(f"### {segment['segment_id']} {name}", help=f"Why this name: {parts.plain(str(segment['reason']))}")
    if doubt:
        st.markdown(f":material/warning: {doubt}")
    st.markdown(own_words.shown(segment, "sentence"))
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Customers",
            numbers.count(segment["customers"]),
            help=f"Customers in this segment; {numbers.share(segment['share_of_customers'])} of all.",
        )
        st.metric(
            "Share of sales",
            numbers.share(segment["share_of_sales"]),
            help=f"Of the net sales of all segments; {numbers.cents(segment['net_sales'])} in money.",
        )
    st.markdown("  \n".join(f"**{label}:** {own_words.shown(segment, column)}" for column, label in ACTIONS.items()))
    if len(buys):
        lifts = zip(buys["category"], buys["lift"], strict=True)
        more = ", ".join(
            f"{parts.category(str(name))} ({numbers.decimal(float(lift), 1)} times)" for name, lift in lifts
        )
        st.caption(
            f"Buys more than others: {more}",
            help="1.5 times: the category's share of what they spend is half as large again as for all customers.",
        )


def data_behind(customers: CustomerTable, *, whole: bool = True) -> None:
    """Period, as-of date, and the balance of lines to the cent.

    whole: all of it is known; of a saved result without its sales it is not.
    """
    balance, window = customers.balance, customers.window
    st.header("The data behind this", anchor=BEHIND)
    if customers.source.note:
        st.caption(parts.plain(customers.source.note))
    if counted := told.what_counts(customers.settings):
        st.markdown(f"Chosen in the sidebar: {parts.plain(counted)}.")
    aside = balance.lines_in - balance.lines_used
    st.markdown(
        f"**Sales from {numbers.day(window.first_sale)} to {numbers.day(window.last_sale)}.** "
        f"Days since the last order are counted up to **{numbers.day(window.as_of)}** (the as-of date)."
    )
    st.markdown(
        f"**{numbers.count(balance.lines_used)} of {numbers.count(balance.lines_in)} lines are used**; "
        + (
            f"{numbers.count(aside)} set aside, because they cannot be a sale or do not count."
            if aside
            else "none set aside."
        )
    )
    st.table(tables.balance(customers), hide_index=True, border="horizontal", alt="What became of every line")
    apart, money = customers.apart
    if not whole:
        st.caption("A dash: not saved with the result. The report on the page Export tells all its settings.")
    elif apart:
        st.caption(
            f"{numbers.count(apart)} customer{'s' * (apart != 1)} gave things back only, "
            f"{numbers.cents(money)} in net sales: no segment, and not in any list."
        )
    else:
        st.caption("No customer has returns only: everybody who bought is in a segment.")
