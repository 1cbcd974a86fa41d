"""A user's own words for segments: name, sentence, colour and what to do. They go before anything that is generated."""

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
from segmentation.segments.profile import rows

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
TITLES = {"name": "name", "sentence": "sentence", "goal": "goal", "offer": "offer", "channel": "channel",
          "avoid": "text under 'avoid'"}  # fmt: skip
COLORS = 12
MARK = "own"
"""Column of the frame of segments that says which of its texts are the user's own: 'name,goal'; empty where none is."""


@dataclass(frozen=True)
class Own:
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
            cleaned = clean(text)
            if len(cleaned) > limit:
                raise SettingsError(
                    f"The {TITLES[field]} is too long: {len(cleaned)} characters.", hint=f"Use at most {limit}."
                )
            object.__setattr__(self, field, cleaned or None)
        if self.color is not None and not 0 <= self.color < COLORS:
            raise SettingsError("There is no such colour.", hint="Choose one from the list.")
        if self.name is not None:
            _check_name(self.name)

    def values(self) -> dict[str, str | int]:
        """Only what is the user's own, by field.

        >>> Own(2, name=" Our  regulars ", goal="").values()
        {'name': 'Our regulars'}
        """
        return {field: value for field in COLUMNS if (value := getattr(self, field)) is not None}


def clean(text: str) -> str:
    """Plain text on one line: signs that cannot be seen are taken out, runs of space become one.

    >>> clean(" two\\nlines,\\u202e turned\\u200b ")
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


def check_unique(own: Iterable[Own], names: Mapping[int, str], colors: Mapping[int, int]) -> None:
    """Raise SettingsError where one's own name is another segment's, or two choose one colour.

    names: segment_id -> the name shown now; colors: segment_id -> colour that was chosen by hand.
    """
    for edit in own:
        for segment_id, name in names.items():
            if edit.name is not None and segment_id != edit.segment_id and name.casefold() == edit.name.casefold():
                raise SettingsError(
                    f"Segment {segment_id} is called {name} already.", hint="Give each segment its own name."
                )
        for segment_id, color in colors.items():
            if edit.color is not None and segment_id != edit.segment_id and color == edit.color:
                raise SettingsError(
                    f"You gave this colour to segment {segment_id} already.", hint="Choose another colour."
                )


def of_frame(segments: pd.DataFrame) -> tuple[Own, ...]:
    """What is the user's own in a frame of segments, by its column `own`; () for a frame of before there was one.

    >>> told = {"segment_id": 3, "segment_name": "Regulars", "sentence": "Made by rule.", "own": "name"}
    >>> of_frame(pd.DataFrame([told]))[0].values()
    {'name': 'Regulars'}
    """
    if MARK not in segments.columns or not any(segments[MARK]):
        return ()
    found = []
    for row in rows(segments):
        marked = [field for field in str(row[MARK]).split(",") if field in COLUMNS]
        if marked:
            values: dict[str, Any] = {field: row[COLUMNS[field]] for field in marked}
            if "color" in values:
                values["color"] = int(values["color"])
            found.append(Own(int(row["segment_id"]), **values))
    return tuple(found)


def merged(earlier: Iterable[Own], later: Iterable[Own]) -> tuple[Own, ...]:
    """Both, by segment_id; where both speak of a segment, the later one alone."""
    by_id = {own.segment_id: own for own in earlier} | {own.segment_id: own for own in later}
    return tuple(by_id[segment_id] for segment_id in sorted(by_id) if by_id[segment_id].values())


def as_rows(own: Iterable[Own]) -> list[list[Any]]:
    """As plain values, the same for the same words: for a fingerprint."""
    names = [field.name for field in fields(Own)]
    return [[getattr(entry, name) for name in names] for entry in sorted(own, key=lambda entry: entry.segment_id)]
