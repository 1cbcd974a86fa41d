"""Movement: who moved between two days, rebuilt from the sales' own history."""

import streamlit as st

from ui.components import elements
from ui.data import results
from ui.state.app_state import get_state
from ui.views import migration, result_header, saved_runs

state = get_state()
training, k = results.get_training(state), results.get_segmentation(state).k
result_header.render_result_header(state, training, k)
earlier = migration.render_date_picker(training)
found = migration.get_migration(state, k, earlier)

st.markdown(migration.describe_retention(found))
st.caption(migration.describe_method(found))
saved_runs.render_flows(found.changes)
elements.render_heading("How each segment's figures moved", "The middle customer of each segment, then and now.")
st.table(
    migration.build_median_table(found),
    hide_index=True,
    border="horizontal",
    alt="The medians of each segment, before and now",
)
