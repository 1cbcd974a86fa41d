"""dbt builds on published tables and equals the saved run; the example's sums are computed by hand."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.publishing.publish import publish_run
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client.session import get_session
from tests.sales.invented_shop import Export, make_shop
from tests.sales.store_exports import STORE_EXPORTS
from tests.snowflake_client.dbt import PROJECT, on_duckdb
from tests.snowflake_client.dbt import on_snowflake as dbt_on_snowflake
from tests.snowflake_client.local import DATABASE, SCHEMA, Server

pytestmark = pytest.mark.slow


def publish_from(uri: str, to: str, models: Path, **settings: Any) -> SavedRun:
    """Train on a source, save and publish."""
    table = pipeline.load_customers(SalesSettings(uri, **settings))
    run = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    saved = open_run(save_run(run.to_run_record(), models))
    publish_run(saved, to)
    return saved


def assert_marts_equal_run(rows: list[tuple[Any, ...]], run: SavedRun) -> None:
    """Customer, segment, orders, revenue, last purchase and activity of the mart are those of the saved run."""
    customers = run.read_customers()
    as_of = pd.Timestamp(run.window["as_of"])
    recency = customers["rfm_recency"]
    expected = pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "segment_name": customers["segment_name"],
            "orders": customers["rfm_frequency"],
            "revenue": customers["rfm_monetary"],
            "last_purchase_on": [(as_of - pd.Timedelta(days=days)).date() for days in recency],
            "activity_status": np.select([recency <= 90, recency <= 180], ["active", "slowing down"], "inactive"),
        }
    )
    actual = pd.DataFrame(rows, columns=expected.columns).sort_values("customer_id", ignore_index=True)
    expected = expected.sort_values("customer_id", ignore_index=True)
    # The warehouse sums again: the last bit depends on the order in which it adds.
    pd.testing.assert_frame_equal(actual, expected, check_dtype=False, rtol=1e-12)


MART = "select customer_id, segment_name, orders, revenue, last_purchase_on, activity_status from {}"


@pytest.fixture(scope="module")
def published(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sales in a database, a run of them, and what was published of it into the same database."""
    folder = tmp_path_factory.mktemp("published")
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
    publish_from(f"duckdb://{path}", f"duckdb://{path}", folder / "models")
    return folder


