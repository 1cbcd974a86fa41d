"""All that is said of segments: names, sentences, what to do, colours; generated, kept, or the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from segmentation.presentation import number_format as display
from segmentation.segments import recommended_actions as actions, matching as identity, naming
from segmentation.segments.overrides import COLUMNS, MARK, Own, of_frame
from segmentation.segments.profile import rows

TOLD = ("segment_name", "sentence", "reason", "goal", "offer", "channel", "avoid", "color", MARK)
"""The columns that `tell` adds."""


@dataclass(frozen=True)
class Earlier:
    """What goes on from an earlier run, by segment_id."""

    names: Mapping[int, str] = field(default_factory=dict)
    """They stay while they are nearly true."""
    colors: Mapping[int, int] = field(default_factory=dict)
    own: tuple[Own, ...] = ()
    """They stay whatever the figures are."""

    @classmethod
    def of(cls, segments: pd.DataFrame, kept: Iterable[int]) -> Earlier:
        """Of the frame of segments of an earlier run, those that were found again."""
        rows = segments[segments["segment_id"].isin(list(kept))]
        ids = [int(segment_id) for segment_id in rows["segment_id"]]
        return cls(
            names=dict(zip(ids, rows["segment_name"].astype(str), strict=True)),
            colors=dict(zip(ids, rows["color"].astype(int), strict=True)),
            own=of_frame(rows),
        )


def tell(profiled: pd.DataFrame, earlier: Earlier, own: Iterable[Own] = ()) -> pd.DataFrame:
    """The profile with names, sentences, actions and colours, and which of them are the user's own.

    Args:
        profiled: from `segmentation.segments.profile.profile`.
        earlier: what goes on from an earlier run; its own words are not added here, pass them in `own`.
        own: the user's own words; those for segments that are not there are left out.

    Returns:
        `profiled` with the columns of TOLD.
    """
    present = {int(segment_id) for segment_id in profiled["segment_id"]}
    by_id = {entry.segment_id: entry for entry in own if entry.segment_id in present}
    names = {segment_id: entry.name for segment_id, entry in by_id.items() if entry.name is not None}
    kept = {segment_id: name for segment_id, name in earlier.names.items() if segment_id in present}
    was_own = {entry.segment_id for entry in earlier.own if entry.name is not None}
    generated = {segment_id: name for segment_id, name in kept.items() if segment_id not in was_own}
    with display.using(display.NEUTRAL):  # kept in runs, and shared by all who look at them
        named = _beside(profiled.reset_index(drop=True), naming.name_segments(profiled, generated, names))
        named = _beside(named, actions.actions(named, set(names)))
    chosen = {segment_id: entry.color for segment_id, entry in by_id.items() if entry.color is not None}
    colors = identity.assign_colors(sorted(present), _around(earlier.colors, chosen, sorted(present)))
    ids = [int(segment_id) for segment_id in named["segment_id"]]
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        own_text = {i: getattr(entry, column) for i, entry in by_id.items() if getattr(entry, column) is not None}
        if own_text:
            named[column] = [own_text.get(i, text) for i, text in zip(ids, named[column], strict=True)]
    marks = {i: ",".join(entry.values()) for i, entry in by_id.items()}
    named["color"] = np.array([colors[i] for i in ids], np.int64)
    named[MARK] = pd.array([marks.get(i, "") for i in ids], "str")
    return named


def retold(segments: pd.DataFrame) -> pd.DataFrame:
    """Segments with their texts in the reader's number format; names, and the user's own words, stay as they are.

    segments: a frame that `tell` made, in this process or before it was saved.
    """
    if display.current() == display.NEUTRAL:
        return segments
    own = [own_of(row) for row in rows(segments)]
    own_names = {int(i) for i, fields in zip(segments["segment_id"], own, strict=True) if "name" in fields}
    with display.using(display.NEUTRAL):
        before = naming.describe(segments)
    after = _beside(naming.describe(segments), actions.actions(segments, own_names))
    texts: dict[str, list[str]] = {}
    for column in ("sentence", "goal", "offer", "channel", "avoid"):
        pairs = zip(segments[column], after[column], own, strict=True)
        texts[column] = [old if column in fields else new for old, new, fields in pairs]
    pairs = zip(segments["reason"], before["reason"], after["reason"], strict=True)
    texts["reason"] = [old.removesuffix(was) + now if old.endswith(was) else old for old, was, now in pairs]
    return segments.assign(**texts)


def _beside(segments: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Both frames, whose rows are of the same segments in the same order."""
    return pd.concat([segments, told.iloc[:, 1:]], axis=1)


def _around(earlier: Mapping[int, int], chosen: Mapping[int, int], present: list[int]) -> dict[int, int]:
    """The earlier colours with the chosen ones in their place; who had a chosen colour takes what became free."""
    colors = identity.assign_colors(present, earlier)
    for segment_id, color in chosen.items():
        for other, other_color in colors.items():
            if other_color == color and other != segment_id and chosen.get(other) != color:
                colors[other] = colors[segment_id]
        colors[segment_id] = color
    return colors


def own_of(row: Mapping[str, object]) -> frozenset[str]:
    """Which fields of a row of segments are the user's own.

    >>> sorted(own_of({"own": "name,goal"}))
    ['goal', 'name']
    """
    return frozenset(str(row.get(MARK) or "").split(",")) & frozenset(COLUMNS)
