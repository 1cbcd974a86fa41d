"""Where only a sample of customers is here: what is said of all of them is what a run with everyone says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from segmentation.customers.segment_model import SegmentModel
from segmentation.customers.store import CustomerTotals, compute_quantiles
from segmentation.errors import SettingsError
from segmentation.export import report_html
from segmentation.features import sampling
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.features.sampling import is_sampled
from segmentation.features.scaling import fit_scaler
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.sales.files import FileSource
from segmentation.sales.open_source import open_source
from segmentation.scoring import score_customers
from segmentation.settings import ModelSettings, SalesSettings
from tests.frames import select_customers
from tests.snowflake_client.local import Server

FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value", "coupon_share")


@pytest.fixture(scope="module", params=["log", "standard", "robust"])
def whole(request: pytest.FixtureRequest, real_customers: CustomerTable) -> Segmentation:
    model = ModelSettings(features=FEATURES, scaling=request.param)
    return pipeline.build_segmentation(pipeline.train_every_k(real_customers, model), 5)


def in_engine(table: CustomerTable) -> EngineStore:
    """The same customers, left to the engine."""
    store = table.store
    return EngineStore(store.frame, store.returns_only, store.source, store.expression, store.totals, 1.0)


def test_assign_segments_sql_equals_predict(whole: Segmentation) -> None:
    table = whole.training.table
    there = table.source.fetch(whole.to_expression().order_by("customer_id")).to_pandas()
    assert there["customer_id"].tolist() == table.frame["customer_id"].tolist()
    np.testing.assert_array_equal(there["segment_id"], whole.segment_ids)
    assert there["squared_distance"].sum() == pytest.approx(whole.training.fits[5].inertia, rel=1e-12)


def test_profile_from_aggregates_equals_profile(whole: Segmentation) -> None:
    table = whole.training.table
    described = list(table.frame.columns[1:])
    profiled = in_engine(table).build_profile(whole.model, whole.training.cluster_stats[5], described)
    expected = whole.segments[profiled.columns.tolist()]
    pd.testing.assert_frame_equal(profiled, expected, check_dtype=False, rtol=1e-9)


def test_quantiles_of_population_equal_pandas(whole: Segmentation) -> None:
    table = whole.training.table
    for feature in ("monetary", "recency_days", "coupon_share"):
        grouped = table.frame[feature].groupby(whole.segment_ids)
        expected = pd.DataFrame({name: grouped.quantile(share) for name, share in charts.QUANTILES.items()})
        for store in (table.store, in_engine(table)):
            found = store.compute_quantiles(whole.model, feature, charts.QUANTILES)
            pd.testing.assert_frame_equal(found.set_index("segment_id"), expected, check_names=False, rtol=1e-12)


def test_compute_inertias_sql_several_center_sets(whole: Segmentation) -> None:
    training = whole.training
    sets = [training.fits[k].centers for k in (2, 5, 9)]
    inertias = in_engine(training.table).get_full_data_inertia(training.scaler)(sets)
    assert inertias == pytest.approx([training.fits[k].inertia for k in (2, 5, 9)], rel=1e-9)


@pytest.mark.parametrize("whole", ["robust"], indirect=True)  # the longest statements
def test_compute_inertias_sql_stays_short(whole: Segmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many near-optimal candidates as a sweep can have, with twelve features: several statements, one answer."""
    features = [name for name in whole.training.table.frame if name != "customer_id"][:12]
    scaler, _ = fit_scaler(whole.training.table.frame, features, (), whole.training.settings.scaling)
    X = scaler.transform(whole.training.table.frame)
    sets = [X[start : start + k] for k in range(2, 13) for start in (0, 50, 100, 150, 200, 250)]
    store, lengths = in_engine(whole.training.table), list[int]()
    fetch = store.source.fetch

    def measure(query: ibis.Table, *arguments: Any) -> pa.Table:
        lengths.append(len(str(ibis.to_sql(query, dialect="snowflake", pretty=False))))
        return fetch(query, *arguments)

    monkeypatch.setattr(store.source, "fetch", measure)
    inertias = store.get_full_data_inertia(scaler)(sets)
    assert max(lengths) < 200_000
    assert len(lengths) > 1
    distances = [((X[:, None, :] - centers) ** 2).sum(axis=2).min(axis=1).sum() for centers in sets]
    assert inertias == pytest.approx(distances, rel=1e-9)


def test_predict_sql_ties_go_to_lower_cluster(whole: Segmentation) -> None:
    """Two centers on one spot: nobody is in the second."""
    training = whole.training
    centers = training.fits[5].centers[[0, 0, 1, 2]]
    model = SegmentModel(training.scaler, centers, (10, 20, 30, 40))
    found = pd.concat(in_engine(training.table).iter_customers(model))["segment_id"].to_numpy()
    space = training.scaler.transform(training.table.frame)
    np.testing.assert_array_equal(found, np.array([10, 20, 30, 40])[predict_labels(space, centers)])
    assert 20 not in found


