"""Sales over time against pandas, and by hand on a shop of six customers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pytest

from segmentation.analysis import sales_queries, time_series
from segmentation.errors import DataError, SourceError
from segmentation.features import period_query
from segmentation.pipeline import load_customers
from segmentation.settings import SalesSettings


def load_table(path: Path, **settings: object) -> sales_queries.CustomerTable:
    return load_customers(SalesSettings(source=str(path), **settings))  # type: ignore[arg-type]


def test_sales_by_period_by_hand(six_customers: Path) -> None:
    """From Monday, January 1 to March 1, 2024: nine weeks. Returns come off in their own week; F only gave back."""
    sales = sales_queries.compute_sales_over_time(load_table(six_customers))
    weeks = sales.periods.set_index("period")
    assert sales.unit == "week"
    assert weeks.index.tolist() == list(pd.date_range("2024-01-01", "2024-02-26", freq="7D"))
    # week of:                           1 Jan  8 Jan 15  22  29 Jan 5 Feb 12  19  26 Feb
    assert weeks["net_sales"].tolist() == [65.0, 10.0, 0, 0, 16.0, 60.0, 0, 0, 12.34]
    assert weeks["orders"].tolist() == [3, 1, 0, 1, 2, 1, 0, 1, 1]
    assert weeks["customers"].tolist() == [2, 1, 0, 1, 2, 1, 0, 1, 1]
    assert weeks["new_customers"].tolist() == [2, 0, 0, 0, 1, 1, 0, 0, 1]
    assert weeks["returning_customers"].tolist() == [0, 1, 0, 1, 1, 0, 0, 1, 0]
    assert weeks["is_complete"].tolist() == [True] * 8 + [False]


def test_sales_by_period_excluded_days_make_month_partial(shop: Path) -> None:
    every = sales_queries.compute_sales_over_time(load_table(shop)).periods
    gap = ((date(2024, 6, 30), date(2024, 7, 2)),)
    some = sales_queries.compute_sales_over_time(load_table(shop, excluded_periods=gap)).periods
    months = some["period"][every["is_complete"] & ~some["is_complete"]]
    assert months.dt.month.tolist() == [6, 7]


@pytest.mark.parametrize("days", [365, 90])
def test_sales_by_period_equals_pandas(shop: Path, tmp_path: Path, days: int) -> None:
    raw = pd.read_parquet(shop)
    raw = raw[raw["transaction_date"] > raw["transaction_date"].max() - pd.Timedelta(days=days)]
    raw.to_parquet(tmp_path / "part.parquet", index=False)
    table = load_table(tmp_path / "part.parquet")
    sales = sales_queries.compute_sales_over_time(table)
    assert sales.unit == ("month" if days == 365 else "week")
    expected = compute_expected_periods(raw, "MS" if days == 365 else "W-MON")
    actual = sales.periods.set_index("period")[expected.columns]
    pd.testing.assert_frame_equal(actual, expected, check_freq=False, check_index_type=False, check_dtype=False)
    assert sales.periods["net_sales"].sum() == pytest.approx(float(table.reconciliation.money_accepted))
    assert sales.periods["orders"].sum() == table.frame["frequency"].sum()
    assert sales.periods["new_customers"].sum() == len(table.frame)


def compute_expected_periods(raw: pd.DataFrame, every: str) -> pd.DataFrame:
    """Computed with pandas' calendar."""
    label = {"closed": "left", "label": "left"}
    sales = raw.set_index("transaction_date")["net_sales_amount"].resample(every, **label).sum()
    orders = raw.groupby(["customer_id", "transaction_id"])["transaction_date"].min().reset_index()
    placed = orders.set_index("transaction_date").resample(every, **label)
    start = pd.cut(orders["transaction_date"], [*sales.index, pd.Timestamp.max], right=False, labels=sales.index)
    first = start.astype("datetime64[us]").groupby(orders["customer_id"]).min().value_counts()
    table = pd.DataFrame({"net_sales": sales, "orders": placed.size(), "customers": placed["customer_id"].nunique()})
    table["new_customers"] = first.reindex(table.index, fill_value=0)
    table.index.name = "period"
    return table


def test_sales_by_period_compiles_for_other_engines() -> None:
    sold = ibis.table(
        {
            "customer_id": "int64",
            "transaction_id": "int64",
            "day": "int64",
            "net": "decimal(38,6)",
            "gross": "decimal(38,6)",
            "discount": "decimal(38,6)",
            "coupon_used": "boolean",
            "is_purchase": "boolean",
        },
        name="lines",
    )
    expected = ibis.table({"customer_id": "string"}, name="wanted")
    how = {"has_order_ids": True, "has_missing_ids": True}
    for query in (
        period_query.sum_sales_by_period(sold, "month"),
        period_query.count_customers_by_period(sold, "week", **how),
        time_series.select_purchase_days(sold, expected, **how),
    ):
        assert "SELECT" in str(ibis.to_sql(query, dialect="snowflake"))


