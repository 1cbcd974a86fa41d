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

from ui.data import results as cached
from ui.views import export as lists
from ui.components import common as parts
from segmentation.presentation import settings_summary as told
from ui.data.jobs import Job, Progress
from ui.state.app_state import paths_allowed
from segmentation.charts import numbers
from segmentation.errors import SegmentationError

if TYPE_CHECKING:
    from segmentation.publishing.publish import Published
    from segmentation.results import Segmentation

SETTING = "SEGMENTS_PUBLISH"
ASKED, RUNNING, BUSY = "publish_asked", "publish_running", "publish_busy"
LOOKED_SECONDS = 60
"""Every view asks what is published; the warehouse is asked at most this often."""
_starting = threading.Lock()


def address() -> str:
    """Where results are published to; "" where nobody has said."""
    to = os.environ.get(SETTING, "").strip() or (_typed() if paths_allowed() else "")
    if not to and not paths_allowed():
        st.info(
            f"Whoever runs this page can name a place: the setting {SETTING}, as docs/warehouse.md says.",
            title="No place to publish to is set up.",
            icon=":material/info:",
        )
    if not to:
        return ""
    try:
        _changes(to, 0, 0)
    except SegmentationError as error:
        parts.show_error(error.sentence, error.hint)
        return ""
    return to


def _typed() -> str:
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


def follow(to: str) -> None:
    """Wait for what this visitor has started, with progress; tell how it ended."""
    if st.session_state.pop(BUSY, False):
        st.warning("Wait until it has ended, look at what is published then, and publish again.",
                   title="Somebody else is publishing there right now.", icon=":material/info:")  # fmt: skip
    if st.session_state.get(RUNNING) != to:
        return
    job = _jobs().get(to)
    try:
        if job is not None:
            place = parts.wait(job)
            st.success(
                "Whoever reads these tables sees it from now on.",
                title=f"Published to {parts.plain(place)}.",
                icon=":material/check_circle:",
            )
    except SegmentationError as error:
        parts.show_error(f"Not published: {error.sentence}", error.hint)
    finally:
        if job is None or job.done(0):
            st.session_state[RUNNING] = None
            _published.clear(to)


def standing(to: str, shown: str) -> bool:
    """What is published there, and when; whether it is what the pages show."""
    found = _published(to)
    place, _ = _changes(to, 0, 0)
    if found is None:
        st.info(f"Nothing is published in {parts.plain(place)} yet.", icon=":material/info:")
        return False
    st.markdown(
        f"**{numbers.count(found.customers)} customers in {found.segments} segments** of "
        f"{parts.plain(found.source_name)}, published on {_moment(found.published)}."
    )
    st.caption(f"In {parts.plain(place)}. Made on {_moment(found.created)}. Run id: {parts.plain(found.run_id)}.")
    if found.run_id == shown:
        st.success("It is the result that these pages show.", icon=":material/check_circle:")
    else:
        st.warning("It is another result than the one that these pages show.", icon=":material/info:")
    return found.run_id == shown


def offer(to: str, found: Segmentation, *, stands: bool) -> None:
    """Publish the result that is shown: first what would change, then the change. `stands`: it is published already."""
    key = (to, found.run_id)
    is_saved = _is_saved(found)
    if st.session_state.get(ASKED) != key:
        st.button(
            "Publish it again" if stands else "Publish this result",
            on_click=_ask, args=(key,), key="publish", icon=":material/cloud_upload:",
            type="secondary" if stands else "primary",
            help="You are first told what will change, and asked once more.",
        )  # fmt: skip
        return
    place, changes = _changes(to, int(found.segments["customers"].sum()), len(found.segments))
    with st.container(border=True):
        st.markdown(f"**Publish to {parts.plain(place)}?** These tables change together, or not at all:")
        st.markdown("\n".join(f"- **{parts.plain(table)}**: {what}" for table, what in changes.items()))
        if not is_saved:
            st.caption("The result is saved first, and becomes the current one.")
        with st.container(horizontal=True):
            st.button("Yes, publish", on_click=_start, args=(to, found), key="publish_sure", type="primary")
            st.button("Not now", on_click=_ask, args=(None,), key="publish_not")


@st.cache_data(max_entries=8, ttl=LOOKED_SECONDS, show_spinner="Looking up what is published")
def _published(to: str) -> Published | None:
    from segmentation.publishing.publish import published

    return published(to)


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job[str]]:
    """What is being published, by place, for all visitors: one result at a time."""
    return {}


def _changes(to: str, customers: int, segments: int) -> tuple[str, dict[str, str]]:
    from segmentation.publishing.publish import changes

    return changes(to, customers, segments)


def _ask(key: tuple[str, str] | None) -> None:
    st.session_state[ASKED] = key


def _start(to: str, found: Segmentation) -> None:
    """For a button: save the result where it is not saved, and publish it, in the background."""

    def work(tell: Progress) -> str:
        from segmentation.publishing.publish import publish
        from segmentation.runs.load import open_run

        tell(0.0, "Saving the result")
        run_id = found.run_id
        if not _is_saved(found):
            run_id = lists.save(found, lambda share: tell(0.2 * share, "Fetching every customer")).name
        run = open_run(cached.models_folder(), run_id)
        return publish(run, to, lambda share, what: tell(0.2 + 0.8 * share, what))

    st.session_state[ASKED] = None
    with _starting:
        running = _jobs().get(to)
        if running is not None and not running.done(0):
            st.session_state[BUSY] = True
            return
        _jobs()[to] = Job(work, outlives_visits=True)
    st.session_state[RUNNING] = to


def _is_saved(found: Segmentation) -> bool:
    from segmentation.runs.catalog import run_ids

    return found.run_id in run_ids(cached.models_folder())


def _moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    return f"{told.day(when.date())} at {when:%H:%M} UTC"
