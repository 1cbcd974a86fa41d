"""One segment: what its customers are like, and the visitor's own words for it."""

import streamlit as st

from ui.data import results as cached
from ui.views import (
    segment_detail as closer,
    segment_trends as months,
    segment_header as one_segment,
    segment_editor as own_words,
)
from ui.components import common as parts
from ui.state.app_state import current

state = current()
base, found = cached.as_made(state), cached.segmentation(state)
segment = one_segment.choose(found)
parts.in_use(state, found.training, found.k)

one_segment.card(segment)
with st.expander("Make it yours: name, words and colour", key="own_words_box", icon=":material/edit:"):
    own_words.form(base, found, segment)
if own_words.of(base):
    st.info("Your words are kept for this visit. Save the result to keep them for good.", icon=":material/info:")
    st.page_link("pages/campaigns/export.py", label="Save the result", icon=":material/save:")

parts.heading(
    "Compared with all customers",
    "Middle values (medians): half of the customers are above, half below. 'More than' says how many of 100 customers "
    "have less than this segment's middle customer.",
)
st.table(
    one_segment.figures(found, segment, cached.offered(state)),
    hide_index=True,
    border="horizontal",
    alt="The segment's figures beside those of all customers",
)
closer.categories(state, segment)
months.trend(state, segment)
months.seasons(state, segment)
closer.discount(state, segment)
closer.demographics(state, segment)
closer.people(state, found, segment)
