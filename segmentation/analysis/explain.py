"""How far segments can be trusted: evidence on every k, the other story, rules, one customer explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering.k_selection import KRecommendation, recommend_k
from segmentation.clustering.sweep import predict_labels
from segmentation.clustering.validation import evidence
from segmentation.clustering.validation.alternatives import AlternativePartition
from segmentation.errors import DataError
from segmentation.features import registry
from segmentation.features.rounding import scale_without_ties
from segmentation.results import Segmentation, SweepResult
from segmentation.segments import matching, naming, profile
from segmentation.segments.rules import Rules, find_rules
from segmentation.settings import RECOMMENDED_K_RANGE

INTEGER_UNITS = {"days", "orders", "lines", "categories"}
"""Units of figures that are whole numbers ..."""
NON_INTEGER_FEATURES = {"typical_gap_days", "lines_per_order"}
"""... but for these."""


@dataclass(frozen=True)
class Change:
    """A change of one figure that would move a customer to the next segment."""

    feature: str
    current: float
    target: float


@dataclass(frozen=True)
class Explanation:
    """One customer beside the segments; distances are in the space of K-means."""

    segment_id: int
    distance: float
    next_segment_id: int
    next_distance: float
    changes: tuple[Change, ...]
    """One per feature that alone would do it."""


def validate_sweep(
    training: SweepResult,
    on_progress: Callable[[float, str], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> tuple[evidence.ValidationResult, KRecommendation]:
    """The complete validation of every k, and the recommendation that rests on it; seconds of work.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """
    table = training.table

    def report_progress(share: float) -> None:
        if on_progress is not None:
            on_progress(share, "Drawing customers again")

    seed = training.settings.seed
    found = evidence.validate_clusters(
        training.scaler.transform(table.frame),
        training.fits,
        seed,
        X_without_ties=scale_without_ties(table.frame, training.scaler, seed),
        on_progress=report_progress,
        is_cancelled=is_cancelled,
    )
    return found, recommend_k(training.scores, len(table.frame), RECOMMENDED_K_RANGE, found)


def revise_with_validation(
    training: SweepResult, on_progress: Callable[[float, str], None] | None = None
) -> SweepResult:
    """The same training, with its complete validation and the recommendation that rests on it."""
    validation, recommendation = validate_sweep(training, on_progress)
    return replace(training, validation=validation, recommendation=recommendation)


def profile_alternative(training: SweepResult, alternative: AlternativePartition) -> pd.DataFrame:
    """What another partition of the same k would tell: one row per segment, named, with its profile."""
    frame = training.table.frame
    labels = predict_labels(training.scaler.transform(frame), alternative.centers)
    ids = np.asarray(matching.assign_initial_ids(frame, labels), np.int64)[labels]
    profiled = profile.compute_profile(frame, ids, [name for name in registry.REGISTRY if name in frame])
    return profiled.merge(naming.name_segments(profiled), on="segment_id")


def derive_rules(segmentation: Segmentation) -> Rules:
    """Each segment in a few readable conditions on the features that were compared."""
    features = segmentation.training.features
    whole = [
        name for name in features if registry.REGISTRY[name].unit in INTEGER_UNITS and name not in NON_INTEGER_FEATURES
    ]
    frame = segmentation.training.table.frame
    return find_rules(
        frame,
        segmentation.segment_ids,
        features,
        whole,
        lambda rows: assign_segments(segmentation, rows),
        segmentation.training.settings.seed,
    )


def assign_segments(segmentation: Segmentation, customers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The segment that the model gives to each of `customers`: (n,)."""
    labels = predict_labels(
        segmentation.training.scaler.transform(customers), segmentation.training.fits[segmentation.k].centers
    )
    return np.asarray(segmentation.cluster_to_segment, np.int64)[labels]


def explain_customer(segmentation: Segmentation, customer_id: str) -> Explanation:
    """Why one customer is in its segment, how far the next one is, and what alone would move it there.

    Raises:
        DataError: there is no such customer.
    """
    training = segmentation.training
    frame = training.table.frame
    row = frame[frame["customer_id"] == customer_id]
    if row.empty:
        raise DataError("There is no customer with this id who bought.", hint="Check the id, to the last sign.")
    distances = np.sqrt(((training.fits[segmentation.k].centers - training.scaler.transform(row)) ** 2).sum(axis=1))
    own = int(assign_segments(segmentation, row)[0])
    nearest = sorted(
        (float(distance), segment_id)
        for distance, segment_id in zip(distances, segmentation.cluster_to_segment, strict=True)
        if segment_id != own
    )
    here = float(distances[segmentation.cluster_to_segment.index(own)])
    changes = [
        change
        for name in training.features
        if (change := _find_counterfactual(segmentation, row, name, nearest[0][1])) is not None
    ]
    return Explanation(own, here, nearest[0][1], nearest[0][0], tuple(changes))


def _find_counterfactual(
    segmentation: Segmentation, row: pd.DataFrame, name: str, target_segment: int
) -> Change | None:
    """The value of one feature, nearest to the customer's own and seen among customers, that moves the customer."""
    feature = registry.REGISTRY[name]
    values = segmentation.training.table.frame[name].to_numpy(np.float64)
    here = float(row[name].iloc[0])
    grid = np.unique(np.quantile(values, np.linspace(0, 1, 401)))
    if feature.unit in INTEGER_UNITS and name not in NON_INTEGER_FEATURES:
        grid = np.unique(np.round(grid))
    trials = pd.concat([row] * len(grid), ignore_index=True)
    trials[name] = grid
    moves = grid[assign_segments(segmentation, trials) == target_segment]
    if not len(moves):
        return None
    return Change(name, here, float(moves[np.abs(moves - here).argmin()]))
