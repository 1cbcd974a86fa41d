"""Saved runs: open, rename, compare, delete."""

import streamlit as st

from segmentation.presentation.markdown import escape_markdown
from ui.components import elements, errors
from ui.data import run_catalog
from ui.state.app_state import get_state
from ui.views import model_comparison, run_difference, run_monitoring, saved_runs

state = get_state()
entries = run_catalog.list_entries()

if not entries:
    st.info(
        "No saved runs yet. Save a result to see it here.",
        icon=":material/info:",
    )
    st.page_link("app_pages/campaigns/export.py", label="Save result", icon=":material/save:")
    st.stop()

st.caption(
    "A saved run stores the segments, your edits, and each customer's segment. "
    "The current run is the one others use; new results keep its segment names and colors."
)
st.table(saved_runs.build_run_table(entries), hide_index=True, border="horizontal", alt="Saved runs, latest first")

elements.render_heading("Manage a run", "Open, rename, set as current, or delete.")
selected = saved_runs.select_run("Run", entries, key="chosen_run")
saved_runs.render_actions(selected, is_open=state.open_run_id == selected.run_id)
if selected.run is not None:
    run_monitoring.render_decision(selected.run)
    run_monitoring.render_drift(selected.run)

others = [entry for entry in entries if entry.run is not None and entry.run_id != selected.run_id]
if selected.run is not None and others:
    elements.render_heading("What changed", f"From an earlier run to {escape_markdown(selected.name)}.")
    previous = [entry for entry in others if (entry.created, entry.run_id) < (selected.created, selected.run_id)]
    before = saved_runs.select_run(
        "Compare with",
        [*previous, *(entry for entry in others if entry not in previous)],
        key=f"before_{selected.run_id}",
    )
    with errors.error_boundary():
        run_difference.render_run_difference(run_catalog.compare_runs(before, selected))
    if before.run is not None and not state.missing_reason:
        model_comparison.render_run_comparison(state, before, selected)
elif selected.run is not None:
    st.caption("Comparing needs two runs that can be opened.")