def test_scale_sql_rejects_ranks(real_customers: CustomerTable) -> None:
    found = pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings(scaling="ranks")), 3)
    with pytest.raises(SettingsError, match="'ranks' cannot be computed where the sales are"):
        found.to_expression()


class Counting(FileSource):
    """Keeps the size of every answer."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.rows: list[int] = []

    def fetch(self, *arguments: object, **options: object) -> pa.Table:
        answer = super().fetch(*arguments, **options)  # type: ignore[arg-type]
        self.rows.append(answer.num_rows)
        return answer

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        for batch in super().iter_batches(query):
            self.rows.append(batch.num_rows)
            yield batch


@pytest.fixture
def sampled(real_sales: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Counting, CustomerTable]:
    monkeypatch.setattr(load, "SAMPLE_ROWS", 500)
    source = Counting(real_sales)
    return source, pipeline.load_customers(SalesSettings(str(real_sales), sample_above=1_000), source=source)


def test_only_sample_and_aggregates_are_fetched(
    sampled: tuple[Counting, CustomerTable], real_customers: CustomerTable
) -> None:
    source, table = sampled
    assert isinstance(table.store, EngineStore)
    orders = int(real_customers.frame["frequency"].sum())
    assert table.store.totals == real_customers.store.totals == CustomerTotals(1_468, orders, 0, 0.0)
    assert 400 < len(table.frame) < 600
    known = real_customers.frame.set_index("customer_id").loc[table.frame["customer_id"]].reset_index()
    pd.testing.assert_frame_equal(table.frame, known)
    found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    assert found.segments["customers"].sum() == 1_468
    assert found.segments["net_sales"].sum() == pytest.approx(float(real_customers.reconciliation.money_accepted))
    assert not pipeline.find_top_categories(found).empty
    assert max(source.rows) == len(table.frame)
    assert any("uniform sample" in notice for notice in table.notices)
    listed = found.list_customers()  # a list holds everyone all the same
    assert listed["customer_id"].tolist() == real_customers.frame["customer_id"].tolist()
    assert listed["segment_id"].value_counts().to_dict() == dict(
        found.segments[["segment_id", "customers"]].itertuples(index=False)
    )


def test_sampled_run_has_same_names(sampled: tuple[Counting, CustomerTable], real_customers: CustomerTable) -> None:
    """With the centers of a run of everyone, all that is said of the segments is the same."""
    whole = pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings()), 4)
    trained = pipeline.train_every_k(sampled[1], ModelSettings())
    space = whole.training.scaler.transform(sampled[1].frame)
    fit = dataclasses.replace(whole.training.fits[4], labels=predict_labels(space, whole.training.fits[4].centers))
    trained = dataclasses.replace(trained, scaler=whole.training.scaler, fits={4: fit})
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


def test_list_fetches_selected_rows_only(sampled: tuple[Counting, CustomerTable]) -> None:
    source, table = sampled
    found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    everybody, name = found.list_customers(), found.segments["segment_name"].tolist()[1]
    source.rows.clear()
    some = everybody[everybody["segment_name"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.list_customers([name]), some)
    pd.testing.assert_frame_equal(found.list_customers([name], 10), some.head(10))
    assert source.rows == [len(some), 10]
    source.rows.clear()
    assert report_html.build_report(found.to_run_record(with_customers=False)) == report_html.build_report(
        found.to_run_record()
    )
    assert source.rows == [], "a report names nobody"


def test_score_above_limit_equals_below(
    real_sales: Path, tmp_path: Path, sampled: tuple[Counting, CustomerTable]
) -> None:
    save_run(
        pipeline.build_segmentation(pipeline.train_every_k(sampled[1], ModelSettings(FEATURES)), 5).to_run_record(),
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


def test_large_fetch_reports_progress(tmp_path: Path) -> None:
    """From a DuckDB database; the answer is the same as without."""
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
    assert all(0 <= share <= 1 for share in seen)
    assert watched.sort_by("customer_id").equals(source.fetch(asked).sort_by("customer_id"))


def test_no_sample_up_to_limit(real_sales: Path) -> None:
    table = pipeline.load_customers(SalesSettings(str(real_sales), sample_above=1_468))
    assert isinstance(table.store, InMemoryStore)


def test_is_sampled_equals_snowflake(
    on_snowflake: Server, real_sales: Path, tmp_path: Path, sampled: tuple[Counting, CustomerTable]
) -> None:
    on_snowflake.load(pd.read_parquet(real_sales), tmp_path)
    settings = SalesSettings("snowflake:", sample_above=1_000)
    table = pipeline.load_customers(settings, features=ON_DEMAND_FEATURES)
    pd.testing.assert_frame_equal(table.frame, sampled[1].frame, rtol=1e-12)
    here = pipeline.build_segmentation(pipeline.train_every_k(sampled[1], ModelSettings()), 4)
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
