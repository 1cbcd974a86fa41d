"""The progress bar of a page view while it waits for a job."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ui.data.jobs import Job

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

Result = TypeVar("Result")
_UNNOTICED_SECONDS, _POLL_SECONDS = 0.7, 0.15
_slot: ContextVar[DeltaGenerator] = ContextVar("slot")


def reserve_progress() -> None:
    """Reserve a slot for progress bars, so that the page does not move when one appears."""
    _slot.set(st.empty())


def wait_with_progress(job: Job[Result]) -> Result:
    """The job's result; a progress bar appears if it takes longer than a moment.

    The bar is sent only when it has changed: many visitors may wait for one job, and a message costs more than a look.
    """
    if not job.wait_done(_UNNOTICED_SECONDS):
        slot = _slot.get(None) or st.empty()
        shown: tuple[float, str] | None = None
        while not job.wait_done(_POLL_SECONDS):
            if job.progress == shown:
                st.session_state.get("progress")  # lets Streamlit end this run if the visitor has opened another page
                continue
            shown = job.progress
            slot.progress(*shown)
        slot.empty()
    return job.get_result()
