"""Whether a user's labels of the previous run still describe the segments that they would be carried over to."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from segmentation.segments.labeling import PreviousLabels
from segmentation.segments.overrides import SegmentOverride, read_overrides
from segmentation.segments.profile import to_rows
from segmentation.segments.segment_traits import get_number

TRAITS = ("position_recency_days", "position_frequency", "position_monetary")
TRAIT_TOLERANCE = 0.15
"""A trait holds approximately while the segment's median moves by at most 15 in 100 customers."""


def question_overrides(
    labels: PreviousLabels, before: pd.DataFrame, after: pd.DataFrame, *, is_same_model: bool
) -> PreviousLabels:
    """Move the labels that may no longer be true from `overrides` to `questioned`.

    Labels stay only with the same features and number of segments, and while recency, frequency and monetary of the
    segment are within TRAIT_TOLERANCE of what they were; an unknown trait does not count. A color alone says nothing
    and always stays.

    Args:
        labels: carried over from the previous run.
        before: the segments of the previous run.
        after: the profile of the new ones.
        is_same_model: whether both have the same features and number of segments.

    >>> from segmentation.segments.overrides import SegmentOverride
    >>> mine = PreviousLabels(overrides=(SegmentOverride(1, name="VIPs"),))
    >>> before, after = (pd.DataFrame({"segment_id": [1], TRAITS[2]: [position]}) for position in (0.9, 0.6))
    >>> question_overrides(mine, before, before, is_same_model=True).questioned
    ()
    >>> question_overrides(mine, before, after, is_same_model=True).questioned[0].name
    'VIPs'
    """
    rows_before = {int(row["segment_id"]): row for row in to_rows(before)}
    rows_after = {int(row["segment_id"]): row for row in to_rows(after)}

    def is_questionable(segment_id: int) -> bool:
        old, new = rows_before[segment_id], rows_after[segment_id]
        return not is_same_model or any(
            abs(get_number(new, trait) - get_number(old, trait)) > TRAIT_TOLERANCE for trait in TRAITS
        )

    questioned = tuple(
        entry
        for entry in labels.overrides
        if entry.segment_id in rows_after and set(entry.get_values()) != {"color"} and is_questionable(entry.segment_id)
    )
    retained = tuple(entry for entry in labels.overrides if entry not in questioned)
    return replace(labels, overrides=retained, questioned=questioned)


def list_dropped_overrides(before: pd.DataFrame, labels: PreviousLabels) -> list[SegmentOverride]:
    """The user's names and texts that are not carried over: they no longer fit, or their segment is gone.

    Args:
        before: the segments of the previous run.
        labels: what is carried over from it, as `question_overrides` returns it.
    """
    retained = {entry.segment_id for entry in labels.overrides}
    return [
        entry
        for entry in read_overrides(before)
        if entry.segment_id not in retained and set(entry.get_values()) != {"color"}
    ]
