"""Counts and money of every month-end equal those of an independent computation in pandas."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation.sales.open_source import open_source
from tests.analysis.history.oracle import build_oracle, list_month_ends, prepare_lines
from tests.test_cli import run

COLUMNS = ("month_end", "segment_id", "customers", "net_sales", "joined", "lost", "moved_in", "moved_out")


def read_history(*options: object) -> dict[str, Any]:
    outcome = run("history", "--json", *options)
    assert outcome.code == 0, outcome.err
    values: dict[str, Any] = json.loads(outcome.out)
    return values


def assert_equals_oracle(history: dict[str, Any], lines: pd.DataFrame, month_ends: list[date]) -> None:
    ids = [segment["segment_id"] for segment in history["segments"]]
    expected = build_oracle(prepare_lines(lines), month_ends, history["window_days"], history["model"], ids)
    found = [{name: row[name] for name in COLUMNS} for row in history["months"]]
    for row, other in zip(found, expected, strict=True):
        assert row["net_sales"] == pytest.approx(other["net_sales"], abs=0.005)
        assert {**row, "net_sales": 0} == {**other, "net_sales": 0}


@pytest.mark.parametrize(
    ("options", "days", "first"), [([], 91, date(2019, 4, 1)), (["--window", "181d"], 181, date(2019, 6, 1))]
)
def test_history_of_real_sales_equals_pandas(
    real_sales: Path, tmp_path: Path, options: list[str], days: int, first: date
) -> None:
    run("train", "--source", real_sales, "--k", 5, "--quick", "--out", tmp_path / "models")
    history = read_history("--run", tmp_path / "models", *options)
    assert (history["window_days"], history["own_model"]) == (days, not options)
    assert_equals_oracle(history, pd.read_parquet(real_sales), list_month_ends(first, date(2019, 12, 31)))


def test_history_of_demo_equals_pandas(tmp_path: Path) -> None:
    source = open_source("demo:complete-journey")
    names = ("customer_id", "transaction_id", "transaction_date", "net_sales_amount", "quantity")
    lines = source.fetch(source.table().select(*names)).to_pandas()  # not all columns: the demo has many lines
    lines = lines[lines["quantity"] != 0]  # these are rejected
    run("train", "--source", "demo:complete-journey", "--k", 4, "--quick", "--out", tmp_path / "models")
    history = read_history("--run", tmp_path / "models")
    assert (history["window_days"], history["own_model"]) == (91, True)
    assert len(history["months"]) >= 6 * 4
    assert_equals_oracle(history, lines, list_month_ends(date(2017, 4, 3), date(2017, 12, 31)))


def test_history_of_three_years_equals_pandas(three_years: Path, three_years_models: Path) -> None:
    history = read_history("--run", three_years_models)
    month_ends = list_month_ends(date(2023, 12, 31), date(2025, 12, 1))
    assert (history["window_days"], history["own_model"], len(month_ends)) == (365, False, 24)
    assert_equals_oracle(history, pd.read_parquet(three_years), month_ends)
