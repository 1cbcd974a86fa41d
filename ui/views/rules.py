"""Segments as rules that a person can read, check and copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results, scoped_cache
from ui.data.result_key import ResultKey
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.results import Segmentation
    from segmentation.segments.rules import Condition, Rules


@scoped_cache.cache_resource(max_entries=48, ttl="12h")
def _get_rules(key: ResultKey) -> Rules:
    """Rules know segments by id, so overrides of names and texts do not change them."""
    from segmentation.analysis import explain

    return explain.derive_rules(results.build_segmentation_for(key))


def render_rules(state: AppState, found: Segmentation) -> None:
    """The rule of each segment with how far it can be trusted, which figures matter, and the SQL."""
    made = _get_rules(results.get_result_key(state))
    names = dict(zip(found.segments["segment_id"], found.segments["segment_name"], strict=True))
    elements.render_heading(
        "The segments as rules",
        "What most customers of a segment have in common and others do not. Tried from the top: the first that holds "
        "says the segment.",
    )
    st.markdown(
        f"These rules explain **{formatting.format_percent(made.fidelity)}** of customers "
        f"(measured on {formatting.format_count(made.n_test)} that they were not made from)."
    )
    st.table(
        _build_rule_table(made, names),
        hide_index=True,
        border="horizontal",
        alt="The rule of each segment, and who meets it",
    )
    registry = results.get_feature_registry()
    weights = sorted(made.importance.items(), key=lambda item: -item[1])
    matter = "; ".join(f"{registry[name].label.lower()}: {formatting.format_count(value)}" for name, value in weights)
    st.caption(
        "What matters most. If one figure were shuffled among all customers, so many of 100 would change segment: "
        f"{matter}."
    )
    with st.expander("The rules to copy, as SQL", key="rules_sql"):
        st.code(made.to_sql(names), language="sql")


def describe_condition(condition: Condition) -> str:
    """One condition as a person would say it."""
    feature = results.get_feature_registry()[condition.feature]
    label = feature.label.lower()
    low, high = (formatting.format_value(value, feature.unit) for value in (condition.low, condition.high))
    if feature.unit in label:  # "orders 13 to 53" rather than "orders: 13 orders to 53 orders"
        low, high = (text.rsplit(" ", 1)[0] for text in (low, high))
    if condition.low == condition.high:
        return f"{label} {low}"
    if math.isinf(condition.low):
        return f"{label} at most {high}"
    return f"{label} {low} or more" if math.isinf(condition.high) else f"{label} {low} to {high}"


def _build_rule_table(made: Rules, names: dict[int, str]) -> pd.DataFrame:
    import pandas as pd

    said = [
        "; ".join(describe_condition(condition) for condition in rule.conditions) or "all others" for rule in made.rules
    ]
    return pd.DataFrame(
        {
            "Segment": [escape_markdown(str(names[rule.segment_id])) for rule in made.rules],
            "Rule": [escape_markdown(text) for text in said],
            "Holds for its own": [formatting.format_percent(rule.recall) for rule in made.rules],
            "And for others": [formatting.format_value(rule.false_positives, "customers") for rule in made.rules],
        }
    )


def describe_customer(state: AppState, customer_id: str) -> None:
    """Which rule one customer meets, and which change of one figure alone would move it to the next segment."""
    from segmentation.analysis import explain
    from segmentation.segments.rules import match_rule

    found = results.get_segmentation(state)
    told = explain.explain_customer(found, customer_id)
    names = dict(zip(found.segments["segment_id"], found.segments["segment_name"], strict=True))
    frame = found.training.table.frame
    row = frame[frame["customer_id"] == customer_id]
    met = next((rule for rule in _get_rules(results.get_result_key(state)).rules if match_rule(rule, row)[0]), None)
    if met is None:
        st.markdown(
            "None of the segments' rules holds for this customer: it is one of those that rules do not explain."
        )
    else:
        rule = escape_markdown("; ".join(describe_condition(condition) for condition in met.conditions))
        whose = "its own segment" if met.segment_id == told.segment_id else escape_markdown(names[met.segment_id])
        st.markdown(f"The rule it meets is that of {whose}: {rule}.")
    following = escape_markdown(names[told.next_segment_id])
    if not told.changes:
        st.markdown(f"No change of one figure alone would move it to the next segment, {following}.")
        return
    registry = results.get_feature_registry()
    ways = "; or ".join(
        f"{registry[change.feature].label.lower()} {formatting.format_value(change.target, registry[change.feature].unit)} "
        f"instead of {formatting.format_value(change.current, registry[change.feature].unit)}"
        for change in told.changes
    )
    st.markdown(f"What alone would move it to {following}: {escape_markdown(ways)}.")
