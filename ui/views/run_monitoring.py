"""How a saved run compares with the one before it, as stored with it: the decision about a retrain, and drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results

if TYPE_CHECKING:
    from segmentation.runs.manifest import RunMetadata

HELD_TITLE = "This retrained run is held for review"


def render_decision(run: RunMetadata) -> None:
    """Why a retrained run is held for review, or accepted nevertheless; nothing for other runs."""
    decision: Mapping[str, Any] = (run.monitoring or {}).get("decision") or {}
    if not decision.get("reasons"):
        return
    reasons = "  \n".join(escape_markdown(reason) for reason in decision["reasons"])
    title = "This retrained run was accepted despite the checks" if decision["is_accepted"] else HELD_TITLE
    st.warning(reasons, title=title, icon=":material/front_hand:")


def render_drift(run: RunMetadata) -> None:
    """Drift of each feature since the run before; nothing where it is not known."""
    from segmentation.features.drift import LARGE_PSI, MODERATE_PSI

    previous: Mapping[str, Any] = (run.monitoring or {}).get("previous") or {}
    if not previous.get("drift"):
        return
    elements.render_heading(
        "Drift",
        f"How far each feature has moved since run {escape_markdown(previous['run_id'])}. Population stability index "
        f"(PSI): below {formatting.format_decimal(MODERATE_PSI, 1)} is a small shift, above "
        f"{formatting.format_decimal(LARGE_PSI)} a large one.",
    )
    if previous["window_days"] != run.window_days:
        st.caption(
            f"The windows differ: {formatting.format_count(previous['window_days'])} days then, "
            f"{formatting.format_count(run.window_days)} days now. Part of the drift is due to the length."
        )
    st.table(build_drift_table(previous["drift"]), hide_index=True, border="horizontal", alt="Drift of each feature")


def build_drift_table(drift: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per feature: its index, and the decile that has moved most, in the unit of the feature."""
    registry = results.get_feature_registry()
    rows = []
    for row in drift:
        feature = registry.get(row["feature"])
        unit = "" if feature is None else feature.unit
        values = (formatting.format_value(row[f"value_{side}"], unit) for side in ("before", "now"))
        rows.append(
            {
                "Feature": escape_markdown(row["feature"] if feature is None else feature.label),
                "PSI": formatting.format_decimal(row["psi"]),
                "Largest shift": f"{formatting.format_ordinal(row['quantile'])} percentile: {' → '.join(values)}",
            }
        )
    return pd.DataFrame(rows)
