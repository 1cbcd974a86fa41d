"""Sales charts: values equal to the data, and text alternatives."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation import charts


@pytest.fixture
def months() -> pd.DataFrame:
    """January to April; the last one is covered in part."""
    return pd.DataFrame(
        {
            "period": pd.date_range("2025-01-01", periods=4, freq="MS"),
            "net_sales": [100.0, 900.0, 300.0, 20.0],
            "new_customers": [10, 5, 3, 1],
            "returning_customers": [0, 7, 9, 2],
            "is_complete": [True, True, True, False],
        }
    )


def get_traces(figure: charts.Figure) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = json.loads(figure.to_json())["data"]
    return result


def test_plot_over_time_hatches_partial_period(months: pd.DataFrame) -> None:
    figure = charts.plot_over_time(months, "net_sales", "Net sales", "month", "light")
    bars = get_traces(figure)[0]
    assert bars["y"] == months["net_sales"].tolist()
    assert bars["x"][0] == "2025-01-01"
    assert bars["marker"]["pattern"]["shape"] == ["", "", "", "/"]
    assert bars["customdata"][1] == "February 2025: 900"
    assert (
        charts.get_alt_text(figure) == "Net sales by month: most in February 2025 (900), least in January 2025 (100)."
    )


def test_plot_over_time_weeks_start_on_monday(months: pd.DataFrame) -> None:
    weeks = months.assign(period=pd.date_range("2025-01-06", periods=4, freq="7D"))
    figure = charts.plot_over_time(weeks, "net_sales", "Net sales", "week", "dark")
    assert "least in the week of January 6, 2025" in charts.get_alt_text(figure)
    assert figure.layout.xaxis.ticktext[0] == "Jan 6"


def test_plot_new_and_returning_is_stacked(months: pd.DataFrame) -> None:
    figure = charts.plot_new_and_returning(months, "month", "light")
    before, new = get_traces(figure)
    assert (before["y"], new["y"]) == ([0, 7, 9, 2], [10, 5, 3, 1])
    assert (before["customdata"][1], new["customdata"][1]) == ("February 2025: 7 returning", "February 2025: 5 new")
    assert figure.layout.barmode == "stack"
    assert charts.get_alt_text(figure) == "In March 2025 9 customers ordered again and 3 for the first time."


def test_plot_over_time_ten_years_stay_small() -> None:
    periods = pd.date_range("2015-01-01", periods=120, freq="MS")
    many = pd.DataFrame({"period": periods, "orders": range(120), "is_complete": True})
    figure = charts.plot_over_time(many, "orders", "Orders", "month", "light")
    assert len(figure.layout.xaxis.tickvals) <= 6
    assert len(figure.to_json()) < 30_000


def test_plot_concentration_marks_80_percent() -> None:
    part = np.linspace(0, 1, 101)
    curve = pd.DataFrame({"share_of_customers": part, "share_of_sales": np.sqrt(part)})
    figure = charts.plot_concentration(curve, 0.64, 640, "light")
    assert get_traces(figure)[2]["x"] == [64.0]
    assert figure.layout.xaxis.ticksuffix == "\xa0%"
    assert (
        charts.get_alt_text(figure)
        == "64\xa0% of customers (640) account for 80\xa0% of sales; the largest tenth accounts for 32\xa0%."
    )
