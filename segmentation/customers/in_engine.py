"""Customers that stay in the engine, with a uniform sample in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import ibis
import pandas as pd
import pyarrow as pa

from segmentation.clustering.prediction_sql import batch_center_sets, compute_inertias_sql
from segmentation.clustering.sweep import FullDataInertia
from segmentation.customers.segment_model import SegmentModel
from segmentation.customers.store import FLOW_COLUMNS, LIST_COLUMNS, CustomerStore, CustomerTotals, compute_quantiles
from segmentation.features.sampling import find_sample_share, is_sampled
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.messages import Message
from segmentation.runtime.array_types import FloatArray
from segmentation.runtime.progress import Progress
from segmentation.sales.source import NO_TABLES
from segmentation.sales.stacked_queries import fetch_tables
from segmentation.segments import profile_sql
from segmentation.segments.cluster_stats import ClusterStats

APPROXIMATE_MEDIANS = (
    "Pages show approximate medians and quantiles of segments; those of saved and published results are exact."
)
"""The notice shown if `EngineStore.has_approximate_medians`."""


@dataclass(frozen=True, eq=False)
class EngineStore(CustomerStore):
    """`frame` is a uniform sample; everything else is computed by the engine, and only lists leave it."""

    all_customers: CustomerTotals
    sample_share: float
    """Share of all customers that is in the sample, 0 to 1."""
    is_stored: bool = False
    """Whether `expression` reads a table of customers; otherwise, each query on it reads all lines."""

    is_in_memory = False
    # Segment ids are based on these; profiles are computed in the engine.
    stats_features = ("monetary", "recency_days", "frequency")

    @property
    def totals(self) -> CustomerTotals:
        """The totals counted by the engine."""
        return self.all_customers

    @property
    def notices(self) -> tuple[str, ...]:
        """A notice that segments are found on a sample."""
        notice = Message(
            "Segments are found on a uniform sample of about {percent:.1f} % of {customers:,} customers; "
            "their sizes, sums and medians cover all customers.",
            {"customers": self.totals.customers, "percent": 100 * self.sample_share},
        )
        return (notice, *([APPROXIMATE_MEDIANS] if self.has_approximate_medians else []))

    def add_features(self, frame: pd.DataFrame, query: ibis.Table, *, is_stored: bool) -> Self:
        """Add them to the sample; queries on all customers read the lines again unless both parts are stored."""
        added = super().add_features(frame, query, is_stored=is_stored)
        return replace(added, is_stored=self.is_stored and is_stored)

    def get_full_data_inertia(self, scaler: Scaler) -> FullDataInertia:
        """Computed by one query for many sets of centers.

        A sample of 200,000 cannot distinguish two optima that differ by 0.2 %
        (docs/decisions/0009-sampling-and-pushdown.md).
        """
        return partial(self._compute_inertias, scaler)

    def _compute_inertias(self, scaler: Scaler, center_sets: Sequence[FloatArray]) -> list[float]:
        coordinates, inertias = scale_sql(self.expression, scaler), list[float]()
        for batch in batch_center_sets(center_sets):
            row = self.source.fetch(compute_inertias_sql(self.expression, coordinates, batch)).to_pylist()[0]
            inertias += map(float, row.values())
        return inertias

    @property
    def has_approximate_medians(self) -> bool:
        """True in a warehouse; DuckDB gains too little (docs/decisions/0034-what-a-warehouse-computes.md)."""
        return self.source.combines_queries

    def build_profile(
        self, model: SegmentModel, stats: ClusterStats, features: Sequence[str], *, exact: bool = True
    ) -> pd.DataFrame:
        """Built from two aggregate queries, sent as one statement if each statement costs a scan.

        Ranks are exact, even those of approximate medians.
        """
        customers = model.assign_sql(self.expression)
        if self.source.combines_queries:
            segment_ids = sorted(model.cluster_to_segment)
            queries = profile_sql.aggregate_and_rank_sql(customers, segment_ids, features, exact=exact)
            results = fetch_tables(self.source, queries)
            frames = {name: table.to_pandas() for name, table in results.items()}
            return profile_sql.build_profile(frames["segments"], frames["ranks"].iloc[0], features)
        summed = self.source.fetch(profile_sql.aggregate_sql(customers, features)).to_pandas()
        counted = self.source.fetch(profile_sql.rank_sql(customers, summed, features)).to_pandas().iloc[0]
        return profile_sql.build_profile(summed, counted, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Computed by one query, approximately in a warehouse; on the sample if a query would read all lines."""
        if self.source.combines_queries and not self.is_stored:
            return compute_quantiles(self.frame[feature], model.assign(self.frame), shares)
        customers = model.assign_sql(self.expression)
        column = customers[feature]
        compute = column.approx_quantile if self.has_approximate_medians else column.quantile
        quantiles = {name: compute(share).cast("float64") for name, share in shares.items()}
        frame: pd.DataFrame = self.source.fetch(customers.group_by("segment_id").aggregate(**quantiles)).to_pandas()
        return frame.sort_values("segment_id", ignore_index=True)

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """The model as an expression: nothing is sent or fetched."""
        return model.assign_sql(self.expression).select("customer_id", "segment_id"), NO_TABLES

    def count_flows(self, before: SegmentModel, now: SegmentModel) -> pd.DataFrame:
        """Counted by one query, which reads the customers once for both models."""
        customers = self.expression
        for name, model in zip(FLOW_COLUMNS, (before, now), strict=True):
            customers = model.assign_sql(customers).rename({name: "segment_id"}).drop("squared_distance")
        flows = customers.group_by(FLOW_COLUMNS).aggregate(
            customers=customers.count(),
            net_sales=customers.monetary.cast("decimal(38, 6)").sum().cast("float64"),  # exact in any order
        )
        frame: pd.DataFrame = self.source.fetch(flows).to_pandas()
        return frame.sort_values(FLOW_COLUMNS, ignore_index=True)

    def fetch_labels(self, model: SegmentModel, customer_ids: pd.Series) -> pd.DataFrame:
        """The labels of the sample, or, if these customers were drawn with a larger share, those of a larger sample.

        Samples are nested (`is_sampled`), so no list of customers is sent to the engine.
        """
        share = find_sample_share(customer_ids)
        if share <= self.sample_share:
            return pd.DataFrame({"customer_id": self.frame["customer_id"], "segment_id": model.assign(self.frame)})
        labels, _ = self.label_customers(model)
        frame: pd.DataFrame = self.source.fetch(labels.filter(is_sampled(labels.customer_id, share))).to_pandas()
        return frame

    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Progress | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Batches sorted by the engine."""
        customers, order = model.assign_sql(self.expression), ["customer_id"]
        if segment_ids is not None:
            customers, order = customers.filter(customers.segment_id.isin(segment_ids)), ["segment_id", *order]
        columns = ["segment_id", *LIST_COLUMNS]
        needed = columns if model.resample_centers is None else dict.fromkeys([*columns, *model.scaler.features])
        query, rows = customers.select(*needed).order_by(*order), 0
        for batch in self.source.iter_batches(query if max_rows is None else query.limit(max_rows)):
            rows += batch.num_rows
            if on_progress is not None:
                on_progress(min(rows / max(self.totals.customers, 1), 1.0))
            frame = model.add_certainty(batch.to_pandas())
            yield frame[[*columns, *(["certainty"] if "certainty" in frame else [])]]
