"""Settings tried against one another: started by a click, shared by visitors, taken over by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import cached, choices, parts
from pages._ui.jobs import Job, Progress
from pages._ui.state import AppState
from segmentation.settings import ModelSettings, SalesSettings

if TYPE_CHECKING:
    import pandas as pd

_ASKED = "tuning_asked"


@st.cache_resource(max_entries=6, ttl="12h", show_spinner=False)
def _job(sales: SalesSettings, version: str) -> Job[pd.DataFrame]:
    table = cached.customers(sales, version)

    def work(tell: Progress) -> pd.DataFrame:
        from segmentation import tuning

        return tuning.tune(table, progress=tell)

    return Job(work)


def found(state: AppState) -> pd.DataFrame | None:
    """What was tried, the best first; None until it is asked for. It stays while only the comparison changes."""
    asked = (state.sales, state.version)
    if st.session_state.get(_ASKED) != asked:
        if not st.button("Try settings", type="primary", key="try_settings", icon=":material/play_arrow:"):
            return None
        st.session_state[_ASKED] = asked
    try:
        return parts.wait(_job(*asked))
    except Exception:
        _job.clear(*asked)  # the next view tries anew
        del st.session_state[_ASKED]
        raise


def take(preset: str, scaling: str, k: int) -> None:
    """For a button: put a row into the sidebar."""
    from segmentation.customers.presets import PRESETS

    choices.adopt(ModelSettings(PRESETS[preset].features, scaling), k)


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The rows as text."""
    labels = {scaling: label for label, scaling in choices.SCALING_LABELS.items()}
    return table.assign(
        scaling=table["scaling"].map(labels),
        **{name: table[name].map("{:.2f}".format) for name in ("common_silhouette", "silhouette", "agreement")},
        smallest_share=table["smallest_share"].map("{:.1%}".format),
    ).rename(
        columns={
            "rank": "Rank",
            "label": "Compared by",
            "scaling": "Very large values",
            "k": "Segments",
            "common_silhouette": "Stand apart",
            "smallest_share": "Smallest",
            "agreement": "Found again",
            "silhouette": "Own silhouette",
        }
    )[["Rank", "Compared by", "Very large values", "Segments", "Stand apart", "Smallest", "Found again",
       "Own silhouette"]]  # fmt: skip
