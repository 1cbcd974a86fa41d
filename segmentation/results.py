"""What the steps leave behind, each made from the one before: customers, every k, one k named.

They hold frames, so they are compared by identity; the settings in them are what can be compared, kept and shared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation import population
from segmentation.clustering import sweep as sweep_step
from segmentation.clustering.k_selection import KRecommendation
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.population import Population
from segmentation.runs.manifest import CustomerBatches, RunRecord
from segmentation.runtime.tabular_files import BATCH_ROWS
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.source import SalesSource
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats
from segmentation.segments.labeling import PreviousLabels
from segmentation.segments.overrides import SegmentOverride, overrides_to_rows
from segmentation.settings import ModelSettings, RunSettings, SalesSettings


@dataclass(frozen=True, eq=False)
class CustomerTable:
    """One row per customer, and what became of every line."""

    settings: SalesSettings
    source: SalesSource
    version: str
    """The source's version when it was read."""
    frame: pd.DataFrame
    """One row per customer who bought, by customer_id (text): customer_id and every available feature (float64)."""
    returns_only: pd.DataFrame
    """Customers with returns only, who get no segment: customer_id, monetary."""
    reconciliation: Reconciliation
    window: Window
    unavailable_features: dict[str, str]
    """Features whose columns are missing, each with the reason."""
    notices: tuple[str, ...]
    prepared: PreparedLines
    """The column mapping, the text format, and every line as an expression on the source."""
    customers_expr: ibis.Table
    """All who bought, as an expression on the source: customer_id and every available feature."""
    population: Population | None = None
    """What is known of all customers where `frame` is a uniform sample of them; None: `frame` is everyone."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The column mapping: name in fct_sales -> name in the source."""
        return self.prepared.columns

    @property
    def lines(self) -> ibis.Table:
        """The lines that are used, as an expression on the source."""
        return self.prepared.accepted

    @property
    def has_categories(self) -> bool:
        """Whether the lines have a product category."""
        return "product_category" in self.columns

    @property
    def n_customers(self) -> int:
        """How many customers bought, all of them."""
        return len(self.frame) if self.population is None else self.population.customers

    @property
    def orders(self) -> int:
        """Orders of all customers."""
        return int(self.frame["frequency"].sum()) if self.population is None else self.population.orders

    @property
    def returns_only_totals(self) -> tuple[int, float]:
        """How many customers have returns only, all of them, and their net sales."""
        if self.population is None:
            return len(self.returns_only), float(self.returns_only["monetary"].sum())
        return self.population.returns_only, self.population.returns_money


