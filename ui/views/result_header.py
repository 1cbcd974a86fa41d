"""The line above a result: source, number of customers and segments, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import formatting, settings_summary
from segmentation.presentation.markdown import escape_markdown
from ui.data import results

if TYPE_CHECKING:
    from segmentation.results import SweepResult
    from ui.state.app_state import AppState


def render_result_header(state: AppState, training: SweepResult, k: int) -> None:
    """The result in one line, because the sidebar is collapsed on phones."""
    origin = "as saved" if state.open_run_id else "recommended" if state.k is None else "chosen"
    selection = settings_summary.summarize_sales(state.sales)
    n_customers = training.table.store.totals.customers
    parts = (
        state.source,
        f"{formatting.format_count(n_customers)} customers in {k} segments ({origin})",
        settings_summary.summarize_model(state.model, training.features, results.get_feature_registry()),
        *([selection] if selection else []),
    )
    st.caption(" \u00b7 ".join(escape_markdown(part) for part in parts))
    for notice in (*training.table.notices, *training.notices):
        st.caption(escape_markdown(notice))
