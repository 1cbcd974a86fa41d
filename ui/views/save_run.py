"""The result saved for others, from the Export page."""

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


def render_save_form(state: AppState, found: Segmentation) -> None:
    """Say what is saved and what becomes of it; the button, or that it is done."""
    what = escape_markdown(
        f"{formatting.format_count(found.training.table.n_customers)} customers of {state.source} in {found.k} segments"
    )
    st.header("Save the result", anchor=False)
    st.caption(
        f"Saves the model, every customer's segment and the scores ({what}), so that others and scheduled jobs can use "
        "them. The saved result becomes the current one, and later segments keep its names and colors."
    )
    session_upload.render_retention_notice(state.sales)
    if export.is_current(found):
        st.success(f"This result is saved as {found.run_id} and is the current one.", icon=":material/check_circle:")
    elif st.button(
        "Save and make current",
        icon=":material/save:",
        key=f"save_{segment_overrides.get_result_hash(found)}",  # another button for another result: a click saves what was seen
    ):
        try:
            with st.spinner("Saving"):
                folder = export.save_as_current(found)
        except SegmentationError as error:
            errors.render_error(error.message, error.hint)
            return
        st.success(f"Saved as {folder.name}: {what}. It is the current result now.")
        st.page_link("pages/models/runs.py", label="Give it a name, or compare it", icon=":material/inventory_2:")
