"""A saved run that is open: the pages show it instead of a new result; its id stands in the address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui.data import results as cached, session_upload as uploads
from ui.sidebar import model_controls as choices
from ui.state import url_binding as linked
from ui.components import common as parts
from ui.state.app_state import KEY, SAVED, YOUR_FILE, AppState, configured_sources, paths_allowed
from segmentation.presentation import formatting as numbers
from segmentation.errors import QuestionError, RunError, SegmentationError, SourceError
from segmentation.settings import UPLOAD, SalesSettings, shareable

if TYPE_CHECKING:
    from ui.data.session_upload import Upload
    from segmentation.runs.load import SavedRun

RUN = "run"
"""Key of the list of saved runs, and its name in the address."""
NONE = "none"
FROM_SAVED = {"upload", "choose_k", "segments", "export", "publish", "runs", "glossary"}
"""The pages that need no more than what is saved of a run."""


def show() -> AppState | None:
    """Draw the list of saved runs, if there are any; the state of the one that is open, None where none is."""
    from segmentation.runs.load import open_run
    from segmentation.runs.catalog import labels

    names = labels(cached.models_folder())
    if st.query_params.get(RUN, NONE) not in (NONE, *names):
        st.sidebar.warning("The saved run of this link is not here any more.", icon=":material/info:")
        st.query_params.pop(RUN, None)
    if not names:
        return None
    box = st.sidebar.container()
    shown = {NONE: NONE} | {run_id: _called(run_id, label) for run_id, label in names.items()}
    parts.relabelled(RUN, shown)
    linked.take(RUN, RUN, dict(zip(shown, shown, strict=True)))
    run_id = st.sidebar.selectbox(
        "Saved run",
        list(shown),
        format_func=lambda run_id: shown.get(run_id, run_id),
        key=RUN,
        persist_state="session",
        help="Show a result as it was saved. 'none': make one from the settings above.",
    )
    linked.put(RUN, RUN, run_id if run_id in names else NONE, NONE)
    if run_id not in names:
        return None
    run = open_run(cached.models_folder(), run_id)
    for name in ("source", *choices.defaults()):  # the run's own settings count, not those of the link
        with suppress(StreamlitAPIException):  # of the view before: goes by itself
            st.query_params.pop(name, None)
    with box:
        return _state(run)


def _called(run_id: str, label: str) -> str:
    """A run's label and the day on which it was made; its id where it has no label.

    >>> _called("20260105T120000Z-ab12cd34", "Spring"), _called("20260105T120000Z-ab12cd34", "")
    ('Spring (5 January 2026)', '20260105T120000Z-ab12cd34')
    """
    with suppress(ValueError):
        made = numbers.day(datetime.strptime(run_id[:8], "%Y%m%d").date())
        return f"{label} ({made})" if label else run_id
    return label or run_id


def leave(**settings: object) -> None:
    """For a button: close the open run, and put its settings into the sidebar, `settings` before them."""
    state = st.session_state.get(KEY)
    st.session_state[RUN] = NONE
    if not isinstance(state, AppState) or state.opened is None or state.missing:
        return
    values = choices.values_of(state.run, state.version)
    if state.source in configured_sources():
        values["source"] = state.source
    elif uploads.private(state.sales):
        values["source"] = YOUR_FILE
    values[choices.OF_OWN_FILE] = uploads.private(state.sales)
    for key, value in (values | settings).items():
        st.session_state[key] = value


def open_(run_id: str) -> None:
    """For a button: show a saved run from now on."""
    st.session_state[RUN] = run_id


def _state(run: SavedRun) -> AppState:
    st.markdown("**A saved run is shown**")
    try:
        source, sales = _sales(run)
        version = cached.version(sales)
        table = cached.customers(sales, version)
    except QuestionError:
        raise
    except SegmentationError as error:  # nothing is lost: the run has numbers of its own
        st.caption(_what(run, run.source_name))
        st.caption("Its sales are not here: this is what was saved of it.")
        st.button("Close it", on_click=leave, key="leave_run", width="stretch")
        return from_saved(run, error.sentence)
    as_of = date.fromisoformat(str(run.window["as_of"]))
    if table.window.as_of != as_of:  # lines were added since: leave them out
        sales = replace(sales, as_of=as_of)
    lines = cached.customers(sales, version).balance.lines_used
    if lines != run.lines.get("lines_used"):
        now, then = numbers.count(lines), numbers.count(run.lines["lines_used"])
        st.caption(f"The sales have changed since it was saved: {now} lines now, {then} then.")
    st.caption(_what(run, source))
    st.button("Close it and change its settings", on_click=leave, key="leave_run", width="stretch")
    return AppState(source=source, version=version, sales=sales, model=run.settings.model, k=run.k, opened=run.run_id)


def from_saved(run: SavedRun, why: str) -> AppState:
    """The state in which a run is shown from what was saved of it."""
    sales = replace(run.settings.sales, source=f"{SAVED}{run.run_id}")
    return AppState(
        source=run.source_name, version=run.run_id, sales=sales, model=run.settings.model, k=run.k, opened=run.run_id,
        missing=why,
    )  # fmt: skip


def _what(run: SavedRun, source: str) -> str:
    labels = ", ".join(cached.registry()[name].label.lower() for name in run.features if name in cached.registry())
    return parts.plain(f"{source}, as of {run.window['as_of']}: {run.k} segments by {labels}.")


def whole(state: AppState, page: str) -> bool:
    """Above a page: where the open run's sales are not here, say what is shown instead and how to get the rest.

    False: the page is made from the sales themselves and cannot be shown.
    """
    if not state.missing or page in ("upload", "glossary"):
        return True
    found = cached.segmentation(state)
    rest = "what they buy, how they move, single customers, other settings"
    if _is_file(found.training.table.settings):
        again = f"hand the file over again, under the same name ({parts.plain(state.source)})."
    else:
        again = "they are shown with it as soon as they can be read again."
    st.info(
        f"Segments, figures, scores and the list of customers are as they were saved on {numbers.day(found.created)}. "
        f"The rest needs the sales ({rest}): {again}",
        title=f"This is a saved result without its sales. {parts.plain(state.missing)}",
        icon=":material/inventory_2:",
    )
    if _is_file(found.training.table.settings):
        st.page_link("pages/data/upload.py", label="Hand the file over", icon=":material/upload_file:")
    if page in FROM_SAVED:
        return True
    st.markdown("This page is made from the sales themselves. What was saved is on these:")
    for path, label, icon in (
        ("pages/segments/profiles.py", "Open Segments", "groups"),
        ("pages/segments/choose_k.py", "Open How many segments", "tune"),
        ("pages/campaigns/export.py", "Open Export", "download"),
        ("pages/models/runs.py", "Compare it with another run", "inventory_2"),
    ):
        st.page_link(path, label=label, icon=f":material/{icon}:")
    return False


def with_file(upload: Upload | None) -> None:
    """On the page for files: that the open run waits for its file, or is shown with the one that is here."""
    from segmentation.runs.load import open_run

    asked = st.session_state.get(RUN, st.query_params.get(RUN, NONE))
    try:
        run = None if asked == NONE else open_run(cached.models_folder(), str(asked))
    except RunError:
        return
    if run is None or not _is_file(run.settings.sales):
        return
    if upload is None:
        st.info(
            f"A saved run is open that was made from {parts.plain(run.source_name)}. Hand that file over here, and "
            "everything is shown with it again, read as it was then.",
            icon=":material/inventory_2:",
        )
    elif run.settings.sales.source == shareable(upload.uri):
        st.success("The saved run that is open is shown with this file again.", icon=":material/check_circle:")
        st.page_link("pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")


def _is_file(sales: SalesSettings) -> bool:
    return sales.source.startswith(UPLOAD)


def _sales(run: SavedRun) -> tuple[str, SalesSettings]:
    """What the run's sales are called here, and how they are reached."""
    sales, upload = run.settings.sales, uploads.mine()
    if upload is not None and sales.source == shareable(upload.uri):  # the visitor's file of that name
        return upload.name, replace(sales, source=upload.uri)
    return _source(sales.source, run.source_name), sales


def _source(uri: str, name: str) -> str:
    """What the run's sales are called here. A run may name a file that this server does not offer to visitors."""
    for offered, address in configured_sources().items():
        if address == uri:
            return offered
    if paths_allowed() and ":" not in uri:
        return cached.source_name(uri)
    if uri.startswith(UPLOAD):
        raise SourceError(f"The file {name} was handed over in a visit that has ended.")
    raise SourceError(f"The sales {name} are not offered here.")
