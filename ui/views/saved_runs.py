"""Sections of the Saved runs page: the list, and actions on one run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.runs import catalog
from ui.data import results
from ui.sidebar import saved_run_picker
from ui.state import page_requests, widget_labels, widget_values
from ui.state.button_actions import render_action_button

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from segmentation.runs.catalog import RunEntry

MESSAGE_KEY = "saved_runs_message"
CONFIRM_KEY = "delete_confirmation"


def build_run_table(entries: Sequence[RunEntry]) -> pd.DataFrame:
    """One row per saved run, as text."""
    rows = []
    for entry in entries:
        run, name = entry.run, escape_markdown(entry.name)
        if run is None:
            summary = ("\u2013", f"damaged: {escape_markdown(entry.problem)}")
        else:
            known = "customers" in run.segments
            customers = f" ({formatting.format_count(run.segments['customers'].sum())} customers)" if known else ""
            sales_data = f"{run.source_name}, as of {formatting.format_date(run.as_of)}"
            summary = (f"{run.k}{customers}", escape_markdown(sales_data))
        rows.append(
            {
                "Run": f"**{name}** (current)" if entry.is_current else name,
                "Segments": summary[0],
                "Sales data": summary[1],
                "Created": formatting.format_timestamp(entry.created) if entry.created else "",
            }
        )
    return pd.DataFrame(rows)


def select_run(label: str, entries: Sequence[RunEntry], *, key: str) -> RunEntry:
    """One of the runs, by its name."""
    by_id = {entry.run_id: entry for entry in entries}
    widget_values.drop_unavailable_value(key, by_id)
    options = build_run_options(entries)
    widget_labels.refresh_labels(key, options)
    run_id = st.selectbox(label, list(options), format_func=options.__getitem__, key=key, persist_state="session")
    return by_id.get(run_id, entries[0])


def render_actions(entry: RunEntry, is_open: bool) -> None:
    """Open, set as current, rename, delete; the outcome is shown in the next script run."""
    render_outcome()
    if entry.run is None:
        st.warning(
            "It can only be deleted.",
            title=f"This run is damaged: {escape_markdown(entry.problem)}.",
            icon=":material/warning:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if entry.run is not None:
            if is_open:
                st.button("Close", on_click=saved_run_picker.close_saved_run, key="close_run", icon=":material/close:")
            else:
                render_action_button(
                    "Open",
                    saved_run_picker.open_saved_run,
                    entry.run_id,
                    key="open_run",
                    type="primary",
                    icon=":material/folder_open:",
                    help="Show this run as saved on all pages.",
                )
            if not entry.is_current:
                render_action_button(
                    "Set as current",
                    set_as_current,
                    entry,
                    key="make_current",
                    icon=":material/check_circle:",
                    help="The current run is the one others use; new results keep its segment names and colors.",
                )
        if page_requests.get_request(CONFIRM_KEY) != entry.run_id:
            render_action_button(
                "Delete",
                page_requests.set_request,
                CONFIRM_KEY,
                entry.run_id,
                key="delete_run",
                disabled=entry.is_current,
                icon=":material/delete:",
                help="To delete the current run, first set another one as current."
                if entry.is_current
                else "You will be asked to confirm.",
            )
    if page_requests.get_request(CONFIRM_KEY) == entry.run_id and not entry.is_current:
        _render_delete_confirmation(entry)
    if is_open:
        st.info("This run is open: all pages show it as saved.", icon=":material/folder_open:")
        st.page_link("app_pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")
    _render_name_form(entry)


def _render_delete_confirmation(entry: RunEntry) -> None:
    with st.container(border=True):
        st.markdown(f"**Permanently delete {escape_markdown(entry.name)}?** This cannot be undone.")
        with st.container(horizontal=True):
            render_action_button("Delete permanently", _delete, entry, key="confirm_delete", type="primary")
            st.button("Cancel", on_click=page_requests.set_request, args=(CONFIRM_KEY, None), key="cancel_delete")


def _render_name_form(entry: RunEntry) -> None:
    with st.form(f"label_{entry.run_id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Run name",
            value=entry.label,
            max_chars=catalog.LABEL_LIMIT,
            key=f"label_text_{entry.run_id}",
            placeholder="Spring campaign",
            persist_state="session",
            width=320,
        )
        st.form_submit_button("Rename", on_click=_save_label, args=(entry.run_id,))
    st.caption(f"Run ID: {escape_markdown(entry.run_id)}. Renaming does not change it.")


def render_outcome() -> None:
    """The outcome of the last action, once."""
    message = page_requests.take_request(MESSAGE_KEY)
    if message:
        (st.error if message[0] else st.success)(escape_markdown(message[2]), title=escape_markdown(message[1]))


def build_run_options(entries: Sequence[RunEntry]) -> dict[str, str]:
    """Run id -> label of an option; equal ones get the end of the id, for a widget tells options apart by label."""
    labels = {entry.run_id: _format_option(entry) for entry in entries}
    counts = Counter(labels.values())
    return {run_id: f"{label} {run_id[-8:]}" if counts[label] > 1 else label for run_id, label in labels.items()}


def _format_option(entry: RunEntry) -> str:
    tags = [tag for tag, applies in (("current", entry.is_current), ("damaged", entry.run is None)) if applies]
    return f"{entry.name} ({', '.join(tags)})" if tags else entry.name


def _run_action(work: Callable[[], object], title: str, text: str) -> None:
    try:
        work()
        page_requests.set_request(MESSAGE_KEY, (False, title, text))
    except SegmentationError as error:
        page_requests.set_request(MESSAGE_KEY, (True, error.message, error.hint))


def set_as_current(entry: RunEntry) -> None:
    """Button callback: make a run the current one; the outcome is shown in the next script run."""
    _run_action(
        lambda: catalog.set_current_run(results.get_models_folder(), entry.run_id),
        f"{entry.name} is now the current run",
        "New results keep its segment names and colors.",
    )


def _delete(entry: RunEntry) -> None:
    page_requests.set_request(CONFIRM_KEY, None)
    if widget_values.get_widget_value(saved_run_picker.RUN) == entry.run_id:
        saved_run_picker.close_saved_run()
    if entry.run is not None:
        results.release_saved_run(saved_run_picker.build_saved_state(entry.run, "It has been deleted."))
    _run_action(
        lambda: catalog.delete_run(results.get_models_folder(), entry.run_id),
        f"{entry.name} was deleted",
        "The run and its files were removed.",
    )


def _save_label(run_id: str) -> None:
    text = str(widget_values.get_widget_value(f"label_text_{run_id}") or "")
    _run_action(
        lambda: catalog.label_run(results.get_models_folder(), run_id, text), "Renamed", "The run ID stays the same."
    )
