"""Result types of the pipeline steps: the customers, the sweep over k, and one k with named segments.

They hold frames and are therefore compared by identity; their settings are values that can be compared and stored.
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
from segmentation.population import LIST_COLUMNS, Population, build_customer_segments, iter_customer_segments
from segmentation.runs.manifest import CustomerBatches, RunRecord
from segmentation.runtime.tabular_files import BATCH_ROWS
from segmentation.sales.findings import Finding
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.source import SalesSource
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats
from segmentation.segments.labeling import PreviousLabels
from segmentation.segments.overrides import SegmentOverride, convert_overrides_to_rows
from segmentation.settings import ModelSettings, RunSettings, SalesSettings


@dataclass(frozen=True, eq=False)
class CustomerTable:
    """One row per customer, and how every sales line was used."""

    settings: SalesSettings
    source: SalesSource
    version: str
    """Version of the source at the time it was read."""
    frame: pd.DataFrame
    """One row per customer with a purchase: customer_id (text, ascending) and every available feature (float64)."""
    returns_only: pd.DataFrame
    """Customers with returns only, who are not segmented: customer_id, monetary."""
    reconciliation: Reconciliation
    window: Window
    unavailable_features: dict[str, str]
    """Feature -> why it cannot be computed: a column is missing."""
    notices: tuple[str, ...]
    prepared: PreparedLines
    """The column mapping, the text format, and every line as an expression on the source."""
    customers_expr: ibis.Table
    """All customers with a purchase, as an expression on the source: customer_id and every available feature."""
    population: Population | None = None
    """Totals of all customers if `frame` is a uniform sample of them; None if `frame` holds all."""
    findings: tuple[Finding, ...] = ()
    """What is likely to distort the segments, most severe first; see `segmentation.sales.data_checks`."""

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
        """Number of customers with a purchase, in the full population."""
        return len(self.frame) if self.population is None else self.population.customers

    @property
    def orders(self) -> int:
        """Number of orders of the full population."""
        return int(self.frame["frequency"].sum()) if self.population is None else self.population.orders

    @property
    def returns_only_totals(self) -> tuple[int, float]:
        """Number of customers with returns only, and their net sales, in the full population."""
        if self.population is None:
            return len(self.returns_only), float(self.returns_only["monetary"].sum())
        return self.population.returns_only, self.population.returns_money


@dataclass(frozen=True, eq=False)
class SweepResult:
    """K-means for every k on one set of features."""

    settings: ModelSettings
    table: CustomerTable
    features: tuple[str, ...]
    """In the order of the manifest; constant features are excluded."""
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
        """k -> statistics of its clusters, precomputed for every k so that the k slider only looks them up.

        For a sample only the features that segment ids are based on: its profiles come from the engine.
        """
        frame = self.table.frame
        features = list(REGISTRY) if self.table.population is None else ["monetary", "recency_days", "frequency"]
        labels = [fit.labels for fit in self.fits.values()]
        stats = compute_cluster_stats(frame, labels, [name for name in features if name in frame])
        return dict(zip(self.fits, stats, strict=True))


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One k, with its clusters turned into named segments."""

    training: SweepResult
    k: int
    run_id: str
    created: datetime
    cluster_to_segment: tuple[int, ...]
    segments: pd.DataFrame
    """One row per segment, by segment_id: segment_id, segment_name, sentence, reason, goal, offer, channel, avoid,
    color, own (which of these the user has overridden), silhouette, and the columns of
    `segmentation.segments.profile.compute_profile`."""
    matching: pd.DataFrame
    """Match with the previous run: segment_id, cluster, previous_name, how (kept or new); empty without one."""
    previous_labels: PreviousLabels = field(default_factory=PreviousLabels)
    """Labels carried over from the previous run."""

    @property
    def segment_ids(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(n,) segment of each row of `training.table.frame`; computed on every access, to save memory."""
        return np.asarray(self.cluster_to_segment, np.int64)[self.training.fits[self.k].labels]

    def customers(
        self,
        names: Sequence[str] | None = None,
        max_rows: int | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> pd.DataFrame:
        """One row per customer in the columns of customer_segments.csv; the full population, even if sampled.

        Args:
            names: only the customers of these segments; None: all, by customer_id.
            max_rows: with `names`, at most this many rows: the first by customer_id, or by segment if in memory.
            on_progress: called with the share fetched, 0 to 1, if customers are in the engine.
        """
        table, ids = self.training.table, self.segment_ids
        frame = table.frame
        is_selected = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        selected = self.segments["segment_id"][is_selected].tolist()
        if table.population is not None:
            customers = self.to_expression()
            if names is not None:
                customers = customers.filter(customers.segment_id.isin(selected))
            frame = population.fetch_customers(table.source, customers, LIST_COLUMNS, on_progress, max_rows)
            ids = frame["segment_id"].to_numpy()
        elif names is not None:
            by_segment = [np.flatnonzero(ids == segment_id)[:max_rows] for segment_id in selected]
            rows = np.concatenate(by_segment or [ids[:0]])[:max_rows]
            frame = frame[["customer_id", *LIST_COLUMNS[1:]]].iloc[rows].reset_index(drop=True)
            ids = ids[rows]
        return build_customer_segments(frame, ids, self.segments, self.created)

    def iter_customers(
        self, names: Sequence[str] | None = None, on_progress: Callable[[float], None] | None = None
    ) -> Iterator[pd.DataFrame]:
        """The rows of `customers` in batches, so that memory never holds a second copy of all.

        Args:
            names: only the customers of these segments, by segment_id, then customer_id; None: all, by customer_id.
            on_progress: called with the share fetched, 0 to 1, if customers are in the engine.
        """
        table, ids = self.training.table, self.segment_ids
        is_selected = self.segments["segment_name"].isin(self.segments["segment_name"] if names is None else names)
        selected = self.segments["segment_id"][is_selected].sort_values().tolist()
        if table.population is not None:
            customers = self.to_expression()
            if names is not None:
                customers = customers.filter(customers.segment_id.isin(selected))
            order = ("customer_id",) if names is None else ("segment_id", "customer_id")
            yield from iter_customer_segments(
                table.source, customers, order, self.segments, self.created, on_progress, table.n_customers
            )
            return
        frame = table.frame[["customer_id", *LIST_COLUMNS[1:]]]
        for segment_id in selected if names is not None else (None,):
            rows = np.arange(len(ids)) if segment_id is None else np.flatnonzero(ids == segment_id)
            for start in range(0, len(rows), BATCH_ROWS):
                batch = rows[start : start + BATCH_ROWS]
                yield build_customer_segments(
                    frame.iloc[batch].reset_index(drop=True), ids[batch], self.segments, self.created
                )

    def to_expression(self) -> ibis.Table:
        """All customers with segment_id and squared_distance, as an expression on the source.

        Raises:
            SettingsError: the scaling is 'ranks', which has no SQL expression.
        """
        training = self.training
        centers = training.fits[self.k].centers
        return population.assign_segments_sql(
            training.table.customers_expr, training.scaler, centers, self.cluster_to_segment
        )

    def to_run_record(
        self, on_progress: Callable[[float], None] | None = None, *, with_customers: bool = True
    ) -> RunRecord:
        """Everything that is saved of this run.

        Args:
            on_progress: called with the share of customers fetched, 0 to 1, if they are in the engine.
            with_customers: False leaves the customer list empty, for reports that list none.
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


def build_run_id(
    created: datetime,
    training: SweepResult,
    k: int,
    cluster_to_segment: tuple[int, ...],
    overrides: Sequence[SegmentOverride] = (),
) -> str:
    """Timestamp (UTC) plus eight hex digits of everything that determines the result: equal results, equal digits."""
    table = training.table
    values = RunSettings(table.settings, training.settings, k).to_dict()
    override_rows = [convert_overrides_to_rows(overrides)] if overrides else []
    inputs = json.dumps(
        [values, table.version, table.window.as_of.isoformat(), cluster_to_segment, *override_rows], sort_keys=True
    )
    digest = hashlib.sha256(inputs.encode() + training.fits[k].centers.tobytes()).hexdigest()
    return f"{created:%Y%m%dT%H%M%SZ}-{digest[:8]}"
