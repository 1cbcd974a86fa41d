"""A saved run shown again: on the customers of today, or from its own numbers alone where the sales are not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering import sweep as sweep_step
from segmentation.clustering.k_selection import Advice, advise
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.runs.manifest import frame as as_frame
from segmentation.runs.load import SavedRun, translate_damage
from segmentation.errors import RunError, SourceError
from segmentation.results import CustomerTable, Segmentation, Training, new_run_id
from segmentation.sales.standardize import REASONS
from segmentation.sales.reconciliation import Balance, Window
from segmentation.segments import profile, labeling as telling
from segmentation.segments.overrides import MARK, of_frame
from segmentation.settings import ADVISED_K

KEPT = {"rfm_recency": "recency_days", "rfm_frequency": "frequency", "rfm_monetary": "monetary"}
"""Of every customer a saved list holds these figures and no others."""


def reopened(training: Training, run: SavedRun) -> Segmentation:
    """The segments of a saved run on the customers of `training`, which has the run's settings.

    Customers go to the nearest saved centre; numbers, names, colours and own words are the saved ones. Where every
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
    labels = sweep_step.predict(space, run.centres)
    segment_ids = np.asarray(run.cluster_to_segment, np.int64)[labels]
    profiled = profile.profile(frame, segment_ids, [name for name in REGISTRY if name in frame])
    empty = set(run.cluster_to_segment) - set(profiled["segment_id"])
    if empty:
        raise RunError(
            f"Nobody is in segment {min(empty)} of this run any more: the data have changed.",
            hint="Close the saved run and make new segments.",
        )
    inertia = float(((space - run.centres[labels]) ** 2).sum())
    fit = sweep_step.Fit(run.k, run.centres, labels, inertia)
    result = Segmentation(
        training=replace(training, scaler=scaler, features=run.features, fits={**training.fits, run.k: fit}),
        k=run.k,
        run_id=run.run_id,
        created=datetime.fromisoformat(run.created),
        cluster_to_segment=run.cluster_to_segment,
        segments=profiled.merge(_words(profiled, run), on="segment_id"),
        matched=_matched(run),
        earlier=telling.Earlier.of(run.segments, run.cluster_to_segment),
    )
    if _same(profiled, run):
        return result
    now = datetime.now(UTC).replace(microsecond=0)
    told = telling.tell(profiled, telling.Earlier(colors=result.earlier.colors), result.earlier.own)
    told["segment_name"] = result.segments["segment_name"]
    told["silhouette"] = result.segments["silhouette"]
    run_id = new_run_id(now, result.training, run.k, run.cluster_to_segment, of_frame(told))
    return replace(result, segments=told, created=now, run_id=run_id)


def as_saved(run: SavedRun) -> Segmentation:
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
    segments = run.segments.drop(columns=MARK, errors="ignore").merge(_words(run.segments, run)[["segment_id", MARK]])
    silhouette = dict(zip(segments["segment_id"], segments["silhouette"].astype(float), strict=True))
    inertia = float(run.scores.set_index("k")["inertia"][run.k])
    advice = run.advice or asdict(advise(run.scores, len(people), ADVISED_K))
    training = Training(
        settings=run.settings.model,
        table=_table(run, people),
        features=run.features,
        scaler=Scaler.from_dict(run.scaler),
        fits={run.k: sweep_step.Fit(run.k, run.centres, labels, inertia)},
        scores=run.scores,
        silhouette_by_cluster={run.k: np.array([silhouette[segment] for segment in run.cluster_to_segment])},
        silhouette_sample=run.silhouette_sample,
        advice=Advice(**{**advice, "reasons": tuple(advice["reasons"])}),
        notices=(),
    )
    return Segmentation(
        training=training,
        k=run.k,
        run_id=run.run_id,
        created=datetime.fromisoformat(run.created),
        cluster_to_segment=run.cluster_to_segment,
        segments=segments.sort_values("segment_id", ignore_index=True),
        matched=_matched(run),
        earlier=telling.Earlier.of(run.segments, run.cluster_to_segment),
    )


class NotHere:
    """In the place of sales that a saved run was made from and that cannot be asked."""

    note = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def version(self) -> NoReturn:
        """Nothing is known of what they hold now."""
        self._missing()

    def table(self) -> NoReturn:
        """There is none."""
        self._missing()

    def fetch(self, *asked: Any, **how: Any) -> NoReturn:
        """Nothing can be asked."""
        self._missing()

    def batches(self, *asked: Any, **how: Any) -> NoReturn:
        """Nothing can be asked."""
        self._missing()

    def _missing(self) -> NoReturn:
        raise SourceError(
            f"This needs the sales themselves ({self.name}), and only the saved result is here.",
            hint="Hand the file over again, or open the run where its sales can be read.",
        )


def _table(run: SavedRun, people: pd.DataFrame) -> CustomerTable:
    nothing = ibis.table({"customer_id": "string"}, name="not_here")
    aside = [_aside(row) for row in run.lines.get("set_aside", ())]
    balance = Balance(
        lines_in=int(run.lines["lines_in"]),
        lines_used=int(run.lines["lines_used"]),
        money_in=Decimal("NaN"),
        money_used=Decimal("NaN"),
        set_aside=pd.DataFrame(aside, columns=["reason", "label", "lines", "money"]),
        lines_without_transaction=0,
    )
    days = {name: date.fromisoformat(str(run.window[name])) for name in Window.__dataclass_fields__}
    return CustomerTable(
        settings=run.settings.sales,
        source=NotHere(run.source_name),
        version=run.run_id,
        frame=people[["customer_id", *KEPT]].rename(columns=KEPT),
        returns_only=pd.DataFrame({"customer_id": pd.Series(dtype="str"), "monetary": pd.Series(dtype="float64")}),
        balance=balance,
        window=Window(**days),
        unavailable={},
        notices=(),
        lines=nothing,
        every_line=nothing,
        has_categories=False,
        customers=nothing,
    )


def _aside(row: Mapping[str, Any]) -> dict[str, Any]:
    money = Decimal("NaN") if row["money"] is None else Decimal(str(row["money"]))
    return {**row, "label": REASONS.get(row["reason"], row["reason"]), "money": money}


def _matched(run: SavedRun) -> pd.DataFrame:
    return as_frame(run.identity) if run.identity else _no_match()


def _same(profiled: pd.DataFrame, run: SavedRun) -> bool:
    saved = run.segments.set_index("segment_id").reindex(profiled["segment_id"])
    return bool(
        np.array_equal(saved["customers"].to_numpy(float), profiled["customers"].to_numpy(float))
        and np.allclose(saved["net_sales"].to_numpy(float), profiled["net_sales"].to_numpy(float), rtol=1e-9)
    )


def _words(profiled: pd.DataFrame, run: SavedRun) -> pd.DataFrame:
    """What is said of each segment, as it was saved; runs of before there were own words have none."""
    saved = run.segments if MARK in run.segments else run.segments.assign(**{MARK: ""})
    saved = saved[["segment_id", *telling.TOLD, "silhouette"]].copy()
    saved[MARK] = saved[MARK].fillna("").astype(str)
    return saved


def _no_match() -> pd.DataFrame:
    return pd.DataFrame(columns=["segment_id", "cluster", "previous_name", "how"])
