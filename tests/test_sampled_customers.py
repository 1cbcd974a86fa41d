"""Where only a sample of customers is here: what is said of all of them is what a run with everyone says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from duckdb import connect

from segmentation import charts, pipeline
from segmentation.__main__ import main
from segmentation.clustering.sweep import predict_labels
from segmentation.customers import load
from segmentation.customers.in_engine import EngineStore
from segmentation.customers.in_memory import InMemoryStore
from segmentation.customers.store import CustomerTotals, compute_quantiles
from segmentation.export import report_html
from segmentation.features import sampling
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.features.sampling import is_sampled
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.sales import duckdb
from segmentation.sales.files import FileSource
from segmentation.sales.open_source import open_source
from segmentation.scoring import score_customers
from segmentation.settings import ModelSettings, SalesSettings
from tests.frames import select_customers
from tests.snowflake_client.local import Server

FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value", "coupon_share")


class Counting(FileSource):
    """Keeps the size of every answer."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.rows: list[int] = []

    def take_rows(self) -> list[int]:
        """The sizes since the last call."""
        taken, self.rows = self.rows, []
        return taken

    def fetch(self, *arguments: object, **options: object) -> pa.Table:
        answer = super().fetch(*arguments, **options)  # type: ignore[arg-type]
        self.rows.append(answer.num_rows)
        return answer

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        for batch in super().iter_batches(query):
            self.rows.append(batch.num_rows)
            yield batch


@dataclasses.dataclass
class Sampled:
    """A segmentation of a sample, and the sizes of the answers to its load."""

    source: Counting
    table: CustomerTable
    found: Segmentation
    loaded_rows: list[int]
    trained_rows: list[int]


@pytest.fixture(scope="module")
def sampled(real_sales: Path) -> Iterator[Sampled]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(load, "SAMPLE_ROWS", 500)
        source = Counting(real_sales)
        table = pipeline.load_customers(SalesSettings(str(real_sales), sample_above=1_000), source=source)
        loaded_rows = source.take_rows()
        found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
        yield Sampled(source, table, found, loaded_rows, source.take_rows())


def test_only_sample_and_aggregates_are_fetched(sampled: Sampled, real_customers: CustomerTable) -> None:
    table, found = sampled.table, sampled.found
    assert isinstance(table.store, EngineStore)
    orders = int(real_customers.frame["frequency"].sum())
    assert table.store.totals == real_customers.store.totals == CustomerTotals(1_468, orders, 0, 0.0)
    assert 400 < len(table.frame) < 600
    known = real_customers.frame.set_index("customer_id").loc[table.frame["customer_id"]].reset_index()
    pd.testing.assert_frame_equal(table.frame, known)
    sampled.source.take_rows()
    assert found.segments["customers"].sum() == 1_468
    assert found.segments["net_sales"].sum() == pytest.approx(float(real_customers.reconciliation.money_accepted))
    assert not pipeline.find_top_categories(found).empty
    rows = [*sampled.loaded_rows, *sampled.trained_rows, *sampled.source.take_rows()]
    assert max(rows) == len(table.frame)
    assert any("uniform sample" in notice for notice in table.notices)
    listed = found.list_customers()  # a list holds everyone all the same
    assert listed["customer_id"].tolist() == real_customers.frame["customer_id"].tolist()
    assert listed["segment_id"].value_counts().to_dict() == dict(
        found.segments[["segment_id", "customers"]].itertuples(index=False)
    )


def test_sampled_run_has_same_names(sampled: Sampled, real_customers: CustomerTable) -> None:
    """With the centers of a run of everyone, all that is said of the segments is the same."""
    whole = pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings()), 4)
    space = whole.training.scaler.transform(sampled.table.frame)
    fit = dataclasses.replace(whole.training.fits[4], labels=predict_labels(space, whole.training.fits[4].centers))
    trained = dataclasses.replace(sampled.found.training, scaler=whole.training.scaler, fits={4: fit})
    found = pipeline.build_segmentation(trained, 4)
    columns = ["segment_id", "segment_name", "sentence", "customers", "median_monetary", "position_recency_days"]
    pd.testing.assert_frame_equal(found.segments[columns], whole.segments[columns], check_dtype=False)


