"""Counts migrations in the engine, for sources whose customers are not all in memory."""

from __future__ import annotations

import pandas as pd

from segmentation.results import Segmentation
from segmentation.segments.migration import NOT_PRESENT


def count_migrations_sql(before: Segmentation, now: Segmentation) -> pd.DataFrame:
    """Count migrations between two dates of one source in the engine: one row per pair of segments.

    Both dates are segmented and joined in one query; nothing per customer is fetched.
    """
    previous = before.to_expression().select("customer_id", segment_before="segment_id", money_before="monetary")
    later = now.to_expression().select("customer_id", segment_now="segment_id", money_now="monetary")
    both = previous.outer_join(later, "customer_id")
    money = {name: both[name].cast("decimal(38, 6)").fill_null(0) for name in ("money_before", "money_now")}
    segments = {name: both[name].fill_null(NOT_PRESENT) for name in ("segment_before", "segment_now")}
    pairs = both.select(**segments, **money)
    sums = pairs.group_by(list(segments)).aggregate(
        customers=pairs.count(), **{name: pairs[name].sum().cast("float64") for name in money}
    )
    frame: pd.DataFrame = before.training.table.source.fetch(sums).to_pandas()
    return frame.sort_values(list(segments), ignore_index=True)[[*segments, "customers", *money]]
