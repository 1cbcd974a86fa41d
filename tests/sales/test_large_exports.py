"""Exports of 20,000 lines with every kind of order, in two currencies, against figures that pandas computes.

The expected figures come from the invented shop itself, not from the export.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import DataQuestionError
from segmentation.pipeline import load_customers
from segmentation.settings import SalesSettings
from tests.sales.invented_shop import Export, keep_sold, make_shop
from tests.sales.store_exports import export_shopify, export_woocommerce

LINES, CUSTOMERS = 20_000, 3_000
Shop = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Orders in two currencies, a twentieth of which failed; customers order several times."""
    orders, items = make_shop(seed=11, count=LINES)
    items = items[items["order"] <= items["order"].iloc[LINES - 1]]
    orders = orders[orders["order"] <= items["order"].iloc[-1]]
    rng = np.random.default_rng(12)
    failed = rng.random(len(orders)) < 0.05
    orders = orders.assign(
        customer=[f"Buyer{n}@Example.org" for n in rng.integers(0, CUSTOMERS, len(orders))],
        currency=rng.choice(["EUR", "GBP"], len(orders), p=[0.8, 0.2]),
        status=orders["status"].mask(failed, "failed"),
        refund=orders["refund"].mask(failed, 0.0),
    )
    return orders, items


@pytest.mark.parametrize("write", [export_shopify, export_woocommerce])
def test_load_customers_reads_large_export(
    write: Callable[[pd.DataFrame, pd.DataFrame], Export], shop: Shop, tmp_path: Path
) -> None:
    orders, items = shop
    path = tmp_path / "orders.csv"
    write(orders, items).frame.to_csv(path, index=False)
    with pytest.raises(DataQuestionError, match="2 currencies") as asked:
        load_customers(SalesSettings(source=str(path)))
    assert {one.value for one in asked.value.values} == {"EUR", "GBP"}

    table = load_customers(SalesSettings(source=str(path), currency="EUR"))
    sold = keep_sold(orders[orders["currency"] == "EUR"])
    money = ((sold["total"] - sold["refund"]) * 100).round().astype("int64")
    expected = money.groupby(sold["customer"].str.lower()).agg(["size", "sum"])
    assert table.reconciliation.lines_read == len(items) >= LINES
    assert (table.store.totals.customers, table.store.totals.orders) == (len(expected), len(sold))
    assert table.reconciliation.money_accepted == Decimal(int(money.sum())) / 100
    frame = table.frame.assign(customer_id=table.frame["customer_id"].str.lower()).set_index("customer_id")
    found = pd.DataFrame({"size": frame["frequency"], "sum": (frame["monetary"] * 100).round()}).astype("int64")
    pd.testing.assert_frame_equal(found.sort_index(), expected, check_names=False)
