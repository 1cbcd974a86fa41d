"""Forecasts of the segments on a page, cached and shared by all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.data import results, scoped_cache
from ui.data.jobs import Job
from ui.data.result_key import ResultKey
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.forecast.shop_forecast import ShopForecast


def get_forecast(state: AppState, horizon: int) -> ShopForecast:
    """The forecast of the customers and segments on the page; shows progress while it is computed."""
    return results.wait_for(_start_forecast, results.get_result_key(state), horizon)


@scoped_cache.cache_resource(max_entries=12, ttl=results.CACHE_TTL)
def _start_forecast(key: ResultKey, horizon: int) -> Job[ShopForecast]:
    segmentation = results.build_segmentation_for(key)
    from segmentation.forecast.run_forecast import forecast_segmentation
    from segmentation.forecast.shop_forecast import ForecastSettings

    settings = ForecastSettings(horizon)
    return Job(lambda on_progress: forecast_segmentation(segmentation, settings, on_progress), "forecast")


def find_customers_to_save(state: AppState, horizon: int, max_rows: int | None = None) -> pd.DataFrame:
    """Customers whose recent sales are most at risk, with their segment and forecast."""
    from segmentation.forecast.shop_forecast import list_customers_at_risk

    rows = list_customers_at_risk(get_forecast(state, horizon), max_rows)
    rows.insert(1, "segment_name", rows.pop("segment_id").map(results.get_segmentation(state).segment_names))
    return rows


def build_customers_to_save_csv(state: AppState, horizon: int) -> bytes:
    """All customers with sales at risk as CSV for spreadsheets; built when the visitor clicks."""
    from segmentation.runtime.tabular_files import render_csv

    rows = find_customers_to_save(state, horizon)
    return render_csv(rows.assign(next_order_by=rows["next_order_by"].dt.strftime("%Y-%m-%d")))
