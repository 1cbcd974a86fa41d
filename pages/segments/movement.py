"""Movement: who moved between two days, rebuilt from the sales' own history."""

import streamlit as st

from ui.data import results as cached
from ui.views import migration as movement, saved_runs
from ui.components import common as parts
from ui.state.app_state import current

state = current()
training, k = cached.training(state), cached.segmentation(state).k
parts.in_use(state, training, k)
earlier = movement.choose_day(training)
found = movement.since(state, k, earlier)

st.markdown(movement.told(found))
st.caption(movement.counted(found))
saved_runs.moves(found.changes)
parts.heading("How each segment's figures moved", "The middle customer of each segment, then and now.")
st.table(
    movement.figures(found), hide_index=True, border="horizontal", alt="The medians of each segment, before and now"
)
