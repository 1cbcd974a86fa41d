"""One segment closely and several side by side: what the pages ask for, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown, format_category
from ui.components import elements
from ui.data import results, scoped_cache
from ui.data.result_key import ResultKey
from ui.state.app_state import AppState

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation

Segment = dict[str, Any]
MIN_LIFT = 1.05
"""From this lift on, rounded to 1.1, it is called more."""
MIN_KNOWN_CUSTOMERS = 10
"""With fewer customers known, a share says more about chance than about the segment."""
DISCOUNTS = {
    "full_price": (
        "Full price, of all value",
        "Of the value of all goods together before discounts, the part without any discount.",
    ),
    "sales_discounted": ("Sales with a discount", "Of net sales, the part from goods with a discount."),
    "average_discount": ("Average discount", "On the goods that had one, of their price."),
    "discount_of_all": ("Discounts, of all value", "Of the value of all goods together before discounts."),
}


def render_categories(state: AppState, segment: Segment) -> None:
    """What the segment buys more of than others."""
    if not results.get_segmentation(state).training.table.has_categories:
        return
    elements.render_heading(
        "Buys more than others",
        "2 times: this category has twice the part of what they spend that it has for all customers. "
        "Categories with less than 1 % of the segment's sales are left out.",
    )
    table = results.get_top_categories(state)
    mine = table[(table["segment_id"] == segment["segment_id"]) & (table["lift"] >= MIN_LIFT)]
    if mine.empty:
        st.caption("Nothing: they buy the same things as everybody.")
        return
    st.table(
        pd.DataFrame(
            {
                "Category": [format_category(str(name)) for name in mine["category"]],
                "Times as much": [formatting.format_decimal(float(lift), 1) for lift in mine["lift"]],
                "Of the segment's sales": mine["share_of_segment"].map(formatting.format_percent),
            }
        ),
        hide_index=True,
        border="horizontal",
        alt="Categories that the segment buys more of than others",
    )


def render_discount(state: AppState, segment: Segment) -> None:
    """The segment's own discount truth beside everybody's."""
    truth = get_discount_breakdown(results.get_result_key(state))
    if truth is None:
        return
    elements.render_heading(
        "Discounts",
        "Of everything they bought together, so that large customers count for more than in the table of middle "
        "customers above. In brackets: all customers.",
    )
    by_id = truth.set_index("segment_id")
    with st.container(horizontal=True, gap="medium"):
        for column, (label, meaning) in DISCOUNTS.items():
            mine, everybody = (float(by_id[column][number]) for number in (segment["segment_id"], 0))
            st.metric(
                label,
                formatting.format_percent(mine),
                f"({formatting.format_percent(everybody)})",
                delta_color="off",
                delta_arrow="off",
                help=meaning,
            )


def render_demographics(state: AppState, segment: Segment) -> None:
    """Who they are, where the source knows it."""
    table = _get_demographics(results.get_result_key(state))
    if table is None:
        return
    names = {str(name): str(name).replace("_", " ").capitalize() for name in table["attribute"].unique()}
    elements.render_heading(
        "Who they are", "Shares of those for whom it is known, beside all customers for whom it is known."
    )
    attribute = st.selectbox(
        "Show", list(names), format_func=lambda name: names[name], key="attribute", persist_state="session", width=280
    )
    attribute = attribute if attribute in names else next(iter(names))
    rows = table[table["attribute"] == attribute]
    everybody = rows[rows["segment_id"] == 0].reset_index(drop=True)
    mine = rows[rows["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    known, of_all = int(mine["known"].iloc[0]), int(everybody["known"].iloc[0])
    st.caption(
        f"Known for {formatting.format_count(known)} of {formatting.format_count(segment['customers'])} customers of this segment, "
        f"and for {formatting.format_count(of_all)} in all."
    )
    if known < MIN_KNOWN_CUSTOMERS:
        st.info("Too few are known to say anything about this segment.", icon=":material/info:")
        return
    values = mine.assign(share_of_all=everybody["share"])
    shown = pd.DataFrame(
        {
            escape_markdown(names[attribute]): values["value"].map(lambda text: escape_markdown(str(text))),
            "Customers known": values["customers"].map(formatting.format_count),
            "Of this segment": values["share"].map(formatting.format_percent),
            "Of all customers": values["share_of_all"].map(formatting.format_percent),
        }
    )
    figure = charts.segment_detail.plot_demographics(
        values, names[attribute], str(segment["segment_name"]), int(segment["color"]), elements.get_theme()
    )
    elements.render_chart(figure, key="demographics", numbers=shown)


def render_members(state: AppState, found: Segmentation, segment: Segment) -> None:
    """Ten customers in the middle of the segment and ten at its edge; ids stand in these tables only."""
    near, edge = _get_members(results.get_result_key(state), int(segment["segment_id"]))
    names = {int(row["segment_id"]): str(row["segment_name"]) for row in found.segments.to_dict("records")}
    features = {name: feature for name, feature in results.get_available_features(state).items() if name in near}
    elements.render_heading(
        "Typical customers", f"The {len(near)} nearest the middle of the segment: good to picture who they are."
    )
    st.table(
        _build_member_table(near, features), hide_index=True, border="horizontal", alt="Customers nearest the middle"
    )
    if len(edge):
        elements.render_heading(
            "At the edge",
            f"The {len(edge)} nearest the border to another segment: a small change would move them there.",
        )
        shown = _build_member_table(edge, features)
        shown["Next segment"] = [escape_markdown(names.get(int(i), "")) for i in edge["next_segment"]]
        st.table(shown, hide_index=True, border="horizontal", alt="Customers nearest the border to another segment")


def _build_member_table(rows: pd.DataFrame, features: dict[str, Feature]) -> pd.DataFrame:
    shown = pd.DataFrame({"Customer": [escape_markdown(str(customer)) for customer in rows["customer_id"]]})
    for name, feature in features.items():
        shown[feature.label] = [formatting.format_value(float(x), feature.unit) for x in rows[name]]
    return shown


@scoped_cache.cache_data(max_entries=24, ttl="12h", show_spinner="Looking up the discounts")
def get_discount_breakdown(key: ResultKey) -> pd.DataFrame | None:
    from segmentation.analysis import segment_detail

    return segment_detail.compute_discount_breakdown(results.build_segmentation_for(key))


@scoped_cache.cache_data(max_entries=24, ttl="12h", show_spinner="Looking up who they are")
def _get_demographics(key: ResultKey) -> pd.DataFrame | None:
    from segmentation.analysis import segment_detail

    return segment_detail.compute_demographics(results.build_segmentation_for(key))


@scoped_cache.cache_data(max_entries=48, ttl="12h", show_spinner="Looking for typical customers")
def _get_members(
    key: ResultKey,
    segment_id: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from segmentation.analysis import segment_detail

    return segment_detail.find_typical_and_borderline_customers(results.build_segmentation_for(key), segment_id)
