"""Saved runs, cached for as long as their folder or their customer lists are unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.runs import catalog
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from ui.data import results

if TYPE_CHECKING:
    from segmentation.analysis.run_comparison import RunComparison
    from segmentation.runs.catalog import RunEntry


def list_entries() -> list[RunEntry]:
    """All saved runs, latest first."""
    folder = results.get_models_folder()
    return _read_entries(str(folder), catalog.compute_fingerprint(folder))


def compare_runs(previous: RunEntry, current: RunEntry) -> RunComparison:
    """The differences between two runs."""
    return _compare_runs(
        str(results.get_models_folder()),
        previous.run_id,
        current.run_id,
        _get_list_digest(previous),
        _get_list_digest(current),
    )


def _get_list_digest(entry: RunEntry) -> str:
    return "" if entry.run is None else entry.run.files["customer_segments.csv"]


# Of these two functions, the folder, fingerprint and digests are arguments only to be part of the cache key.
@st.cache_resource(max_entries=4, show_spinner=False)
def _read_entries(folder: str, fingerprint: str) -> list[RunEntry]:
    return catalog.list_entries(results.get_models_folder())


@st.cache_resource(max_entries=16, ttl=results.CACHE_TTL, show_spinner="Comparing runs")
def _compare_runs(folder: str, before: str, now: str, list_before: str, list_now: str) -> RunComparison:
    from segmentation.analysis import run_comparison

    folder_path = results.get_models_folder()
    runs = [PreviousSegments.from_saved_run(open_run(folder_path, run_id)) for run_id in (before, now)]
    return run_comparison.compare_runs(*runs)
