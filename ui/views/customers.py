"""What the Customers page says: one customer looked up, who is unusual, and the numbers behind its charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ui.data import results as cached, queries as cached_views
from ui.components import common as parts
from ui.views import rules
from segmentation import charts
from segmentation.charts import numbers
from segmentation.errors import DataError

if TYPE_CHECKING:
    from ui.state.app_state import AppState
    from segmentation.features.registry import Feature
    from segmentation.analysis.customer_lookup import Standing


def look_up(state: AppState) -> None:
    """A field for an id, and the customer with that id. The id is kept in this visit and stays out of the address."""
    parts.heading("Look one customer up", "By the id that your sales have. Nobody else sees what you look up.")
    wanted = st.text_input(
        "Customer id", key="customer", persist_state="session", max_chars=200, placeholder="Type an id, then Enter",
        width=320, help="Letter by letter as in your data, leading zeros included.",
    ).strip()  # fmt: skip
    if not wanted:
        return
    try:
        found = cached_views.standing(state, wanted)
        days = cached_views.days(state, wanted)
    except DataError as error:
        st.warning(parts.plain(error.hint), title=parts.plain(error.sentence), icon=":material/person_off:")
        return
    _told(state, found)
    rules.about_customer(state, wanted)
    features = found.features
    offered = {name: cached.registry()[name] for name in features["feature"]}
    labels = {name: feature.label for name, feature in offered.items()}
    units = {name: feature.unit for name, feature in offered.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Among all customers. A diamond marks what segments are made from.")
        drawn = charts.standing(features, labels, units, parts.theme())
        parts.chart(drawn, key="standing", numbers=_figures(found, offered))
    with right:
        st.caption("Orders over time: what was bought on each day, and what came back.")
        window = cached_views.customers(state).window
        drawn = charts.days(days, window.first_sale, window.as_of, parts.theme())
        parts.chart(drawn, key="days", numbers=_days(days))


def _told(state: AppState, found: Standing) -> None:
    segments = cached.segmentation(state).segments.set_index("segment_id")
    own = parts.plain(str(segments.loc[found.segment_id, "segment_name"]))
    following = parts.plain(str(segments.loc[found.next_segment_id, "segment_name"]))
    times = found.next_distance / found.distance if found.distance > 0 else float("inf")
    if times >= 2:
        how = f"clearly: the next segment, {following}, is {numbers.count(min(times, 99))} times as far away"
    else:
        how = f"not by much: the next segment, {following}, is {numbers.decimal(times, 1)} times as far away"
    st.markdown(f"**{parts.plain(found.customer_id)}** belongs to **{found.segment_id} {own}**, {how}.")


def _figures(found: Standing, features: dict[str, Feature]) -> pd.DataFrame:
    rows = found.features.to_dict("records")
    units = [features[row["feature"]].unit for row in rows]

    def column(name: str) -> list[str]:
        return [numbers.value(float(row[name]), unit) for row, unit in zip(rows, units, strict=True)]

    return pd.DataFrame(
        {
            "Figure": [features[row["feature"]].label for row in rows],
            "This customer": column("value"),
            "Median of the segment": column("segment_median"),
            "Median of all": column("median"),
            "Customers with less": [numbers.share(float(row["below"])) for row in rows],
        }
    )


def _days(days: pd.DataFrame) -> pd.DataFrame:
    latest = days.iloc[::-1]
    return pd.DataFrame(
        {
            "Day": [f"{day:%Y-%m-%d}" for day in latest["day"]],
            "Orders": latest["orders"].map(numbers.count),
            "Bought": latest["bought"].map(numbers.cents),
            "Given back": latest["returned"].map(numbers.cents),
        }
    )


def counted(counts: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The bars of a histogram as text."""
    return pd.DataFrame(
        {
            "From": [numbers.value(float(low), unit) for low in counts["first"]],
            "To": [
                "and more" if is_open else numbers.value(float(high), unit)
                for high, is_open in zip(counts["last"], counts["is_open"], strict=True)
            ],
            "Customers": counts["customers"].map(numbers.count),
        }
    )


def together(found: pd.DataFrame, labels: dict[str, str]) -> str:
    """What the strongest pair of figures means for segments, in one sentence."""
    from segmentation.analysis.distributions import strongest

    pair = strongest(found)
    if pair is None:
        return "No two figures of these customers can be compared."
    first, second, value = pair
    how = "go together" if value > 0 else "go against each other"
    return (
        f"{labels[first]} and {labels[second].lower()} {how} most ({numbers.decimal(value)}). "
        + ("Comparing customers by both counts nearly the same thing twice." if abs(value) >= 0.8 else "")
    ).strip()


def pairs(found: pd.DataFrame, labels: dict[str, str], most: int = 20) -> pd.DataFrame:
    """The pairs of figures that go together, or against each other, most: the numbers of the chart."""
    names = [str(name) for name in found]
    values = found.to_numpy(float)
    every = [(a, b, float(values[i, j])) for i, a in enumerate(names) for j, b in enumerate(names) if i < j]
    first = sorted((pair for pair in every if pair[2] == pair[2]), key=lambda pair: -abs(pair[2]))[:most]
    return pd.DataFrame(
        {
            "Figure": [labels[a] for a, _, _ in first],
            "And": [labels[b] for _, b, _ in first],
            "Together": [numbers.decimal(value) for _, _, value in first],
        }
    )


def outliers(state: AppState, features: dict[str, Feature]) -> pd.DataFrame:
    """Who lies outside the usual, one row per feature that segments are made from."""
    rows = cached_views.outliers(state).set_index("feature").loc[list(features)].reset_index().to_dict("records")
    table = cached_views.customers(state).frame

    def usual(row: dict[Any, Any]) -> str:
        unit = features[row["feature"]].unit
        if row["low"] <= float(table[row["feature"]].min()):
            return f"up to {numbers.value(row['high'], unit)}"
        return f"{numbers.value(row['low'], unit)} to {numbers.value(row['high'], unit)}"

    return pd.DataFrame(
        {
            "Figure": [features[row["feature"]].label for row in rows],
            "Usual": [usual(row) for row in rows],
            "Customers outside": [numbers.count(row["below"] + row["above"]) for row in rows],
            "Their share of sales": [numbers.share(row["share_of_sales"]) for row in rows],
        }
    )


def unusual(state: AppState) -> pd.DataFrame:
    """The customers who fit their segment least, one row each."""
    found = cached_views.unusual(state)
    names = cached.segmentation(state).segments.set_index("segment_id")["segment_name"]
    features = [cached.registry()[name] for name in found["feature"]]
    return pd.DataFrame(
        {
            "Customer": [parts.plain(customer) for customer in found["customer_id"]],
            "Segment": [parts.plain(str(names[number])) for number in found["segment_id"]],
            "Stands out by": [
                f"{feature.label}: {numbers.value(x, feature.unit)}"
                for x, feature in zip(found["value"], features, strict=True)
            ],
            "Times as far": [numbers.decimal(times, 1) for times in found["times"]],
        }
    )
