"""Settings search: started by a click, shared by sessions, applied by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.messages import render_message
from segmentation.settings import ModelSettings
from ui.data import analysis
from ui.sidebar import model_controls, saved_run_picker
from ui.state import page_requests, widget_defaults
from ui.state.app_state import AppState
from ui.state.button_actions import render_action_button

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.results import SweepResult

_REQUESTED_KEY = "tuning_requested"
LABELS = {scaling: label for label, scaling in widget_defaults.SCALING_LABELS.items()}
COLUMNS = {
    "rank": "Rank",
    "label": "Feature set",
    "scaling": "Scaling",
    "k": "Segments",
    "common_silhouette": "Silhouette (common space)",
    "smallest_share": "Smallest segment",
    "agreement": "Seed agreement (ARI)",
    "silhouette": "Silhouette (own space)",
}


def get_results(state: AppState) -> pd.DataFrame | None:
    """All results, best first; None until requested. They depend on the sales only, not on the model settings."""
    requested = (state.sales, state.version)
    if page_requests.get_request(_REQUESTED_KEY) != requested:
        st.button(
            "Compare settings",
            type="primary",
            key="compare_settings",
            icon=":material/play_arrow:",
            on_click=page_requests.set_request,
            args=(_REQUESTED_KEY, requested),
        )
        return None
    try:
        return analysis.search_settings(*requested)
    except Exception:
        page_requests.take_request(_REQUESTED_KEY)
        raise


def render_best(tried: pd.DataFrame, training: SweepResult, k: int) -> None:
    """The best result of each feature set, side by side."""
    best = tried.drop_duplicates("preset").to_dict("records")
    with st.grid(len(best), min_column_width=330, gap="small") as grid:
        for rank, row in enumerate(best, start=1):
            with grid.container(border=True, height="stretch", gap="small", key=f"tried_{rank}"):
                st.markdown(f"### {rank}. {row['label']}")
                st.markdown(f"**{row['k']} segments**, scaling: {LABELS[row['scaling']].lower()}")
                st.markdown(render_message(row["reason"]))
                render_apply_button(row, training, k, key=f"apply_{rank}", label="Use these settings")


def render_apply_button(row: dict[Any, Any], training: SweepResult, k: int, *, key: str, label: str) -> None:
    """A button that applies a row, disabled if its settings are in use."""
    from segmentation.features.presets import PRESETS

    features, scaling, number = PRESETS[row["preset"]].features, str(row["scaling"]), int(row["k"])
    current = training.settings
    if (set(current.features), current.scaling, current.weights, k) == (set(features), scaling, (), number):
        st.button("In use", key=key, disabled=True, icon=":material/check:")
    else:
        render_action_button(label, _apply_row, features, scaling, number, key=key)


def _apply_row(features: tuple[str, ...], scaling: str, k: int) -> None:
    """Put a row into the sidebar. An open saved run is closed; its sales stay selected."""
    saved_run_picker.close_saved_run()
    model_controls.apply_settings(ModelSettings(features, scaling), k)


def format_row(row: dict[Any, Any]) -> str:
    """A row as a list option."""
    return f"{row['rank']}. {row['label']}, {row['k']} segments, {LABELS[row['scaling']].lower()}"


def build_result_table(tried: pd.DataFrame) -> pd.DataFrame:
    """The rows with display labels."""
    table = tried.assign(
        scaling=tried["scaling"].map(LABELS), smallest_share=tried["smallest_share"].map(formatting.format_percent)
    )
    return table.rename(columns=COLUMNS)[list(COLUMNS.values())]
