"""dbt builds on published tables and passes its tests; the example's sums are computed by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation import pipeline
from segmentation.__main__ import main
from segmentation.publishing.publish import publish_run
from segmentation.runs.save import open_run, save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.snowflake_client.dbt import on_duckdb


@pytest.fixture
def database(shop: Path, tmp_path: Path) -> Path:
    """A database with sales, and a published run of them."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
    table = pipeline.load_customers(SalesSettings(f"duckdb://{path}"))
    run = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    publish_run(open_run(save_run(run.to_run_record(), tmp_path / "models")), f"duckdb://{path}")
    return path


def test_dbt_builds_on_published_run(database: Path) -> None:
    text = on_duckdb(database, "build")
    assert "ERROR=0" in text
    assert "WARN=0" in text
    assert "PASS" in on_duckdb(database, "source", "freshness")
    with duckdb.connect(str(database), read_only=True) as connection:
        compared = connection.sql("""
            select count(*), sum(cast(abs(revenue - rfm_monetary) < 0.005 as int)),
                sum(cast(orders = rfm_frequency as int)),
                sum(cast(last_purchase_on + cast(rfm_recency as int) = date '2025-01-01' as int)),
                sum(cast(activity_status = 'active' as int)) = sum(cast(rfm_recency <= 90 as int))
            from analytics.fct_customer_segments join analytics.customer_segments using (customer_id)
        """).fetchall()
    assert compared == [(400, 400, 400, 400, True)]


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
