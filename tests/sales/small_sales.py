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


# For tests in which the type of a value matters: numbers, dates, empty values, flags, IDs of digits.
both_kinds = pytest.mark.parametrize("load_rows", ["csv", "parquet"], indirect=True)


@pytest.fixture
def load_rows(request: pytest.FixtureRequest, tmp_path: Path) -> Load:
    """Writes rows to a file and loads it with the given settings.

    The file is a CSV file for claims about words and names of columns: these are the same text in any kind of file.
    Where the type of a value matters, `both_kinds` runs the test with a Parquet file as well: its numbers and empty
    values have a type, while those of a CSV file are text that is parsed.
    """
    kind = getattr(request, "param", "csv")

    def load(names: str, rows: list[tuple[Any, ...]], **settings: Any) -> CustomerTable:
        frame = pd.DataFrame(rows, columns=names.split())
        path = tmp_path / f"sales.{kind}"
        if kind == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
        return load_customers(SalesSettings(source=str(path), **settings))

    return load


def get_rejected(table: CustomerTable) -> dict[str, tuple[int, float]]:
    return {row.reason: (row.lines, float(row.money)) for row in table.reconciliation.rejected.itertuples()}


def get_money(table: CustomerTable) -> dict[str, float]:
    return dict(zip(table.frame["customer_id"], table.frame["monetary"].round(6), strict=True))
