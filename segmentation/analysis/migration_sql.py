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
    """A run that was saved without its list of customers, and asks the engine for those it is asked about."""

    segmentation: Segmentation

    @classmethod
    def from_run(cls, run: SavedRun, segmentation: Segmentation) -> RunWithoutCustomerFile:
        """`run`, which was saved of `made`."""
        return cls(**{field.name: getattr(run, field.name) for field in fields(run)}, segmentation=segmentation)

    def labels(self, among: pd.Series | None = None) -> pd.DataFrame:
        """customer_id and segment_id of the customers of that run, or of those `among` these."""
        there = self.segmentation.to_expression().select("customer_id", "segment_id")
        tables = {}
        if among is not None:
            asked = ibis.table({"customer_id": "string"}, name="asked_customers")
            there = there.semi_join(asked, "customer_id")
            tables["asked_customers"] = pa.table({"customer_id": pa.array(among, pa.string())})
        found: pd.DataFrame = self.segmentation.training.table.source.fetch(there, tables).to_pandas()
        return found
