"""A saved run as SQL predicts the same segments as the Python model."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot

from segmentation import pipeline
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.errors import SettingsError
from segmentation.export.model_sql import render_model_sql
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS
from segmentation.export.sql_rendering import SqlOutput, _unquote_identifiers
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.save import save_run
from segmentation.scoring import score_customers
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import ModelSettings, SalesSettings
from tests.snowflake_client.local import Server

COLUMNS = ["customer_id", "segment_id", "segment_name", "rfm_recency", "rfm_frequency", "rfm_monetary"]
Save: TypeAlias = Callable[..., SavedRun]
MANY = (
    "recency_days",
    "frequency",
    "monetary",
    "avg_order_value",
    "typical_gap_days",
    "category_count",
    "discount_share",
)

MODELS = [
    ModelSettings(),
    ModelSettings(MANY, "standard", weights=(("monetary", 2.0), ("recency_days", 0.5))),
    ModelSettings(MANY, "robust"),
    ModelSettings(MANY, "log", weights=(("discount_share", 0.5),)),
]


@pytest.fixture(scope="module")
def save(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Trains and saves a run of a source, and opens it again; trains once for the same source and settings."""

    @functools.cache
    def train_and_save(source: Path, model: ModelSettings, k: int | None, **sales: object) -> Path:
        table = pipeline.load_customers(SalesSettings(str(source), **sales))
        record = pipeline.build_segmentation(pipeline.train_every_k(table, model), k).to_run_record()
        return save_run(record, tmp_path_factory.mktemp("saved") / "models")

    def open_trained(source: Path, model: ModelSettings = MODELS[0], k: int | None = None, **sales: object) -> SavedRun:
        return open_run(train_and_save(source, model, k, **sales))

    return open_trained


def run_query(sql: str, source: Path, table: str = "fct_sales") -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute(f"create view {table} as select * from read_parquet('{source}')")
        return connection.sql(sql).df().sort_values("customer_id", ignore_index=True)


def read_saved_rows(run: SavedRun) -> pd.DataFrame:
    return run.read_customers()[COLUMNS].sort_values("customer_id", ignore_index=True)


def assert_same(result: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(result.columns) == COLUMNS
    pd.testing.assert_frame_equal(result, expected, check_dtype=False, rtol=0, atol=0)


@pytest.mark.parametrize("model", MODELS, ids=["log", "standard", "robust", "log-shares"])
def test_model_sql_equals_prediction(save: Save, real_sales: Path, model: ModelSettings) -> None:
    run = save(real_sales, model, 6)
    assert_same(run_query(render_model_sql(run, "duckdb"), real_sales), read_saved_rows(run))


def test_model_sql_exclusions_and_duplicates(save: Save, shop: Path, tmp_path: Path) -> None:
    lines = pd.read_parquet(shop)
    path = tmp_path / "twice.parquet"
    pd.concat([lines, lines.head(300)]).to_parquet(path, index=False)
    run = save(
        path,
        start=date(2024, 2, 1),
        drop_duplicates=True,
        excluded_categories=("Tea",),
        excluded_periods=((date(2024, 6, 1), date(2024, 6, 30)),),
    )
    assert_same(run_query(render_model_sql(run, "duckdb"), path), read_saved_rows(run))


def test_model_sql_equals_prediction_on_export_of_whole_orders(save: Save, tmp_path: Path) -> None:
    """What lines mean beyond fct_sales nests subqueries deeper than the parser's default limit of recursion."""
    rng = np.random.default_rng(3)
    orders = pd.DataFrame(
        {"number": np.arange(160), "contact_email": [f"a{n}@x.org" for n in rng.integers(0, 40, 160)]}
    )
    orders["date_created"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 300, 160)), unit="D")
    lines = orders.loc[orders.index.repeat(rng.integers(1, 4, 160))].rename(columns={"number": "order_number"})
    lines["qty"], lines["price"] = rng.integers(1, 4, len(lines)), rng.integers(100, 9_000, len(lines)) / 100
    total = (lines["qty"] * lines["price"]).groupby(lines["order_number"]).sum().round(2) + 4.95
    back = total.where(total.index % 9 == 0, 0.0) + (total / 4).round(2).where(total.index % 9 == 1, 0.0)
    status = pd.Series("paid", total.index).mask(total.index % 9 == 0, "refunded").mask(total.index % 9 == 2, "voided")
    day = pd.Series("2025-12-01", total.index).where(total.index % 11 == 0)
    of_orders = {"total": total, "refunded_amount": back, "net_amount": total - back, "payment_status": status}
    of_orders |= {"cancelled_at": day, "currency": pd.Series("EUR", total.index)}
    later = lines["order_number"].duplicated()
    lines = lines.assign(**{name: lines["order_number"].map(values).mask(later) for name, values in of_orders.items()})
    path = tmp_path / "orders.parquet"
    lines.assign(shipping_rate=4.95, item_status="shipped").to_parquet(path, index=False)
    run = save(path)
    kept = (back < total) & (status != "voided") & day.isna()
    assert run.read_customers()["rfm_monetary"].sum() == pytest.approx((total - back)[kept].sum())
    rows = run_query(render_model_sql(run, "duckdb"), path)
    pd.testing.assert_frame_equal(rows, read_saved_rows(run), check_dtype=False)
    assert "sum" in render_model_sql(run, "snowflake").lower()


