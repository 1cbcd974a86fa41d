"""What the Saved runs page says and does: the shelf, one run on it, and what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui.data import results as cached
from ui.sidebar import saved_run_picker as opened
from ui.components import common as parts
from segmentation import charts
from segmentation.charts import numbers
from segmentation.errors import SegmentationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from segmentation.runs.catalog import Kept
    from segmentation.analysis.run_comparison import Changes

TOLD = "saved_runs_told"
ASKED = "delete_asked"
MOST_ROWS = 30


def shelf() -> list[Kept]:
    """Every saved run, the latest first."""
    from segmentation.runs.catalog import stamp

    folder = cached.models_folder()
    return _shelf(str(folder), stamp(folder))


def overview(kept: Sequence[Kept]) -> pd.DataFrame:
    """One row per saved run, as text."""
    rows = []
    for entry in kept:
        run, name = entry.run, parts.plain(entry.name)
        if run is None:
            what = ("\u2013", f"damaged: {parts.plain(entry.problem)}")
        else:
            known = "customers" in run.segments
            customers = f", {numbers.count(run.segments['customers'].sum())} customers" if known else ""
            what = (f"{run.k}{customers}", parts.plain(f"{run.source_name}, as of {run.window['as_of']}"))
        rows.append(
            {
                "Run": f"**{name}** (current)" if entry.is_current else name,
                "Segments": what[0],
                "Sales data": what[1],
                "Made": parts.plain(entry.created[:16].replace("T", " ")),
            }
        )
    return pd.DataFrame(rows)


def choose(label: str, kept: Sequence[Kept], *, key: str) -> Kept:
    """One of the runs, by its name."""
    by_id = {entry.run_id: entry for entry in kept}
    if st.session_state.get(key) not in by_id:
        st.session_state.pop(key, None)
    options = {run_id: _option(entry) for run_id, entry in by_id.items()}
    parts.relabelled(key, options)
    run_id = st.selectbox(label, list(options), format_func=options.__getitem__, key=key, persist_state="session")
    return by_id.get(run_id, kept[0])


def actions(entry: Kept, is_open: bool) -> None:
    """Open, make current, rename, delete; what came of it is told at the next view."""
    from segmentation.runs.catalog import LABEL_LIMIT

    told = st.session_state.pop(TOLD, None)
    if told:
        (st.error if told[0] else st.success)(parts.plain(told[2]), title=parts.plain(told[1]))
    if entry.run is None:
        st.warning(
            "It cannot be opened or compared, only deleted.",
            title=f"This run is damaged: {parts.plain(entry.problem)}.",
            icon=":material/warning:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if entry.run is not None:
            if is_open:
                st.button("Close it", on_click=opened.leave, key="close_run", icon=":material/close:")
            else:
                st.button(
                    "Open it", on_click=opened.open_, args=(entry.run_id,), key="open_run", type="primary",
                    icon=":material/folder_open:", help="All pages then show this run as it was saved.",
                )  # fmt: skip
            if not entry.is_current:
                st.button(
                    "Make it current", on_click=_make_current, args=(entry,), key="make_current",
                    icon=":material/check_circle:",
                    help="The current run is the one that others use; later segments keep its names and colours.",
                )  # fmt: skip
        if st.session_state.get(ASKED) != entry.run_id:
            st.button(
                "Delete it", on_click=_ask, args=(entry.run_id,), key="delete_run", disabled=entry.is_current,
                icon=":material/delete:",
                help="The current run can be deleted after another one was made current." if entry.is_current
                else "You are asked once more.",
            )  # fmt: skip
    if st.session_state.get(ASKED) == entry.run_id and not entry.is_current:
        with st.container(border=True):
            st.markdown(f"**Delete {parts.plain(entry.name)} for good?** Nothing brings it back.")
            with st.container(horizontal=True):
                st.button("Yes, delete it", on_click=_delete, args=(entry,), key="delete_sure", type="primary")
                st.button("Keep it", on_click=_ask, args=(None,), key="delete_not")
    if is_open:
        st.info("It is open: all pages show this run as it was saved.", icon=":material/folder_open:")
        st.page_link("pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")
    with st.form(f"label_{entry.run_id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of this run", value=entry.label, max_chars=LABEL_LIMIT, key=f"label_text_{entry.run_id}",
            placeholder="Spring campaign", persist_state="session", width=320,
        )  # fmt: skip
        st.form_submit_button("Rename", on_click=_label, args=(entry.run_id,))
    st.caption(f"Run id: {parts.plain(entry.run_id)}. It stays the same, whatever the run is called.")


def changes(before: Kept, now: Kept) -> Changes:
    """What is different between two runs."""
    return _changes(str(cached.models_folder()), before.run_id, now.run_id, _digest(before), _digest(now))


def difference(found: Changes) -> None:
    """Who moved, and the settings that differ."""
    moves(found)
    st.header("Settings that differ", anchor=False)
    if found.settings.empty:
        st.caption("None: both runs have the same settings and the same data.")
    else:
        told = found.settings.map(lambda text: parts.plain(str(text)))
        told.columns = pd.Index(["Setting", "Before", "Now"])
        st.table(told, hide_index=True, border="horizontal", alt="Settings that differ between the two runs")


def moves(found: Changes) -> None:
    """Metrics, charts and tables of who moved."""
    theme = parts.theme()
    counts = found.counts
    with st.container(horizontal=True, gap="medium"):
        st.metric("Stayed", numbers.count(counts["stayed"]), help="Customers in the same segment in both runs.")
        st.metric("Moved", numbers.count(counts["moved"]), help="Customers in both runs, in another segment now.")
        st.metric("Joined", numbers.count(counts["joined"]), help="Customers who were not in the earlier run.")
        st.metric("Left", numbers.count(counts["left"]), help="Customers who are not in the later run.")
    if not found.comparable:
        st.info("Nobody is in both runs: they are of different customers.", icon=":material/info:")
    if counts["moved"] + counts["joined"] + counts["left"]:
        parts.heading(
            "Who moved where",
            "The largest groups of customers who are in another segment now. Money: their net sales in each run.",
        )
        parts.chart(charts.largest_moves(found.flows, theme), key="moves", numbers=_flows(found))
        parts.heading("Each segment before and now", "Customers of each segment in the two runs.")
        parts.chart(charts.before_and_now(found.segments, theme), key="before_now", numbers=_segments(found))
    else:
        st.success("Every customer is in the same segment in both runs.")


def _flows(found: Changes) -> pd.DataFrame:
    rows = found.flows.sort_values("customers", ascending=False, kind="stable").head(MOST_ROWS)
    names = {"From": rows["name_before"].map(parts.plain), "To": rows["name_now"].map(parts.plain)}
    return pd.DataFrame({**names, "Customers": rows["customers"].map(numbers.count), **_money(rows)})


def _segments(found: Changes) -> pd.DataFrame:
    table = found.segments
    counts = {f"Customers {when}": table[f"customers_{when}"].map(numbers.count) for when in ("before", "now")}
    return pd.DataFrame({"Segment": table["name"].map(parts.plain), **counts, **_money(table)})


def _money(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {f"Net sales {when}": rows[f"money_{when}"].map(numbers.cents) for when in ("before", "now")}


def _option(entry: Kept) -> str:
    marks = [mark for mark, there in (("current", entry.is_current), ("damaged", entry.run is None)) if there]
    return f"{entry.name} ({', '.join(marks)})" if marks else entry.name


def _digest(entry: Kept) -> str:
    return "" if entry.run is None else entry.run.files["customer_segments.csv"]


def _ask(run_id: str | None) -> None:
    st.session_state[ASKED] = run_id


def _try(work: Callable[[], object], title: str, text: str) -> None:
    try:
        work()
        st.session_state[TOLD] = (False, title, text)
    except SegmentationError as error:
        st.session_state[TOLD] = (True, error.sentence, error.hint)


def _make_current(entry: Kept) -> None:
    from segmentation.runs import catalog as shelf

    _try(
        lambda: shelf.make_current(cached.models_folder(), entry.run_id),
        f"{entry.name} is the current run now",
        "Later segments keep its names and colours.",
    )


def _delete(entry: Kept) -> None:
    from segmentation.runs import catalog as shelf

    st.session_state[ASKED] = None
    if st.session_state.get(opened.RUN) == entry.run_id:
        opened.leave()
    if entry.run is not None:
        cached.forget(opened.from_saved(entry.run, "It is deleted."))
    _try(lambda: shelf.delete_run(cached.models_folder(), entry.run_id), f"{entry.name} is deleted", "It is gone.")


def _label(run_id: str) -> None:
    from segmentation.runs import catalog as shelf

    text = str(st.session_state.get(f"label_text_{run_id}") or "")
    _try(lambda: shelf.label_run(cached.models_folder(), run_id, text), "Renamed", "The run id stays the same.")


@st.cache_resource(max_entries=4, show_spinner=False)
def _shelf(folder: str, stamp: str) -> list[Kept]:
    from segmentation.runs import catalog as shelf

    return shelf.shelf(cached.models_folder())


@st.cache_resource(max_entries=16, ttl="12h", show_spinner="Comparing the two runs")
def _changes(folder: str, before: str, now: str, list_before: str, list_now: str) -> Changes:
    from segmentation.runs.load import open_run
    from segmentation.analysis import run_comparison as changes

    runs = [open_run(cached.models_folder(), run_id) for run_id in (before, now)]
    return changes.changes(*runs)
