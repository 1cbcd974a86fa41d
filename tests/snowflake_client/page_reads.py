"""What the pages read of a segmentation."""

from __future__ import annotations

from typing import Any

from segmentation import pipeline
from segmentation.analysis import sales_queries, segment_detail
from segmentation.analysis.history.segment_history import compute_segment_history, to_previous_segments
from segmentation.charts import QUANTILES
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.results import Segmentation
from segmentation.settings import ModelSettings, SalesSettings

SMALL = 100
"""Above this number, customers stay in the engine; the sample is still everybody."""

NOT_DEFERRED = "^(?!.*(" + "|".join(ON_DEMAND_FEATURES) + ")$)"
"""Matches the columns of features that a warehouse computes unasked."""


def read_everything(found: Segmentation) -> dict[str, Any]:
    """What the pages show of a segmentation beside the profile."""
    table = found.training.table
    days = sales_queries.fetch_purchase_days(table, str(table.frame["customer_id"].iloc[0]))
    history = compute_segment_history(to_previous_segments(found), table.settings, window_days=181)
    return {
        "categories": pipeline.find_top_categories(found),
        "trend": segment_detail.compute_monthly_trend(found),
        "discounts": segment_detail.compute_discount_breakdown(found),
        "days": days,
        "sales": sales_queries.compute_sales_over_time(table).periods,
        "quantiles": table.store.compute_quantiles(found.model, "monetary", QUANTILES),
        "segments": found.segments.drop(columns=["segment_name"]).filter(regex=NOT_DEFERRED),
        "history": history.months,
        "flows": history.flows,
    }


def segment(source: str, **settings: Any) -> Segmentation:
    scaling = settings.pop("scaling", "log")
    table = pipeline.load_customers(SalesSettings(source, **settings))
    return pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings(scaling=scaling)), 4)
