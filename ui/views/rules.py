"""Segment rules: readable conditions, feature importance, and SQL."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import analysis, results
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.customer_lookup import CustomerLookup
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation
    from segmentation.segments.rules import Condition, Rule, Rules


def render_rules(state: AppState, segmentation: Segmentation) -> None:
    """The rule of each segment with its accuracy, feature importance, and the SQL."""
    rules = analysis.get_rules(results.get_result_key(state))
    names = segmentation.segment_names
    elements.render_heading(
        "Segment rules",
        "Conditions that most customers of a segment meet and others do not. Evaluated in order; the first match wins. "
        "Recall: share of the segment's customers whom the rule finds. False positives: customers of other segments "
        "whom it matches as well.",
    )
    st.markdown(
        f"These rules assign **{formatting.format_percent(rules.fidelity)}** of customers correctly "
        f"(measured on {formatting.format_count(rules.n_test)} held-out customers)."
    )
    st.table(
        _build_rule_table(rules, names),
        hide_index=True,
        border="horizontal",
        alt="Rule of each segment with recall and false positives",
    )
    registry = results.get_feature_registry()
    weights = sorted(rules.importance.items(), key=lambda item: -item[1])
    importance = "; ".join(
        f"{registry[name].label.lower()} {formatting.format_percent(value / 100)}" for name, value in weights
    )
    st.caption(
        "Permutation importance, the share of customers who change segment if a feature's values are shuffled: "
        f"{importance}."
    )
    with st.expander("Rules as SQL", key="rules_sql"):
        st.code(rules.to_sql(names), language="sql", wrap_lines=True)


def describe_condition(condition: Condition) -> str:
    """A condition in words."""
    feature = results.get_feature_registry()[condition.feature]
    label = feature.label.lower()
    low, high = (_format_bound(value, feature) for value in (condition.low, condition.high))
    if condition.low == condition.high:
        return f"{label} {low}"
    if math.isinf(condition.low):
        return f"{label} at most {high}"
    return f"{label} {low} or more" if math.isinf(condition.high) else f"{label} {low} to {high}"


def describe_rule(rule: Rule) -> str:
    """The conditions of a rule in words."""
    return "; ".join(map(describe_condition, rule.conditions)) or "all others"


def _format_bound(value: float, feature: Feature) -> str:
    """A value beside the feature's label: "orders 13" rather than "orders 13 orders"."""
    text = formatting.format_value(value, feature.unit)
    return text.rsplit(" ", 1)[0] if feature.unit in feature.label.lower() else text


def _build_rule_table(rules: Rules, names: dict[int, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "Segment": [escape_markdown(str(names[rule.segment_id])) for rule in rules.rules],
            "Rule": [escape_markdown(describe_rule(rule)) for rule in rules.rules],
            "Recall": [formatting.format_percent(rule.recall) for rule in rules.rules],
            "False positives": [formatting.format_value(rule.false_positives, "customers") for rule in rules.rules],
        }
    )


def render_customer_explanation(state: AppState, lookup: CustomerLookup) -> None:
    """The rule that one customer meets, and the single-feature changes that would move them to the next segment."""
    from segmentation.analysis import explain
    from segmentation.segments.rules import match_rule

    segmentation = results.get_segmentation(state)
    names = segmentation.segment_names
    frame = segmentation.training.table.frame
    row = frame[frame["customer_id"] == lookup.customer_id]
    matching_rule = next(
        (rule for rule in analysis.get_rules(results.get_result_key(state)).rules if match_rule(rule, row)[0]), None
    )
    if matching_rule is None:
        st.markdown("No segment rule matches this customer.")
    else:
        segment_name = (
            "their own segment"
            if matching_rule.segment_id == lookup.segment_id
            else escape_markdown(names[matching_rule.segment_id])
        )
        st.markdown(f"Matching rule ({segment_name}): {escape_markdown(describe_rule(matching_rule))}.")
    next_name = escape_markdown(names[lookup.next_segment_id])
    counterfactuals = explain.find_counterfactuals(segmentation, lookup)
    if not counterfactuals:
        st.markdown(f"No change of a single feature would move this customer to the next segment, {next_name}.")
        return
    registry = results.get_feature_registry()
    changes = "; or ".join(
        f"{registry[change.feature].label.lower()} "
        f"{_format_bound(change.target, registry[change.feature])} "
        f"instead of {_format_bound(change.current, registry[change.feature])}"
        for change in counterfactuals
    )
    st.markdown(f"Single changes that would move this customer to {next_name}: {escape_markdown(changes)}.")
