"""The progress bar of a page view while it waits for a job."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ui.data.jobs import Job

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

Result = TypeVar("Result")
_slot: ContextVar[DeltaGenerator] = ContextVar("slot")


def reserve_progress() -> None:
    """Reserve a slot for progress bars, so that the page does not move when one appears."""
    _slot.set(st.empty())


def wait_with_progress(job: Job[Result]) -> Result:
    """The job's result; a progress bar appears if it takes longer than a moment."""
    if not job.wait_done(0.7):
        slot = _slot.get(None) or st.empty()
        while not job.wait_done(0.15):
            share, step = job.progress
            slot.progress(share, step)
        slot.empty()
    return job.get_result()
