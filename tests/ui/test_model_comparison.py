"""Comparing models on the Compare and Saved runs pages: what a marketer reads, and adopting with a click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.analysis.model_comparison import compare_models
from segmentation.presentation import formatting
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, read_text


@pytest.fixture
def saved(shop_training: pipeline.SweepResult, shop: Path, tmp_path: Path) -> list[str]:
    """Four segments over all sales, current; then a retrained run, held for review: five over half a year."""
    models = tmp_path / "models"
    first = pipeline.build_segmentation(shop_training, 4)
    save_run(first.to_run_record(), models)
    half_year = pipeline.load_customers(SalesSettings(source=str(shop), window_days=181))
    training = pipeline.train_every_k(half_year, ModelSettings())
    second = pipeline.build_segmentation(training, 5, PreviousSegments.from_saved_run(open_run(models)))
    record = second.to_run_record()
    decision = {"is_accepted": False, "reasons": ["Segments not found again: Dormant."], "model_share": 0.2}
    record = replace(record, monitoring={**(record.monitoring or {}), "decision": decision})
    save_run(record, models, make_current=False)
    return [first.run_id, second.run_id]


def find(app: AppTest, kind: str, key: str):  # type: ignore[no-untyped-def]
    return next(element for element in getattr(app, kind) if element.key == key)


def read_table(app: AppTest, column: str) -> pd.DataFrame:
    return next(table.value for table in app.table if column in table.value.columns)


def test_compare_other_settings_and_adopt_them(open_page: Open, shop_training: pipeline.SweepResult) -> None:
    app = open_page("compare", k="4")
    find(app, "toggle", "show_models").set_value(True).run()
    assert not app.exception
    records = [pipeline.build_segmentation(shop_training, k).to_run_record(with_customers=False) for k in (4, 5)]
    expected = compare_models(shop_training.table, *records)
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Customers who stay"] == formatting.format_percent(expected.share_of_customers)
    assert metrics["Adjusted Rand index"] == f"{expected.adjusted_rand:.2f}"
    flows = read_table(app, "Matched")
    assert flows["Customers"].astype(int).sum() == 400
    assert (flows["Matched"] == "yes").sum() == 4
    scores = read_table(app, "Score").set_index("Score")
    assert scores.loc["Segments"].tolist() == ["4", "5"]
    assert "splits into" in read_text(app)
    find(app, "button", "adopt_settings").click().run()
    assert not app.exception
    assert "in 5 segments (chosen)" in read_text(app)


def test_compare_with_saved_run_of_another_window(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    app = open_page("compare", k="4")
    find(app, "toggle", "show_models").set_value(True).run()
    find(app, "selectbox", "other_model").select(saved[1]).run()
    assert not app.exception
    assert [box.value for box in app.warning if "those of the saved run 181" in box.value]
    find(app, "toggle", "equal_windows").set_value(True).run()
    assert "Sales of 181 days." in read_text(app)
    find(app, "button", "adopt_run").click().run()
    assert get_current_run_id(tmp_path / "models") == saved[1]
    assert any("New results keep its segment names" in box.value for box in app.success)
    assert (tmp_path / "models" / saved[0] / "manifest.json").exists()  # the earlier one stays


def test_saved_runs_show_drift_and_why_a_run_is_held(
    open_page: Open, saved: list[str], shop_training: pipeline.SweepResult
) -> None:
    app = open_page("runs")
    find(app, "selectbox", "chosen_run").select(saved[1]).run()
    assert not app.exception
    assert "Segments not found again: Dormant." in [box.value for box in app.warning]
    drift = read_table(app, "PSI")
    assert set(drift["Feature"]) == {"Days since last order", "Orders", "Net sales"}
    assert drift["Largest shift"].str.contains(" percentile: .+ → ").all()
    days = shop_training.table.window.days
    assert f"The windows differ: {days} days then, 181 days now." in read_text(app)
    find(app, "toggle", "same_sales").set_value(True).run()
    assert not app.exception
    assert any(box.value.endswith("part of the difference is due to the length.") for box in app.warning)
    assert "Sales of 181 days." in read_text(app)
    assert read_table(app, "Matched")["Customers"].astype(int).sum() > 0
