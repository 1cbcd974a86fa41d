"""What the Saved runs page says and does: the shelf, one run on it, and what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation import charts
from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results
from ui.sidebar import saved_run_picker
from ui.state import widget_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from segmentation.analysis.run_comparison import RunComparison
    from segmentation.runs.catalog import RunEntry

MESSAGE_KEY = "saved_runs_told"
CONFIRM_KEY = "delete_asked"
MAX_TABLE_ROWS = 30


def list_entries() -> list[RunEntry]:
    """Every saved run, the latest first."""
    from segmentation.runs.catalog import compute_fingerprint

    folder = results.get_models_folder()
    return _get_entries(str(folder), compute_fingerprint(folder))


def build_run_table(kept: Sequence[RunEntry]) -> pd.DataFrame:
    """One row per saved run, as text."""
    rows = []
    for entry in kept:
        run, name = entry.run, escape_markdown(entry.name)
        if run is None:
            what = ("\u2013", f"damaged: {escape_markdown(entry.problem)}")
        else:
            known = "customers" in run.segments
            customers = f", {formatting.format_count(run.segments['customers'].sum())} customers" if known else ""
            what = (f"{run.k}{customers}", escape_markdown(f"{run.source_name}, as of {run.window['as_of']}"))
        rows.append(
            {
                "Run": f"**{name}** (current)" if entry.is_current else name,
                "Segments": what[0],
                "Sales data": what[1],
                "Made": escape_markdown(entry.created[:16].replace("T", " ")),
            }
        )
    return pd.DataFrame(rows)


def select_run(label: str, kept: Sequence[RunEntry], *, key: str) -> RunEntry:
    """One of the runs, by its name."""
    by_id = {entry.run_id: entry for entry in kept}
    if st.session_state.get(key) not in by_id:
        st.session_state.pop(key, None)
    options = {run_id: _format_option(entry) for run_id, entry in by_id.items()}
    widget_labels.refresh_labels(key, options)
    run_id = st.selectbox(label, list(options), format_func=options.__getitem__, key=key, persist_state="session")
    return by_id.get(run_id, kept[0])


def render_actions(entry: RunEntry, is_open: bool) -> None:
    """Open, make current, rename, delete; what came of it is told at the next view."""
    from segmentation.runs.catalog import LABEL_LIMIT

    told = st.session_state.pop(MESSAGE_KEY, None)
    if told:
        (st.error if told[0] else st.success)(escape_markdown(told[2]), title=escape_markdown(told[1]))
    if entry.run is None:
        st.warning(
            "It cannot be opened or compared, only deleted.",
            title=f"This run is damaged: {escape_markdown(entry.problem)}.",
            icon=":material/warning:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if entry.run is not None:
            if is_open:
                st.button("Close it", on_click=saved_run_picker.close_run, key="close_run", icon=":material/close:")
            else:
                st.button(
                    "Open it",
                    on_click=saved_run_picker.open_run,
                    args=(entry.run_id,),
                    key="open_run",
                    type="primary",
                    icon=":material/folder_open:",
                    help="All pages then show this run as it was saved.",
                )
            if not entry.is_current:
                st.button(
                    "Make it current",
                    on_click=_make_current,
                    args=(entry,),
                    key="make_current",
                    icon=":material/check_circle:",
                    help="The current run is the one that others use; later segments keep its names and colors.",
                )
        if st.session_state.get(CONFIRM_KEY) != entry.run_id:
            st.button(
                "Delete it",
                on_click=_set_confirmation,
                args=(entry.run_id,),
                key="delete_run",
                disabled=entry.is_current,
                icon=":material/delete:",
                help="The current run can be deleted after another one was made current."
                if entry.is_current
                else "You are asked once more.",
            )
    if st.session_state.get(CONFIRM_KEY) == entry.run_id and not entry.is_current:
        with st.container(border=True):
            st.markdown(f"**Delete {escape_markdown(entry.name)} for good?** Nothing brings it back.")
            with st.container(horizontal=True):
                st.button("Yes, delete it", on_click=_delete, args=(entry,), key="delete_sure", type="primary")
                st.button("Keep it", on_click=_set_confirmation, args=(None,), key="delete_not")
    if is_open:
        st.info("It is open: all pages show this run as it was saved.", icon=":material/folder_open:")
        st.page_link("pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")
    with st.form(f"label_{entry.run_id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of this run",
            value=entry.label,
            max_chars=LABEL_LIMIT,
            key=f"label_text_{entry.run_id}",
            placeholder="Spring campaign",
            persist_state="session",
            width=320,
        )
        st.form_submit_button("Rename", on_click=_save_label, args=(entry.run_id,))
    st.caption(f"Run id: {escape_markdown(entry.run_id)}. It stays the same, whatever the run is called.")


def get_comparison(before: RunEntry, now: RunEntry) -> RunComparison:
    """What is different between two runs."""
    return _compare_runs(
        str(results.get_models_folder()), before.run_id, now.run_id, _get_list_digest(before), _get_list_digest(now)
    )


def render_difference(found: RunComparison) -> None:
    """Who moved, and the settings that differ."""
    render_flows(found)
    st.header("Settings that differ", anchor=False)
    if found.settings.empty:
        st.caption("None: both runs have the same settings and the same data.")
    else:
        told = found.settings.map(lambda text: escape_markdown(str(text)))
        told.columns = pd.Index(["Setting", "Before", "Now"])
        st.table(told, hide_index=True, border="horizontal", alt="Settings that differ between the two runs")


def render_flows(found: RunComparison) -> None:
    """Metrics, charts and tables of who moved."""
    theme = elements.get_theme()
    counts = found.counts
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Stayed", formatting.format_count(counts["stayed"]), help="Customers in the same segment in both runs."
        )
        st.metric(
            "Moved", formatting.format_count(counts["moved"]), help="Customers in both runs, in another segment now."
        )
        st.metric(
            "Joined", formatting.format_count(counts["joined"]), help="Customers who were not in the earlier run."
        )
        st.metric("Left", formatting.format_count(counts["left"]), help="Customers who are not in the later run.")
    if not found.is_comparable:
        st.info("Nobody is in both runs: they are of different customers.", icon=":material/info:")
    if counts["moved"] + counts["joined"] + counts["left"]:
        elements.render_heading(
            "Who moved where",
            "The largest groups of customers who are in another segment now. Money: their net sales in each run.",
        )
        elements.render_chart(
            charts.plot_largest_flows(found.flows, theme), key="moves", numbers=_build_flow_table(found)
        )
        elements.render_heading("Each segment before and now", "Customers of each segment in the two runs.")
        elements.render_chart(
            charts.plot_segment_sizes(found.segments, theme), key="before_now", numbers=_build_segment_table(found)
        )
    else:
        st.success("Every customer is in the same segment in both runs.")


def _build_flow_table(found: RunComparison) -> pd.DataFrame:
    rows = found.flows.sort_values("customers", ascending=False, kind="stable").head(MAX_TABLE_ROWS)
    names = {
        "From": rows["name_before"].map(escape_markdown),
        "To": rows["name_now"].map(escape_markdown),
    }
    return pd.DataFrame({**names, "Customers": rows["customers"].map(formatting.format_count), **_format_money(rows)})


def _build_segment_table(found: RunComparison) -> pd.DataFrame:
    table = found.segments
    counts = {
        f"Customers {when}": table[f"customers_{when}"].map(formatting.format_count) for when in ("before", "now")
    }
    return pd.DataFrame({"Segment": table["name"].map(escape_markdown), **counts, **_format_money(table)})


def _format_money(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {f"Net sales {when}": rows[f"money_{when}"].map(formatting.format_amount) for when in ("before", "now")}


def _format_option(entry: RunEntry) -> str:
    marks = [mark for mark, there in (("current", entry.is_current), ("damaged", entry.run is None)) if there]
    return f"{entry.name} ({', '.join(marks)})" if marks else entry.name


def _get_list_digest(entry: RunEntry) -> str:
    return "" if entry.run is None else entry.run.files["customer_segments.csv"]


def _set_confirmation(run_id: str | None) -> None:
    st.session_state[CONFIRM_KEY] = run_id


def _run_action(work: Callable[[], object], title: str, text: str) -> None:
    try:
        work()
        st.session_state[MESSAGE_KEY] = (False, title, text)
    except SegmentationError as error:
        st.session_state[MESSAGE_KEY] = (True, error.message, error.hint)


def _make_current(entry: RunEntry) -> None:
    from segmentation.runs import catalog

    _run_action(
        lambda: catalog.set_current_run(results.get_models_folder(), entry.run_id),
        f"{entry.name} is the current run now",
        "Later segments keep its names and colors.",
    )


def _delete(entry: RunEntry) -> None:
    from segmentation.runs import catalog

    st.session_state[CONFIRM_KEY] = None
    if st.session_state.get(saved_run_picker.RUN) == entry.run_id:
        saved_run_picker.close_run()
    if entry.run is not None:
        results.release_saved_run(saved_run_picker.build_saved_state(entry.run, "It is deleted."))
    _run_action(
        lambda: catalog.delete_run(results.get_models_folder(), entry.run_id), f"{entry.name} is deleted", "It is gone."
    )


def _save_label(run_id: str) -> None:
    from segmentation.runs import catalog

    text = str(st.session_state.get(f"label_text_{run_id}") or "")
    _run_action(
        lambda: catalog.label_run(results.get_models_folder(), run_id, text), "Renamed", "The run id stays the same."
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _get_entries(folder: str, stamp: str) -> list[RunEntry]:
    from segmentation.runs import catalog

    return catalog.list_entries(results.get_models_folder())


@st.cache_resource(max_entries=16, ttl="12h", show_spinner="Comparing the two runs")
def _compare_runs(folder: str, before: str, now: str, list_before: str, list_now: str) -> RunComparison:
    from segmentation.analysis import run_comparison
    from segmentation.runs.load import open_run

    runs = [open_run(results.get_models_folder(), run_id) for run_id in (before, now)]
    return run_comparison.compare_runs(*runs)
