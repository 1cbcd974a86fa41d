"""A user's own words for segments: name, sentence, color and what to do. They go before anything that is generated."""

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
"""What can be one's own -> its column in the frame of segments."""
LIMITS = {"name": 40, "sentence": 300, "goal": 240, "offer": 240, "channel": 240, "avoid": 240}
"""Most characters of each text."""
TITLES = {
    "name": "name",
    "sentence": "sentence",
    "goal": "goal",
    "offer": "offer",
    "channel": "channel",
    "avoid": "text under 'avoid'",
}
COLORS = 12
OVERRIDE_COLUMN = "own"
"""Column of the frame of segments that says which of its texts are the user's own: 'name,goal'; empty where none is."""


@dataclass(frozen=True)
class SegmentOverride:
    """What a user wrote for one segment; None: as generated. It replaces all that the user wrote for it before."""

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
            object.__setattr__(self, field, cleaned or None)
        if self.color is not None and not 0 <= self.color < COLORS:
            raise SettingsError("There is no such color.", hint="Choose one from the list.")
        if self.name is not None:
            _check_name(self.name)

    def get_values(self) -> dict[str, str | int]:
        """Only what is the user's own, by field.

        >>> SegmentOverride(2, name=" Our  regulars ", goal="").get_values()
        {'name': 'Our regulars'}
        """
        return {field: value for field in COLUMNS if (value := getattr(self, field)) is not None}


def clean_text(text: str) -> str:
    """Plain text on one line: signs that cannot be seen are taken out, runs of space become one.

    >>> clean_text(" two\\nlines,\\u202e turned\\u200b ")
    'two lines, turned'
    """
    text = unicodedata.normalize("NFC", text)
    kinds = ((sign, unicodedata.category(sign)) for sign in text)
    shown = "".join(" " if kind in ("Cc", "Zl", "Zp") else sign for sign, kind in kinds if kind not in ("Cf", "Cs"))
    return " ".join(shown.split())


def _check_name(name: str) -> None:
    if pc.match_substring_regex(pa.scalar(name), FORMULA_START).as_py():
        raise SettingsError(
            f"A name cannot begin with {name[0]!r}: a spreadsheet could take it for a formula.",
            hint="Begin with a letter or a digit.",
        )
    if not any(unicodedata.category(sign)[0] == "L" for sign in name):
        raise SettingsError("A name needs a letter.", hint="A number alone could be taken for a segment's number.")


def check_unique(overrides: Iterable[SegmentOverride], names: Mapping[int, str], colors: Mapping[int, int]) -> None:
    """Raise SettingsError where one's own name is another segment's, or two choose one color.

    names: segment_id -> the name shown now; colors: segment_id -> color that was chosen by hand.
    """
    for edit in overrides:
        for segment_id, name in names.items():
            if edit.name is not None and segment_id != edit.segment_id and name.casefold() == edit.name.casefold():
                raise SettingsError(
                    f"Segment {segment_id} is called {name} already.", hint="Give each segment its own name."
                )
        for segment_id, color in colors.items():
            if edit.color is not None and segment_id != edit.segment_id and color == edit.color:
                raise SettingsError(
                    f"You gave this color to segment {segment_id} already.", hint="Choose another color."
                )


def read_overrides(segments: pd.DataFrame) -> tuple[SegmentOverride, ...]:
    """What is the user's own in a frame of segments, by its column `own`; () for a frame of before there was one.

    >>> told = {"segment_id": 3, "segment_name": "Regulars", "sentence": "Made by rule.", "own": "name"}
    >>> read_overrides(pd.DataFrame([told]))[0].get_values()
    {'name': 'Regulars'}
    """
    if OVERRIDE_COLUMN not in segments.columns or not any(segments[OVERRIDE_COLUMN]):
        return ()
    found = []
    for row in to_rows(segments):
        marked = [field for field in str(row[OVERRIDE_COLUMN]).split(",") if field in COLUMNS]
        if marked:
            values: dict[str, Any] = {field: row[COLUMNS[field]] for field in marked}
            if "color" in values:
                values["color"] = int(values["color"])
            found.append(SegmentOverride(int(row["segment_id"]), **values))
    return tuple(found)


def merge_overrides(
    previous: Iterable[SegmentOverride], updates: Iterable[SegmentOverride]
) -> tuple[SegmentOverride, ...]:
    """Both, by segment_id; where both speak of a segment, the later one alone."""
    by_id = {own.segment_id: own for own in previous} | {own.segment_id: own for own in updates}
    return tuple(by_id[segment_id] for segment_id in sorted(by_id) if by_id[segment_id].get_values())


def overrides_to_rows(overrides: Iterable[SegmentOverride]) -> list[list[Any]]:
    """As plain values, the same for the same words: for a fingerprint."""
    names = [field.name for field in fields(SegmentOverride)]
    return [[getattr(entry, name) for name in names] for entry in sorted(overrides, key=lambda entry: entry.segment_id)]
