"""Every number a page shows, computed once for all visitors who ask for the same.

Keys are settings and the version of the data, never frames. k is no part of a training's key: moving k only chooses.
What is large is kept as it is (cache_resource, no copy per visitor) and must not be changed by who reads it.
The pipeline is imported where it is used: its libraries take seconds, and the page should stand before them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ui.data import scoped_cache as kept, visits
from ui.views import segment_editor as own_words
from ui.components import common as parts
from ui.data.jobs import Job, Progress
from ui.state.app_state import SAVED, AppState
from segmentation.errors import RunError, SegmentationError
from segmentation.settings import ModelSettings, SalesSettings

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.features.registry import Feature
    from segmentation.results import CustomerTable, Segmentation, Training
    from segmentation.sales.source import SalesSource
    from segmentation.segments.overrides import Own

Result = TypeVar("Result")
TTL = "12h"
CATEGORIES = 8
"""At most so many are told for each segment."""


def registry() -> dict[str, Feature]:
    """Every feature there is, by name."""
    from segmentation.features.registry import REGISTRY

    return REGISTRY


@kept.data(max_entries=100, ttl=3)
def version(sales: SalesSettings) -> str:
    """The version token of a source's data, asked for at most every three seconds."""
    return _opened(sales.source).version()


def source_name(uri: str) -> str:
    """What a source calls itself; never a path."""
    return _opened(uri).name


def _opened(uri: str) -> SalesSource:
    from segmentation.sales.source import open_source

    return _parsed(uri) or open_source(uri)


def _parsed(uri: str) -> SalesSource | None:
    """A file is parsed when it is opened: once for all views, and again when it has changed. None: it is no file."""
    return _file(uri) if Path(uri).is_file() else None


@st.cache_resource(max_entries=4, ttl=TTL, show_spinner=False)
def _file(uri: str) -> SalesSource:
    from segmentation.sales.source import open_source

    return open_source(uri)


def customers(sales: SalesSettings, version: str) -> CustomerTable:
    """One row per customer, with the balance of lines; shows progress while it is being made."""
    return finish(_customers, sales, version)


def table(sales: SalesSettings, version: str) -> CustomerTable:
    """The same for work that draws nothing."""
    return _result(_customers, sales, version)


def training(state: AppState) -> Training:
    """Every k at once for the chosen features; shows progress while it is being made."""
    if state.missing:
        return as_made(state).training
    return finish(_training, state.sales, state.version, state.model)


def trained(sales: SalesSettings, version: str, model: ModelSettings) -> Training:
    """The training of these settings, for caches that are keyed on them."""
    return _result(_training, sales, version, model)


def segmentation(state: AppState) -> Segmentation:
    """The named segments of the chosen k, or of the recommended one, with the visitor's own words."""
    base = as_made(state)
    own = own_words.of(base)
    if not own:
        return base
    mine = _edited(*key(state), own)
    return base if own_words.digits(mine) == own_words.digits(base) else mine


def as_made(state: AppState) -> Segmentation:
    """The same without what the visitor wrote and has not saved."""
    return made(*key(state))


def key(state: AppState) -> tuple[SalesSettings, str, ModelSettings, int, str | None, str | None]:
    """All that determines the segments that are shown, apart from the visitor's own words."""
    k = state.k or training(state).advice.k
    return state.sales, state.version, state.model, k, None if state.missing else _current_id(), state.opened


def forget(state: AppState) -> None:
    """Let go of what is kept of a saved run that was shown without its sales."""
    made.clear(*key(state))


def features(state: AppState) -> dict[str, Feature]:
    """The features that segments are made from."""
    return {name: registry()[name] for name in training(state).features}


def offered(state: AppState) -> dict[str, Feature]:
    """The features that these data allow, ticked or not."""
    frame = training(state).table.frame
    return {name: feature for name, feature in registry().items() if name in frame}


def top_categories(state: AppState) -> pd.DataFrame:
    """segment_id, category, share_of_segment, lift: what each segment buys more than others do."""
    return _top_categories(*key(state))


def quantiles(state: AppState, feature: str) -> pd.DataFrame:
    """Five quantiles of a feature for each segment, in the order of the segments."""
    return _quantiles(*key(state), feature)


def sample(state: AppState, across: str, up: str) -> pd.DataFrame:
    """About 500 customers by two features, without their ids."""
    from segmentation import charts

    found = segmentation(state)
    frame = found.training.table.frame
    return charts.sample(frame[across], frame[up], found.segment_ids)


