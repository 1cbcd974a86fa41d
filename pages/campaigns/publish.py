"""Publish: the result as tables in a warehouse, and what stands there now."""

import streamlit as st

from ui.components import elements, errors
from ui.data import results, session_upload
from ui.state.app_state import get_state
from ui.views import publish, result_header

state = get_state()
found = results.get_segmentation(state)
result_header.render_result_header(state, found.training, found.k)
st.caption(
    "Publishing writes the result into a database that others read: dashboards, dbt and campaign tools then use the "
    "same segments. Readers see the old result or the new one, never half of each."
)
to = publish.get_target_address()
if to:
    with errors.error_boundary():
        publish.show_job(to)
    elements.render_heading("What is published", "What others read there now; looked up at most once a minute.")
    stands = False
    with errors.error_boundary():
        stands = publish.show_published(to, found.run_id)
    elements.render_heading(
        "The result on these pages",
        "It is published; doing so again changes nothing."
        if stands
        else "Publish it, and others read it from then on.",
    )
    with errors.error_boundary():
        session_upload.render_retention_notice(state.sales)
        publish.render_publish_form(to, found, stands=stands)
