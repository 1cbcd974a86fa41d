"""Which column of a table is taken for which."""

from __future__ import annotations

import pytest

from segmentation.errors import ColumnError
from segmentation.sales.columns import recognise


@pytest.mark.parametrize(
    "names",
    [
        ["CUSTOMER_ID", "TRANSACTION_DATE", "NET_SALES_AMOUNT"],
        ["CustomerID", "InvoiceDate", "revenue"],
        ["household_id", "transaction_timestamp", "sales_value"],
        ["Customer ID", "Order Date", "Net Sales"],
    ],
)  # fmt: skip
def test_names_and_synonyms_in_any_case(names: list[str]) -> None:
    found = recognise(names)
    assert [found[name] for name in ("customer_id", "transaction_date", "net_sales_amount")] == names


def test_the_name_of_fct_sales_goes_before_a_synonym() -> None:
    found = recognise(["amount", "customer", "customer_id", "date", "transaction_date", "net_sales_amount"])
    assert (found["customer_id"], found["transaction_date"], found["net_sales_amount"]) == (
        "customer_id", "transaction_date", "net_sales_amount",
    )  # fmt: skip


def test_a_chosen_column_goes_before_a_recognised_one_and_is_not_used_twice() -> None:
    found = recognise(["customer_id", "buyer", "date", "amount"], [("customer_id", "BUYER")])
    assert found["customer_id"] == "buyer"
    found = recognise(["customer", "date", "amount"], [("transaction_id", "customer"), ("customer_id", "customer")])
    assert found["customer_id"] == found["transaction_id"] == "customer"  # asked for twice on purpose


@pytest.mark.parametrize(
    ("names", "chosen", "sentence"),
    [
        (["date", "amount"], [], "No column for customer_id"),
        (["customer_id", "amount"], [], "No column for transaction_date"),
        (["customer_id", "date", "unit_price"], [], "No column with an amount of money"),
        (["customer_id", "date", "amount"], [("customer_id", "custmer_id")], "has no column 'custmer_id'"),
        (["customer_id", "date", "amount"], [("shoe_size", "amount")], "no column 'shoe_size' to map to"),
    ],
)
def test_what_is_missing_is_named(names: list[str], chosen: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(ColumnError, match=sentence) as caught:
        recognise(names, chosen)
    assert caught.value.hint


def test_a_misspelt_column_gets_a_proposal() -> None:
    with pytest.raises(ColumnError, match="Did you mean 'household_id'"):
        recognise(["household_id", "date", "amount"], [("customer_id", "houshold_id")])
