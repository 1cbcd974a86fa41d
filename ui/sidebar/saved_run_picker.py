"""Opening a saved run: pages show it instead of a new result; its id is in the URL."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from segmentation.errors import AmbiguousFormatError, LoadConfirmationError, RunError, SegmentationError, SourceError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import UPLOAD, SalesSettings, redact_upload_token
from ui.data import pinned_versions, results, session_upload, sources
from ui.sidebar import model_controls, newer_sales
from ui.state import url_binding, widget_defaults, widget_labels, widget_values
from ui.state.app_state import SAVED, YOUR_FILE, AppState, are_paths_allowed, find_state, get_configured_sources

if TYPE_CHECKING:
    from segmentation.runs.load import SavedRun
    from ui.data.session_upload import Upload

RUN = "run"
"""Widget key of the saved run picker, and its query parameter."""
NONE = "none"
PAGES_WITHOUT_SALES = {"upload", "choose_k", "segments", "export", "campaigns", "publish", "runs", "glossary"}
"""Pages that work with a saved run alone."""


def render_saved_run_picker() -> AppState | None:
    """Render the picker if there are saved runs; returns the state of the open run, or None."""
    from segmentation.runs.catalog import read_labels
    from segmentation.runs.load import open_run

    names = read_labels(results.get_models_folder())
    if st.query_params.get(RUN, NONE) not in (NONE, *names):
        st.sidebar.warning("The saved run in this link no longer exists.", icon=":material/info:")
        st.query_params.pop(RUN, None)
    if not names:
        return None
    box = st.sidebar.container()
    shown = {NONE: "None"} | {run_id: _format_run_label(run_id, label) for run_id, label in names.items()}
    widget_labels.refresh_labels(RUN, shown)
    url_binding.read_url_choice(RUN, RUN, dict(zip(shown, shown, strict=True)))
    run_id = st.sidebar.selectbox(
        "Saved run",
        list(shown),
        format_func=lambda run_id: shown.get(run_id, run_id),
        key=RUN,
        persist_state="session",
        help="Show a saved result. None: compute one from the settings above.",
    )
    url_binding.write_url_choice(RUN, RUN, run_id if run_id in names else NONE, NONE)
    if run_id not in names:
        return None
    run = open_run(results.get_models_folder(), run_id)
    for name in ("source", *widget_defaults.get_widget_defaults()):  # the run's settings override those of the link
        with suppress(StreamlitAPIException):  # still bound to a widget of the previous run; removed with it
            st.query_params.pop(name, None)
    with box:
        return _build_state(run)


def _format_run_label(run_id: str, label: str) -> str:
    """A run's label and creation date; without a label, the date and the end of its id.

    >>> _format_run_label("20260105T120000Z-ab12cd34", "Spring"), _format_run_label("20260105T120000Z-ab12cd34", "")
    ('Spring (January 5, 2026)', 'January 5, 2026 (ab12cd34)')
    """
    with suppress(ValueError):
        created = formatting.format_date(datetime.strptime(run_id[:8], "%Y%m%d").date())
        return f"{label} ({created})" if label else f"{created} ({run_id.rpartition('-')[2]})"
    return label or run_id


def close_saved_run(**settings: object) -> None:
    """Button callback: close the open run and put its settings into the sidebar; `settings` override them."""
    state = find_state()
    widget_values.set_widget_values({RUN: NONE})
    if state is None or state.open_run_id is None or state.missing_reason:
        return
    values = model_controls.build_widget_values(state.run_settings, state.version)
    if state.source in get_configured_sources():
        values["source"] = state.source
    elif session_upload.is_private(state.sales):
        values["source"] = YOUR_FILE
    values[model_controls.UPLOAD_CATEGORIES] = session_upload.is_private(state.sales)
    widget_values.set_widget_values(values | settings)


def open_saved_run(run_id: str) -> None:
    """Button callback: open a saved run."""
    widget_values.set_widget_values({RUN: run_id})


def _build_state(run: SavedRun) -> AppState:
    st.markdown("**Saved run open**")
    try:
        source, sales = _resolve_sales(run)
        version = pinned_versions.get_pinned_version(sales)
        table = results.get_customers(sales, version)
    except (AmbiguousFormatError, LoadConfirmationError):
        raise
    except SegmentationError as error:  # show the numbers saved with the run
        st.caption(_summarize_run(run, run.source_name))
        st.caption("Source data unavailable. Showing saved results.")
        st.button("Close", on_click=close_saved_run, key="close_open_run", width="stretch")
        return build_saved_state(run, error.message)
    if table.window.as_of != run.as_of:  # rows added since are excluded
        sales = replace(sales, as_of=run.as_of)
    table = results.get_customers(sales, version)
    newer_sales.render_newer_sales_notice(table)
    lines = table.reconciliation.lines_accepted
    if lines != run.lines.get("lines_used"):
        current, saved = formatting.format_count(lines), formatting.format_count(run.lines["lines_used"])
        st.caption(f"The sales have changed since the run was saved: {current} rows now, {saved} then.")
    st.caption(_summarize_run(run, source))
    st.button("Close and edit settings", on_click=close_saved_run, key="close_open_run", width="stretch")
    return AppState(
        source=source, version=version, sales=sales, model=run.settings.model, k=run.k, open_run_id=run.run_id
    )


def build_saved_state(run: SavedRun, reason: str) -> AppState:
    """The state that shows a run from its saved results alone."""
    sales = replace(run.settings.sales, source=f"{SAVED}{run.run_id}")
    return AppState(
        source=run.source_name,
        version=run.run_id,
        sales=sales,
        model=run.settings.model,
        k=run.k,
        open_run_id=run.run_id,
        missing_reason=reason,
    )


def _summarize_run(run: SavedRun, source: str) -> str:
    labels = ", ".join(
        results.get_feature_registry()[name].label.lower()
        for name in run.features
        if name in results.get_feature_registry()
    )
    return escape_markdown(f"{source}, as of {formatting.format_date(run.as_of)}: {run.k} segments by {labels}.")


def render_missing_sales_banner(state: AppState, page: str) -> bool:
    """Above a page: if the open run's source is unavailable, explain what is shown and how to restore the rest.

    Returns False if the page needs the source and cannot be shown.
    """
    if not state.missing_reason or page in ("upload", "glossary"):
        return True
    segmentation = results.get_segmentation(state)
    unavailable = "categories, segment history, customer lookup, other settings"
    if _is_file(segmentation.training.table.settings):
        remedy = f"upload the file again under the same name ({escape_markdown(state.source)})."
    else:
        remedy = "it is shown once the source is available again."
    st.info(
        "Segments, metrics, scores and the customer list are shown as saved on "
        f"{formatting.format_date(segmentation.created)}. The rest needs the sales ({unavailable}): {remedy}",
        title=f"Source data unavailable. Showing saved results. {escape_markdown(state.missing_reason)}",
        icon=":material/inventory_2:",
    )
    if _is_file(segmentation.training.table.settings):
        st.page_link("app_pages/data/upload.py", label="Upload file", icon=":material/upload_file:")
    if page in PAGES_WITHOUT_SALES:
        return True
    st.markdown("This page needs the source data. Saved results are on these pages:")
    for path, label, icon in (
        ("app_pages/segments/profiles.py", "Open Segments", "groups"),
        ("app_pages/segments/choose_k.py", "Open Number of segments", "tune"),
        ("app_pages/campaigns/export.py", "Open Export", "download"),
        ("app_pages/models/runs.py", "Compare with another run", "inventory_2"),
    ):
        st.page_link(path, label=label, icon=f":material/{icon}:")
    return False


def render_upload_prompt(upload: Upload | None) -> None:
    """On the upload page: the open run needs its file, or is shown with the uploaded one."""
    from segmentation.runs.load import open_run

    run_id = widget_values.get_widget_value(RUN, st.query_params.get(RUN, NONE))
    try:
        run = None if run_id == NONE else open_run(results.get_models_folder(), str(run_id))
    except RunError:
        return
    if run is None or not _is_file(run.settings.sales):
        return
    if upload is None:
        st.info(
            f"The open saved run was created from {escape_markdown(run.source_name)}. Upload that file to see all "
            "pages with it again, with the same mapping.",
            icon=":material/inventory_2:",
        )
    elif run.settings.sales.source == redact_upload_token(upload.uri):
        st.success("The open saved run now uses this file.", icon=":material/check_circle:")
        st.page_link("app_pages/segments/profiles.py", label="Open Segments", icon=":material/groups:")


def _is_file(sales: SalesSettings) -> bool:
    return sales.source.startswith(UPLOAD)


def _resolve_sales(run: SavedRun) -> tuple[str, SalesSettings]:
    """Name and settings of the run's source on this server."""
    sales, upload = run.settings.sales, session_upload.get_current_upload()
    if upload is not None and sales.source == redact_upload_token(upload.uri):  # the uploaded file of that name
        return upload.name, replace(sales, source=upload.uri)
    return _resolve_source(sales.source, run.source_name), sales


def _resolve_source(uri: str, name: str) -> str:
    """Name of the run's source on this server. A run may refer to a file this server does not offer."""
    for offered, address in get_configured_sources().items():
        if address == uri:
            return offered
    if are_paths_allowed() and ":" not in uri:
        return sources.get_source_name(uri)
    if uri.startswith(UPLOAD):
        raise SourceError(f"The file {name} was uploaded in a session that has ended.")
    raise SourceError(f"The source {name} is not configured on this server.")
