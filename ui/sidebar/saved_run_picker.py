"""A saved run that is open: the pages show it instead of a new result; its id stands in the address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from segmentation.errors import AmbiguousFormatError, RunError, SegmentationError, SourceError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import UPLOAD, SalesSettings, redact_upload_token
from ui.data import results, session_upload, sources
from ui.sidebar import model_controls
from ui.state import url_binding, widget_defaults, widget_labels
from ui.state.app_state import KEY, SAVED, YOUR_FILE, AppState, are_paths_allowed, get_configured_sources

if TYPE_CHECKING:
    from segmentation.runs.load import SavedRun
    from ui.data.session_upload import Upload

RUN = "run"
"""Key of the list of saved runs, and its name in the address."""
NONE = "none"
PAGES_WITHOUT_SALES = {"upload", "choose_k", "segments", "export", "publish", "runs", "glossary"}
"""The pages that need no more than what is saved of a run."""


def render_saved_run_picker() -> AppState | None:
    """Draw the list of saved runs, if there are any; the state of the one that is open, None where none is."""
    from segmentation.runs.catalog import read_labels
    from segmentation.runs.load import open_run

    names = read_labels(results.get_models_folder())
    if st.query_params.get(RUN, NONE) not in (NONE, *names):
        st.sidebar.warning("The saved run of this link is not here any more.", icon=":material/info:")
        st.query_params.pop(RUN, None)
    if not names:
        return None
    box = st.sidebar.container()
    shown = {NONE: NONE} | {run_id: _format_run_label(run_id, label) for run_id, label in names.items()}
    widget_labels.refresh_labels(RUN, shown)
    url_binding.read_url_choice(RUN, RUN, dict(zip(shown, shown, strict=True)))
    run_id = st.sidebar.selectbox(
        "Saved run",
        list(shown),
        format_func=lambda run_id: shown.get(run_id, run_id),
        key=RUN,
        persist_state="session",
        help="Show a result as it was saved. 'none': make one from the settings above.",
    )
    url_binding.write_url_choice(RUN, RUN, run_id if run_id in names else NONE, NONE)
    if run_id not in names:
        return None
    run = open_run(results.get_models_folder(), run_id)
    for name in (
        "source",
        *widget_defaults.get_widget_defaults(),
    ):  # the run's own settings count, not those of the link
        with suppress(StreamlitAPIException):  # of the view before: goes by itself
            st.query_params.pop(name, None)
    with box:
        return _build_state(run)


def _format_run_label(run_id: str, label: str) -> str:
    """A run's label and the day on which it was made; its id where it has no label.

    >>> _format_run_label("20260105T120000Z-ab12cd34", "Spring"), _format_run_label("20260105T120000Z-ab12cd34", "")
    ('Spring (5 January 2026)', '20260105T120000Z-ab12cd34')
    """
    with suppress(ValueError):
        made = formatting.format_date(datetime.strptime(run_id[:8], "%Y%m%d").date())
        return f"{label} ({made})" if label else run_id
    return label or run_id


def close_run(**settings: object) -> None:
    """For a button: close the open run, and put its settings into the sidebar, `settings` before them."""
    state = st.session_state.get(KEY)
    st.session_state[RUN] = NONE
    if not isinstance(state, AppState) or state.open_run_id is None or state.missing_reason:
        return
    values = model_controls.get_widget_values(state.get_run_settings, state.version)
    if state.source in get_configured_sources():
        values["source"] = state.source
    elif session_upload.is_private(state.sales):
        values["source"] = YOUR_FILE
    values[model_controls.UPLOAD_CATEGORIES] = session_upload.is_private(state.sales)
    for key, value in (values | settings).items():
        st.session_state[key] = value


def open_run(run_id: str) -> None:
    """For a button: show a saved run from now on."""
    st.session_state[RUN] = run_id


def _build_state(run: SavedRun) -> AppState:
    st.markdown("**A saved run is shown**")
    try:
        source, sales = _resolve_sales(run)
        version = sources.get_version(sales)
        table = results.get_customers(sales, version)
    except AmbiguousFormatError:
        raise
    except SegmentationError as error:  # nothing is lost: the run has numbers of its own
        st.caption(_summarize_run(run, run.source_name))
        st.caption("Its sales are not here: this is what was saved of it.")
        st.button("Close it", on_click=close_run, key="leave_run", width="stretch")
        return build_saved_state(run, error.message)
    as_of = date.fromisoformat(str(run.window["as_of"]))
    if table.window.as_of != as_of:  # lines were added since: leave them out
        sales = replace(sales, as_of=as_of)
    lines = results.get_customers(sales, version).reconciliation.lines_accepted
    if lines != run.lines.get("lines_used"):
        now, then = formatting.format_count(lines), formatting.format_count(run.lines["lines_used"])
        st.caption(f"The sales have changed since it was saved: {now} lines now, {then} then.")
    st.caption(_summarize_run(run, source))
    st.button("Close it and change its settings", on_click=close_run, key="leave_run", width="stretch")
    return AppState(
        source=source, version=version, sales=sales, model=run.settings.model, k=run.k, open_run_id=run.run_id
    )


def build_saved_state(run: SavedRun, why: str) -> AppState:
    """The state in which a run is shown from what was saved of it."""
    sales = replace(run.settings.sales, source=f"{SAVED}{run.run_id}")
    return AppState(
        source=run.source_name,
        version=run.run_id,
        sales=sales,
        model=run.settings.model,
        k=run.k,
        open_run_id=run.run_id,
        missing_reason=why,
    )


def _summarize_run(run: SavedRun, source: str) -> str:
    labels = ", ".join(
        results.get_feature_registry()[name].label.lower()
        for name in run.features
        if name in results.get_feature_registry()
    )
    return escape_markdown(f"{source}, as of {run.window['as_of']}: {run.k} segments by {labels}.")


def render_missing_sales_banner(state: AppState, page: str) -> bool:
    """Above a page: where the open run's sales are not here, say what is shown instead and how to get the rest.

    False: the page is made from the sales themselves and cannot be shown.
    """
    if not state.missing_reason or page in ("upload", "glossary"):
        return True
    found = results.get_segmentation(state)
    rest = "what they buy, how they move, single customers, other settings"
    if _is_file(found.training.table.settings):
        again = f"hand the file over again, under the same name ({escape_markdown(state.source)})."
    else:
        again = "they are shown with it as soon as they can be read again."
    st.info(
        f"Segments, figures, scores and the list of customers are as they were saved on {formatting.format_date(found.created)}. "
        f"The rest needs the sales ({rest}): {again}",
        title=f"This is a saved result without its sales. {escape_markdown(state.missing_reason)}",
        icon=":material/inventory_2:",
    )
    if _is_file(found.training.table.settings):
        st.page_link("pages/data/upload.py", label="Hand the file over", icon=":material/upload_file:")
    if page in PAGES_WITHOUT_SALES:
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


def render_upload_prompt(upload: Upload | None) -> None:
    """On the page for files: that the open run waits for its file, or is shown with the one that is here."""
    from segmentation.runs.load import open_run

    asked = st.session_state.get(RUN, st.query_params.get(RUN, NONE))
    try:
        run = None if asked == NONE else open_run(results.get_models_folder(), str(asked))
    except RunError:
        return
    if run is None or not _is_file(run.settings.sales):
        return
    if upload is None:
        st.info(
            f"A saved run is open that was made from {escape_markdown(run.source_name)}. Hand that file over here, and "
            "everything is shown with it again, read as it was then.",
            icon=":material/inventory_2:",
        )
    elif run.settings.sales.source == redact_upload_token(upload.uri):
        st.success("The saved run that is open is shown with this file again.", icon=":material/check_circle:")
        st.page_link("pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")


def _is_file(sales: SalesSettings) -> bool:
    return sales.source.startswith(UPLOAD)


def _resolve_sales(run: SavedRun) -> tuple[str, SalesSettings]:
    """What the run's sales are called here, and how they are reached."""
    sales, upload = run.settings.sales, session_upload.get_current_upload()
    if upload is not None and sales.source == redact_upload_token(upload.uri):  # the visitor's file of that name
        return upload.name, replace(sales, source=upload.uri)
    return _resolve_source(sales.source, run.source_name), sales


def _resolve_source(uri: str, name: str) -> str:
    """What the run's sales are called here. A run may name a file that this server does not offer to visitors."""
    for offered, address in get_configured_sources().items():
        if address == uri:
            return offered
    if are_paths_allowed() and ":" not in uri:
        return sources.get_source_name(uri)
    if uri.startswith(UPLOAD):
        raise SourceError(f"The file {name} was handed over in a visit that has ended.")
    raise SourceError(f"The sales {name} are not offered here.")
