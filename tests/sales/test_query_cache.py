"""The cache of queries: the same SQL as without it, and never that of another query."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import pipeline
from segmentation.runtime.epoch_days import to_day_literal
from segmentation.sales import query_cache
from segmentation.sales import upload_store as upload_store
from segmentation.sales.files import FileSource
from segmentation.sales.query_cache import QueryCache, get_expression_key
from segmentation.settings import SalesSettings

SALES = ibis.table({"customer_id": "string", "amount": "float64", "day": "int64"}, name="fct_sales")
PLACEHOLDER = "2000000000"


def select_days(days: list[int]) -> ibis.Table:
    """A query with two days of a filter, two of a column, and a number equal to the first."""
    first, second, third, fourth = map(to_day_literal, days)
    kept = SALES.filter((SALES.day >= first) & (SALES.day < second) & (SALES.day != days[0]))
    return kept.mutate(age=fourth - kept.day, left_out=kept.day.between(third, fourth))


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


@given(st.lists(st.lists(st.integers(0, 50_000), min_size=4, max_size=4), min_size=1, max_size=6))
def test_days_are_filled_into_one_statement_per_shape(asked: list[list[int]]) -> None:
    queries = QueryCache()
    for days in asked * 2:  # equal days of one query are one literal, so they are a shape of their own
        for dialect in ("duckdb", "snowflake"):
            query = select_days(days)
            assert queries.compile_sql(query, dialect) == compile_plainly(query, dialect)


def test_other_days_are_not_compiled_again() -> None:
    queries = QueryCache()
    queries.compile_sql(SALES.filter(SALES.day < to_day_literal(5)), "duckdb")
    with patch.object(ibis, "to_sql", side_effect=AssertionError("compiled again")):
        assert queries.compile_sql(SALES.filter(SALES.day < to_day_literal(40_000)), "duckdb").endswith("< 40000")
        assert queries.compile_sql(SALES.filter(SALES.day < to_day_literal(-3)), "duckdb").endswith("< (-3)")
    with patch.object(ibis, "to_sql", return_value="other shape"):
        assert queries.compile_sql(SALES.filter(SALES.day <= to_day_literal(5)), "duckdb") == "other shape"


def test_placeholders_are_not_taken_from_names_and_texts() -> None:
    sales = ibis.table({PLACEHOLDER: "int64", "name": "string"}, name=f"sales {PLACEHOLDER}")
    queries = QueryCache()
    for day in (19_000, 19_001):
        query = sales.filter(
            (sales[PLACEHOLDER] < to_day_literal(day)) & (sales.name != f"{PLACEHOLDER} '{PLACEHOLDER}")
        )
        assert queries.compile_sql(query, "duckdb") == compile_plainly(query)


def test_statement_without_its_placeholders_is_compiled_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = QueryCache()
    monkeypatch.setattr(query_cache, "_PLACEHOLDER", re.compile(r"\b2000000000\b"))  # as if the others were missing
    for days in ([1, 2, 3, 4], [5, 6, 7, 8]):
        query = select_days(days)
        assert queries.compile_sql(query, "duckdb") == compile_plainly(query)


def test_one_statement_gives_the_customers_of_each_date_range(tmp_path: Path) -> None:
    path = write_sales(tmp_path / "sales.parquet")
    sales = pd.read_parquet(path)
    settings = SalesSettings(source=str(path), start=date(2024, 1, 2), as_of=date(2024, 2, 20))
    pipeline.load_customers(settings)
    with patch.object(ibis, "to_sql", side_effect=AssertionError("compiled again")):
        for days in range(1, 12):
            start, as_of = date(2024, 1, 2) + timedelta(days), date(2024, 2, 20) - timedelta(2 * days)
            frame = pipeline.load_customers(replace(settings, start=start, as_of=as_of)).frame.set_index("customer_id")
            used = sales[sales["transaction_date"].between(pd.Timestamp(start), pd.Timestamp(as_of), inclusive="left")]
            by_customer = used.groupby("customer_id")
            recency = (pd.Timestamp(as_of) - by_customer["transaction_date"].max()).dt.days
            assert frame["recency_days"].to_dict() == recency.to_dict()
            assert frame["monetary"].to_dict() == pytest.approx(by_customer["net_sales_amount"].sum().to_dict())
            assert frame["frequency"].to_dict() == by_customer.size().to_dict()


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
