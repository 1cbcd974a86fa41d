"""The Overview page against pandas on the same file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Open, read_text
from tests.ui.test_pages import get_chart
from ui.data import queries
from ui.views import next_steps


def read_figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_overview_is_first_page_with_kpis(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("overview")
    assert not app.exception
    assert not app.error
    orders, money = lines["transaction_id"].nunique(), lines["net_sales_amount"].sum()
    assert app.title[0].value == "Overview"
    assert read_figures(app) == {
        "Customers": "400",
        "Orders": f"{orders:,}",
        "Net sales": f"{money:,.0f}",
        "Average order value": f"{money / orders:,.2f}",
    }
    assert all(metric.help for metric in app.metric)
    first = lines["transaction_date"].min()
    assert app.header[0].value == f"Sales from {first:%B} {first.day}, {first.year} to December 31, 2024"
    assert f"Our shop · {len(lines):,} rows read" in read_text(app)


def test_overview_charts_equal_pandas(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("overview")
    month = lines["transaction_date"].dt.to_period("M")
    sales = lines.groupby(month)["net_sales_amount"].sum()
    assert get_chart(app, 0)["data"][0]["y"] == pytest.approx(sales.tolist())
    orders = lines.groupby("transaction_id")["transaction_date"].min().dt.to_period("M").value_counts().sort_index()
    assert get_chart(app, 1)["data"][0]["y"] == orders.tolist()
    first = lines.groupby("customer_id")["transaction_date"].min().dt.to_period("M").value_counts()
    active = lines.groupby(month)["customer_id"].nunique()
    before, new = get_chart(app, 2)["data"]
    assert new["y"] == first.reindex(sales.index, fill_value=0).tolist()
    assert [a + b for a, b in zip(before["y"], new["y"], strict=True)] == active.tolist()
    table = next(table.value for table in app.table if "Returning" in table.value)
    assert table["Net sales"].tolist() == [f"{amount:,.2f}" for amount in sales]
    assert table["New"].tolist() == [f"{number:,}" for number in new["y"]]


def test_concentration_of_80_percent(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("overview")
    spent = lines.groupby("customer_id")["net_sales_amount"].sum().sort_values(ascending=False)
    needed = int((spent.cumsum() < 0.8 * spent.sum()).sum()) + 1
    assert f"{needed} customers ({needed / 4:.0f}\xa0%) account for 80\xa0% of sales." in read_text(app)
    assert get_chart(app, 3)["data"][2]["x"] == [100 * needed / 400]


def test_steps_offer_the_list_of_the_customers_they_name(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_steps, "MIN_ONE_TIME_SHARE", 0.0)
    app = open_page("overview")
    builders = {
        "account for 80": queries.build_top_customers_csv,
        "across all segments": queries.build_lapsing_regulars_csv,
        "ordered only once": queries.build_one_time_buyers_csv,
    }
    named = [text.value for text in app.markdown if " customers " in text.value]
    for words, build in builders.items():
        (step,) = (text for text in named if words in text)
        rows = list(csv.DictReader(io.StringIO(build(app.session_state["app"]).decode("utf-8-sig"))))
        assert int(step.split(" customers ")[0].replace(",", "")) == len(rows) > 0
    assert len([button for button in app.get("download_button") if "Download list" in str(button.proto)]) == 3


def test_lapsing_regulars_can_be_downloaded(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("overview")
    orders = lines.groupby(["customer_id", "transaction_id"])["transaction_date"].min().reset_index()
    orders = orders.sort_values("transaction_date")
    by_customer = orders.groupby("customer_id")["transaction_date"]
    days_since = (pd.Timestamp(2025, 1, 1) - by_customer.max()).dt.days
    gap = by_customer.apply(lambda day: day.diff().dt.days.median())
    late = (by_customer.size() >= 3) & (days_since > 30) & (days_since > 2 * gap)
    assert (
        f"{late.sum()} customers across all segments, each with three or more orders, have not ordered for more than 30"
        in read_text(app)
    )
    data = queries.build_lapsing_regulars_csv(app.session_state["app"])
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert {row["customer_id"] for row in rows} == set(late[late].index)
    assert app.get("download_button")


def test_small_young_shop_shows_warnings(open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page("overview")
    text = app.info[0].value
    assert "5 customers, fewer than 500." in text
    assert "61 days of sales, under 180." in text
    assert "days old." in text
    assert "No customer has" not in text
    assert read_figures(app)["Orders"] == "10"
    assert "Net sales by week" in [header.value for header in app.header]


def test_shop_with_one_order_each(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(40)], "date": days, "amount": 5.0})
    frame.to_parquet(tmp_path / "once.parquet")
    monkeypatch.setenv("SEGMENTS_SOURCE", str(tmp_path / "once.parquet"))
    app = open_page("overview")
    assert "No customer has 3 orders." in app.info[0].value
    assert "40 customers (100\xa0%) ordered only once." in read_text(app)
    assert "The table has no coupon. Unavailable: Orders with a coupon." in read_text(app)


def test_shop_with_zero_sales(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"customer_id": ["a", "b"], "date": ["2024-01-01"] * 2, "amount": [0.0, 0.0]}).to_csv(
        tmp_path / "zero.csv", index=False
    )
    monkeypatch.setenv("SEGMENTS_SOURCE", str(tmp_path / "zero.csv"))
    app = open_page("overview")
    assert not app.error
    assert "shares cannot be computed" in read_text(app)
    assert "excluded rows" not in read_text(app)


def test_totals_row_is_reported(open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.read_parquet(six_customers)
    total = frame["net_sales_amount"].sum()
    empty = dict.fromkeys(frame.columns)
    frame = pd.concat([frame, pd.DataFrame([{**empty, "customer_id": "Summe", "net_sales_amount": total}])])
    frame.to_parquet(six_customers, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page("overview")
    assert ["Excluded: payment, shipping, tax or total", "1", f"{total:.2f}"] in app.table[-1].value.to_numpy().tolist()


def test_rejected_rows_download_escapes_formulas(
    open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(six_customers)
    frame.loc[len(frame)] = {**frame.iloc[0].to_dict(), "customer_id": None, "product_category": "=1+1"}
    frame.to_parquet(six_customers, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page("overview")
    assert "1 of 15 rows were excluded. Main reason: missing customer (1 row, 10.00 in net sales)." in read_text(app)
    assert "totals row" not in read_text(app)
    assert "[View all reasons](#data-behind)" in [text.value for text in app.markdown]
    assert app.main.header[-1].proto.anchor == "data-behind"
    data = queries.build_rejected_lines_csv(app.session_state["app"])
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["set_aside_because"] == "Missing customer"
    assert row["product_category"] == "'=1+1"
    assert row["net_sales_amount"] == "10.0"


def test_merged_spellings_of_customer_ids_are_listed(
    open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(six_customers)
    known = frame["customer_id"].iloc[0]
    frame.loc[len(frame)] = {**frame.iloc[0].to_dict(), "customer_id": f"{known} ", "transaction_id": "later"}
    frame.to_parquet(six_customers, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page("overview")
    assert "1 customer ID is written in several ways." in read_text(app)
    data = queries.build_merged_spellings_csv(app.session_state["app"])
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    lines = int((frame["customer_id"] == known).sum())
    assert [(row["customer_id"], row["spelling"], int(row["lines"])) for row in rows] == [
        (known, known, lines),
        (known, f"{known} ", 1),
    ]
