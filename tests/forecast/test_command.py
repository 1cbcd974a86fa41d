"""The command `forecast`, its files, its refusals, and the forecast in lists and in a warehouse."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings
from segmentation.settings import SalesSettings
from tests.test_cli import Outcome, run

CUSTOMER_COLUMNS = [
    "customer_id",
    "horizon_days",
    "expected_orders",
    "expected_net_sales",
    "active_probability",
    "next_order_by",
    "at_risk",
]
SEGMENT_COLUMNS = [
    "segment_id",
    "horizon_days",
    "expected",
    "low",
    "high",
    "last_period",
    "at_risk",
    "at_risk_low",
    "at_risk_high",
    "origins",
    "held",
    "typical_miss",
]


def read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"customer_id": "str"})


@pytest.fixture(scope="module")
def of_source(web_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The forecast of a source without a segmentation."""
    out = tmp_path_factory.mktemp("forecast") / "new" / "folder"
    return out, run("forecast", "--source", web_shop, "--horizon", 60, "--out", out, "--json")


@pytest.fixture(scope="module")
def models(web_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    assert run("train", "--source", web_shop, "--k", 4, "--quick", "--quiet", "--out", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def of_run(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("forecast_of_run")
    assert run("forecast", "--run", models, "--out", out, "--quiet").code == 0
    return out


def test_forecast_of_a_source_needs_no_segmentation(of_source: tuple[Path, Outcome], web_shop: Path) -> None:
    out, outcome = of_source
    assert outcome.code == 0, outcome.err
    customers, segments = read_csv(out / "customer_forecasts.csv"), pd.read_csv(out / "segment_forecasts.csv")
    summary = json.loads((out / "forecast.json").read_text("utf-8"))
    assert json.loads(outcome.out) == summary
    assert list(customers) == CUSTOMER_COLUMNS
    assert list(segments) == SEGMENT_COLUMNS
    assert segments["segment_id"].tolist() == [0]
    assert customers["horizon_days"].unique().tolist() == [60]
    assert customers["customer_id"].is_monotonic_increasing
    model, total = summary["purchase_model"], summary["total"]
    assert model["name"] == "mbg_nbd"
    assert {name: model[name] for name in ("r", "alpha", "a", "b")} == model["parameters"]
    assert model["log_likelihood"] < 0
    assert summary["spend_model"]["name"] == "gamma_gamma"
    assert total["expected_net_sales"] == pytest.approx(customers["expected_net_sales"].sum())
    assert total["low"] < total["expected_net_sales"] < total["high"]
    assert total["at_risk"] == pytest.approx(customers["at_risk"].sum())
    assert summary["back_test"]["held"] <= summary["back_test"]["origins"]
    value = summary["lifetime_value"]
    assert value["historic"] + value["expected_next_365_days"] == pytest.approx(value["total"])


def test_forecast_of_a_source_matches_its_lines(of_source: tuple[Path, Outcome], web_shop: Path) -> None:
    """Sales of the last 60 days by pandas; returns reduce them, and make nobody a customer."""
    customers = read_csv(of_source[0] / "customer_forecasts.csv").set_index("customer_id")
    summary = json.loads((of_source[0] / "forecast.json").read_text("utf-8"))
    lines = pd.read_parquet(web_shop)
    lines = lines[lines["customer_id"].notna() & lines["net_sales_amount"].notna()]
    last = pd.Timestamp(summary["as_of"]) - pd.Timedelta(days=60)
    day = pd.to_datetime(lines["transaction_date"])
    recent = lines[(day >= last) & (day < summary["as_of"])]
    spent = recent.groupby(recent["customer_id"].astype("Int64").astype("str"))["net_sales_amount"].sum()
    known = spent.reindex(customers.index).fillna(0)
    assert summary["total"]["last_period"] == pytest.approx(known.sum(), rel=0.01)
    due = pd.to_datetime(customers["next_order_by"].dropna())
    assert (due >= summary["as_of"]).all()
    assert (customers.loc[due.index, "active_probability"] > 0.5).all()


def test_forecast_of_a_run_is_by_its_segments(models: Path, of_run: Path) -> None:
    customers, segments = read_csv(of_run / "customer_forecasts.csv"), pd.read_csv(of_run / "segment_forecasts.csv")
    summary = json.loads((of_run / "forecast.json").read_text("utf-8"))
    assert list(customers) == ["run_id", *CUSTOMER_COLUMNS]
    assert list(segments) == ["run_id", *SEGMENT_COLUMNS]
    assert segments["segment_id"].tolist() == [1, 2, 3, 4]
    assert segments["expected"].sum() == pytest.approx(summary["total"]["expected_net_sales"])
    run_id = (models / "current").read_text("utf-8").strip() if (models / "current").is_file() else summary["run_id"]
    assert set(customers["run_id"]) == set(segments["run_id"]) == {summary["run_id"]} == {run_id}
    labels = pd.read_csv(models / run_id / "customer_segments.csv", dtype={"customer_id": "str"})
    merged = customers.merge(labels[["customer_id", "segment_id"]], on="customer_id", validate="one_to_one")
    by_segment = merged.groupby("segment_id")["at_risk"].sum()
    assert by_segment.to_numpy() == pytest.approx(segments["at_risk"].to_numpy())
    assert [row["segment_name"] for row in summary["segments"]]


def test_forecast_as_of_an_earlier_date(models: Path, web_shop: Path, tmp_path: Path) -> None:
    """Later sales are unknown, and segments are those of the model on that day."""
    assert run("forecast", "--run", models, "--as-of", "2025-10-01", "--out", tmp_path / "a", "--quiet").code == 0
    cut = pd.read_parquet(web_shop)
    cut[pd.to_datetime(cut["transaction_date"]) < "2025-10-01"].to_parquet(tmp_path / "cut.parquet")
    arguments = ("--source", tmp_path / "cut.parquet", "--as-of", "2025-10-01", "--out", tmp_path / "b", "--quiet")
    assert run("forecast", *arguments).code == 0
    first, second = (read_csv(tmp_path / name / "customer_forecasts.csv") for name in ("a", "b"))
    pd.testing.assert_frame_equal(first.drop(columns="run_id"), second, rtol=1e-9)
    segments = pd.read_csv(tmp_path / "a" / "segment_forecasts.csv")
    assert segments["expected"].sum() == pytest.approx(first["expected_net_sales"].sum())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--horizon", "0"), "0 days cannot be forecast"),
        (("--model", "nbd"), "Unknown purchase model 'nbd'"),
        (("--discount-rate", "7"), "7 is not a discount rate"),
        (("--discount-rate", "much"), "'much' is not a number"),
        (("--seed", "-1"), "The seed must be between 0 and"),
        (("--sql", "oracle"), "Unknown dialect 'oracle'"),
        (("--model", "pareto_nbd", "--sql", "duckdb"), "cannot be expressed in SQL"),
        (("--as-of", "2025-06-01"), "at least 180 days of sales; these cover 151"),
    ],
)
def test_forecast_refuses_with_the_reason(
    web_shop: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run("forecast", "--source", web_shop, "--out", tmp_path / "out", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "out").exists()


def test_forecast_refuses_a_folder_that_cannot_be_created(web_shop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run("forecast", "--source", web_shop, "--out", tmp_path / "file" / "out")
    assert outcome.code == 2
    assert f"The folder {tmp_path / 'file' / 'out'} cannot be created" in outcome.err.replace("\n", " ")
    assert "Traceback" not in outcome.err


def test_forecast_of_one_day_is_in_the_singular(web_shop: Path, tmp_path: Path) -> None:
    text = run("forecast", "--source", web_shop, "--horizon", 1, "--out", tmp_path).out.replace("\n", " ")
    assert re.search(r"Of [\d,.]+ in the last day, .* not order in the next one\. A day ago, the forecast was", text)
    assert "in the next day:" in text
    assert "1 days" not in text


def test_forecast_reports_days_without_purchases(web_shop: Path, tmp_path: Path) -> None:
    """Sales that end before the as-of date may be incomplete; a gap of less than a week is usual."""
    last = forecast_source(SalesSettings(source=str(web_shop)), ForecastSettings()).forecast.as_of
    for gap, is_reported in ((30, True), (3, False)):
        as_of = (last + timedelta(days=gap)).isoformat()
        text = run("forecast", "--source", web_shop, "--as-of", as_of, "--out", tmp_path).out.replace("\n", " ")
        assert (f"Nobody bought in the last {gap} days before the as-of date" in text) == is_reported


def write_lines(path: Path, customers: int, days: tuple[str, ...], amount: float = 10.0) -> Path:
    """Each customer buys on each of these days; the first one also at the start and the end of the year."""
    rows = [(f"C{i:04d}", day, amount) for i in range(customers) for day in days]
    rows += [("C0000", "2024-01-01", amount), ("C0000", "2024-12-31", amount)]
    columns = ["customer_id", "transaction_date", "net_sales_amount"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_forecast_refuses_few_buyers(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "few.csv", 499, ("2024-03-01", "2024-05-01"))
    outcome = run("forecast", "--source", path, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert "at least 500 customers with a purchase; these sales have 499" in outcome.err


def test_forecast_counts_orders_of_no_money_as_purchases(tmp_path: Path) -> None:
    """Every third customer was given something on a later day, for nothing."""
    path = tmp_path / "gifts.csv"
    lines = pd.read_csv(write_lines(path, 600, ("2024-03-01",)))
    gifts = lines[lines["transaction_date"] == "2024-03-01"].iloc[::3]
    gifts = gifts.assign(transaction_date="2024-06-01", net_sales_amount=0.0)
    returns = lines.iloc[1:2].assign(transaction_date="2024-07-01", net_sales_amount=-4.0)
    pd.concat([lines, gifts, returns]).to_csv(path, index=False)
    assert run("forecast", "--source", path, "--out", tmp_path / "out", "--quiet").code == 0
    summary: dict[str, Any] = json.loads((tmp_path / "out" / "forecast.json").read_text("utf-8"))
    assert summary["customers"] == 600
    assert summary["repeat_purchases"] == 200 + 2  # and the two other days of the first customer
    assert summary["lifetime_value"]["historic"] == pytest.approx(602 * 10 - 4)


def test_export_with_forecast_columns(models: Path, of_run: Path, tmp_path: Path) -> None:
    columns = "customer_id,segment_name,expected_net_sales,next_order_by,at_risk"
    assert run("export", "--run", models, "--columns", columns, "--out", tmp_path / "list.csv", "--quiet").code == 0
    listed = read_csv(tmp_path / "list.csv").set_index("customer_id")
    forecast = read_csv(of_run / "customer_forecasts.csv").set_index("customer_id").loc[listed.index]
    assert list(listed) == columns.split(",")[1:]
    for name in ("expected_net_sales", "at_risk"):
        assert listed[name].to_numpy() == pytest.approx(forecast[name].to_numpy())
    pd.testing.assert_series_equal(listed["next_order_by"], forecast["next_order_by"])


def test_publish_forecast_tables(models: Path, of_run: Path, tmp_path: Path) -> None:
    target = f"duckdb://{tmp_path / 'shop.duckdb'}"
    for days in ((), ("30",)):
        assert run("publish", "--run", models, "--to", target, "--forecast", *days, "--quiet").code == 0
    assert run("publish", "--run", models, "--to", target, "--forecast", "--quiet").code == 0  # changes nothing
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
        customers = connection.sql("select * from ml_results.customer_forecasts where horizon_days = 90").df()
        segments = connection.sql("select * from ml_results.segment_forecasts order by horizon_days, segment_id").df()
    written = read_csv(of_run / "customer_forecasts.csv")
    assert list(customers) == ["run_id", *CUSTOMER_COLUMNS]
    assert list(segments) == ["run_id", *SEGMENT_COLUMNS]
    assert segments["horizon_days"].tolist() == [30] * 4 + [90] * 4
    merged = customers.merge(written, on="customer_id", validate="one_to_one")
    assert len(merged) == len(written) == len(customers)
    assert merged["at_risk_x"].to_numpy() == pytest.approx(merged["at_risk_y"].to_numpy())
    dates = pd.to_datetime(merged["next_order_by_x"]).dt.strftime("%Y-%m-%d")
    pd.testing.assert_series_equal(dates.astype("str"), merged["next_order_by_y"].astype("str"), check_names=False)


def test_forecast_that_loses_to_the_last_period_says_so(tmp_path: Path) -> None:
    """Customers buy every tenth day: the last period repeats exactly, and the model, which knows no rhythm, misses."""
    days = pd.date_range("2024-01-01", "2024-12-30", freq="10D").strftime("%Y-%m-%d")
    rows = [(f"C{i:03d}", day, 10.0 + i % 7) for i in range(520) for day in days]
    columns = ["customer_id", "transaction_date", "net_sales_amount"]
    pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / "regular.parquet")
    arguments = ("--source", tmp_path / "regular.parquet", "--as-of", "2024-12-31", "--out", tmp_path / "out")
    outcome = run("forecast", *arguments)
    assert outcome.code == 0, outcome.err
    summary = json.loads((tmp_path / "out" / "forecast.json").read_text("utf-8"))
    test, total = summary["back_test"], summary["total"]
    assert test["loses_to_last_period"]
    assert test["typical_miss_of_last_period"] < test["typical_miss"]
    shown = (
        f"Expected net sales of today's customers in the next 90 days: {total['last_period']:,.0f}, as in the last 90."
    )
    assert shown in outcome.out.replace("\n", " ")
    assert "this simple rule missed by less than the model, which expects" in outcome.out.replace("\n", " ")
    assert summary["left_truncated"]
