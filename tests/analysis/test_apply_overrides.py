"""Overrides applied to a segmentation: saved with the run, carried over by a retrain, part of the run's fingerprint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation import pipeline
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.errors import SettingsError
from segmentation.results import Segmentation, SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.manifest import compute_checksum
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.segments.overrides import SegmentOverride, read_overrides
from segmentation.settings import ModelSettings


@pytest.fixture
def first(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(shop_training, 4)


OWN = (
    SegmentOverride(2, name="Passers-by", sentence="They come and go.", color=9, goal="Say hello."),
    SegmentOverride(4, avoid="Spam."),
)


def test_apply_overrides_survive_saving_and_retraining(first: Segmentation, tmp_path: Path) -> None:
    mine = apply_overrides(first, OWN)
    assert mine.segments["segment_name"].tolist()[1] == "Passers-by"
    assert mine.list_customers().loc[mine.segment_ids == 2, "segment_name"].unique().tolist() == ["Passers-by"]
    save_run(mine.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    assert read_overrides(saved.segments) == OWN
    again = pipeline.build_segmentation(first.training, 4, PreviousSegments.from_saved_run(saved))
    assert read_overrides(again.segments) == OWN
    assert again.run_id[-8:] == mine.run_id[-8:]  # the same result, known again
    other = pipeline.build_segmentation(
        pipeline.train_every_k(first.training.table, ModelSettings(seed=7)), 4, PreviousSegments.from_saved_run(saved)
    )
    assert "Passers-by" in other.segments["segment_name"].tolist()


def test_run_id_changes_with_overrides(first: Segmentation, tmp_path: Path) -> None:
    save_run(first.to_run_record(), tmp_path)
    mine = apply_overrides(first, OWN)
    assert mine.run_id[-8:] != first.run_id[-8:]
    save_run(mine.to_run_record(), tmp_path)
    back = apply_overrides(mine, [SegmentOverride(2), SegmentOverride(4)])
    assert back.run_id[-8:] == first.run_id[-8:]
    assert back.segments.equals(first.segments)


def test_apply_overrides_rejects_invalid_text(first: Segmentation) -> None:
    with pytest.raises(SettingsError, match="no segment 99"):
        apply_overrides(first, [SegmentOverride(99, name="Nobody")])
    applied = str(first.segments["segment_name"][0])
    with pytest.raises(SettingsError, match="Segment 1 is already called"):
        apply_overrides(first, [SegmentOverride(2, name=applied.upper())])
    apply_overrides(first, [SegmentOverride(1, name="Best"), SegmentOverride(2, name=applied)])  # free now


def test_open_run_without_overrides(first: Segmentation, tmp_path: Path) -> None:
    path = save_run(first.to_run_record(), tmp_path) / "manifest.json"
    values = json.loads(path.read_text())
    for row in values["segments"]:
        del row["own"]
    path.write_text(json.dumps(values | {"checksum": compute_checksum(values)}))
    again = pipeline.build_segmentation(first.training, 4, PreviousSegments.from_saved_run(open_run(tmp_path)))
    assert again.segments["own"].tolist() == [""] * 4
    assert again.run_id[-8:] == first.run_id[-8:]
