"""Who moved, counted where the sales are: for more customers than are fetched."""

from __future__ import annotations

from dataclasses import dataclass, fields

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.results import Segmentation
from segmentation.runs.load import SavedRun
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


@dataclass(frozen=True, eq=False, kw_only=True)
class RunWithoutCustomerFile(SavedRun):
    """A run saved without its customer list, which reads customers from the engine on request."""

    segmentation: Segmentation

    @classmethod
    def from_run(cls, run: SavedRun, segmentation: Segmentation) -> RunWithoutCustomerFile:
        """`run`, which was saved from `segmentation`."""
        return cls(**{field.name: getattr(run, field.name) for field in fields(run)}, segmentation=segmentation)

    def get_labels(self, customer_ids: pd.Series | None = None) -> pd.DataFrame:
        """customer_id and segment_id of all customers of the run, or of `customer_ids` only."""
        labels = self.segmentation.to_expression().select("customer_id", "segment_id")
        tables = {}
        if customer_ids is not None:
            requested = ibis.table({"customer_id": "string"}, name="requested_customers")
            labels = labels.semi_join(requested, "customer_id")
            tables["requested_customers"] = pa.table({"customer_id": pa.array(customer_ids, pa.string())})
        frame: pd.DataFrame = self.segmentation.training.table.source.fetch(labels, tables).to_pandas()
        return frame
