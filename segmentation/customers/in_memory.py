"""Customers that are all in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.customers.segment_model import SegmentModel
from segmentation.customers.store import FLOW_COLUMNS, LIST_COLUMNS, CustomerStore, CustomerTotals, compute_quantiles
from segmentation.features.scaling import Scaler
from segmentation.runtime.progress import Progress
from segmentation.runtime.tabular_files import BATCH_ROWS
from segmentation.sales.source import NO_TABLES
from segmentation.segments import profile
from segmentation.segments.cluster_stats import ClusterStats


@dataclass(frozen=True, eq=False)
class InMemoryStore(CustomerStore):
    """`frame` holds all customers."""

    @cached_property
    def totals(self) -> CustomerTotals:
        """Computed from both frames."""
        money = float(self.returns_only["monetary"].sum())
        return CustomerTotals(len(self.frame), int(self.frame["frequency"].sum()), len(self.returns_only), money)

    def get_full_data_inertia(self, scaler: Scaler) -> None:
        """None: `frame` holds all customers."""

    def build_profile(
        self, model: SegmentModel, stats: ClusterStats, features: Sequence[str], *, exact: bool = True
    ) -> pd.DataFrame:
        """Built from the cluster statistics, which cover all customers."""
        return profile.build_profile(stats, model.cluster_to_segment, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Computed by pandas."""
        return compute_quantiles(self.frame[feature], model.assign(self.frame), shares)

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """The model as an expression if a table would have to be sent, or else a table."""
        if not self.source.reads_local_tables and model.has_sql:
            return model.assign_sql(self.expression).select("customer_id", "segment_id"), NO_TABLES
        name = "segment_of_customer"
        labels = pa.table({"customer_id": self.frame["customer_id"], "segment_id": model.assign(self.frame)})
        return ibis.table({"customer_id": "string", "segment_id": "int64"}, name=name), {name: labels}

    def count_flows(self, before: SegmentModel, now: SegmentModel) -> pd.DataFrame:
        """Counted by pandas."""
        labels = {name: model.assign(self.frame) for name, model in zip(FLOW_COLUMNS, (before, now), strict=True)}
        grouped = self.frame.assign(**labels).groupby(FLOW_COLUMNS)
        return grouped.agg(customers=("monetary", "size"), net_sales=("monetary", "sum")).reset_index()

    def fetch_labels(self, model: SegmentModel, customer_ids: pd.Series) -> pd.DataFrame:
        """The labels of all customers."""
        return pd.DataFrame({"customer_id": self.frame["customer_id"], "segment_id": model.assign(self.frame)})

    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Progress | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Batches of `frame`."""
        ids = model.assign(self.frame)
        selected = [np.flatnonzero(ids == segment_id) for segment_id in sorted(segment_ids or ())]
        rows = np.concatenate([np.arange(len(ids)) if segment_ids is None else ids[:0], *selected])[:max_rows]
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            frame = self.frame.iloc[batch].reset_index(drop=True).assign(segment_id=ids[batch])
            if "certainty" not in frame:  # a saved list has it, but no features to compute it from
                frame = model.add_certainty(frame)
            yield frame[[name for name in ("segment_id", *LIST_COLUMNS, "certainty") if name in frame]]
