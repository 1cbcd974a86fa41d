"""The form that saves a result, on the Export page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import errors
from ui.data import session_upload
from ui.state import segment_overrides
from ui.views import export

if TYPE_CHECKING:
    from segmentation.results import Segmentation
    from ui.state.app_state import AppState


def render_save_form(state: AppState, segmentation: Segmentation) -> None:
    """What is saved, and the button, or a notice that it is saved already."""
    summary = escape_markdown(
        f"{formatting.format_count(segmentation.training.table.store.totals.customers)} customers of {state.source} "
        f"in {segmentation.k} segments"
    )
    st.header("Save result", anchor=False)
    st.caption(
        f"Saves the model, each customer's segment and the scores ({summary}) for others and for scheduled jobs. It "
        "becomes the current run, and new results keep its segment names and colors."
    )
    session_upload.render_retention_notice(state.sales)
    if export.is_current(segmentation):
        st.success(f"Saved as {segmentation.run_id}; this is the current run.", icon=":material/check_circle:")
    elif st.button(
        "Save and set as current",
        icon=":material/save:",
        key=f"save_{segment_overrides.get_result_hash(segmentation)}",  # a click saves the result that was shown
    ):
        try:
            with st.spinner("Saving"):
                folder = export.save_as_current(segmentation)
        except SegmentationError as error:
            errors.render_error(error.message, error.hint)
            return
        st.success(f"Saved as {folder.name}: {summary}. It is the current run now.")
        st.page_link("app_pages/models/runs.py", label="Rename or compare it", icon=":material/inventory_2:")
