"""What the Customers page says: one customer looked up, who is unusual, and the numbers behind its charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.errors import DataError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import queries, results
from ui.views import rules

if TYPE_CHECKING:
    from segmentation.analysis.customer_lookup import CustomerLookup
    from segmentation.features.registry import Feature
    from ui.state.app_state import AppState


def render_customer_lookup(state: AppState) -> None:
    """A field for an id, and the customer with that id. The id is kept in this visit and stays out of the address."""
    elements.render_heading(
        "Look one customer up", "By the id that your sales have. Nobody else sees what you look up."
    )
    wanted = st.text_input(
        "Customer id",
        key="customer",
        persist_state="session",
        max_chars=200,
        placeholder="Type an id, then Enter",
        width=320,
        help="Letter by letter as in your data, leading zeros included.",
    ).strip()
    if not wanted:
        return
    try:
        found = queries.get_customer_lookup(state, wanted)
        days = queries.get_purchase_days(state, wanted)
    except DataError as error:
        st.warning(
            escape_markdown(error.hint),
            title=escape_markdown(error.message),
            icon=":material/person_off:",
        )
        return
    _describe_lookup(state, found)
    rules.describe_customer(state, wanted)
    features = found.features
    offered = {name: results.get_feature_registry()[name] for name in features["feature"]}
    labels = {name: feature.label for name, feature in offered.items()}
    units = {name: feature.unit for name, feature in offered.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Among all customers. A diamond marks what segments are made from.")
        drawn = charts.plot_customer_percentiles(features, labels, units, elements.get_theme())
        elements.render_chart(drawn, key="standing", numbers=_build_feature_table(found, offered))
    with right:
        st.caption("Orders over time: what was bought on each day, and what came back.")
        window = queries.get_customers(state).window
        drawn = charts.plot_purchase_days(days, window.first_sale, window.as_of, elements.get_theme())
        elements.render_chart(drawn, key="days", numbers=_build_purchase_table(days))


def _describe_lookup(state: AppState, found: CustomerLookup) -> None:
    segments = results.get_segmentation(state).segments.set_index("segment_id")
    own = escape_markdown(str(segments.loc[found.segment_id, "segment_name"]))
    following = escape_markdown(str(segments.loc[found.next_segment_id, "segment_name"]))
    times = found.next_distance / found.distance if found.distance > 0 else float("inf")
    if times >= 2:
        how = f"clearly: the next segment, {following}, is {formatting.format_count(min(times, 99))} times as far away"
    else:
        how = f"not by much: the next segment, {following}, is {formatting.format_decimal(times, 1)} times as far away"
    st.markdown(f"**{escape_markdown(found.customer_id)}** belongs to **{found.segment_id} {own}**, {how}.")


def _build_feature_table(found: CustomerLookup, features: dict[str, Feature]) -> pd.DataFrame:
    rows = found.features.to_dict("records")
    units = [features[row["feature"]].unit for row in rows]

    def column(name: str) -> list[str]:
        return [formatting.format_value(float(row[name]), unit) for row, unit in zip(rows, units, strict=True)]

    return pd.DataFrame(
        {
            "Figure": [features[row["feature"]].label for row in rows],
            "This customer": column("value"),
            "Median of the segment": column("segment_median"),
            "Median of all": column("median"),
            "Customers with less": [formatting.format_percent(float(row["below"])) for row in rows],
        }
    )


def _build_purchase_table(days: pd.DataFrame) -> pd.DataFrame:
    latest = days.iloc[::-1]
    return pd.DataFrame(
        {
            "Day": [f"{day:%Y-%m-%d}" for day in latest["day"]],
            "Orders": latest["orders"].map(formatting.format_count),
            "Bought": latest["bought"].map(formatting.format_amount),
            "Given back": latest["returned"].map(formatting.format_amount),
        }
    )


def build_histogram_table(counts: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The bars of a histogram as text."""
    return pd.DataFrame(
        {
            "From": [formatting.format_value(float(low), unit) for low in counts["first"]],
            "To": [
                "and more" if is_open else formatting.format_value(float(high), unit)
                for high, is_open in zip(counts["last"], counts["is_open"], strict=True)
            ],
            "Customers": counts["customers"].map(formatting.format_count),
        }
    )


def describe_strongest_pair(found: pd.DataFrame, labels: dict[str, str]) -> str:
    """What the strongest pair of figures means for segments, in one sentence."""
    from segmentation.analysis.distributions import find_strongest_correlation

    pair = find_strongest_correlation(found)
    if pair is None:
        return "No two figures of these customers can be compared."
    first, second, value = pair
    how = "go together" if value > 0 else "go against each other"
    return (
        f"{labels[first]} and {labels[second].lower()} {how} most ({formatting.format_decimal(value)}). "
        + ("Comparing customers by both counts nearly the same thing twice." if abs(value) >= 0.8 else "")
    ).strip()


def build_correlation_table(found: pd.DataFrame, labels: dict[str, str], most: int = 20) -> pd.DataFrame:
    """The pairs of figures that go together, or against each other, most: the numbers of the chart."""
    names = [str(name) for name in found]
    values = found.to_numpy(float)
    every = [(a, b, float(values[i, j])) for i, a in enumerate(names) for j, b in enumerate(names) if i < j]
    first = sorted((pair for pair in every if pair[2] == pair[2]), key=lambda pair: -abs(pair[2]))[:most]
    return pd.DataFrame(
        {
            "Figure": [labels[a] for a, _, _ in first],
            "And": [labels[b] for _, b, _ in first],
            "Together": [formatting.format_decimal(value) for _, _, value in first],
        }
    )


def build_outlier_table(state: AppState, features: dict[str, Feature]) -> pd.DataFrame:
    """Who lies outside the usual, one row per feature that segments are made from."""
    rows = queries.get_outliers(state).set_index("feature").loc[list(features)].reset_index().to_dict("records")
    table = queries.get_customers(state).frame

    def usual(row: dict[Any, Any]) -> str:
        unit = features[row["feature"]].unit
        if row["low"] <= float(table[row["feature"]].min()):
            return f"up to {formatting.format_value(row['high'], unit)}"
        return f"{formatting.format_value(row['low'], unit)} to {formatting.format_value(row['high'], unit)}"

    return pd.DataFrame(
        {
            "Figure": [features[row["feature"]].label for row in rows],
            "Usual": [usual(row) for row in rows],
            "Customers outside": [formatting.format_count(row["below"] + row["above"]) for row in rows],
            "Their share of sales": [formatting.format_percent(row["share_of_sales"]) for row in rows],
        }
    )


def build_atypical_table(state: AppState) -> pd.DataFrame:
    """The customers who fit their segment least, one row each."""
    found = queries.get_atypical_customers(state)
    names = results.get_segmentation(state).segments.set_index("segment_id")["segment_name"]
    features = [results.get_feature_registry()[name] for name in found["feature"]]
    return pd.DataFrame(
        {
            "Customer": [escape_markdown(customer) for customer in found["customer_id"]],
            "Segment": [escape_markdown(str(names[number])) for number in found["segment_id"]],
            "Stands out by": [
                f"{feature.label}: {formatting.format_value(x, feature.unit)}"
                for x, feature in zip(found["value"], features, strict=True)
            ],
            "Times as far": [formatting.format_decimal(times, 1) for times in found["times"]],
        }
    )
