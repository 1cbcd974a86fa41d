"""The Forecast page, the forecast in the customer lookup, and in the columns of a list."""

from __future__ import annotations

import io
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings, ShopForecast
from segmentation.presentation.formatting import format_rounded_currency
from segmentation.sales.demo.synthetic_shop import write_shop
from segmentation.settings import SalesSettings
from tests.ui.conftest import PAGES, Open, read_text
from ui.data import publishing
from ui.views import publish

FORECAST = "app_pages/segments/forecast.py"


@pytest.fixture(scope="module")
def web_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic shop of 700 customers."""
    path = tmp_path_factory.mktemp("web_shop") / "sales.parquet"
    with path.open("wb") as out:
        write_shop(out, 700, 5)
    return path


@pytest.fixture(scope="module")
def forecast(web_shop: Path) -> ShopForecast:
    return forecast_source(SalesSettings(source=str(web_shop)), ForecastSettings()).forecast


@pytest.fixture
def open_shop(open_page: Open, web_shop: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page of the shop that is large enough for a forecast."""

    def open_shop(page: str = "forecast", **address: str) -> AppTest:
        monkeypatch.setenv("SEGMENTS_SOURCE", f"Web shop={web_shop}")
        app = open_page("overview", **address)
        return app.switch_page(FORECAST if page == "forecast" else PAGES[page]).run()

    return open_shop


def test_forecast_page_shows_sales_at_risk_first(open_shop: Open, forecast: ShopForecast) -> None:
    app = open_shop(k="4")
    assert not app.exception
    text, total = read_text(app), forecast.total
    at_risk, recent = (format_rounded_currency(total[name]) for name in ("at_risk", "last_period"))
    assert re.search(rf"Of {recent} in the last 90 days, {at_risk} \([\d,]+ to [\d,]+\) came from customers who", text)
    assert re.search(r"Three months ago, the forecast was [\d,]+; the actual amount was [\d,]+\.", text)
    assert re.search(r"In \d+ past periods the range held \d+ times; typical miss", text)
    assert app.main.metric[0].value == at_risk
    by_segment = app.main.table[0].value
    assert list(by_segment)[:4] == ["Segment", "Last period", "Expected", "90 % range"]
    assert len(by_segment) == 4
    names = [chart.proto.spec for chart in app.main.get("plotly_chart")]
    assert len(names) == 3


def test_forecast_page_lists_customers_to_save(open_shop: Open, forecast: ShopForecast) -> None:
    app = open_shop()
    largest = forecast.customers.frame.sort_values(["at_risk", "customer_id"], ascending=[False, True]).head(20)
    shown = app.main.dataframe[0].value
    assert shown["Customer"].tolist() == largest["customer_id"].tolist()
    assert shown["At risk"].to_numpy() == pytest.approx(largest["at_risk"].to_numpy())
    assert any(button.label == "Download all customers at risk (CSV)" for button in app.main.get("download_button"))


def test_forecast_page_of_a_year_says_why_it_has_no_range(open_shop: Open) -> None:
    app = open_shop(horizon="365")
    assert not app.exception
    text = read_text(app)
    assert "No range: a range needs two completed past periods of 365 days" in text
    assert "No past period is complete yet" in text


def test_forecast_page_of_few_customers_gives_the_reason(open_page: Open) -> None:
    app = open_page("overview").switch_page(FORECAST).run()
    assert not app.exception
    assert "at least 500 customers with a purchase; these sales have 400" in str(app.error[0].proto)


def test_customer_lookup_shows_the_forecast(open_shop: Open, forecast: ShopForecast) -> None:
    row = forecast.customers.frame.dropna(subset=["next_order_by"]).iloc[0]
    app = open_shop("customers")
    app.text_input(key="customer").set_value(row["customer_id"]).run()
    assert not app.exception
    text = read_text(app)
    assert f"{row['expected_orders']:.1f} orders" in text
    assert "is as likely as not" in text


def test_export_has_forecast_columns(open_shop: Open, forecast: ShopForecast) -> None:
    app = open_shop("export")
    app.multiselect(key="columns").set_value(["customer_id", "at_risk", "next_order_by"]).run()
    assert not app.exception
    first = app.main.dataframe[0].value
    assert list(first) == ["Customer", "Sales at risk, last 90 days", "Next order by"]
    expected = forecast.customers.frame.set_index("customer_id").loc[first["Customer"], "at_risk"]
    assert first["Sales at risk, last 90 days"].to_numpy() == pytest.approx(expected.to_numpy())


def test_download_of_customers_at_risk_is_complete(web_shop: Path, forecast: ShopForecast) -> None:
    """The file that the button of the page builds has every customer with sales at risk."""
    from segmentation.forecast.shop_forecast import list_customers_at_risk
    from segmentation.runtime.tabular_files import write_csv

    rows, out = list_customers_at_risk(forecast), io.BytesIO()
    write_csv(rows, out, escape_formulas=True)
    read = pd.read_csv(io.BytesIO(out.getvalue()), dtype={"customer_id": "str"})
    assert len(read) == int((forecast.customers.frame["at_risk"] > 0).sum())
    assert read["at_risk"].is_monotonic_decreasing


def test_publish_page_publishes_the_forecast(
    open_shop: Open, forecast: ShopForecast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "results.duckdb"
    monkeypatch.setenv(publish.TARGET_VARIABLE, f"duckdb://{database}")
    publishing.running_jobs.clear()
    app = open_shop("publish", k="4")
    app.button(key="publish").click().run()
    assert "customer_forecasts" not in read_text(app)
    app.selectbox(key="publish_forecast").set_value("90 days").run()
    assert "**ml_results.customer_forecasts**: the rows of this run for 90 days, one per customer" in read_text(app)
    app.button(key="confirm_publish").click().run()
    assert not app.exception
    with duckdb.connect(str(database), read_only=True) as connection:
        customers = connection.sql("select * from ml_results.customer_forecasts order by customer_id").df()
        segments = connection.sql("select * from ml_results.segment_forecasts").df()
        runs = connection.sql("select run_id from ml_results.segmentation_runs").fetchall()
    assert {*customers["run_id"], *segments["run_id"]} == {runs[0][0]}
    expected = forecast.customers.frame.sort_values("customer_id")
    assert customers["customer_id"].tolist() == expected["customer_id"].tolist()
    assert customers["at_risk"].to_numpy() == pytest.approx(expected["at_risk"].to_numpy())
    assert segments["expected"].sum() == pytest.approx(forecast.total["expected"])


def test_publish_page_of_few_customers_says_why_there_is_no_forecast(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(publish.TARGET_VARIABLE, f"duckdb://{tmp_path / 'results.duckdb'}")
    app = open_page("publish")
    app.button(key="publish").click().run()
    box = app.selectbox(key="publish_forecast")
    assert box.disabled
    assert "at least 500 customers with a purchase; these sales have 400" in box.help


def test_forecast_as_a_feature_is_chosen_on_the_page(open_shop: Open, forecast: ShopForecast) -> None:
    app = open_shop("segments", k="4", active_probability="true")
    assert not app.exception
    assert app.sidebar.checkbox(key="active_probability").value
    assert "Probability of being active" in str([table.value for table in app.main.table]) + read_text(app)
