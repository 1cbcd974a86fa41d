"""Lists, profiles, quantiles and totals of all customers, whether they are in memory or in the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.clustering.prediction_sql import compute_inertias_sql, predict_sql
from segmentation.clustering.sweep import Array, FullDataInertia, Labels, predict_labels
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.messages import Message
from segmentation.runtime.tabular_files import BATCH_ROWS
from segmentation.sales.source import NO_TABLES, SalesSource
from segmentation.segments import profile, profile_sql
from segmentation.segments.cluster_stats import ClusterStats

LIST_COLUMNS = ("customer_id", "recency_days", "frequency", "monetary")
"""Columns of a customer list besides segment_id."""


@dataclass(frozen=True)
class CustomerTotals:
    """Totals of all customers, also of those who are not in memory."""

    customers: int
    """Customers with a purchase."""
    orders: int
    returns_only: int
    returns_money: float
    """Net sales of customers with returns only; negative."""


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """Assigns customers to segments by the nearest center."""

    scaler: Scaler
    centers: Array
    """(k, d), scaled."""
    cluster_to_segment: Sequence[int]
    """Index: cluster; value: segment_id."""
    labels: Labels | None = None
    """(n,) cluster of each customer in memory; None: to be predicted."""

    def assign(self, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(n,) segment_id of each customer in memory."""
        labels = predict_labels(self.scaler.transform(frame), self.centers) if self.labels is None else self.labels
        return np.asarray(self.cluster_to_segment, np.int64)[labels]

    def assign_sql(self, customers: ibis.Table) -> ibis.Table:
        """`customers` with segment_id and squared_distance, as an expression on their source.

        Raises:
            SettingsError: the scaling is 'ranks', which has no SQL expression.
        """
        predicted = predict_sql(customers, scale_sql(customers, self.scaler), self.centers)
        cases = [(predicted.cluster == cluster, int(number)) for cluster, number in enumerate(self.cluster_to_segment)]
        return predicted.mutate(segment_id=ibis.cases(*cases[:-1], else_=cases[-1][1]).cast("int64")).drop("cluster")


@dataclass(frozen=True, eq=False)
class CustomerStore(ABC):
    """All customers of one source; the model is fitted to those in memory."""

    frame: pd.DataFrame
    """Customers in memory, with a purchase: customer_id (text, ascending) and every available feature (float64)."""
    returns_only: pd.DataFrame
    """Customers in memory with returns only, who are not segmented: customer_id, monetary."""
    source: SalesSource
    expression: ibis.Table
    """All customers with a purchase, on the source: customer_id and every available feature."""

    stats_features: ClassVar[tuple[str, ...]] = tuple(REGISTRY)
    """Features whose cluster statistics are computed in memory for every k."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user must know about the customers in memory."""
        return ()

    @property
    @abstractmethod
    def totals(self) -> CustomerTotals:
        """Totals of all customers."""

    @abstractmethod
    def get_full_data_inertia(self, scaler: Scaler) -> FullDataInertia | None:
        """The inertia of all customers for sets of centers; None if `frame` holds all of them."""

    @abstractmethod
    def build_profile(self, model: SegmentModel, stats: ClusterStats, features: Sequence[str]) -> pd.DataFrame:
        """One row per segment, as `segmentation.segments.profile.build_profile` describes it.

        Args:
            model: assigns the segments.
            stats: of its clusters, with `stats_features` of the customers in memory.
            features: which to describe.
        """

    @abstractmethod
    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Exact quantiles of a feature for each segment: segment_id, and a column for each of `shares` (name -> share).

        Between two customers the value is interpolated.
        """

    @abstractmethod
    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """customer_id and segment_id of all customers for a query on the source, and the tables that it needs."""

    @abstractmethod
    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Customers in batches, segment_id and LIST_COLUMNS: all are never copied at once.

        Args:
            model: assigns the segments.
            segment_ids: only these segments, by segment_id, then customer_id; None: all, by customer_id.
            max_rows: at most this many customers.
            on_progress: called with the share fetched, 0 to 1, if customers are in the engine.
        """


