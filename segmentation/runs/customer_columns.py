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
CERTAINTY_COLUMN = "certainty"
"""The last column, where it is known: the share of bootstrap resamples in which the customer keeps the segment, 0 to 1.
Lists of early versions are without it."""
