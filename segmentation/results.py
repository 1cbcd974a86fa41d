"""Result types of the pipeline steps: the customers, the sweep over k, and one k with named segments.

They hold frames and are therefore compared by identity; their settings are values that can be compared and stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import ibis
import pandas as pd

from segmentation.clustering.k_selection import KRecommendation
from segmentation.clustering.sweep import KMeansFit, to_sklearn
from segmentation.clustering.validation.evidence import ValidationResult, tabulate_validation
from segmentation.customers.monitoring import PreviousModel, build_monitoring
from segmentation.customers.segment_model import SegmentModel
from segmentation.customers.store import CustomerStore
from segmentation.customers.stored_queries import get_aggregate
from segmentation.features.scaling import Scaler
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, build_customer_segments
from segmentation.runs.manifest import CustomerBatches, RunRecord
from segmentation.runtime.array_types import FloatArray, IntArray
from segmentation.runtime.progress import Progress
from segmentation.sales.findings import Finding
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.source import SalesSource, check_version
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
    store: CustomerStore
    """All customers, in memory or in the engine."""
    reconciliation: Reconciliation
    window: Window
    unavailable_features: dict[str, str]
    """Feature -> why it cannot be computed: a column is missing."""
    notices: tuple[str, ...]
    prepared: PreparedLines
    """The column mapping, the text format, and every line as an expression on the source."""
    findings: tuple[Finding, ...] = ()
    """What is likely to distort the segments, most severe first; see `segmentation.sales.data_checks`."""
    stored: Mapping[str, ibis.Table] = field(default_factory=dict)
    """Queries on stored results, by name; see `segmentation.customers.stored_queries`."""
    deferred_features: tuple[str, ...] = ()
    """Features that are computed only once they are used; see `segmentation.customer_loading.add_features`."""

    @property
    def frame(self) -> pd.DataFrame:
        """The customers in memory with a purchase; see `CustomerStore.frame`."""
        return self.store.frame

    @property
    def returns_only(self) -> pd.DataFrame:
        """The customers in memory with returns only; see `CustomerStore.returns_only`."""
        return self.store.returns_only

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

    def get_aggregate(self, name: str) -> ibis.Table:
        """The query for an aggregate of the lines that pages show; see `segmentation.customers.stored_queries`.

        Raises:
            SourceError: the result is not stored, and the lines have changed since they were read.
        """
        if name not in self.stored:
            check_version(self.source, self.version)
        has_missing_ids = self.reconciliation.lines_without_transaction > 0
        return get_aggregate(name, self.prepared, self.stored, has_missing_ids=has_missing_ids)


@dataclass(frozen=True, eq=False)
class SweepResult:
    """K-means for every k on one set of features."""

    settings: ModelSettings
    table: CustomerTable
    features: tuple[str, ...]
    """In the order of the manifest; constant features are excluded."""
    scaler: Scaler
    fits: dict[int, KMeansFit]
    scores: pd.DataFrame
    """One row per k; see `segmentation.clustering.scores.Scores.by_k`."""
    silhouette_by_cluster: dict[int, FloatArray]
    silhouette_half_width_by_cluster: dict[int, FloatArray]
    """Half the width of the 95 % interval; 0 where exact, NaN in runs of early versions."""
    silhouette_sample: int | None
    recommendation: KRecommendation
    notices: tuple[str, ...]
    validation: ValidationResult | None = None
    """Covers only candidates until `segmentation.analysis.explain.validate_sweep` replaces it; None in a saved run."""
    saved_validation: Mapping[str, Any] | None = None
    """Set for a saved run, instead of `validation`; see `Segmentation.validation_summary`."""
    saved_resample_centers: FloatArray | None = None
    """Set for a saved run, instead of those in `validation`; see `SegmentModel.resample_centers`."""

    @cached_property
    def cluster_stats(self) -> dict[int, ClusterStats]:
        """k -> statistics of its clusters, precomputed for every k so that the k slider only looks them up."""
        frame, labels = self.table.frame, [fit.labels for fit in self.fits.values()]
        features = [name for name in self.table.store.stats_features if name in frame]
        return dict(zip(self.fits, compute_cluster_stats(frame, labels, features), strict=True))

    def get_segment_model(self, k: int, cluster_to_segment: Sequence[int]) -> SegmentModel:
        """The clusters of one k as segments."""
        fit = self.fits[k]
        bootstrap = None if self.validation is None else self.validation.bootstrap.get(k)
        resample_centers = self.saved_resample_centers if bootstrap is None else bootstrap.centers
        return SegmentModel(self.scaler, fit.centers, cluster_to_segment, fit.labels, resample_centers)


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
    color, own (which of these the user has overridden), silhouette and silhouette_half_width, and the columns of
    `segmentation.segments.profile.compute_profile`."""
    matching: pd.DataFrame
    """Match with the previous run: segment_id, cluster, previous_name, how (kept or new); empty without one."""
    previous_labels: PreviousLabels = field(default_factory=PreviousLabels)
    """Labels carried over from the previous run."""
    previous: PreviousModel | None = None
    """The model of the run whose segments these were matched to."""
    saved_monitoring: Mapping[str, Any] | None = None
    """Set for a saved run, where nothing is computed; see `segmentation.customers.monitoring`."""
    has_approximate_medians: bool = False
    """Whether medians in `segments`, and what follows from them, are for display only."""

    @property
    def model(self) -> SegmentModel:
        """Assigns customers to the segments."""
        return self.training.get_segment_model(self.k, self.cluster_to_segment)

    @property
    def segment_ids(self) -> IntArray:
        """(n,) segment of each row of `training.table.frame`; computed on every access, to save memory."""
        return self.model.assign(self.training.table.frame)

    @property
    def segment_names(self) -> dict[int, str]:
        """segment_id -> segment_name."""
        return dict(zip(self.segments["segment_id"], self.segments["segment_name"], strict=True))

    @property
    def has_certainty(self) -> bool:
        """Whether customer lists include the certainty of each customer's segment."""
        store = self.training.table.store
        return CERTAINTY_COLUMN in store.frame or self.model.resample_centers is not None

    @property
    def validation_summary(self) -> Mapping[str, Any] | None:
        """Separate groups, borders and stability, as in evaluation_metrics.json; None if they are not known."""
        training = self.training
        if training.validation is None:
            return training.saved_validation
        return tabulate_validation(training.validation, self.k, self.cluster_to_segment, training.recommendation.k)

    def list_customers(self, names: Sequence[str] | None = None, max_rows: int | None = None) -> pd.DataFrame:
        """All batches of `iter_customers` as one frame."""
        batches = list(self.iter_customers(names, max_rows))
        return pd.concat(batches, ignore_index=True) if batches else self._build_empty_customers()

    def iter_customers(
        self,
        names: Sequence[str] | None = None,
        max_rows: int | None = None,
        on_progress: Progress | None = None,
    ) -> Iterator[pd.DataFrame]:
        """All customers in batches, in the columns of customer_segments.csv, even if only a sample is in memory.

        Args:
            names: only the customers of these segments, by segment_id, then customer_id; None: all, by customer_id.
            max_rows: at most this many customers.
            on_progress: called with the share fetched, 0 to 1, if customers are in the engine.
        """
        selected = None
        if names is not None:
            selected = self.segments.loc[self.segments["segment_name"].isin(names), "segment_id"].tolist()
        for frame in self.training.table.store.iter_customers(self.model, selected, max_rows, on_progress):
            yield build_customer_segments(frame, self.segments, self.created)

    def to_expression(self) -> ibis.Table:
        """All customers with segment_id and squared_distance, as an expression on the source.

        Raises:
            SettingsError: the scaling is 'ranks', which has no SQL expression.
        """
        return self.model.assign_sql(self.training.table.store.expression)

    def to_run_record(self, on_progress: Progress | None = None, *, with_customers: bool = True) -> RunRecord:
        """Everything that is saved of this run.

        Args:
            on_progress: called with the share of customers fetched, 0 to 1, if they are in the engine.
            with_customers: False leaves the customer list empty, for reports that list none.
        """
        training, table, fit = self.training, self.training.table, self.training.fits[self.k]
        return RunRecord(
            run_id=self.run_id,
            created=self.created,
            settings=RunSettings(table.settings, training.settings, self.k),
            source_name=table.source.name,
            window={name: getattr(table.window, name).isoformat() for name in Window.__dataclass_fields__},
            window_days=table.settings.window_days or table.window.days,
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
            customers=CustomerBatches(partial(self.iter_customers, on_progress=on_progress))
            if with_customers
            else self._build_empty_customers(),
            matching=self.matching,
            silhouette_sample=training.silhouette_sample,
            recommendation=training.recommendation.to_dict(),
            validation=self.validation_summary,
            resample_centers=self.model.resample_centers,
            monitoring=self._build_monitoring() if with_customers else None,
            model=to_sklearn(fit.centers, fit.inertia, training.settings.seed),
            scaler_model=training.scaler.to_sklearn(),
        )

    def _build_monitoring(self) -> Mapping[str, Any]:
        if self.saved_monitoring is not None:
            return self.saved_monitoring
        table, seed = self.training.table, self.training.settings.seed
        return build_monitoring(table.store, table.version, self.model, seed, self.previous)

    def _build_empty_customers(self) -> pd.DataFrame:
        empty = self.training.table.frame.head(0).assign(segment_id=self.segment_ids[:0])
        return build_customer_segments(empty, self.segments, self.created)


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
    inputs = [values, table.version, table.window.as_of.isoformat(), cluster_to_segment, *override_rows]
    digest = hashlib.sha256(
        json.dumps(inputs, sort_keys=True).encode() + training.fits[k].centers.tobytes()
    ).hexdigest()
    return f"{created:%Y%m%dT%H%M%SZ}-{digest[:8]}"
