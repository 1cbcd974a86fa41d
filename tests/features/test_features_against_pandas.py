"""Every feature against an independent pandas computation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.errors import DataError
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.settings import SalesSettings
from tests.features.reference import assert_features_equal, reference_features


def select_accepted_lines(raw: pd.DataFrame, load_day: pd.Timestamp) -> pd.DataFrame:
    """The rules for lines, said again in pandas: which are used, and which are purchases."""
    day = pd.to_datetime(raw["transaction_date"], errors="coerce", format="%Y-%m-%d")
    customer = raw["customer_id"].str.strip()
    customer = customer.where(customer.fillna("") != "")
    goes_back = raw["quantity"].fillna(0) < 0

    def sign(name: str) -> pd.Series:
        return raw[name].where(~goes_back, -raw[name].abs())

    lines = pd.DataFrame(
        {
            "customer_id": customer,
            "transaction_id": raw["transaction_id"].where(raw["transaction_id"].fillna("").str.strip() != "", None),
            "day": day,
            "net": sign("net_sales_amount"),
            "gross": sign("gross_sales_amount"),
            "discount": sign("discount_amount").fillna(0.0),  # a blank discount is none
            "coupon_used": raw["coupon_status"] == "Used",
            "category": raw["product_category"].where(raw["product_category"].fillna("").str.strip() != "", None),
            "is_purchase": ~goes_back & (raw["net_sales_amount"] >= 0),
        }
    )
    usable = customer.notna() & (day > pd.Timestamp(1970, 1, 1)) & (day <= load_day) & lines["net"].notna()
    usable &= raw["quantity"].fillna(1) != 0
    return lines[usable]


amounts = st.one_of(st.none(), st.integers(-5_000, 500_000).map(lambda cents: cents / 100))


dirty_lines = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(
                ["a", "A", "00123", "123", "Zoë", " x", "=1+1", "9007199254740993", "", "  ", None]
            ),
            "transaction_id": st.sampled_from(["t1", "t2", "t3", "", None]),
            "transaction_date": st.one_of(
                st.dates(date(2023, 1, 1), date(2024, 12, 31)).map(date.isoformat),
                st.sampled_from(["2024-02-30", "1969-12-31", "1970-01-01", "2999-01-01", "", "soon", None]),
            ),
            "product_category": st.sampled_from(["Tea", "Cups", "", None]),
            "quantity": st.sampled_from([1.0, 2.0, 0.0, -1.0, None]),
            "gross_sales_amount": amounts,
            "discount_amount": st.one_of(st.none(), st.integers(0, 500_000).map(lambda cents: cents / 100)),
            "net_sales_amount": amounts,
            "coupon_status": st.sampled_from(["Used", "Not Used", "Clicked", None]),
        }
    ),
    min_size=1,
    max_size=40,
)


@given(dirty_lines)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_load_customers_dirty_lines_equal_pandas(tmp_path: Path, lines: list[dict[str, object]]) -> None:
    raw = pd.DataFrame(lines).astype(
        {
            "customer_id": "str",
            "transaction_id": "str",
            "transaction_date": "str",
            "product_category": "str",
            "quantity": "float64",
            "gross_sales_amount": "float64",
            "discount_amount": "float64",
            "net_sales_amount": "float64",
            "coupon_status": "str",
        }
    )
    raw.to_parquet(tmp_path / "dirty.parquet", index=False)
    # what lines mean is given, because random values mean nothing
    meaning = SalesSettings(str(tmp_path / "dirty.parquet"), orders="id", amount_grain="line", discount_kind="amount")
    used = select_accepted_lines(raw, pd.Timestamp.now())
    everybodys = used.groupby("customer_id")["net"].sum()
    if not used["is_purchase"].any():
        with pytest.raises(DataError):
            load_customers(meaning)
        return
    try:
        table = load_customers(meaning)
    except DataError as error:  # a mostly unreadable column is an error, not a rejection line by line
        assert error.message.startswith("Most values of 'transaction_date' cannot be read as a date")
        return
    as_of = used["day"].max() + pd.Timedelta(days=1)
    assert table.window.as_of == as_of.date()
    assert table.reconciliation.lines_read == len(raw)
    assert table.reconciliation.lines_accepted == len(used) == len(raw) - table.reconciliation.rejected["lines"].sum()
    assert table.reconciliation.money_read == table.reconciliation.money_accepted + sum(
        (money for money in table.reconciliation.rejected["money"] if not money.is_nan()), Decimal(0)
    )
    assert_features_equal(table.frame, reference_features(used, as_of))
    distances = table.returns_only.set_index("customer_id")["monetary"]
    assert set(distances.index) == set(everybodys.index) - set(table.frame["customer_id"])
    segments_and_apart = table.frame["monetary"].sum() + distances.sum()
    assert round(segments_and_apart, 2) == round(float(table.reconciliation.money_accepted), 2)


def prepare_lines(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": raw["customer_id"].astype("str"),
            "transaction_id": raw["transaction_id"].astype("str"),
            "day": raw["transaction_date"].dt.normalize(),
            "net": raw["net_sales_amount"].astype("float64"),
            "gross": raw["gross_sales_amount"].astype("float64"),
            "discount": raw["discount_amount"].astype("float64"),
            "coupon_used": raw["coupon_status"] == "Used",
            "category": raw["product_category"],
            "is_purchase": True,
        }
    )


def test_load_customers_real_sales_equal_pandas(real_sales: Path, real_customers: CustomerTable) -> None:
    raw = pd.read_parquet(real_sales)
    assert_features_equal(real_customers.frame, reference_features(prepare_lines(raw), pd.Timestamp(2020, 1, 1)))
    assert real_customers.reconciliation.lines_accepted == 52_924


def test_load_customers_demo_equals_pandas() -> None:
    table = load_customers(SalesSettings())
    raw = table.source.fetch(table.source.table()).to_pandas()  # all lines: what no other code does
    raw = raw[raw["quantity"] != 0]
    assert_features_equal(table.frame, reference_features(prepare_lines(raw), pd.Timestamp(2018, 1, 2)))
    assert np.round(table.frame["monetary"].sum(), 2) == 4_596_027.06
