"""All that is said of segments: names, sentences, what to do, colors; generated, kept, or the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from segmentation.presentation import number_format
from segmentation.segments import matching, naming, recommended_actions
from segmentation.segments.overrides import COLUMNS, OVERRIDE_COLUMN, SegmentOverride, read_overrides
from segmentation.segments.profile import to_rows

LABEL_COLUMNS = ("segment_name", "sentence", "reason", "goal", "offer", "channel", "avoid", "color", OVERRIDE_COLUMN)
"""The columns that `label_segments` adds."""


@dataclass(frozen=True)
class PreviousLabels:
    """What goes on from an earlier run, by segment_id."""

    names: Mapping[int, str] = field(default_factory=dict)
    """They stay while they are nearly true."""
    colors: Mapping[int, int] = field(default_factory=dict)
    overrides: tuple[SegmentOverride, ...] = ()
    """They stay whatever the figures are."""

    @classmethod
    def from_segments(cls, segments: pd.DataFrame, retained: Iterable[int]) -> PreviousLabels:
        """Of the frame of segments of an earlier run, those that were found again."""
        rows = segments[segments["segment_id"].isin(list(retained))]
        ids = [int(segment_id) for segment_id in rows["segment_id"]]
        return cls(
            names=dict(zip(ids, rows["segment_name"].astype(str), strict=True)),
            colors=dict(zip(ids, rows["color"].astype(int), strict=True)),
            overrides=read_overrides(rows),
        )


def label_segments(
    profile: pd.DataFrame, previous: PreviousLabels, overrides: Iterable[SegmentOverride] = ()
) -> pd.DataFrame:
    """The profile with names, sentences, actions and colors, and which of them are the user's own.

    Args:
        profile: from `segmentation.segments.profile.compute_profile`.
        previous: what goes on from an earlier run; its own words are not added here, pass them in `overrides`.
        overrides: the user's own words; those for segments that are not there are left out.

    Returns:
        `profile` with the columns of TOLD.
    """
    present = {int(segment_id) for segment_id in profile["segment_id"]}
    by_id = {entry.segment_id: entry for entry in overrides if entry.segment_id in present}
    names = {segment_id: entry.name for segment_id, entry in by_id.items() if entry.name is not None}
    kept = {segment_id: name for segment_id, name in previous.names.items() if segment_id in present}
    was_own = {entry.segment_id for entry in previous.overrides if entry.name is not None}
    generated = {segment_id: name for segment_id, name in kept.items() if segment_id not in was_own}
    with number_format.number_format_context(
        number_format.DEFAULT_FORMAT
    ):  # kept in runs, and shared by all who look at them
        named = _concat_columns(profile.reset_index(drop=True), naming.name_segments(profile, generated, names))
        named = _concat_columns(named, recommended_actions.recommend_actions(named, set(names)))
    chosen = {segment_id: entry.color for segment_id, entry in by_id.items() if entry.color is not None}
    colors = matching.assign_colors(sorted(present), _assign_with_overrides(previous.colors, chosen, sorted(present)))
    ids = [int(segment_id) for segment_id in named["segment_id"]]
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        own_text = {i: getattr(entry, column) for i, entry in by_id.items() if getattr(entry, column) is not None}
        if own_text:
            named[column] = [own_text.get(i, text) for i, text in zip(ids, named[column], strict=True)]
    marks = {i: ",".join(entry.get_values()) for i, entry in by_id.items()}
    named["color"] = np.array([colors[i] for i in ids], np.int64)
    named[OVERRIDE_COLUMN] = pd.array([marks.get(i, "") for i in ids], "str")
    return named


def localize_labels(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments with their texts in the reader's number format; names, and the user's own words, stay as they are.

    segments: a frame that `label_segments` made, in this process or before it was saved.
    """
    if number_format.get_number_format() == number_format.DEFAULT_FORMAT:
        return segments
    own = [get_overridden_fields(row) for row in to_rows(segments)]
    own_names = {int(i) for i, fields in zip(segments["segment_id"], own, strict=True) if "name" in fields}
    with number_format.number_format_context(number_format.DEFAULT_FORMAT):
        before = naming.describe_segments(segments)
    after = _concat_columns(
        naming.describe_segments(segments), recommended_actions.recommend_actions(segments, own_names)
    )
    texts: dict[str, list[str]] = {}
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        pairs = zip(segments[column], after[column], own, strict=True)
        texts[column] = [old if column in fields else new for old, new, fields in pairs]
    pairs = zip(segments["reason"], before["reason"], after["reason"], strict=True)
    texts["reason"] = [old.removesuffix(was) + now if old.endswith(was) else old for old, was, now in pairs]
    return segments.assign(**texts)


def _concat_columns(segments: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Both frames, whose rows are of the same segments in the same order."""
    return pd.concat([segments, labels.iloc[:, 1:]], axis=1)


def _assign_with_overrides(earlier: Mapping[int, int], chosen: Mapping[int, int], present: list[int]) -> dict[int, int]:
    """The earlier colors with the chosen ones in their place; who had a chosen color takes what became free."""
    colors = matching.assign_colors(present, earlier)
    for segment_id, color in chosen.items():
        for other, other_color in colors.items():
            if other_color == color and other != segment_id and chosen.get(other) != color:
                colors[other] = colors[segment_id]
        colors[segment_id] = color
    return colors


def get_overridden_fields(row: Mapping[str, object]) -> frozenset[str]:
    """Which fields of a row of segments are the user's own.

    >>> sorted(get_overridden_fields({"own": "name,goal"}))
    ['goal', 'name']
    """
    return frozenset(str(row.get(OVERRIDE_COLUMN) or "").split(",")) & frozenset(COLUMNS)
