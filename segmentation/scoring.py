"""Assign the customers of a source to the segments of a saved run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import DataError, RunError
from segmentation.features.registry import list_forecast_features
from segmentation.features.scaling import Scaler
from segmentation.forecast.forecast_features import add_forecast_features
from segmentation.pipeline import add_features, load_customers
from segmentation.results import CustomerTable
from segmentation.runs.customer_columns import build_customer_segments
from segmentation.runs.load import SavedRun
from segmentation.runs.manifest import RunMetadata
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.source import SalesSource
from segmentation.settings import SalesSettings


def score_customers(run: SavedRun, settings: SalesSettings, source: SalesSource | None = None) -> pd.DataFrame:
    """All batches of `iter_scored_customers` as one frame, by customer_id."""
    scored = pd.concat(iter_scored_customers(run, settings, source=source), ignore_index=True)
    return scored.sort_values("customer_id", ignore_index=True)


def iter_scored_customers(
    run: SavedRun, settings: SalesSettings, on_progress: StepProgress = no_progress, source: SalesSource | None = None
) -> Iterator[pd.DataFrame]:
    """Assign each customer of a source to a segment of a saved run, in the columns of customer_segments.csv.

    Yields batches by segment_id, then customer_id. Above `settings.sample_above` customers the engine assigns the
    segments, and one batch at a time is in memory. Runs of versions that did not save the centers of the bootstrap
    resamples have no certainty.

    Args:
        run: its scaler, centers and segment names are applied; nothing is trained.
        settings: which lines count.
        on_progress: called with the completed share, 0 to 1, and the current step.
        source: the opened source of `settings.source`; None: open it.

    Raises:
        RunError: a feature of the run cannot be computed from the source.
        SourceError, ColumnError, DataError: as in `load_customers`.
    """
    scaler = Scaler.from_dict(run.scaler)
    if scaler.scaling == "ranks":  # has no SQL expression: all customers are scored in memory
        settings = replace(settings, sample_above=sys.maxsize)
    table = load_customers(settings, on_progress, source, features=run.features)
    table = add_run_features(run, table)
    model = restore_segment_model(run, table)
    now = datetime.now(UTC).replace(microsecond=0)
    for frame in table.store.iter_customers(
        model, run.cluster_to_segment, on_progress=lambda share: on_progress(share, "Fetching the list")
    ):
        yield build_customer_segments(frame, run.segments, now)


def add_run_features(run: RunMetadata, table: CustomerTable) -> CustomerTable:
    """Add the features of a run that the load deferred; forecasts come from models fitted to these sales.

    Raises:
        RunError: these sales are too few for a forecast.
    """
    try:
        return add_forecast_features(add_features(table, run.features), run.features)
    except DataError as error:
        name = list_forecast_features(run.features)[0]
        raise RunError(
            f"The run uses {name}, which cannot be computed here. {error.message}", hint=error.hint
        ) from error


def restore_segment_model(run: RunMetadata, table: CustomerTable) -> SegmentModel:
    """The frozen scaler and centers of a run, to assign the customers of `table`.

    Raises:
        RunError: a feature of the run cannot be computed from the source.
    """
    missing = [name for name in run.features if name not in table.frame]
    if missing:
        reason = table.unavailable_features.get(missing[0], "This version does not know it.")
        raise RunError(
            f"The run uses {missing[0]}, which cannot be computed here. {reason}",
            hint="Map the column, or train without this feature.",
        )
    return SegmentModel.from_run(run)