def test_model_sql_many_customers(save: Save, tmp_path: Path) -> None:
    """600,000 synthetic lines: a model trained on a few of them, and all segments predicted both ways."""
    path, small = tmp_path / "many.parquet", tmp_path / "few.parquet"
    lines = """
        select 'C' || (hash(i) % 200000) as customer_id, 'T' || i as transaction_id,
            date '2024-01-01' + cast(sqrt(hash(i + 7) % 133000) as integer) as transaction_date,
            cast(exp(hash(i + 13) % 7000 / 1000.0) as decimal(12, 2)) as net_sales_amount
        from range({}) as r(i) union all
        select 'C' || i, 'U' || i, date '2024-01-01' + cast(i % 366 as integer), 1 + hash(i) % 90 from range({}) as r(i)
    """
    with duckdb.connect() as connection:
        connection.execute(f"copy ({lines.format(400_000, 200_000)}) to '{path}' (format parquet)")
        connection.execute(f"copy ({lines.format(20_000, 5_000)}) to '{small}' (format parquet)")
    run = save(small, k=6, as_of=date(2025, 1, 1))
    expected = score_customers(run, replace(run.settings.sales, source=str(path)))[COLUMNS]
    assert len(expected) == 200_000
    result = run_query(render_model_sql(run, "duckdb"), path)
    assert_same(result, expected.sort_values("customer_id", ignore_index=True))
    assert result["segment_id"].nunique() >= 4


@pytest.mark.parametrize("nearer", [0.0, 1e-11])
def test_model_sql_ties_go_to_first_center(save: Save, shop: Path, nearer: float) -> None:
    run = save(shop, k=3)
    centers = run.centers.copy()
    centers[2] = centers[1] + nearer
    run = replace(run, centers=centers)
    expected = score_customers(run, run.settings.sales)[COLUMNS].sort_values("customer_id", ignore_index=True)
    result = run_query(render_model_sql(run, "duckdb"), shop)
    assert_same(result, expected)
    assert set(result["segment_id"]) == {run.cluster_to_segment[0], run.cluster_to_segment[1]}


def test_model_sql_live_follows_new_sales_only_to_today(save: Save, shop: Path, tmp_path: Path) -> None:
    run = save(shop, k=4)
    lines = pd.read_parquet(shop)
    assert_same(run_query(render_model_sql(run, "duckdb", live=True), shop), read_saved_rows(run))
    new = lines.head(1).assign(transaction_date=pd.Timestamp("2025-01-09"), transaction_id="new")
    never = new.assign(transaction_date=pd.Timestamp("2999-01-01"), customer_id="from the future")
    path = tmp_path / "more.parquet"
    pd.concat([lines, new, never]).to_parquet(path, index=False)
    trailing = replace(run.settings.sales, source=str(path)).with_window(run.window_days)
    expected = score_customers(run, trailing)[COLUMNS]
    result = run_query(render_model_sql(run, "duckdb", live=True), path)
    assert_same(result, expected.sort_values("customer_id", ignore_index=True))
    bought = result.set_index("customer_id")["rfm_recency"]
    assert bought[lines["customer_id"].iloc[0]] == 1
    assert "from the future" not in bought
    fixed = run_query(render_model_sql(run, "duckdb"), path)
    assert_same(fixed, read_saved_rows(run))


def test_model_sql_reads_mapped_columns_only(save: Save, shop: Path, tmp_path: Path) -> None:
    mapped = pd.read_parquet(shop)
    mapped.assign(note="not a column of fct_sales").to_parquet(tmp_path / "wide.parquet", index=False)
    run = save(tmp_path / "wide.parquet", k=3)
    text = render_model_sql(run, "duckdb")
    assert "FROM fct_sales AS f\n" in text
    assert "note" not in text
    with duckdb.connect() as connection:
        connection.register("fct_sales", mapped)
        assert len(connection.sql(text)) == 400
    assert set(re.findall('"(.+?)"', text)) == {"copy"}, "other names need no quotes"
    assert text.startswith(f"-- Segments of run {run.run_id}, as of 2025-01-01.\n")


def test_model_sql_quotes_column_and_segment_names(save: Save, shop: Path, tmp_path: Path) -> None:
    hostile = "a\"b'; drop table x; --"
    path = tmp_path / "odd.parquet"
    pd.read_parquet(shop).rename(columns={"customer_id": hostile, "transaction_date": "order"}).to_parquet(path)
    run = save(path, k=3, columns=(("customer_id", hostile), ("transaction_date", "order")))
    assert_same(run_query(render_model_sql(run, "duckdb"), path), read_saved_rows(run))
    table = pipeline.load_customers(run.settings.sales)
    named = apply_overrides(
        pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 3),
        [SegmentOverride(1, name="It's \\' x'); --")],
    )
    run = open_run(save_run(named.to_run_record(), tmp_path / "models"))
    assert_same(run_query(render_model_sql(run, "duckdb"), path), read_saved_rows(run))


