"""Sections of the Segments page: headline, segment cards, data quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.charts import get_color
from segmentation.presentation import formatting, settings_summary, tables
from segmentation.presentation.markdown import escape_markdown, format_category
from segmentation.segments.labeling import LABEL_COLUMNS, localize_labels
from segmentation.segments.profile import to_rows
from ui.components import elements
from ui.views import segment_editor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from segmentation.results import CustomerTable, Segmentation

MIN_CATEGORY_LIFT = 1.15
"""Minimum lift at which a segment over-indexes in a category."""
DATA_ANCHOR = "data-behind"
"""Anchor of the data quality section."""
CARD_COLUMNS = (*LABEL_COLUMNS, "segment_id", "customers", "share_of_customers", "net_sales", "share_of_sales")
ACTION_LABELS = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "avoid": "Avoid"}


def render_top_segment(segmentation: Segmentation) -> None:
    """The headline: the segment with most sales."""
    best = segmentation.segments.iloc[int(segmentation.segments["share_of_sales"].to_numpy().argmax())]
    st.header(
        f"{escape_markdown(best['segment_name'])}: {formatting.format_percent(best['share_of_customers'])} of "
        f"customers, {formatting.format_percent(best['share_of_sales'])} of sales.",
        anchor=False,
    )


def render_cards(
    segmentation: Segmentation, categories: pd.DataFrame, warnings: Mapping[int, str], *, with_link: bool = True
) -> None:
    """One card per segment, by share of sales: name, description, customers, actions, top categories.

    Args:
        segmentation: the segments.
        categories: top categories of each segment.
        warnings: segment_id -> why it is unreliable.
        with_link: link to the segment's page.
    """
    columns = 2 if len(segmentation.segments) in (2, 4) else 3  # avoids a single card in the last row
    with st.grid(columns, min_column_width=240, gap="small") as grid:
        labeled = localize_labels(segmentation.segments).filter(CARD_COLUMNS)
        lifts = _list_top_categories(categories)
        for segment in to_rows(labeled.sort_values("share_of_sales", ascending=False, kind="stable")):
            segment_id = segment["segment_id"]
            with grid.container(border=True, height="stretch", gap="small", key=f"card_{segment_id}"):
                _render_card(segment, lifts.get(segment_id, []), warnings.get(segment_id, ""))
                if with_link:
                    st.page_link(
                        "app_pages/segments/details.py",
                        label="Details and edit",
                        icon=":material/edit:",
                        query_params={"segment": str(segment_id)},
                    )


def _list_top_categories(categories: pd.DataFrame) -> dict[int, list[tuple[str, float]]]:
    """segment_id -> (category, lift) of at most three categories in which the segment over-indexes, the first first."""
    lifts: dict[int, list[tuple[str, float]]] = {}
    columns = (categories[name].tolist() for name in ("segment_id", "category", "lift"))
    for segment_id, category, lift in zip(*columns, strict=True):
        named = lifts.setdefault(segment_id, [])
        if lift >= MIN_CATEGORY_LIFT and len(named) < 3:
            named.append((str(category), lift))
    return lifts


def _render_card(segment: Mapping[Any, Any], lifts: list[tuple[str, float]], warning: str) -> None:
    render_color_bar(segment)
    name = escape_markdown(str(segment["segment_name"]))
    st.markdown(
        f"### {segment['segment_id']} {name}", help=f"Reason for the name: {escape_markdown(str(segment['reason']))}"
    )
    if warning:
        st.markdown(f":material/warning: {warning}")
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
            help=f"Share of net sales; {formatting.format_amount(segment['net_sales'])} in total.",
        )
    render_recommended_actions(segment)
    if lifts:
        top = ", ".join(
            f"{format_category(name)} (index {formatting.format_count(100 * lift)})" for name, lift in lifts
        )
        st.caption(
            f"Over-indexes in: {top}",
            help="Index 150: the category's share of spend is 50 % higher than the customer average.",
        )


def render_color_bar(segment: Mapping[Any, Any]) -> None:
    """A bar in the color that a segment has in charts."""
    fill = get_color(int(segment["color"]), elements.get_theme())
    st.html(f'<div style="height:6px;border-radius:3px;background:{fill}"></div>')


def render_recommended_actions(segment: Mapping[Any, Any]) -> None:
    """Goal, offer, channel, and what to avoid."""
    st.markdown(
        "  \n".join(
            f"**{label}:** {segment_editor.render_text(segment, column)}" for column, label in ACTION_LABELS.items()
        )
    )


def render_data_quality(customers: CustomerTable, *, is_complete: bool = True) -> None:
    """Period, as-of date, and row reconciliation to the cent.

    is_complete: False for a saved result without its sales, of which only a part is known.
    """
    balance, window = customers.reconciliation, customers.window
    st.header("Data quality", anchor=DATA_ANCHOR)
    if customers.source.note:
        st.caption(escape_markdown(customers.source.note))
    if counted := settings_summary.summarize_sales(customers.settings):
        st.markdown(f"Selected in the sidebar: {escape_markdown(counted)}.")
    n_rejected = balance.lines_read - balance.lines_accepted
    st.markdown(
        f"**Sales from {formatting.format_date(window.first_sale)} to {formatting.format_date(window.last_sale)}.** "
        f"Days since the last order are counted to **{formatting.format_date(window.as_of)}** (the as-of date)."
    )
    st.markdown(
        f"**{formatting.format_count(balance.lines_accepted)} of {formatting.format_count(balance.lines_read)} "
        "rows used**; "
        + (
            f"{formatting.format_count(n_rejected)} excluded, because they are not valid sales or outside the "
            "selection."
            if n_rejected
            else "none excluded."
        )
    )
    st.table(
        tables.build_reconciliation_table(customers),
        hide_index=True,
        border="horizontal",
        alt="Row reconciliation",
    )
    n_returns_only, money = customers.store.totals.returns_only, customers.store.totals.returns_money
    if not is_complete:
        st.caption("A dash means not saved with the result. The report on the Export page lists all settings.")
    elif n_returns_only:
        st.caption(
            f"{formatting.format_count(n_returns_only)} "
            + ("customer has" if n_returns_only == 1 else "customers have")
            + f" returns only ({formatting.format_amount(money)} in net sales): not segmented and not exported."
        )
    else:
        st.caption("No customer has returns only: every customer is in a segment.")
