"""A run stores the length of its window, and is applied over a trailing window of that length."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.errors import SettingsError
from segmentation.export.model_sql import render_model_sql
from segmentation.runs.load import SavedRun, open_run
from segmentation.scoring import score_customers
from segmentation.settings import ALL_SALES, SalesSettings
from tests.fixed_habits import build_fixed_habits
from tests.test_cli import Outcome, read_rows, run

YEAR_ONE = "2024-01-01"


@pytest.fixture(scope="module")
def habits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("habits") / "habits.parquet"
    build_fixed_habits().to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def models(habits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the first year."""
    folder = tmp_path_factory.mktemp("first_year") / "models"
    outcome = run("train", "--source", habits, "--as-of", YEAR_ONE, "--k", 4, "--quick", "--out", folder)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="module")
def first_year(models: Path) -> SavedRun:
    return open_run(models)


def score_sizes(models: Path, out: Path, *options: object) -> tuple[pd.Series, Outcome]:
    outcome = run("score", "--run", models, "--out", out, *options)
    assert outcome.code == 0, outcome.err
    return pd.Series([int(row["segment_id"]) for row in read_rows(out, "utf-8-sig")]).value_counts(), outcome


def test_run_stores_window_length(models: Path, first_year: SavedRun) -> None:
    assert first_year.window_days == 365
    for name in ("manifest.json", "evaluation_metrics.json"):
        assert json.loads((first_year.folder / name).read_text("utf-8"))["window_days"] == 365


def test_run_of_earlier_version_derives_window_length() -> None:
    folder = next((Path(__file__).parent / "data" / "saved_run" / "models").iterdir())
    values = json.loads((folder / "manifest.json").read_text("utf-8"))
    first, as_of = (date.fromisoformat(values["data_window"][name]) for name in ("first_sale", "as_of"))
    assert "window_days" not in values
    assert open_run(folder).window_days == (as_of - first).days


def test_score_fixed_habits_keep_segment_sizes(models: Path, first_year: SavedRun, tmp_path: Path) -> None:
    sizes = first_year.segments.set_index("segment_id")["customers"]
    later, outcome = score_sizes(models, tmp_path / "later.csv")
    assert (later / sizes).between(0.75, 1.25).all()
    assert "Window: 365 days before the as-of date, the window length of the run." in outcome.out
    every_sale, outcome = score_sizes(models, tmp_path / "all.csv", "--window", "all")
    assert not (every_sale / sizes).between(0.75, 1.25).all(), "two years of sales are not comparable with one"
    assert "Window: all sales; the run's has 365 days" in outcome.out


def test_score_window_equals_start_date(models: Path, tmp_path: Path) -> None:
    for options in (["--window", "90d"], ["--start", "2024-10-02"]):
        score_sizes(models, tmp_path / f"{options[0]}.csv", *options)
    rows = [read_rows(tmp_path / f"{name}.csv", "utf-8-sig") for name in ("--window", "--start")]
    assert [row | {"prediction_timestamp": ""} for row in rows[0]] == [
        row | {"prediction_timestamp": ""} for row in rows[1]
    ]


def test_load_customers_trailing_window_ends_at_last_sale(habits: Path) -> None:
    trailing = pipeline.load_customers(SalesSettings(str(habits), window_days=100))
    last = trailing.window.as_of
    assert last == date(2024, 12, 31)
    explicit = pipeline.load_customers(SalesSettings(str(habits), start=last - timedelta(days=100)))
    pd.testing.assert_frame_equal(trailing.frame, explicit.frame)
    assert trailing.reconciliation.lines_accepted == explicit.reconciliation.lines_accepted


def test_train_window_is_stored_and_applied(habits: Path, tmp_path: Path) -> None:
    outcome = run("train", "--source", habits, "--window", "181d", "--k", 3, "--quick", "--out", tmp_path / "models")
    assert outcome.code == 0, outcome.err
    saved = open_run(tmp_path / "models")
    assert (saved.window_days, saved.settings.sales.window_days) == (181, 181)
    assert saved.window["first_sale"] >= "2024-07-03"


@pytest.mark.parametrize("window_days", [None, 90, ALL_SALES])
def test_model_sql_live_window_equals_score(first_year: SavedRun, habits: Path, window_days: int | None) -> None:
    text = render_model_sql(first_year, "duckdb", live=True, window_days=window_days)
    days = 365 if window_days is None else window_days
    sales = replace(first_year.settings.sales, as_of=None).with_window(days)
    expected = score_customers(first_year, sales)
    with duckdb.connect() as connection:
        connection.execute(f"create view fct_sales as select * from read_parquet('{habits}')")
        found = connection.sql(text).df().sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected[list(found.columns)], check_dtype=False)
    assert (f"sales of {days} days before it" in text) == bool(days)


def test_model_sql_fixed_date_reproduces_run_of_trailing_window(habits: Path, tmp_path: Path) -> None:
    run("train", "--source", habits, "--window", "181d", "--k", 3, "--quick", "--out", tmp_path / "models")
    saved = open_run(tmp_path / "models")
    with duckdb.connect() as connection:
        connection.execute(f"create view fct_sales as select * from read_parquet('{habits}')")
        found = connection.sql(render_model_sql(saved, "duckdb")).df().sort_values("customer_id", ignore_index=True)
    expected = saved.read_customers().sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected[list(found.columns)], check_dtype=False)


@pytest.mark.parametrize("options", [["--window", "0d"], ["--window", "12m"], ["--window", "90d", "--start", YEAR_ONE]])
def test_score_bad_window_is_one_sentence(models: Path, tmp_path: Path, options: list[str]) -> None:
    outcome = run("score", "--run", models, "--out", tmp_path / "out.csv", *options)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "out.csv").exists()


def test_sales_settings_window_and_start_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="two first days"):
        SalesSettings(start=date(2024, 1, 1), window_days=365)
    with pytest.raises(SettingsError, match="0 days long"):
        SalesSettings(window_days=0)
