"""One segment: what its customers are like, and the visitor's own words for it."""

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
base, found = results.get_base_segmentation(state), results.get_segmentation(state)
segment = segment_header.select_segment(found)
result_header.render_result_header(state, found.training, found.k)

segment_header.render_header(segment)
with st.expander("Make it yours: name, words and color", key="own_words_box", icon=":material/edit:"):
    segment_editor.render_override_form(base, found, segment)
if segment_overrides.get_pending_overrides(base):
    st.info("Your words are kept for this visit. Save the result to keep them for good.", icon=":material/info:")
    st.page_link("pages/campaigns/export.py", label="Save the result", icon=":material/save:")

elements.render_heading(
    "Compared with all customers",
    "Middle values (medians): half of the customers are above, half below. 'More than' says how many of 100 customers "
    "have less than this segment's middle customer.",
)
st.table(
    segment_header.build_feature_table(found, segment, results.get_available_features(state)),
    hide_index=True,
    border="horizontal",
    alt="The segment's figures beside those of all customers",
)
segment_detail.render_categories(state, segment)
segment_trends.render_trend(state, segment)
segment_trends.render_seasonality(state, segment)
segment_detail.render_discount(state, segment)
segment_detail.render_demographics(state, segment)
segment_detail.render_members(state, found, segment)
