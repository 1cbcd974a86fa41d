"""Publish: the result as tables in a warehouse, and what stands there now."""

import streamlit as st

from ui.data import results as cached, session_upload as uploads
from ui.components import common as parts
from ui.views import publish as publishing
from ui.state.app_state import current

state = current()
found = cached.segmentation(state)
parts.in_use(state, found.training, found.k)
st.caption(
    "Publishing writes the result into a database that others read: dashboards, dbt and campaign tools then use the "
    "same segments. Readers see the old result or the new one, never half of each."
)
to = publishing.address()
if to:
    with parts.problems():
        publishing.follow(to)
    parts.heading("What is published", "What others read there now; looked up at most once a minute.")
    stands = False
    with parts.problems():
        stands = publishing.standing(to, found.run_id)
    parts.heading(
        "The result on these pages",
        "It is published; doing so again changes nothing."
        if stands
        else "Publish it, and others read it from then on.",
    )
    with parts.problems():
        uploads.caution(state.sales)
        publishing.offer(to, found, stands=stands)