def test_format_period_is_first_day() -> None:
    table = ibis.table({"day": "int64"}, name="days")
    for unit, frequency in (("week", "W"), ("month", "M")):
        query = table.mutate(period=period_query.get_period(table.day, unit))
        with duckdb.connect() as connection:
            connection.execute("create table days as select unnest(range(0, 30000, 13)) as day")
            periods = connection.sql(str(ibis.to_sql(query, dialect="duckdb"))).df()
        dates = pd.to_datetime(periods["day"], unit="D", origin="unix")
        expected = dates.dt.to_period(frequency).dt.start_time.dt.date
        assert [time_series.get_first_day(period, unit) for period in periods["period"]] == expected.tolist()


def test_customer_purchase_days(six_customers: Path) -> None:
    table = load_table(six_customers)
    days = sales_queries.fetch_purchase_days(table, "9007199254740993")
    assert days.to_numpy().tolist() == [[pd.Timestamp(2024, 2, 10), 1, 100.0, -40.0]]
    days = sales_queries.fetch_purchase_days(table, "Zoë")
    assert days["day"].dt.date.tolist() == [date(2024, 1, 5), date(2024, 1, 25)]
    assert days["orders"].tolist() == [2, 1]
    assert days["bought"].tolist() == [40.0, 0.0]
    days = sales_queries.fetch_purchase_days(table, "E")
    assert days["orders"].tolist() == [1, 1, 0]
    assert days["returned"].tolist() == [0.0, 0.0, -9.0]


def test_customer_purchase_days_sum_to_features(shop: Path) -> None:
    table = load_table(shop)
    for row in table.frame.iloc[::80].itertuples():
        days = sales_queries.fetch_purchase_days(table, row.customer_id)
        assert days["orders"].sum() == row.frequency
        assert (days["bought"] + days["returned"]).sum() == pytest.approx(row.monetary)


@pytest.mark.parametrize("customer_id", ["nobody", "", "' or 1=1 --", "\\'; drop table fct_sales"])
def test_customer_purchase_days_unknown_id(six_customers: Path, customer_id: str) -> None:
    with pytest.raises(DataError, match="No customer in these sales has this ID"):
        sales_queries.fetch_purchase_days(load_table(six_customers), customer_id)


def test_rejected_lines_are_source_lines(six_customers: Path) -> None:
    frame = pd.read_parquet(six_customers)
    bad = frame.iloc[:3].assign(customer_id=[None, "X", "Y"], net_sales_amount=[5.5, float("nan"), 7.0])
    bad.loc[2, "transaction_date"] = pd.Timestamp(2300, 1, 1)
    pd.concat([frame, bad], ignore_index=True).to_parquet(six_customers, index=False)
    rows = sales_queries.fetch_rejected_lines(load_table(six_customers))
    assert list(rows) == ["set_aside_because", *frame.columns]
    assert dict(zip(rows["set_aside_because"], rows["customer_id"].fillna("-"), strict=True)) == {
        "Missing customer": "-",
        "Missing or unreadable amount": "X",
        "Dated after the day it was loaded": "Y",
    }
    assert rows.set_index("set_aside_because").loc["Missing customer", "net_sales_amount"] == "5.5"
    assert len(sales_queries.fetch_rejected_lines(load_table(six_customers), max_rows=2)) == 2


def test_rejected_lines_include_lines_outside_period(six_customers: Path) -> None:
    table = load_table(six_customers, start=date(2024, 1, 10), as_of=date(2024, 2, 20))
    rows = sales_queries.fetch_rejected_lines(table)
    assert rows["set_aside_because"].value_counts().to_dict() == {
        "Before the start date": 4,
        "On or after the as-of date": 3,
    }
    assert len(rows) == table.reconciliation.lines_read - table.reconciliation.lines_accepted


def test_sales_over_time_rejects_changed_source(six_customers: Path) -> None:
    table = load_table(six_customers)
    pd.read_parquet(six_customers).head(5).to_parquet(six_customers, index=False)
    for ask in (
        sales_queries.compute_sales_over_time,
        sales_queries.fetch_rejected_lines,
        lambda table: sales_queries.fetch_purchase_days(table, "E"),
    ):
        with pytest.raises(SourceError, match="have changed since"):
            ask(table)
