"""The Customers page against pandas on the same file."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.ui.conftest import Open, read_text
from tests.ui.test_pages import get_chart


def test_histogram_counts_every_customer(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("customers", k="4")
    assert not app.exception
    assert not app.error
    assert sum(get_chart(app, 0)["data"][0]["y"]) == sum(get_chart(app, 1)["data"][0]["y"]) == 400
    app.selectbox(key="figure").select("frequency").run()
    orders = lines.groupby("customer_id")["transaction_id"].nunique()
    bars = get_chart(app, 0)["data"][0]
    width = bars["width"][0] / 0.92
    for middle, customers in list(zip(bars["x"], bars["y"], strict=True))[:-1]:
        assert customers == orders.between(middle - width / 2, middle + width / 2).sum()
    assert sum(bars["y"]) == 400


def test_correlations_of_features(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("customers", k="4")
    by_customer = lines.groupby("customer_id").agg(
        orders=("transaction_id", "nunique"), money=("net_sales_amount", "sum")
    )
    by_customer["money"] = by_customer["money"].round(2)
    expected = by_customer["orders"].corr(by_customer["money"], method="spearman")
    heat = get_chart(app, 2)["data"][0]["z"]
    names = list(app.selectbox(key="figure").options)
    assert heat[names.index("Orders")][names.index("Net sales")] == pytest.approx(expected)
    assert re.search("are (positively|negatively) correlated", read_text(app))


def test_outliers_are_counted_and_listed(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("customers", k="4")
    spent = lines.groupby("customer_id")["net_sales_amount"].sum()
    lower, upper = spent.quantile([0.25, 0.75])
    above = spent > upper + 1.5 * (upper - lower)
    table = next(table.value for table in app.table if "Outliers" in table.value).set_index("Feature")
    assert table.loc["Net sales", "Outliers"] == f"{above.sum():,}"
    farthest = next(table.value for table in app.table if "Most unusual feature" in table.value)
    assert len(farthest) == 10
    assert set(farthest["Customer"]) <= set(spent.index)


def test_customer_lookup(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("customers", k="4")
    app.text_input(key="customer").set_value("C0004").run()
    assert not app.error
    customer_rows = lines[lines["customer_id"] == "C0004"]
    figures = next(table.value for table in app.table if "This customer" in table.value).set_index("Feature")
    assert figures.loc["Orders", "This customer"] == f"{customer_rows['transaction_id'].nunique()} orders"
    days = next(table.value for table in app.table if "Returned" in table.value)
    assert len(days) == customer_rows["transaction_date"].nunique()
    assert sum(float(text.replace(",", "")) for text in days["Purchased"]) == pytest.approx(
        customer_rows["net_sales_amount"].sum()
    )
    assert "**C0004** is in" in read_text(app)
    assert "C0004" not in str(dict(app.query_params))
    assert app.text_input(key="customer").proto.query_param_key == ""


def test_customer_lookup_unknown_id(open_page: Open) -> None:
    app = open_page("customers", k="4")
    app.text_input(key="customer").set_value("<b>nobody</b>").run()
    assert app.warning[0].proto.title == "Nobody in these sales has this id."
    assert not app.error
    assert "Distributions" in read_text(app)


def test_histogram_of_constant_feature(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(40)], "date": days, "amount": range(40)})
    frame.to_parquet(tmp_path / "once.parquet")
    monkeypatch.setenv("SEGMENTS_SOURCE", str(tmp_path / "once.parquet"))
    app = open_page("customers", k="3")
    app.selectbox(key="figure").select("frequency").run()
    assert not app.error
    assert "All customers have the same value" in read_text(app)
