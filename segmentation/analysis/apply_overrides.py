"""Segments made the user's own: names, sentences, colors and actions put over what was generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from segmentation.errors import SettingsError
from segmentation.results import Segmentation, build_run_id
from segmentation.segments import labeling
from segmentation.segments.overrides import SegmentOverride, check_unique, merge_overrides, read_overrides


def apply_overrides(segmentation: Segmentation, overrides: Sequence[SegmentOverride]) -> Segmentation:
    """The same segments with the user's own words; what is not the user's own is generated as before.

    Args:
        segmentation: from `segment`.
        overrides: for each segment in it, all that is the user's own; segments that it leaves out stay as they are.

    Raises:
        SettingsError: there is no such segment, or two would have the same name or color.
    """
    shown = {int(row["segment_id"]): str(row["segment_name"]) for row in segmentation.segments.to_dict("records")}
    unknown = [entry.segment_id for entry in overrides if entry.segment_id not in shown]
    if unknown:
        raise SettingsError(f"There is no segment {unknown[0]}.", hint="Choose one that is shown.")
    words = merge_overrides(read_overrides(segmentation.segments), overrides)
    changed = {entry.segment_id for entry in overrides}
    names = {segment_id: name for segment_id, name in shown.items() if segment_id not in changed}
    names |= {entry.segment_id: entry.name for entry in words if entry.name is not None}
    check_unique(words, names, {entry.segment_id: entry.color for entry in words if entry.color is not None})
    profiled = segmentation.segments.drop(columns=list(labeling.LABEL_COLUMNS))
    named = labeling.label_segments(profiled, segmentation.previous_labels, words)[list(segmentation.segments.columns)]
    created = datetime.now(UTC).replace(microsecond=0)
    run_id = build_run_id(created, segmentation.training, segmentation.k, segmentation.cluster_to_segment, words)
    return replace(segmentation, segments=named, created=created, run_id=run_id)
