"""A saved run shown again: on the customers of today, or from its own numbers alone where the sales are not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering import sweep as sweep_step
from segmentation.clustering.k_selection import KRecommendation, recommend_k
from segmentation.customers.store import InMemoryStore
from segmentation.errors import RunError, SourceError
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.results import CustomerTable, Segmentation, SweepResult, build_run_id
from segmentation.runs.load import SavedRun, translate_damage
from segmentation.runs.manifest import rows_to_frame as as_frame
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.standardize import DEFAULT_FORMAT, REJECT_REASONS
from segmentation.segments import labeling as labeling
from segmentation.segments import profile
from segmentation.segments.overrides import OVERRIDE_COLUMN, read_overrides
from segmentation.settings import RECOMMENDED_K_RANGE

SAVED_COLUMNS = {"rfm_recency": "recency_days", "rfm_frequency": "frequency", "rfm_monetary": "monetary"}
"""Of every customer a saved list holds these figures and no others."""


def apply_saved_run(training: SweepResult, run: SavedRun) -> Segmentation:
    """The segments of a saved run on the customers of `training`, which has the run's settings.

    Customers go to the nearest saved center; numbers, names, colors and own words are the saved ones. Where every
    segment has the customers and the money that it was saved with, so are the sentences, and the run keeps its id.
    Where the data have changed, sentences are told anew from them, and what is shown is a run of its own.

    Raises:
        RunError: a feature of the run is missing in these data, or a segment has no customer any more.
    """
    frame = training.table.frame
    missing = [name for name in run.features if name not in frame]
    if missing:
        raise RunError(f"The run uses {missing[0]}, which these data do not have.", hint="Choose other sales data.")
    scaler = Scaler.from_dict(run.scaler)
    space = scaler.transform(frame)
    labels = sweep_step.predict_labels(space, run.centers)
    segment_ids = np.asarray(run.cluster_to_segment, np.int64)[labels]
    profiled = profile.compute_profile(frame, segment_ids, [name for name in REGISTRY if name in frame])
    empty = set(run.cluster_to_segment) - set(profiled["segment_id"])
    if empty:
        raise RunError(
            f"Nobody is in segment {min(empty)} of this run any more: the data have changed.",
            hint="Close the saved run and make new segments.",
        )
    inertia = float(((space - run.centers[labels]) ** 2).sum())
    fit = sweep_step.KMeansFit(run.k, run.centers, labels, inertia)
    result = Segmentation(
        training=replace(training, scaler=scaler, features=run.features, fits={**training.fits, run.k: fit}),
        k=run.k,
        run_id=run.run_id,
        created=datetime.fromisoformat(run.created),
        cluster_to_segment=run.cluster_to_segment,
        segments=profiled.merge(_restore_labels(profiled, run), on="segment_id"),
        matching=_restore_matching(run),
        previous_labels=labeling.PreviousLabels.from_segments(run.segments, run.cluster_to_segment),
    )
    if _is_same_result(profiled, run):
        return result
    now = datetime.now(UTC).replace(microsecond=0)
    told = labeling.label_segments(
        profiled, labeling.PreviousLabels(colors=result.previous_labels.colors), result.previous_labels.overrides
    )
    told["segment_name"] = result.segments["segment_name"]
    told["silhouette"] = result.segments["silhouette"]
    run_id = build_run_id(now, result.training, run.k, run.cluster_to_segment, read_overrides(told))
    return replace(result, segments=told, created=now, run_id=run_id)


def restore_saved_run(run: SavedRun) -> Segmentation:
    """A saved run from what was saved of it and nothing else: the sales are not asked.

    Segments, words, scores and advice are the saved ones. The table of customers has the figures of the saved list
    (KEPT). What was not saved is not made up: money of the lines read and used is NaN, no customer counts as one with
    returns only, no figure is called unavailable. Whatever asks the sales gets a SourceError.

    Raises:
        RunError: the list of customers is missing or was changed, a feature is not known here, or the run is damaged.
    """
    with translate_damage(run):
        return _rebuild(run)


def _rebuild(run: SavedRun) -> Segmentation:
    unknown = [name for name in run.features if name not in REGISTRY]
    if unknown:
        raise RunError(f"The run uses {unknown[0]}, which is not known here.", hint="Open it with a newer version.")
    people = run.customers()
    segment_ids = people["segment_id"].to_numpy(np.int64)
    cluster_of = {segment: cluster for cluster, segment in enumerate(run.cluster_to_segment)}
    if not set(segment_ids.tolist()) <= set(cluster_of):
        raise RunError("The list of customers of this run names other segments.", hint="Take another run.")
    labels = np.array([cluster_of[segment] for segment in segment_ids.tolist()], np.uint8)
    segments = run.segments.drop(columns=OVERRIDE_COLUMN, errors="ignore").merge(
        _restore_labels(run.segments, run)[["segment_id", OVERRIDE_COLUMN]]
    )
    silhouette = dict(zip(segments["segment_id"], segments["silhouette"].astype(float), strict=True))
    inertia = float(run.scores.set_index("k")["inertia"][run.k])
    training = SweepResult(
        settings=run.settings.model,
        table=_restore_customer_table(run, people),
        features=run.features,
        scaler=Scaler.from_dict(run.scaler),
        fits={run.k: sweep_step.KMeansFit(run.k, run.centers, labels, inertia)},
        scores=run.scores,
        silhouette_by_cluster={run.k: np.array([silhouette[segment] for segment in run.cluster_to_segment])},
        silhouette_sample=run.silhouette_sample,
        recommendation=KRecommendation.from_dict(run.advice)
        if run.advice
        else recommend_k(run.scores, len(people), RECOMMENDED_K_RANGE),
        notices=(),
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
    )


class UnavailableSource:
    """In the place of sales that a saved run was made from and that cannot be asked."""

    note = ""
    notices: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def version(self) -> NoReturn:
        """Nothing is known of what they hold now."""
        self._missing_error()

    def table(self) -> NoReturn:
        """Always raises: the sales are not available."""
        self._missing_error()

    def fetch(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Always raises: the sales are not available."""
        self._missing_error()

    def iter_batches(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Always raises: the sales are not available."""
        self._missing_error()

    def _missing_error(self) -> NoReturn:
        raise SourceError(
            f"This needs the sales themselves ({self.name}), and only the saved result is here.",
            hint="Upload the file again, or open the run where its sales can be read.",
        )


def _restore_customer_table(run: SavedRun, customers: pd.DataFrame) -> CustomerTable:
    nothing = ibis.table({"customer_id": "string", "reason": "string"}, name="not_here")
    aside = [_restore_rejected(row) for row in run.lines.get("set_aside", ())]
    balance = Reconciliation(
        lines_read=int(run.lines["lines_in"]),
        lines_accepted=int(run.lines["lines_used"]),
        money_read=Decimal("NaN"),
        money_accepted=Decimal("NaN"),
        rejected=pd.DataFrame(aside, columns=["reason", "label", "lines", "money"]),
        lines_without_transaction=0,
    )
    days = {name: date.fromisoformat(str(run.window[name])) for name in Window.__dataclass_fields__}
    source = UnavailableSource(run.source_name)
    frame = customers[["customer_id", *SAVED_COLUMNS]].rename(columns=SAVED_COLUMNS)
    return CustomerTable(
        settings=run.settings.sales,
        source=source,
        version=run.run_id,
        store=InMemoryStore(frame, frame[["customer_id", "monetary"]].head(0), source, nothing),
        reconciliation=balance,
        window=Window(**days),
        unavailable_features={},
        notices=(),
        prepared=PreparedLines(run.settings.sales, nothing, {}, DEFAULT_FORMAT, days["load_day"], nothing),
    )


def _restore_rejected(row: Mapping[str, Any]) -> dict[str, Any]:
    money = Decimal("NaN") if row["money"] is None else Decimal(str(row["money"]))
    return {**row, "label": REJECT_REASONS.get(row["reason"], row["reason"]), "money": money}


def _restore_matching(run: SavedRun) -> pd.DataFrame:
    return as_frame(run.identity) if run.identity else _empty_matching()


def _is_same_result(profiled: pd.DataFrame, run: SavedRun) -> bool:
    saved = run.segments.set_index("segment_id").reindex(profiled["segment_id"])
    return bool(
        np.array_equal(saved["customers"].to_numpy(float), profiled["customers"].to_numpy(float))
        and np.allclose(saved["net_sales"].to_numpy(float), profiled["net_sales"].to_numpy(float), rtol=1e-9)
    )


def _restore_labels(profiled: pd.DataFrame, run: SavedRun) -> pd.DataFrame:
    """What is said of each segment, as it was saved; runs of before there were own words have none."""
    saved = run.segments if OVERRIDE_COLUMN in run.segments else run.segments.assign(**{OVERRIDE_COLUMN: ""})
    saved = saved[["segment_id", *labeling.LABEL_COLUMNS, "silhouette"]].copy()
    saved[OVERRIDE_COLUMN] = saved[OVERRIDE_COLUMN].fillna("").astype(str)
    return saved


def _empty_matching() -> pd.DataFrame:
    return pd.DataFrame(columns=["segment_id", "cluster", "previous_name", "how"])
