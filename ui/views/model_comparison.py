"""Compares two models on the same sales: the one on the page with other settings or a saved run, or two saved runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import K_MAX, K_MIN, ModelSettings
from ui.components import elements, errors
from ui.data import analysis, results, run_catalog
from ui.sidebar import model_controls, saved_run_picker
from ui.state.button_actions import render_action_button
from ui.views import saved_runs

if TYPE_CHECKING:
    from segmentation.analysis.model_comparison import ModelComparison
    from segmentation.results import Segmentation
    from segmentation.runs.catalog import RunEntry
    from segmentation.runs.manifest import RunMetadata
    from segmentation.settings import SalesSettings
    from ui.data.result_key import ResultKey
    from ui.state.app_state import AppState

OTHER_SETTINGS, SAME_FEATURES = "settings", "same"
LENGTH_EFFECT = (
    "Over a longer window, the same habits give more orders and sales, so part of the difference is due to the length."
)
SCORES = {
    "silhouette_score": "Silhouette (own space)",
    "common_silhouette": "Silhouette (common space)",
    "calinski_harabasz_score": "Calinski-Harabasz",
    "davies_bouldin_score": "Davies-Bouldin",
}
WHOLE_SCORES = {"calinski_harabasz_score"}


def render_model_comparison(state: AppState, segmentation: Segmentation) -> None:
    """Compare the segments on the page with other settings or a saved run, and adopt these with a click."""
    saved_runs.render_outcome()
    runs = {entry.run_id: entry for entry in run_catalog.list_entries() if entry.run is not None}
    names = {OTHER_SETTINGS: "Other settings", **saved_runs.build_run_options(list(runs.values()))}
    selected = st.selectbox("Compare with", list(names), format_func=names.__getitem__, key="other_model", width=320)
    shown = results.get_result_key(state)
    if selected in runs:
        _render_run(state, segmentation, shown, runs[selected])
        return
    other = _render_settings(shown, segmentation)
    if (other.model, other.k) == (shown.model, shown.k):
        st.info("Choose another number of segments or feature set.", icon=":material/info:")
        return
    with errors.error_boundary():
        alternative = results.build_segmentation_for(other)
        comparison = analysis.compare_models(state.sales, state.version, shown, other)
        render_comparison(comparison, _get_run(segmentation), _get_run(alternative), ("Shown", "Other settings"))
        render_action_button(
            "Use these settings",
            _adopt_settings,
            other,
            key="adopt_settings",
            help="Copies them to the sidebar. Saved runs do not change.",
        )


def render_run_comparison(state: AppState, before: RunEntry, now: RunEntry) -> None:
    """Both models of two saved runs on the sales of the page, over the window of the later run, on request."""
    if before.run is None or now.run is None:
        return
    elements.render_heading(
        "Same sales, both models",
        "Differences due to the model alone: both runs assign the customers of the selected sales.",
    )
    days = [run.window_days for run in (before.run, now.run)]
    if days[0] != days[1]:
        st.warning(
            f"{escape_markdown(before.name)} covers {formatting.format_count(days[0])} days, "
            f"{escape_markdown(now.name)} {formatting.format_count(days[1])}. {LENGTH_EFFECT}",
            title="Windows of different lengths",
            icon=":material/warning:",
        )
    if st.toggle(f"Recompute over {formatting.format_count(days[1])} days", key="same_sales", persist_state="session"):
        with errors.error_boundary():
            sales = state.sales.with_window(days[1])
            comparison = analysis.compare_models(sales, state.version, before.run_id, now.run_id)
            render_comparison(comparison, before.run, now.run, (before.name, now.name))


def _render_run(state: AppState, segmentation: Segmentation, shown: ResultKey, entry: RunEntry) -> None:
    """Compare with a saved run."""
    if entry.run is None:
        return
    sales = _render_window_choice(state, entry.run.window_days, segmentation.training.table.window.days)
    with errors.error_boundary():
        comparison = analysis.compare_models(sales, state.version, entry.run_id, shown)
        render_comparison(comparison, entry.run, _get_run(segmentation), (entry.name, "Shown"))
        if not entry.is_current:
            render_action_button(
                "Set this run as current",
                saved_runs.set_as_current,
                entry,
                key="adopt_run",
                help="The run that is current now remains in Saved runs.",
            )


def render_comparison(
    comparison: ModelComparison, before: RunMetadata, now: RunMetadata, names: tuple[str, str]
) -> None:
    """Shares that stay, the flows as a diagram and a table, splits and merges, and the scores of both models."""
    if names[0] == names[1]:
        names = (f"{names[0]} (1)", f"{names[1]} (2)")
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Customers who stay",
            formatting.format_percent(comparison.share_of_customers),
            help="Share of customers who are in the matched segment of the other model.",
        )
        st.metric(
            "Sales that stay",
            formatting.format_percent(comparison.share_of_sales),
            help="Share of net sales that is in the matched segment of the other model.",
        )
        st.metric(
            "Adjusted Rand index",
            formatting.format_decimal(comparison.adjusted_rand),
            help="Agreement of the two models: 1 if identical, 0 if no more alike than by chance.",
        )
    colors_before, colors_now = (
        dict(zip(run.segments["segment_id"], run.segments["color"], strict=True)) for run in (before, now)
    )
    elements.render_chart(
        charts.plot_flows(comparison.flows, colors_before, colors_now, names, elements.get_theme()),
        key="model_flows",
        numbers=_build_flow_table(comparison, names),
    )
    for sentence in _describe_parts(comparison):
        st.markdown(sentence)
    st.table(_build_score_table(comparison, names), hide_index=True, border="horizontal", alt="Scores of both models")
    st.caption(
        f"Sales of {formatting.format_count(comparison.window_days)} days. Silhouettes of different feature sets are "
        "comparable in the common space only."
    )


def _render_window_choice(state: AppState, days: int, shown_days: int) -> SalesSettings:
    """The sales to compare on: those of the page, or over a window of `days` as the saved run if that is another."""
    if days == shown_days:
        return state.sales
    st.warning(
        f"The sales on this page cover {formatting.format_count(shown_days)} days, those of the saved run "
        f"{formatting.format_count(days)}. {LENGTH_EFFECT}",
        title="Windows of different lengths",
        icon=":material/warning:",
    )
    is_equal = st.toggle(
        f"Recompute over {formatting.format_count(days)} days", key="equal_windows", persist_state="session"
    )
    return state.sales.with_window(days) if is_equal else state.sales


def _render_settings(shown: ResultKey, segmentation: Segmentation) -> ResultKey:
    """The key of the result with the selected number of segments and feature set."""
    from segmentation.features.presets import PRESETS

    reasons = segmentation.training.table.unavailable_features
    presets = {name: preset for name, preset in PRESETS.items() if not preset.explain_unavailable(reasons)}
    labels = {SAME_FEATURES: "Features in use", **{name: preset.label for name, preset in presets.items()}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = st.number_input("Segments", K_MIN, K_MAX, min(shown.k + 1, K_MAX), key=f"other_k_{shown.k}", width=140)
        name = st.selectbox(
            "Feature set", list(labels), format_func=labels.__getitem__, key="other_features", width=240
        )
    model = shown.model
    if name in presets:
        model = ModelSettings(tuple(presets[name].features), presets[name].scaling, model.seed)
    return replace(shown, model=model, k=int(k), opened_run=None)


def _adopt_settings(key: ResultKey) -> None:
    saved_run_picker.close_saved_run()
    model_controls.apply_settings(key.model, key.k)


def _get_run(segmentation: Segmentation) -> RunMetadata:
    return segmentation.to_run_record(with_customers=False)


def _build_flow_table(comparison: ModelComparison, names: tuple[str, str]) -> pd.DataFrame:
    flows, (before, now) = comparison.flows, (escape_markdown(name) for name in names)
    return pd.DataFrame(
        {
            before: _label_segments(flows["segment_before"], flows["name_before"]),
            now: _label_segments(flows["segment_now"], flows["name_now"]),
            "Customers": flows["customers"].map(formatting.format_count),
            "Net sales": flows["net_sales"].map(formatting.format_amount),
            "Matched": flows["is_matched"].map({True: "yes", False: ""}),
        }
    )


def _label_segments(ids: pd.Series, names: pd.Series) -> pd.Series:
    return pd.Series([f"{number} {escape_markdown(str(name))}" for number, name in zip(ids, names, strict=True)])


def _describe_parts(comparison: ModelComparison) -> list[str]:
    """Which segments split or merge, one sentence each."""
    flows = comparison.flows
    before, now = (
        dict(
            zip(flows[f"segment_{side}"], _label_segments(flows[f"segment_{side}"], flows[f"name_{side}"]), strict=True)
        )
        for side in ("before", "now")
    )
    splits = [f"**{before[i]}** splits into {_join([now[j] for j in ids])}." for i, ids in comparison.splits.items()]
    merges = [f"**{now[j]}** merges {_join([before[i] for i in ids])}." for j, ids in comparison.merges.items()]
    return splits + merges


def _join(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _build_score_table(comparison: ModelComparison, names: tuple[str, str]) -> pd.DataFrame:
    scores = comparison.scores
    rows: dict[str, list[str]] = {"Score": ["Segments", *SCORES.values(), "Smallest segment"]}
    for name, row in zip(names, scores.to_dict("records"), strict=True):
        figures = [formatting.format_decimal(row[score], 0 if score in WHOLE_SCORES else 3) for score in SCORES]
        rows[escape_markdown(name)] = [str(row["k"]), *figures, formatting.format_percent(row["smallest_share"])]
    return pd.DataFrame(rows)
