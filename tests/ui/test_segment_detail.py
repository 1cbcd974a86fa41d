"""Segment detail and comparison pages against pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import segment_detail
from segmentation.results import SweepResult
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, read_text


@pytest.fixture(scope="module")
def by_segment(shop: Path, shop_training: SweepResult) -> pd.DataFrame:
    """The shop's lines with the segment of each customer, with four segments."""
    ids = pipeline.build_segmentation(shop_training, 4).segment_ids
    lines = pd.read_parquet(shop)
    segment_of = dict(zip(shop_training.table.frame["customer_id"], ids, strict=True))
    return lines.assign(segment=lines["customer_id"].map(segment_of))


def test_segment_detail_page(open_page: Open, by_segment: pd.DataFrame) -> None:
    app = open_page("one", k="4", segment="3")
    lines = by_segment[by_segment["segment"] == 3]
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Customers"] == str(lines["customer_id"].nunique())
    full = lines.loc[lines["discount_amount"] <= 0, "gross_sales_amount"].sum() / lines["gross_sales_amount"].sum()
    assert metrics["Full-price share of gross sales"] == f"{100 * full:.0f}\xa0%"
    assert "Bought at full price" not in metrics, "the table above says that of the middle customer"
    months = next(table.value for table in app.table if "Month" in table.value).set_index("Month")
    november = lines[lines["transaction_date"].dt.strftime("%B %Y") == "November 2024"]
    assert months.loc["November 2024"].tolist() == [
        f"{november['net_sales_amount'].sum():,.2f}",
        str(november["transaction_id"].nunique()),
        str(november["customer_id"].nunique()),
    ]
    near, edge = (table.value for table in app.table if "Customer" in table.value)
    assert len(near) == len(edge) == 10
    assert set(near["Customer"]) | set(edge["Customer"]) <= set(lines["customer_id"])
    assert edge["Next segment"].ne("").all()
    assert not set(app.query_params) & set(near["Customer"])
    assert "Demographics" not in read_text(app)  # this source knows nothing of its customers
    assert len(app.get("plotly_chart")) == 3
    assert "Seasonality needs complete data for every month of a year" in app.info[0].value


def test_seasonality(open_page: Open, real_sales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(real_sales))
    app = open_page("one", k="4", segment="2")
    table = next(table.value for table in app.table if {"Month", "This segment"} <= set(table.value))
    customers = pipeline.load_customers(SalesSettings(source=str(real_sales)))
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(customers, ModelSettings()), 4)
    index = segment_detail.compute_month_index(segment_detail.compute_monthly_trend(segmentation)).set_index(
        ["segment_id", "month"]
    )["index"]
    assert table["This segment"].tolist() == [f"{number:,.0f}" for number in index.loc[2]]
    assert table["All customers"].tolist() == [f"{number:,.0f}" for number in index.loc[0]]


def test_compare_segments(open_page: Open, by_segment: pd.DataFrame) -> None:
    app = open_page("compare", k="4")
    table = next(table.value for table in app.table if "Metric" in table.value).set_index("Metric")
    sizes = by_segment.groupby("segment")["customer_id"].nunique()
    assert table.loc["Customers"].tolist() == [str(sizes[1]), str(sizes[2])]
    assert len(app.get("plotly_chart")) == 2
    app.toggle(key="show_space").set_value(True).run()
    assert len(app.get("plotly_chart")) == 3
    app.multiselect(key="side_by_side").set_value([4]).run()
    assert "Choose two or three" in app.info[0].value
    assert not app.exception
    assert not app.error
