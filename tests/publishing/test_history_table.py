"""The command publish writes the history of a run, and leaves it out where its sales are gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from segmentation.analysis.history.segment_history import compute_segment_history
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from tests.test_cli import run


@pytest.fixture
def trained(shop: Path, tmp_path: Path) -> Path:
    shutil.copy(shop, tmp_path / "shop.parquet")
    run("train", "--source", tmp_path / "shop.parquet", "--k", 4, "--quick", "--out", tmp_path / "models")
    return tmp_path


def test_publish_writes_segment_history_once(trained: Path) -> None:
    for _ in range(2):
        outcome = run("publish", "--run", trained / "models", "--to", f"duckdb://{trained}/results.duckdb")
        assert outcome.code == 0, outcome.err
    saved = open_run(trained / "models")
    expected = compute_segment_history(PreviousSegments.from_saved_run(saved), saved.settings.sales)
    with duckdb.connect(str(trained / "results.duckdb"), read_only=True) as connection:
        columns = "run_id, month_end, window_days, segment_id, customers, net_sales, joined, lost, moved_in, moved_out"
        query = f"select {columns}, by_customer, by_model from ml_results.segment_history order by 2, 4"
        rows = connection.sql(query).fetchall()
    assert len(rows) == len(expected.months)
    for row, month in zip(rows, expected.months.to_dict("records"), strict=True):
        assert row[:5] == (saved.run_id, month["month_end"], 91, month["segment_id"], month["customers"])
        assert row[5] == pytest.approx(float(month["net_sales"]))
        is_first = month["month_end"] == expected.window.month_ends[0]
        assert row[6:11] == ((None,) * 5 if is_first else tuple(month[name] for name in NAMES))
        assert row[11] is None


NAMES = ("joined", "lost", "moved_in", "moved_out", "by_customer")


def test_publish_without_sales_says_so(trained: Path) -> None:
    (trained / "shop.parquet").unlink()
    outcome = run("publish", "--run", trained / "models", "--to", f"duckdb://{trained}/results.duckdb")
    assert outcome.code == 0, outcome.err
    assert "Without segment_history: " in outcome.out
