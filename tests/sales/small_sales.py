"""Small sales written to a file and loaded, and what tests read of the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation.pipeline import CustomerTable, load_customers
from segmentation.settings import SalesSettings

Load = Callable[..., CustomerTable]


@pytest.fixture(params=["csv", "parquet"])
def load_rows(request: pytest.FixtureRequest, tmp_path: Path) -> Load:
    """Writes rows to a text file and to a typed one, and loads each with the given settings."""
    return make_loader(tmp_path / f"sales.{request.param}")


@pytest.fixture
def load_csv_rows(tmp_path: Path) -> Load:
    """Writes rows to a CSV file and loads it: for words, which are text in every kind of file."""
    return make_loader(tmp_path / "sales.csv")


def make_loader(path: Path) -> Load:
    def load(names: str, rows: list[tuple[Any, ...]], **settings: Any) -> CustomerTable:
        frame = pd.DataFrame(rows, columns=names.split())
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
        return load_customers(SalesSettings(source=str(path), **settings))

    return load


def get_rejected(table: CustomerTable) -> dict[str, tuple[int, float]]:
    return {row.reason: (row.lines, float(row.money)) for row in table.reconciliation.rejected.itertuples()}


def get_money(table: CustomerTable) -> dict[str, float]:
    return dict(zip(table.frame["customer_id"], table.frame["monetary"].round(6), strict=True))
