"""Overrides: validation, and precedence over generated labels."""

from __future__ import annotations

import pandas as pd
import pytest

from segmentation.errors import SettingsError
from segmentation.segments.labeling import PreviousLabels, label_segments
from segmentation.segments.naming import NEEDED
from segmentation.segments.overrides import SegmentOverride, check_unique, merge_overrides, read_overrides


def build_profile() -> pd.DataFrame:
    """Three segments: best, one-time buyers, and a middle; figures chosen by hand."""
    columns = ["segment_id", "customers", "share_of_sales", *NEEDED]
    rows = [
        [1, 40, 0.7, 5.0, 0.2, 24.0, 0.8, 900.0, 0.8],
        [2, 60, 0.1, 90.0, 0.7, 1.0, 0.3, 30.0, 0.3],
        [3, 50, 0.2, 20.0, 0.5, 5.0, 0.5, 150.0, 0.5],
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("text", ["=1+1", "+1 club", "-10%", "@home", "| pipe", "％ off", "＝x", "12", "12.5 %", "..."])
def test_segment_override_rejects_ambiguous_names(text: str) -> None:
    with pytest.raises(SettingsError, match=r"name (cannot begin|needs a letter)"):
        SegmentOverride(1, name=text)


@pytest.mark.parametrize(
    "text", ["<b>Bold</b>", "**Regulars**", "[x](https://a.b)", "A, B", "Stammkäufer", "常客", "10% club"]
)
def test_segment_override_accepts_other_names(text: str) -> None:
    assert SegmentOverride(1, name=text).name == text


def test_clean_text_removes_invisible_characters() -> None:
    assert SegmentOverride(1, name="Reg\u200bulars\u202e\n").name == "Regulars"
    assert SegmentOverride(1, goal="one\r\ntwo\x00three").goal == "one two three"
    assert SegmentOverride(1, name="\u200b \t").name is None


def test_segment_override_length_limits() -> None:
    assert SegmentOverride(1, name="a" * 40).name == "a" * 40
    with pytest.raises(SettingsError, match="too long: 41"):
        SegmentOverride(1, name="a" * 41)
    with pytest.raises(SettingsError, match="too long: 301"):
        SegmentOverride(1, sentence="a" * 301)
    with pytest.raises(SettingsError, match="no such color"):
        SegmentOverride(1, color=12)


def test_check_unique_names_and_colors() -> None:
    with pytest.raises(SettingsError, match="Segment 2 is called Regulars"):
        check_unique([SegmentOverride(1, name="REGULARS")], {1: "Best", 2: "Regulars"}, {})
    check_unique([SegmentOverride(2, name="regulars")], {1: "Best", 2: "Regulars"}, {})
    with pytest.raises(SettingsError, match="segment 2"):
        check_unique([SegmentOverride(1, color=4)], {}, {1: 4, 2: 4})


def test_label_segments_applies_and_marks_overrides() -> None:
    plain = label_segments(build_profile(), PreviousLabels())
    assert plain["segment_name"].tolist()[:2] == ["High-Value Customers", "One-Time Buyers"]
    assert plain["own"].tolist() == ["", "", ""]
    text = label_segments(
        build_profile(),
        PreviousLabels(),
        [SegmentOverride(2, name="Passers-by", goal="Say hello.", color=0), SegmentOverride(9, name="Nobody")],
    )
    second = text.iloc[1]
    assert (second["segment_name"], second["goal"], second["own"]) == ("Passers-by", "Say hello.", "name,color,goal")
    assert second["sentence"] == plain["sentence"][1]  # not edited: still in the segment's figures
    assert second["offer"] == plain["offer"][1]  # the play follows what they do, not what they are called
    assert second["reason"].startswith("You gave this name. ")
    assert plain["color"].tolist() == [0, 1, 2]
    assert text["color"].tolist() == [1, 0, 2]  # the two swap
    assert read_overrides(text) == (SegmentOverride(2, name="Passers-by", goal="Say hello.", color=0),)


def test_label_segments_keeps_untrue_catalog_name_of_user() -> None:
    text = label_segments(build_profile(), PreviousLabels(), [SegmentOverride(2, name="High-Value Customers")])
    assert text["segment_name"][1] == "High-Value Customers"
    assert text["segment_name"][0] != "High-Value Customers"
    assert text["segment_name"].is_unique
    assert text["offer"][1] == label_segments(build_profile(), PreviousLabels())["offer"][1]


def test_merge_overrides_survive_and_can_be_reset() -> None:
    first = label_segments(
        build_profile(),
        PreviousLabels(),
        [SegmentOverride(2, name="Passers-by", color=7), SegmentOverride(1, sentence="Our best.")],
    )
    earlier = PreviousLabels.from_segments(first, retained=[1, 2])
    again = label_segments(build_profile(), earlier, earlier.overrides)
    assert again["segment_name"][1] == "Passers-by"
    assert again["sentence"][0] == "Our best."
    assert again["color"].tolist() == [0, 7, 1]  # segment 3 is new: the lowest free one
    back = label_segments(build_profile(), earlier, merge_overrides(earlier.overrides, [SegmentOverride(2)]))
    assert back["segment_name"][1] == "One-Time Buyers"
    assert back["own"].tolist() == ["sentence", "", ""]
    lost = PreviousLabels.from_segments(first, retained=[1])  # segment 2 was not found again: its words go with it
    assert label_segments(build_profile(), lost, lost.overrides)["segment_name"][1] == "One-Time Buyers"


def test_read_overrides_of_older_frame() -> None:
    old = label_segments(build_profile(), PreviousLabels()).drop(columns="own")
    assert read_overrides(old) == ()
    assert PreviousLabels.from_segments(old, retained=[1, 2, 3]).overrides == ()
