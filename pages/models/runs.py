"""Saved runs: what is saved, open it, name it, and what changed from one to the next."""

import streamlit as st

from segmentation.presentation.markdown import escape_markdown
from ui.components import elements, errors
from ui.state.app_state import get_state
from ui.views import saved_runs

state = get_state()
kept = saved_runs.list_entries()

if not kept:
    st.info(
        "Nothing is saved yet. Choose segments you like and save the result; it then stands here.",
        icon=":material/info:",
    )
    st.page_link("pages/campaigns/export.py", label="Save the result", icon=":material/save:")
    st.stop()

st.caption(
    "A saved run keeps the segments, the names you gave, and who was in them. "
    "The current one is what others use, and later segments keep its names and colors."
)
st.table(saved_runs.build_run_table(kept), hide_index=True, border="horizontal", alt="The saved runs, the latest first")

elements.render_heading("One run", "Open it, call it something, make it the current one, or delete it.")
chosen = saved_runs.select_run("Run", kept, key="chosen_run")
saved_runs.render_actions(chosen, is_open=state.open_run_id == chosen.run_id)

others = [entry for entry in kept if entry.run is not None and entry.run_id != chosen.run_id]
if chosen.run is None or not others:
    st.caption("To see what changed, two runs are needed that can be opened." if chosen.run else "")
    st.stop()
elements.render_heading("What changed", f"From an earlier run to {escape_markdown(chosen.name)}.")
earlier = [entry for entry in others if (entry.created, entry.run_id) < (chosen.created, chosen.run_id)]
before = saved_runs.select_run(
    "Compare with", [*earlier, *(entry for entry in others if entry not in earlier)], key=f"before_{chosen.run_id}"
)
with errors.error_boundary():
    saved_runs.render_difference(saved_runs.get_comparison(before, chosen))
