"""Saved runs shown again: identical on the same data, with a notice on changed data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.analysis.saved_run_view import apply_saved_run, restore_saved_run
from segmentation.errors import RunError, SourceError
from segmentation.export.report_html import build_report
from segmentation.results import Segmentation, SweepResult
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.save import save_run
from segmentation.segments.overrides import SegmentOverride, read_overrides
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture(scope="module")
def first(shop_training: SweepResult) -> Segmentation:
    return apply_overrides(
        pipeline.build_segmentation(shop_training, 5),
        [SegmentOverride(3, name="Tea friends", color=8, avoid="Coffee.")],
    )


@pytest.fixture(scope="module")
def saved(first: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    return open_run(save_run(first.to_run_record(), tmp_path_factory.mktemp("models")))


def test_apply_saved_run_same_data(first: Segmentation, saved: SavedRun) -> None:
    again = apply_saved_run(first.training, saved)
    assert (again.run_id, again.k, again.created) == (first.run_id, 5, first.created)
    assert (again.segment_ids == first.segment_ids).all()
    pd.testing.assert_frame_equal(again.segments[first.segments.columns], first.segments, check_dtype=False, rtol=1e-12)
    assert read_overrides(again.segments) == (SegmentOverride(3, name="Tea friends", color=8, avoid="Coffee."),)
    back = apply_overrides(again, [SegmentOverride(3)])
    assert back.segments["own"].tolist() == [""] * 5


def test_apply_saved_run_ignores_other_training(shop: Path, first: Segmentation, saved: SavedRun) -> None:
    """Centers come from the run, not from what would be found today."""
    other = pipeline.train_every_k(
        first.training.table, ModelSettings(features=("frequency", "monetary"), scaling="ranks")
    )
    assert (apply_saved_run(other, saved).segment_ids == first.segment_ids).all()


def test_apply_saved_run_other_data_keeps_names(shop: Path, saved: SavedRun, tmp_path: Path) -> None:
    lines = pd.read_parquet(shop)
    path = tmp_path / "fewer.parquet"
    lines[lines["customer_id"] != lines["customer_id"].min()].to_parquet(path, index=False)
    training = pipeline.train_every_k(pipeline.load_customers(SalesSettings(source=str(path))), ModelSettings())
    again = apply_saved_run(training, saved)
    assert again.run_id != saved.run_id
    assert again.segments["segment_name"].tolist() == saved.segments["segment_name"].tolist()
    assert again.segments["color"].tolist() == saved.segments["color"].tolist()
    assert again.segments["customers"].sum() == 399
    assert again.segments["avoid"][2] == "Coffee."
    changed = again.segments[again.segments["customers"] != saved.segments["customers"]]
    assert changed["sentence"].iloc[0].startswith(f"{changed['customers'].iloc[0]} customers")
    save_run(again.to_run_record(), tmp_path / "models")
    assert open_run(tmp_path / "models").run_id == again.run_id


def test_apply_saved_run_reports_empty_segment(
    shop: Path, first: Segmentation, saved: SavedRun, tmp_path: Path
) -> None:
    lines = pd.read_parquet(shop)
    gone = first.training.table.frame["customer_id"][first.segment_ids == 4]
    path = tmp_path / "without.parquet"
    lines[~lines["customer_id"].isin(gone)].to_parquet(path, index=False)
    training = pipeline.train_every_k(pipeline.load_customers(SalesSettings(source=str(path))), ModelSettings())
    with pytest.raises(RunError, match="Segment 4 of this run no longer has any customers"):
        apply_saved_run(training, saved)


def test_from_saved_run_equals_saved_values(first: Segmentation, saved: SavedRun) -> None:
    again = restore_saved_run(saved)
    assert (again.run_id, again.k, again.created) == (first.run_id, 5, first.created)
    pd.testing.assert_frame_equal(again.segments[first.segments.columns], first.segments, check_dtype=False, rtol=1e-12)
    pd.testing.assert_frame_equal(again.list_customers(), first.list_customers(), check_dtype=False, rtol=0)
    pd.testing.assert_frame_equal(again.training.scores, first.training.scores, check_dtype=False, rtol=0)
    assert again.training.recommendation == first.training.recommendation
    assert again.training.fits[5].inertia == first.training.fits[5].inertia
    assert (again.training.fits[5].labels == first.training.fits[5].labels).all()
    table, was = again.training.table, first.training.table
    assert (table.store.totals, table.window) == (was.store.totals, was.window)
    assert table.reconciliation.lines_accepted == was.reconciliation.lines_accepted
    assert table.reconciliation.money_read.is_nan()
    with pytest.raises(SourceError, match="only the saved result is available"):
        table.source.fetch(table.lines)
    assert pipeline.find_top_categories(again).empty


def test_from_saved_run_can_be_reported_and_saved(saved: SavedRun, tmp_path: Path) -> None:
    again = restore_saved_run(saved)
    assert b"Tea friends" in build_report(again.to_run_record(with_customers=False))
    remote = open_run(save_run(again.to_run_record(), tmp_path))
    assert remote.run_id == saved.run_id
    pd.testing.assert_frame_equal(remote.read_customers(), saved.read_customers())
    pd.testing.assert_frame_equal(remote.segments[saved.segments.columns], saved.segments)


def test_from_saved_run_rejects_changed_customer_file(first: Segmentation, tmp_path: Path) -> None:
    folder = save_run(first.to_run_record(), tmp_path)
    with (folder / "customer_segments.csv").open("a") as file:
        file.write("X,1,a,1,1,1,2024-01-01T00:00:00Z\n")
    with pytest.raises(RunError, match="has been changed"):
        restore_saved_run(open_run(tmp_path))
