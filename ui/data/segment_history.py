"""Cached segment histories, shared by all sessions; a history is keyed on the result whose segments it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from ui.data import results, scoped_cache, sources
from ui.data.jobs import Job
from ui.data.result_key import ResultKey

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.history.segment_history import SegmentHistory
    from segmentation.runtime.progress import StepProgress


def get_segment_history(key: ResultKey) -> SegmentHistory:
    """The segments of a result at every month-end; shows progress while it is computed."""
    return results.wait_for(_start_segment_history, key)


@scoped_cache.cache_resource(max_entries=12, ttl=results.CACHE_TTL)
def _start_segment_history(key: ResultKey) -> Job[SegmentHistory]:
    return Job(prepare_segment_history(key), "history")


def prepare_segment_history(key: ResultKey, *, with_chance: bool = True) -> Callable[[StepProgress], SegmentHistory]:
    """The computation of a history, for a background job."""
    parsed = sources.open_parsed_file(key.sales.source)
    segmentation = results.build_segmentation_for(key)

    def work(on_progress: StepProgress) -> SegmentHistory:
        from segmentation.analysis.history.segment_history import compute_segment_history, to_previous_segments
        from segmentation.runs.load import open_run
        from segmentation.runs.previous_segments import PreviousSegments

        previous, settings = to_previous_segments(segmentation), key.sales
        if key.opened_run is not None:
            run = open_run(results.get_models_folder(), key.opened_run)
            # The page of an opened run ends at its as-of date; its history goes on to the latest sales.
            previous, settings = PreviousSegments.from_saved_run(run), replace(settings, as_of=None)
        loaded = segmentation.training.table
        return compute_segment_history(
            previous, settings, with_chance=with_chance, source=parsed, loaded=loaded, on_progress=on_progress
        )

    return work


@scoped_cache.cache_data(max_entries=48, ttl=results.CACHE_TTL, show_spinner="Counting flows")
def get_flows(key: ResultKey, before: date, now: date) -> pd.DataFrame:
    """The flows between two month-ends; see `segmentation.analysis.history.flows.count_flows`."""
    return results.wait_quietly(_start_segment_history, key).labeled.select_pair((before, now)).count_flows()[1]


@scoped_cache.cache_data(max_entries=48, ttl=results.CACHE_TTL, show_spinner="Listing customers")
def list_flow_customers(key: ResultKey, before: date, now: date, segment_before: int, segment_now: int) -> pd.DataFrame:
    """The customers behind a flow; see `LabeledMonths.list_customers`."""
    return (
        results.wait_quietly(_start_segment_history, key)
        .labeled.select_pair((before, now))
        .list_customers(segment_before, segment_now)
    )
