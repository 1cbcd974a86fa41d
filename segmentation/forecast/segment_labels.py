"""Segments of customers as of past days, so that a segment's past forecasts are those of its members then."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import DataError
from segmentation.features.query import compute_customer_features, filter_buyers
from segmentation.features.registry import list_forecast_features
from segmentation.features.sampling import is_sampled
from segmentation.forecast.back_test import LabelCustomers
from segmentation.forecast.forecast_features import fetch_forecast_features
from segmentation.runtime.epoch_days import to_date, to_day_literal
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.source import SalesSource


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
        a function of a day (days since 1970-01-01) and a share of the customers (0 to 1); see `LabelCustomers`. It
        assigns nobody where a feature is a forecast, and the sales before the day are too few for one.
    """
    features = model.scaler.features
    predictor = SegmentModel(model.scaler, model.centers, model.cluster_to_segment)

    def label_customers(as_of: int, share: float) -> pd.Series[Any]:
        lines = prepared.accepted
        lines = lines.filter((lines.day < to_day_literal(as_of)) & (lines.day >= to_day_literal(as_of - window_days)))
        if share < 1:
            lines = lines.filter(is_sampled(lines.customer_id, share))
        customers = compute_customer_features(
            lines,
            as_of,
            [name for name in features if name not in list_forecast_features(features)],
            has_order_ids=prepared.has_order_ids,
            has_missing_ids=has_missing_ids,
        )
        frame = source.fetch(filter_buyers(customers)).to_pandas()
        try:
            forecasts = fetch_forecast_features(source, lines, to_date(as_of), features)
        except DataError:  # too few sales before this day
            frame, forecasts = frame.head(0), None
        if forecasts is not None:
            frame = frame.merge(forecasts, on="customer_id", validate="one_to_one")
        return pd.Series(predictor.assign(frame) if len(frame) else [], index=frame["customer_id"].astype("str"))

    return label_customers
