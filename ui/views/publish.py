"""Publishing from the page: where to, what stands there, what would change, and the work itself.

Where results go is set by whoever starts the server (SEGMENTS_PUBLISH); a visitor types it only where
SEGMENTS_LOCAL_FILES=1 and the server serves this machine alone.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import common
from ui.data import results
from ui.data.jobs import Job, Progress
from ui.state.app_state import are_paths_allowed
from ui.views import export

if TYPE_CHECKING:
    from segmentation.publishing.publish import PublishedRun
    from segmentation.results import Segmentation

SETTING = "SEGMENTS_PUBLISH"
ASKED, RUNNING, BUSY = "publish_asked", "publish_running", "publish_busy"
STATUS_TTL = 60
"""Every view asks what is published; the warehouse is asked at most this often."""
_starting = threading.Lock()


def get_target_address() -> str:
    """Where results are published to; "" where nobody has said."""
    to = os.environ.get(SETTING, "").strip() or (_render_target_input() if are_paths_allowed() else "")
    if not to and not are_paths_allowed():
        st.info(
            f"Whoever runs this page can name a place: the setting {SETTING}, as docs/warehouse.md says.",
            title="No place to publish to is set up.",
            icon=":material/info:",
        )
    if not to:
        return ""
    try:
        _preview_changes(to, 0, 0)
    except SegmentationError as error:
        common.render_error(error.message, error.hint)
        return ""
    return to


def _render_target_input() -> str:
    typed = st.text_input(
        "Where to",
        key="publish_to",
        persist_state="session",
        placeholder="duckdb:///home/me/shop.duckdb",
        help="A DuckDB database on this computer, which is made where there is none, or snowflake:DATABASE.SCHEMA. "
        f"The setting {SETTING} fills this in for everybody.",
        width=480,
    )
    if not typed.strip():
        st.info("Say where to: a DuckDB database on this computer, or snowflake:.", icon=":material/info:")
    return typed.strip()


def show_job(to: str) -> None:
    """Wait for what this visitor has started, with progress; tell how it ended."""
    if st.session_state.pop(BUSY, False):
        st.warning(
            "Wait until it has ended, look at what is published then, and publish again.",
            title="Somebody else is publishing there right now.",
            icon=":material/info:",
        )
    if st.session_state.get(RUNNING) != to:
        return
    job = _get_jobs().get(to)
    try:
        if job is not None:
            place = common.wait_with_progress(job)
            st.success(
                "Whoever reads these tables sees it from now on.",
                title=f"Published to {escape_markdown(place)}.",
                icon=":material/check_circle:",
            )
    except SegmentationError as error:
        common.render_error(f"Not published: {error.message}", error.hint)
    finally:
        if job is None or job.wait_done(0):
            st.session_state[RUNNING] = None
            _get_published.clear(to)


def show_published(to: str, shown: str) -> bool:
    """What is published there, and when; whether it is what the pages show."""
    found = _get_published(to)
    place, _ = _preview_changes(to, 0, 0)
    if found is None:
        st.info(f"Nothing is published in {escape_markdown(place)} yet.", icon=":material/info:")
        return False
    st.markdown(
        f"**{formatting.format_count(found.customers)} customers in {found.segments} segments** of "
        f"{escape_markdown(found.source_name)}, published on {_format_time(found.published)}."
    )
    st.caption(
        f"In {escape_markdown(place)}. Made on {_format_time(found.created)}. Run id: {escape_markdown(found.run_id)}."
    )
    if found.run_id == shown:
        st.success("It is the result that these pages show.", icon=":material/check_circle:")
    else:
        st.warning("It is another result than the one that these pages show.", icon=":material/info:")
    return found.run_id == shown


def render_publish_form(to: str, found: Segmentation, *, stands: bool) -> None:
    """Publish the result that is shown: first what would change, then the change. `stands`: it is published already."""
    key = (to, found.run_id)
    is_saved = _is_saved(found)
    if st.session_state.get(ASKED) != key:
        st.button(
            "Publish it again" if stands else "Publish this result",
            on_click=_set_confirmation,
            args=(key,),
            key="publish",
            icon=":material/cloud_upload:",
            type="secondary" if stands else "primary",
            help="You are first told what will change, and asked once more.",
        )
        return
    place, changes = _preview_changes(to, int(found.segments["customers"].sum()), len(found.segments))
    with st.container(border=True):
        st.markdown(f"**Publish to {escape_markdown(place)}?** These tables change together, or not at all:")
        st.markdown("\n".join(f"- **{escape_markdown(table)}**: {what}" for table, what in changes.items()))
        if not is_saved:
            st.caption("The result is saved first, and becomes the current one.")
        with st.container(horizontal=True):
            st.button("Yes, publish", on_click=_start_publishing, args=(to, found), key="publish_sure", type="primary")
            st.button("Not now", on_click=_set_confirmation, args=(None,), key="publish_not")


@st.cache_data(max_entries=8, ttl=STATUS_TTL, show_spinner="Looking up what is published")
def _get_published(to: str) -> PublishedRun | None:
    from segmentation.publishing.publish import get_published

    return get_published(to)


@st.cache_resource(show_spinner=False)
def _get_jobs() -> dict[str, Job[str]]:
    """What is being published, by place, for all visitors: one result at a time."""
    return {}


def _preview_changes(to: str, customers: int, segments: int) -> tuple[str, dict[str, str]]:
    from segmentation.publishing.publish import preview_changes

    return preview_changes(to, customers, segments)


def _set_confirmation(key: tuple[str, str] | None) -> None:
    st.session_state[ASKED] = key


def _start_publishing(to: str, found: Segmentation) -> None:
    """For a button: save the result where it is not saved, and publish it, in the background."""

    def work(tell: Progress) -> str:
        from segmentation.publishing.publish import publish_run
        from segmentation.runs.load import open_run

        tell(0.0, "Saving the result")
        run_id = found.run_id
        if not _is_saved(found):
            run_id = export.save_as_current(found, lambda share: tell(0.2 * share, "Fetching every customer")).name
        run = open_run(results.get_models_folder(), run_id)
        return publish_run(run, to, lambda share, what: tell(0.2 + 0.8 * share, what))

    st.session_state[ASKED] = None
    with _starting:
        running = _get_jobs().get(to)
        if running is not None and not running.wait_done(0):
            st.session_state[BUSY] = True
            return
        _get_jobs()[to] = Job(work, outlives_visits=True)
    st.session_state[RUNNING] = to


def _is_saved(found: Segmentation) -> bool:
    from segmentation.runs.catalog import list_run_ids

    return found.run_id in list_run_ids(results.get_models_folder())


def _format_time(text: str) -> str:
    when = datetime.fromisoformat(text)
    return f"{formatting.format_date(when.date())} at {when:%H:%M} UTC"
