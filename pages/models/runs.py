"""Saved runs: what is saved, open it, name it, and what changed from one to the next."""

import streamlit as st

from ui.components import common as parts
from ui.views import saved_runs
from ui.state.app_state import current

state = current()
kept = saved_runs.shelf()

if not kept:
    st.info(
        "Nothing is saved yet. Choose segments you like and save the result; it then stands here.",
        icon=":material/info:",
    )
    st.page_link("pages/campaigns/export.py", label="Save the result", icon=":material/save:")
    st.stop()

st.caption(
    "A saved run keeps the segments, the names you gave, and who was in them. "
    "The current one is what others use, and later segments keep its names and colours."
)
st.table(saved_runs.overview(kept), hide_index=True, border="horizontal", alt="The saved runs, the latest first")

parts.heading("One run", "Open it, call it something, make it the current one, or delete it.")
chosen = saved_runs.choose("Run", kept, key="chosen_run")
saved_runs.actions(chosen, is_open=state.opened == chosen.run_id)

others = [entry for entry in kept if entry.run is not None and entry.run_id != chosen.run_id]
if chosen.run is None or not others:
    st.caption("To see what changed, two runs are needed that can be opened." if chosen.run else "")
    st.stop()
parts.heading("What changed", f"From an earlier run to {parts.plain(chosen.name)}.")
earlier = [entry for entry in others if (entry.created, entry.run_id) < (chosen.created, chosen.run_id)]
before = saved_runs.choose(
    "Compare with", [*earlier, *(entry for entry in others if entry not in earlier)], key=f"before_{chosen.run_id}"
)
with parts.problems():
    saved_runs.difference(saved_runs.changes(before, chosen))
