"""Snowflake through the real connector: figures equal to those of files, names, mappings, and what an address says."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segmentation.errors import SegmentationError
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.sales.open_source import open_source
from segmentation.sales.snowflake import infer_column_type, open_snowflake
from segmentation.settings import SalesSettings
from segmentation.snowflake_client.session import Column
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.local import DATABASE, SCHEMA, Server


def test_the_real_sales_to_the_cent(
    on_snowflake: Server, real_sales: Path, real_customers: CustomerTable, tmp_path: Path
) -> None:
    assert on_snowflake.load(pd.read_parquet(real_sales), tmp_path) == 52_924
    on_snowflake.statements()
    table = load_customers(SalesSettings("snowflake:"), features=ON_DEMAND_FEATURES)
    pd.testing.assert_frame_equal(table.frame, real_customers.frame, rtol=1e-12)
    assert table.reconciliation.money_read == real_customers.reconciliation.money_read
    assert table.window == real_customers.window
    asked = on_snowflake.statements()
    assert {json.loads(statement["tag"])["app"] for statement in asked} == {"segments"}
    assert len(asked) <= 10, "version, columns, what lines and ids mean, balance, features, data checks"


def dirty_lines(count: int) -> pd.DataFrame:
    """Lines with everything that was seen to be wrong in sales tables, the same every time."""
    rng = np.random.default_rng(11)

    def cents(missing: float) -> np.ndarray:
        amounts = rng.integers(-5_000, 500_000, count) / 100
        return np.where(rng.random(count) < missing, np.nan, amounts)

    def texts(choice: list[str | None]) -> pd.api.extensions.ExtensionArray:
        return pd.array(rng.choice(np.array(choice, object), count), dtype="str")

    no_dates = [
        "2024-02-30",
        "1969-12-31",
        "1970-01-01",
        "2999-01-01",
        "",
        "soon",
        "1704067200",
        "12/31/2023",
        "1-MAY-2023",
    ]
    dates = [*pd.date_range("2023-01-01", "2024-12-31").strftime("%Y-%m-%d"), *[*no_dates, None] * 10]
    ids = ["a", "A", "00123", "123", "0", "x", "b0", "Zoë", " x", "=1+1", "9007199254740993", "", "  ", "\t\v", None]
    return pd.DataFrame(
        {
            "customer_id": texts(ids),
            "transaction_id": texts(["t1", "t2", "t3", "", None]),
            "transaction_date": texts(dates),
            "product_category": texts(["Tea", "Cups", "", None]),
            "quantity": rng.choice([1.0, 2.0, 0.0, -1.0, np.nan], count),
            "gross_sales_amount": cents(0.1),
            "discount_amount": cents(0.1),
            "net_sales_amount": cents(0.1),
            "coupon_status": texts(["Used", "Not Used", "Clicked", None]),
        }
    )


@pytest.mark.parametrize("drop_duplicates", [False, True])
def test_dirty_lines_as_from_a_file(on_snowflake: Server, tmp_path: Path, drop_duplicates: bool) -> None:
    raw = dirty_lines(3_000)
    raw = pd.concat([raw, raw.iloc[:50]], ignore_index=True)
    # text in a file is read in more ways than text in a warehouse: those are no dates here
    raw.loc[raw["transaction_date"].isin(["12/31/2023", "1-MAY-2023"]), "transaction_date"] = "x"
    raw.to_parquet(tmp_path / "dirty.parquet", index=False)
    from_file = load_customers(SalesSettings(str(tmp_path / "dirty.parquet"), drop_duplicates=drop_duplicates))
    on_snowflake.load(raw, tmp_path)
    table = load_customers(SalesSettings("snowflake:", drop_duplicates=drop_duplicates), features=ON_DEMAND_FEATURES)
    pd.testing.assert_frame_equal(table.reconciliation.rejected, from_file.reconciliation.rejected)
    pd.testing.assert_frame_equal(table.frame, from_file.frame, rtol=1e-12)
    assert {"0", "x", "b0"} <= set(table.frame["customer_id"])
    assert " x" not in set(table.frame["customer_id"]), "ids are trimmed"
    assert from_file.reconciliation.money_read == table.reconciliation.money_read


@pytest.mark.parametrize(
    ("columns", "used"),
    [
        ({"customer_id": [17850.0, None, 3.0, 123456789.0, 2.5], "quantity": ["1", "-1", "", None, "x"]}, 4),
        (
            {
                "customer_id": [17850, 2, 9007199254740993, 4, 5],
                "transaction_date": [pd.Timestamp("2024-01-01", tz="UTC")] * 5,
                "coupon_status": [True, False, None, True, True],
            },
            5,
        ),
        ({"transaction_date": [20240101, 20240102, 20240230, 20240103, -1], "coupon_status": [1, 0, 0, 1, 1]}, 3),
        ({"transaction_date": [20240101.0, 20240102.0, float("inf"), None, 45292.5]}, 2),
        ({"transaction_date": pd.to_datetime(["2024-01-01", None, "1970-01-01", "2024-01-03", None]).tolist()}, 2),
        ({"net_sales_amount": ["12.50", "x", "", None, " 7 "]}, 2),
        ({"net_sales_amount": [1e300, float("inf"), 5.0, None, 7.25]}, 2),
        ({"net_sales_amount": [True] * 5}, 0),
    ],
)
def test_columns_of_any_type(on_snowflake: Server, tmp_path: Path, columns: dict[str, list[object]], used: int) -> None:
    frame = SIX_CUSTOMERS.iloc[:5].assign(**columns)
    frame.to_parquet(tmp_path / "typed.parquet", index=False)
    on_snowflake.load(frame, tmp_path)
    if not used:
        with pytest.raises(SegmentationError, match="None of the 5 lines"):
            load_customers(SalesSettings("snowflake:"))
        return
    from_file = load_customers(SalesSettings(str(tmp_path / "typed.parquet")))
    table = load_customers(SalesSettings("snowflake:"), features=ON_DEMAND_FEATURES)
    assert table.reconciliation.lines_accepted == used
    pd.testing.assert_frame_equal(table.frame, from_file.frame, rtol=1e-12)


def test_three_part_and_quoted_lower_case_names(on_snowflake: Server, tmp_path: Path) -> None:
    frame = SIX_CUSTOMERS.rename(columns={"customer_id": "Buyer No"})
    on_snowflake.load(frame, tmp_path, "Other_Db.mart.my sales", upper=False)
    settings = SalesSettings('snowflake:"Other_Db"."mart"."my sales"', columns=(("customer_id", "Buyer No"),))
    table = load_customers(settings)
    assert table.source.name == "Snowflake my sales"
    assert table.frame["monetary"].tolist() == [62.0, 60.0, 12.34, 9.0, 40.0]
    assert '"Other_Db"."mart"."my sales"' in on_snowflake.statements()[-1]["text"].replace("\n", "")


def test_other_dates_reuse_the_compiled_sql(
    on_snowflake: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.parquet"
    SIX_CUSTOMERS.to_parquet(path)
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    last = load_customers(SalesSettings(str(path))).window.last_sale
    as_of = [last + timedelta(days) for days in (1, 2, 30)]
    from_file = [load_customers(SalesSettings(str(path), as_of=day)).frame for day in as_of]
    load_customers(SalesSettings("snowflake:", as_of=last - timedelta(days=1)), features=ON_DEMAND_FEATURES)

    def fail(*args: object, **kwargs: object) -> str:
        raise AssertionError("compiled again")

    monkeypatch.setattr(ibis, "to_sql", fail)
    for day, expected in zip(as_of, from_file, strict=True):
        frame = load_customers(SalesSettings("snowflake:", as_of=day), features=ON_DEMAND_FEATURES).frame
        pd.testing.assert_frame_equal(frame, expected, rtol=1e-12)


def test_the_version_is_asked_once_a_minute(
    on_snowflake: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segmentation.sales.snowflake.VERSION_SECONDS", 60)
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    on_snowflake.statements()
    versions = {open_source("snowflake:").version() for _ in range(5)}
    asked = on_snowflake.statements()
    assert len(versions) == 1
    assert [statement["text"] for statement in asked] == [
        f"""SELECT SYSTEM$LAST_CHANGE_COMMIT_TIME('"{DATABASE}"."{SCHEMA}"."FCT_SALES"')"""
    ]


def test_small_tables_are_joined_there(on_snowflake: Server, tmp_path: Path) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    source = open_source("snowflake:")
    cells = ibis.table({"customer_id": "string", "cell": "int64"}, name="cells")
    lines = source.table()
    joined = lines.inner_join(cells, cells.customer_id == lines.CUSTOMER_ID)
    sums = joined.group_by("cell").aggregate(net=joined.NET_SALES_AMOUNT.sum()).order_by("cell")
    result = source.fetch(sums, {"cells": pa.table({"customer_id": ["00123", "Zoë", "D"], "cell": [1, 2, 2]})})
    assert result.to_pylist() == [{"cell": 1, "net": 62.0}, {"cell": 2, "net": 52.34}]


@pytest.mark.parametrize(
    ("kind", "precision", "scale", "expected"),
    [
        (0, 38, 0, "int64"),
        (0, 18, 2, "decimal(18, 2)"),
        (1, None, None, "float64"),
        (2, None, None, "string"),
        (5, None, None, "string"),
        (3, None, None, "date"),
        (6, 0, 9, "timestamp('UTC')"),
        (8, 0, 9, "timestamp"),
        (13, None, None, "boolean"),
    ],
)
def test_types(kind: int, precision: int | None, scale: int | None, expected: str) -> None:
    assert str(infer_column_type(Column("X", kind, precision, scale))) == expected


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("snowflake:a.b.c.d", "is not a valid name"),
        ("snowflake:a..c", "is not a valid name"),
        ("snowflake:sales; drop table x", "is not a valid name"),
        ("snowflake:my-table", "is not a valid name"),
        ("snowflake:fct_sales?role=admin", "Invalid address of a Snowflake table"),
        ("snowflake:?connection=", "Invalid address of a Snowflake table"),
        ("snowflake:?connection=nobody", "no connection 'nobody'"),
    ],
)
def test_addresses_that_say_nothing(
    uri: str, sentence: str, no_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "a")
    monkeypatch.setenv("SNOWFLAKE_USER", "u")
    monkeypatch.setenv("SNOWFLAKE_TOKEN", "t")
    with pytest.raises(SegmentationError, match=sentence) as caught:
        open_snowflake(uri)
    assert caught.value.hint


def test_a_table_without_its_schema_says_what_to_set(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCOUNT": "a", "USER": "u", "TOKEN": "t", "DATABASE": "d"}.items():
        monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
    with pytest.raises(SegmentationError, match=r"The schema of 'fct_sales' is not known. Set SNOWFLAKE_SCHEMA"):
        open_snowflake("snowflake:")
