"""The published result, cached, and the running publish jobs of all sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui.data.jobs import Job

if TYPE_CHECKING:
    from segmentation.publishing.publish import PublishedRun


@dataclass(frozen=True)
class PublishOutcome:
    """What a publish job did."""

    target: str
    """Name of the target."""
    history_problem: str = ""
    """Why segment_history has no rows of the run; "": it has."""


STATUS_TTL = 60
"""Seconds for which the published result is cached; every script run asks for it."""
running_jobs: dict[str, Job[PublishOutcome]] = {}
"""Publish jobs of all sessions by target: one per target."""


@st.cache_data(max_entries=8, ttl=STATUS_TTL, show_spinner="Checking the published result")
def fetch_published_run(target: str) -> PublishedRun | None:
    """What is published in a target; None: nothing."""
    from segmentation.publishing import publish

    return publish.fetch_published_run(target)
