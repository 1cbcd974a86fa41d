"""Publish: write the result to warehouse tables, and show what is published."""

import streamlit as st

from ui.components import elements, errors
from ui.data import results, session_upload
from ui.state.app_state import get_state
from ui.views import publish, result_header

state = get_state()
segmentation = results.get_segmentation(state)
result_header.render_result_header(state, segmentation.training, segmentation.k)
st.caption(
    "Publishing writes the result to a database, so that dashboards, dbt and campaign tools use the same segments. "
    "Readers see the previous result until the new one is complete."
)
target = publish.get_target_address()
if target:
    with errors.error_boundary():
        publish.render_job_outcome(target)
    elements.render_heading("Published result", "What the tables contain now; refreshed at most once a minute.")
    is_published = False
    with errors.error_boundary():
        is_published = publish.render_published(target, segmentation.run_id)
    elements.render_heading(
        "Current result",
        "Already published; publishing it again changes only the forecast."
        if is_published
        else "Publish it to replace the published result.",
    )
    with errors.error_boundary():
        session_upload.render_retention_notice(state.sales)
        publish.render_publish_form(target, segmentation, results.get_result_key(state), is_published=is_published)
