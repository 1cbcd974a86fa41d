"""Segment history: customers and net sales by segment at every month-end, and what changed between two of them."""

import streamlit as st

from ui.components import elements
from ui.data import results
from ui.data import segment_history as history_data
from ui.state.app_state import get_state
from ui.views import result_header
from ui.views import segment_history as history_view

state = get_state()
segmentation = results.get_segmentation(state)
result_header.render_result_header(state, results.get_training(state), segmentation.k)
key = results.get_result_key(state)
history = history_data.get_segment_history(key)
names = {**history.names, **segmentation.segment_names}

elements.render_heading(
    "Segments by month", "Each month-end counts the customers with a purchase in the window before it."
)
history_view.render_months(history, names)
if len(history.window.month_ends) < 2:
    st.info("Changes can be shown once there are two month-ends.", icon=":material/info:")
    st.stop()
elements.render_heading("What changed", "Both month-ends use the same model, so no change comes from retraining.")
ends = history_view.select_dates(history)
flows = history_data.get_flows(key, *ends)
history_view.render_changes(history, flows, names, ends)
elements.render_heading(
    "Flows", "Customers by their segment at the earlier month-end (left) and at the later one (right)."
)
history_view.render_flows(history, flows, names, ends)
elements.render_heading("Customers of a flow", "Sorted by net sales in the window, the most valuable first.")
history_view.render_lists(key, history, flows, names, ends)
