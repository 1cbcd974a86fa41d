"""The table run_comparisons: the flows between a run and the one before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from segmentation import pipeline
from segmentation.publishing.publish import publish_run
from segmentation.results import SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run


def read_rows(database: Path) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select * from ml_results.run_comparisons order by run_id, segment_before, segment_now"
        ).fetch_df()


def test_publish_writes_the_comparison_with_the_run_before(shop_training: SweepResult, tmp_path: Path) -> None:
    models, database = tmp_path / "models", tmp_path / "out.duckdb"
    first = pipeline.build_segmentation(shop_training, 4)
    save_run(first.to_run_record(), models)
    publish_run(open_run(models), f"duckdb:///{database}")
    assert read_rows(database).empty  # compared with no other run
    second = pipeline.build_segmentation(shop_training, 5, PreviousSegments.from_saved_run(open_run(models)))
    save_run(second.to_run_record(), models)
    for _ in range(2):  # the second time changes nothing
        publish_run(open_run(models), f"duckdb:///{database}")
        rows = read_rows(database)
        assert set(rows["run_id"]) == {second.run_id}
        assert set(rows["previous_run_id"]) == {first.run_id}
        expected = pd.crosstab(first.segment_ids, second.segment_ids).stack()
        expected = expected[expected > 0]
        pairs = list(zip(rows["segment_before"], rows["segment_now"], strict=True))
        assert pairs == expected.index.tolist()
        assert rows["customers"].tolist() == expected.tolist()
        assert round(rows["net_sales"].sum(), 2) == float(shop_training.table.reconciliation.money_accepted)
        assert rows["window_days"].eq(shop_training.table.window.days).all()
        assert rows["adjusted_rand"].nunique() == 1
        assert rows["model_share"].isna().all()  # only a retrain decides by it


def test_publish_of_a_run_of_an_early_version_creates_the_table(shop_training: SweepResult, tmp_path: Path) -> None:
    record = replace(pipeline.build_segmentation(shop_training, 4).to_run_record(), monitoring=None)
    save_run(record, tmp_path / "models")
    publish_run(open_run(tmp_path / "models"), f"duckdb:///{tmp_path}/out.duckdb")
    assert read_rows(tmp_path / "out.duckdb").empty
