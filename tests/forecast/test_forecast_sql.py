"""The forecast as SQL against the forecast in Python, on DuckDB and on the local Snowflake server."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from segmentation.errors import SettingsError
from segmentation.export.forecast_sql import render_forecast_sql
from segmentation.forecast.forecast_sql import forecast_customers_sql
from segmentation.forecast.purchase_histories import summarize_purchase_histories
from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings, ShopForecast
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.settings import SalesSettings
from tests.snowflake_client.local import Server


@pytest.fixture(scope="module", params=["mbg_nbd", "bg_nbd"])
def forecast(request: pytest.FixtureRequest, web_shop: Path) -> ShopForecast:
    return forecast_source(SalesSettings(source=str(web_shop)), ForecastSettings(300, request.param)).forecast


def assert_same(answer: pd.DataFrame, forecast: ShopForecast) -> None:
    expected = forecast.customers.frame.set_index("customer_id")
    found = answer.set_index("customer_id").loc[expected.index]
    assert len(found) == len(answer) == len(expected) > 500
    for name in ("active_probability", "at_risk", "expected_orders", "expected_net_sales"):
        assert found[name].to_numpy(np.float64) == pytest.approx(expected[name].to_numpy(), rel=1e-6, abs=1e-6)
    dates = pd.to_datetime(found["next_order_by"]).dt.strftime("%Y-%m-%d")
    pd.testing.assert_series_equal(dates, expected["next_order_by"].dt.strftime("%Y-%m-%d"), check_names=False)
    assert 0 < dates.notna().sum() < len(dates)


def test_forecast_sql_equals_python_in_duckdb(web_shop: Path, forecast: ShopForecast) -> None:
    settings = SalesSettings(source=str(web_shop))
    text = render_forecast_sql(forecast, settings, open_source(str(web_shop)), "duckdb", table="shop.lines")
    with duckdb.connect() as connection:
        connection.execute("create schema shop")
        connection.execute(f"create table shop.lines as select * from '{web_shop}'")
        assert_same(connection.execute(text).df(), forecast)


def test_forecast_sql_equals_python_in_snowflake(
    on_snowflake: Server, web_shop: Path, forecast: ShopForecast, tmp_path: Path
) -> None:
    on_snowflake.load(pd.read_parquet(web_shop), tmp_path)
    source: Any = open_source("snowflake:")
    settings = SalesSettings(source="snowflake:")
    lines, as_of = prepare_lines(source, settings).accepted, count_epoch_days(forecast.as_of)
    histories = summarize_purchase_histories(lines, as_of, forecast.settings.horizon)
    model = forecast.purchase_fit.model
    query = forecast_customers_sql(histories, model, forecast.spend_model, as_of, forecast.settings.horizon)
    assert_same(source.fetch(query).to_pandas(), forecast)
    text = render_forecast_sql(forecast, settings, source, "snowflake", table="fct_sales")
    rows = source.session.fetch_rows(text.rstrip().rstrip(";"))
    columns = ["customer_id", "active_probability", "next_order_by", "at_risk"]
    columns += ["expected_orders", "expected_net_sales"]
    assert_same(pd.DataFrame(rows, columns=columns), forecast)


def test_forecast_of_a_snowflake_table_equals_that_of_a_file(
    on_snowflake: Server, web_shop: Path, tmp_path: Path
) -> None:
    """PurchaseHistories, purchase days and the back-test come from queries that both engines answer alike."""
    on_snowflake.load(pd.read_parquet(web_shop), tmp_path)
    first, second = (
        forecast_source(SalesSettings(source=uri), ForecastSettings(90)).forecast
        for uri in ("snowflake:", str(web_shop))
    )
    pd.testing.assert_frame_equal(first.customers.frame, second.customers.frame, rtol=1e-6)
    assert first.total == pytest.approx(second.total, rel=1e-6)


def test_forecast_sql_refuses_the_pareto_nbd(web_shop: Path) -> None:
    settings = SalesSettings(source=str(web_shop), as_of=date(2025, 12, 31))
    result = forecast_source(settings, ForecastSettings(300, "pareto_nbd"))
    with pytest.raises(SettingsError, match="cannot be expressed in SQL"):
        render_forecast_sql(result.forecast, settings, open_source(str(web_shop)), "duckdb")
