"""Sections of the Saved runs page: the list, actions on one run, comparison of two."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.runs import catalog
from ui.components import elements
from ui.data import results
from ui.sidebar import saved_run_picker
from ui.state import page_requests, widget_labels, widget_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from segmentation.analysis.run_comparison import RunComparison
    from segmentation.runs.catalog import RunEntry

MESSAGE_KEY = "saved_runs_message"
CONFIRM_KEY = "delete_confirmation"
MAX_TABLE_ROWS = 30


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
            as_of = formatting.format_date(date.fromisoformat(str(run.window["as_of"])))
            summary = (f"{run.k}{customers}", escape_markdown(f"{run.source_name}, as of {as_of}"))
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
                st.button("Close", on_click=saved_run_picker.close_run, key="close_run", icon=":material/close:")
            else:
                st.button(
                    "Open",
                    on_click=saved_run_picker.open_run,
                    args=(entry.run_id,),
                    key="open_run",
                    type="primary",
                    icon=":material/folder_open:",
                    help="Show this run as saved on all pages.",
                )
            if not entry.is_current:
                st.button(
                    "Set as current",
                    on_click=set_as_current,
                    args=(entry,),
                    key="make_current",
                    icon=":material/check_circle:",
                    help="The current run is the one others use; new results keep its segment names and colors.",
                )
        if page_requests.get_request(CONFIRM_KEY) != entry.run_id:
            st.button(
                "Delete",
                on_click=page_requests.set_request,
                args=(CONFIRM_KEY, entry.run_id),
                key="delete_run",
                disabled=entry.is_current,
                icon=":material/delete:",
                help="To delete the current run, first set another one as current."
                if entry.is_current
                else "You will be asked to confirm.",
            )
    if page_requests.get_request(CONFIRM_KEY) == entry.run_id and not entry.is_current:
        with st.container(border=True):
            st.markdown(f"**Permanently delete {escape_markdown(entry.name)}?** This cannot be undone.")
            with st.container(horizontal=True):
                st.button("Delete permanently", on_click=_delete, args=(entry,), key="delete_sure", type="primary")
                st.button("Cancel", on_click=page_requests.set_request, args=(CONFIRM_KEY, None), key="delete_not")
    if is_open:
        st.info("This run is open: all pages show it as saved.", icon=":material/folder_open:")
        st.page_link("app_pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")
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


def render_difference(comparison: RunComparison) -> None:
    """Migration flows, and settings that differ."""
    before, now = comparison.window_days
    if before != now:
        st.warning(
            f"The earlier run covers {formatting.format_count(before)} days of sales, the later one "
            f"{formatting.format_count(now)}. Customers with the same habits have more orders over a longer window, so "
            "part of the difference is due to the length. Segment history recomputes the segments over windows of "
            "equal length.",
            icon=":material/warning:",
        )
        st.page_link("app_pages/segments/history.py", label="Open Segment history", icon=":material/moving:")
    _render_flows(comparison)
    st.header("Changed settings", anchor=False)
    if comparison.settings.empty:
        st.caption("None: both runs have the same settings and data.")
    else:
        differences = comparison.settings.map(lambda text: escape_markdown(str(text)))
        differences.columns = pd.Index(["Setting", "Before", "Now"])
        st.table(differences, hide_index=True, border="horizontal", alt="Changed settings between the two runs")


def _render_flows(comparison: RunComparison) -> None:
    """Metrics, charts and tables of migration flows."""
    theme = elements.get_theme()
    counts = comparison.counts
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Stayed", formatting.format_count(counts["stayed"]), help="Customers in the same segment in both runs."
        )
        st.metric(
            "Moved",
            formatting.format_count(counts["moved"]),
            help="Customers in both runs, in a different segment now.",
        )
        st.metric("Joined", formatting.format_count(counts["joined"]), help="Customers not in the earlier run.")
        st.metric("Lost", formatting.format_count(counts["left"]), help="Customers not in the later run.")
    if not comparison.is_comparable:
        st.info("The two runs have no customers in common.", icon=":material/info:")
    if counts["moved"] + counts["joined"] + counts["left"]:
        elements.render_heading(
            "Migration flows",
            "The largest groups of customers who changed segment, with their net sales in each run.",
        )
        elements.render_chart(
            charts.plot_largest_flows(comparison.flows, theme), key="moves", numbers=_build_flow_table(comparison)
        )
        elements.render_heading("Segment sizes before and now", "Customers of each segment in both runs.")
        elements.render_chart(
            charts.plot_segment_sizes(comparison.segments, theme),
            key="before_now",
            numbers=_build_segment_table(comparison),
        )
    else:
        st.success("Every customer is in the same segment in both runs.")


def _build_flow_table(comparison: RunComparison) -> pd.DataFrame:
    rows = comparison.flows.sort_values("customers", ascending=False, kind="stable").head(MAX_TABLE_ROWS)
    names = {
        "From": rows["name_before"].map(escape_markdown),
        "To": rows["name_now"].map(escape_markdown),
    }
    return pd.DataFrame({**names, "Customers": rows["customers"].map(formatting.format_count), **_format_money(rows)})


def _build_segment_table(comparison: RunComparison) -> pd.DataFrame:
    table = comparison.segments
    counts = {
        f"Customers {when}": table[f"customers_{when}"].map(formatting.format_count) for when in ("before", "now")
    }
    return pd.DataFrame({"Segment": table["name"].map(escape_markdown), **counts, **_format_money(table)})


def _format_money(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {f"Net sales {when}": rows[f"money_{when}"].map(formatting.format_amount) for when in ("before", "now")}


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
        saved_run_picker.close_run()
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
