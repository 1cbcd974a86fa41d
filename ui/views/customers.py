"""Sections of the Customers page: lookup, outliers, and chart data."""

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
from ui.views import forecast, rules

if TYPE_CHECKING:
    from segmentation.analysis.customer_lookup import CustomerLookup
    from segmentation.features.registry import Feature
    from segmentation.results import CustomerTable
    from ui.state.app_state import AppState


def render_customer_lookup(state: AppState) -> None:
    """Customer lookup by id. The id stays in the session and never appears in the URL."""
    elements.render_heading("Customer lookup", "By customer ID. Nobody else sees what you look up.")
    customer_id = st.text_input(
        "Customer ID",
        key="customer",
        persist_state="session",
        max_chars=200,
        placeholder="Enter an ID",
        width=320,
        help="Exact match, including leading zeros.",
    ).strip()
    if not customer_id:
        return
    try:
        lookup = queries.get_customer_lookup(state, customer_id)
        days = queries.get_purchase_days(state, customer_id)
    except DataError as error:
        st.warning(
            escape_markdown(error.hint),
            title=escape_markdown(error.message),
            icon=":material/person_off:",
        )
        return
    _render_lookup(state, lookup)
    rules.render_customer_explanation(state, lookup)
    features = lookup.features
    offered = {name: results.get_feature_registry()[name] for name in features["feature"]}
    labels = {name: feature.label for name, feature in offered.items()}
    units = {name: feature.unit for name, feature in offered.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Percentile among all customers. Diamonds mark the features used for segmentation.")
        figure = charts.plot_customer_percentiles(features, labels, units, elements.get_theme())
        elements.render_chart(figure, key="standing")
    with right:
        st.caption("Purchases and returns by day.")
        window = results.get_customers(state.sales, state.version).window
        figure = charts.plot_purchase_days(days, window.first_sale, window.as_of, elements.get_theme())
        elements.render_chart(figure, key="days", numbers=_build_purchase_table(days))
    table = _build_feature_table(lookup, offered)  # too wide for a column
    elements.render_table(table, key="standing_numbers", label="All features of this customer")
    forecast.render_customer_forecast(state, customer_id)


def _render_lookup(state: AppState, lookup: CustomerLookup) -> None:
    names = results.get_segmentation(state).segment_names
    name, next_name = (escape_markdown(names[number]) for number in (lookup.segment_id, lookup.next_segment_id))
    ratio = lookup.next_distance / lookup.distance if lookup.distance > 0 else float("inf")
    if ratio >= 2:
        fit = f"clear: the next segment, {next_name}, is {formatting.format_count(min(ratio, 99))}x as far away"
    else:
        fit = f"borderline: the next segment, {next_name}, is {formatting.format_decimal(ratio, 1)}x as far away"
    st.markdown(f"**{escape_markdown(lookup.customer_id)}** is in **{lookup.segment_id} {name}** ({fit}).")


def _build_feature_table(lookup: CustomerLookup, features: dict[str, Feature]) -> pd.DataFrame:
    rows = lookup.features.to_dict("records")
    units = [features[row["feature"]].unit for row in rows]

    def column(name: str) -> list[str]:
        return [formatting.format_value(float(row[name]), unit) for row, unit in zip(rows, units, strict=True)]

    return pd.DataFrame(
        {
            "Feature": [features[row["feature"]].label for row in rows],
            "This customer": column("value"),
            "Segment median": column("segment_median"),
            "Overall median": column("median"),
            "Percentile": [formatting.format_percentile(float(row["below"])) for row in rows],
        }
    )


def _build_purchase_table(days: pd.DataFrame) -> pd.DataFrame:
    latest = days.iloc[::-1]
    return pd.DataFrame(
        {
            "Date": [formatting.format_short_date(day) for day in latest["day"]],
            "Orders": latest["orders"].map(formatting.format_count),
            "Purchased": latest["bought"].map(formatting.format_amount),
            "Returned": latest["returned"].map(formatting.format_amount),
        }
    )


def render_deferred_features(table: CustomerTable) -> None:
    """Which features were not computed; nothing where all were."""
    labels = [results.get_feature_registry()[name].label for name in table.deferred_features]
    if labels:
        st.caption(
            f"Not computed, to spare the warehouse: {', '.join(labels)}. Select one under 'More features' in the "
            "sidebar to compute it; the sales are then read once more."
        )


def build_histogram_table(counts: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The bars of a histogram as text."""
    return pd.DataFrame(
        {
            "From": [formatting.format_value(float(low), unit) for low in counts["first"]],
            "To": [
                "and above" if is_open else formatting.format_value(float(high), unit)
                for high, is_open in zip(counts["last"], counts["is_open"], strict=True)
            ],
            "Customers": counts["customers"].map(formatting.format_count),
        }
    )


def describe_strongest_pair(correlations: pd.DataFrame, labels: dict[str, str]) -> str:
    """The strongest correlation, and what it means for segmentation."""
    from segmentation.analysis.distributions import find_strongest_correlation

    pair = find_strongest_correlation(correlations)
    if pair is None:
        return "No two features can be compared."
    first, second, value = pair
    direction = "positively" if value > 0 else "negatively"
    return (
        f"Strongest: {labels[first]} and {labels[second].lower()} are {direction} correlated "
        f"({formatting.format_decimal(value)}). "
        + ("Using both features for segmentation is redundant." if abs(value) >= 0.8 else "")
    ).strip()


def build_correlation_table(correlations: pd.DataFrame, labels: dict[str, str], max_rows: int = 20) -> pd.DataFrame:
    """The strongest correlations, as text."""
    names = [str(name) for name in correlations]
    values = correlations.to_numpy(float)
    pairs = [(a, b, float(values[i, j])) for i, a in enumerate(names) for j, b in enumerate(names) if i < j]
    first = sorted((pair for pair in pairs if pair[2] == pair[2]), key=lambda pair: -abs(pair[2]))[:max_rows]
    return pd.DataFrame(
        {
            "Feature": [labels[a] for a, _, _ in first],
            "Correlated with": [labels[b] for _, b, _ in first],
            "Correlation": [formatting.format_decimal(value) for _, _, value in first],
        }
    )


def build_outlier_table(state: AppState, features: dict[str, Feature]) -> pd.DataFrame:
    """Outliers, one row per feature used for segmentation."""
    rows = (
        queries.get_outliers(state.sales, state.version, state.model)
        .set_index("feature")
        .loc[list(features)]
        .reset_index()
        .to_dict("records")
    )
    table = results.get_training(state).table.frame

    def format_range(row: dict[Any, Any]) -> str:
        unit = features[row["feature"]].unit
        if row["low"] <= float(table[row["feature"]].min()):
            return f"up to {formatting.format_value(row['high'], unit)}"
        return f"{formatting.format_value(row['low'], unit)} to {formatting.format_value(row['high'], unit)}"

    return pd.DataFrame(
        {
            "Feature": [features[row["feature"]].label for row in rows],
            "Typical range": [format_range(row) for row in rows],
            "Outliers": [formatting.format_count(row["below"] + row["above"]) for row in rows],
            "Share of sales": [formatting.format_percent(row["share_of_sales"]) for row in rows],
        }
    )


def build_atypical_table(state: AppState) -> pd.DataFrame:
    """The customers farthest from the center of their segment, one row each."""
    atypical = queries.get_atypical_customers(state)
    names = results.get_segmentation(state).segment_names
    features = [results.get_feature_registry()[name] for name in atypical["feature"]]
    return pd.DataFrame(
        {
            "Customer": [escape_markdown(customer) for customer in atypical["customer_id"]],
            "Segment": [escape_markdown(names[number]) for number in atypical["segment_id"]],
            "Most unusual feature": [
                f"{feature.label}: {formatting.format_value(x, feature.unit)}"
                for x, feature in zip(atypical["value"], features, strict=True)
            ],
            "Distance ratio": [formatting.format_decimal(ratio, 1) for ratio in atypical["distance_ratio"]],
        }
    )
