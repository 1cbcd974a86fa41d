"""Segment migration: how customers moved between segments since an earlier date, computed from the sales."""

import streamlit as st

from ui.components import elements
from ui.data import analysis, results
from ui.state.app_state import get_state
from ui.views import migration, result_header, saved_runs

state = get_state()
training, k = results.get_training(state), results.get_segmentation(state).k
result_header.render_result_header(state, training, k)
previous_date = migration.render_date_picker(training)
migrated = analysis.get_migration(state, k, previous_date)

st.markdown(migration.describe_retention(migrated))
st.caption(migration.describe_method(migrated))
saved_runs.render_flows(migrated.changes)
elements.render_heading("Change in medians", "Median of each segment, before and now.")
st.table(
    migration.build_median_table(migrated),
    hide_index=True,
    border="horizontal",
    alt="Medians of each segment, before and now",
)
