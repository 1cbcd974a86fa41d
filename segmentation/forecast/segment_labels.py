"""Segments of customers as of past days, so that a segment's past forecasts are those of its members then."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.customers.segment_model import SegmentModel
from segmentation.features.query import compute_customer_features, filter_buyers
from segmentation.features.sampling import is_sampled
from segmentation.forecast.back_test import LabelCustomers
from segmentation.runtime.day_literals import to_day_literal
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.source import SalesSource


def make_segment_labeler(
    source: SalesSource, prepared: PreparedLines, has_missing_ids: bool, model: SegmentModel, window_days: int
) -> LabelCustomers:
    """A function that assigns customers to the segments of a model as of any day.

    Args:
        source: where the lines are.
        prepared: its lines.
        has_missing_ids: whether some lines lack a transaction id.
        model: scaler and centers; its own labels are not used.
        window_days: features are computed from as many days before, as when the model was trained.
    """
    predictor = SegmentModel(model.scaler, model.centers, model.cluster_to_segment)

    def label_customers(as_of: int, share: float) -> pd.Series[Any]:
        lines = prepared.accepted
        lines = lines.filter((lines.day < to_day_literal(as_of)) & (lines.day >= to_day_literal(as_of - window_days)))
        if share < 1:
            lines = lines.filter(is_sampled(lines.customer_id, share))
        customers = compute_customer_features(
            lines,
            as_of,
            list(predictor.scaler.features),
            has_transactions=prepared.has_order_ids,
            has_missing_ids=has_missing_ids,
        )
        frame = source.fetch(filter_buyers(customers)).to_pandas()
        return pd.Series(predictor.assign(frame) if len(frame) else [], index=frame["customer_id"].astype("str"))

    return label_customers
