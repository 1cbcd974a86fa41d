"""Forecasts a source, or the customers of a saved run or of a segmentation in memory, by their segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import RunError
from segmentation.features.registry import split_available_features
from segmentation.forecast.segment_labels import make_segment_labeler
from segmentation.forecast.shop_forecast import ForecastSettings, ShopForecast, forecast_shop
from segmentation.results import Segmentation
from segmentation.runs.load import SavedRun
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.reconciliation import reconcile_lines, summarize_by_reason
from segmentation.sales.source import check_version
from segmentation.settings import SalesSettings


@dataclass(frozen=True, eq=False)
class SourceForecast:
    """The forecast of a source, with the names of the source, the run and the segments."""

    forecast: ShopForecast
    source_name: str
    first_sale: date
    run_id: str | None
    segment_names: Mapping[int, str]
    """Empty without a run."""

    @classmethod
    def from_run(cls, forecast: ShopForecast, run: SavedRun) -> SourceForecast:
        """The forecast of a saved run, by its segments."""
        first_sale = date.fromisoformat(str(run.window["first_sale"]))
        return cls(forecast, run.source_name, first_sale, run.run_id, run.segment_names)


def forecast_source(
    sales: SalesSettings,
    settings: ForecastSettings,
    run: SavedRun | None = None,
    on_progress: StepProgress = no_progress,
) -> SourceForecast:
    """Forecast the customers of a source.

    Args:
        sales: which lines count.
        settings: horizon and models.
        run: a saved run, whose segments the forecast is by; None: of all customers together.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SourceError, ColumnError, DataError: the source cannot be read, or its sales are too few for a forecast.
        RunError: the run is damaged, or uses a feature that cannot be computed from the source.
    """
    source = open_source(sales.source)
    if run is not None and sales.as_of is None:
        sales = replace(sales, as_of=run.as_of)
    prepared = prepare_lines(source, sales)
    balance, window = reconcile_lines(source, summarize_by_reason(prepared.lines), prepared.load_day, sales.as_of)
    options: dict[str, Any] = {}
    if run is not None:
        _, unavailable = split_available_features(prepared.columns)
        missing = [name for name in run.features if name in unavailable]
        if missing:
            raise RunError(
                f"The run uses {missing[0]}, which cannot be computed here. {unavailable[missing[0]]}",
                hint="Map the column, or train without this feature.",
            )
        model = SegmentModel.from_run(run)
        has_missing_ids = balance.lines_without_transaction > 0
        labeler = make_segment_labeler(source, prepared, has_missing_ids, model, run.window_days)
        is_same_day = window.as_of == run.as_of
        # With the lines and the date of the run, its customers keep their saved segments; otherwise its model assigns
        # them anew.
        if is_same_day and replace(sales, as_of=None) == replace(run.settings.sales, as_of=None):
            labels = run.get_labels()
            segments = dict(zip(labels["customer_id"], labels["segment_id"], strict=True))
        else:
            as_of_day = count_epoch_days(window.as_of)
            segments = labeler([as_of_day], 1.0)[as_of_day].to_dict()
        options = {"segments": segments, "label_customers": labeler}
    forecast = forecast_shop(
        source, prepared.accepted, window.first_sale, window.as_of, settings, on_progress=on_progress, **options
    )
    if run is None:
        return SourceForecast(forecast, source.name, window.first_sale, None, {})
    return SourceForecast(forecast, source.name, window.first_sale, run.run_id, run.segment_names)


def forecast_segmentation(
    segmentation: Segmentation, settings: ForecastSettings, on_progress: StepProgress = no_progress
) -> ShopForecast:
    """Forecast the customers of a segmentation, by its segments.

    Raises:
        SourceError: the sales are not available, or have changed since they were loaded.
        DataError: they are too few for a forecast.
    """
    table = segmentation.training.table
    check_version(table.source, table.version)
    batches = [batch[["customer_id", "segment_id"]] for batch in segmentation.iter_customers()]
    labels = pd.concat(batches, ignore_index=True)
    return forecast_shop(
        table.source,
        table.lines,
        table.window.first_sale,
        table.window.as_of,
        settings,
        segments=dict(zip(labels["customer_id"], labels["segment_id"], strict=True)),
        label_customers=make_segment_labeler(
            table.source,
            table.prepared,
            table.reconciliation.lines_without_transaction > 0,
            segmentation.model,
            table.window.days,
        ),
        on_progress=on_progress,
    )
