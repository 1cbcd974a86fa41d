"""How far segments can be trusted: evidence on every k, the other story, rules, one customer explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering.validation import evidence
from segmentation.clustering.k_selection import Advice
from segmentation.clustering.validation.bootstrap import Story
from segmentation.clustering.sweep import predict
from segmentation.features import registry as registry
from segmentation.errors import DataError
from segmentation.results import Segmentation, Training
from segmentation.segments import matching as identity, naming, profile
from segmentation.segments.rules import Rules, find_rules
from segmentation.settings import ADVISED_K

WHOLE = {"days", "orders", "lines", "categories"}
"""Units of figures that are whole numbers ..."""
AVERAGES = {"typical_gap_days", "lines_per_order"}
"""... but for these."""


@dataclass(frozen=True)
class Change:
    """A change of one figure that would move a customer to the next segment."""

    feature: str
    here: float
    to: float


@dataclass(frozen=True)
class Explanation:
    """One customer beside the segments; distances are in the space of K-means."""

    segment_id: int
    distance: float
    next_segment_id: int
    next_distance: float
    changes: tuple[Change, ...]
    """One per feature that alone would do it."""


def gather_evidence(
    training: Training,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[evidence.Evidence, Advice]:
    """Whether the segments of every k repeat and are real, and the advice in its light; seconds of work.

    Raises:
        Stopped: `cancelled` said so (see `segmentation.clustering.validation.bootstrap`).
    """
    table = training.table

    def tell(share: float) -> None:
        if progress is not None:
            progress(share, "Drawing customers again")

    found = evidence.gather(
        training.scaler.transform(table.frame), training.fits, training.settings.seed,
        progress=tell, cancelled=cancelled,
    )  # fmt: skip
    return found, evidence.reconsider(training.advice, training.scores, found, len(table.frame), ADVISED_K)


def with_evidence(training: Training, progress: Callable[[float, str], None] | None = None) -> Training:
    """The same training, with advice that knows whether the segments of each k repeat and are real."""
    return replace(training, advice=gather_evidence(training, progress)[1])


def other_story(training: Training, story: Story) -> pd.DataFrame:
    """What another partition of the same k would tell: one row per segment, named, with its profile."""
    frame = training.table.frame
    labels = predict(training.scaler.transform(frame), story.centres)
    ids = np.asarray(identity.canonical_ids(frame, labels), np.int64)[labels]
    profiled = profile.profile(frame, ids, [name for name in registry.REGISTRY if name in frame])
    return profiled.merge(naming.name_segments(profiled), on="segment_id")


def rules(found: Segmentation) -> Rules:
    """Each segment in a few readable conditions on the features that were compared."""
    features = found.training.features
    whole = [name for name in features if registry.REGISTRY[name].unit in WHOLE and name not in AVERAGES]
    frame = found.training.table.frame
    return find_rules(
        frame, found.segment_ids, features, whole, lambda rows: assign(found, rows), found.training.settings.seed
    )


def assign(found: Segmentation, customers: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The segment that the model gives to each of `customers`: (n,)."""
    labels = predict(found.training.scaler.transform(customers), found.training.fits[found.k].centres)
    return np.asarray(found.cluster_to_segment, np.int64)[labels]


def explain(found: Segmentation, customer_id: str) -> Explanation:
    """Why one customer is in its segment, how far the next one is, and what alone would move it there.

    Raises:
        DataError: there is no such customer.
    """
    training = found.training
    frame = training.table.frame
    row = frame[frame["customer_id"] == customer_id]
    if row.empty:
        raise DataError("There is no customer with this id who bought.", hint="Check the id, to the last sign.")
    distances = np.sqrt(((training.fits[found.k].centres - training.scaler.transform(row)) ** 2).sum(axis=1))
    own = int(assign(found, row)[0])
    nearest = sorted(
        (float(distance), segment_id)
        for distance, segment_id in zip(distances, found.cluster_to_segment, strict=True)
        if segment_id != own
    )
    here = float(distances[found.cluster_to_segment.index(own)])
    changes = [change for name in training.features if (change := _change(found, row, name, nearest[0][1])) is not None]
    return Explanation(own, here, nearest[0][1], nearest[0][0], tuple(changes))


def _change(found: Segmentation, row: pd.DataFrame, name: str, wanted: int) -> Change | None:
    """The value of one feature, nearest to the customer's own and seen among customers, that moves the customer."""
    feature = registry.REGISTRY[name]
    values = found.training.table.frame[name].to_numpy(np.float64)
    here = float(row[name].iloc[0])
    grid = np.unique(np.quantile(values, np.linspace(0, 1, 401)))
    if feature.unit in WHOLE and name not in AVERAGES:
        grid = np.unique(np.round(grid))
    trials = pd.concat([row] * len(grid), ignore_index=True)
    trials[name] = grid
    moves = grid[assign(found, trials) == wanted]
    if not len(moves):
        return None
    return Change(name, here, float(moves[np.abs(moves - here).argmin()]))
