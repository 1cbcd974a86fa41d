"""Sales of the customers of a campaign: worked by hand, and the same on Snowflake."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from segmentation.campaigns.outcomes import fetch_coverage, fetch_outcomes, join_outcomes
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.settings import SalesSettings
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.local import Server

LAUNCH, DAYS = date(2024, 1, 31), 30
# From 2024-01-31 to 2024-02-29, and net sales of the 30 days before (2024-01-01 to 2024-01-30).
EXPECTED = pd.DataFrame(
    [
        # customer, orders, gross, discount, net, net_before
        ("00123", 1, 30, 3, 27, 35),
        ("9007199254740993", 1, 60, 0, 60, 0),  # half of it returned
        ("E", 2, 10, 1, 9, 0),  # the return of 2024-02-25 is no order
        ("F", 0, -20, 0, -20, 0),  # returns only
        ("Zoë", 0, 0, 0, 0, 40),
    ],
    columns=["customer_id", "orders", "gross", "discount", "net", "net_before"],
)


def fetch(uri: str, customer_ids: pd.Series | None = None) -> pd.DataFrame:
    settings = SalesSettings(source=uri)
    source = open_source(uri)
    return fetch_outcomes(source, prepare_lines(source, settings), LAUNCH, DAYS, members=customer_ids)


def test_fetch_outcomes_by_hand(six_customers: Path) -> None:
    pd.testing.assert_frame_equal(fetch(str(six_customers)), EXPECTED, check_dtype=False)


def test_fetch_outcomes_on_snowflake(on_snowflake: Server, tmp_path: Path) -> None:
    on_snowflake.load(
        SIX_CUSTOMERS.assign(transaction_date=pd.to_datetime(SIX_CUSTOMERS["transaction_date"])), tmp_path
    )
    pd.testing.assert_frame_equal(fetch("snowflake:"), EXPECTED, check_dtype=False)
    many = pd.Series(["E", "Zoë", *(f"'{number}\\" for number in range(2000))])  # too many for a VALUES clause
    for customer_ids in (many, many.head(9)):
        on_snowflake.statements()
        answer = fetch("snowflake:", customer_ids)
        summed = [one["text"] for one in on_snowflake.statements() if '"buyer"' in one["text"]]
        assert [text.count('FROM "members"') for text in summed] == [1]  # by one statement that returns nobody else
        assert answer["customer_id"].tolist() == ["E", "Zoë"]
        assert answer["net"].tolist() == [9, 0]


def test_fetch_outcomes_of_some_customers(six_customers: Path) -> None:
    for customer_ids in (["Zoë", "00123", "nobody"], ["123"], []):
        answer = fetch(str(six_customers), pd.Series(customer_ids, dtype="str"))
        expected = EXPECTED[EXPECTED["customer_id"].isin(customer_ids)].reset_index(drop=True)
        pd.testing.assert_frame_equal(answer, expected, check_dtype=False)


def test_fetch_outcomes_without_discounts_and_order_ids(tmp_path: Path) -> None:
    columns = ["customer_id", "transaction_date", "net_sales_amount"]
    SIX_CUSTOMERS[columns].to_csv(tmp_path / "net.csv", index=False)
    answer = fetch(str(tmp_path / "net.csv")).set_index("customer_id")
    assert answer["net"].to_dict() == EXPECTED.set_index("customer_id")["net"].to_dict()
    assert (answer["discount"] == 0).all()
    assert answer.loc["E", "orders"] == 2


def test_fetch_outcomes_equals_pandas_on_real_sales(golden_outcomes: pd.DataFrame, real_sales: Path) -> None:
    sales = pd.read_parquet(real_sales)
    sales["customer_id"] = sales["customer_id"].astype("str")
    period = sales[sales["transaction_date"].between("2019-10-01", "2019-11-30 23:59:59")]
    sums = period.groupby("customer_id")[["gross_sales_amount", "net_sales_amount"]].sum()
    orders = period.groupby("customer_id")["transaction_id"].nunique()
    expected = sums.assign(orders=orders).reindex(golden_outcomes["customer_id"]).fillna(0)
    for name, column in (("gross", "gross_sales_amount"), ("net", "net_sales_amount"), ("orders", "orders")):
        assert golden_outcomes[name].tolist() == pytest.approx(expected[column].tolist(), abs=1e-6)


def test_fetch_coverage_counts_accepted_lines_only(six_customers: Path) -> None:
    source = open_source(str(six_customers))
    for as_of, last in ((None, date(2024, 3, 1)), (date(2024, 2, 21), date(2024, 2, 20))):
        coverage = fetch_coverage(source, prepare_lines(source, SalesSettings(str(six_customers), as_of=as_of)))
        assert (coverage.first_sale, coverage.last_sale, coverage.has_discounts) == (date(2024, 1, 1), last, True)
        assert not coverage.has_missing_ids


def test_join_outcomes_keeps_saved_history_where_the_sales_have_none() -> None:
    assignments = pd.DataFrame({"customer_id": ["E", "nobody"], "net_before": [5.0, float("nan")]})
    joined = join_outcomes(assignments, EXPECTED.astype({"net_before": float}), has_history=False)
    assert joined[["orders", "net", "net_before"]].to_numpy().tolist() == [[2, 9, 5], [0, 0, 0]]
    joined = join_outcomes(assignments, EXPECTED, has_history=True)
    assert joined["net_before"].tolist() == [0, 0]
