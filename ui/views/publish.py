"""Publishing: target, published result, preview of changes, and the job.

The operator sets the target (SEGMENTS_PUBLISH). Users can enter one only if SEGMENTS_LOCAL_FILES=1 and the server
serves this machine alone.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.errors import LoadConfirmationError, SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.runs.catalog import list_run_ids
from segmentation.runs.load import open_run
from segmentation.runtime.progress import StepProgress
from ui.components import errors
from ui.data import campaigns, progress, publishing, results, segment_history
from ui.data.jobs import Job
from ui.data.publishing import PublishOutcome
from ui.state import page_requests
from ui.state.app_state import are_paths_allowed
from ui.state.button_actions import render_action_button
from ui.views import export

if TYPE_CHECKING:
    from segmentation.results import Segmentation
    from ui.data.result_key import ResultKey

TARGET_VARIABLE = "SEGMENTS_PUBLISH"
FORECASTS = {"None": None, "30 days": 30, "90 days": 90, "365 days": 365}
CONFIRM_KEY, RUNNING_KEY, BUSY_KEY = "publish_confirm", "publish_running", "publish_busy"
_starting = threading.Lock()


def get_target_address() -> str:
    """The publishing target; "" if none is set."""
    target = os.environ.get(TARGET_VARIABLE, "").strip() or (_render_target_input() if are_paths_allowed() else "")
    if not target and not are_paths_allowed():
        st.info(
            f"Your administrator can set one with {TARGET_VARIABLE}; see docs/warehouse.md.",
            title="No publishing destination is configured.",
            icon=":material/info:",
        )
    if not target:
        return ""
    try:
        _preview_changes(target, 0, 0)
    except SegmentationError as error:
        errors.render_error(error.message, error.hint)
        return ""
    return target


def _render_target_input() -> str:
    typed = st.text_input(
        "Destination",
        key="publish_to",
        persist_state="session",
        placeholder="duckdb:///home/me/shop.duckdb",
        help="A DuckDB database on this computer (created if missing), or snowflake:DATABASE.SCHEMA. "
        f"{TARGET_VARIABLE} sets it for all users.",
        width=480,
    )
    if not typed.strip():
        st.info(
            "Enter a destination: the URI of a DuckDB file, or `snowflake:`.",
            icon=":material/info:",
        )
    return typed.strip()


def render_job_outcome(target: str) -> None:
    """Wait for the job this session started, with progress, and show its outcome."""
    if page_requests.take_request(BUSY_KEY):
        st.warning(
            "Wait until it has finished, check the published result, and try again.",
            title="Another publish is in progress.",
            icon=":material/info:",
        )
    if page_requests.get_request(RUNNING_KEY) != target:
        return
    job = publishing.running_jobs.get(target)
    try:
        if job is not None:
            outcome = progress.wait_with_progress(job)
            st.success(
                "The published tables now contain this result.",
                title=f"Published to {escape_markdown(outcome.target)}.",
                icon=":material/check_circle:",
            )
            if outcome.history_problem:
                st.caption(f"Without segment_history: {escape_markdown(outcome.history_problem)}")
    except LoadConfirmationError:
        raise
    except SegmentationError as error:
        errors.render_error(f"Not published: {error.message}", error.hint)
    finally:
        if job is None or job.wait_done(0):
            page_requests.set_request(RUNNING_KEY, None)
            publishing.fetch_published_run.clear(target)


def render_published(target: str, run_id: str) -> bool:
    """What is published, and when; True if it is the current result."""
    published = publishing.fetch_published_run(target)
    target_name, _ = _preview_changes(target, 0, 0)
    if published is None:
        st.info(f"Nothing is published in {escape_markdown(target_name)} yet.", icon=":material/info:")
        return False
    st.markdown(
        f"**{formatting.format_count(published.customers)} customers in {published.segments} segments** of "
        f"{escape_markdown(published.source_name)}, published on {formatting.format_timestamp(published.published)}."
    )
    st.caption(
        f"In {escape_markdown(target_name)}. Created on {formatting.format_timestamp(published.created)}. Run ID: "
        f"{escape_markdown(published.run_id)}."
    )
    if published.run_id == run_id:
        st.success("Up to date.", icon=":material/check_circle:")
    else:
        st.warning("Differs from the current result.", icon=":material/info:")
    return published.run_id == run_id


def render_publish_form(target: str, segmentation: Segmentation, key: ResultKey, *, is_published: bool) -> None:
    """Publish the current result: a preview, then a confirmation. is_published: it is published already."""
    request = (target, segmentation.run_id)
    is_saved = _is_saved(segmentation)
    if page_requests.get_request(CONFIRM_KEY) != request:
        render_action_button(
            "Publish again" if is_published else "Publish this result",
            page_requests.set_request,
            CONFIRM_KEY,
            request,
            key="publish",
            icon=":material/cloud_upload:",
            type="secondary" if is_published else "primary",
            help="You will see a preview before confirming.",
        )
        return
    with st.container(border=True):
        forecast_days = _select_forecast(segmentation)
        target_name, changes = _preview_changes(
            target, int(segmentation.segments["customers"].sum()), len(segmentation.segments), forecast_days
        )
        st.markdown(
            f"**Publish to {escape_markdown(target_name)}?** All these tables change in one transaction; "
            "campaigns follow in another:"
        )
        st.markdown("\n".join(f"- **{escape_markdown(table)}**: {change}" for table, change in changes.items()))
        if size := _describe_reads(target, segmentation):
            st.caption(f"Customers are assigned in the warehouse, which reads {size}.")
        if not is_saved:
            st.caption("The result is saved first and becomes the current run.")
        with st.container(horizontal=True):
            render_action_button(
                "Publish",
                _start_publishing,
                target,
                segmentation,
                key,
                forecast_days,
                key="confirm_publish",
                type="primary",
            )
            st.button("Cancel", on_click=page_requests.set_request, args=(CONFIRM_KEY, None), key="cancel_publish")


def _describe_reads(target: str, segmentation: Segmentation) -> str:
    """What assigning the customers in the warehouse reads; empty where the list is sent, or reading is free."""
    from segmentation.publishing.warehouse_staging import STAGING_READS
    from segmentation.sales.load_size import SupportsLoadSize

    store = segmentation.training.table.store
    if store.is_in_memory or not target.startswith("snowflake:") or not isinstance(store.source, SupportsLoadSize):
        return ""
    return replace(store.source.measure_load(), reads=STAGING_READS).describe()


def _select_forecast(segmentation: Segmentation) -> int | None:
    """The days to forecast, or None; not offered where there is no forecast, with the reason."""
    problem = segmentation.training.table.unavailable_features.get("at_risk", "")
    selected = st.selectbox(
        "Forecast to publish",
        FORECASTS,
        key="publish_forecast",
        disabled=bool(problem),
        help="Orders, net sales and sales at risk of every customer and segment. The sales are read again for it."
        + (f" Not available: {escape_markdown(problem)}" if problem else ""),
        width=320,
    )
    return None if problem else FORECASTS.get(selected)


def _preview_changes(
    target: str, customers: int, segments: int, forecast_days: int | None = None
) -> tuple[str, dict[str, str]]:
    from segmentation.publishing.publish import preview_changes

    return preview_changes(target, customers, segments, forecast_days)


def _start_publishing(target: str, segmentation: Segmentation, key: ResultKey, forecast_days: int | None) -> None:
    """Button callback: save the result if needed and publish it with its segment history, in the background."""
    compute_segment_history = segment_history.prepare_segment_history(key, with_chance=False)

    def work(on_progress: StepProgress) -> PublishOutcome:
        from segmentation.forecast.run_forecast import SourceForecast, forecast_segmentation
        from segmentation.forecast.shop_forecast import ForecastSettings
        from segmentation.publishing.campaign_tables import publish_campaigns
        from segmentation.publishing.forecast_tables import build_forecast_tables
        from segmentation.publishing.history_table import build_history_table
        from segmentation.publishing.publish import publish_run

        forecast = None
        if forecast_days is not None:  # before anything is saved: it may be refused
            forecast = forecast_segmentation(
                segmentation, ForecastSettings(forecast_days), lambda share, step: on_progress(0.3 * share, step)
            )
        on_progress(0.3, "Saving the result")
        run_id = segmentation.run_id
        if not _is_saved(segmentation):
            run_id = export.save_as_current(
                segmentation, lambda share: on_progress(0.3 + 0.1 * share, "Fetching all customers")
            ).name
        run = open_run(results.get_models_folder(), run_id)
        tables = [] if forecast is None else build_forecast_tables(SourceForecast.from_run(forecast, run))
        problem = ""
        try:
            found = compute_segment_history(lambda share, step: on_progress(0.4 + 0.2 * share, step))
            tables.append(build_history_table(run_id, found.window.days, found.months))
        except LoadConfirmationError:
            raise
        except SegmentationError as error:  # the sales are elsewhere, or too short
            problem = error.message
        name = publish_run(run, target, lambda share, step: on_progress(0.6 + 0.3 * share, step), tables=tables)
        on_progress(0.9, "Publishing campaigns")
        publish_campaigns(campaigns.get_campaigns_folder(), target)
        return PublishOutcome(name, problem)

    page_requests.set_request(CONFIRM_KEY, None)
    with _starting:
        running = publishing.running_jobs.get(target)
        if running is not None and not running.wait_done(0):
            page_requests.set_request(BUSY_KEY, True)
            return
        publishing.running_jobs[target] = Job(work, outlives_sessions=True)
    page_requests.set_request(RUNNING_KEY, target)


def _is_saved(segmentation: Segmentation) -> bool:
    return segmentation.run_id in list_run_ids(results.get_models_folder())
