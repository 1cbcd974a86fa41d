"""Applies the user's overrides (names, sentences, colors, actions) to a segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from segmentation.errors import SettingsError
from segmentation.results import Segmentation, build_run_id
from segmentation.segments import labeling
from segmentation.segments.overrides import SegmentOverride, check_unique, merge_overrides, read_overrides


def apply_overrides(segmentation: Segmentation, overrides: Sequence[SegmentOverride]) -> Segmentation:
    """Return the segmentation with overridden labels; all other labels are generated as before.

    Args:
        segmentation: from `segmentation.pipeline.build_segmentation`.
        overrides: each replaces all earlier overrides of its segment; other segments stay unchanged.

    Raises:
        SettingsError: there is no such segment, or two would have the same name or color.
    """
    current_names = segmentation.segment_names
    unknown = [entry.segment_id for entry in overrides if entry.segment_id not in current_names]
    if unknown:
        raise SettingsError(f"There is no segment {unknown[0]}.", hint="Choose one of the listed segments.")
    merged = merge_overrides(read_overrides(segmentation.segments), overrides)
    overridden = {entry.segment_id for entry in overrides}
    names = {segment_id: name for segment_id, name in current_names.items() if segment_id not in overridden}
    names |= {entry.segment_id: entry.name for entry in merged if entry.name is not None}
    check_unique(merged, names, {entry.segment_id: entry.color for entry in merged if entry.color is not None})
    profile = segmentation.segments.drop(columns=list(labeling.LABEL_COLUMNS))
    labeled = labeling.label_segments(profile, segmentation.previous_labels, merged)[
        list(segmentation.segments.columns)
    ]
    created = datetime.now(UTC).replace(microsecond=0)
    run_id = build_run_id(created, segmentation.training, segmentation.k, segmentation.cluster_to_segment, merged)
    return replace(segmentation, segments=labeled, created=created, run_id=run_id)
