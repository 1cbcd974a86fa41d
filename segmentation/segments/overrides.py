"""User overrides of segment labels: name, sentence, color and recommended actions. They replace generated text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.errors import SettingsError
from segmentation.runtime.formula_injection import FORMULA_START
from segmentation.segments.profile import to_rows

COLUMNS = {
    "name": "segment_name",
    "sentence": "sentence",
    "color": "color",
    "goal": "goal",
    "offer": "offer",
    "channel": "channel",
    "avoid": "avoid",
}
"""Overridable field -> column in the frame of segments."""
LIMITS = {"name": 40, "sentence": 300, "goal": 240, "offer": 240, "channel": 240, "avoid": 240}
"""Maximum number of characters of each text."""
TITLES = {
    "name": "name",
    "sentence": "sentence",
    "goal": "goal",
    "offer": "offer",
    "channel": "channel",
    "avoid": "text under 'avoid'",
}
PALETTE_SIZE = 12
"""Number of segment colors in `segmentation.charts.palette`."""
OVERRIDE_COLUMN = "own"
"""Column of the frame of segments that lists the overridden fields, such as 'name,goal'; empty if there are none."""


@dataclass(frozen=True)
class SegmentOverride:
    """A user's labels for one segment; None: generated. It replaces all earlier overrides of the segment.

    Raises:
        SettingsError: a text is too long, the color does not exist, or the name is not allowed.
    """

    segment_id: int
    name: str | None = None
    sentence: str | None = None
    color: int | None = None
    goal: str | None = None
    offer: str | None = None
    channel: str | None = None
    avoid: str | None = None

    def __post_init__(self) -> None:
        for field, limit in LIMITS.items():
            text = getattr(self, field)
            if text is None:
                continue
            cleaned = clean_text(text)
            if len(cleaned) > limit:
                raise SettingsError(
                    f"The {TITLES[field]} is too long: {len(cleaned)} characters.", hint=f"Use at most {limit}."
                )
            object.__setattr__(self, field, cleaned or None)  # an empty text restores the generated one
        if self.color is not None and not 0 <= self.color < PALETTE_SIZE:
            raise SettingsError("There is no such color.", hint="Choose one from the list.")
        if self.name is not None:
            _check_name(self.name)

    def get_values(self) -> dict[str, str | int]:
        """The overridden fields and their values.

        >>> SegmentOverride(2, name=" Our  regulars ", goal="").get_values()
        {'name': 'Our regulars'}
        """
        return {field: value for field in COLUMNS if (value := getattr(self, field)) is not None}


def clean_text(text: str) -> str:
    """Normalize to one line of visible text: drop invisible characters, collapse whitespace.

    Removing them also prevents names that look alike and names that reverse the text around them.

    >>> clean_text(" two\\nlines,\\u202e turned\\u200b ")
    'two lines, turned'
    """
    text = unicodedata.normalize("NFC", text)
    categories = ((char, unicodedata.category(char)) for char in text)
    visible = "".join(
        " " if kind in ("Cc", "Zl", "Zp") else char for char, kind in categories if kind not in ("Cf", "Cs")
    )
    return " ".join(visible.split())


def _check_name(name: str) -> None:
    if pc.match_substring_regex(pa.scalar(name), FORMULA_START).as_py():
        raise SettingsError(
            f"A name cannot begin with {name[0]!r}: a spreadsheet could take it for a formula.",
            hint="Begin with a letter or a digit.",
        )
    if not any(unicodedata.category(char)[0] == "L" for char in name):
        raise SettingsError("A name needs a letter.", hint="A number alone could be taken for a segment's number.")


def check_unique(overrides: Iterable[SegmentOverride], names: Mapping[int, str], colors: Mapping[int, int]) -> None:
    """Check that no override takes the name or the chosen color of another segment.

    Args:
        overrides: the new ones.
        names: segment_id -> current name.
        colors: segment_id -> color chosen by the user.

    Raises:
        SettingsError: a name or color is taken.
    """
    for edit in overrides:
        for segment_id, name in names.items():
            if edit.name is not None and segment_id != edit.segment_id and name.casefold() == edit.name.casefold():
                raise SettingsError(
                    f"Segment {segment_id} is already called {name}.", hint="Give each segment its own name."
                )
        for segment_id, color in colors.items():
            if edit.color is not None and segment_id != edit.segment_id and color == edit.color:
                raise SettingsError(f"Segment {segment_id} already has this color.", hint="Choose another color.")


def read_overrides(segments: pd.DataFrame) -> tuple[SegmentOverride, ...]:
    """The overrides in a frame of segments; none for runs saved before overrides existed.

    >>> row = {"segment_id": 3, "segment_name": "Regulars", "sentence": "Made by rule.", "own": "name"}
    >>> read_overrides(pd.DataFrame([row]))[0].get_values()
    {'name': 'Regulars'}
    """
    if OVERRIDE_COLUMN not in segments.columns or not any(segments[OVERRIDE_COLUMN]):
        return ()
    overrides = []
    for row in to_rows(segments):
        marked = [field for field in str(row[OVERRIDE_COLUMN]).split(",") if field in COLUMNS]
        if marked:
            values: dict[str, Any] = {field: row[COLUMNS[field]] for field in marked}
            if "color" in values:
                values["color"] = int(values["color"])
            overrides.append(SegmentOverride(int(row["segment_id"]), **values))
    return tuple(overrides)


def merge_overrides(
    previous: Iterable[SegmentOverride], updates: Iterable[SegmentOverride]
) -> tuple[SegmentOverride, ...]:
    """Merge by segment_id, ascending; an update replaces the previous override of the segment entirely."""
    by_id = {entry.segment_id: entry for entry in previous} | {entry.segment_id: entry for entry in updates}
    return tuple(by_id[segment_id] for segment_id in sorted(by_id) if by_id[segment_id].get_values())


def convert_overrides_to_rows(overrides: Iterable[SegmentOverride]) -> list[list[Any]]:
    """Overrides as plain values, equal for equal overrides: for a fingerprint of the run."""
    names = [field.name for field in fields(SegmentOverride)]
    return [[getattr(entry, name) for name in names] for entry in sorted(overrides, key=lambda entry: entry.segment_id)]
