"""The result saved for others, from the Export page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.views import export as lists, segment_editor as own_words
from ui.components import common as parts
from ui.data import session_upload as uploads
from segmentation.charts import numbers
from segmentation.errors import SegmentationError

if TYPE_CHECKING:
    from ui.state.app_state import AppState
    from segmentation.results import Segmentation


def offer(state: AppState, found: Segmentation) -> None:
    """Say what is saved and what becomes of it; the button, or that it is done."""
    what = parts.plain(
        f"{numbers.count(found.training.table.bought)} customers of {state.source} in {found.k} segments"
    )
    st.header("Save the result", anchor=False)
    st.caption(
        f"Saves the model, every customer's segment and the scores ({what}), so that others and scheduled jobs can use "
        "them. The saved result becomes the current one, and later segments keep its names and colours."
    )
    uploads.caution(state.sales)
    if lists.is_current(found):
        st.success(f"This result is saved as {found.run_id} and is the current one.", icon=":material/check_circle:")
    elif st.button(
        "Save and make current",
        icon=":material/save:",
        key=f"save_{own_words.digits(found)}",  # another button for another result: a click saves what was seen
    ):
        try:
            with st.spinner("Saving"):
                folder = lists.save(found)
        except SegmentationError as error:
            parts.show_error(error.sentence, error.hint)
            return
        st.success(f"Saved as {folder.name}: {what}. It is the current result now.")
        st.page_link("pages/models/runs.py", label="Give it a name, or compare it", icon=":material/inventory_2:")
