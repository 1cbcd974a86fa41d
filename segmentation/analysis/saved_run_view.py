"""Reopens a saved run: applied to the current customers, or from its saved results alone if the sales are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering.k_selection import KRecommendation
from segmentation.clustering.sweep import KMeansFit, predict_labels
from segmentation.customers.in_memory import InMemoryStore
from segmentation.errors import RunError, SourceError
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.results import CustomerTable, Segmentation, SweepResult, build_run_id
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.load import SavedRun, translate_incomplete_run_errors
from segmentation.runs.manifest import build_frame
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.standardize import DEFAULT_FORMAT, REJECT_REASONS
from segmentation.segments import labeling, profile
from segmentation.segments.overrides import OVERRIDE_COLUMN, read_overrides

SAVED_COLUMNS = {"rfm_recency": "recency_days", "rfm_frequency": "frequency", "rfm_monetary": "monetary"}
"""Column of a saved customer list -> feature; a saved list has no other features."""
SILHOUETTE_COLUMNS = ["silhouette", "silhouette_half_width"]
"""Of segments; runs of early versions lack the second."""


def apply_saved_run(training: SweepResult, run: SavedRun) -> Segmentation:
    """Apply a saved run to the customers of `training`, which has the settings of the run.

    Each customer is assigned to the nearest saved center; segment IDs, names, colors and overrides are the saved ones.
    If every segment has its saved number of customers and net sales, the texts and the run ID are the saved ones too.
    Otherwise the data have changed: texts are generated again, and the result is a new run with its own ID.

    Raises:
        RunError: the data lack a feature of the run, or a segment has become empty.
    """
    frame = training.table.frame
    missing = [name for name in run.features if name not in frame]
    if missing:
        raise RunError(f"The run uses {missing[0]}, which this data does not have.", hint="Choose other sales data.")
    scaler = Scaler.from_dict(run.scaler)
    X = scaler.transform(frame)
    labels = predict_labels(X, run.centers)
    segment_ids = np.asarray(run.cluster_to_segment, np.int64)[labels]
    profiled = profile.compute_profile(frame, segment_ids, [name for name in REGISTRY if name in frame])
    empty = set(run.cluster_to_segment) - set(profiled["segment_id"])
    if empty:
        raise RunError(
            f"Segment {min(empty)} of this run no longer has any customers: the data have changed.",
            hint="Close the saved run and compute new segments.",
        )
    inertia = float(((X - run.centers[labels]) ** 2).sum())
    fit = KMeansFit(run.k, run.centers, labels, inertia)
    result = Segmentation(
        training=replace(  # the validation is of other centers
            training,
            scaler=scaler,
            features=run.features,
            fits={**training.fits, run.k: fit},
            validation=None,
            saved_validation=run.validation,
            saved_resample_centers=run.resample_centers,
        ),
        k=run.k,
        run_id=run.run_id,
        created=datetime.fromisoformat(run.created),
        cluster_to_segment=run.cluster_to_segment,
        segments=profiled.merge(_restore_labels(run), on="segment_id"),
        matching=_restore_matching(run),
        previous_labels=labeling.PreviousLabels.from_segments(run.segments, run.cluster_to_segment),
        saved_monitoring=run.monitoring or {},
    )
    if _is_same_result(profiled, run):
        return result
    now = datetime.now(UTC).replace(microsecond=0)
    relabeled = labeling.label_segments(
        profiled, labeling.PreviousLabels(colors=result.previous_labels.colors), result.previous_labels.overrides
    )
    relabeled["segment_name"] = result.segments["segment_name"]
    columns = [name for name in SILHOUETTE_COLUMNS if name in result.segments]
    relabeled[columns] = result.segments[columns]
    run_id = build_run_id(now, result.training, run.k, run.cluster_to_segment, read_overrides(relabeled))
    return replace(result, segments=relabeled, created=now, run_id=run_id)


def restore_saved_run(run: SavedRun) -> Segmentation:
    """Restore a saved run from its saved results alone, without reading the sales.

    Segments, texts, scores and the recommendation are the saved ones. The customers have the features of the saved list
    (SAVED_COLUMNS). Values that were not saved stay unknown: money of the lines read and used is NaN, no customer is
    listed as having returns only, no feature as unavailable. A query on the sales raises SourceError.

    Raises:
        RunError: the customer list is missing or was changed, a feature is unknown, or the run is damaged.
    """
    with translate_incomplete_run_errors(run):
        return _restore_segmentation(run)


def _restore_segmentation(run: SavedRun) -> Segmentation:
    unknown = [name for name in run.features if name not in REGISTRY]
    if unknown:
        raise RunError(
            f"The run uses {unknown[0]}, which this version does not know.", hint="Open it with a newer version."
        )
    customers = run.read_customers()
    segment_ids = customers["segment_id"].to_numpy(np.int64)
    segment_to_cluster = {segment: cluster for cluster, segment in enumerate(run.cluster_to_segment)}
    if not set(segment_ids.tolist()) <= set(segment_to_cluster):
        raise RunError(
            "The customer list of this run has segments that the run does not have.", hint="Choose another run."
        )
    labels = np.array([segment_to_cluster[segment] for segment in segment_ids.tolist()], np.uint8)
    segments = run.segments.drop(columns=OVERRIDE_COLUMN, errors="ignore").merge(
        _restore_labels(run)[["segment_id", OVERRIDE_COLUMN]]
    )
    by_cluster = segments.set_index("segment_id").reindex(columns=SILHOUETTE_COLUMNS).loc[list(run.cluster_to_segment)]
    silhouette, half_width = (by_cluster[name].to_numpy(np.float64) for name in SILHOUETTE_COLUMNS)
    inertia = float(run.scores.set_index("k")["inertia"][run.k])
    training = SweepResult(
        settings=run.settings.model,
        table=_restore_customer_table(run, customers),
        features=run.features,
        scaler=Scaler.from_dict(run.scaler),
        fits={run.k: KMeansFit(run.k, run.centers, labels, inertia)},
        scores=run.scores,
        silhouette_by_cluster={run.k: silhouette},
        silhouette_half_width_by_cluster={run.k: half_width},
        silhouette_sample=run.silhouette_sample,
        recommendation=KRecommendation.from_dict(run.recommendation)
        if run.recommendation
        else KRecommendation.from_early_run(run.k),
        notices=(),
        saved_validation=run.validation,
        saved_resample_centers=run.resample_centers,
    )
    return Segmentation(
        training=training,
        k=run.k,
        run_id=run.run_id,
        created=datetime.fromisoformat(run.created),
        cluster_to_segment=run.cluster_to_segment,
        segments=segments.sort_values("segment_id", ignore_index=True),
        matching=_restore_matching(run),
        previous_labels=labeling.PreviousLabels.from_segments(run.segments, run.cluster_to_segment),
        saved_monitoring=run.monitoring or {},
    )


class UnavailableSource:
    """Stands in for the source of a saved run that is unavailable; every query raises SourceError."""

    note = ""
    notices: tuple[str, ...] = ()
    reads_local_tables = True
    combines_queries = False
    can_store = False

    def __init__(self, name: str) -> None:
        self.name = name

    def version(self) -> NoReturn:
        """Always raises: the sales are not available."""
        self._raise_unavailable()

    def table(self) -> NoReturn:
        """Always raises: the sales are not available."""
        self._raise_unavailable()

    def fetch(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Always raises: the sales are not available."""
        self._raise_unavailable()

    def store(self, *args: Any, **kwargs: Any) -> None:
        """None: there is nothing to store."""

    def iter_batches(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Always raises: the sales are not available."""
        self._raise_unavailable()

    def _raise_unavailable(self) -> NoReturn:
        raise SourceError(
            f"This needs the sales ({self.name}), but only the saved result is available.",
            hint="Upload the file again, or open the run where its sales can be read.",
        )


def _restore_customer_table(run: SavedRun, customers: pd.DataFrame) -> CustomerTable:
    unavailable = ibis.table({"customer_id": "string", "reason": "string"}, name="unavailable_sales")
    rejected = [_restore_rejected(row) for row in run.lines.get("set_aside", ())]
    balance = Reconciliation(
        lines_read=int(run.lines["lines_in"]),
        lines_accepted=int(run.lines["lines_used"]),
        money_read=Decimal("NaN"),
        money_accepted=Decimal("NaN"),
        rejected=pd.DataFrame(rejected, columns=["reason", "label", "lines", "money"]),
        lines_without_transaction=0,
    )
    days = {name: date.fromisoformat(str(run.window[name])) for name in Window.__dataclass_fields__}
    source = UnavailableSource(run.source_name)
    certainty = [CERTAINTY_COLUMN] if CERTAINTY_COLUMN in customers else []
    frame = customers[["customer_id", *SAVED_COLUMNS, *certainty]].rename(columns=SAVED_COLUMNS)
    return CustomerTable(
        settings=run.settings.sales,
        source=source,
        version=run.run_id,
        store=InMemoryStore(frame, frame[["customer_id", "monetary"]].head(0), source, unavailable),
        reconciliation=balance,
        window=Window(**days),
        unavailable_features={},
        notices=(),
        prepared=PreparedLines(
            run.settings.sales, unavailable, {}, DEFAULT_FORMAT, days["load_day"], unavailable, unavailable
        ),
    )


def _restore_rejected(row: Mapping[str, Any]) -> dict[str, Any]:
    money = Decimal("NaN") if row["money"] is None else Decimal(str(row["money"]))
    return {**row, "label": REJECT_REASONS.get(row["reason"], row["reason"]), "money": money}


def _restore_matching(run: SavedRun) -> pd.DataFrame:
    return build_frame(run.matching) if run.matching else _build_empty_matching()


def _is_same_result(profiled: pd.DataFrame, run: SavedRun) -> bool:
    saved = run.segments.set_index("segment_id").reindex(profiled["segment_id"])
    return bool(
        np.array_equal(saved["customers"].to_numpy(float), profiled["customers"].to_numpy(float))
        and np.allclose(saved["net_sales"].to_numpy(float), profiled["net_sales"].to_numpy(float), rtol=1e-9)
    )


def _restore_labels(run: SavedRun) -> pd.DataFrame:
    """The saved labels of each segment; runs of early versions lack some of the columns."""
    missing = [name for name in (OVERRIDE_COLUMN, labeling.NAME_NOTE_COLUMN) if name not in run.segments]
    saved = run.segments.assign(**dict.fromkeys(missing))
    silhouettes = [name for name in SILHOUETTE_COLUMNS if name in saved]
    saved = saved[["segment_id", *labeling.LABEL_COLUMNS, *silhouettes]].copy()
    saved[OVERRIDE_COLUMN] = saved[OVERRIDE_COLUMN].fillna("").astype(str)
    return saved


def _build_empty_matching() -> pd.DataFrame:
    return pd.DataFrame(columns=["segment_id", "cluster", "previous_name", "how"])
