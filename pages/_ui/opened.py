"""A saved run that is open: the pages show it instead of a new result; its id stands in the address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages._ui import cached, choices, parts, uploads
from pages._ui.state import KEY, YOUR_FILE, AppState, NoFileError, configured_sources, paths_allowed
from segmentation import numbers
from segmentation.errors import SourceError
from segmentation.settings import UPLOAD, shareable

if TYPE_CHECKING:
    from segmentation.delivery.saved import SavedRun

RUN = "run"
"""Key of the list of saved runs, and its name in the address."""
NONE = "none"


def show() -> AppState | None:
    """Draw the list of saved runs, if there are any; the state of the one that is open, None where none is."""
    from segmentation.delivery.saved import open_run
    from segmentation.delivery.shelf import run_ids

    ids = run_ids(cached.models_folder())
    asked = st.query_params.get(RUN, NONE)
    if asked not in (NONE, *ids):
        st.sidebar.warning("The saved run of this link is not here any more.", icon=":material/info:")
    if not ids:
        return None
    box = st.sidebar.container()
    run_id = st.sidebar.selectbox(
        "Saved run",
        [NONE, *ids],
        key=RUN,
        bind="query-params",
        help="Show a result as it was saved. 'none': make one from the settings above.",
    )
    if run_id not in ids:
        return None
    run = open_run(cached.models_folder(), run_id)
    for name in ("source", *choices.defaults()):  # the run's own settings count, not those of the link
        with suppress(StreamlitAPIException):  # of the view before: goes by itself
            st.query_params.pop(name, None)
    with box:
        return _state(run)


def leave(**settings: object) -> None:
    """For a button: close the open run, and put its settings into the sidebar, `settings` before them."""
    state = st.session_state.get(KEY)
    st.session_state[RUN] = NONE
    if not isinstance(state, AppState) or state.opened is None:
        return
    values = choices.values_of(state.run, state.version)
    if state.source in configured_sources():
        values["source"] = state.source
    elif uploads.private(state.sales):
        values["source"] = YOUR_FILE
    for key, value in (values | settings).items():
        st.session_state[key] = value


def open_(run_id: str) -> None:
    """For a button: show a saved run from now on."""
    st.session_state[RUN] = run_id


def _state(run: SavedRun) -> AppState:
    st.markdown("**A saved run is shown**")
    sales = run.settings.sales
    upload = uploads.mine()
    if upload is not None and sales.source == shareable(upload.uri):  # the visitor's file of that name
        sales, source = replace(sales, source=upload.uri), upload.name
    else:
        source = _source(sales.source, run.source_name)
    version = cached.version(sales)
    as_of = date.fromisoformat(str(run.window["as_of"]))
    if cached.customers(sales, version).window.as_of != as_of:  # lines were added since: leave them out
        sales = replace(sales, as_of=as_of)
    lines = cached.customers(sales, version).balance.lines_used
    if lines != run.lines.get("lines_used"):
        now, then = numbers.count(lines), numbers.count(run.lines["lines_used"])
        st.caption(f"The sales have changed since it was saved: {now} lines now, {then} then.")
    labels = ", ".join(cached.registry()[name].label.lower() for name in run.features if name in cached.registry())
    st.caption(f"{parts.plain(source)}, as of {as_of}: {run.k} segments by {labels}.")
    st.button("Close it and change its settings", on_click=leave, key="leave_run", width="stretch")
    return AppState(source=source, version=version, sales=sales, model=run.settings.model, k=run.k, opened=run.run_id)


def _source(uri: str, name: str) -> str:
    """What the run's sales are called here. A run may name a file that this server does not offer to visitors."""
    for offered, address in configured_sources().items():
        if address == uri:
            return offered
    if paths_allowed() and ":" not in uri:
        return cached.source_name(uri)
    if uri.startswith(UPLOAD):
        raise NoFileError(
            f"The file of this saved run ({name}) was handed over in a visit that has ended.",
            hint="Hand it over again to see everything, or choose 'none' under 'Saved run' in the sidebar. "
            "The page 'Saved runs' still shows what was saved.",
        )
    raise SourceError(
        f"The sales of this saved run ({name}) are not offered here.",
        hint="Choose 'none' under 'Saved run' in the sidebar. The page 'Saved runs' still shows what was saved.",
    )