@dataclass(frozen=True, eq=False)
class InMemoryStore(CustomerStore):
    """`frame` holds all customers."""

    @cached_property
    def totals(self) -> CustomerTotals:
        """Sums of both frames."""
        money = float(self.returns_only["monetary"].sum())
        return CustomerTotals(len(self.frame), int(self.frame["frequency"].sum()), len(self.returns_only), money)

    def get_full_data_inertia(self, scaler: Scaler) -> None:
        """Nothing more to measure."""

    def build_profile(self, model: SegmentModel, stats: ClusterStats, features: Sequence[str]) -> pd.DataFrame:
        """From the statistics, which are of all customers."""
        return profile.build_profile(stats, model.cluster_to_segment, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """By pandas."""
        grouped = self.frame[feature].groupby(model.assign(self.frame))
        frame = grouped.quantile(np.array(list(shares.values()))).unstack()
        frame.columns = pd.Index(shares)
        return frame.rename_axis("segment_id").reset_index()

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """A table that is sent along with the query."""
        name = "segment_of_customer"
        labels = pa.table({"customer_id": self.frame["customer_id"], "segment_id": model.assign(self.frame)})
        return ibis.table({"customer_id": "string", "segment_id": "int64"}, name=name), {name: labels}

    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Slices of `frame`."""
        frame, ids = self.frame[list(LIST_COLUMNS)], model.assign(self.frame)
        selected = [np.flatnonzero(ids == segment_id) for segment_id in sorted(segment_ids or ())]
        rows = np.concatenate([np.arange(len(ids)) if segment_ids is None else ids[:0], *selected])[:max_rows]
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            yield frame.iloc[batch].reset_index(drop=True).assign(segment_id=ids[batch])


@dataclass(frozen=True, eq=False)
class EngineStore(CustomerStore):
    """`frame` is a uniform sample; everything else is computed by the engine, and only lists leave it."""

    all_customers: CustomerTotals
    sample_share: float
    """Share of all customers that is in the sample, 0 to 1."""

    stats_features = ("monetary", "recency_days", "frequency")  # what segment ids are based on; profiles need none

    @property
    def totals(self) -> CustomerTotals:
        """As counted by the engine."""
        return self.all_customers

    @property
    def notices(self) -> tuple[str, ...]:
        """That segments come from a sample."""
        notice = Message(
            "Of {customers:,} customers, a uniform sample of about {share:.1%} finds the segments; "
            "their sizes, sums and medians count everyone.",
            {"customers": self.totals.customers, "share": self.sample_share},
        )
        return (notice,)

    def get_full_data_inertia(self, scaler: Scaler) -> FullDataInertia:
        """By one query for all sets of centers.

        A sample of 200,000 cannot distinguish two optima that differ by 0.2 %
        (docs/decisions/0009-sampling-and-pushdown.md).
        """
        return partial(self._compute_inertias, scaler)

    def _compute_inertias(self, scaler: Scaler, center_sets: Sequence[Array]) -> list[float]:
        query = compute_inertias_sql(self.expression, scale_sql(self.expression, scaler), center_sets)
        return [float(inertia) for inertia in self.source.fetch(query).to_pylist()[0].values()]

    def build_profile(self, model: SegmentModel, stats: ClusterStats, features: Sequence[str]) -> pd.DataFrame:
        """Exact, from two queries of aggregates."""
        customers = model.assign_sql(self.expression)
        summed = self.source.fetch(profile_sql.aggregate_sql(customers, features)).to_pandas()
        counted = self.source.fetch(profile_sql.rank_sql(customers, summed, features)).to_pandas().iloc[0]
        return profile_sql.build_profile(summed, counted, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """By one query."""
        customers = model.assign_sql(self.expression)
        quantiles = {name: customers[feature].quantile(share).cast("float64") for name, share in shares.items()}
        found: pd.DataFrame = self.source.fetch(customers.group_by("segment_id").aggregate(**quantiles)).to_pandas()
        return found.sort_values("segment_id", ignore_index=True)

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """The model as an expression."""
        return model.assign_sql(self.expression).select("customer_id", "segment_id"), NO_TABLES

    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Sorted by the engine."""
        customers, order = model.assign_sql(self.expression), ["customer_id"]
        if segment_ids is not None:
            customers, order = customers.filter(customers.segment_id.isin(segment_ids)), ["segment_id", *order]
        query, rows = customers.select("segment_id", *LIST_COLUMNS).order_by(*order), 0
        for batch in self.source.iter_batches(query if max_rows is None else query.limit(max_rows)):
            rows += batch.num_rows
            if on_progress is not None:
                on_progress(min(rows / max(self.totals.customers, 1), 1.0))
            yield batch.to_pandas()
