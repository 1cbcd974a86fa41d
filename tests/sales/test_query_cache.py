"""The cache of queries: the same SQL as without it, and never that of another query."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import ibis
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.sales import query_cache
from segmentation.sales import upload_store as upload_store
from segmentation.sales.files import FileSource
from segmentation.sales.query_cache import QueryCache, get_expression_key
from segmentation.settings import SalesSettings

SALES = ibis.table({"customer_id": "string", "amount": "float64", "day": "int64"}, name="fct_sales")


def compile_plainly(query: ibis.Table, dialect: str = "duckdb") -> str:
    return str(ibis.to_sql(query, dialect=dialect, pretty=False))


def write_sales(path: Path, customer: str = "customer_id") -> Path:
    frame = pd.DataFrame(
        {
            customer: [f"c{n % 7}" for n in range(60)],
            "transaction_date": pd.date_range("2024-01-01", periods=60, freq="D"),
            "net_sales_amount": [1.0 + n * 37 % 91 for n in range(60)],
            "product_category": ["tea" if n % 3 else "secret-category" for n in range(60)],
        }
    )
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


def test_second_load_compiles_nothing_and_gives_the_same_customers(tmp_path: Path) -> None:
    settings = SalesSettings(source=str(write_sales(tmp_path / "sales.parquet")))
    first = pipeline.load_customers(settings)
    with patch.object(ibis, "to_sql", side_effect=AssertionError("compiled again")):
        second = pipeline.load_customers(settings)
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert second.reconciliation.money_accepted == first.reconciliation.money_accepted


@pytest.mark.parametrize(
    "change",
    [
        {"start": date(2024, 1, 20)},
        {"as_of": date(2024, 2, 10)},
        {"excluded_periods": ((date(2024, 1, 5), date(2024, 1, 9)),)},
        {"excluded_categories": ("tea",)},
        {"drop_duplicates": True},
        {"columns": (("total_amount", "net_sales_amount"),)},
    ],
)
def test_changed_settings_give_the_result_of_an_empty_cache(tmp_path: Path, change: dict[str, object]) -> None:
    settings = SalesSettings(source=str(write_sales(tmp_path / "sales.parquet")))
    pipeline.load_customers(settings)
    changed = replace(settings, **change)  # type: ignore[arg-type]
    warm = pipeline.load_customers(changed)
    query_cache.SHARED_QUERIES.clear()
    cold = pipeline.load_customers(changed)
    pd.testing.assert_frame_equal(warm.frame, cold.frame)
    pd.testing.assert_frame_equal(warm.reconciliation.rejected, cold.reconciliation.rejected)


VARIANTS = {
    "type": ibis.table({"customer_id": "string", "amount": "decimal(18, 2)", "day": "int64"}, name="fct_sales"),
    "column": ibis.table({"customer_id": "string", "amount": "float64", "days": "int64"}, name="fct_sales"),
    "table": ibis.table({"customer_id": "string", "amount": "float64", "day": "int64"}, name="other"),
    "schema": ibis.table({"customer_id": "string", "amount": "float64", "day": "int64"}, "fct_sales", database="raw"),
    "value": SALES.filter(SALES.amount > 1),
    "type of the value": SALES.filter(SALES.amount > 1.0),
    "sign of zero": SALES.mutate(zero=ibis.literal(0.0)),
    "other sign of zero": SALES.mutate(zero=ibis.literal(-0.0)),
    "true": SALES.mutate(zero=ibis.literal(True)),
    "one": SALES.mutate(zero=ibis.literal(1)),
    "limit": SALES.limit(3),
    "other limit": SALES.limit(4),
}


def test_different_queries_never_share_sql() -> None:
    queries = QueryCache()
    for _ in range(2):
        for query in (SALES, *VARIANTS.values()):
            for dialect in ("duckdb", "snowflake"):
                assert queries.compile_sql(query, dialect) == compile_plainly(query, dialect)
    assert len({get_expression_key(query) for query in (SALES, *VARIANTS.values())}) == len(VARIANTS) + 1


def test_switch_of_the_compiler_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = QueryCache()
    steps = SALES.mutate(twice=SALES.amount * 2)
    query = steps.filter(steps.twice > 3).mutate(again=steps.twice + 1)
    apart = queries.compile_sql(query, "duckdb")
    monkeypatch.setattr(ibis.options.sql, "fuse_selects", True)
    assert queries.compile_sql(query, "duckdb") == compile_plainly(query) != apart


def test_cache_is_bounded_and_drops_the_query_used_longest_ago() -> None:
    queries, built = QueryCache(max_entries=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        queries.get_or_build(key, lambda key=key: built.append(key))  # type: ignore[misc]
        assert len(queries) <= 2
    assert built == ["a", "b", "c", "b"]


def test_threads_get_the_sql_of_their_own_query() -> None:
    queries = QueryCache(max_entries=3)
    asked = [SALES.limit(n % 6 + 1) for n in range(120)]
    with ThreadPoolExecutor(8) as pool:
        compiled = list(pool.map(lambda query: queries.compile_sql(query, "duckdb"), asked))
    assert compiled == [compile_plainly(query) for query in asked]


def test_a_failed_build_is_not_kept() -> None:
    queries = QueryCache()
    with pytest.raises(ZeroDivisionError):
        queries.get_or_build("key", lambda: 1 // 0)
    assert queries.get_or_build("key", lambda: 5) == 5


def test_queries_of_an_uploaded_file_go_with_the_file(tmp_path: Path) -> None:
    query_cache.SHARED_QUERIES.clear()
    data = write_sales(tmp_path / "mine.csv", customer="secret_customer").read_bytes()
    upload = upload_store.store_upload(data, "mine.csv")
    try:
        settings = SalesSettings(source=upload.uri, columns=(("customer_id", "secret_customer"),))
        pipeline.load_customers(settings, source=upload)
        assert len(upload.queries) > 0
        assert len(query_cache.SHARED_QUERIES) == 0
    finally:
        upload_store.remove_upload(upload.uri)
    assert len(upload.queries) == 0


def test_shared_files_use_the_shared_cache(tmp_path: Path) -> None:
    source = FileSource(write_sales(tmp_path / "sales.csv"))
    assert source.queries is query_cache.SHARED_QUERIES
