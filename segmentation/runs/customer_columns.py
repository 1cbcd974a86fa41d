"""The columns of customer_segments.csv, in order, and its rows."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

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
"""The last column, if known: the share of bootstrap resamples in which the customer keeps the segment, 0 to 1. Lists of
early versions lack it."""


def build_customer_segments(frame: pd.DataFrame, segments: pd.DataFrame, created: datetime) -> pd.DataFrame:
    """One row per customer with its segment, in the columns of customer_segments.csv.

    Args:
        frame: one row per customer: customer_id, segment_id, recency_days, frequency, monetary, certainty if known.
        segments: one row per segment: segment_id, segment_name.
        created: when the segments were assigned, UTC.
    """
    names = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "segment_id": frame["segment_id"],
            "segment_name": frame["segment_id"].map(names).astype("str"),
            "rfm_recency": frame["recency_days"],
            "rfm_frequency": frame["frequency"],
            "rfm_monetary": frame["monetary"],
            "prediction_timestamp": pd.Timestamp(created),
            **({CERTAINTY_COLUMN: frame[CERTAINTY_COLUMN]} if CERTAINTY_COLUMN in frame else {}),
        }
    )
