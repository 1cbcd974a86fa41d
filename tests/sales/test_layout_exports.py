"""Exports of known layouts give the customers, orders and money that pandas computes from the shop itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.sales.known_layouts import list_layouts
from segmentation.settings import SalesSettings
from tests.sales.invented_shop import make_shop
from tests.sales.marketplace_exports import MARKETPLACE_EXPORTS
from tests.sales.store_exports import STORE_EXPORTS

EXPORTS = STORE_EXPORTS | MARKETPLACE_EXPORTS


@pytest.fixture(scope="module")
def shop() -> tuple[pd.DataFrame, pd.DataFrame]:
    return make_shop()


def test_exports_cover_every_layout() -> None:
    assert EXPORTS.keys() == {layout.id for layout in list_layouts()}


@pytest.mark.parametrize("layout", EXPORTS)
def test_load_customers_reads_known_export(
    layout: str, shop: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    export = EXPORTS[layout](*shop)
    path = tmp_path / f"{layout}.csv"
    export.frame.to_csv(path, index=False)
    table = pipeline.load_customers(SalesSettings(source=str(path)))
    assert table.prepared.layout is not None
    assert table.prepared.layout.id == layout
    read = (table.store.totals.customers, table.store.totals.orders, table.reconciliation.money_accepted)
    assert read == (export.customers, export.orders, export.money)
