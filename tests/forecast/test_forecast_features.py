"""Forecasts as features: trained with, scored, and refused where they cannot be computed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.analysis.history.segment_history import compute_segment_history
from segmentation.customers.in_engine import EngineStore
from segmentation.errors import RunError, SettingsError
from segmentation.export.model_sql import render_model_sql
from segmentation.forecast.fitted_models import fit_models, fit_models_in_engine
from segmentation.forecast.forecast_features import HORIZON, add_forecast_features
from segmentation.forecast.purchase_histories import fetch_purchase_histories
from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings, ShopForecast
from segmentation.pipeline import build_segmentation, load_customers, train_every_k
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.scoring import score_customers
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client import scratch
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, Server

SCRATCH = f"{DATABASE}.SEGMENTS_SCRATCH"
FORECASTS = ["expected_orders", "expected_net_sales", "at_risk", "active_probability"]
MODEL = ModelSettings(("recency_days", "monetary", "active_probability", "at_risk"))


@pytest.fixture(scope="module")
def sales(web_shop: Path) -> SalesSettings:
    return SalesSettings(source=str(web_shop))


@pytest.fixture(scope="module")
def forecast(sales: SalesSettings) -> ShopForecast:
    return forecast_source(sales, ForecastSettings(HORIZON)).forecast


@pytest.fixture(scope="module")
def table(sales: SalesSettings) -> CustomerTable:
    return load_customers(sales)


@pytest.fixture(scope="module")
def segmentation(table: CustomerTable) -> Segmentation:
    return build_segmentation(train_every_k(table, MODEL), 4)


@pytest.fixture(scope="module")
def run(segmentation: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> SavedRun:
    models = tmp_path_factory.mktemp("models")
    save_run(segmentation.to_run_record(), models)
    return open_run(models)


def get_forecasts(forecast: ShopForecast) -> pd.DataFrame:
    return forecast.customers.frame.set_index("customer_id")[FORECASTS]


def test_features_are_the_forecasts_of_90_days(table: CustomerTable, forecast: ShopForecast) -> None:
    assert not set(FORECASTS) & set(table.frame)  # computed only where they are chosen
    frame = add_forecast_features(table, FORECASTS).frame.set_index("customer_id")
    pd.testing.assert_frame_equal(frame[FORECASTS], get_forecasts(forecast))
    pd.testing.assert_frame_equal(frame[["monetary"]], table.frame.set_index("customer_id")[["monetary"]])
    assert add_forecast_features(table, ["frequency"]) is table


def test_features_of_customers_in_the_engine_are_the_same(sales: SalesSettings, forecast: ShopForecast) -> None:
    table = load_customers(replace(sales, sample_above=100))
    assert not table.store.is_in_memory
    extended = add_forecast_features(table, FORECASTS)
    in_engine = table.source.fetch(extended.store.expression).to_pandas()
    for frame in (in_engine, extended.frame):
        found = frame.set_index("customer_id").sort_index()[FORECASTS]
        pd.testing.assert_frame_equal(found, get_forecasts(forecast).sort_index(), rtol=1e-6, check_index_type=False)


@pytest.mark.parametrize("has_scratch", [False, True])
def test_features_of_customers_in_snowflake_are_the_same(
    on_snowflake: Server,
    web_shop: Path,
    forecast: ShopForecast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_scratch: bool,
) -> None:
    """With a schema for temporary tables, the forecasts are stored once; without one, queries compute them."""
    on_snowflake.load(pd.read_parquet(web_shop), tmp_path)
    if has_scratch:
        get_session().fetch_rows(f"CREATE SCHEMA IF NOT EXISTS {SCRATCH}")
        monkeypatch.setenv(scratch.SETTING, SCRATCH)
    table = add_forecast_features(load_customers(SalesSettings("snowflake:", sample_above=100)), FORECASTS)
    assert isinstance(table.store, EngineStore)
    assert table.store.is_stored == has_scratch
    found = table.source.fetch(table.store.expression).to_pandas().set_index("customer_id").sort_index()[FORECASTS]
    pd.testing.assert_frame_equal(found, get_forecasts(forecast).sort_index(), rtol=1e-6, check_index_type=False)


def test_forecasts_are_added_once(table: CustomerTable) -> None:
    first = add_forecast_features(table, ["at_risk"])
    both = add_forecast_features(first, ["at_risk", "active_probability"])
    assert list(both.frame) == [*table.frame, "at_risk", "active_probability"]
    assert add_forecast_features(both, ["active_probability"]) is both


def test_fit_in_engine_equals_fit_in_memory(table: CustomerTable) -> None:
    first, as_of = (count_epoch_days(day) for day in (table.window.first_sale, table.window.as_of))
    in_engine = fit_models_in_engine(table.source, table.lines, first, as_of)
    in_memory = fit_models(fetch_purchase_histories(table.source, table.lines, as_of, HORIZON))
    assert in_engine.purchases.customers == in_memory.purchases.customers == len(table.frame)
    assert in_engine.purchases.log_likelihood == pytest.approx(in_memory.purchases.log_likelihood, rel=1e-9)
    assert in_engine.purchases.model.parameters == pytest.approx(in_memory.purchases.model.parameters, rel=1e-6)
    assert in_engine.spend.parameters == pytest.approx(in_memory.spend.parameters, rel=1e-6)


def test_run_with_a_forecast_scores_its_own_customers_alike(run: SavedRun, sales: SalesSettings) -> None:
    saved = run.read_customers().set_index("customer_id")["segment_id"]
    scored = score_customers(run, sales).set_index("customer_id")["segment_id"]
    pd.testing.assert_series_equal(scored, saved.loc[scored.index])
    assert run.features == ("recency_days", "monetary", "at_risk", "active_probability")


def test_run_with_a_forecast_is_forecast_by_its_segments(run: SavedRun, sales: SalesSettings) -> None:
    result = forecast_source(sales, ForecastSettings(30), run).forecast
    assert result.segments["expected"].sum() == pytest.approx(result.total["expected"])
    assert len(result.segments) == 4
    assert set(result.back_test.periods["segment_id"]) >= {1, 2, 3, 4}


def test_run_with_a_forecast_has_no_history_and_no_sql(run: SavedRun, sales: SalesSettings) -> None:
    with pytest.raises(RunError, match="uses at_risk, a forecast, which segment history cannot compute"):
        compute_segment_history(PreviousSegments.from_saved_run(run), sales)
    with pytest.raises(SettingsError, match="uses at_risk, a forecast, whose models a query cannot fit"):
        render_model_sql(run, "duckdb")


def test_few_sales_have_no_forecast_features(table: CustomerTable, run: SavedRun, sales: SalesSettings) -> None:
    early = replace(sales, as_of=date.fromordinal(table.window.first_sale.toordinal() + 100))
    few = load_customers(early)
    reason = "A forecast needs at least"
    assert all(few.unavailable_features[name].startswith(reason) for name in FORECASTS)
    with pytest.raises(SettingsError, match=f"The feature active_probability cannot be computed here. {reason}"):
        train_every_k(few, MODEL)
    with pytest.raises(RunError, match=f"The run uses at_risk, which cannot be computed here. {reason}"):
        score_customers(run, early)


def test_training_with_a_forecast_repeats_exactly(sales: SalesSettings, segmentation: Segmentation) -> None:
    again = build_segmentation(train_every_k(load_customers(sales), MODEL), 4)
    np.testing.assert_array_equal(again.segment_ids, segmentation.segment_ids)
    assert again.run_id.split("-")[-1] == segmentation.run_id.split("-")[-1]
