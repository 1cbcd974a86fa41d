"""A retrain: which of the earlier run's segments the clusters of a new one are."""

from __future__ import annotations

import numpy as np

from segmentation.clusters.sweep import Labels
from segmentation.customers import scaling
from segmentation.delivery.saved import SavedRun
from segmentation.results import Training
from segmentation.segments import identity

SAME_SHOP = 0.1
"""An earlier run is of the same shop when at least this share of the smaller one's customers are in both."""


def found_again(
    training: Training, labels: Labels, first_ids: tuple[int, ...], previous: SavedRun
) -> identity.Matching | None:
    """Find the segments of `previous` again: by customers in both, and by centres where the features are the same.

    None where hardly anybody is in both: that is another shop, not a retrain.
    """
    frame = training.table.frame
    known = previous.labels(frame["customer_id"]).set_index("customer_id")["segment_id"]
    earlier = frame["customer_id"].map(known).fillna(-1).astype("int64").to_numpy()
    if (earlier >= 0).sum() < SAME_SHOP * min(int(previous.segments["customers"].sum()), len(frame)):
        return None
    distances = None
    if previous.features == training.features:
        space = scaling.Scaler.from_dict(previous.scaler).transform(frame)
        means = np.stack([space[labels == cluster].mean(axis=0) for cluster in range(len(first_ids))])
        distances = np.sqrt(((means[:, None, :] - previous.centres[None, :, :]) ** 2).sum(axis=2))
    return identity.match_segments(first_ids, labels, earlier, previous.cluster_to_segment, previous.centres, distances)
