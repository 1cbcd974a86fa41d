"""Who moved, counted where the sales are: for more customers than are fetched."""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.results import Segmentation
from segmentation.segments.migration import NOT_PRESENT


def count_migrations_sql(before: Segmentation, now: Segmentation) -> pd.DataFrame:
    """Count migrations between two dates of one source in the engine: one row per pair of segments.

    Both days are segmented and joined in one query; nothing per customer is fetched.
    """
    then = before.to_expression().select("customer_id", segment_before="segment_id", money_before="monetary")
    later = now.to_expression().select("customer_id", segment_now="segment_id", money_now="monetary")
    both = then.outer_join(later, "customer_id")
    money = {name: both[name].cast("decimal(38, 6)").fill_null(0) for name in ("money_before", "money_now")}
    segments = {name: both[name].fill_null(NOT_PRESENT) for name in ("segment_before", "segment_now")}
    pairs = both.select(**segments, **money)
    sums = pairs.group_by(list(segments)).aggregate(
        customers=pairs.count(), **{name: pairs[name].sum().cast("float64") for name in money}
    )
    found: pd.DataFrame = before.training.table.source.fetch(sums).to_pandas()
    return found.sort_values(list(segments), ignore_index=True)[[*segments, "customers", *money]]


def fetch_labels(segmentation: Segmentation, customer_ids: pd.Series) -> pd.DataFrame:
    """Fetch customer_id and segment_id of these customers from the engine; those it does not have are absent."""
    requested = ibis.table({"customer_id": "string"}, name="requested_customers")
    labels = segmentation.to_expression().select("customer_id", "segment_id").semi_join(requested, "customer_id")
    ids = pa.table({"customer_id": pa.array(customer_ids, pa.string())})
    frame: pd.DataFrame = segmentation.training.table.source.fetch(labels, {requested.get_name(): ids}).to_pandas()
    return frame
