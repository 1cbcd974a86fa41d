"""Segments of customers as of past days, so that a segment's past forecasts are those of its members then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pandas as pd

from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import DataError
from segmentation.features.registry import list_forecast_features
from segmentation.features.sampling import is_sampled
from segmentation.features.window_query import Windows, compute_features_by_window
from segmentation.forecast.back_test import LabelCustomers
from segmentation.forecast.forecast_features import fetch_forecast_features
from segmentation.runtime.epoch_days import to_date, to_day_literal
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.source import SalesSource

BATCH_DAYS = 10
"""Days whose features are computed by one query; with all at once, 50,000 customers would need gigabytes."""


def make_segment_labeler(
    source: SalesSource, prepared: PreparedLines, has_missing_ids: bool, model: SegmentModel, window_days: int
) -> LabelCustomers:
    """Make a function that assigns customers to the segments of a model as of any day.

    Args:
        source: the source of the lines.
        prepared: its lines.
        has_missing_ids: whether some lines lack a transaction id.
        model: scaler and centers; its labels, which are those of today's customers, are not used.
        window_days: length of the window that the model was trained on; features are computed from as many days before
            the day.

    Returns:
        a function of days (days since 1970-01-01, ascending) and a share of the customers (0 to 1); see
        `LabelCustomers`. It reads the lines once for each BATCH_DAYS days. It assigns nobody as of a day where a
        feature is a forecast, and the sales before that day are too few for one.
    """
    features = model.scaler.features
    forecast_features = list_forecast_features(features)
    predictor = SegmentModel(model.scaler, model.centers, model.cluster_to_segment)

    def label_customers(as_of_days: Sequence[int], share: float) -> Mapping[int, pd.Series[Any]]:
        lines = prepared.accepted
        if share < 1:
            lines = lines.filter(is_sampled(lines.customer_id, share))
        labels: dict[int, pd.Series[Any]] = {}
        for first in range(0, len(as_of_days), BATCH_DAYS):
            labels |= label_batch(lines, as_of_days[first : first + BATCH_DAYS])
        return labels

    def label_batch(lines: ibis.Table, as_of_days: Sequence[int]) -> dict[int, pd.Series[Any]]:
        windows = Windows(tuple(as_of_days), window_days)
        query = compute_features_by_window(
            lines,
            windows,
            [name for name in features if name not in forecast_features],
            has_order_ids=prepared.has_order_ids,
            has_missing_ids=has_missing_ids,
        )
        customers = source.fetch(query, windows.tables).to_pandas()
        frames = {day: customers[customers["as_of"] == day] for day in as_of_days}
        if forecast_features:
            frames = {day: add_forecasts(frame, lines, day) for day, frame in frames.items()}
        return {
            day: pd.Series(predictor.assign(frame) if len(frame) else [], index=frame["customer_id"].astype("str"))
            for day, frame in frames.items()
        }

    def add_forecasts(frame: pd.DataFrame, lines: ibis.Table, as_of: int) -> pd.DataFrame:
        """Join the forecasts among the features; without rows where the sales before the day are too few."""
        known = lines.filter((lines.day < to_day_literal(as_of)) & (lines.day >= to_day_literal(as_of - window_days)))
        try:
            forecasts = fetch_forecast_features(source, known, to_date(as_of), forecast_features)
        except DataError:
            return frame.head(0)
        return frame.merge(forecasts, on="customer_id", validate="one_to_one")

    return label_customers
