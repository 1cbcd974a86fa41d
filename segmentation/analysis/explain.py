"""Validation and explanation: evidence for every k, alternative partitions, rules, and counterfactuals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from segmentation.analysis.customer_lookup import CustomerLookup
from segmentation.clustering.k_selection import KRecommendation, recommend_k
from segmentation.clustering.sweep import predict_labels
from segmentation.clustering.validation import evidence
from segmentation.clustering.validation.alternatives import AlternativePartition
from segmentation.features import registry
from segmentation.features.rounding import scale_without_ties
from segmentation.results import Segmentation, SweepResult
from segmentation.runtime.array_types import IntArray
from segmentation.segments import matching, naming, profile
from segmentation.segments.rules import Rules, find_rules
from segmentation.settings import RECOMMENDED_K_RANGE

INTEGER_UNITS = {"days", "orders", "lines", "categories"}
"""Units of features with integer values, except NON_INTEGER_FEATURES."""
NON_INTEGER_FEATURES = {"typical_gap_days", "lines_per_order", "expected_orders"}


@dataclass(frozen=True)
class Counterfactual:
    """The change of one feature that would move a customer to the next segment."""

    feature: str
    current: float
    """The customer's value, in the unit of the feature."""
    target: float
    """The nearest value that moves the customer."""


def validate_sweep(
    training: SweepResult,
    on_progress: Callable[[float, str], None] | None = None,
) -> tuple[evidence.ValidationResult, KRecommendation]:
    """Validate the segments of every k, and recommend one of them accordingly; takes seconds.

    Args:
        training: the sweep over k.
        on_progress: called with the completed share, 0 to 1, and what is being done.

    Raises:
        WorkCancelled: the work of this context was cancelled; checked between tasks.
    """
    table = training.table

    def report_progress(share: float) -> None:
        if on_progress is not None:
            on_progress(share, "Bootstrap resampling")

    seed = training.settings.seed
    validation = evidence.validate_clusters(
        training.scaler.transform(table.frame),
        training.fits,
        seed,
        X_without_ties=scale_without_ties(table.frame, training.scaler, seed),
        on_progress=report_progress,
    )
    return validation, recommend_k(training.scores, len(table.frame), RECOMMENDED_K_RANGE, validation)


def recommend_fully(training: SweepResult) -> KRecommendation:
    """The recommendation of `validate_sweep`, without the validation that it does not depend on."""
    frame, seed = training.table.frame, training.settings.seed
    validation = evidence.validate_candidates(
        training.scaler.transform(frame),
        training.fits,
        RECOMMENDED_K_RANGE,
        seed,
        X_without_ties=scale_without_ties(frame, training.scaler, seed),
    )
    return recommend_k(training.scores, len(frame), RECOMMENDED_K_RANGE, validation)


def revise_with_validation(
    training: SweepResult, on_progress: Callable[[float, str], None] | None = None
) -> SweepResult:
    """The same sweep, with its complete validation and the recommendation that rests on it."""
    validation, recommendation = validate_sweep(training, on_progress)
    return replace(training, validation=validation, recommendation=recommendation)


def profile_alternative(training: SweepResult, alternative: AlternativePartition) -> pd.DataFrame:
    """Profile an alternative partition: one row per segment, with its name."""
    frame = training.table.frame
    labels = predict_labels(training.scaler.transform(frame), alternative.centers)
    ids = np.asarray(matching.assign_initial_ids(frame, labels), np.int64)[labels]
    profiled = profile.compute_profile(frame, ids, [name for name in registry.REGISTRY if name in frame])
    return profiled.merge(naming.name_segments(profiled), on="segment_id")


def derive_rules(segmentation: Segmentation) -> Rules:
    """Describe each segment by a few conditions on the features in the model."""
    features = segmentation.training.features
    integer_features = [name for name in features if _has_integers(name)]
    frame = segmentation.training.table.frame
    return find_rules(
        frame,
        segmentation.segment_ids,
        features,
        integer_features,
        lambda rows: assign_segments(segmentation, rows),
        segmentation.training.settings.seed,
    )


def _has_integers(feature: str) -> bool:
    return registry.REGISTRY[feature].unit in INTEGER_UNITS and feature not in NON_INTEGER_FEATURES


def assign_segments(segmentation: Segmentation, customers: pd.DataFrame) -> IntArray:
    """(n,) segment ID of each customer, predicted by the model.

    Args:
        customers: one row per customer with the features in their own units.
    """
    labels = predict_labels(
        segmentation.training.scaler.transform(customers), segmentation.training.fits[segmentation.k].centers
    )
    return np.asarray(segmentation.cluster_to_segment, np.int64)[labels]


def find_counterfactuals(segmentation: Segmentation, lookup: CustomerLookup) -> list[Counterfactual]:
    """Find the changes of a single feature that would move a customer to the next segment, one per feature at most."""
    frame = segmentation.training.table.frame
    row = frame[frame["customer_id"] == lookup.customer_id]
    return [
        counterfactual
        for name in segmentation.training.features
        if (counterfactual := _find_counterfactual(segmentation, row, name, lookup.next_segment_id)) is not None
    ]


def _find_counterfactual(
    segmentation: Segmentation, row: pd.DataFrame, name: str, target_segment: int
) -> Counterfactual | None:
    """The observed value of one feature nearest to the customer's that moves the customer to the target segment."""
    values = segmentation.training.table.frame[name].to_numpy(np.float64)
    current = float(row[name].iloc[0])
    grid = np.unique(np.quantile(values, np.linspace(0, 1, 401)))
    if _has_integers(name):
        grid = np.unique(np.round(grid))
    trials = pd.concat([row] * len(grid), ignore_index=True)
    trials[name] = grid
    moves = grid[assign_segments(segmentation, trials) == target_segment]
    if not len(moves):
        return None
    return Counterfactual(name, current, float(moves[np.abs(moves - current).argmin()]))
