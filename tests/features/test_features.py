"""Features by hand, and against an independent computation on generated and real data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import ColumnError, DataError, SettingsError
from segmentation.features.registry import REGISTRY, list_forecast_features, split_available_features, validate_features
from segmentation.pipeline import list_categories, load_customers
from segmentation.settings import SalesSettings
from tests.conftest import SIX_CUSTOMERS

# As of 2024-03-02, from the lines in conftest.py.
WORKED_BY_HAND = {
    "00123": (31, 3, 62.0, 62 / 3, 61, 15.0, 4 / 3, 2, 4, 15.5, 8 / 70, 2 / 3, 20 / 70, 47 / 62, 1.0, 0.0, 1.0),
    "9007199254740993": (21, 1, 60.0, 60.0, 21, 21.0, 1.0, 1, 1, 60.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "D": (1, 1, 12.34, 12.34, 1, 1.0, 1.0, 1, 1, 12.34, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0),
    "E": (11, 2, 9.0, 4.5, 30, 19.0, 1.0, 1, 2, 4.5, 0.1, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0),
    "Zoë": (37, 3, 40.0, 40 / 3, 57, 10.0, 1.0, 2, 3, 40 / 3, 0.6, 2 / 3, 0.0, 1.0, 1.0, 0.0, 1.0),
}


def test_compute_features_by_hand(six_customers: Path) -> None:
    table = load_customers(SalesSettings(source=str(six_customers)))
    names = [feature.name for feature in REGISTRY.values() if not feature.is_forecast]
    expected = pd.DataFrame.from_dict(WORKED_BY_HAND, orient="index", columns=names, dtype="float64")
    pd.testing.assert_frame_equal(
        table.frame.set_index("customer_id"), expected, check_names=False, check_index_type=False, rtol=1e-12
    )
    assert table.returns_only.to_numpy().tolist() == [["F", -20.0]]


def test_reconciliation_counts_every_line_once(six_customers: Path) -> None:
    table = load_customers(SalesSettings(str(six_customers), start=date(2024, 1, 11), as_of=date(2024, 2, 20)))
    aside = table.reconciliation.rejected.set_index("reason")
    assert aside.loc["before_start", ["lines", "money"]].tolist() == [4, Decimal(65)]  # A1 twice, C1, C2
    assert aside.loc["on_or_after_as_of", ["lines", "money"]].tolist() == [3, Decimal("12.34")]  # D, E2 and E3
    assert table.reconciliation.lines_read == 14 == table.reconciliation.lines_accepted + aside["lines"].sum()
    assert (
        table.reconciliation.money_read
        == Decimal("163.34")
        == table.reconciliation.money_accepted + sum(aside["money"])
    )
    assert table.window.first_sale == date(2024, 1, 11)
    assert table.window.as_of == date(2024, 2, 20)


def test_exclusions_are_counted_by_reason(six_customers: Path) -> None:
    """Excluded: 5 to 31 January, and cups. The first applicable reason counts."""
    settings = SalesSettings(
        str(six_customers),
        as_of=date(2024, 3, 1),
        excluded_periods=((date(2024, 1, 5), date(2024, 1, 31)),),
        excluded_categories=("Cups",),
    )
    table = load_customers(settings)
    aside = table.reconciliation.rejected.set_index("reason")
    assert aside["lines"].to_dict() == {"on_or_after_as_of": 1, "left_out": 5, "category_left_out": 4}
    # A2 and A3, C1 to C3; then the cups of A1, both of B1, and F1
    assert aside["money"].to_dict() == {
        "on_or_after_as_of": Decimal("12.34"),
        "left_out": Decimal(77),
        "category_left_out": Decimal(55),
    }
    assert table.reconciliation.lines_read == 14 == table.reconciliation.lines_accepted + aside["lines"].sum()
    assert (
        table.reconciliation.money_read
        == Decimal("163.34")
        == table.reconciliation.money_accepted + sum(aside["money"])
    )
    assert table.frame[["customer_id", "frequency", "monetary", "recency_days"]].to_numpy().tolist() == [
        ["00123", 1.0, 10.0, 60.0],  # A1 without its cups, on 1 January
        ["E", 2.0, 9.0, 10.0],
    ]
    assert table.returns_only.empty  # F had cups only
    assert table.notices == ()
    everything = list_categories(table)
    assert everything["category"].tolist() == ["Cups", "Tea"]  # the pots are all within January
    assert everything["lines"].tolist() == [4, 4]
    assert everything["money"].tolist() == [55.0, 19.0]


def test_default_as_of_date_follows_last_accepted_line(six_customers: Path) -> None:
    table = load_customers(
        SalesSettings(str(six_customers), excluded_periods=((date(2024, 2, 21), date(2024, 12, 31)),))
    )
    assert (table.window.last_sale, table.window.as_of) == (date(2024, 2, 20), date(2024, 2, 21))


def test_excluded_category_that_does_not_exist(six_customers: Path, tmp_path: Path) -> None:
    table = load_customers(SalesSettings(str(six_customers), excluded_categories=("Cup", "it's; drop table", "Tea")))
    assert table.notices == (
        "Unknown excluded category 'Cup'. Did you mean 'Cups'?",
        'Unknown excluded category "it\'s; drop table".',
    )
    assert (
        "Tea" not in table.source.fetch(table.lines.group_by("category").aggregate()).to_pandas()["category"].tolist()
    )
    plain = pd.read_parquet(six_customers).drop(columns="product_category")
    plain.to_parquet(tmp_path / "plain.parquet", index=False)
    with pytest.raises(ColumnError, match="Categories cannot be excluded"):
        load_customers(SalesSettings(str(tmp_path / "plain.parquet"), excluded_categories=("Tea",)))


def test_everything_excluded_raises_with_hint(six_customers: Path) -> None:
    with pytest.raises(DataError, match="None of the 14 lines") as caught:
        load_customers(SalesSettings(str(six_customers), excluded_periods=((date(2020, 1, 1), date(2030, 1, 1)),)))
    assert caught.value.hint == "Exclude fewer days."


def test_orders_spanning_days_count_once(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-01-05", "2024-01-03", "2024-01-09"]
    frame = SIX_CUSTOMERS.iloc[:4].assign(transaction_date=days, transaction_id=["A", "A", "A", "B"])
    frame = pd.concat([frame, SIX_CUSTOMERS.iloc[:1].assign(customer_id="x", transaction_date="2024-01-20")])
    frame.iloc[[0, 1, 2, 4]].to_csv(tmp_path / "one.csv", index=False)
    row = load_customers(SalesSettings(str(tmp_path / "one.csv"))).frame.iloc[0]
    assert row[["recency_days", "frequency", "tenure_days", "typical_gap_days"]].tolist() == [16.0, 1.0, 20.0, 16.0]
    frame.to_csv(tmp_path / "two.csv", index=False)
    row = load_customers(SalesSettings(str(tmp_path / "two.csv"))).frame.iloc[0]
    assert row[["recency_days", "frequency", "typical_gap_days"]].tolist() == [12.0, 2.0, 8.0]


def test_duplicates_are_rejected_only_if_requested(tmp_path: Path) -> None:
    frame = pd.concat([SIX_CUSTOMERS, SIX_CUSTOMERS.iloc[[0, 0, 5]]], ignore_index=True)
    frame.to_csv(tmp_path / "twice.csv", index=False)
    retained = load_customers(SalesSettings(str(tmp_path / "twice.csv")))
    dropped = load_customers(SalesSettings(str(tmp_path / "twice.csv"), drop_duplicates=True))
    assert retained.reconciliation.rejected.empty
    assert dropped.reconciliation.rejected.to_numpy().tolist() == [
        ["duplicate", "Exact duplicate of another line", 3, Decimal(-20)]
    ]
    assert dropped.frame["monetary"].tolist() == [62.0, 60.0, 12.34, 9.0, 40.0]


def test_without_transaction_ids_days_of_customers_are_orders(six_customers: Path, tmp_path: Path) -> None:
    frame = pd.read_parquet(six_customers).drop(columns="transaction_id")
    frame.to_parquet(tmp_path / "lines.parquet", index=False)
    table = load_customers(SalesSettings(str(tmp_path / "lines.parquet")))
    assert table.frame["frequency"].tolist() == [3, 1, 1, 2, 2]
    by_line = load_customers(SalesSettings(str(tmp_path / "lines.parquet"), orders="line"))
    assert by_line.frame["frequency"].tolist() == [4, 1, 1, 2, 3]
    assert any("one day count as one order" in notice for notice in table.notices)
    assert table.unavailable_features["lines_per_order"] == "The table has no transaction_id."


def test_mandatory_columns_are_enough(six_customers: Path, tmp_path: Path) -> None:
    needed = ["customer_id", "transaction_date", "net_sales_amount"]
    pd.read_parquet(six_customers, columns=needed).to_parquet(tmp_path / "few.parquet", index=False)
    table = load_customers(SalesSettings(str(tmp_path / "few.parquet")))
    assert list(table.unavailable_features) == [
        "lines_per_order",
        "category_count",
        "discount_share",
        "coupon_share",
        "full_price_share",
        "favourite_share",
        *list_forecast_features(REGISTRY),  # these sales are too few
    ]
    assert set(REGISTRY) - set(table.unavailable_features) == set(table.frame.columns) - {"customer_id"}


@pytest.mark.parametrize(
    ("columns", "monetary"),
    [(["total_amount"], 100.0), (["gross_sales_amount", "discount_amount"], 90.0), (["gross_sales_amount"], 120.0)],
)
def test_amount_column_precedence(columns: list[str], monetary: float, tmp_path: Path) -> None:
    line = {
        "customer_id": "a",
        "date": "2024-01-01",
        "total_amount": 100.0,
        "gross_sales_amount": 120.0,
        "discount_amount": 30.0,
    }
    pd.DataFrame([line])[["customer_id", "date", *columns]].to_csv(tmp_path / "one.csv", index=False)
    assert load_customers(SalesSettings(str(tmp_path / "one.csv"))).frame["monetary"].tolist() == [monetary]


def test_returns_only_raises(six_customers: Path, tmp_path: Path) -> None:
    pd.read_parquet(six_customers).iloc[-1:].to_parquet(tmp_path / "returns.parquet", index=False)
    with pytest.raises(DataError, match="All rows are returns"):
        load_customers(SalesSettings(str(tmp_path / "returns.parquet")))


def test_feature_order_does_not_matter() -> None:
    assert validate_features(["monetary", "frequency", "monetary"], {}) == ("frequency", "monetary")
    with pytest.raises(SettingsError, match="no feature 'shoe_size'"):
        validate_features(["shoe_size"], {})
    with pytest.raises(SettingsError, match="category_count cannot be computed here"):
        validate_features(["category_count"], split_available_features(["customer_id"])[1])
