"""A retrain: which of the earlier run's segments the clusters of a new one are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from segmentation.clustering.sweep import Labels
from segmentation.features import scaling
from segmentation.results import SweepResult
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.segments import matching
from segmentation.segments.cluster_stats import compute_cluster_stats

MIN_CUSTOMER_OVERLAP = 0.1
"""An earlier run is of the same shop when at least this share of the smaller one's customers are in both."""


def match_to_previous_run(
    training: SweepResult, labels: Labels, first_ids: tuple[int, ...], previous: PreviousSegments
) -> matching.Matching | None:
    """Find the segments of `previous` again: by customers in both, and by centers where the features are the same.

    None where hardly anybody is in both: that is another shop, not a retrain.
    """
    frame, run = training.table.frame, previous.run
    known = _known.get(training)
    if known is None or known.key != previous.key:
        known = _known[training] = _load_previous_assignments(training, previous)
    if (known.earlier >= 0).sum() < MIN_CUSTOMER_OVERLAP * min(int(run.segments["customers"].sum()), len(frame)):
        return None
    distances = None
    if known.means is not None:
        apart = known.means[len(first_ids)][:, None, :] - run.centers[None, :, :]
        distances = np.sqrt((apart**2).sum(axis=2))
    return matching.match_segments(first_ids, labels, known.earlier, run.cluster_to_segment, run.centers, distances)


@dataclass(frozen=True, eq=False)
class _PreviousAssignments:
    """What is known of the customers of a training from an earlier run; the same for every k."""

    key: tuple[str, ...]
    earlier: np.ndarray[Any, np.dtype[np.int64]]
    """(n,) their segment_id then; -1: not in it."""
    means: dict[int, np.ndarray[Any, np.dtype[np.float64]]] | None
    """For each k, (k, d) the means of the clusters in the earlier run's scaling; None: it compared other features."""


_known: WeakKeyDictionary[SweepResult, _PreviousAssignments] = WeakKeyDictionary()
"""The latest for each training, for as long as that is there: moving k reads the earlier list once."""


def _load_previous_assignments(training: SweepResult, previous: PreviousSegments) -> _PreviousAssignments:
    frame, features = training.table.frame, training.features
    segment_of = previous.get_labels(frame["customer_id"]).set_index("customer_id")["segment_id"]
    earlier = frame["customer_id"].map(segment_of).fillna(-1).to_numpy(np.int64)
    means = None
    if previous.run.features == features:
        space = pd.DataFrame(scaling.Scaler.from_dict(previous.run.scaler).transform(frame), columns=list(features))
        found = compute_cluster_stats(space, [fit.labels for fit in training.fits.values()], features)
        means = {
            k: np.stack([one.means[name] for name in features], axis=1)
            for k, one in zip(training.fits, found, strict=True)
        }
    return _PreviousAssignments(previous.key, earlier, means)
