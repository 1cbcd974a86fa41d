"""Features over several windows in one query equal those of a load of each window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.errors import DataError
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.features.window_query import Windows, compute_features_by_window
from segmentation.pipeline import load_customers
from segmentation.results import CustomerTable
from segmentation.sales.line_parsing import EPOCH
from segmentation.settings import SalesSettings
from tests.snowflake_client.local import Server

FIRST = date(2024, 1, 1)
LINES = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(["1", "2", "3", None]),
        st.integers(0, 300),
        st.integers(-2_000, 5_000).filter(bool),
        st.integers(0, 500),
        st.sampled_from(["Tea", "Cups", None]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def list_features(table: CustomerTable) -> list[str]:
    return [name for name in table.frame.columns if name != "customer_id"]


def fetch_by_window(table: CustomerTable, as_of: list[date], days: int) -> pd.DataFrame:
    windows = Windows(tuple((day - EPOCH).days for day in as_of), days)
    query = compute_features_by_window(
        table.lines,
        windows,
        list_features(table),
        has_order_ids=table.prepared.has_order_ids,
        has_missing_ids=table.reconciliation.lines_without_transaction > 0,
    )
    return table.source.fetch(query, windows.tables).to_pandas()


def assert_equals_loads(table: CustomerTable, as_of: list[date], days: int) -> None:
    found = fetch_by_window(table, as_of, days)
    columns = ["customer_id", *list_features(table)]
    for number, day in enumerate(as_of):
        window = found[found["window"] == number].sort_values("customer_id", ignore_index=True)[columns]
        try:
            start = day - timedelta(days=days)
            expected = load_customers(replace(table.settings, start=start, as_of=day)).frame[columns]
        except DataError:  # no lines, or returns only
            assert window.empty
            continue
        pd.testing.assert_frame_equal(window, expected, check_dtype=False, rtol=1e-12)


@pytest.mark.parametrize(("days", "months"), [(91, (6, 7, 11, 12)), (330, (12,))])
def test_features_by_window_equal_loads(shop_customers: CustomerTable, days: int, months: tuple[int, ...]) -> None:
    assert_equals_loads(shop_customers, [date(2024, month, 1) for month in months], days)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, days=st.integers(1, 200), has_ids=st.booleans())
def test_features_by_window_of_any_sales_equal_loads(
    tmp_path: Path, lines: list[tuple[str, str | None, int, int, int, str | None, bool]], days: int, has_ids: bool
) -> None:
    frame = pd.DataFrame(
        [
            (
                customer,
                order,
                FIRST + timedelta(days=day),
                net / 100,
                discount / 100,
                category,
                "Used" if coupon else "",
            )
            for customer, order, day, net, discount, category, coupon in [("a", "1", 0, 100, 0, "Tea", False), *lines]
        ],
        columns=[
            "customer_id",
            "transaction_id",
            "transaction_date",
            "net_sales_amount",
            "discount_amount",
            "product_category",
            "coupon_status",
        ],
    )
    path = tmp_path / "sales.parquet"
    frame.drop(columns=[] if has_ids else "transaction_id").to_parquet(path, index=False)
    # Specified, because what is inferred from the lines of one window can differ from that of all.
    semantics = {"orders": "id" if has_ids else "line", "amount_grain": "line", "discount_kind": "amount"}
    table = load_customers(SalesSettings(str(path), **semantics))
    assert_equals_loads(table, [FIRST + timedelta(days=offset) for offset in (61, 150, 301)], days)


def test_features_by_window_on_snowflake_equal_duckdb(on_snowflake: Server, shop: Path, tmp_path: Path) -> None:
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    as_of = [date(2024, 9, 1), date(2024, 10, 1), date(2025, 1, 1)]
    frames = [
        fetch_by_window(load_customers(SalesSettings(source), features=ON_DEMAND_FEATURES), as_of, 181).sort_values(
            ["window", "customer_id"], ignore_index=True
        )
        for source in (str(shop), "snowflake:")
    ]
    pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-9)
