"""Matches the clusters of a retrain to the segments of the previous run."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from segmentation.customers.monitoring import PreviousModel
from segmentation.customers.segment_model import SegmentModel
from segmentation.features import scaling
from segmentation.results import SweepResult
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runtime.array_types import FloatArray, IntArray, Labels
from segmentation.segments import matching
from segmentation.segments.cluster_stats import compute_cluster_stats

MIN_CUSTOMER_OVERLAP = 0.1
"""Runs count as runs of the same shop if at least this share of the smaller one's customers is in both."""


def match_to_previous_run(
    training: SweepResult, labels: Labels, initial_ids: tuple[int, ...], previous: PreviousSegments
) -> matching.Matching | None:
    """Match clusters to the segments of `previous` by common customers and, if the features are the same, by centers.

    None if the runs have hardly any customers in common: it is another shop, not a retrain.
    """
    frame, run = training.table.frame, previous.run
    assignments = _get_previous_assignments(training, previous)
    if (assignments.previous_labels >= 0).sum() < MIN_CUSTOMER_OVERLAP * min(
        int(run.segments["customers"].sum()), len(frame)
    ):
        return None
    distances = None
    if assignments.means is not None:
        offsets = assignments.means[len(initial_ids)][:, None, :] - run.centers[None, :, :]
        distances = np.sqrt((offsets**2).sum(axis=2))
    return matching.match_segments(
        initial_ids, labels, assignments.previous_labels, run.cluster_to_segment, run.centers, distances
    )


def restore_previous_model(training: SweepResult, previous: PreviousSegments) -> PreviousModel:
    """The model of `previous`, with the segments it assigned to the customers of `training`, for comparison."""
    run, labels = previous.run, _get_previous_assignments(training, previous).previous_labels
    distributions = (run.monitoring or {}).get("distributions", {})
    return PreviousModel(run.run_id, run.window_days, SegmentModel.from_run(run), labels, distributions)


@dataclass(frozen=True, eq=False)
class _PreviousAssignments:
    """The customers of a sweep as the previous run assigned them; the same for every k."""

    key: tuple[str, ...]
    previous_labels: IntArray
    """(n,) segment_id of each customer in the previous run; -1: not in it."""
    means: dict[int, FloatArray] | None
    """k -> (k, d) cluster means in the scaling of the previous run; None: that run has other features."""


_assignments: WeakKeyDictionary[SweepResult, _PreviousAssignments] = WeakKeyDictionary()
"""The latest for each sweep, as long as it exists: moving the k slider reads the previous customer list once."""


def _get_previous_assignments(training: SweepResult, previous: PreviousSegments) -> _PreviousAssignments:
    assignments = _assignments.get(training)
    if assignments is None or assignments.key != previous.key:
        assignments = _assignments[training] = _load_previous_assignments(training, previous)
    return assignments


def _load_previous_assignments(training: SweepResult, previous: PreviousSegments) -> _PreviousAssignments:
    frame, features = training.table.frame, training.features
    segment_ids = previous.get_labels(frame["customer_id"]).set_index("customer_id")["segment_id"]
    previous_labels = frame["customer_id"].map(segment_ids).fillna(-1).to_numpy(np.int64)
    means = None
    if previous.run.features == features:
        scaled = pd.DataFrame(scaling.Scaler.from_dict(previous.run.scaler).transform(frame), columns=list(features))
        stats_by_k = compute_cluster_stats(scaled, [fit.labels for fit in training.fits.values()], features)
        means = {
            k: np.stack([stats.means[name] for name in features], axis=1)
            for k, stats in zip(training.fits, stats_by_k, strict=True)
        }
    return _PreviousAssignments(previous.key, previous_labels, means)
