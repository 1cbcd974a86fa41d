"""How far a training can be trusted: evidence on every k, and the other story where two fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from segmentation.clusters import evidence
from segmentation.clusters.advice import Advice
from segmentation.clusters.stability import Story
from segmentation.clusters.sweep import predict
from segmentation.customers import features as registry
from segmentation.results import Training
from segmentation.segments import identity, naming, profile
from segmentation.settings import ADVISED_K


def gather_evidence(
    training: Training,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[evidence.Evidence, Advice]:
    """Whether the segments of every k repeat and are real, and the advice in its light; seconds of work.

    Raises:
        Stopped: `cancelled` said so (see `segmentation.clusters.stability`).
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


def other_story(training: Training, story: Story) -> pd.DataFrame:
    """What another partition of the same k would tell: one row per segment, named, with its profile."""
    frame = training.table.frame
    labels = predict(training.scaler.transform(frame), story.centres)
    ids = np.asarray(identity.canonical_ids(frame, labels), np.int64)[labels]
    profiled = profile.profile(frame, ids, [name for name in registry.REGISTRY if name in frame])
    return profiled.merge(naming.name_segments(profiled), on="segment_id")
