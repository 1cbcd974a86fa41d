"""Segment labels: name, description, actions and color; generated, carried over, or overridden by the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from segmentation.presentation import number_format
from segmentation.segments import matching, naming, recommended_actions
from segmentation.segments.overrides import COLUMNS, OVERRIDE_COLUMN, SegmentOverride, read_overrides
from segmentation.segments.profile import to_rows

NAME_NOTE_COLUMN = "name_note"
"""With which the reason begins; runs of early versions have none, and keep their reasons as stored."""
LABEL_COLUMNS = (
    *("segment_name", "sentence", "reason", NAME_NOTE_COLUMN, "goal", "offer", "channel", "avoid", "color"),
    OVERRIDE_COLUMN,
)
"""The columns that `label_segments` adds."""


@dataclass(frozen=True)
class PreviousLabels:
    """Labels carried over from the previous run, by segment_id."""

    names: Mapping[int, str] = field(default_factory=dict)
    """Retained while true within the renaming tolerance."""
    colors: Mapping[int, int] = field(default_factory=dict)
    overrides: tuple[SegmentOverride, ...] = ()
    questioned: tuple[SegmentOverride, ...] = ()
    """Labels of the user that may no longer be true: not applied unless the user confirms them."""
    released: frozenset[str] = frozenset()
    """Every name of the previous run: none of them goes to another segment."""

    @classmethod
    def from_segments(cls, segments: pd.DataFrame, retained: Iterable[int]) -> PreviousLabels:
        """Take the labels of the segments that were matched.

        Args:
            segments: the labeled segments of the previous run.
            retained: IDs of the matched segments.
        """
        rows = segments[segments["segment_id"].isin(list(retained))]
        ids = [int(segment_id) for segment_id in rows["segment_id"]]
        return cls(
            names=dict(zip(ids, rows["segment_name"].astype(str), strict=True)),
            colors=dict(zip(ids, rows["color"].astype(int), strict=True)),
            overrides=read_overrides(rows),
            released=frozenset(segments["segment_name"].astype(str)),
        )


def label_segments(
    profile: pd.DataFrame, previous: PreviousLabels, overrides: Iterable[SegmentOverride] = ()
) -> pd.DataFrame:
    """Add names, descriptions, actions and colors to the profile.

    Args:
        profile: from `segmentation.segments.profile.compute_profile`.
        previous: names and colors to carry over; its overrides are not applied, pass them in `overrides`.
        overrides: the user's labels; those of segments that are not in the profile are ignored.

    Returns:
        `profile` with LABEL_COLUMNS.
    """
    present = {int(segment_id) for segment_id in profile["segment_id"]}
    by_id = {entry.segment_id: entry for entry in overrides if entry.segment_id in present}
    names = {segment_id: entry.name for segment_id, entry in by_id.items() if entry.name is not None}
    retained = {segment_id: name for segment_id, name in previous.names.items() if segment_id in present}
    # A name typed by the user is carried over as an override, never as a generated name.
    user_labels = (*previous.overrides, *previous.questioned)
    previously_overridden = {entry.segment_id for entry in user_labels if entry.name is not None}
    generated = {segment_id: name for segment_id, name in retained.items() if segment_id not in previously_overridden}
    # Texts are saved with the run and shared by all readers: they are generated in the default number format.
    with number_format.number_format_context(number_format.DEFAULT_FORMAT):
        labeled = _concat_columns(
            profile.reset_index(drop=True), naming.name_segments(profile, generated, names, previous.released)
        )
        labeled = _concat_columns(labeled, recommended_actions.recommend_actions(labeled, set(names)))
    chosen_colors = {segment_id: entry.color for segment_id, entry in by_id.items() if entry.color is not None}
    colors = matching.assign_colors(
        sorted(present), _assign_with_overrides(previous.colors, chosen_colors, sorted(present))
    )
    ids = [int(segment_id) for segment_id in labeled["segment_id"]]
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        override_texts = {i: getattr(entry, column) for i, entry in by_id.items() if getattr(entry, column) is not None}
        if override_texts:
            labeled[column] = [override_texts.get(i, text) for i, text in zip(ids, labeled[column], strict=True)]
    marks = {i: ",".join(entry.get_values()) for i, entry in by_id.items()}
    labeled["color"] = np.array([colors[i] for i in ids], np.int64)
    labeled[OVERRIDE_COLUMN] = pd.array([marks.get(i, "") for i in ids], "str")
    return labeled


def localize_labels(segments: pd.DataFrame) -> pd.DataFrame:
    """Render the generated texts in the reader's number format; names and overrides stay unchanged.

    Args:
        segments: the result of `label_segments`, in this process or from a saved run.
    """
    if number_format.get_number_format() == number_format.DEFAULT_FORMAT:  # the texts are stored in this format
        return segments
    overridden = [get_overridden_fields(row) for row in to_rows(segments)]
    overridden_names = {
        int(i) for i, fields in zip(segments["segment_id"], overridden, strict=True) if "name" in fields
    }
    known = segments.get(NAME_NOTE_COLUMN, pd.Series(None, segments.index, "object"))
    localized_texts = _concat_columns(
        naming.describe_segments(segments, known.fillna("")),
        recommended_actions.recommend_actions(segments, overridden_names),
    )
    texts: dict[str, list[str]] = {}
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        pairs = zip(segments[column], localized_texts[column], overridden, strict=True)
        texts[column] = [old if column in fields else new for old, new, fields in pairs]
    reasons = zip(segments["reason"], localized_texts["reason"], known.notna(), strict=True)
    texts["reason"] = [new if is_known else old for old, new, is_known in reasons]
    return segments.assign(**texts)


def _concat_columns(segments: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Append the label columns to `segments`; both have the same segments in the same order."""
    return pd.concat([segments, labels.iloc[:, 1:]], axis=1)


def _assign_with_overrides(
    previous: Mapping[int, int], overrides: Mapping[int, int], present: list[int]
) -> dict[int, int]:
    """The previous colors with the chosen ones; a segment that had a chosen color takes the one that became free."""
    colors = matching.assign_colors(present, previous)
    for segment_id, color in overrides.items():
        # Swap rather than take: no two segments may share a color while there are free ones.
        for other_id, other_color in colors.items():
            if other_color == color and other_id != segment_id and overrides.get(other_id) != color:
                colors[other_id] = colors[segment_id]
        colors[segment_id] = color
    return colors


def get_overridden_fields(row: Mapping[str, object]) -> frozenset[str]:
    """The overridden fields of a row of segments.

    >>> sorted(get_overridden_fields({"own": "name,goal"}))
    ['goal', 'name']
    """
    return frozenset(str(row.get(OVERRIDE_COLUMN) or "").split(",")) & frozenset(COLUMNS)