def test_train_saves_all_customers(real_sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SAMPLE_ROWS", 500)
    arguments = ["train", "--source", str(real_sales), "--k", "4", "--sample-above", "1000", "--out", str(tmp_path)]
    assert main([*arguments, "--quiet"]) == 0
    run = open_run(tmp_path)
    assert len(run.read_customers()) == 1_468 == run.segments["customers"].sum()
    assert main(["score", "--run", str(tmp_path), "--out", str(tmp_path / "scored.csv"), "--quiet"]) == 0
    scored = (
        pd.read_csv(tmp_path / "scored.csv", dtype={"customer_id": "str"})
        .set_index("customer_id")["segment_id"]
        .sort_index()
    )
    pd.testing.assert_series_equal(
        scored, run.read_customers().set_index("customer_id")["segment_id"].sort_index(), check_dtype=False
    )


def test_list_fetches_selected_rows_only(sampled: Sampled) -> None:
    source, found = sampled.source, sampled.found
    everybody, name = found.list_customers(), found.segments["segment_name"].tolist()[1]
    source.take_rows()
    some = everybody[everybody["segment_name"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.list_customers([name]), some)
    pd.testing.assert_frame_equal(found.list_customers([name], 10), some.head(10))
    assert source.take_rows() == [len(some), 10]
    assert report_html.build_report(found.to_run_record(with_customers=False)) == report_html.build_report(
        found.to_run_record()
    )
    assert source.take_rows() == [], "a report names nobody"


def test_score_above_limit_equals_below(real_sales: Path, tmp_path: Path, sampled: Sampled) -> None:
    save_run(
        pipeline.build_segmentation(pipeline.train_every_k(sampled.table, ModelSettings(FEATURES)), 5).to_run_record(),
        tmp_path,
    )
    run, source = open_run(tmp_path), Counting(real_sales)
    sales = SalesSettings(str(real_sales))
    here = score_customers(run, sales)
    there = score_customers(run, dataclasses.replace(sales, sample_above=1_000), source=source)
    pd.testing.assert_frame_equal(there.drop(columns="prediction_timestamp"), here.drop(columns="prediction_timestamp"))
    assert source.rows[-1] == 1_468


def test_score_ranks_needs_all_customers(real_sales: Path, tmp_path: Path, real_customers: CustomerTable) -> None:
    save_run(
        pipeline.build_segmentation(
            pipeline.train_every_k(real_customers, ModelSettings(scaling="ranks")), 3
        ).to_run_record(),
        tmp_path,
    )
    run = open_run(tmp_path)
    scored = score_customers(run, SalesSettings(str(real_sales), sample_above=1_000))
    assert scored["segment_id"].tolist() == run.read_customers()["segment_id"].tolist()


def test_large_fetch_reports_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a DuckDB database; the answer is the same as without."""
    monkeypatch.setattr(duckdb, "_POLL_SECONDS", 0.005)
    with connect(str(tmp_path / "large.duckdb")) as connection:
        connection.execute(
            "create table fct_sales as select range as customer_id, md5(range::varchar) as m from range(2_000_000)"
        )
    source = open_source(f"duckdb://{tmp_path / 'large.duckdb'}")
    table = source.table()
    asked = table.group_by("customer_id").aggregate(last=table.m.max(), first=table.m.min())
    seen: list[float] = []
    watched = source.fetch(asked, on_progress=seen.append)
    assert watched.num_rows == 2_000_000
    assert 0 < max(seen) <= 1
    assert watched.sort_by("customer_id").equals(source.fetch(asked).sort_by("customer_id"))


def test_no_sample_up_to_limit(real_sales: Path) -> None:
    table = pipeline.load_customers(SalesSettings(str(real_sales), sample_above=1_468))
    assert isinstance(table.store, InMemoryStore)


def test_is_sampled_equals_snowflake(on_snowflake: Server, real_sales: Path, tmp_path: Path, sampled: Sampled) -> None:
    on_snowflake.load(pd.read_parquet(real_sales), tmp_path)
    settings = SalesSettings("snowflake:", sample_above=1_000)
    table = pipeline.load_customers(settings, features=ON_DEMAND_FEATURES)
    pd.testing.assert_frame_equal(table.frame, sampled.table.frame, rtol=1e-12)
    here = sampled.found
    there = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    # a median that differs in the last bit ties with nobody: its place may differ by half a customer, and a bit
    pd.testing.assert_frame_equal(there.segments, here.segments, check_dtype=False, rtol=1e-9, atol=0.51 / 1_468)
    pd.testing.assert_frame_equal(pipeline.find_top_categories(there), pipeline.find_top_categories(here), rtol=1e-9)
    spread = table.store.compute_quantiles(there.model, "monetary", charts.QUANTILES)  # of the sample: reads nothing
    sampled_spread = compute_quantiles(table.frame["monetary"], there.model.assign(table.frame), charts.QUANTILES)
    pd.testing.assert_frame_equal(spread, sampled_spread, rtol=1e-9)
    names = there.segments["segment_name"].tolist()
    pd.testing.assert_frame_equal(pd.concat(there.iter_customers(), ignore_index=True), there.list_customers())
    pd.testing.assert_frame_equal(
        pd.concat(there.iter_customers(names), ignore_index=True),
        select_customers(there.list_customers(names)),
        check_dtype=False,
    )


def test_is_sampled_is_uniform() -> None:
    people = ibis.table({"customer_id": "int64"}, name="people")
    counted = str(ibis.to_sql(people.filter(is_sampled(people.customer_id, 0.3)).count().as_table(), dialect="duckdb"))
    with connect() as connection:
        connection.execute("create table people as select range as customer_id from range(20_000)")
        drawn = connection.execute(counted).fetchall()[0][0]
    assert abs(drawn - 6_000) < 4 * np.sqrt(20_000 * 0.3 * 0.7)
    assert sampling.SAMPLE_ROWS == 200_000
