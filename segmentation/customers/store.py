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
from segmentation.clustering.validation.bootstrap import compute_certainty
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
    resample_centers: Array | None = None
    """(resamples, k, d) bootstrap centers in the order of `centers`; None: not validated."""

    def assign(self, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(n,) segment_id of each customer in memory."""
        labels = predict_labels(self.scaler.transform(frame), self.centers) if self.labels is None else self.labels
        return np.asarray(self.cluster_to_segment, np.int64)[labels]

    def compute_certainty(self, frame: pd.DataFrame, segment_ids: np.ndarray[Any, np.dtype[np.int64]]) -> Array | None:
        """(n,) share of resamples in which each customer of `frame` keeps the segment, 0 to 1; None: not validated."""
        if self.resample_centers is None:
            return None
        clusters = np.argsort(self.cluster_to_segment)  # by segment_id
        labels = clusters[np.searchsorted(np.sort(self.cluster_to_segment), segment_ids)].astype(np.uint8)
        return compute_certainty(self.scaler.transform(frame), labels, self.resample_centers)

    def assign_sql(self, customers: ibis.Table) -> ibis.Table:
        """`customers` with segment_id and squared_distance, as an expression on their source.

        Raises:
            SettingsError: the scaling is 'ranks', which has no SQL expression.
        """
        predicted = predict_sql(customers, scale_sql(customers, self.scaler), self.centers)
        # The last cluster needs no condition: every customer has a nearest center.
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
    has_certainty: ClassVar[bool] = True
    """Whether customers come with their certainty, if the model was validated."""

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
        """Customers in batches, segment_id, LIST_COLUMNS and certainty if known: all are never copied at once.

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
        """Computed from both frames."""
        money = float(self.returns_only["monetary"].sum())
        return CustomerTotals(len(self.frame), int(self.frame["frequency"].sum()), len(self.returns_only), money)

    def get_full_data_inertia(self, scaler: Scaler) -> None:
        """None: `frame` holds all customers."""

    def build_profile(self, model: SegmentModel, stats: ClusterStats, features: Sequence[str]) -> pd.DataFrame:
        """Built from the cluster statistics, which cover all customers."""
        return profile.build_profile(stats, model.cluster_to_segment, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Computed by pandas."""
        grouped = self.frame[feature].groupby(model.assign(self.frame))
        frame = grouped.quantile(np.array(list(shares.values()))).unstack()
        frame.columns = pd.Index(shares)
        return frame.rename_axis("segment_id").reset_index()

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """A table that is sent with the query."""
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
        """Batches of `frame`."""
        ids = model.assign(self.frame)
        selected = [np.flatnonzero(ids == segment_id) for segment_id in sorted(segment_ids or ())]
        rows = np.concatenate([np.arange(len(ids)) if segment_ids is None else ids[:0], *selected])[:max_rows]
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            frame = self.frame.iloc[batch].reset_index(drop=True)
            certainty = model.compute_certainty(frame, ids[batch])
            if certainty is None and "certainty" in frame:  # as a saved run has it
                certainty = frame["certainty"].to_numpy()
            known = {} if certainty is None else {"certainty": certainty}
            yield frame[list(LIST_COLUMNS)].assign(segment_id=ids[batch], **known)


@dataclass(frozen=True, eq=False)
class EngineStore(CustomerStore):
    """`frame` is a uniform sample; everything else is computed by the engine, and only lists leave it."""

    all_customers: CustomerTotals
    sample_share: float
    """Share of all customers that is in the sample, 0 to 1."""

    stats_features = ("monetary", "recency_days", "frequency")  # what segment ids are based on; profiles need none
    has_certainty = False

    @property
    def totals(self) -> CustomerTotals:
        """The totals counted by the engine."""
        return self.all_customers

    @property
    def notices(self) -> tuple[str, ...]:
        """A notice that segments are found on a sample."""
        notice = Message(
            "Segments are found on a uniform sample of about {share:.1%} of {customers:,} customers; "
            "their sizes, sums and medians cover all customers.",
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
        """Exact: built from two aggregate queries."""
        customers = model.assign_sql(self.expression)
        summed = self.source.fetch(profile_sql.aggregate_sql(customers, features)).to_pandas()
        counted = self.source.fetch(profile_sql.rank_sql(customers, summed, features)).to_pandas().iloc[0]
        return profile_sql.build_profile(summed, counted, features)

    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Computed by one query."""
        customers = model.assign_sql(self.expression)
        quantiles = {name: customers[feature].quantile(share).cast("float64") for name, share in shares.items()}
        frame: pd.DataFrame = self.source.fetch(customers.group_by("segment_id").aggregate(**quantiles)).to_pandas()
        return frame.sort_values("segment_id", ignore_index=True)

    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """The model as an expression: nothing is sent or fetched."""
        return model.assign_sql(self.expression).select("customer_id", "segment_id"), NO_TABLES

    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Batches sorted by the engine."""
        customers, order = model.assign_sql(self.expression), ["customer_id"]
        if segment_ids is not None:
            customers, order = customers.filter(customers.segment_id.isin(segment_ids)), ["segment_id", *order]
        query, rows = customers.select("segment_id", *LIST_COLUMNS).order_by(*order), 0
        for batch in self.source.iter_batches(query if max_rows is None else query.limit(max_rows)):
            rows += batch.num_rows
            if on_progress is not None:
                on_progress(min(rows / max(self.totals.customers, 1), 1.0))
            yield batch.to_pandas()
