"""A saved run shown again: its centres, segments and words on the customers of today."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from segmentation.clusters import sweep as sweep_step
from segmentation.customers.features import REGISTRY
from segmentation.customers.scaling import Scaler
from segmentation.delivery.manifest import frame as as_frame
from segmentation.delivery.saved import SavedRun
from segmentation.errors import RunError
from segmentation.results import Segmentation, Training, new_run_id
from segmentation.segments import profile, telling
from segmentation.segments.own import MARK, of_frame


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
        matched=as_frame(run.identity) if run.identity else _no_match(),
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
