"""Validation: computed in the background, with progress and a stop button; summary first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results
from ui.data.jobs import Job
from ui.data.validation import Outcome, get_validation_job, profile_alternative
from ui.server import warmup
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.clustering.k_selection import KRecommendation
    from segmentation.results import Segmentation, SweepResult


def get_validation(state: AppState) -> Outcome | None:
    """The validation result, or None while it is being computed, with progress and a stop button."""
    if state.missing_reason:
        st.caption("Validation needs the sales data, which is unavailable.")
        return None
    if state.open_run_id is not None:
        st.caption("A saved run is open. Close it on the Saved runs page to validate its settings.")
        return None
    work = get_validation_job(state.sales, state.version, state.model)
    if work.is_abandoned and work.result is None:
        get_validation_job.clear(state.sales, state.version, state.model)
        work = get_validation_job(state.sales, state.version, state.model)
    work.join()
    if work.result is not None:
        return work.result
    if not work.is_done():
        _watch_job(work)
    else:
        outcome = "failed; see the server log." if work.has_failed else "was stopped."
        st.caption(f"Validation {outcome}")
        st.button(
            "Run validation",
            key="run_validation",
            on_click=lambda: get_validation_job.clear(state.sales, state.version, state.model),
        )
    return None


def get_recommendation(state: AppState, training: SweepResult) -> KRecommendation:
    """The recommended number of segments, revised by the validation once it is available."""
    if state.open_run_id is not None:
        return training.recommendation
    outcome = get_validation_job(state.sales, state.version, state.model).result
    return training.recommendation if outcome is None else outcome[1]


def add_validation(state: AppState, segmentation: Segmentation) -> Segmentation:
    """The segmentation with its complete validation and the recommendation that rests on it, for exports."""
    outcome = None if state.open_run_id else get_validation_job(state.sales, state.version, state.model).result
    if outcome is None:
        return segmentation
    validation, recommendation = outcome
    return replace(
        segmentation, training=replace(segmentation.training, recommendation=recommendation, validation=validation)
    )


@st.fragment(run_every=0.7)
def _watch_job(work: Job[Outcome]) -> None:
    work.join()
    if work.is_done():
        warmup.rerun_page()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(work.progress[0], "Validating segments: bootstrap resampling")
        st.button("Stop", key="stop_evidence", on_click=work.stop)


def render_k_validation(state: AppState, k: int) -> None:
    """Stability of the segments of every k."""
    from segmentation.clustering.validation import descriptions

    elements.render_heading(
        "Segment stability",
        "Segments that reappear in bootstrap resamples of your customers are reproducible. That does not make them "
        "separate groups: a continuum can be divided at the same places every time.",
    )
    outcome = get_validation(state)
    if outcome is None:
        return
    validation, _ = outcome
    st.markdown(escape_markdown(descriptions.describe_stability(validation, k)))
    table = validation.tabulate_by_k()
    elements.render_chart(charts.plot_stability(table, k, elements.get_theme()), key="stability")
    elements.render_table(_format_numbers(table), key="stability_numbers")


def render_segment_validation(state: AppState, segmentation: Segmentation) -> None:
    """Stability of each segment, and an alternative segmentation if one fits as well."""
    from segmentation.clustering.validation import descriptions

    elements.render_heading(
        "Stability by segment",
        "Mean Jaccard similarity over bootstrap resamples, with its 95 % interval. Above 0.85: stable, above 0.75: "
        "pattern, above 0.60: doubtful. Two labels if the interval spans two bands.",
    )
    outcome = get_validation(state)
    if outcome is None:
        return
    validation, _ = outcome
    names = segmentation.segment_names
    for segment_id, cluster in sorted(
        (segment_id, cluster) for cluster, segment_id in enumerate(segmentation.cluster_to_segment)
    ):
        name = names[segment_id]
        text = descriptions.describe_segment_stability(validation.bootstrap[segmentation.k], cluster, name)
        st.markdown(f"**{escape_markdown(name)}**: {escape_markdown(text)}")
    st.markdown(escape_markdown(descriptions.describe_groups(validation.separate_groups)))
    alternative = validation.alternatives[segmentation.k]
    if alternative is not None:
        st.warning(
            escape_markdown(descriptions.describe_alternative(alternative, segmentation.k)),
            title="Another segmentation fits as well",
        )
        other = profile_alternative(state.sales, state.version, state.model, segmentation.k)
        left, right = st.columns(2, gap="medium")
        for column, title, segments in ((left, "Current", segmentation.segments), (right, "Alternative", other)):
            column.markdown(f"**{title}**")
            column.table(
                _render_alternative(segments, segmentation.training), hide_index=True, border="horizontal", alt=title
            )


def describe_change(state: AppState, training: SweepResult) -> str:
    """What the complete validation changed about the first recommendation; empty if nothing, or not yet."""
    first, revised = training.recommendation.k, get_recommendation(state, training).k
    if first == revised:
        return ""
    return (
        f"A quick check recommended {first} segments at first; the complete validation recommends {revised}. "
        "Your view has not changed."
    )


def get_segment_warnings(state: AppState, segmentation: Segmentation) -> dict[int, str]:
    """segment_id -> why it is unreliable, as far as known."""
    from segmentation.clustering.k_selection import SMALLEST_SHARE
    from segmentation.clustering.validation import descriptions

    warnings: dict[int, str] = {}
    outcome = None if state.open_run_id else get_validation_job(state.sales, state.version, state.model).result
    if outcome is not None:
        bootstrap = outcome[0].bootstrap[segmentation.k]
        for cluster, segment_id in enumerate(segmentation.cluster_to_segment):
            if descriptions.is_unstable(bootstrap, cluster):
                low, high = float(bootstrap.low[cluster]), float(bootstrap.high[cluster])
                band = descriptions.get_stability_label(low, high) or "Unknown"
                warnings[segment_id] = f"**{band}**: it is not reproducible in bootstrap resamples."
    for segment_id, n_customers, share in zip(
        *(segmentation.segments[column].tolist() for column in ("segment_id", "customers", "share_of_customers")),
        strict=True,
    ):
        if share < SMALLEST_SHARE:
            count = formatting.format_value(n_customers, "customers")
            warnings[segment_id] = f"**Only {count}**: results are unreliable at this size."
    return warnings


def _render_alternative(segments: pd.DataFrame, training: SweepResult) -> pd.DataFrame:
    import pandas as pd

    registry = results.get_feature_registry()
    columns = {
        "Segment": segments["segment_name"].map(escape_markdown),
        "Customers": segments["customers"].map(formatting.format_count),
    }
    for name in training.features:
        feature = registry[name]
        medians = [formatting.format_value(value, feature.unit) for value in segments[f"median_{name}"]]
        columns[feature.label] = pd.Series(medians, index=segments.index)
    return pd.DataFrame(columns)


def _format_numbers(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "Segments": table["k"].map(str),
            "Min. Jaccard": table["least_jaccard"].map(formatting.format_decimal),
            "95 % interval": [
                f"{formatting.format_decimal(low)} to {formatting.format_decimal(high)}"
                for low, high in zip(table["least_low"], table["least_high"], strict=True)
            ],
            "Mean Jaccard": table["mean_jaccard"].map(formatting.format_decimal),
            "Adjusted Rand index": table["adjusted_rand"].map(formatting.format_decimal),
            "Gaps": [f"{gaps} of {borders}" for gaps, borders in zip(table["gaps"], table["borders"], strict=True)],
        }
    )
