"""The columns of customer_segments.csv, in order."""

from __future__ import annotations

CUSTOMER_COLUMNS = (
    "customer_id",
    "segment_id",
    "segment_name",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "prediction_timestamp",
)
