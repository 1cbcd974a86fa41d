"""Segment detail sections: top categories, discounts, demographics, representative customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown, format_category
from ui.components import elements
from ui.data import analysis, results
from ui.state.app_state import AppState
from ui.views.segment_header import Segment

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation

MIN_LIFT = 1.05
"""Minimum lift, rounded to 1.1, at which a segment over-indexes in a category."""
MIN_KNOWN_CUSTOMERS = 10
"""With fewer known customers, shares are not reliable."""
DISCOUNTS = {
    "full_price": (
        "Full-price share of gross sales",
        "Share of gross sales without any discount.",
    ),
    "sales_discounted": ("Discounted share of net sales", "Share of net sales from discounted goods."),
    "average_discount": ("Average discount", "Average discount on discounted goods, relative to their price."),
    "discount_of_all": ("Discount rate (of gross sales)", "Total discounts relative to gross sales."),
}


def render_categories(state: AppState, segment: Segment) -> None:
    """Categories in which the segment over-indexes."""
    if not results.get_segmentation(state).training.table.has_categories:
        return
    elements.render_heading(
        "Top categories",
        "Index 200: twice the average share of spend. Categories below 1 % of the segment's sales are omitted.",
    )
    table = results.get_top_categories(results.get_result_key(state))
    own_rows = table[(table["segment_id"] == segment["segment_id"]) & (table["lift"] >= MIN_LIFT)]
    if own_rows.empty:
        st.caption("No category stands out.")
        return
    st.table(
        pd.DataFrame(
            {
                "Category": [format_category(str(name)) for name in own_rows["category"]],
                "Index (100 = average)": [formatting.format_count(100 * float(lift)) for lift in own_rows["lift"]],
                "Share of segment sales": own_rows["share_of_segment"].map(formatting.format_percent),
            }
        ),
        hide_index=True,
        border="horizontal",
        alt="Top categories of the segment",
    )


def render_discount(state: AppState, segment: Segment) -> None:
    """Full-price and discounted sales of the segment and of all customers."""
    breakdown = analysis.get_discount_breakdown(results.get_result_key(state))
    if breakdown is None:
        return
    elements.render_heading(
        "Discounts",
        "Weighted by spend, unlike the medians above. In parentheses: all customers.",
    )
    by_id = breakdown.set_index("segment_id")
    with st.container(horizontal=True, gap="medium"):
        for column, (label, meaning) in DISCOUNTS.items():
            own_rows, overall = (float(by_id[column][number]) for number in (segment["segment_id"], 0))
            st.metric(
                label,
                formatting.format_percent(own_rows),
                f"({formatting.format_percent(overall)})",
                delta_color="off",
                delta_arrow="off",
                help=meaning,
            )


def render_demographics(state: AppState, segment: Segment) -> None:
    """Demographics, if the source has them."""
    table = analysis.get_demographics(results.get_result_key(state))
    if table is None:
        return
    names = {str(name): str(name).replace("_", " ").capitalize() for name in table["attribute"].unique()}
    elements.render_heading("Demographics", "Share of customers with known values, compared with all customers.")
    attribute = st.selectbox(
        "Show", list(names), format_func=lambda name: names[name], key="attribute", persist_state="session", width=280
    )
    attribute = attribute if attribute in names else next(iter(names))
    rows = table[table["attribute"] == attribute]
    overall = rows[rows["segment_id"] == 0].reset_index(drop=True)
    own_rows = rows[rows["segment_id"] == segment["segment_id"]].reset_index(drop=True)
    known, known_overall = int(own_rows["known"].iloc[0]), int(overall["known"].iloc[0])
    st.caption(
        f"Known for {formatting.format_count(known)} of {formatting.format_count(segment['customers'])} customers of "
        f"this segment, and for {formatting.format_count(known_overall)} overall."
    )
    if known < MIN_KNOWN_CUSTOMERS:
        st.info("Too few known customers in this segment for reliable shares.", icon=":material/info:")
        return
    values = own_rows.assign(share_of_all=overall["share"])
    numbers = pd.DataFrame(
        {
            escape_markdown(names[attribute]): values["value"].map(lambda text: escape_markdown(str(text))),
            "Known customers": values["customers"].map(formatting.format_count),
            "This segment": values["share"].map(formatting.format_percent),
            "All customers": values["share_of_all"].map(formatting.format_percent),
        }
    )
    figure = charts.segment_detail.plot_demographics(
        values, names[attribute], str(segment["segment_name"]), int(segment["color"]), elements.get_theme()
    )
    elements.render_chart(figure, key="demographics", numbers=numbers)


def render_members(state: AppState, segmentation: Segmentation, segment: Segment) -> None:
    """Ten representative and ten borderline customers. Customer ids appear in these tables only."""
    representative, borderline = analysis.get_members(results.get_result_key(state), int(segment["segment_id"]))
    names = segmentation.segment_names
    features = {
        name: feature for name, feature in results.get_available_features(state).items() if name in representative
    }
    elements.render_heading(
        "Representative customers", f"The {len(representative)} customers closest to the center of the segment."
    )
    st.table(
        _build_member_table(representative, features),
        hide_index=True,
        border="horizontal",
        alt="Representative customers",
    )
    if len(borderline):
        elements.render_heading(
            "Borderline customers",
            f"The {len(borderline)} customers closest to another segment; a small change would move them there.",
        )
        numbers = _build_member_table(borderline, features)
        numbers["Next segment"] = [escape_markdown(names.get(int(i), "")) for i in borderline["next_segment"]]
        st.table(numbers, hide_index=True, border="horizontal", alt="Borderline customers")


def _build_member_table(rows: pd.DataFrame, features: dict[str, Feature]) -> pd.DataFrame:
    numbers = pd.DataFrame({"Customer": [escape_markdown(str(customer)) for customer in rows["customer_id"]]})
    for name, feature in features.items():
        numbers[feature.label] = [formatting.format_value(float(x), feature.unit) for x in rows[name]]
    return numbers