@kept.data(max_entries=12, ttl=TTL)
def categories(sales: SalesSettings, version: str) -> list[str]:
    """The product categories of a source, the largest first."""
    from segmentation import pipeline

    names: list[str] = pipeline.categories(table(sales, version))["category"].tolist()
    return names


@kept.resource(max_entries=12, ttl=TTL)
def _customers(sales: SalesSettings, version: str) -> Job[CustomerTable]:
    parsed = _parsed(sales.source)

    def work(tell: Progress) -> CustomerTable:
        from segmentation import pipeline

        return pipeline.load_customers(sales, tell, parsed) if parsed else pipeline.load_customers(sales, tell)

    return Job(work, "customers")


@kept.resource(max_entries=24, ttl=TTL)
def _training(sales: SalesSettings, version: str, model: ModelSettings) -> Job[Training]:
    customers = table(sales, version)

    def work(tell: Progress) -> Training:
        from segmentation import pipeline

        return pipeline.train(customers, model, tell)

    return Job(work, "training")


@kept.resource(max_entries=48, ttl=TTL)
def made(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None
) -> Segmentation:
    """The segments of these settings, without unsaved words; for caches that are keyed on the same."""
    from segmentation import pipeline
    from segmentation.runs.save import open_run
    from segmentation.analysis.saved_run_view import as_saved, reopened

    if opened is not None and sales.source.startswith(SAVED):
        return as_saved(open_run(models_folder(), opened))
    training = trained(sales, version, model)
    if opened is not None:
        return reopened(training, open_run(models_folder(), opened))
    if current_run is None:
        return pipeline.segment(training, k)
    try:
        previous = open_run(models_folder(), current_run)
        found = pipeline.segment(training, k, previous)
    except RunError:  # a damaged run in the folder is no reason to show nothing
        return pipeline.segment(training, k)
    if found.run_id.rpartition("-")[2] == previous.run_id.rpartition("-")[2]:  # it is this run, saved earlier
        return replace(found, run_id=previous.run_id, created=datetime.fromisoformat(previous.created))
    return found


@kept.resource(max_entries=48, ttl=TTL)
def _edited(
    sales: SalesSettings,
    version: str,
    model: ModelSettings,
    k: int,
    current_run: str | None,
    opened: str | None,
    own: tuple[Own, ...],
) -> Segmentation:
    from segmentation.analysis.apply_overrides import edited

    return edited(made(sales, version, model, k, current_run, opened), own)


@kept.data(max_entries=48, ttl=TTL, show_spinner="Looking up what each segment buys")
def _top_categories(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None
) -> pd.DataFrame:
    from segmentation import pipeline

    return pipeline.top_categories(made(sales, version, model, k, current_run, opened), CATEGORIES)


@kept.data(max_entries=200, ttl=TTL, show_spinner="Working out how this figure is spread")
def _quantiles(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, current_run: str | None, opened: str | None,
    feature: str,
) -> pd.DataFrame:  # fmt: skip
    from segmentation import charts, population as everyone

    found = made(sales, version, model, k, current_run, opened)
    table = found.training.table
    if table.everyone is not None:
        return everyone.quantiles(table.source, found.in_engine(), feature, charts.QUANTILES)
    return charts.quantiles(table.frame[feature], found.segment_ids)


def finish(job_of: kept.Kept[..., Job[Result]], *key: Hashable) -> Result:
    """The result of a cached job, waited for with progress. A failed one is forgotten: the next view tries anew."""
    return _outcome(parts.wait, job_of, key)


def _result(job_of: kept.Kept[..., Job[Result]], *key: Hashable) -> Result:
    """The same without progress."""
    return _outcome(Job.result, job_of, key)


def _outcome(
    wait: Callable[[Job[Result]], Result], job_of: kept.Kept[..., Job[Result]], key: tuple[Hashable, ...]
) -> Result:
    while True:
        job = job_of(*key)
        try:
            return wait(job)
        except Exception:
            job_of.clear(*key)
            if not job.is_abandoned or visits.has_left():
                raise


def _current_id() -> str | None:
    """The run that is current in the folder of saved runs: segments keep its ids, names and colours."""
    from segmentation.runs.current_pointer import current_run

    try:
        return current_run(models_folder())
    except (SegmentationError, OSError):
        return None


def models_folder() -> Path:
    """Where runs are saved: SEGMENTS_MODELS, else models/ beside the app."""
    return Path(os.environ.get("SEGMENTS_MODELS") or Path(__file__).parents[2] / "models")