def test_model_sql_quotes_reserved_words(shop: Path, tmp_path: Path) -> None:
    """Every word of Snowflake's list, as a column and as the table."""
    names = (
        "ORDER",
        "GROUP",
        "START",
        "CHECK",
        "BY",
        "TO",
        "OF",
        "CURRENT",
        "CONNECT",
        "INCREMENT",
        "ISSUE",
        "FOLLOWING",
    )
    assert len(RESERVED_KEYWORDS) == 91
    assert set(names) < RESERVED_KEYWORDS
    for word in RESERVED_KEYWORDS:
        for dialect in ("snowflake", "duckdb"):
            query = sqlglot.parse_one(f'SELECT x."{word}" FROM "{word}" AS x', dialect=dialect)
            assert isinstance(query, sqlglot.exp.Select)
            _unquote_identifiers(query, dialect, [word])
            assert query.sql(dialect) == f'SELECT x."{word}" AS "{word}" FROM "{word}" AS x'


def test_model_sql_view_can_be_replaced(save: Save, shop: Path) -> None:
    run = save(shop, k=4)
    text = render_model_sql(run, "duckdb", live=True, output=SqlOutput("view", ("customer_segments_live",)))
    with duckdb.connect() as connection:
        connection.execute(f"create table fct_sales as select * from read_parquet('{shop}')")
        for _ in range(2):
            connection.execute(text)
        before = connection.sql("select * from customer_segments_live").df()
        assert_same(before.sort_values("customer_id", ignore_index=True), read_saved_rows(run))
        new = date(2024, 12, 31) + timedelta(days=3)
        connection.execute(
            "insert into fct_sales by name select 'New' as customer_id, 'n' as transaction_id, "
            "cast(? as timestamp) as transaction_date, 5 as net_sales_amount, 1 as quantity",
            [new],
        )
        assert connection.sql("from customer_segments_live where customer_id = 'New'").fetchall()[0][3:] == (1, 1, 5)


def test_model_sql_dynamic_table_states_lag_and_cost(save: Save, shop: Path) -> None:
    run = save(shop, k=3)
    expected = SqlOutput("dynamic table", ("CUSTOMER_SEGMENTS_LIVE",), "6 hours", "marketing_wh")
    text = render_model_sql(run, "snowflake", live=True, output=expected)
    assert "TARGET_LAG = '6 hours'\n  WAREHOUSE = \"MARKETING_WH\"\n" in text
    assert "up to 4 times a day" in text
    for bad in (
        replace(expected, lag="1 hour'; drop"),
        replace(expected, warehouse=""),
        replace(expected, warehouse="a b"),
    ):
        with pytest.raises(SettingsError):
            render_model_sql(run, "snowflake", output=bad)
    with pytest.raises(SettingsError, match="Only Snowflake"):
        render_model_sql(run, "duckdb", output=expected)


def test_model_sql_unsupported_raises(save: Save, shop: Path) -> None:
    run = save(shop, ModelSettings(scaling="ranks"), 3)
    with pytest.raises(SettingsError, match="ranks"):
        render_model_sql(run, "duckdb")
    run = save(shop, k=3)
    with pytest.raises(SettingsError, match="Unknown dialect"):
        render_model_sql(run, "klingon")
    with pytest.raises(SettingsError, match="is not a valid name"):
        render_model_sql(run, "duckdb", table="fct_sales; drop table x")
    for dialect in ("databricks", "postgres"):
        assert f"-- Not tested on {dialect}: " in render_model_sql(run, dialect)


@pytest.mark.parametrize("model", MODELS[:2], ids=["log", "standard"])
def test_model_sql_equals_prediction_on_snowflake(
    on_snowflake: Server, save: Save, real_sales: Path, tmp_path: Path, model: ModelSettings
) -> None:
    from segmentation.snowflake_client.session import get_session

    run = save(real_sales, model, 6)
    on_snowflake.load(pd.read_parquet(real_sales), tmp_path)
    for text in (render_model_sql(run, "snowflake"), render_model_sql(run, "snowflake", live=True)):
        result = pd.DataFrame(get_session().fetch_rows(text.rstrip().rstrip(";")), columns=COLUMNS)
        result["segment_id"] = result["segment_id"].astype("int64")
        expected = read_saved_rows(run)
        pd.testing.assert_frame_equal(
            result.sort_values("customer_id", ignore_index=True), expected, check_dtype=False, rtol=1e-12
        )
        assert np.array_equal(result.sort_values("customer_id")["segment_id"], expected["segment_id"])
