"""Segment details: one segment's customers, and edits of its name and text."""

import streamlit as st

from ui.components import elements
from ui.data import results
from ui.state import segment_overrides
from ui.state.app_state import get_state
from ui.views import (
    result_header,
    segment_detail,
    segment_editor,
    segment_header,
    segment_trends,
)

state = get_state()
base, segmentation = results.get_base_segmentation(state), results.get_segmentation(state)
segment = segment_header.select_segment(segmentation)
result_header.render_result_header(state, segmentation.training, segmentation.k)

segment_header.render_header(segment)
with st.expander("Edit name, description and color", key="edit_segment_box", icon=":material/edit:"):
    segment_editor.render_override_form(base, segmentation, segment)
if segment_overrides.get_pending_overrides(base):
    st.info("Your edits last for this session. Save the result to keep them.", icon=":material/info:")
    st.page_link("app_pages/campaigns/export.py", label="Save result", icon=":material/save:")

elements.render_heading(
    "Compared with all customers",
    "Medians. Percentile: the share of all customers below this segment's median."
    + elements.describe_precision(segmentation),
)
st.table(
    segment_header.build_feature_table(segmentation, segment, results.get_available_features(state)),
    hide_index=True,
    border="horizontal",
    alt="Medians of the segment and of all customers",
)
segment_detail.render_categories(state, segment)
segment_trends.render_trend(state, segment)
segment_trends.render_seasonality(state, segment)
segment_detail.render_discount(state, segment)
segment_detail.render_demographics(state, segment)
segment_detail.render_members(state, segmentation, segment)
