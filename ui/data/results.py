"""Cached results of the pipeline, shared by all sessions with the same settings.

Keys are settings and the version of the data, never frames. k is not part of the training key: every k is trained at
once. Large results use cache_resource (no copy per session) and must not be modified by callers. The pipeline is
imported inside functions: its libraries take seconds to load, and the page frame should appear first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from segmentation.errors import RunError, SegmentationError, StatementTimeoutError
from segmentation.runtime.progress import StepProgress
from segmentation.settings import ModelSettings, SalesSettings
from ui.data import progress, scoped_cache, session_work, sources
from ui.data.jobs import Job
from ui.data.result_key import ResultKey
from ui.state import segment_overrides
from ui.state.app_state import SAVED, AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.features.registry import Feature
    from segmentation.results import CustomerTable, Segmentation, SweepResult
    from segmentation.segments.overrides import SegmentOverride

Result = TypeVar("Result")
CACHE_TTL = sources.CACHE_TTL
MAX_CATEGORIES = 8
"""Categories returned for each segment."""


def get_feature_registry() -> dict[str, Feature]:
    """All features by name."""
    from segmentation.features.registry import REGISTRY

    return REGISTRY


def get_customers(sales: SalesSettings, version: str) -> CustomerTable:
    """One row per customer, with the row reconciliation; shows progress while it is computed."""
    return wait_for(_start_customers, sales, version)


def get_customers_quietly(sales: SalesSettings, version: str) -> CustomerTable:
    """The same without progress, for code that renders nothing."""
    return wait_quietly(_start_customers, sales, version)


def get_training(state: AppState) -> SweepResult:
    """Every k for the selected features; shows progress while it is computed."""
    if state.missing_reason:
        return get_base_segmentation(state).training
    return wait_for(_start_training, state.sales, state.version, state.model)


def get_training_for(sales: SalesSettings, version: str, model: ModelSettings) -> SweepResult:
    """The training of these settings, for caches that are keyed on them."""
    return wait_quietly(_start_training, sales, version, model)


def get_segmentation(state: AppState) -> Segmentation:
    """The labeled segments of the selected or recommended k, with unsaved edits."""
    base = get_base_segmentation(state)
    return get_segmentation_for(get_result_key(state), segment_overrides.get_pending_overrides(base))


def get_segmentation_for(key: ResultKey, overrides: tuple[SegmentOverride, ...]) -> Segmentation:
    """The labeled segments of a key with these edits, for caches that are keyed on both."""
    base = build_segmentation_for(key)
    if not overrides:
        return base
    edited = _get_edited(key, overrides)
    return base if segment_overrides.get_result_hash(edited) == segment_overrides.get_result_hash(base) else edited


def get_base_segmentation(state: AppState) -> Segmentation:
    """The same without unsaved edits."""
    return build_segmentation_for(get_result_key(state))


def get_result_key(state: AppState) -> ResultKey:
    """The cache key of the segments on the page, without unsaved edits."""
    k = state.k or get_training(state).recommendation.k
    return ResultKey(
        state.sales,
        state.version,
        state.model,
        k,
        None if state.missing_reason else find_current_run_id(),
        state.open_run_id,
    )


def release_saved_run(state: AppState) -> None:
    """Drop the cached result of a saved run shown without its sales."""
    build_segmentation_for.clear(get_result_key(state))


def get_features(state: AppState) -> dict[str, Feature]:
    """The features used for segmentation."""
    return {name: get_feature_registry()[name] for name in get_training(state).features}


def get_available_features(state: AppState) -> dict[str, Feature]:
    """The features available in this data, selected or not."""
    frame = get_training(state).table.frame
    return {name: feature for name, feature in get_feature_registry().items() if name in frame}


@scoped_cache.cache_data(max_entries=12, ttl=CACHE_TTL)
def get_categories(sales: SalesSettings, version: str) -> list[str]:
    """The product categories of a source, the largest first."""
    from segmentation import pipeline

    names: list[str] = pipeline.list_categories(get_customers_quietly(sales, version))["category"].tolist()
    return names


@scoped_cache.cache_resource(max_entries=12, ttl=CACHE_TTL)
def _start_customers(sales: SalesSettings, version: str) -> Job[CustomerTable]:
    parsed = sources.open_parsed_file(sales.source)

    def work(on_progress: StepProgress) -> CustomerTable:
        from segmentation import pipeline

        return (
            pipeline.load_customers(sales, on_progress, parsed)
            if parsed
            else pipeline.load_customers(sales, on_progress)
        )

    return Job(work, "customers")


@scoped_cache.cache_resource(max_entries=24, ttl=CACHE_TTL)
def _start_training(sales: SalesSettings, version: str, model: ModelSettings) -> Job[SweepResult]:
    customers = get_customers_quietly(sales, version)
    from segmentation import pipeline  # loaded by now, with the customers

    return Job(lambda on_progress: pipeline.train_every_k(customers, model, on_progress), "training")


@scoped_cache.cache_resource(max_entries=48, ttl=CACHE_TTL)
def build_segmentation_for(key: ResultKey) -> Segmentation:
    """The segments of a key, without unsaved edits; for caches with the same key."""
    from segmentation import pipeline
    from segmentation.analysis.saved_run_view import apply_saved_run, restore_saved_run
    from segmentation.runs.load import open_run
    from segmentation.runs.previous_segments import PreviousSegments

    if key.opened_run is not None and key.sales.source.startswith(SAVED):
        return restore_saved_run(open_run(get_models_folder(), key.opened_run))
    training = get_training_for(key.sales, key.version, key.model)
    if key.opened_run is not None:
        return apply_saved_run(training, open_run(get_models_folder(), key.opened_run))
    if key.current_run is None:
        return pipeline.build_segmentation(training, key.k, exact=False)
    try:
        previous = open_run(get_models_folder(), key.current_run)
        segmentation = pipeline.build_segmentation(
            training, key.k, PreviousSegments.from_saved_run(previous), exact=False
        )
    except RunError:  # a damaged current run must not break the page
        return pipeline.build_segmentation(training, key.k, exact=False)
    if segmentation.run_id.rpartition("-")[2] == previous.run_id.rpartition("-")[2]:  # the same result, saved earlier
        return replace(segmentation, run_id=previous.run_id, created=datetime.fromisoformat(previous.created))
    return segmentation


@scoped_cache.cache_resource(max_entries=48, ttl=CACHE_TTL)
def _get_edited(
    key: ResultKey,
    overrides: tuple[SegmentOverride, ...],
) -> Segmentation:
    from segmentation.analysis.apply_overrides import apply_overrides

    return apply_overrides(build_segmentation_for(key), overrides)


@scoped_cache.cache_data(max_entries=48, ttl=CACHE_TTL, show_spinner="Computing top categories")
def get_top_categories(key: ResultKey) -> pd.DataFrame:
    """segment_id, category, share_of_segment, lift: categories in which each segment over-indexes."""
    from segmentation import pipeline

    return pipeline.find_top_categories(build_segmentation_for(key), MAX_CATEGORIES)


@scoped_cache.cache_data(max_entries=200, ttl=CACHE_TTL, show_spinner="Computing the distribution")
def get_quantiles(key: ResultKey, feature: str) -> pd.DataFrame:
    """Five quantiles of a feature for each segment, in the order of the segments."""
    from segmentation import charts

    segmentation = build_segmentation_for(key)
    return segmentation.training.table.store.compute_quantiles(segmentation.model, feature, charts.QUANTILES)


def wait_for(get_job: scoped_cache.ScopedCache[..., Job[Result]], *key: Hashable) -> Result:
    """The result of a cached job, with progress. A failed job is not cached: the next run retries.

    A statement that timed out is: it is run again only after `forget_timeouts`.
    """
    return _wait_or_retry(progress.wait_with_progress, get_job, key)


def wait_quietly(get_job: scoped_cache.ScopedCache[..., Job[Result]], *key: Hashable) -> Result:
    """The same without progress."""
    return _wait_or_retry(Job.get_result, get_job, key)


def forget_timeouts() -> None:
    """Run what timed out again when it is next needed."""
    while _timed_out:
        get_job, key = _timed_out.pop()
        get_job.clear(*key)


_timed_out: set[tuple[scoped_cache.ScopedCache[..., Job[Any]], tuple[Hashable, ...]]] = set()
"""Jobs that stay cached with their error."""


def _wait_or_retry(
    wait: Callable[[Job[Result]], Result],
    get_job: scoped_cache.ScopedCache[..., Job[Result]],
    key: tuple[Hashable, ...],
) -> Result:
    while True:
        job = get_job(*key)
        try:
            return wait(job)
        except StatementTimeoutError:
            _timed_out.add((get_job, key))
            raise
        except Exception:
            get_job.clear(*key)
            if not job.is_abandoned or session_work.has_left():
                raise


def find_current_run_id() -> str | None:
    """Id of the current saved run, whose segment IDs, names and colors are carried over; None if there is none."""
    from segmentation.runs.current_pointer import get_current_run_id

    try:
        return get_current_run_id(get_models_folder())
    except (SegmentationError, OSError):
        return None


def get_models_folder() -> Path:
    """Folder of saved runs: SEGMENTS_MODELS, else models/ next to app.py."""
    return Path(os.environ.get("SEGMENTS_MODELS") or Path(__file__).parents[2] / "models")
