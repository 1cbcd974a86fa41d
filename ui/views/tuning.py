"""Settings tried against one another: started by a click, shared by visitors, taken over by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.presentation import formatting
from segmentation.settings import ModelSettings, SalesSettings
from ui.data import results, scoped_cache
from ui.data.jobs import Job, Progress
from ui.sidebar import model_controls, saved_run_picker
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.results import SweepResult

_REQUESTED_KEY = "tuning_asked"
LABELS = {scaling: label for label, scaling in model_controls.SCALING_LABELS.items()}
COLUMNS = {
    "rank": "Rank",
    "label": "Compared by",
    "scaling": "Very large values",
    "k": "Segments",
    "common_silhouette": "Stand apart",
    "smallest_share": "Smallest segment",
    "agreement": "Found again",
    "silhouette": "Own silhouette",
}


@scoped_cache.cache_resource(max_entries=6, ttl="12h")
def _get_job(sales: SalesSettings, version: str) -> Job[pd.DataFrame]:
    table = results.get_customers(sales, version)

    def work(tell: Progress) -> pd.DataFrame:
        from segmentation.analysis import tuning

        return tuning.search_settings(table, on_progress=tell)

    return Job(work, "tuning")


def get_results(state: AppState) -> pd.DataFrame | None:
    """What was tried, the best first; None until it is asked for. It stays while only the comparison changes."""
    asked = (state.sales, state.version)
    if st.session_state.get(_REQUESTED_KEY) != asked:
        st.button(
            "Try settings",
            type="primary",
            key="try_settings",
            icon=":material/play_arrow:",
            on_click=st.session_state.__setitem__,
            args=(_REQUESTED_KEY, asked),
        )
        return None
    try:
        return results.wait_for(_get_job, *asked)
    except Exception:
        del st.session_state[_REQUESTED_KEY]
        raise


def render_best(tried: pd.DataFrame, training: SweepResult, k: int) -> None:
    """The best row of each choice of figures, side by side; one that serves for no campaign says so."""
    chosen = tried.drop_duplicates("preset").to_dict("records")
    with st.grid(len(chosen), min_column_width=330, gap="small") as grid:
        for place, row in enumerate(chosen, start=1):
            with grid.container(border=True, height="stretch", gap="small", key=f"tried_{place}"):
                st.markdown(f"### {place}. {row['label']}")
                st.markdown(f"**{row['k']} segments**, very large values: {LABELS[row['scaling']].lower()}")
                st.markdown(formatting.localize_numbers(str(row["reason"])))
                render_apply_button(row, training, k, key=f"take_{place}", label="Use these settings")


def render_apply_button(row: dict[Any, Any], training: SweepResult, k: int, *, key: str, label: str) -> None:
    """A button that takes a row over; where it is in use already, it says so."""
    from segmentation.features.presets import PRESETS

    figures, scaling, number = PRESETS[row["preset"]].features, str(row["scaling"]), int(row["k"])
    now = training.settings
    if (set(now.features), now.scaling, now.weights, k) == (set(figures), scaling, (), number):
        st.button("In use", key=key, disabled=True, icon=":material/check:")
    else:
        st.button(label, key=key, on_click=_apply_row, args=(figures, scaling, number))


def _apply_row(figures: tuple[str, ...], scaling: str, k: int) -> None:
    """Put a row into the sidebar. A saved run that is open is closed; its sales stay in use."""
    saved_run_picker.close_run()
    model_controls.apply_settings(ModelSettings(figures, scaling), k)


def format_row(row: dict[Any, Any]) -> str:
    """A row as one line of a list."""
    return f"{row['rank']}. {row['label']}, {row['k']} segments, {LABELS[row['scaling']].lower()}"


def build_result_table(tried: pd.DataFrame) -> pd.DataFrame:
    """The rows with the pages' words."""
    table = tried.assign(
        scaling=tried["scaling"].map(LABELS), smallest_share=tried["smallest_share"].map(formatting.format_percent)
    )
    return table.rename(columns=COLUMNS)[list(COLUMNS.values())]
