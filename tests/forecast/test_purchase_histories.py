"""Purchase histories from lines, worked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import DataError
from segmentation.forecast.purchase_histories import (
    PurchaseDays,
    check_requirements,
    fetch_purchase_days,
    fetch_purchase_histories,
)
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.settings import SalesSettings
from tests.conftest import AS_OF_SIX

DAY = count_epoch_days(AS_OF_SIX)


@pytest.fixture
def table(six_customers: Path) -> CustomerTable:
    return load_customers(SalesSettings(source=str(six_customers)))


def test_fetch_histories(table: CustomerTable) -> None:
    """As of 2024-03-02 and for the last 30 days, from February 1 on.

    Zoë's two orders of January 5, one of them a gift, are one purchase, and the free order of January 25 is another;
    E's return is no purchase but lowers net sales; F has returns only.
    """
    rows = fetch_purchase_histories(table.source, table.lines, DAY, 30).set_index("customer_id")
    assert rows.loc["00123"].tolist() == [2, 30, 60, 62, 0]
    assert rows.loc["9007199254740993"].tolist() == [0, 0, 20, 60, 60]
    assert rows.loc["Zoë"].tolist() == [1, 20, 56, 40, 0]
    assert rows.loc["D"].tolist() == [0, 0, 0, 12.34, 12.34]
    assert rows.loc["E"].tolist() == [1, 19, 29, 9, 9]
    assert list(rows.index) == ["00123", "9007199254740993", "D", "E", "Zoë"]


@pytest.mark.parametrize("days_before", [0, 7, 25])
def test_purchase_days_summarize_like_the_engine(table: CustomerTable, days_before: int) -> None:
    days = fetch_purchase_days(table.source, table.lines, 1.0)
    as_of = DAY - days_before
    in_engine = fetch_purchase_histories(table.source, table.lines.filter(table.lines.day < as_of), as_of, 10)
    in_memory = days.summarize(as_of, 10).astype({"customer_id": "str"}).reset_index(drop=True)
    pd.testing.assert_frame_equal(in_memory, in_engine.astype({"customer_id": "str"}))


def test_purchase_days_find_what_happened_next(table: CustomerTable) -> None:
    days = fetch_purchase_days(table.source, table.lines, 1.0)
    first, end = count_epoch_days(date(2024, 1, 11)), count_epoch_days(date(2024, 2, 25))
    found = dict(zip(days.customer_ids, days.find_next_purchase(first, end), strict=True))
    assert found["00123"] == count_epoch_days(date(2024, 1, 11))
    assert found["E"] == count_epoch_days(date(2024, 2, 1))
    assert found["D"] != found["D"]  # not before the end
    assert found["F"] != found["F"]  # a return is no purchase
    assert dict(zip(days.customer_ids, days.sum_net(first, end), strict=True))["F"] == -20


def test_purchase_days_count_orders_like_the_features(table: CustomerTable) -> None:
    days = fetch_purchase_days(table.source, table.lines, 1.0, has_order_ids=True)
    assert days.orders is not None
    orders = dict(zip(days.customer_ids, days.sum_orders(0, DAY), strict=True))
    expected = table.frame.set_index("customer_id")["frequency"].to_dict()
    assert {name: orders[name] for name in expected} == expected
    assert orders["F"] == 0  # a return is no order


def test_purchase_days_of_no_lines() -> None:
    days = PurchaseDays.from_frame(pd.DataFrame({"customer_id": [], "day": [], "net": [], "is_purchase": []}))
    assert len(days.summarize(DAY, 30)) == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((499, 365, 5.0), "at least 500 customers with a purchase; these sales have 499"),
        ((500, 179, 5.0), "at least 180 days of sales; these cover 179"),
        ((500, 180, 1.0), "a customer who bought on 3 days; these sales have none"),
    ],
)
def test_check_requirements_gives_the_reason(arguments: tuple[int, int, float], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        check_requirements(*arguments)
    check_requirements(500, 180, 2.0)
