"""Lists, profiles, quantiles and totals of all customers, whether they are in memory or in the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.clustering.sweep import FullDataInertia
from segmentation.customers.segment_model import SegmentModel
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.runtime.array_types import IntArray
from segmentation.runtime.progress import Progress
from segmentation.sales.source import SalesSource
from segmentation.segments.cluster_stats import ClusterStats

FLOW_COLUMNS = ["segment_before", "segment_now"]
"""Segments of a customer by the first and the second of two models."""
LIST_COLUMNS = ("customer_id", "recency_days", "frequency", "monetary")
"""Columns of a customer list besides segment_id."""


@dataclass(frozen=True)
class CustomerTotals:
    """Totals of all customers, including those not in memory."""

    customers: int
    """Customers with a purchase."""
    orders: int
    returns_only: int
    returns_money: float
    """Net sales of customers with returns only; negative."""


@dataclass(frozen=True, eq=False)
class CustomerStore(ABC):
    """All customers of one source; the model is fitted to those in memory."""

    frame: pd.DataFrame
    """Customers in memory, with a purchase: customer_id (text, ascending) and the loaded features (float64)."""
    returns_only: pd.DataFrame
    """Customers in memory with returns only, who are not segmented: customer_id, monetary."""
    source: SalesSource
    expression: ibis.Table
    """All customers with a purchase, on the source: customer_id and the features of `frame`."""

    stats_features: ClassVar[tuple[str, ...]] = tuple(REGISTRY)
    """Features whose cluster statistics are computed in memory for every k."""
    is_in_memory: ClassVar[bool] = True
    """Whether `frame` holds all customers."""

    @property
    def has_approximate_medians(self) -> bool:
        """Whether pages show approximate medians: exact ones sort all customers, which a warehouse charges for."""
        return False

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on the customers in memory, one sentence each."""
        return ()

    @property
    @abstractmethod
    def totals(self) -> CustomerTotals:
        """Totals of all customers."""

    def add_features(self, frame: pd.DataFrame, query: ibis.Table, *, is_stored: bool) -> Self:
        """The same customers with further features.

        Args:
            frame: customer_id and the features, at least for every customer in memory.
            query: the same for all customers, on the source.
            is_stored: whether `query` reads a stored table rather than lines.
        """
        added = self.frame.merge(frame, on="customer_id", how="left", validate="one_to_one")
        expression = self.expression.inner_join(query.select(*frame.columns), "customer_id")
        return replace(self, frame=added, expression=expression)

    @abstractmethod
    def get_full_data_inertia(self, scaler: Scaler) -> FullDataInertia | None:
        """The inertia of all customers for sets of centers; None if `frame` holds all of them."""

    @abstractmethod
    def build_profile(
        self, model: SegmentModel, stats: ClusterStats, features: Sequence[str], *, exact: bool = True
    ) -> pd.DataFrame:
        """One row per segment, as `segmentation.segments.profile.build_profile` describes it.

        Args:
            model: assigns the segments.
            stats: of its clusters, with `stats_features` of the customers in memory.
            features: which to describe.
            exact: False allows approximate medians where `has_approximate_medians`.
        """

    @abstractmethod
    def compute_quantiles(self, model: SegmentModel, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
        """Quantiles of a feature for each segment: segment_id, and a column for each of `shares` (name -> share).

        Between two customers the value is interpolated. Approximate where `has_approximate_medians`.
        """

    @abstractmethod
    def label_customers(self, model: SegmentModel) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
        """customer_id and segment_id of all customers for a query on the source, and the tables that it needs."""

    @abstractmethod
    def count_flows(self, before: SegmentModel, now: SegmentModel) -> pd.DataFrame:
        """Count all customers by the segments that two models assign to them.

        Returns:
            One row per pair that occurs, ascending: segment_before, segment_now, customers, net_sales (money).

        Raises:
            SettingsError: the customers are in the engine, and a scaling is 'ranks', which has no SQL expression.
        """

    @abstractmethod
    def fetch_labels(self, model: SegmentModel, customer_ids: pd.Series) -> pd.DataFrame:
        """customer_id and segment_id of the known ones among `customer_ids`, and possibly of other customers."""

    @abstractmethod
    def iter_customers(
        self,
        model: SegmentModel,
        segment_ids: Sequence[int] | None = None,
        max_rows: int | None = None,
        on_progress: Progress | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Customers in batches, to avoid copying all at once: segment_id, LIST_COLUMNS, and certainty if known.

        Args:
            model: assigns the segments.
            segment_ids: only these segments, by segment_id, then customer_id; None: all, by customer_id.
            max_rows: at most this many customers.
            on_progress: called with the share fetched, 0 to 1, if customers are in the engine.
        """


def compute_quantiles(values: pd.Series, segment_ids: IntArray, shares: Mapping[str, float]) -> pd.DataFrame:
    """Quantiles of customers in memory, in the columns of `CustomerStore.compute_quantiles`."""
    frame = values.groupby(segment_ids).quantile(np.array(list(shares.values()))).unstack()
    frame.columns = pd.Index(shares)
    return frame.rename_axis("segment_id").reset_index()
