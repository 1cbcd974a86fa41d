"""One contract for every source, and what each says when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation.errors import DataError, SegmentationError, SourceError
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.pipeline import load_customers
from segmentation.sales.open_source import open_source
from segmentation.settings import SalesSettings
from tests.conftest import AS_OF_SIX, SIX_CUSTOMERS
from tests.snowflake_client.local import Server

Maker = Callable[[pd.DataFrame, Path], str]


def as_parquet(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "sales.parquet"
    frame.assign(transaction_date=pd.to_datetime(frame["transaction_date"])).to_parquet(path, index=False)
    return str(path)


def as_csv(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "sales.csv"
    frame.to_csv(path, index=False)
    return str(path)


def as_semicolon_csv(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "sales.csv"
    frame.to_csv(path, index=False, sep=";", encoding="utf-8-sig")
    return str(path)


def as_duckdb(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", frame)
        connection.execute(
            "create table FCT_SALES as select * replace (transaction_date::date as transaction_date) from frame"
        )
    return f"duckdb:///{path}?table=fct_sales"


@pytest.fixture(params=[as_parquet, as_csv, as_semicolon_csv, as_duckdb, "snowflake"])
def make(request: pytest.FixtureRequest) -> Maker:
    if request.param != "snowflake":
        maker: Maker = request.param
        return maker
    server: Server = request.getfixturevalue("on_snowflake")

    def as_snowflake(frame: pd.DataFrame, folder: Path) -> str:
        server.load(frame.assign(transaction_date=pd.to_datetime(frame["transaction_date"])), folder)
        return "snowflake:"

    return as_snowflake


def test_the_same_lines_give_the_same_customers(make: Maker, tmp_path: Path, six_customers: Path) -> None:
    expected = load_customers(SalesSettings(source=str(six_customers)))
    table = load_customers(SalesSettings(source=make(SIX_CUSTOMERS, tmp_path)), features=ON_DEMAND_FEATURES)
    pd.testing.assert_frame_equal(table.frame, expected.frame)
    pd.testing.assert_frame_equal(table.returns_only, expected.returns_only)
    assert table.window == expected.window
    assert table.window.as_of == AS_OF_SIX
    assert table.reconciliation.money_read == expected.reconciliation.money_read


def test_ids_come_out_as_they_went_in_but_for_spaces_and_words_for_empty(make: Maker, tmp_path: Path) -> None:
    ids = ["00123", "9007199254740993", "Zoë", " padded ", "NA", "null", "1e5", 'a;b,c"d', "=1+1", "12000.0", "1.50"]
    frame = pd.concat([SIX_CUSTOMERS.iloc[:1]] * len(ids), ignore_index=True).assign(customer_id=ids)
    table = load_customers(SalesSettings(source=make(frame, tmp_path)))
    clean = ["00123", "9007199254740993", "Zoë", "padded", "1e5", 'a;b,c"d', "=1+1", "12000", "1.50"]
    assert table.frame["customer_id"].tolist() == sorted(clean)
    assert table.reconciliation.rejected[["reason", "lines"]].to_numpy().tolist() == [["no_customer", 2]]


def test_the_version_changes_with_the_data(make: Maker, tmp_path: Path) -> None:
    uri = make(SIX_CUSTOMERS, tmp_path)
    before = open_source(uri).version()
    assert open_source(uri).version() == before
    (tmp_path / "shop.duckdb").unlink(missing_ok=True)
    make(pd.concat([SIX_CUSTOMERS] * 300, ignore_index=True), tmp_path)
    assert open_source(uri).version() != before


def test_an_open_source_sees_new_data(make: Maker, tmp_path: Path) -> None:
    source = open_source(make(SIX_CUSTOMERS, tmp_path))
    assert source.table().count().get_name()
    before = load_customers(SalesSettings(), source=source).reconciliation.lines_read
    (tmp_path / "shop.duckdb").unlink(missing_ok=True)
    make(pd.concat([SIX_CUSTOMERS] * 300, ignore_index=True), tmp_path)
    assert load_customers(SalesSettings(), source=source).reconciliation.lines_read == 300 * before


def test_no_lines(make: Maker, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no lines"):
        load_customers(SalesSettings(source=make(SIX_CUSTOMERS.iloc[:0], tmp_path)))


@pytest.mark.parametrize(
    ("kinds", "used"),
    [
        (
            {
                "customer_id": "customer_id::enum_of_ids",
                "transaction_date": "transaction_date::timestamptz",
                "net_sales_amount": "net_sales_amount::decimal(30, 12)",
                "quantity": "quantity::varchar",
                "coupon_status": "coupon_status = 'Used'",
                "product_category": "42",
            },
            14,
        ),
        (
            {
                "customer_id": "[customer_id]",
                "transaction_date": "transaction_date::timestamp_ns",
                "net_sales_amount": "net_sales_amount::varchar",
                "quantity": "null",
            },
            14,
        ),
        ({"customer_id": "uuid()", "transaction_date": "strftime(transaction_date::date, '%Y%m%d')::double"}, 14),
        ({"customer_id": "case when customer_id = 'E' then 'nan'::double else 1.5 end"}, 11),
        ({"transaction_date": "true"}, 0),
        ({"transaction_date": "45292.5::double"}, 0),
        ({"transaction_date": "time '10:00'"}, 0),
        ({"net_sales_amount": "case when customer_id = 'D' then 'inf'::double else net_sales_amount end"}, 13),
        ({"net_sales_amount": "case when customer_id = 'D' then 1e300 else net_sales_amount end"}, 13),
        ({"net_sales_amount": "current_date"}, 0),
        ({"net_sales_amount": "true"}, 0),
    ],
)
def test_columns_of_any_type_work_or_give_a_sentence(kinds: dict[str, str], used: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.duckdb"
    columns = ", ".join(f"{kind} as {column}" for column, kind in kinds.items())
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", SIX_CUSTOMERS)
        connection.execute("create type enum_of_ids as enum (select distinct customer_id from frame)")
        connection.execute(f"create table fct_sales as select * replace ({columns}) from frame")
    settings = SalesSettings(f"duckdb:///{path}?table=fct_sales")
    if used:
        assert load_customers(settings).reconciliation.lines_accepted == used
    else:
        with pytest.raises(DataError, match=r"None of the 14 lines|are numbers, such as '45292.5'"):
            load_customers(settings)


def test_integer_ids_and_floats_with_gaps_are_the_same_text(tmp_path: Path) -> None:
    frame = SIX_CUSTOMERS.iloc[:3].assign(transaction_date=pd.to_datetime(SIX_CUSTOMERS["transaction_date"].iloc[:3]))
    for name, ids in {"whole": [17850, 2, 3], "gaps": [17850.0, None, 3.0]}.items():
        frame.assign(customer_id=ids).to_parquet(tmp_path / f"{name}.parquet", index=False)
    whole = load_customers(SalesSettings(source=str(tmp_path / "whole.parquet")))
    gaps = load_customers(SalesSettings(source=str(tmp_path / "gaps.parquet")))
    assert whole.frame["customer_id"].tolist() == ["17850", "2", "3"]
    assert gaps.frame["customer_id"].tolist() == ["17850", "3"]
    assert gaps.reconciliation.rejected["reason"].tolist() == ["no_customer"]


def test_others_may_write_while_a_database_is_open_here(tmp_path: Path) -> None:
    source = open_source(as_duckdb(SIX_CUSTOMERS, tmp_path))
    load_customers(SalesSettings(), source=source)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("delete from fct_sales where customer_id = 'D'")
    assert "D" not in load_customers(SalesSettings(), source=source).frame["customer_id"].tolist()


def test_compact_dates_and_dates_with_times(tmp_path: Path) -> None:
    days = ["20240101", "2024-01-02 23:59:59", "2024-01-03T00:00:00Z", "2024-02-30", "", "1970-01-01"]
    frame = pd.concat([SIX_CUSTOMERS.iloc[:1]] * len(days), ignore_index=True).assign(transaction_date=days)
    table = load_customers(SalesSettings(source=as_csv(frame, tmp_path)))
    assert table.window.last_sale == date(2024, 1, 3)
    assert table.reconciliation.lines_accepted == 3
    assert table.reconciliation.rejected[["reason", "lines"]].to_numpy().tolist() == [["no_date", 3]]
    frame.iloc[:2].assign(transaction_date=[20240101, 20240105]).to_parquet(tmp_path / "whole.parquet", index=False)
    table = load_customers(SalesSettings(source=str(tmp_path / "whole.parquet")))
    assert (table.window.first_sale, table.window.last_sale) == (date(2024, 1, 1), date(2024, 1, 5))


@pytest.mark.parametrize(
    ("uri", "content", "sentence"),
    [
        ("missing.csv", None, "File 'missing.csv' not found"),
        ("empty.csv", b"", "'empty.csv' is empty"),
        ("rubbish.parquet", b"PAR1 not really", "not a readable Parquet file"),
        ("rubbish.csv", bytes(range(128, 256)) * 40, "rubbish.csv|No column"),
        ("book.xlsx", b"PK\x03\x04", "an Excel workbook or another zip, but it is damaged"),
        ("duckdb:///rubbish.duckdb", b"not a database at all" * 500, "could not be read"),
        ("gopher:sales", None, "Unknown source type 'gopher'"),
        ("demo:moon-shop", None, "Unknown demo 'moon-shop'"),
        ("   ", None, "No source is specified"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    uri: str, content: bytes | None, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / uri.removeprefix("duckdb:///")).write_bytes(content)
        uri = uri.replace("duckdb:///", f"duckdb:///{tmp_path}/")
    with pytest.raises(SegmentationError, match=sentence) as caught:
        load_customers(SalesSettings(source=uri))
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_is_told_what_is(tmp_path: Path) -> None:
    uri = as_duckdb(SIX_CUSTOMERS, tmp_path).replace("fct_sales", "sales' or 1=1 --")
    with pytest.raises(SourceError, match="Available: FCT_SALES"):
        open_source(uri)


def test_a_table_may_stand_in_any_schema(tmp_path: Path) -> None:
    """Alone it is found by its name; among several of one name it is asked which, and main comes first."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", SIX_CUSTOMERS)
        connection.execute('create schema mart; create table mart."Fct Sales" as from frame')
    for name in ("mart.Fct Sales", '"mart"."fct sales"', "FCT SALES"):
        source = open_source(f"duckdb://{path}?table={name}")
        assert load_customers(SalesSettings("-"), source=source).store.totals.customers == 5
        assert source.name == "shop.duckdb mart.Fct Sales"
    with duckdb.connect(str(path)) as connection:
        connection.execute('create schema old; create view old."fct sales" as from mart."Fct Sales" limit 3')
    with pytest.raises(SourceError, match=r"several tables.*Specify one of: mart.Fct Sales, old.fct sales"):
        open_source(f"duckdb://{path}?table=fct sales")
    assert open_source(f"duckdb://{path}?table=old.fct sales").version().startswith("3-")
    with duckdb.connect(str(path)) as connection:
        connection.execute('create table "fct sales" as from mart."Fct Sales" limit 2')
    assert open_source(f"duckdb://{path}?table=fct sales").version().startswith("2-")


def test_the_demo_is_whole() -> None:
    table = load_customers(SalesSettings())
    assert (table.reconciliation.lines_read, len(table.frame)) == (1_469_307, 2_469)
    assert round(table.reconciliation.money_accepted, 2) == table.reconciliation.money_accepted
    assert str(table.reconciliation.money_accepted.normalize()) == "4596027.06"
    assert "simulated" in table.source.note