@pytest.fixture
def database(published: Path, tmp_path: Path) -> Path:
    """A database with sales and a published run of them, which a test may change; the run is in `models` beside it."""
    shutil.copytree(published, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "shop.duckdb"


def find_undocumented_columns(database: Path) -> list[str]:
    """Columns of models and snapshots in the database that have no description."""
    on_duckdb(database, "docs", "generate")
    target = database.parent / "target"
    catalog, manifest = (json.loads((target / f"{name}.json").read_text()) for name in ("catalog", "manifest"))
    assert len(catalog["nodes"]) >= 11
    return [
        f"{name}.{column}"
        for name, node in catalog["nodes"].items()
        for column in node["columns"]
        if not manifest["nodes"][name]["columns"].get(column, {}).get("description")
    ]


def test_dbt_builds_on_published_run(database: Path, tmp_path: Path) -> None:
    text = on_duckdb(database, "build")
    assert "ERROR=0" in text
    assert "WARN=0" in text
    assert "PASS" in on_duckdb(database, "source", "freshness")
    assert find_undocumented_columns(database) == []
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql(MART.format("analytics.fct_customer_segments")).fetchall()
        kinds = dict(
            connection.sql(
                "select table_name, table_type from information_schema.tables where table_schema = 'analytics'"
            ).fetchall()
        )
        sizes = connection.sql("select segment_name, customers from analytics.dim_segments").fetchall()
        counted = connection.sql("select segment_name, count(*) from analytics.customer_segments group by 1").fetchall()
    assert_marts_equal_run(rows, open_run(tmp_path / "models"))
    assert (kinds["customer_segments"], kinds["fct_customer_segments"]) == ("VIEW", "BASE TABLE")
    assert sorted(sizes) == sorted(counted)


def test_dbt_agrees_on_sales_with_odd_lines(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line in the future, missing and negative quantities, negative amounts and an excluded period."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "insert into fct_sales select * replace ('2040-01-01' as transaction_date) from fct_sales limit 1"
        )
        connection.execute("update fct_sales set quantity = null where hash(transaction_id) % 3 = 0")
        connection.execute("update fct_sales set quantity = -quantity where hash(transaction_id) % 11 = 1")
        connection.execute("""
            update fct_sales set net_sales_amount = -net_sales_amount, gross_sales_amount = -gross_sales_amount,
                discount_amount = -discount_amount
            where hash(transaction_id) % 11 = 2
        """)
        returns = connection.sql("select count(*) from fct_sales where quantity < 0 and net_sales_amount > 0")
        assert returns.fetchall()[0][0] > 10
    uri = f"duckdb://{database}"
    settings: dict[str, Any] = {
        "as_of": date(2024, 12, 1),
        "excluded_periods": ((date(2024, 7, 1), date(2024, 7, 31)),),
    }
    run = publish_from(uri, uri, tmp_path / "later", **settings)
    text = on_duckdb(database, "build")
    assert "ERROR=0" in text
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql(MART.format("analytics.fct_customer_segments")).fetchall()
        histories = connection.sql("select count(*), count(dbt_valid_to) from analytics.customer_segments_snapshot")
        assert histories.fetchall()[0][0] == len(rows)
    assert_marts_equal_run(rows, run)
    assert {row[5] for row in rows} > {"active"}
    assert_live_model_equals_published(database, tmp_path / "later", tmp_path, capsys)


@pytest.fixture(scope="module")
def store_export() -> Export:
    return STORE_EXPORTS["shopify_orders"](*make_shop(count=400))


def test_dbt_agrees_on_store_export(store_export: Export, tmp_path: Path) -> None:
    """Statuses, refunds, amounts of whole orders and other column names: the mart has the totals of the store."""
    path = tmp_path / "store.duckdb"
    frame = store_export.frame
    with duckdb.connect(str(path)) as connection:
        connection.register("export", frame)
        connection.execute("create table orders as from export")
    run = publish_from(f"duckdb://{path}?table=orders", f"duckdb://{path}", tmp_path / "models")
    names = """{sales_table: orders, sales_customer_id: '"Email"', sales_date: '"Created at"'}"""
    text = on_duckdb(path, "build", "--vars", names)
    assert ("ERROR=0" in text, "WARN=0" in text) == (True, True), text
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.sql(MART.format("analytics.fct_customer_segments")).fetchall()
    assert_marts_equal_run(rows, run)
    assert (len(rows), sum(row[2] for row in rows)) == (store_export.customers, store_export.orders)
    assert sum(row[3] for row in rows) == pytest.approx(float(store_export.money))


def assert_live_model_equals_published(
    database: Path, models: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model that `sql --dbt` generates, built by dbt on its source of sales, gives the published segments."""
    capsys.readouterr()
    assert main(["sql", "--run", str(models), "--dialect", "duckdb", "--dbt"]) == 0
    text = capsys.readouterr().out
    assert "{{ source('sales', 'fct_sales') }}" in text
    project = folder / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (project / "models/marts/customer_segments_live.sql").write_text(text)
    on_duckdb(database, "run", "--select", "customer_segments_live", project=project)
    columns = "customer_id, segment_id, segment_name, rfm_recency, rfm_frequency, round(rfm_monetary, 6)"
    with duckdb.connect(str(database), read_only=True) as connection:
        live, published = (
            sorted(connection.sql(f"select {columns} from {name}").fetchall())
            for name in ("analytics.customer_segments_live", "ml_results.customer_segments")
        )
    assert live == published


def test_sql_dbt_model_equals_published_customers(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_live_model_equals_published(database, tmp_path / "models", tmp_path, capsys)


def test_dbt_builds_on_snowflake(on_snowflake: Server, shop: Path, tmp_path: Path) -> None:
    """Contracts, unit tests, snapshots and tests, with dbt-snowflake, in a schema of its own."""
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    run = publish_from("snowflake:", f"snowflake:{DATABASE}.ML_RESULTS", tmp_path / "models")
    text = dbt_on_snowflake(on_snowflake.port, tmp_path, "build", "--vars", f"{{sales_schema: {SCHEMA}}}")
    assert ("ERROR=0" in text, "WARN=0" in text) == (True, True), text
    rows = get_session().fetch_rows(MART.format(f"{DATABASE}.SEGMENTS_ANALYTICS.FCT_CUSTOMER_SEGMENTS"))
    assert_marts_equal_run(rows, run)


def test_dbt_example_builds_on_generated_tables(tmp_path: Path) -> None:
    """Its sums, recomputed with pandas; and the application accepts its result."""
    path = tmp_path / "shop.duckdb"
    assert main(["generate", "--customers", "200", "--raw-tables", "--out", str(path), "--quiet"]) == 0
    assert main(["generate", "--customers", "300", "--raw-tables", "--out", str(path), "--quiet"]) == 0
    on_duckdb(path, "build", "--select", "example", "--vars", "{build_example: true}")
    with duckdb.connect(str(path), read_only=True) as connection:
        lines, coupons, taxes, built = (
            connection.sql(f"select * from {name}").df()
            for name in ("raw.online_sales", "raw.discount_coupon", "raw.tax_amount", "analytics_example.fct_sales")
        )
    assert 0 <= 300 * 52_924 // 1_468 - len(lines) < 60, "lines without an amount are left out"
    assert len(built) == len(lines)
    assert len(coupons) == 12 * len(taxes)
    assert set(coupons["discount_pct"]) == {10, 20, 30}
    gross = lines["quantity"] * lines["avg_price"].astype(float)
    mean = lines["product_category"].map(coupons.groupby("product_category")["discount_pct"].mean() / 100)
    net = gross * (1 - mean.fillna(0).where(lines["coupon_status"] == "Used", 0))
    gst = net * lines["product_category"].map(taxes.set_index("product_category")["gst"]).fillna(0)
    total = net + gst + lines["delivery_charges"].astype(float)
    assert built["net_sales_amount"].astype(float).sum() == pytest.approx(net.sum(), rel=1e-9)
    assert built["total_amount"].astype(float).sum() == pytest.approx(total.sum(), rel=1e-9)
    loaded = pipeline.load_customers(SalesSettings(f"duckdb://{path}?table=fct_sales"))
    assert loaded.source.name == "shop.duckdb analytics_example.fct_sales"
    assert loaded.reconciliation.lines_read == len(lines)
    by_category = net.groupby(lines["product_category"]).sum()
    assert built.groupby("product_category")["net_sales_amount"].sum().astype(float).to_numpy() == pytest.approx(
        by_category.to_numpy(), rel=1e-9
    )


def test_dbt_example_computes_sales_from_raw_tables(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("""
            create schema raw;
            create table raw.online_sales as from (values
                ('1', 'a', date '2024-01-02', 'Tea', 2, 10.0, 'Used', 5.0),
                ('1', 'b', date '2024-01-03', 'Tea', 1, 10.0, 'Clicked', 0.0)
            ) as t(customer_id, transaction_id, transaction_date, product_category, quantity, avg_price, coupon_status,
                   delivery_charges);
            create table raw.discount_coupon as from (values ('Jan', 'Tea', 10.0), ('Feb', 'Tea', 30.0))
                as t(month, product_category, discount_pct);
            create table raw.tax_amount as from (values ('Tea', 0.10)) as t(product_category, gst);
        """)
    on_duckdb(database, "build", "--select", "example", "--vars", "{build_example: true}")
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql("""
            select transaction_id, gross_sales_amount, discount_amount, net_sales_amount, gst_amount, total_amount
            from analytics_example.fct_sales order by transaction_id
        """).fetchall()
    # 2 x 10 = 20, mean discount 20 %: net 16, gst 1.60, with delivery 22.60; without a coupon 10, 1 and 11
    expected = [("a", 20, 4, 16, 1.6, 22.6), ("b", 10, 0, 10, 1, 11)]
    assert [(row[0], *(round(float(value), 9) for value in row[1:])) for row in rows] == expected