@dataclass(frozen=True, eq=False)
class SweepResult:
    """Every k at once, on one set of features."""

    settings: ModelSettings
    table: CustomerTable
    features: tuple[str, ...]
    """In the order of the manifest; features with one value only are left out."""
    scaler: Scaler
    fits: dict[int, sweep_step.KMeansFit]
    scores: pd.DataFrame
    """One row per k; see `segmentation.clustering.scores.Scores.by_k`."""
    silhouette_by_cluster: dict[int, sweep_step.Array]
    silhouette_sample: int | None
    recommendation: KRecommendation
    notices: tuple[str, ...]

    @cached_property
    def cluster_stats(self) -> dict[int, ClusterStats]:
        """What the clusters of each k are like, of all k at once: moving k then only chooses.

        Where only a sample is here, no more than what the numbers of segments rest on.
        """
        frame = self.table.frame
        wanted = list(REGISTRY) if self.table.population is None else ["monetary", "recency_days", "frequency"]
        labels = [fit.labels for fit in self.fits.values()]
        found = compute_cluster_stats(frame, labels, [name for name in wanted if name in frame])
        return dict(zip(self.fits, found, strict=True))


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One k, with the clusters made into named segments."""

    training: SweepResult
    k: int
    run_id: str
    created: datetime
    cluster_to_segment: tuple[int, ...]
    segments: pd.DataFrame
    """One row per segment, by segment_id: segment_id, segment_name, sentence, reason, goal, offer, channel, avoid,
    color, own (which of these are the user's own words), silhouette, and the columns of
    `segmentation.segments.profile.compute_profile`."""
    matching: pd.DataFrame
    """Against an earlier run: segment_id, cluster, previous_name, how (kept or new); empty for a first run."""
    previous_labels: PreviousLabels = field(default_factory=PreviousLabels)
    """What goes on from that run."""

    @property
    def segment_ids(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(n,) the segment of each row of `training.table.frame`; made when it is asked for, and not kept."""
        return np.asarray(self.cluster_to_segment, np.int64)[self.training.fits[self.k].labels]

    def customers(
        self,
        names: Sequence[str] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> pd.DataFrame:
        """One row per customer, as customer_segments.csv has them; all of them, also where only a sample is here.

        Args:
            names: of segments whose customers will do; None: of all, by customer_id.
            max_rows: so many of the named segments will do, the first by customer_id; where everyone is here, by segment.
            on_progress: told the share that has come, where they must be fetched.
        """
        table, ids = self.training.table, self.segment_ids
        frame = table.frame
        known = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        wanted = self.segments["segment_id"][known].tolist()
        if table.population is not None:
            there = self.to_expression()
            if names is not None:
                there = there.filter(there.segment_id.isin(wanted))
            frame = population.fetch_customers(table.source, there, population.LIST_COLUMNS, on_progress, max_rows)
            ids = frame["segment_id"].to_numpy()
        elif names is not None:
            rows = np.concatenate([np.flatnonzero(ids == number)[:max_rows] for number in wanted] or [ids[:0]])[
                :max_rows
            ]
            frame, ids = (
                frame[["customer_id", *population.LIST_COLUMNS[1:]]].iloc[rows].reset_index(drop=True),
                ids[rows],
            )
        return build_customer_segments(frame, ids, self.segments, self.created)

    def iter_customers(
        self, names: Sequence[str] | None = None, on_progress: Callable[[float], None] | None = None
    ) -> Iterator[pd.DataFrame]:
        """The same as `customers` in parts, so that not even where all are here is there a second copy of them.

        Args:
            names: of segments: theirs in order of segment_id, then customer_id; None: everybody, by customer_id.
            on_progress: told the share that has come, where they must be fetched.
        """
        table, ids = self.training.table, self.segment_ids
        known = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        wanted = self.segments["segment_id"][known].sort_values().tolist()
        if table.population is not None:
            there = self.to_expression()
            if names is not None:
                there = there.filter(there.segment_id.isin(wanted))
            order = ("customer_id",) if names is None else ("segment_id", "customer_id")
            yield from iter_customer_segments(table, there, order, self.segments, self.created, on_progress)
            return
        shown = table.frame[["customer_id", *population.LIST_COLUMNS[1:]]]
        for number in wanted if names is not None else (None,):
            rows = np.arange(len(ids)) if number is None else np.flatnonzero(ids == number)
            for start in range(0, len(rows), BATCH_ROWS):
                some = rows[start : start + BATCH_ROWS]
                yield build_customer_segments(
                    shown.iloc[some].reset_index(drop=True), ids[some], self.segments, self.created
                )

    def to_expression(self) -> ibis.Table:
        """All customers with segment_id and squared_distance, as an expression on the source.

        Raises:
            SettingsError: the scaling has no expression.
        """
        training = self.training
        centers = training.fits[self.k].centers
        return population.assign_segments_sql(
            training.table.customers_expr, training.scaler, centers, self.cluster_to_segment
        )

    def to_run_record(
        self, on_progress: Callable[[float], None] | None = None, *, with_customers: bool = True
    ) -> RunRecord:
        """All that is saved of this run.

        Args:
            on_progress: told the share of customers that have come, where they must be fetched.
            with_customers: without, the list of customers is empty, for what names none.
        """
        training, table = self.training, self.training.table
        fit = training.fits[self.k]
        return RunRecord(
            run_id=self.run_id,
            created=self.created,
            settings=RunSettings(table.settings, training.settings, self.k),
            source_name=table.source.name,
            window={name: getattr(table.window, name).isoformat() for name in Window.__dataclass_fields__},
            lines={
                "lines_in": table.reconciliation.lines_read,
                "lines_used": table.reconciliation.lines_accepted,
                "set_aside": table.reconciliation.rejected[["reason", "lines", "money"]],
            },
            features=training.features,
            scaler=training.scaler.to_dict(),
            centers=fit.centers,
            cluster_to_segment=self.cluster_to_segment,
            segments=self.segments,
            scores=training.scores,
            customers=self._customers_to_save(on_progress) if with_customers else self._empty_customers(),
            identity=self.matching,
            silhouette_sample=training.silhouette_sample,
            advice=training.recommendation.to_dict(),
            model=sweep_step.to_sklearn(fit.centers, fit.inertia, training.settings.seed),
            scaler_model=training.scaler.to_sklearn(),
        )

    def _empty_customers(self) -> pd.DataFrame:
        return build_customer_segments(
            self.training.table.frame.head(0), self.segment_ids[:0], self.segments, self.created
        )

    def _customers_to_save(self, progress: Callable[[float], None] | None) -> pd.DataFrame | CustomerBatches:
        if self.training.table.population is None:
            return self.customers()
        return CustomerBatches(lambda: self.iter_customers(on_progress=progress))


def build_customer_segments(
    frame: pd.DataFrame, segment_ids: np.ndarray[Any, Any], segments: pd.DataFrame, created: datetime
) -> pd.DataFrame:
    """One row per customer of `frame` with its segment, in the columns of customer_segments.csv."""
    names = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "segment_id": segment_ids,
            "segment_name": pd.Series(segment_ids).map(names).astype("str"),
            "rfm_recency": frame["recency_days"],
            "rfm_frequency": frame["frequency"],
            "rfm_monetary": frame["monetary"],
            "prediction_timestamp": pd.Timestamp(created),
        }
    )


def iter_customer_segments(
    table: CustomerTable,
    customers: ibis.Table,
    order: Sequence[str],
    segments: pd.DataFrame,
    created: datetime,
    on_progress: Callable[[float], None] | None,
) -> Iterator[pd.DataFrame]:
    """`build_customer_segments` in parts, for `customers` that are an expression on the source of `table`."""
    most = table.n_customers
    for frame in population.iter_customers(table.source, customers, population.LIST_COLUMNS, order, on_progress, most):
        yield build_customer_segments(frame, frame["segment_id"].to_numpy(), segments, created)


def build_run_id(
    created: datetime,
    training: SweepResult,
    k: int,
    cluster_to_segment: tuple[int, ...],
    overrides: Sequence[SegmentOverride] = (),
) -> str:
    """The time, and eight hex digits of everything that determined the run: the same result has the same digits."""
    table = training.table
    values = RunSettings(table.settings, training.settings, k).to_dict()
    words = [overrides_to_rows(overrides)] if overrides else []
    told = json.dumps(
        [values, table.version, table.window.as_of.isoformat(), cluster_to_segment, *words], sort_keys=True
    )
    digest = hashlib.sha256(told.encode() + training.fits[k].centers.tobytes()).hexdigest()
    return f"{created:%Y%m%dT%H%M%SZ}-{digest[:8]}"
